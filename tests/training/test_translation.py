"""The translator's training: four steps give a folder that translates; it resumes, and tells its figures."""

import json
from functools import partial
from pathlib import Path

import pytest
import torch

from models.catalog import Task
from models.errors import InvalidInput
from models.folders import EMBEDDED
from models.text.task_settings import TextToTextSettings
from models.text_to_text import TextToText, join
from models.weights.card_file import figures, front_matter
from models.weights.cards import find_card
from tests.training.runs import assert_same_weights, events, interrupting, run_in, saved_types
from tests.training.tiny_data import PAIRS, translations
from training import sittings, translation, translation_figures
from training.sentence_pairs import LANGUAGES, collate


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    """A collection of 36 pairs a language."""
    return translations(tmp_path_factory.mktemp("data"))


@pytest.fixture(autouse=True)
def small(monkeypatch) -> None:
    """Batches of a few pairs, and short outputs: what has learned nothing writes until it must end."""
    monkeypatch.setattr(translation, "VOCABULARY", 400)
    monkeypatch.setattr(translation, "TARGET_TOKENS_A_STEP", {"cpu": 400})
    monkeypatch.setattr(translation_figures, "QUICK", TextToTextSettings(beams=1, max_new_tokens=8))
    monkeypatch.setattr(translation_figures, "TASK", translation_figures.TASK | {"max_length": 24})


def train(data: Path, folder: Path, **options) -> dict[str, float]:
    start_from, run = options.pop("start_from", None), run_in(folder, **options)
    new = partial(translation.new_model, encoder_layers=1, decoder_layers=1, width=64)
    return translation.train(data, folder / "model", run, start_from, new)


@pytest.fixture(scope="module")
def trained(data, tmp_path_factory) -> Path:
    """A folder in which four steps were trained."""
    folder = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        small.__wrapped__(patch)
        train(data, folder, steps=4)
    return folder


def translator_of(folder: Path) -> TextToText:
    return TextToText.load(find_card(str(folder / "model"), Task.TEXT_TO_TEXT), device="cpu")


def losses(folder: Path) -> list[float]:
    return [event["loss"] for event in events(folder, "step")]


def test_the_folder_loads_through_the_wrapper_and_translates(trained) -> None:
    translator = translator_of(trained)
    assert translator.targets == ("french", "spanish")
    assert not translator.summarizes
    pieces = list(translator.translate("My brother works here.\nAnna reads."))
    assert [piece.source for piece in pieces] == ["My brother works here.", "Anna reads."]


def test_many_texts_at_once_come_out_as_from_the_wrapper_one_by_one(trained, monkeypatch) -> None:
    """At its first attempt."""
    monkeypatch.setattr("models.text_to_text.mended", lambda found, *rest: found)
    translator = translator_of(trained)
    translator.model.double()  # padding changes the last bits of a sum, which must not turn a close decision
    with torch.no_grad():  # as initialized, the output hardly depends on what is read
        for name, weight in translator.model.named_parameters():
            weight *= 4 if name.endswith((".o.weight", ".wo.weight", ".q.weight")) else 1
    texts = ["Anna reads.", *(english for english, _ in PAIRS["fr"][:4])]
    settings = TextToTextSettings(beams=2)
    together = translation_figures.translate(translator.model, translator.tokenizer, texts, "es", settings)
    alone = [next(translator.translate(text, "spanish", settings)).text for text in texts]
    assert together == alone
    assert len(set(alone)) > 1


def test_training_lowers_the_loss_and_says_when_it_ends(trained) -> None:
    found = losses(trained)
    assert len(found) == 4
    assert found[-1] < found[0]
    assert events(trained, "end")[-1]["reason"] == "budget"


def test_weights_are_saved_in_half_precision(trained) -> None:
    assert saved_types(trained) == {torch.float16}


def test_the_card_tells_the_figures_that_measuring_gives(trained, data) -> None:
    measured = translation.evaluate(trained / "model", data)
    assert figures(trained / "model") == pytest.approx(measured, abs=1e-4)
    assert front_matter(trained / "model")["language"] == ["en", "fr", "es"]
    card = (trained / "model/README.md").read_text(encoding="utf-8")
    for part in ("manythings.org/anki", "steps of about 800 tokens", "1 encoder and 1 decoder layers of width 64"):
        assert part in card
    for language, text in (*translation.GOOD, *translation.BAD):
        assert f"| {text} | {LANGUAGES[language]} | " in card


def test_the_card_tells_every_sitting(trained, data, tmp_path) -> None:
    train(data, tmp_path, steps=1, start_from=trained / "model")
    told = sittings.read(tmp_path / "model")
    assert [one.steps for one in told] == [4, 1]
    card = (tmp_path / "model/README.md").read_text(encoding="utf-8")
    assert sittings.table(told) in card
    assert told[0].on.endswith(", 1 thread")


@pytest.mark.weights
def test_the_embedded_model_writes_what_its_card_shows() -> None:
    translator = TextToText.load(find_card(translation.MODEL_ID, Task.TEXT_TO_TEXT), device="cpu")
    card = (EMBEDDED / "t5-mini/README.md").read_text(encoding="utf-8")
    for language, text in (*translation.GOOD, *translation.BAD):
        written = join(translator.translate(text, LANGUAGES[language].lower()))
        assert f"| {text} | {LANGUAGES[language]} | {written} |" in card


def test_an_interrupted_training_resumes_to_the_same_weights(trained, data, tmp_path, monkeypatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(translation, "collate", interrupting(collate, 2))
        train(data, tmp_path, steps=4)
    [stopped] = events(tmp_path, "end")
    assert stopped["reason"] == "stopped"
    assert stopped["step"] < 4
    translator_of(tmp_path)

    train(data, tmp_path, steps=4, resume=True)
    assert losses(tmp_path)[-1] == pytest.approx(losses(trained)[-1], rel=1e-6)
    assert_same_weights(translator_of(tmp_path).model, translator_of(trained).model)


def test_the_time_budget_ends_it_and_leaves_a_model(data, tmp_path) -> None:
    train(data, tmp_path, minutes=0.0001)
    assert events(tmp_path, "end")[-1]["step"] == 1
    assert list(translator_of(tmp_path).translate("Anna reads."))


def test_training_goes_on_from_a_finished_folder(trained, data, tmp_path) -> None:
    finished, folder = translator_of(trained), tmp_path / "finished"
    with torch.no_grad():
        for weight in finished.model.parameters():
            weight *= 1.5  # unlike those of any new model
    finished.model.half().save_pretrained(folder)
    finished.tokenizer.save_pretrained(folder)
    train(data, tmp_path, steps=1, start_from=folder)
    before, after = (json.loads(path.read_text(encoding="utf-8")) for path in tmp_path.glob("*/tokenizer.json"))
    assert before == after
    # One step of the warm-up hardly moves them.
    assert_same_weights(translator_of(tmp_path).model, finished.model.float(), atol=1e-4, rtol=2e-3)


def test_a_folder_without_the_collection_is_named(tmp_path) -> None:
    with pytest.raises(InvalidInput, match=r"There is no .*en-fr\.train\.tsv\.gz\. Give --data"):
        train(tmp_path, tmp_path / "made")
