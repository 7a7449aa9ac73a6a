"""ROUGE against the library's own cutting of English, and by hand for what that would throw away."""

import pytest
from rouge_score.rouge_scorer import RougeScorer

from models.errors import InvalidInput
from models.text.rouge import KINDS, MOST_WORDS, rouge

REFERENCE = "The town closes its main road to 9,000 cars. It's a trial, the mayor's council-owned shops aren't pleased."
SUMMARY = "The council of the town closes roads for a year; shops weren't happy about the mayor's trials with cars!"


@pytest.mark.parametrize("stemmed", [True, False])
def test_english_is_scored_as_the_library_scores_it(stemmed: bool) -> None:
    theirs = RougeScorer(list(KINDS.values()), use_stemmer=stemmed).score(REFERENCE, SUMMARY)
    ours = rouge(REFERENCE, SUMMARY, stemmed)
    for kind, name in KINDS.items():
        score = ours[kind]
        assert (score.precision, score.recall, score.f) == tuple(theirs[name])
        assert score.f > 0


def test_letters_other_than_english_ones_stay_in_their_words() -> None:
    # Of 4 words two are shared, “el” and “llegó”; the library would find “lleg” in “llegaba”, too.
    found = rouge("El niño llegó ayer", "El año llegó, llegaba", stemmed=False)
    assert found["ROUGE-1"].f == pytest.approx(2 / 4)
    assert found["ROUGE-2"].f == 0
    assert found["ROUGE-L"].as_dict() == {"precision": 0.5, "recall": 0.5, "f": 0.5}


def test_without_spaces_each_character_is_a_word() -> None:
    assert rouge("東京は大きい", "東京は小さい", stemmed=False)["ROUGE-1"].f == pytest.approx(4 / 6)


def test_a_text_without_words_shares_nothing() -> None:
    assert {score.f for kind in ("", "…") for score in rouge(kind, "The sea.").values()} == {0}


def test_a_text_that_would_take_minutes_is_refused() -> None:
    rouge("sea " * MOST_WORDS, "sea")
    with pytest.raises(InvalidInput, match=r"the summary has 1,001: shorten it"):
        rouge("sea", "sea " * (MOST_WORDS + 1))
