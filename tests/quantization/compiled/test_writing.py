"""Models that write give by OpenVINO what they give by torch, and know nothing of each other's texts."""

import gc
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    MT5Config,
    MT5ForConditionalGeneration,
)

from models.catalog import ModelCard, Task
from models.errors import PrecisionNotApplicable
from models.precision import FP32
from models.tasks import wrapper_class
from models.text.perplexity import Perplexity, perplexity
from models.text.task_settings import TextToTextSettings
from models.text_generation import GenerationSettings, TextGenerator
from models.text_to_text import TextToText
from models.threads import pinned_threads
from quantization.compiled.apply import compiled, compiled_in_int8
from quantization.compiled.graphs import graphs_folder
from quantization.compiled.program import Programs
from quantization.compiled.writing import converted, forward
from quantization.compiled.writing.cache import CompiledCache
from quantization.recipes import OPENVINO, OPENVINO_INT8
from tests.conftest import TinyModels

TEXT = "The teacher opens the window.\nWhy is the sky blue?\nIn spring the river is higher than in autumn."
PROMPT = "La niña leyó un cuento sobre"
SHORT = TextToTextSettings(max_new_tokens=12)


def both(task: Task, folder: Path, precision: Any = OPENVINO) -> tuple:
    """The same model, computed by torch and by OpenVINO."""
    card = ModelCard("tiny", task, path=folder)
    return tuple(wrapper_class(task).load(card, "cpu", each) for each in (FP32, precision))


@pytest.fixture
def generators(tiny_models: TinyModels) -> tuple[TextGenerator, TextGenerator]:
    return both(Task.TEXT_GENERATION, tiny_models.gpt2())


def llama() -> Any:
    torch.manual_seed(0)
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=90, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
            num_key_value_heads=2, initializer_range=0.3, pad_token_id=0, bos_token_id=1, eos_token_id=None,
        )
    ).eval()  # fmt: skip


def mt5() -> Any:
    torch.manual_seed(0)
    return MT5ForConditionalGeneration(
        MT5Config(
            vocab_size=90, d_model=32, d_kv=8, d_ff=48, num_layers=3, num_decoder_layers=2, num_heads=4,
            decoder_start_token_id=0, pad_token_id=0, eos_token_id=None, initializer_factor=2.0,
        )
    ).eval()  # fmt: skip


def taken_over(model: Any) -> Any:
    return compiled(model, "openvino", "f32", 1e-4, 4)


def ids(*rows: list[int]) -> dict[str, torch.Tensor]:
    """Filled up with 0 on the left, as generation wants it."""
    longest = max(map(len, rows))
    filled = [[0] * (longest - len(row)) + row for row in rows]
    mask = [[0] * (longest - len(row)) + [1] * len(row) for row in rows]
    return {"input_ids": torch.tensor(filled), "attention_mask": torch.tensor(mask)}


@pytest.mark.parametrize("beams", [1, 4])
@pytest.mark.parametrize("sample", [False, True])
def test_a_text_goes_on_as_with_torch(generators, sample: bool, beams: int) -> None:
    plain, fast = generators
    settings = GenerationSettings(max_new_tokens=40, sample=sample, seed=3, beams=beams)
    assert fast.complete(PROMPT, settings).text == plain.complete(PROMPT, settings).text


@pytest.mark.parametrize("builder", ["t5", "bart", "pegasus", "marian"])
@pytest.mark.parametrize("beams", [1, 4])
def test_what_is_made_of_texts_is_the_same_alone_and_together(tiny_models: TinyModels, builder: str, beams) -> None:
    task = Task.TEXT_TO_TEXT
    plain, fast = both(task, getattr(tiny_models, builder)())
    settings = TextToTextSettings(max_new_tokens=12, beams=beams)
    for written in (_made(plain, settings), _made(plain, settings)):
        assert _made(fast, settings) == written
    assert fast.model.get_encoder().forward._graphs  # the encoder, too, was OpenVINO's


def _made(model: TextToText, settings: TextToTextSettings) -> list[str]:
    does = model.translate if model.targets else model.summarize
    return [piece.text for piece in does(TEXT, settings=settings)]


