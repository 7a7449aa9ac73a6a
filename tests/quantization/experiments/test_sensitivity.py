"""Rounding one layer at a time, on tiny models of three architectures."""

import hashlib
import math
import threading
from collections.abc import Iterator

import pytest
import torch
from torch import nn
from transformers import (
    AutoTokenizer,
    GPT2LMHeadModel,
    GPTNeoConfig,
    GPTNeoForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedModel,
)

from models.catalog import Task
from models.errors import Cancelled, InvalidInput, ModelNotHere
from models.text.perplexity import perplexity
from models.weights.cards import find_card
from quantization.experiments.sensitivity import (
    Baseline,
    Cell,
    find_places,
    first_tokens,
    measure_cells,
    rounded,
    sensitivity,
)
from quantization.experiments.steps import Step
from quantization.mapping import Mapping
from tests.conftest import TinyModels

TEXT = "Me gusta mucho el fútbol, y los domingos juego con mis amigos en el parque."


@pytest.fixture
def tokenizer(tiny_models: TinyModels) -> object:
    return AutoTokenizer.from_pretrained(tiny_models.gpt2())


@pytest.fixture
def gpt2(tiny_models: TinyModels) -> GPT2LMHeadModel:
    return GPT2LMHeadModel.from_pretrained(tiny_models.gpt2(), dtype=torch.float32).eval()


def gpt_neo() -> PreTrainedModel:
    torch.manual_seed(0)
    config = GPTNeoConfig(
        vocab_size=700, max_position_embeddings=128, hidden_size=32, num_layers=2, num_heads=4,
        attention_types=[[["global", "local"], 1]], bos_token_id=0, eos_token_id=0, initializer_range=0.1,
    )  # fmt: skip
    return GPTNeoForCausalLM(config).eval()


def llama(tied: bool = False) -> PreTrainedModel:
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=700, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=128, tie_word_embeddings=tied, initializer_range=0.1,
    )  # fmt: skip
    return LlamaForCausalLM(config).eval()


def digest(model: nn.Module) -> dict[str, str]:
    """Every tensor of a model, down to the last bit."""
    return {
        name: hashlib.sha256(tensor.contiguous().numpy().tobytes()).hexdigest()
        for name, tensor in model.state_dict().items()
    }


def cells_of(items: Iterator[object]) -> list[Cell]:
    return [item for item in items if isinstance(item, Cell)]


def test_places_of_gpt2_are_embeddings_and_four_kinds_in_each_block(gpt2: GPT2LMHeadModel) -> None:
    places = find_places(gpt2)
    assert [(place.block, place.kind) for place in places] == [
        (None, "wte"),
        (None, "wpe"),
        *((block, kind) for block in (0, 1) for kind in ("attn.c_attn", "attn.c_proj", "mlp.c_fc", "mlp.c_proj")),
    ]
    assert places[0].layers == ("transformer.wte", "lm_head")  # one matrix: both change
    assert places[0].parameters == gpt2.lm_head.weight.numel()
    assert places[2].name == "block 0, attn.c_attn"


def test_places_of_gpt_neo_and_llama() -> None:
    neo = {place.kind for place in find_places(gpt_neo()) if place.block == 1}
    assert neo == {
        *(f"attn.attention.{part}_proj" for part in ("q", "k", "v", "out")),
        "mlp.c_fc",
        "mlp.c_proj",
    }
    places = find_places(llama())
    assert {place.kind for place in places if place.block == 0} == {
        *(f"self_attn.{part}_proj" for part in "qkvo"),
        *(f"mlp.{part}_proj" for part in ("gate", "up", "down")),
    }
    assert [(place.block, place.kind) for place in (places[0], places[-1])] == [
        (None, "embed_tokens"),
        (None, "lm_head"),
    ]
    assert find_places(llama(tied=True))[0].layers == ("model.embed_tokens", "lm_head")


def test_experts_of_a_block_are_one_kind_and_two_stacks_keep_their_names() -> None:
    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.experts = nn.ModuleList([nn.Linear(4, 4, bias=False) for _ in range(3)])

    one = nn.ModuleDict({"layers": nn.ModuleList([Block(), Block()])})
    assert [(place.block, place.kind, place.parameters) for place in find_places(one)] == [
        (0, "experts.*", 48),
        (1, "experts.*", 48),
    ]
    two = nn.ModuleDict({"encoder": nn.ModuleList([Block()]), "decoder": nn.ModuleList([Block()])})
    assert [place.kind for place in find_places(two)] == ["encoder: experts.*", "decoder: experts.*"]


@pytest.mark.parametrize("make", [gpt_neo, llama, lambda: llama(tied=True)], ids=["gpt-neo", "llama", "llama-tied"])
def test_every_architecture_gives_a_cell_for_each_place_and_keeps_its_weights(make, tokenizer: object) -> None:
    model = make()
    before = digest(model)
    items = list(measure_cells(model, tokenizer, TEXT))
    baseline = next(item for item in items if isinstance(item, Baseline))
    cells = cells_of(items)
    assert [(cell.block, cell.kind) for cell in cells] == [(place.block, place.kind) for place in baseline.places]
    assert all(math.isfinite(cell.perplexity) and cell.perplexity != baseline.perplexity for cell in cells)
    assert digest(model) == before
    whole = sum(parameter.numel() for parameter in model.parameters())
    assert sum(cell.parameters for cell in cells) + baseline.others == whole


