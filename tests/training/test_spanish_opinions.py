"""Spanish texts to learn from: translated and judged once, as many of each label, and none in two parts."""

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from models.errors import InvalidInput
from models.text.labelled_row import Row
from tests.training.tiny_data import film_reviews, pairs
from training import spanish_opinions
from training.classifier_data import film_sentences, part
from training.spanish_opinions import apart, as_typed, judgements, opinions, sure_of, translations
from training.text_data import Split

MOODS = (("happy", "alegre"), ("sad", "triste"), ("here", "aquí"))
PAIRS = [(f"I am {english}, said number {number}.", f"Estoy {spanish}, dijo el {number}.")
         for number in range(40) for english, spanish in MOODS]  # fmt: skip


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A collection of 80 film sentences and 120 everyday pairs."""
    return pairs(film_reviews(tmp_path), PAIRS)


@pytest.fixture(autouse=True)
def asked(monkeypatch) -> list[str]:
    """What the translator and the judge are asked: both are told by heart here, three texts at once."""
    texts: list[str] = []

    def translate(model: Any, tokenizer: Any, batch: Sequence[str], language: str, settings: Any) -> list[str]:
        texts.extend(batch)
        return [f"{language}: {text}" for text in batch]

    def judge(batch: Sequence[str], even_if_unreadable: bool) -> list[SimpleNamespace]:
        texts.extend(batch)
        return [
            SimpleNamespace(label="negative" if "sad" in text else "positive", score=0.6 if "here" in text else 0.99)
            for text in batch
        ]

    loaded = SimpleNamespace(model=None, tokenizer=None, classify=judge)
    monkeypatch.setattr(spanish_opinions, "translate", translate)
    monkeypatch.setattr(spanish_opinions, "AT_ONCE", 3)
    for name in ("TextToText", "TextClassifier"):
        monkeypatch.setattr(spanish_opinions, name, SimpleNamespace(load=lambda *_: loaded))
    return texts


def texts_of(rows: Sequence[Row]) -> set[str]:
    return {row.text for row in rows}


def test_film_sentences_stay_in_the_part_of_their_english(data, tmp_path) -> None:
    english, made = film_sentences(data).split, opinions(data, tmp_path / "run", seed=0)
    assert texts_of(made.split.test) == {f"es: {as_typed(row.text)}" for row in english.test}
    for before, after in ((english.train, made.split.train), (english.validation, made.split.validation)):
        assert {f"es: {as_typed(row.text)}" for row in before} <= texts_of(after)
    labels = {f"es: {as_typed(row.text)}": row.label for row in english.train}
    assert all(labels.get(row.text, row.label) == row.label for row in made.split.train)


def test_everyday_sentences_are_in_spanish_and_those_that_the_judge_is_sure_of(data, tmp_path) -> None:
    made = opinions(data, tmp_path / "run", seed=0)
    everyday = [row for row in (*made.split.train, *made.split.validation) if not row.text.startswith("es:")]
    assert {row.text for row in everyday} <= {spanish for _, spanish in PAIRS}
    assert len(everyday) == 80
    assert all((row.label == "negative") == ("triste" in row.text) for row in everyday)
    assert not any("aquí" in row.text for row in everyday)
    kept_out = {spanish for english, spanish in PAIRS if part(english) == "validation"}
    assert texts_of(everyday) & kept_out <= texts_of(made.split.validation)
    assert made.labels == ["negative", "positive"]


def test_nothing_of_the_test_or_the_validation_is_trained_on() -> None:
    def rows(*texts: str) -> tuple[Row, ...]:
        return tuple(Row(0, text, "positive") for text in texts)

    films = Split(rows("A.", "B.", "C", "D"), rows("B", "E", "F"), rows("A", "F."))
    both = apart(films, Split(rows("¡D!", "e", "G"), rows("c", "a"), ()))
    assert [texts_of(part) for part in (both.train, both.validation, both.test)] == [
        {"D", "G"}, {"B", "E", "c"}, {"A", "F."},
    ]  # fmt: skip


def test_as_many_of_each_label_are_chosen_by_the_seed() -> None:
    judged = {f"{number}": ("negative" if number % 3 else "positive", 0.98) for number in range(60)}
    chosen = [sure_of(judged, 15, seed) for seed in (0, 0, 1)]
    assert chosen[0] == chosen[1] != chosen[2]
    assert [label for _, label in chosen[0]] == ["negative"] * 15 + ["positive"] * 15
    assert len(sure_of(judged, 50, 0)) == 40
    assert sure_of(judged | {"61": ("positive", 0.9)}, 50, 0) == sure_of(judged, 50, 0)


@pytest.mark.parametrize(("make", "name"), [(translations, "translated.tsv"), (judgements, "everyday.tsv")])
def test_what_was_made_before_a_stop_is_not_made_again(make, name, asked, tmp_path) -> None:
    texts = ["A good film.", "It is.", "How sad, and how long!", "Well."]
    whole = make(texts, tmp_path / "whole.tsv")
    content = (tmp_path / "whole.tsv").read_bytes()
    lines = content.splitlines(keepends=True)
    (tmp_path / name).write_bytes(b"".join(lines[:2]) + lines[2][:-4])  # stopped while it wrote
    asked.clear()
    assert make(texts, tmp_path / name) == whole
    assert len(asked) == 2
    assert (tmp_path / name).read_bytes() == content
    asked.clear()
    assert make(texts, tmp_path / name) == whole
    assert not asked


def test_another_seed_asks_nothing_again(data, asked, tmp_path) -> None:
    first = opinions(data, tmp_path / "run", seed=0, of_each=10)
    asked.clear()
    second = opinions(data, tmp_path / "run", seed=1, of_each=10)
    assert not asked
    assert first.split.test == second.split.test
    assert texts_of(first.split.train) != texts_of(second.split.train)


def test_a_trial_looks_at_a_few_texts_of_each_source_and_part(data, asked, tmp_path) -> None:
    opinions(data, tmp_path / "run", seed=0, examples=4)
    assert len(asked) <= 4 * 4


@pytest.mark.parametrize(
    ("stored", "typed"),
    [
        ("[howard] so good  as leon barlow...", "Howard so good as leon barlow..."),
        ("'they' begins and ends with scenes", "'they' begins and ends with scenes"),
        ("énormément", "Énormément"),
    ],
)
def test_the_translator_reads_sentences_as_people_type_them(stored, typed) -> None:
    assert as_typed(stored) == typed


def test_without_the_pairs_it_says_what_is_missing(tmp_path) -> None:
    with pytest.raises(InvalidInput, match=r"en-es\.train\.tsv\.gz"):
        opinions(film_reviews(tmp_path), tmp_path / "run", seed=0, examples=2)


def test_what_the_translator_did_not_understand_is_not_learned_from() -> None:
    written = {"A fine film": "Una buena película.", "A romp": "Un de la de la romo.", "***": ""}
    rows = [Row(number, english.lower(), "positive") for number, english in enumerate(written)]
    assert [row.text for row in spanish_opinions._translated(rows, written)] == ["Una buena película."]