@pytest.mark.parametrize("beams", [1, 3])
@pytest.mark.parametrize("build", [llama, mt5])
def test_generate_of_transformers_gives_the_same_tokens_for_rows_of_different_lengths(build, beams: int) -> None:
    inputs = ids([5, 6, 7, 8, 9, 10], [11, 12], [13, 14, 15])
    arguments = {"max_new_tokens": 9, "num_beams": beams, "do_sample": False}
    expected = build().generate(**inputs, **arguments)
    model = taken_over(build())
    assert model.generate(**inputs, **arguments).tolist() == expected.tolist()
    assert expected.unique().numel() > 5  # they write something


def test_the_scores_of_every_position_are_the_same(generators) -> None:
    plain, fast = generators
    ids = plain.tokenizer(" ".join([PROMPT] * 30), return_tensors="pt")["input_ids"]
    found = [_perplexity(model, ids) for model in generators]
    assert found[1].perplexity == pytest.approx(found[0].perplexity, rel=1e-4)
    with torch.inference_mode():
        assert fast.model(ids[:, :20], logits_to_keep=3).logits.shape[1] == 3
        one, other = (model.model(ids[:, :20]).logits for model in (plain, fast))
        assert torch.allclose(one, other, atol=1e-4)
        chosen = torch.tensor([2, 7])
        assert torch.allclose(fast.model(ids[:, :20], logits_to_keep=chosen).logits, one[:, chosen], atol=1e-4)


def _perplexity(generator: TextGenerator, ids: torch.Tensor) -> Perplexity:
    return perplexity(generator.model, generator.tokenizer, generator.tokenizer.decode(ids[0]))


def test_texts_that_are_written_in_turns_do_not_meet(generators) -> None:
    _, fast = generators
    settings = GenerationSettings(max_new_tokens=15, sample=False)
    prompts = (PROMPT, "The team won the match", "Where is")
    expected = [list(fast.generate(prompt, settings)) for prompt in prompts]
    turns = [fast.generate(prompt, settings) for prompt in prompts]
    found: list[list[str]] = [[] for _ in prompts]
    for _ in range(15):
        for text, pieces in zip(turns, found, strict=True):
            pieces.extend(piece for piece in [next(text, "")] if piece)
    assert found == expected


def test_who_drops_a_text_gives_its_memory_to_the_next(generators) -> None:
    _, fast = generators
    settings = GenerationSettings(max_new_tokens=5)
    program = fast.model.forward._step.now()
    for _ in range(3):
        fast.complete(PROMPT, settings)
        gc.collect()
        assert len(program._idle) == 1


def test_a_text_may_be_written_with_fewer_threads(generators) -> None:
    _, fast = generators
    settings = GenerationSettings(max_new_tokens=20, sample=False)
    usual = fast.complete(PROMPT, settings).text
    with pinned_threads(1):
        assert fast.complete(PROMPT, settings).text == usual


def test_who_looks_inside_gets_torchs_own_numbers(generators) -> None:
    plain, fast = generators
    inputs = ids([5, 6, 7])
    with torch.inference_mode():
        seen = [model.model(**inputs, output_hidden_states=True).hidden_states for model in (plain, fast)]
        assert all(torch.equal(one, other) for one, other in zip(*seen, strict=True))
        layers: list[torch.Tensor] = []
        hook = fast.model.transformer.h[0].register_forward_hook(lambda *given: layers.append(given[2]))
        assert not isinstance(fast.model(**inputs, use_cache=True).past_key_values, CompiledCache)
        hook.remove()
        assert layers
        assert isinstance(fast.model(**inputs, use_cache=True).past_key_values, CompiledCache)
    fast.model(**inputs, labels=inputs["input_ids"]).loss.backward()
    assert fast.model.transformer.wte.weight.grad is not None


# What is kept on the disk


@pytest.mark.parametrize("builder", ["gpt2", "marian"])
def test_the_second_time_nothing_is_converted(tiny_models: TinyModels, monkeypatch, builder: str) -> None:
    folder = getattr(tiny_models, builder)()
    task = Task.TEXT_GENERATION if builder == "gpt2" else Task.TEXT_TO_TEXT
    both(task, folder)
    monkeypatch.setattr(forward, "converted", None)  # calling it would be an error
    both(task, folder)