def test_a_cell_is_what_rounding_that_layer_by_hand_gives(gpt2: GPT2LMHeadModel, tokenizer: object) -> None:
    mapping = Mapping(bits=3, symmetric=False, granularity="group", group_size=16)
    items = list(measure_cells(gpt2, tokenizer, TEXT, mapping))
    exact = perplexity(gpt2, tokenizer, TEXT).perplexity
    cell = next(item for item in cells_of(items) if (item.block, item.kind) == (1, "mlp.c_fc"))
    layer = gpt2.transformer.h[1].mlp.c_fc
    with torch.no_grad():  # Conv1D holds (inputs, outputs)
        layer.weight.copy_(mapping.quantize(layer.weight.t().contiguous()).dequantize().t())
    by_hand = perplexity(gpt2, tokenizer, TEXT).perplexity
    assert cell.perplexity == pytest.approx(by_hand, rel=1e-6)
    assert cell.change == pytest.approx(by_hand / exact - 1, abs=1e-6)


def test_tied_weights_change_together_and_return_bit_by_bit(gpt2: GPT2LMHeadModel) -> None:
    before, tensor = digest(gpt2), gpt2.lm_head.weight
    with rounded(gpt2, ("transformer.wte", "lm_head"), Mapping(bits=4)):
        assert gpt2.lm_head.weight is gpt2.transformer.wte.weight is tensor
        assert digest(gpt2)["lm_head.weight"] != before["lm_head.weight"]
        assert len(gpt2.lm_head.weight[0].unique()) <= 16
    assert digest(gpt2) == before


def test_an_error_within_puts_the_weights_back(gpt2: GPT2LMHeadModel) -> None:
    before = digest(gpt2)

    def fail() -> None:
        with rounded(gpt2, ("transformer.h.0.mlp.c_fc",), Mapping(bits=2)):
            assert digest(gpt2) != before
            raise RuntimeError("here")

    with pytest.raises(RuntimeError, match="here"):
        fail()
    assert digest(gpt2) == before


def test_stop_comes_within_a_cell_and_puts_the_weights_back(gpt2: GPT2LMHeadModel, tokenizer: object) -> None:
    before, cancelled = digest(gpt2), threading.Event()
    found = []

    def collect() -> None:
        for item in measure_cells(gpt2, tokenizer, TEXT, cancelled=cancelled):
            found.append(item)
            if isinstance(item, Step) and item.text == "block 0, attn.c_proj":
                cancelled.set()  # the cell's window is the next thing that looks

    with pytest.raises(Cancelled):
        collect()
    assert [cell.name for cell in cells_of(iter(found))] == ["wte", "wpe", "block 0, attn.c_attn"]
    assert digest(gpt2) == before


def test_closing_within_a_cell_puts_the_weights_back(
    gpt2: GPT2LMHeadModel, tokenizer: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, seen, real = digest(gpt2), [], gpt2.forward

    def watched(*arguments: object, **options: object) -> object:
        seen.append(digest(gpt2) == before)
        return real(*arguments, **options)

    monkeypatch.setattr(gpt2, "forward", watched)
    items = measure_cells(gpt2, tokenizer, TEXT)
    next(item for item in items if isinstance(item, Cell))
    items.close()
    assert seen == [True, False]  # the exact model, then the first place with its weights rounded
    assert digest(gpt2) == before


def test_eight_bits_hardly_show_and_two_do(gpt2: GPT2LMHeadModel, tokenizer: object) -> None:
    changes = {
        bits: max(abs(cell.change) for cell in cells_of(measure_cells(gpt2, tokenizer, TEXT, Mapping(bits=bits))))
        for bits in (8, 2)
    }
    assert changes[8] < 0.02 < changes[2]


def test_only_the_first_tokens_are_measured(tokenizer: object, gpt2: GPT2LMHeadModel) -> None:
    short = first_tokens(tokenizer, TEXT * 20, 24)
    assert TEXT.startswith(short) or (TEXT * 20).startswith(short)
    assert len(tokenizer(short)["input_ids"]) <= 24
    assert first_tokens(tokenizer, "Hola", 24) == "Hola"
    baseline = next(item for item in measure_cells(gpt2, tokenizer, TEXT * 20, tokens=24) if isinstance(item, Baseline))
    assert baseline.tokens == len(tokenizer(short)["input_ids"]) - 1


def test_the_experiment_loads_a_model_of_its_own_and_leaves_its_file_alone(tiny_models: TinyModels) -> None:
    card = find_card(str(tiny_models.gpt2()), Task.TEXT_GENERATION)
    file = tiny_models.gpt2() / "model.safetensors"
    before = hashlib.sha256(file.read_bytes()).hexdigest()
    items = list(sensitivity(card, TEXT, Mapping(bits=2), device="cpu"))
    fractions = [item.fraction for item in items if isinstance(item, Step)]
    assert fractions == sorted(fractions)
    assert 0 <= fractions[0] <= fractions[-1] < 1
    assert len(cells_of(iter(items))) == 10
    assert hashlib.sha256(file.read_bytes()).hexdigest() == before


def test_refusals(tiny_models: TinyModels) -> None:
    card = find_card(str(tiny_models.gpt2()), Task.TEXT_GENERATION)
    with pytest.raises(InvalidInput, match="no text to measure"):
        next(sensitivity(card, " \n"))
    with pytest.raises(InvalidInput, match="from 16 to 4096"):
        next(sensitivity(card, TEXT, tokens=3))
    with pytest.raises(InvalidInput, match="at least two tokens"):
        list(sensitivity(card, "a", device="cpu"))
    with pytest.raises(InvalidInput, match="is for question answering"):
        next(sensitivity(find_card(str(tiny_models.bert_qa()), Task.QUESTION_ANSWERING), TEXT))
    with pytest.raises(ModelNotHere):
        next(sensitivity(find_card("openai-community/gpt2", Task.TEXT_GENERATION), TEXT))
    with pytest.raises(InvalidInput, match="Choose 2 to 8"):
        Mapping(bits=9)
