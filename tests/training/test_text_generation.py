import gzip
import random
from pathlib import Path

import pytest
import torch

from models.catalog import Task
from models.errors import InvalidInput
from models.text_generation import GenerationSettings, TextGenerator
from models.weights.cards import find_card
from quantization.recipes import INT8
from tests.training.runs import assert_same_weights, events, interrupting, run_in, saved_types
from training import text_generation
from training.spanish_text import excerpts, kind, passages, train_tokenizer, training_texts, windows

WORDS = (
    "el",
    "niño",
    "juega",
    "al",
    "fútbol",
    "¿dónde",
    "está",
    "la",
    "señora?",
    "¡Sí!",
    "«güero»",
    "corazón",
    "y",
    "más",
)


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    """A collection of a few thousand words, always the same."""
    folder, generator = tmp_path_factory.mktemp("data"), random.Random(0)
    (folder / "spanish").mkdir()

    def text(lines: int) -> str:
        return "".join(" ".join(generator.choices(WORDS, k=12)) + "\n" for _ in range(lines))

    with gzip.open(folder / "spanish/train.txt.gz", "wt", encoding="utf-8") as out:
        out.write(text(1_000))
    for name, lines in (("football.train", 4), ("valid", 20), ("test", 20)):
        (folder / f"spanish/{name}.txt").write_text(text(lines), encoding="utf-8")
    return folder


@pytest.fixture(autouse=True)
def small(monkeypatch) -> None:
    """A vocabulary of little more than the bytes, so that little text is many tokens."""
    monkeypatch.setattr(text_generation, "VOCABULARY", 300)


def train(data: Path, folder: Path, **options) -> dict[str, float]:
    start_from, run = options.pop("start_from", None), run_in(folder, **options)
    return text_generation.train(data, folder / "model", run, start_from, layers=1, width=64, compiled=False)


@pytest.fixture(scope="module")
def trained(data, tmp_path_factory) -> Path:
    """A folder in which six steps were trained."""
    folder = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_generation, "VOCABULARY", 300)
        train(data, folder, steps=6)
    return folder


def generator_of(folder: Path) -> TextGenerator:
    return TextGenerator.load(find_card(str(folder / "model"), Task.TEXT_GENERATION), device="cpu")


def evaluations(folder: Path) -> list[dict[str, float]]:
    return [event["figures"] for event in events(folder, "evaluation")]


def test_the_folder_loads_through_the_wrapper_and_writes(trained):
    generator = generator_of(trained)
    assert generator.context_length == 256
    assert generator.complete("el niño", GenerationSettings(max_new_tokens=5)).tokens == 5


def test_training_makes_the_text_less_surprising(trained):
    figures = [found["bits_per_byte"] for found in evaluations(trained)]
    assert len(figures) == 6
    assert figures[-1] < figures[0]
    assert events(trained, "end")[-1]["reason"] == "budget"


def test_weights_are_saved_in_half_precision(trained):
    assert saved_types(trained) == {torch.float16}


def test_the_card_tells_the_figures_that_measuring_gives(trained, data):
    card = (trained / "model/README.md").read_text(encoding="utf-8")
    figures = text_generation.evaluate(trained / "model", data)
    assert figures.keys() == {"bits per byte", "perplexity"}
    assert f"{figures['bits per byte']:.3f}"[:4] in card
    for part in ("aula/gpt2-mini-es", "cc-by-sa-4.0", "ParlaMint-ES", "6 steps of 3072 tokens", "1 layers of width 64"):
        assert part in card


def test_a_sample_is_always_the_same_and_the_largest_is_the_whole(trained, data):
    figures = [text_generation.evaluate(trained / "model", data, examples, INT8) for examples in (8, 8, 1_000)]
    assert figures[0] == figures[1] != figures[2]
    whole = text_generation.evaluate(trained / "model", data)
    assert figures[2] == pytest.approx(whole, rel=0.02)


def test_an_interrupted_training_resumes_to_the_same_weights(trained, data, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(text_generation, "collate", interrupting(text_generation.collate, 4))
        train(data, tmp_path, steps=6)
    [stopped] = events(tmp_path, "end")
    assert stopped["reason"] == "stopped"
    assert stopped["step"] < 6
    generator_of(tmp_path)

    train(data, tmp_path, steps=6, resume=True)
    assert events(tmp_path, "end")[-1]["step"] == 6
    assert evaluations(tmp_path)[-1] == pytest.approx(evaluations(trained)[-1], rel=1e-6)
    assert_same_weights(generator_of(tmp_path).model, generator_of(trained).model)


def test_the_time_budget_ends_it_and_leaves_a_model(data, tmp_path):
    train(data, tmp_path, minutes=0.0001)
    assert events(tmp_path, "end")[-1]["step"] == 1
    assert generator_of(tmp_path).generate("el niño")


def test_training_goes_on_from_a_finished_folder(trained, data, tmp_path):
    before = (trained / "model/tokenizer.json").read_text(encoding="utf-8")
    train(data, tmp_path, steps=1, start_from=trained / "model")
    assert (tmp_path / "model/tokenizer.json").read_text(encoding="utf-8") == before
    assert evaluations(tmp_path)[0]["bits_per_byte"] < evaluations(trained)[-1]["bits_per_byte"] + 0.01


def test_a_new_training_in_an_old_run_folder_reads_the_data_again(trained, data, tmp_path):
    train(data, tmp_path, steps=1)
    (tmp_path / "run/tokens.npy").write_bytes(b"of another collection")
    train(data, tmp_path, steps=1)
    assert (tmp_path / "run/tokens.npy").stat().st_size > 1_000


def test_the_tokenizer_writes_what_it_read():
    tokenizer = train_tokenizer(["el niño juega al fútbol"] * 10, 300, 256)
    for text in ("¿Dónde está el niño? ¡Ahí, señor!\n—Sí… «güero»", "un 😀 y 1.234,5", "  dos  espacios\n\n", "日本"):
        assert tokenizer.decode(tokenizer(text)["input_ids"]) == text
    assert tokenizer("nin\N{COMBINING TILDE}o")["input_ids"] == tokenizer("niño")["input_ids"]


def test_windows_are_the_texts_each_on_its_own_lines():
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
def test_the_kind_of_a_passage_is_told_from_its_looks(lines, expected):
    assert kind(lines) == expected


def test_passages_keep_every_line_in_order():
    lines = ["a" * 900, "b" * 900, "c" * 900, "d" * 5_000, "e"]
    found = list(passages(f"{line}\n" for line in lines))
    assert [line for passage in found for line in passage] == lines
    assert [len(passage) for passage in found] == [3, 1, 1]


def test_excerpts_come_from_all_over_the_text():
    assert excerpts("abcdefghij", 5) == "a\nc\ne\ng\ni"
    assert excerpts("abcdefghij", 100).replace("\n", "") == "abcdefghij"


def test_texts_are_the_same_for_a_seed_and_in_another_order_for_another(data):
    assert training_texts(data, 1) == training_texts(data, 1)
    assert training_texts(data, 1) != training_texts(data, 2)


def test_a_folder_without_the_collection_is_named(tmp_path):
    with pytest.raises(InvalidInput, match=r"There is no .*train\.txt\.gz\. Give --data"):
        training_texts(tmp_path, 0)


def test_too_little_text_is_said(tmp_path):
    tokenizer = train_tokenizer(["uno"], 300, 256)
    with pytest.raises(InvalidInput, match="needs at least 256"):
        windows(tokenizer, ["uno dos"], 256)
