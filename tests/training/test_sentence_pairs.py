"""How pairs of sentences are read, joined, and turned into what a T5 learns from."""

import pytest
from transformers import AutoTokenizer

from models.errors import InvalidInput
from tests.training.tiny_data import PAIRS, write_pairs
from training.sentence_pairs import (
    MAX_TOKENS,
    PREFIX,
    collate,
    read_pairs,
    tokenize,
    train_tokenizer,
    with_joined,
)


def test_the_tokenizer_writes_what_it_read_and_has_one_token_for_the_prefix(tmp_path) -> None:
    tokenizer = train_tokenizer([*PAIRS, ("“Œ” ’ ; ! ?", "œ «À» 0123456789")], 150, tmp_path)
    for known in (tokenizer, AutoTokenizer.from_pretrained(tmp_path)):
        for text in ("À l'école ?", "Œ œ «maintenant» !", "Le garçon’s 1984"):
            ids = known(PREFIX + text)["input_ids"]
            assert ids[0] == len(tokenizer) - 1
            assert ids[-1] == known.eos_token_id
            assert known.unk_token_id not in ids
            assert known.decode(ids[1:], skip_special_tokens=True) == text


def test_batches_hold_what_is_read_what_is_written_and_what_is_not_learned(tmp_path) -> None:
    tokenizer = train_tokenizer(PAIRS, 120, tmp_path)
    one, other = tokenize(tokenizer, [("Anna reads a book now.", "Anna lit un livre maintenant."), ("Anna", "Anna")])
    batch = collate([one, other])
    assert batch["attention_mask"].sum(1).tolist() == [len(one.source), len(other.source)]
    assert batch["labels"][0].tolist() == one.target
    assert batch["decoder_input_ids"][0].tolist() == [0, *one.target[:-1]]
    assert batch["labels"][1, len(other.target) :].unique().tolist() == [-100]


def test_long_pairs_are_left_out(tmp_path) -> None:
    tokenizer = train_tokenizer(PAIRS, 120, tmp_path)
    long = " ".join(["book"] * MAX_TOKENS)
    assert list(tokenize(tokenizer, [(long, "livre"), ("book", long)])) == []


def test_some_pairs_are_joined_the_same_for_a_seed() -> None:
    joined = with_joined(PAIRS, 0, share=0.5)
    assert joined[: len(PAIRS)] == PAIRS
    assert len(joined) == len(PAIRS) * 3 // 2
    for english, french in joined[len(PAIRS) :]:
        assert english.count(".") == french.count(".") == 2
    assert joined == with_joined(PAIRS, 0, share=0.5) != with_joined(PAIRS, 1, share=0.5)


def test_half_of_the_joined_pairs_have_the_apostrophes_of_print() -> None:
    joined = with_joined([("It's", "C'est"), ("isn't", "n'est pas")], 0, share=2)[2:]
    assert [("’" in english, "'" in english) for english, _ in joined] == [(True, False), (False, True)] * 2
    assert not any("’" in french for _, french in joined)


def test_rows_are_read_once_each_with_all_their_translations(tmp_path) -> None:
    write_pairs(tmp_path / "rows.gz", [("a", "b", "c"), ("d", "e"), ("a", "b", "c")])
    assert read_pairs(tmp_path / "rows.gz") == [("a", "b", "c"), ("d", "e")]


def test_a_line_without_a_translation_is_named(tmp_path) -> None:
    write_pairs(tmp_path / "rows.gz", [("a", "b"), ("alone",)])
    with pytest.raises(InvalidInput, match=r"Line 2 of .*rows\.gz has no translation"):
        read_pairs(tmp_path / "rows.gz")
