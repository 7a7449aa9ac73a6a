"""Languages are guessed where that is possible, and not where it is not."""

import csv

import pytest

from training.exploration.languages import Languages, guess, guess_languages
from training.text_data import SAMPLE


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The soup was cold and the waiter forgot us twice.", "English"),
        ("La sopa estaba fría y el camarero se olvidó de nosotros.", "Spanish"),
        ("La soupe était froide et le serveur nous a oubliés.", "French"),
        ("Die Suppe war kalt, und der Kellner hat uns vergessen.", "German"),
        ("Суп был холодным, и официант забыл о нас дважды.", "Russian"),
        ("12345", None),
        ("", None),
        ("ok", None),
    ],
)
def test_a_sentence_tells_its_language_and_a_scrap_does_not(text: str, language: str | None) -> None:
    assert guess(text) == language


def test_the_sample_is_in_the_languages_that_it_says() -> None:
    rows = list(csv.DictReader(SAMPLE.read_text(encoding="utf-8").splitlines()))
    guessed = guess_languages([row["text"] for row in rows])
    named = [(row["language"], name) for row, name in zip(rows, guessed.names, strict=True) if name is not None]
    assert len(named) > 0.97 * len(rows)
    assert all(told == name for told, name in named)


def test_of_many_texts_every_nth_is_looked_at() -> None:
    assert guess_languages(["The soup was cold and the waiter forgot us."] * 10, most=4).places == (0, 3, 6, 9)


def test_counts_and_the_texts_in_other_languages() -> None:
    found = Languages((0, 2, 4, 6), ("English", None, "Spanish", "English"))
    assert found.counts == {"English": 2, "Spanish": 1, "not clear": 1}
    assert found.others == (4,)
