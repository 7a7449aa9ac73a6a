"""Passages by their kind, excerpts, the tokenizer and the windows that are cut from them."""

import gzip
from pathlib import Path

import pytest

from models.errors import InvalidInput
from tests.training.tiny_data import others, pairs, spanish
from training.spanish_text import (
    EVERYDAY_TIMES,
    SHARES,
    TODAY_TIMES,
    excerpts,
    kind,
    kind_of_book,
    passages,
    train_tokenizer,
    training_texts,
    windows,
)
from training.subjects import LENGTH


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A collection of Spanish text."""
    return spanish(tmp_path_factory.mktemp("data"))


def test_the_tokenizer_writes_what_it_read() -> None:
    tokenizer = train_tokenizer(["el niño juega al fútbol"] * 10, 300, 256)
    for text in ("¿Dónde está el niño? ¡Ahí, señor!\n—Sí… «güero»", "un 😀 y 1.234,5", "  dos  espacios\n\n", "日本"):
        assert tokenizer.decode(tokenizer(text)["input_ids"]) == text
    assert tokenizer("nin\N{COMBINING TILDE}o")["input_ids"] == tokenizer("niño")["input_ids"]


def test_windows_are_the_texts_each_on_its_own_lines() -> None:
    tokenizer = train_tokenizer(["uno dos tres"], 300, 256)
    texts = ["uno dos", "tres, cuatro"] * 3
    rows = windows(tokenizer, texts, 4)
    read_back = tokenizer.decode(rows.reshape(-1))
    assert rows.shape[1] == 4
    assert "\n".join([*texts, ""]).startswith(read_back)
    assert len(read_back) > 50


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["Vi a Tom.", "¿Dónde estás?", "No tenemos dinero."], "everyday"),
        (
            ["Gracias, señora presidenta. El Grupo Parlamentario Socialista votará a favor de la enmienda." * 2],
            "parliament",
        ),
        (["—Es soltera y huérfana —dijo.", "—Gracias, señor, gracias.", "Y volvió a marcharse."], "dialogue"),
        (["La línea 1 es la más antigua de toda la red, y desde 2007 la que más viajeros lleva."], "news"),
        (
            ["Muchas gracias, doctora. Hoy tenemos un millar de casos de COVID-19, y mañana lo veremos aquí."],
            "spoken",
        ),
        (
            ["Desde la ventana se veía el camino largo y blanco por el que había de volver, algún día, su hijo."],
            "prose",
        ),
    ],
)
def test_the_kind_of_a_passage_is_told_from_its_looks(lines, expected) -> None:
    assert kind(lines) == expected


def test_passages_keep_every_line_in_order() -> None:
    lines = ["a" * 900, "b" * 900, "c" * 900, "d" * 5_000, "e"]
    found = list(passages(f"{line}\n" for line in lines))
    assert [line for passage in found for line in passage] == lines
    assert [len(passage) for passage in found] == [3, 1, 1]


@pytest.mark.parametrize(
    "line",
    [
        "El Mundial, que inicia el de junio, será largo.",
        "De ellas, solo un % procederán de grasas.",
        "Viajó en abril de , a donde acudió de compras.",
        "La Ley ( ) de hoy.",
    ],
)
def test_lines_that_numbers_were_taken_out_of_are_not_read(line: str) -> None:
    whole = ["El 14 de junio... ¿será?", "Un 5 % menos, (sí). Etc."]
    assert list(passages([whole[0], line, whole[1]])) == [whole]


def test_excerpts_come_from_all_over_the_text() -> None:
    assert excerpts("abcdefghij", 5) == "a\nc\ne\ng\ni"
    assert excerpts("abcdefghij", 100).replace("\n", "") == "abcdefghij"


def test_texts_are_the_same_for_a_seed_and_in_another_order_for_another(data) -> None:
    assert training_texts(data, 1) == training_texts(data, 1)
    assert training_texts(data, 1) != training_texts(data, 2)


def test_books_are_read_where_the_collection_has_them(data) -> None:
    more = data / "spanish/more.train.txt.gz"
    with gzip.open(more, "wt", encoding="utf-8") as out:
        out.writelines(
            f"El libro número {number} trata de la luz y de los espejos. {'Sigue. ' * 300}\n" for number in range(40)
        )
    found = [text for text in training_texts(data, 0) if text.startswith("El libro")]
    more.unlink()
    assert len(found) / 40 == pytest.approx(SHARES["books"], abs=0.2)


def test_textbooks_are_told_from_old_books() -> None:
    assert (
        kind_of_book(["La función da la velocidad de cada átomo.", "Vea la figura 3 y la ecuación 2."]) == "textbooks"
    )
    assert kind_of_book(["El marqués bajó del coche.", "La energía de aquel hombre la dejó muda."]) == "books"


def test_everyday_sentences_that_can_be_put_together_stand_in_no_order_any_more(tmp_path) -> None:
    data = spanish(tmp_path)
    scattered = [f"Tengo {number} gatos." for number in range(60)]
    with gzip.open(data / "spanish/train.txt.gz", "wt", encoding="utf-8") as out:
        out.writelines(f"{sentence}\n" for sentence in scattered * 3)  # a whole passage and more
        out.writelines(f"{sentence}\nHace sol.\n" for sentence in scattered)
    pairs(data, [(f"I have {number} cats.", sentence) for number, sentence in enumerate(scattered)])
    texts = training_texts(data, 0)
    together = [text for text in texts if "gatos" in text]
    assert len(together) == EVERYDAY_TIMES * (60 // LENGTH)
    assert not any("sol" in text or "\n" in text for text in together)
    assert "\n".join(texts).count("Hace sol.") == len(scattered)
    assert all(texts)


def test_sentences_of_other_kinds_are_put_together_too(tmp_path) -> None:
    rows = [(f"The vaccine number {number}.", f"La vacuna número {number}.", "health") for number in range(24)]
    texts = training_texts(others(spanish(tmp_path), rows), 0)
    together = [text for text in texts if "vacuna" in text]
    assert len(together) == TODAY_TIMES * (24 // LENGTH)
    assert max(text.count("vacuna") for text in together) > 1


def test_a_folder_without_the_collection_is_named(tmp_path) -> None:
    with pytest.raises(InvalidInput, match=r"There is no .*train\.txt\.gz\. Give --data"):
        training_texts(tmp_path, 0)


def test_too_little_text_is_said(tmp_path) -> None:
    tokenizer = train_tokenizer(["uno"], 300, 256)
    with pytest.raises(InvalidInput, match="needs at least 256"):
        windows(tokenizer, ["uno dos"], 256)
