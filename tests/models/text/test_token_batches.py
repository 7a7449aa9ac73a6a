"""Padding, truncation and masks, compared with transformers."""

from itertools import product

import pytest
from transformers import AutoTokenizer

from models.errors import InvalidInput
from models.folders import EMBEDDED
from models.text.token_batches import LONGEST, NO_PADDING, PADDINGS, TO_LENGTH, BatchSettings
from tests.models.test_tokenization import tokenizer

TEXTS = ["The sun is out.", "El perro que ladra no muerde, dice el refrán.", "Why?"]
IN_TRANSFORMERS = {NO_PADDING: False, LONGEST: True, TO_LENGTH: "max_length"}
SETTINGS = [
    BatchSettings(padding, truncate, length, left)
    for padding, truncate, length, left in product(PADDINGS, (False, True), (5, 40), (False, True))
]


@pytest.mark.parametrize("folder", ["minilm", "t5-mini", "gpt2-mini-es"])
def test_the_rows_are_those_of_transformers(folder: str) -> None:
    reference = AutoTokenizer.from_pretrained(EMBEDDED / folder, local_files_only=True)
    mine = tokenizer(f"aula/{folder}")
    reference.pad_token = mine.pad_token  # GPT-2 has none of its own

    for settings in SETTINGS:
        reference.padding_side = "left" if settings.left else "right"
        expected = reference(
            TEXTS,
            padding=IN_TRANSFORMERS[settings.padding],
            truncation=settings.truncate,
            max_length=settings.length,
            verbose=False,
        )
        found = mine.batch(TEXTS, settings).as_dict()
        assert found["input_ids"] == expected["input_ids"], settings
        assert found["attention_mask"] == expected["attention_mask"], settings


def test_shape_filling_and_what_was_cut_by_hand() -> None:
    batch = tokenizer("gpt-2").batch(["Hello", "Hello there my friend"], BatchSettings(LONGEST, True, 3))

    assert batch.shape == (2, 3)
    assert batch.filled == 2
    assert [row.cut for row in batch.rows] == [0, 1]
    assert batch.rows[0].mask == (1, 0, 0)
    assert batch.pad_token == "<|endoftext|>"


def test_rows_of_several_lengths_make_no_tensor() -> None:
    assert tokenizer("gpt-2").batch(["a", "a b"], BatchSettings(NO_PADDING)).shape is None
    assert tokenizer("gpt-2").batch(["a b"], BatchSettings(NO_PADDING)).shape == (1, 2)


def test_a_length_without_room_for_text_is_refused() -> None:
    with pytest.raises(InvalidInput, match="leaves no room"):
        tokenizer("aula/minilm").batch(["a"], BatchSettings(LONGEST, True, 2))


@pytest.mark.parametrize("texts", [[], ["a\udcff"]])
def test_no_text_and_broken_text_get_a_sentence(texts: list[str]) -> None:
    with pytest.raises(InvalidInput):
        tokenizer("gpt-2").batch(texts, BatchSettings())
