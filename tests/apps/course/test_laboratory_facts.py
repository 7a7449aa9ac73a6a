"""What the walkthroughs of the laboratory tell of numbers and of the embedded GPT-2 is what its pages find."""

import math
import statistics
from pathlib import Path

import pytest
import torch
from safetensors import safe_open

from apps.laboratory.layer_sensitivity.words import EXAMPLES as SENSITIVITY
from models.catalog import Task
from models.precision import FP32
from models.weights.cards import find_card
from models.weights.configurations import find_configuration
from quantization.experiments.sensitivity import Cell, sensitivity
from quantization.mapping import Mapping
from quantization.measure.turns import ROUNDS, median_interval
from quantization.predict.forecast import forecast
from quantization.predict.plan import MemoryPlan
from quantization.race.ours import our_side
from quantization.race.plain import plain_side
from quantization.race.work import work_for
from quantization.see.number_report import CodeSettings, report_number
from quantization.see.tensor_study import measure_errors

COURSES = Path(__file__).parents[3] / "courses"
EMBEDDED = "aula/gpt2-mini-es"


def told(page: str, figure: str) -> None:
    """Both languages tell this figure, with their own decimal sign."""
    assert figure in (COURSES / "en" / f"{page}.md").read_text(encoding="utf-8")
    assert figure.replace(".", ",") in (COURSES / "es" / f"{page}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("number", "form", "stored"),
    [("16777217", "fp32", 16777216), ("65520", "bf16", 65536), ("65520", "fp16", math.inf), ("1e-8", "fp16", 0)],
)
def test_a_format_stores_what_the_walkthrough_says(number: str, form: str, stored: float) -> None:
    report = report_number(number, CodeSettings())

    assert next(each.value for each in report.floats if each.format.name == form) == stored


def test_whole_numbers_are_lost_in_fp16_from_2049_on() -> None:
    stored = {number: report_number(str(number), CodeSettings()).floats[2].value for number in range(2, 2050)}

    assert [number for number, value in stored.items() if value != number] == [2049]
    told("number_formats", "2049")


def test_the_codes_of_int8_and_nf4_become_what_the_walkthrough_says() -> None:
    clamped = report_number("5", CodeSettings(scale=0.01)).int8
    stretched = report_number("0.3", CodeSettings(absmax=10.0)).nf4

    assert clamped.value == pytest.approx(1.27)
    assert stretched.value == 0
    told("number_formats", "1.27")


def test_gpt2_is_larger_in_int8_than_in_bf16() -> None:
    plans = {plan.precision: plan for plan in _plans("openai-community/gpt2", "bf16", "int8")}

    assert [round(plans[name].weight_bytes / 1e6) for name in ("bf16", "int8")] == [249, 284]
    told("model_memory", "249 MB")
    told("model_memory", "284 MB")


def test_nearly_half_of_the_embedded_model_in_int8_is_its_vocabulary() -> None:
    precisions = ("fp32", "bf16", "int8", "int8-linear", "int8-embeddings", "bnb-nf4")
    fp32, bf16, int8, linear, small, nf4 = _plans(EMBEDDED, *precisions)

    assert round(int8.weights["embeddings"] / 1e6, 1) == 10.6
    assert round(int8.weight_bytes / 1e6, 1) == 23.6
    told("gpt2_quantization", "10.6 ")
    told("gpt2_quantization", "23.6 MB")
    for plan, ratio in ((int8, "0.47"), (linear, "1.05"), (small, "0.32")):
        assert f"{plan.weight_bytes / fp32.weight_bytes:.2f}" == ratio
        told("gpt2_quantization", ratio)
    assert nf4.weight_bytes < fp32.weight_bytes / 4
    assert [f"{plan.weight_bytes / 1e6:.1f}" for plan in (fp32, bf16)] == ["50.0", "25.0"]
    told("memory_freed", "25.0 MB")
    told("memory_freed", "50.0 MB")


