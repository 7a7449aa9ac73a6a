"""What of a summary stands in its source: worked out by hand, and against the search of the paper's figure."""

import random
import re
from itertools import pairwise

import pytest

from models.text.summary_facts import SourceText, SummaryFacts

SOURCE = "The mayor, Daniel Osei, closed the old bridge. Martha Quinn sells garden tools to 9,000 people a year."


def facts(summary: str, source: str = SOURCE) -> SummaryFacts:
    return SourceText(source).facts(summary)


def called_out(summary: str, source: str = SOURCE) -> list[tuple[str, str]]:
    return [(callout.text, callout.kind) for callout in facts(summary, source).callouts]


def test_coverage_density_and_compression_by_hand() -> None:
    # Fragments: “the old bridge” (3 words), “closed” (1); new: “was”, “yesterday”. The source has 18 words.
    found = facts("The old bridge was closed yesterday.")
    assert (found.words, found.source_words) == (6, 18)
    assert found.coverage == pytest.approx((3 + 1) / 6)
    assert found.density == pytest.approx((3**2 + 1**2) / 6)
    assert found.compression == pytest.approx(18 / 6)


def test_new_bigrams_by_hand() -> None:
    # Of the five, “the old” and “old bridge” are the source's.
    found = facts("The old bridge was closed yesterday.")
    assert (found.new_bigrams, found.bigrams) == (3, 5)
    assert found.novelty == pytest.approx(3 / 5)


def test_each_stretch_says_where_it_stands_first() -> None:
    summary = "Yesterday, the bridge: Martha Quinn sells tools."
    found = [
        (summary[each.start : each.end], None if each.is_new else SOURCE[each.source_start : each.source_end])
        for each in facts(summary).stretches
    ]
    assert found == [
        ("Yesterday", None), ("the", "The"), ("bridge", "bridge"), ("Martha Quinn sells", "Martha Quinn sells"),
        ("tools", "tools"),
    ]  # fmt: skip


def test_the_source_sentences_put_together_are_covered_and_new_in_nothing() -> None:
    first, last = "The rain came late.", "Nobody was there."
    found = facts(f"{first} {last}", f"{first} The train was on time. {last}")
    assert (found.coverage, found.novelty) == (1, 0)
    assert found.density == pytest.approx((4**2 + 3**2) / 7)


def test_a_copied_piece_does_not_run_past_the_end_of_a_sentence_of_the_source() -> None:
    found = facts("He left the council.", "Then he left. The council met.")
    assert [each.words for each in found.stretches] == [2, 2]
    assert found.novelty == pytest.approx(1 / 3)


def test_a_summary_without_words_has_no_shares() -> None:
    found = facts(" … !")
    assert (found.words, found.stretches, found.bigrams) == (0, (), 0)
    assert {found.coverage, found.density, found.compression, found.novelty} == {None}
    assert facts("word", "").coverage == 0


def newsroom_fragments(source: list[str], summary: list[str]) -> list[int]:
    """The lengths of the fragments as figure 3 of the paper finds them, at every place of the source."""
    lengths, i = [], 0
    while i < len(summary):
        best = 0
        for j in range(len(source)):
            length = 0
            while i + length < len(summary) and j + length < len(source) and source[j + length] == summary[i + length]:
                length += 1
            best = max(best, length)
        if best:
            lengths.append(best)
        i += max(best, 1)
    return lengths


@pytest.mark.parametrize("seed", range(30))
def test_it_agrees_with_the_search_of_the_paper(seed: int) -> None:
    draw = random.Random(seed)
    source, summary = (draw.choices("abcdé", k=draw.randint(1, 60)) for _ in range(2))
    summary += ["new"]
    lengths = newsroom_fragments(source, summary)
    found = facts(" ".join(summary), " ".join(source))
    assert [each.words for each in found.stretches if not each.is_new] == lengths
    assert found.coverage == pytest.approx(sum(lengths) / len(summary))
    assert found.density == pytest.approx(sum(length**2 for length in lengths) / len(summary))
    pairs = set(pairwise(source))
    assert found.new_bigrams == sum(pair not in pairs for pair in pairwise(summary))


@pytest.mark.parametrize("seed", range(10))
def test_the_stretches_are_all_words_in_their_order(seed: int) -> None:
    draw = random.Random(seed)
    source, summary = ("".join(draw.choices("ab c.\n’é", k=60)) for _ in range(2))
    stretches = facts(summary, source).stretches
    outside = summary
    for each in reversed(stretches):
        outside = outside[: each.start] + " " + outside[each.end :]
    assert not re.search(r"\w", outside)
    assert all(one.end <= other.start for one, other in pairwise(stretches))


def test_names_and_numbers_that_the_source_lacks_are_called_out() -> None:
    assert called_out("In Paris the mayor, Daniel Smith, sold 12,000 tools to 9000 people.") == [
        ("Paris", "name"), ("Daniel Smith", "name"), ("12,000", "number")
    ]  # fmt: skip


def test_two_people_who_become_one_are_called_out() -> None:
    assert called_out("We know that Martha Osei sells tools.") == [("Martha Osei", "combination")]
    assert called_out("Martha Osei sells tools.") == [("Martha Osei", "combination")]


def test_a_capital_at_the_beginning_of_a_sentence_makes_no_name() -> None:
    assert called_out("Shops sell tools. “Gardens are old,” said Daniel Osei. Yesterday Daniel Osei left.") == []
    assert called_out("Obama spoke. The mayor heard Obama.") == [("Obama", "name"), ("Obama", "name")]


@pytest.mark.parametrize("summary", ["DANIEL SMITH SOLD IT", "東京は大きい。", "", "I don't. I'm here."])
def test_where_capitals_say_nothing_no_name_is_called_out(summary: str) -> None:
    assert called_out(summary) == []


def test_plain_types_for_a_file() -> None:
    plain = facts("The old bridge was closed in Paris.").as_dict()
    assert plain["coverage"] == pytest.approx(4 / 7)
    assert plain["stretches"][0] == {"start": 0, "end": 14, "words": 3, "source_start": 31, "source_end": 45}
    assert plain["callouts"] == [{"text": "Paris", "start": 29, "end": 34, "kind": "name"}]
