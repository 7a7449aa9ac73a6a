"""Several texts written at once: the same tokens as each alone, and whatever ends one of them ends no other."""

import re
import threading
from typing import Any

import pytest
import torch

from models.catalog import Task
from models.errors import PrecisionNotApplicable
from models.precision import BF16
from models.text.task_settings import TextToTextSettings
from models.text.writing import TEXTS_AT_ONCE, Writer
from models.text_to_text import TextToText
from models.weights.cards import find_card
from tests.conftest import TinyModels

TEXTS = [
    "translate English to French: The house is small.",
    "translate English to French: My brother has two dogs and a very old cat, and neither likes the other.",
    "translate English to French: Yes.",
    "translate English to French: Where is the station, please?",
]


@pytest.fixture(scope="module")
def model(tiny_models: TinyModels) -> TextToText:
    wrapper = TextToText.load(find_card(str(tiny_models.t5()), Task.TEXT_TO_TEXT), device="cpu")
    wrapper.model.double()  # no other order of sums turns a close decision
    return wrapper


def generated(model: TextToText, text: str, **arguments: Any) -> str:
    """What transformers' own `generate` writes about one text."""
    encoded = model.tokenizer(text, return_tensors="pt")
    [tokens] = model.model.generate(**encoded, **arguments)
    return str(model.tokenizer.decode(tokens, skip_special_tokens=True)).strip()


@pytest.mark.parametrize("beams", [1, 4])
@pytest.mark.parametrize("early", [True, False])
def test_texts_written_at_once_are_those_that_transformers_writes_alone(
    model: TextToText, beams: int, early: bool
) -> None:
    task, settings = {"max_length": 24, "early_stopping": early}, TextToTextSettings(beams=beams, no_repeat_ngram=2)
    written = list(Writer(model).write(TEXTS, task, settings, None))
    arguments = {"max_length": 24, "num_beams": beams, "no_repeat_ngram_size": 2} | (
        {"early_stopping": early} if beams > 1 else {}
    )
    assert [each.text for each in written] == [generated(model, text, **arguments) for text in TEXTS]


@pytest.mark.parametrize("beams", [1, 4])
def test_where_a_text_ends_is_the_same_at_once_and_alone(model: TextToText, beams: int) -> None:
    """Also for one that goes round in circles, and is ended there, beside one that goes on."""
    writer, task, settings = Writer(model), {"max_length": 100}, TextToTextSettings(beams=beams)
    alone = [next(writer.write([text], task, settings, None)) for text in TEXTS]
    assert list(writer.write(TEXTS, task, settings, None)) == alone


def test_numbers_are_copied_where_the_task_says_so(model: TextToText) -> None:
    writer, settings = Writer(model), TextToTextSettings(beams=4, no_repeat_ngram=2)
    texts = [f"translate English to French: {numbers}" for numbers in ("365 and 12", "1,492", "9", "A B C")]
    task = {"max_length": 24, "copied_numbers": True}
    written = [each.text for each in writer.write(texts, task, settings, None)]
    assert written == [next(writer.write([text], task, settings, None)).text for text in texts]
    free = [each.text for each in writer.write(texts, {"max_length": 24}, settings, None)]
    assert [_invented(*pair) for pair in zip(texts[:3], written, strict=False)] == [set()] * 3
    assert _invented(texts[0], free[0])
    assert written[3] == free[3]  # it has no numbers to copy


def _invented(source: str, written: str) -> set[str]:
    """Numbers that are not in the source; the last one may have been cut."""
    return set(re.findall(r"\d+", re.sub(r"\d+$", "", written))) - set(re.findall(r"\d+", source))


def test_thirty_threads_get_each_their_own_text(model: TextToText) -> None:
    writer, task, settings = Writer(model), {"max_length": 16}, TextToTextSettings(beams=2)
    texts = [f"translate English to French: {number} houses" for number in range(30)]
    alone = [next(writer.write([text], task, settings, None)).text for text in texts]
    found: dict[int, str] = {}
    ready = threading.Barrier(30)

    def ask(number: int) -> None:
        ready.wait()
        found[number] = next(writer.write([texts[number]], task, settings, None)).text

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found[number] for number in range(30)] == alone


def test_what_overflows_is_named_after_what_was_written_before_it(
    model: TextToText, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = model.model.generate

    def overflowing(input_ids: torch.Tensor, **arguments: Any) -> Any:
        if len(input_ids) > 1 or model.tokenizer.decode(input_ids[0]).find("Yes") >= 0:
            raise PrecisionNotApplicable("too large")
        return run(input_ids=input_ids, **arguments)

    monkeypatch.setattr(model.model, "generate", overflowing)
    written = Writer(model).write(TEXTS, {"max_length": 8}, TextToTextSettings(), None)
    assert next(written).text is not None
    assert next(written).text is not None
    with pytest.raises(PrecisionNotApplicable):
        next(written)


def test_what_is_drawn_and_what_is_rounded_to_16_bits_is_written_alone(
    model: TextToText, tiny_models: TinyModels
) -> None:
    writer = Writer(model)
    assert writer.at_once(TextToTextSettings()) == TEXTS_AT_ONCE
    assert writer.at_once(TextToTextSettings(sample=True)) == 1
    card = find_card(str(tiny_models.t5()), Task.TEXT_TO_TEXT)
    assert Writer(TextToText.load(card, device="cpu", precision=BF16)).at_once(TextToTextSettings()) == 1
