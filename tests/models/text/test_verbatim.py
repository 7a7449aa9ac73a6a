"""Addresses, amounts, emoji and symbols are found in a text, missed in a translation, and put back into one."""

import pytest

from models.text.verbatim import lost_things, stand_ins


@pytest.mark.parametrize(
    ("source", "text", "things"),
    [
        ("Write to anna.b+c@mail.example.org!", "Write to Tom!", {"Tom": "anna.b+c@mail.example.org"}),
        (
            "Visit www.example.org, or (https://a.b/c?d=e#f).",
            "Visit Boston, or (Chicago).",
            {"Boston": "www.example.org", "Chicago": "https://a.b/c?d=e#f"},
        ),
        ("See https://a.b/\\1\\g.", "See Boston.", {"Boston": "https://a.b/\\1\\g"}),
        ("@tom, see #aula.", "Tom, see Ken.", {"Tom": "@tom", "Ken": "#aula"}),
        ("It costs £20 or 1,000.50 €.", "It costs 20 or 1,000.50.", {"20": "£20", "1,000.50": "1,000.50 €"}),
        ("We met on 12/05/2024 at 10:30.", "We met on Boston at 10:30.", {"Boston": "12/05/2024"}),
        ("Version 3.11.2 is here.", "Version Boston is here.", {"Boston": "3.11.2"}),
        ("Tom went to Boston with a@b.org to see c.d@e.fr.", "Tom went to Boston with Ken to see Bill.", {
            "Ken": "a@b.org", "Bill": "c.d@e.fr",
        }),
        ("Nothing to copy: 3/4, 10:30, e.g. this.", "Nothing to copy: 3/4, 10:30, e.g. this.", {}),
        ("I paid $5 of 5.", "I paid $5 of 5.", {}),  # two fives: which is which could not be told afterwards
    ],
)  # fmt: skip
def test_each_thing_gets_a_stand_in_that_is_nowhere_else(source: str, text: str, things: dict[str, str]) -> None:
    found = stand_ins(source)
    assert (found.text, found.things, found.emoji) == (text, things, "")
    assert found.helps == bool(things)
    assert found.put_back(found.text) == source


def test_more_things_than_names_stay_as_they_are() -> None:
    found = stand_ins(" ".join(f"{letter}@b.org" for letter in "abcdef"))
    assert found.text == "Tom Ken Bill Jack e@b.org f@b.org"


def test_emoji_are_left_out_and_stand_at_the_end() -> None:
    found = stand_ins("I love pizza 🍕 and you! 👩‍👩‍👧🇫🇷")
    assert found.text == "I love pizza and you!"
    assert found.put_back("J'adore la pizza et toi !") == "J'adore la pizza et toi ! 🍕👩‍👩‍👧🇫🇷"


def test_a_stand_in_is_a_whole_word() -> None:
    found = stand_ins("Ask a@b.org for 20 €.")
    assert found.put_back("Tomate, Tom : 200, 20,5 et 20.") == "Tomate, a@b.org : 200, 20,5 et 20 €."


@pytest.mark.parametrize(
    ("source", "translation", "lost"),
    [
        ("Visit https://example.org.", "Visitez https://example.org.", ()),
        ("Visit https://example.org.", "Visitez l'exemple.", ("https://example.org",)),
        ("It costs £20, €25 and $3.", "Ça coûte 20, 25 et 3.", ("£20", "€25", "$3")),
        ("It costs £20, €25 and $3.", "Ça coûte 20 livres, 25 Euros et 3 dollars.", ()),
        ("Yes 🍕🍕 and ☀️!", "Oui ☀ !", ("🍕",)),
        ("3 × 4 ≠ 7 → no", "3 × 4 = 7", ("≠", "→")),
        ("On 12/05/2024 at 10:30", "Le 12.05.2024 à 10h30", ()),
        ("On 12/05/2024", "2024-05-12", ()),
        ("On 12/05/2024", "Le 12 mai 2024", ()),
        ("On 12/05/2024", "En 12/05/05/2024", ("12/05/2024",)),
        ("½ cup of 10² litres", "1/2 tasse", ("²",)),
        ("“Quotes” – and more…", "« guillemets »", ()),
    ],
)
def test_what_a_translation_lacks_is_named(source: str, translation: str, lost: tuple[str, ...]) -> None:
    assert lost_things(source, translation) == lost
