"""Which sentences a translator reads how often, and how they are varied on both sides alike."""

import random
from collections import Counter

import pytest

from training import sentence_mixture
from training.sentence_mixture import (
    SHARES,
    VARIATIONS,
    foreign_word,
    in_small_letters,
    invented_name,
    joined,
    mixture,
    quoted,
    shouted,
    with_other_name,
    with_other_number,
    without_stop,
)
from training.sentence_pairs import EVERYDAY, Translated

TOM = Translated("Tom has 125 books.", "Tom a 125 livres.", "fr")


@pytest.fixture
def generator() -> random.Random:
    return random.Random(0)


def test_each_kind_is_read_as_often_as_it_is_worth_and_first_as_it_stands() -> None:
    translated = [Translated(f"{kind} {number}", "x", "fr", kind) for kind in SHARES for number in range(200)]
    chosen = mixture(translated, 0)
    seen = Counter(one.kind for one in chosen)
    for kind, share in SHARES.items():
        assert seen[kind] / 200 == pytest.approx(share, abs=0.12), kind
    assert {one for one in translated if one.kind == EVERYDAY} <= {*chosen}


def test_an_archaic_translation_is_left_out() -> None:
    assert mixture([Translated("And he said", "Y dijo", "es", "bible")] * 50, 0) == []
    assert mixture([Translated("And he said", "Et il dit", "fr", "bible")] * 50, 0)


def test_the_same_seed_gives_the_same_mixture() -> None:
    translated = [Translated(f"Tom has {number} books.", f"Tom a {number} livres.", "fr") for number in range(100, 150)]
    assert mixture(translated, 1) == mixture(translated, 1) != mixture(translated, 2)


def test_some_copies_are_varied_and_most_are_not(monkeypatch) -> None:
    translated = [Translated(f"Tom has {number} books.", f"Tom a {number} livres.", "fr") for number in range(100, 400)]
    varied = [one for one in mixture(translated, 0) if one not in translated]
    again = (SHARES[EVERYDAY] - 1) * len(translated)
    assert len(varied) / again == pytest.approx(sentence_mixture.VARIED, abs=0.07)


def test_a_name_and_a_number_change_on_both_sides(generator) -> None:
    for vary, kept in ((with_other_name, "125"), (with_other_number, "Tom")):
        for _ in range(20):
            found = vary(TOM, generator)
            assert found != TOM
            assert kept in found.english
            left, right = (
                found.english.removesuffix(" books.").split(" has "),
                found.translation.removesuffix(" livres."),
            )
            assert " a ".join(left) == right
    plain = Translated("The dog sleeps.", "Le chien dort.", "fr")
    assert with_other_name(plain, generator) == with_other_number(plain, generator) == plain


def test_an_invented_name_begins_as_the_old_one_did(generator) -> None:
    names = [invented_name(generator, vowel=True) for _ in range(50)]
    assert all(name[0] in "AEIOU" for name in names)
    assert not any(invented_name(generator)[0] in "AEIOU" for _ in range(50))
    assert len({*names}) > 30
    assert all(foreign_word(generator).strip() for _ in range(20))


def test_people_shout_forget_and_quote(generator) -> None:
    assert shouted(TOM, generator).translation == "TOM A 125 LIVRES."
    assert without_stop(TOM, generator) == Translated("Tom has 125 books", "Tom a 125 livres", "fr")
    careless = {in_small_letters(TOM, generator) for _ in range(20)}
    assert {one.english for one in careless} == {"tom has 125 books.", "tom has 125 books"}
    assert {one.translation for one in careless} == {TOM.translation}
    found = quoted(TOM, generator)
    assert (found.english[0], found.english[-1]) == (found.translation[0], found.translation[-1])
    assert found.english[1:-1] == TOM.english


def test_several_sentences_are_pasted_in_a_row() -> None:
    other = Translated("He reads.", "Il lit.", "fr")
    assert joined([TOM, other]) == Translated("Tom has 125 books. He reads.", "Tom a 125 livres. Il lit.", "fr")


def test_every_variation_keeps_language_and_kind(generator) -> None:
    for vary in VARIATIONS[0]:
        found = vary(TOM, generator)
        assert (found.language, found.kind) == (TOM.language, TOM.kind)