@pytest.mark.parametrize("which", ["step", "encoded"])
def test_a_kept_graph_that_is_damaged_is_made_anew(tiny_models: TinyModels, which: str) -> None:
    folder = tiny_models.marian()
    plain, _ = both(Task.TEXT_TO_TEXT, folder)
    [kept] = graphs_folder().glob(f"*-{which}")
    weights = kept / "graph.bin"
    size = weights.stat().st_size
    weights.unlink()  # a new file: the old one is still mapped into the memory of the model above
    weights.write_bytes(bytes(size))
    _, again = both(Task.TEXT_TO_TEXT, folder)
    assert _made(again, SHORT) == _made(plain, SHORT)
    assert any(weights.read_bytes())


# Weights in 8 bits


@pytest.mark.parametrize(("in_a_group", "apart"), [(0, 1e-3), (32, 0.5)])
def test_int8_is_what_torch_computes_with_rounded_weights(monkeypatch, in_a_group: int, apart: float) -> None:
    """With activations in 8 bits, in groups, as well as these allow."""
    monkeypatch.setattr("quantization.compiled.int8_weights.LEAST", 64)
    monkeypatch.setattr(forward, "INPUTS_IN_A_GROUP", in_a_group)
    inputs = ids([5, 6, 7, 8, 9, 10])
    with torch.inference_mode():
        expected = rounded(llama())(**inputs).logits.log_softmax(-1)
        model = compiled_in_int8(llama(), OPENVINO_INT8.tolerance, None)
        assert torch.allclose(model(**inputs).logits.log_softmax(-1), expected, atol=apart)
    kinds = [node.get_element_type().get_type_name() for node in _constants(model)]
    assert kinds.count("i8") == 2 * 7 + 1  # four of attention and three behind it in each layer, and the head


def rounded(model: Any) -> Any:
    """Each row of a linear layer's weights to 255 levels, as the literature has it."""
    for layer in model.modules():
        if isinstance(layer, torch.nn.Linear):
            scale = layer.weight.detach().abs().amax(1) / 127
            none = torch.zeros(len(scale), dtype=torch.int32)
            layer.weight.data = torch.fake_quantize_per_channel_affine(layer.weight.data, scale, none, 0, -127, 127)
    return model


def _constants(model: Any) -> list[Any]:
    graph = model.forward._step._graph
    return [node for node in graph.get_ops() if node.get_type_name() == "Constant"]


def test_int8_is_of_no_effect_on_who_stands_beside_a_text(tiny_models: TinyModels) -> None:
    plain, fast = both(Task.TEXT_TO_TEXT, tiny_models.t5(), OPENVINO_INT8)
    assert plain._writer.at_once(SHORT) > 1 == fast._writer.at_once(SHORT)


def test_without_units_for_bytes_they_are_widened(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked for groups of bytes, OpenVINO has no kernel there, and fails when it computes."""
    monkeypatch.setattr(forward, "sums_bytes_in_32_bits", lambda: False)
    groups: list[int] = []
    monkeypatch.setattr(forward, "Programs", lambda *given: groups.append(given[2]) or Programs(*given))
    compiled_in_int8(llama(), OPENVINO_INT8.tolerance, None)
    assert set(groups) == {0}


def test_a_model_for_which_8_bits_are_too_few_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quantization.compiled.int8_weights.LEAST", 64)
    monkeypatch.setattr("quantization.compiled.int8_weights.LARGEST", 1)  # as if there were two
    with pytest.raises(PrecisionNotApplicable, match=r"8 bits are too few for this model: .* Choose openvino or fp32"):
        compiled_in_int8(llama(), OPENVINO_INT8.tolerance, None)


# What it refuses


def test_a_model_that_forgets_what_lies_far_back_is_refused() -> None:
    config = MistralConfig(
        vocab_size=90, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, sliding_window=4, pad_token_id=0,
    )  # fmt: skip
    with pytest.raises(PrecisionNotApplicable, match="how this model remembers"):
        taken_over(MistralForCausalLM(config).eval())


def test_a_model_of_which_openvino_gives_other_numbers_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def forgetful(graph: Any, tokens: str, remembered: list[tuple[str, str]]) -> Any:
        """As if nothing were kept of one layer's keys: what a graph would do whose parts were mixed up."""
        (past, _), *others = remembered
        (_, present), *_ = others
        return remembering(graph, tokens, [(past, present), *((name, f"present{name[4:]}") for name, _ in others[1:])])

    remembering = converted.remembering
    monkeypatch.setattr(converted, "remembering", forgetful)
    with pytest.raises(PrecisionNotApplicable):
        taken_over(llama())
