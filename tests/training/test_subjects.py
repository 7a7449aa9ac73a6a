"""Sentences are put together by what they are about, and by nothing else."""

import random
from pathlib import Path

import pytest
import torch

from tests.training.tiny_data import others, pairs
from training.subjects import (
    ALIKE,
    LENGTH,
    NAMES,
    NEAR,
    PRONOUNS,
    TODAY,
    Subjects,
    about_anybody,
    everyday,
    fits,
    neighbours,
    persons,
    subjects,
    today,
    with_other_names,
)

KITCHEN = {
    "I am hungry.": "Tengo hambre.",
    "We had soup for dinner.": "Cenamos sopa.",
    "This bread is delicious.": "Este pan está riquísimo.",
    "She is cooking rice with vegetables.": "Ella cocina arroz con verduras.",
}
STATION = {
    "The train leaves at noon.": "El tren sale a mediodía.",
    "Where is the railway station?": "¿Dónde está la estación?",
    "I bought two tickets to Madrid.": "Compré dos billetes a Madrid.",
    "We missed the last bus.": "Perdimos el último autobús.",
}


def directions(count: int, width: int = 12) -> torch.Tensor:
    """Vectors of length 1 that point nearly the same way: their cosines lie between those of ALIKE."""
    noise = torch.randn(count, width, generator=torch.Generator().manual_seed(0))
    return torch.nn.functional.normalize(noise + 1.3, dim=1)


def made(vectors: torch.Tensor) -> Subjects:
    return Subjects([f"{number}." for number in range(len(vectors))], vectors, neighbours(vectors))


def numbers(text: str) -> list[int]:
    return [int(word.rstrip(".")) for word in text.split()]


def test_neighbours_are_those_with_the_highest_cosine() -> None:
    vectors = torch.nn.functional.normalize(torch.randn(200, 5, generator=torch.Generator().manual_seed(1)), dim=1)
    cosines = (vectors @ vectors.T).fill_diagonal_(-2)
    expected = cosines.argsort(dim=1, descending=True)[:, :NEAR]
    assert [set(row) for row in neighbours(vectors).tolist()] == [set(row) for row in expected.tolist()]


def test_few_sentences_have_few_neighbours() -> None:
    assert neighbours(torch.eye(3)).shape == (3, 2)


def test_a_text_has_no_two_sentences_that_say_the_same_or_have_nothing_in_common() -> None:
    found = made(directions(80))
    texts = [numbers(text) for text in found.texts(random.Random(0))]
    assert len(texts) == 80 // LENGTH
    assert max(map(len, texts)) == LENGTH
    for text in texts:
        cosines = found.vectors[text] @ found.vectors[text].T
        assert len(set(text)) == len(text)
        assert cosines.fill_diagonal_(0).max() < ALIKE[1]
        assert cosines[0, 1:].min() > ALIKE[0]


def test_sentences_without_a_neighbour_stay_alone() -> None:
    assert {len(numbers(text)) for text in made(torch.eye(64)).texts(random.Random(0))} == {1}


def test_every_time_there_are_other_texts_and_for_a_seed_the_same() -> None:
    found = made(directions(80))
    once, again, other = (list(found.texts(random.Random(seed))) for seed in (1, 1, 2))
    assert once == again != other


def test_behind_each_sentence_stands_the_nearest_one_that_is_left() -> None:
    found = made(directions(80))
    for text in (numbers(text) for text in found.texts(random.Random(2))):
        for place, number in enumerate(text[:-1]):
            cosines = found.vectors[text[place + 1 :]] @ found.vectors[number]
            assert cosines[0] == cosines.max()


def test_nobody_asks_in_a_text_that_did_not_begin_with_a_question() -> None:
    assert not fits(["Tengo hambre."], "¿Qué hay para cenar?")
    assert fits(["¿Tienes hambre?"], "¿Qué hay para cenar?")
    assert fits(["¿Tienes hambre?", "Cenamos sopa."], "Este pan está riquísimo.")


def test_who_is_spoken_of_stays_the_same() -> None:
    assert fits(["Tom tiene un perro.", "El perro duerme."], "Él lo quiere mucho.")
    assert not fits(["Tom tiene un perro.", "El perro duerme."], "Ella lo quiere mucho.")
    assert not fits(["Mary canta."], "Tom canta con ella.")
    assert fits(["Tom canta con ella."], "Mary ríe.")
    assert fits(["El perro duerme."], "Mary ríe.")


def test_persons_are_known_by_whole_words() -> None:
    assert persons("Le di el libro a Mary.") == {"Mary"}
    assert persons("Vi a él y a ella.") == {"Tom", "Mary"}
    assert persons("El Tomás de aquella estrella.") == set()


def test_sentences_are_not_alike_because_they_are_about_the_same_person() -> None:
    assert about_anybody("Tom told Mary that Tommy sings.") == "he told she that Tommy sings."
    assert set(PRONOUNS) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_all_of_a_text_are_about_the_same_person_with_a_spanish_name(name) -> None:
    first, second, third = with_other_names(f"{name} canta.{name} ríe, y {name}s no.", random.Random(3)).split(" ", 2)
    assert first in NAMES[name]
    assert second == f"canta.{first}"
    assert third == f"ríe, y {name}s no."


def test_sentences_are_near_those_of_the_same_subject() -> None:
    known = KITCHEN | STATION
    found = subjects(known.items())
    assert list(found.sentences) == list(known.values())
    for number, spanish in enumerate(known.values()):
        nearest = found.sentences[found.near[number, 0]]
        assert (nearest in KITCHEN.values()) == (spanish in KITCHEN.values()), (spanish, nearest)


def test_only_everyday_sentences_that_may_be_learned_are_taken(tmp_path: Path) -> None:
    data = pairs(tmp_path, [*KITCHEN.items(), ("I sleep.", "Duermo.")])
    assert [spanish for _, spanish in everyday(data, "Hoy no.\nDuermo.\nMañana sí.")] == list(KITCHEN.values())


def test_of_other_kinds_those_of_today_are_taken_that_are_not_to_be_measured_on(tmp_path: Path) -> None:
    rows = [("It rains.", "Llueve.", kind) for kind in ("bible", "docs", "law")]
    rows += [(f"It snows in {kind}.", f"Nieva en {kind}.", kind) for kind in TODAY]
    data = others(tmp_path, rows)
    assert [row[2] for row in today(data, f"Hoy. Nieva en {TODAY[0]}. Mañana.")] == list(TODAY[1:])


def test_a_collection_without_pairs_has_none(tmp_path: Path) -> None:
    assert everyday(tmp_path, "") == today(tmp_path, "") == []
