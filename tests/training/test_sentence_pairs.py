"""How pairs of sentences are read and turned into what a T5 learns from."""

import re
from pathlib import Path

import pytest
from transformers import AutoTokenizer

from models.errors import InvalidInput
from tests.training.tiny_data import TRANSLATED, write_pairs
from training.sentence_pairs import (
    LANGUAGES,
    MAX_TOKENS,
    PHRASES,
    Examples,
    Translated,
    collate,
    prefix,
    read_rows,
    read_translated,
    train_tokenizer,
)

TEXTS = [text for one in TRANSLATED for text in (one.english, one.translation)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("tokenizer")


@pytest.fixture(scope="module")
def tokenizer(folder):
    return train_tokenizer([*TEXTS, "“Œ” ; ! ?", "œ «À» 0123456789"], 400, folder)


def test_the_tokenizer_writes_what_it_read_and_has_one_token_for_each_prefix(tokenizer, folder) -> None:
    for known in (tokenizer, AutoTokenizer.from_pretrained(folder)):
        for text in ("À l'école ?", "Œ œ «maintenant» !", "Юлия 🙂 {½} 1984", "¿Dónde está la señora?"):
            for number, language in enumerate(LANGUAGES):
                ids = known(prefix(language) + text)["input_ids"]
                assert ids[0] == len(tokenizer) - len(LANGUAGES) + number
                assert ids[-1] == known.eos_token_id
                assert known.unk_token_id not in ids
                assert known.decode(ids[1:], skip_special_tokens=True) == text


def test_print_is_read_as_people_type(tokenizer) -> None:
    for printed, typed in (
        ("Anna’s book…", "Anna's book..."),
        ("a ﬁne oﬃce", "a fine office"),
        ("ex\u00adtra", "extra"),
    ):
        assert tokenizer(printed)["input_ids"] == tokenizer(typed)["input_ids"]


def test_batches_hold_what_is_read_what_is_written_and_what_is_not_learned(tokenizer) -> None:
    translated = [
        Translated("Anna reads a book now.", "Anna lit un livre maintenant.", "fr"),
        Translated("Anna", "Anna", "es"),
    ]
    one, other = Examples(tokenizer, translated)
    assert one.source.tolist() == tokenizer(prefix("fr") + translated[0].english)["input_ids"]
    assert other.source.tolist() == tokenizer(prefix("es") + "Anna")["input_ids"]
    batch = collate([one, other])
    assert batch["attention_mask"].sum(1).tolist() == [len(one.source), len(other.source)]
    assert batch["labels"][0].tolist() == one.target.tolist()
    assert batch["decoder_input_ids"][0].tolist() == [0, *one.target[:-1]]
    assert batch["labels"][1, len(other.target) :].unique().tolist() == [-100]


def test_long_pairs_are_left_out(tokenizer) -> None:
    long = " ".join(["book"] * (MAX_TOKENS + 1))
    kept = Examples(
        tokenizer, [Translated(long, "livre", "fr"), Translated("book", "livre", "fr"), Translated("book", long, "fr")]
    )
    assert [tokenizer.decode(one.target, skip_special_tokens=True) for one in kept] == ["livre"]
    assert len(Examples(tokenizer, [])) == 0


def test_what_a_tokenizer_was_told_to_cut_and_to_fill_does_not_change_what_is_learned(tokenizer) -> None:
    expected = [(each.source.tolist(), each.target.tolist()) for each in Examples(tokenizer, TRANSLATED)]
    tokenizer(["Anna", "Anna reads a book now."], padding="max_length", max_length=5, truncation=True)
    assert tokenizer.backend_tokenizer.padding
    assert tokenizer.backend_tokenizer.truncation
    assert [(each.source.tolist(), each.target.tolist()) for each in Examples(tokenizer, TRANSLATED)] == expected


def test_examples_are_sorted_by_the_target_first(tokenizer) -> None:
    examples = Examples(tokenizer, TRANSLATED)
    by_length = [examples[int(place)] for place in examples.lengths().argsort(stable=True)]
    assert [len(one.target) for one in by_length] == sorted(len(one.target) for one in examples)
    same = [len(one.source) for one in by_length if len(one.target) == len(by_length[0].target)]
    assert same == sorted(same)


def test_rows_are_read_once_each_with_all_their_translations(tmp_path) -> None:
    write_pairs(tmp_path / "rows.gz", [("a", "b", "c"), ("d", "e"), ("a", "b", "c"), ("f\u202fg", "h")])
    assert read_rows(tmp_path / "rows.gz") == [("a", "b", "c"), ("d", "e"), ("f g", "h")]


def test_a_line_without_a_translation_is_named(tmp_path) -> None:
    write_pairs(tmp_path / "rows.gz", [("a", "b"), ("alone",)])
    with pytest.raises(InvalidInput, match=r"Line 2 of .*rows\.gz has no translation"):
        read_rows(tmp_path / "rows.gz")


def test_sentences_are_of_every_language_and_the_others_name_their_kind(tmp_path) -> None:
    (tmp_path / "translation").mkdir()
    write_pairs(tmp_path / "translation/en-fr.train.tsv.gz", [("a", "b")])
    write_pairs(tmp_path / "translation/en-es.train.tsv.gz", [("a", "c")])
    write_pairs(tmp_path / "translation/other.en-es.train.tsv.gz", [("d", "e", "law")])
    found = [one for one in read_translated(tmp_path) if one.kind != "phrases"]
    assert found == [
        Translated("a", "b", "fr"),
        Translated("a", "c", "es"),
        Translated("d", "e", "es", "law"),
    ]
    (tmp_path / "translation/en-fr.train.tsv.gz").unlink()
    with pytest.raises(InvalidInput, match=r"en-fr\.train"):
        read_translated(tmp_path)


def test_the_suites_own_phrases_are_learned_in_every_language(tmp_path) -> None:
    (tmp_path / "translation").mkdir()
    for language in LANGUAGES:
        write_pairs(tmp_path / f"translation/en-{language}.train.tsv.gz", [("a", "b")])
    found = [one for one in read_translated(tmp_path) if one.kind == "phrases"]
    assert Translated("Good morning.", "Bonjour.", "fr", "phrases") in found
    assert Translated("Good morning.", "Buenos días.", "es", "phrases") in found
    assert len(found) == len(LANGUAGES) * len(PHRASES.read_text(encoding="utf-8").splitlines())


def test_the_phrases_are_written_as_their_languages_are() -> None:
    rows = [line.split("\t") for line in PHRASES.read_text(encoding="utf-8").splitlines()]
    assert len({row[0] for row in rows}) == len(rows)
    for english, french, spanish in rows:
        for sign in "?!":
            assert (sign in english) == (sign in french) == (sign in spanish), english
        assert ("¿" in spanish, "¡" in spanish) == ("?" in spanish, "!" in spanish), spanish
        assert not re.search(r"[^ ][?!]", french), french
