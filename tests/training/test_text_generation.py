"""The writer's training: six steps give a folder that writes; it resumes, and tells its figures in its card."""

from pathlib import Path

import pytest
import torch

from models.catalog import Task
from models.errors import InvalidInput
from models.folders import EMBEDDED
from models.precision import BF16
from models.text_generation import GenerationSettings, TextGenerator
from models.weights.cards import find_card
from tests.training.runs import assert_same_weights, events, interrupting, run_in, saved_types
from tests.training.tiny_data import spanish
from training import text_generation


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A collection of Spanish text."""
    return spanish(tmp_path_factory.mktemp("data"))


@pytest.fixture(autouse=True)
def small(monkeypatch) -> None:
    """A vocabulary of little more than the bytes, so that little text is many tokens."""
    monkeypatch.setattr(text_generation, "VOCABULARY", 300)


def train(data: Path, folder: Path, **options) -> dict[str, float]:
    start_from, optimizer = options.pop("start_from", None), options.pop("optimizer", "muon")
    run = run_in(folder, **options)
    return text_generation.train(data, folder / "model", run, start_from, layers=1, width=64, optimizer=optimizer)


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


def test_the_folder_loads_through_the_wrapper_and_writes(trained) -> None:
    generator = generator_of(trained)
    assert generator.context_length == 256
    assert generator.complete("el niño", GenerationSettings(max_new_tokens=5)).tokens == 5


def test_training_makes_the_text_less_surprising(trained) -> None:
    figures = [found["bits_per_byte"] for found in evaluations(trained)]
    assert len(figures) == 6
    assert figures[-1] < figures[0]
    assert events(trained, "end")[-1]["reason"] == "budget"


def test_weights_are_saved_in_half_precision(trained) -> None:
    assert saved_types(trained) == {torch.float16}


def test_the_card_tells_the_figures_that_measuring_gives(trained, data) -> None:
    card = (trained / "model/README.md").read_text(encoding="utf-8")
    figures = text_generation.evaluate(trained / "model", data)
    assert figures.keys() == {"bits per byte", "perplexity"}
    assert f"{figures['bits per byte']:.3f}"[:4] in card
    for part in (
        "aula/gpt2-mini-es",
        "agpl-3.0",
        "ParlaMint-ES",
        "6 steps of 6,144 tokens",
        "1 layers of width 64",
        "Muon",
    ):
        assert part in card


def shown_in(card: str) -> list[str]:
    """The lines of a card that show a prompt and what comes of it."""
    return [line for line in card.splitlines() if line.startswith("- **")]


def test_the_card_shows_what_comes_of_good_and_bad_prompts(trained) -> None:
    card = (trained / "model/README.md").read_text(encoding="utf-8")
    prompts = [line.removeprefix("- **").partition("**")[0] for line in shown_in(card)]
    assert prompts == [*text_generation.GOOD, *text_generation.BAD]


@pytest.mark.weights
def test_the_embedded_model_writes_what_its_card_shows() -> None:
    generator = TextGenerator.load(find_card(text_generation.MODEL_ID, Task.TEXT_GENERATION), device="cpu")
    written = text_generation.shown(generator, (*text_generation.GOOD, *text_generation.BAD))
    card = (EMBEDDED / "gpt2-mini-es/README.md").read_text(encoding="utf-8")
    assert written.splitlines() == shown_in(card)


def test_a_sample_is_always_the_same_and_the_largest_is_the_whole(trained, data) -> None:
    figures = [text_generation.evaluate(trained / "model", data, examples, BF16) for examples in (8, 8, 1_000)]
    assert figures[0] == figures[1] != figures[2]
    whole = text_generation.evaluate(trained / "model", data)
    assert figures[2] == pytest.approx(whole, rel=0.03)


def test_an_interrupted_training_resumes_to_the_same_weights(trained, data, tmp_path, monkeypatch) -> None:
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


def test_the_time_budget_ends_it_and_leaves_a_model(data, tmp_path) -> None:
    train(data, tmp_path, minutes=0.0001)
    assert events(tmp_path, "end")[-1]["step"] == 1
    assert generator_of(tmp_path).generate("el niño")


def test_training_goes_on_from_a_finished_folder(trained, data, tmp_path) -> None:
    before = (trained / "model/tokenizer.json").read_text(encoding="utf-8")
    train(data, tmp_path, steps=1, start_from=trained / "model")
    assert (tmp_path / "model/tokenizer.json").read_text(encoding="utf-8") == before
    assert evaluations(tmp_path)[0]["bits_per_byte"] < evaluations(trained)[-1]["bits_per_byte"] + 0.01


def test_a_new_training_in_an_old_run_folder_reads_the_data_again(trained, data, tmp_path) -> None:
    train(data, tmp_path, steps=1)
    (tmp_path / "run/tokens.npy").write_bytes(b"of another collection")
    train(data, tmp_path, steps=1)
    assert (tmp_path / "run/tokens.npy").stat().st_size > 500


def test_adamw_alone_can_be_chosen_and_the_card_says_which(data, tmp_path) -> None:
    train(data, tmp_path, steps=2, optimizer="adamw")
    card = (tmp_path / "model/README.md").read_text(encoding="utf-8")
    assert "AdamW;" in card
    assert "Muon" not in card
    with pytest.raises(InvalidInput, match=r"no optimizer “sgd” here\. Choose from: muon, adamw"):
        train(data, tmp_path, steps=2, optimizer="sgd")
