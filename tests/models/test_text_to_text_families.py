"""TextToText with tiny models of the other families, against what transformers itself writes with their settings."""

import json
import logging
import shutil
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

from models.catalog import Task
from models.errors import InvalidInput, PrecisionNotApplicable, UnsupportedCheckpoint
from models.precision import BF16
from models.text.pieces import join
from models.text_to_text import TextToText, TextToTextSettings
from models.weights.cards import find_card
from quantization.keep import keep
from quantization.recipes import find_precision
from tests.conftest import TinyModels
from tests.tiny.text_to_text import SENTENCES, SUGGESTIONS, save_marian

LONG = " ".join(SENTENCES[:10])  # more tokens than any output may have
CHOOSY = TextToTextSettings(no_repeat_ngram=2)  # left alone, random weights go round in circles, which are cut
FEW = TextToTextSettings(beams=1, max_new_tokens=6)


def loaded(folder: Path, *options: Any) -> TextToText:
    return TextToText.load(find_card(str(folder), Task.TEXT_TO_TEXT), "cpu", *options)


@pytest.fixture(scope="module")
def families(tiny_models: TinyModels) -> dict[str, TextToText]:
    return {name: loaded(getattr(tiny_models, name)()) for name in ("bart", "pegasus", "marian")}


def watched(wrapper: TextToText, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Each call of `generate`: its arguments and, as “tokens”, what it gave."""
    calls: list[dict[str, Any]] = []
    generate = wrapper.model.generate

    def watching(**arguments: Any) -> Any:
        output = generate(**arguments)
        calls.append(arguments | {"tokens": output.sequences})
        return output

    monkeypatch.setattr(wrapper.model, "generate", watching)
    return calls


@pytest.mark.parametrize(("name", "beams"), [("bart", 4), ("pegasus", 8)])
def test_a_summary_is_what_transformers_writes_with_the_models_own_settings(
    families: dict, tiny_models: TinyModels, monkeypatch: pytest.MonkeyPatch, name: str, beams: int
) -> None:
    folder = getattr(tiny_models, name)()
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModelForSeq2SeqLM.from_pretrained(folder)
    expected = model.generate(**tokenizer(LONG, return_tensors="pt"), no_repeat_ngram_size=2)
    calls = watched(families[name], monkeypatch)
    [piece] = families[name].summarize(LONG, settings=CHOOSY)
    assert calls[0]["num_beams"] == beams
    assert torch.equal(calls[0]["tokens"], expected)
    assert tokenizer.decode(expected[0], skip_special_tokens=True).strip().startswith(piece.text)


@pytest.mark.filterwarnings("ignore:Recommended")  # of its tokenizer, which we silence and transformers does not
def test_a_translation_is_what_transformers_writes_sentence_by_sentence(
    families: dict, tiny_models: TinyModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, calls = tiny_models.marian(), watched(families["marian"], monkeypatch)
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModelForSeq2SeqLM.from_pretrained(folder)
    settings = replace(CHOOSY, max_new_tokens=40)
    pieces = list(families["marian"].translate(f"{SENTENCES[0]} {SENTENCES[4]}\n\n{SENTENCES[6]}", settings=settings))
    assert [piece.paragraph for piece in pieces] == [0, 0, 2, 2]
    assert [piece.source for piece in pieces[:2]] == [SENTENCES[0], SENTENCES[4]]
    assert [len(call["tokens"]) for call in calls] == [1, 2, 1]  # the first is soon there, then come two at once
    rows = [row for call in calls for row in call["tokens"]]
    for piece, row in zip(pieces, rows, strict=True):
        asked = tokenizer(piece.source, return_tensors="pt")
        expected = model.generate(**asked, no_repeat_ngram_size=2, max_length=41)
        assert torch.equal(row[: expected.shape[1]], expected[0])
        assert piece.text == tokenizer.decode(expected[0], skip_special_tokens=True).strip()
    assert {call["num_beams"] for call in calls} == {4}


def test_padding_with_which_a_marian_begins_is_never_written(families: dict, monkeypatch: pytest.MonkeyPatch) -> None:
    marian = families["marian"]
    pad = marian.tokenizer.pad_token_id
    hook = marian.model.lm_head.register_forward_hook(
        lambda module, inputs, scores: scores.index_fill(-1, torch.tensor([pad]), 1e4)
    )
    calls = watched(marian, monkeypatch)
    for settings in (FEW, replace(FEW, beams=3), replace(FEW, sample=True)):
        list(marian.translate("The sea.", settings=settings))
    hook.remove()
    assert [call["tokens"][0].tolist().count(pad) for call in calls] == [1, 1, 1]


@pytest.mark.parametrize(("own_end", "finished"), [(1e4, True), (-1e4, False)], ids=["at once", "never"])
@pytest.mark.parametrize("beams", [1, 3])
@pytest.mark.parametrize("name", ["bart", "pegasus", "marian"])
def test_an_end_that_the_limit_forces_is_not_the_models_own(
    families: dict, name: str, beams: int, own_end: float, finished: bool
) -> None:
    model = families[name]
    end = torch.tensor([model.model.generation_config.eos_token_id])
    hook = model.model.lm_head.register_forward_hook(lambda module, inputs, scores: scores.index_fill(-1, end, own_end))
    settings = TextToTextSettings(beams=beams, no_repeat_ngram=2)
    [written] = model._writer.write(["The sea is high."], {"max_length": 12}, settings, None)
    hook.remove()
    assert (written.finished, written.repeated) == (finished, False)


@pytest.mark.parametrize("settings", [FEW, replace(FEW, beams=3), replace(FEW, sample=True)])
def test_numbers_that_overflow_are_told_and_nothing_is_written(families: dict, settings: TextToTextSettings) -> None:
    pegasus = families["pegasus"]
    hook = pegasus.model.lm_head.register_forward_hook(lambda module, inputs, scores: scores * float("nan"))
    with pytest.raises(PrecisionNotApplicable, match=r"overflow in fp32\. Load it in bf16"):
        list(pegasus.summarize("The sea is high.", settings=settings))
    hook.remove()


@pytest.mark.parametrize(
    ("name", "window", "targets", "summarizes", "source"),
    [("bart", 1024, (), True, None), ("pegasus", 512, (), True, None), ("marian", 512, ("french",), False, "english")],
)
def test_what_each_reads_and_can_do(
    families: dict, name: str, window: int, targets: tuple, summarizes: bool, source: str | None
) -> None:
    model = families[name]
    assert (model.window, model.targets, model.summarizes, model.source) == (window, targets, summarizes, source)
    assert model.doubt is None


def test_what_is_longer_than_its_positions_is_summarized_in_parts(
    families: dict, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = watched(families["bart"], monkeypatch)
    pieces = list(families["bart"].summarize(" ".join(SENTENCES * 4), settings=FEW))
    assert pieces[-1].kind == "whole"
    assert len(pieces) > 2
    assert 900 < max(call["input_ids"].shape[1] for call in calls) <= 1024


def test_nobody_writes_beyond_the_positions_that_there_are(tiny_models: TinyModels, tmp_path: Path) -> None:
    short = tmp_path / "opus-mt-en-fr"
    shutil.copytree(tiny_models.marian(), short)
    model = loaded(short)
    assert model.model.get_decoder().embed_positions.weight.shape[0] == 512
    [piece] = model.translate("The sea.", settings=TextToTextSettings(beams=1, max_new_tokens=9_000, no_repeat_ngram=1))
    assert piece.text


def test_a_short_text_is_not_blown_up_to_56_tokens(families: dict, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = watched(families["bart"], monkeypatch)
    list(families["bart"].summarize("Water boils."))
    size = calls[0]["input_ids"].shape[1]
    assert size < 56
    assert calls[0]["min_length"] == size // 2


def test_lengths_are_shares_of_each_models_own(families: dict, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = watched(families["bart"], monkeypatch)
    for length in ("short", "medium", "long"):
        list(families["bart"].summarize(LONG, length, TextToTextSettings(beams=1)))
    assert [(call["min_length"], call["max_length"]) for call in calls] == [(19, 57), (56, 142), (140, 213)]


def test_a_model_with_several_targets_is_told_which(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_marian(tmp_path / "roa", goal="roa", marks=(">>fra<<", ">>spa<<"))
    model = loaded(tmp_path / "roa")
    assert model.targets == ("french", "spanish")
    calls = watched(model, monkeypatch)
    [piece] = model.translate("The sea.", "Spanish", FEW)
    assert piece.source == "The sea."
    assert calls[0]["input_ids"][0, 0] == model.tokenizer.convert_tokens_to_ids(">>spa<<")
    list(model.translate(">>fra<< The sea.", "spanish", FEW))  # what somebody types are letters
    assert calls[1]["input_ids"][0].tolist().count(model.tokenizer.convert_tokens_to_ids(">>fra<<")) == 0


def test_a_text_that_begins_like_a_mark_keeps_its_letters(families: dict, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = watched(families["marian"], monkeypatch)
    list(families["marian"].translate(">>the sea<< is high.", settings=FEW))
    assert "the sea" in families["marian"].tokenizer.decode(calls[0]["input_ids"][0])


def test_its_tokenizer_tells_what_it_cannot_read(families: dict) -> None:
    [piece] = families["marian"].translate("The sea щжщ  is high.", settings=FEW)
    assert piece.unreadable == pytest.approx(3 / 16)
    assert piece.unreadable_signs == "щж"
    with pytest.raises(InvalidInput, match="cannot read 100 %"):
        families["marian"].translate("щщщ жжж")


def test_the_language_is_the_models_own_where_none_is_named(tmp_path: Path) -> None:
    save_marian(tmp_path / "es-en", "es", "en")
    model = loaded(tmp_path / "es-en")
    assert (model.source, model.targets, model.require_target()) == ("spanish", ("english",), "english")
    assert find_card(str(tmp_path / "es-en"), Task.TEXT_TO_TEXT).languages == ("Spanish", "English")
    with pytest.raises(InvalidInput, match=r"not translate to “french”\. Choose one of: english"):
        model.translate("Uno.", "french")


def test_a_pretrained_bart_writes_nothing(tiny_models: TinyModels, tmp_path: Path) -> None:
    shutil.copytree(tiny_models.bart(), tmp_path / "base")
    config = json.loads((tmp_path / "base" / "config.json").read_text())
    config |= {"task_specific_params": SUGGESTIONS, "min_length": None, "max_length": None}
    (tmp_path / "base" / "config.json").write_text(json.dumps(config))
    with pytest.raises(InvalidInput, match="only pretrained"):
        loaded(tmp_path / "base").summarize("The sea is high.")


@pytest.mark.parametrize("missing", ["source.spm", "target.spm", "vocab.json"])
def test_a_marian_without_a_part_of_its_tokenizer_says_which(
    tiny_models: TinyModels, tmp_path: Path, missing: str
) -> None:
    shutil.copytree(tiny_models.marian(), tmp_path / "marian")
    (tmp_path / "marian" / missing).unlink()
    with pytest.raises(UnsupportedCheckpoint, match=missing):
        loaded(tmp_path / "marian")


@pytest.mark.parametrize("precision", ["bf16", "int8"])
@pytest.mark.parametrize("name", ["bart", "pegasus", "marian"])
def test_a_model_kept_in_another_precision_keeps_its_settings(
    families: dict, tiny_models: TinyModels, tmp_path: Path, name: str, precision: str
) -> None:
    card = find_card(str(getattr(tiny_models, name)()), Task.TEXT_TO_TEXT)
    folder = keep(card, find_precision(precision), tmp_path / "kept")
    kept = loaded(folder, find_precision(precision))
    assert kept.precision == precision
    assert kept._tasks.summarization == families[name]._tasks.summarization
    assert kept._tasks.translations == families[name]._tasks.translations
    ask = kept.translate if kept.targets else kept.summarize
    assert len(list(ask("The sea is high.", settings=FEW))) == 1


def test_nobody_warns(
    tiny_models: TinyModels, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger("transformers"), "propagate", True)
    with warnings.catch_warnings(record=True) as said:
        for name in ("bart", "pegasus", "marian"):
            model = loaded(getattr(tiny_models, name)(), BF16)
            ask = model.translate if model.targets else model.summarize
            for settings in (FEW, replace(FEW, beams=2), replace(FEW, sample=True)):
                assert join(ask("The sea is high.", settings=settings)) is not None
    assert [record.message for record in caplog.records if record.levelno >= logging.WARNING] == []
    assert [str(warning.message) for warning in said if "sacremoses" in str(warning.message)] == []
