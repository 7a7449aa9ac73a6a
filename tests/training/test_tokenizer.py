"""Tokenizers that are made here: by hand where that can be done, and as the library makes them."""

import json
import threading

import pytest
from tokenizers import Tokenizer

from models.errors import Cancelled, InvalidInput
from training.tokenizer import (
    BPE,
    BYTE_BPE,
    FEWEST,
    KINDS,
    MOST_CHARACTERS,
    UNIGRAM,
    WORDPIECE,
    TokenizerPlan,
    train_tokenizer,
)
from training.tokenizer_replay import Replay

# The example of the paper that brought BPE to language: low 5 times, lower 2, newest 6, widest 3.
PAPER = " ".join(["low"] * 5 + ["lower"] * 2 + ["newest"] * 6 + ["widest"] * 3)
every_kind = pytest.mark.parametrize("kind", KINDS)


def test_the_merges_of_the_paper_by_hand() -> None:
    replay = Replay(train_tokenizer(f" {PAPER}", TokenizerPlan(BYTE_BPE, 1000)), f" {PAPER}")

    # es and st stand 9 times each, so does est; then lo and ow 7 times.
    assert [replay.step(number).piece for number in (1, 2, 3)] == ["es", "est", "lo"]
    assert [replay.step(number).count for number in (1, 2, 3)] == [9, 9, 7]
    assert [replay.step(number).parts for number in (2, 3)] == [("es", "t"), ("l", "o")]


def test_each_merge_is_of_the_pair_that_stands_most_often() -> None:
    replay = Replay(train_tokenizer(PAPER, TokenizerPlan(BPE, 1000)), PAPER)

    for number in range(1, len(replay) + 1):
        assert replay.step(number).count == max(replay._pairs(number - 1).values())


@every_kind
def test_after_all_steps_the_tokenizer_is_the_one_that_was_trained(kind: str) -> None:
    replay = Replay(train_tokenizer(PAPER, TokenizerPlan(kind, FEWEST)), PAPER)

    assert replay.after(len(replay)).encode(PAPER).ids == Tokenizer.from_str(replay.trained.json).encode(PAPER).ids
    counts = [len(replay.after(number).encode(PAPER).ids) for number in range(len(replay) + 1)]
    assert counts[0] > counts[-1]


@every_kind
def test_the_file_is_one_that_the_library_reads_and_the_text_comes_back(kind: str) -> None:
    trained = train_tokenizer(PAPER, TokenizerPlan(kind, FEWEST))
    backend = Tokenizer.from_str(trained.json)

    assert backend.get_vocab_size() == trained.vocabulary
    assert backend.decode(backend.encode(PAPER, add_special_tokens=False).ids) == PAPER
    assert json.loads(trained.json)["model"]["type"] == {BYTE_BPE: "BPE"}.get(kind, kind)


@every_kind
@pytest.mark.parametrize("text", ["a", "日本語", "مرحبا 👩‍👧 e\u0301\x00", "x" * 3000])
def test_any_text_makes_a_tokenizer(kind: str, text: str) -> None:
    trained = train_tokenizer(text, TokenizerPlan(kind, FEWEST, 1))

    assert Tokenizer.from_str(trained.json).get_vocab_size() == trained.vocabulary


def test_lower_case_and_the_least_count_are_kept() -> None:
    lower = train_tokenizer("ABAB ABAB", TokenizerPlan(BPE, FEWEST, 2, True))
    rare = train_tokenizer(PAPER, TokenizerPlan(BYTE_BPE, 1000, 8))

    assert all(piece == piece.lower() for step in lower.steps for piece in step)
    assert list(rare.steps) == [("e", "s"), ("es", "t")]  # both nine times; nothing else eight


@pytest.mark.parametrize("text", ["", "  \n", "a\udcff", "x" * (MOST_CHARACTERS + 1)])
def test_no_text_broken_text_and_too_much_are_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        train_tokenizer(text, TokenizerPlan())


@pytest.mark.parametrize("plan", [TokenizerPlan("words"), TokenizerPlan(BPE, 5), TokenizerPlan(UNIGRAM, 10**9), TokenizerPlan(WORDPIECE, 500, 0)])  # fmt: skip  # noqa: E501
def test_a_plan_that_cannot_be_is_refused(plan: TokenizerPlan) -> None:
    with pytest.raises(InvalidInput):
        train_tokenizer(PAPER, plan)


def test_stop_ends_it_between_two_steps() -> None:
    cancelled = threading.Event()

    with pytest.raises(Cancelled):
        train_tokenizer(PAPER, TokenizerPlan(), lambda step: cancelled.set(), cancelled)
