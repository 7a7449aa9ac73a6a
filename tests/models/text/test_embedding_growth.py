"""New tokens make the embedding table grow, as transformers does it."""

import pytest
import torch

from models.errors import InvalidInput
from models.tasks import Task
from models.text.embedding_growth import grow
from models.text_generation import TextGenerator
from models.weights.cards import local_card
from tests.conftest import TinyModels


@pytest.fixture
def generator(tiny_models: TinyModels) -> TextGenerator:
    return TextGenerator.load(local_card("tiny", tiny_models.gpt2(), Task.TEXT_GENERATION), device="cpu")


def test_a_row_is_added_for_each_new_token(generator: TextGenerator) -> None:
    old = generator.model.get_input_embeddings().weight.detach().clone()
    growth = grow(generator, ["fotosíntesis", "🦙", "fotosíntesis"], "La fotosíntesis")
    table = generator.model.get_input_embeddings().weight.detach()

    assert growth.before == tuple(old.shape)
    assert growth.after == tuple(table.shape) == (max(old.shape[0], len(generator.tokenizer) + 2), old.shape[1])
    assert torch.equal(table[: old.shape[0]], old)  # what it had learned stays
    assert growth.new == (("fotosíntesis", len(generator.tokenizer)), ("🦙", len(generator.tokenizer) + 1))
    assert growth.row == pytest.approx(table[growth.new[0][1]][:12].tolist())
    assert growth.mean == pytest.approx(old.mean(dim=0)[:12].tolist(), abs=1e-6)


def test_the_parameters_grow_by_the_rows(generator: TextGenerator) -> None:
    growth = grow(generator, ["fotosíntesis"], "x")
    rows = growth.after[0] - growth.before[0]

    assert growth.output_shares
    assert growth.parameters[1] - growth.parameters[0] == rows * growth.after[1]


def test_the_text_has_fewer_tokens_afterwards_and_the_tokenizer_stays(generator: TextGenerator) -> None:
    size = len(generator.tokenizer)
    growth = grow(generator, ["fotosíntesis"], "fotosíntesis")

    assert growth.pieces_after == ("fotosíntesis",)
    assert len(growth.pieces_before) > 1
    assert len(generator.tokenizer) == size


def test_a_token_that_is_known_adds_nothing(generator: TextGenerator) -> None:
    known = generator.tokenizer.convert_ids_to_tokens(len(generator.tokenizer) - 1)
    growth = grow(generator, [known], "x")

    assert (growth.new, growth.known, growth.after) == ((), (known,), growth.before)


@pytest.mark.parametrize("tokens", [[], [" "], [str(number) for number in range(51)], ["a\udcff"]])
def test_no_tokens_too_many_and_broken_ones_are_refused(generator: TextGenerator, tokens: list[str]) -> None:
    with pytest.raises(InvalidInput):
        grow(generator, tokens, "x")