def test_one_outlier_spoils_a_layer_and_clipping_saves_the_others() -> None:
    card = find_card(EMBEDDED, Task.TEXT_GENERATION)
    (file,) = (Path(__file__).parents[3] / "models" / "embedded" / str(card.embedded)).glob("*.safetensors")
    with safe_open(str(file), "pt") as opened:
        name = next(key for key in opened.keys() if key.endswith("h.0.attn.c_attn.weight"))  # noqa: SIM118
        weights = opened.get_tensor(name).to(torch.float32).T.contiguous()
    spoiled = weights.clone()
    spoiled.view(-1)[spoiled.abs().argmax()] *= 4

    def ratio(matrix: torch.Tensor, granularity: str, clipping: float = 100.0) -> int:
        return round(measure_errors(matrix, Mapping(4, True, granularity, 64, clipping)).signal_to_noise)

    assert weights.numel() == 307_200
    assert (ratio(weights, "tensor"), ratio(spoiled, "tensor")) == (10, 2)
    assert ratio(spoiled, "tensor", 99.9) - ratio(spoiled, "tensor") == 11
    assert ratio(spoiled, "channel") == 17


def changes_of(example: str) -> dict[str, float]:
    """By how many per cent the perplexity changes, for each place of the embedded model."""
    settings = SENSITIVITY[example]
    mapping = Mapping(bits=settings["bits"], granularity=settings["granularity"])
    card = find_card(EMBEDDED, Task.TEXT_GENERATION)
    found = list(sensitivity(card, settings["text"], mapping, "cpu", 256))
    cells = [each for each in found if isinstance(each, Cell)]
    return {f"{cell.block} {cell.kind}".removeprefix("None "): 100 * cell.change for cell in cells}


@pytest.mark.weights
def test_four_bits_hurt_the_table_alone_as_the_walkthrough_says() -> None:
    changes = changes_of("4 bits")

    assert changes.pop("wte") == pytest.approx(4.1, abs=0.2)
    assert max(map(abs, changes.values())) < 2


@pytest.mark.weights
@pytest.mark.parametrize(
    ("example", "figures"),
    [
        ("2 bits: everything hurts", {"wte": 78, "0 mlp.c_proj": 21.7, "7 mlp.c_fc": 8.2, "3 mlp.c_proj": 1.7}),
        ("3 bits, a scale for each tensor", {"0 mlp.c_proj": 1900, "wte": 92}),
        ("3 bits in groups: better", {"wte": 6.9}),
    ],
)
def test_the_layers_hurt_as_the_walkthrough_says(example: str, figures: dict[str, float]) -> None:
    changes = changes_of(example)

    assert max(changes, key=lambda name: changes[name]) == next(iter(figures))
    assert {name: changes[name] for name in figures} == pytest.approx(figures, rel=0.05, abs=0.3)


def test_the_walkthrough_of_speed_here_computes_as_the_page_does() -> None:
    ratios = [2.0] * 8 + [0.2]

    assert (statistics.mean(ratios), statistics.median(ratios)) == (pytest.approx(1.8), 2.0)
    told("speed_here", "1.8")
    assert len(ratios) == ROUNDS
    assert median_interval(ratios[:5]) is None
    assert median_interval(ratios[:6]) is not None


def test_plain_reads_one_sentence_at_a_time_and_the_suite_all_twelve() -> None:
    card = find_card("aula/minilm", Task.SENTENCE_SIMILARITY)
    work = work_for(card)
    plain, ours = plain_side(card, work), our_side(card, work, FP32)
    read: list[int] = []
    for model in (plain.model, ours.model.model):
        model.register_forward_hook(lambda module, given, output: read.append(len(output.last_hidden_state)))

    plain.work()
    assert read == [1] * 12
    read.clear()
    ours.work()
    assert read == [12]


def _plans(model: str, *precisions: str) -> tuple[MemoryPlan, ...]:
    return forecast(find_configuration(model), precisions=precisions, context=512, batch=1, training=False).plans
