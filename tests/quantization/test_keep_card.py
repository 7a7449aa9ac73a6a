"""The model card of a kept model: what was done and measured, and nothing of where it lies."""

from dataclasses import replace
from types import SimpleNamespace

from models.catalog import Task
from models.precision import write_saved
from models.weights import hub
from models.weights.card_file import front_matter
from models.weights.cards import find_card
from quantization import keep_card
from quantization.experiments.row import Row
from quantization.keep import keep
from quantization.recipes import INT8, OPENVINO_INT8


def test_the_card_says_what_was_done_and_measured(tmp_path) -> None:
    measured = Row("int8", file_bytes=1_500_000, tokens_per_second=95.4, perplexity=131.25)
    mini, facts = find_card("aula/gpt2-mini-es", Task.TEXT_GENERATION), {"threads": "2", "samples": "seed 0"}
    folder = keep(mini, INT8, tmp_path / "kept", measured, facts=facts)
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert front_matter(folder) == {
        "license": "agpl-3.0",
        "language": ["es"],
        "base_model": "aula/gpt2-mini-es",
        "base_model_relation": "quantized",
        "pipeline_tag": "text-generation",
        "tags": ["aula", "quantized", "int8"],
    }
    assert INT8.explanation in card
    assert INT8.touches in card
    assert "| File | 1.5 MB |\n| Writing | 95.4 tokens per second |\n| Perplexity | 131.2 |\n" in card
    assert "\n- threads: 2\n- samples: seed 0\n" in card
    assert "python aula.py generate" in card


def test_the_card_says_that_the_machine_was_busy(tmp_path) -> None:
    mini = find_card("aula/gpt2-mini-es", Task.TEXT_GENERATION)
    quiet = Row("int8", tokens_per_second=95.4, ratio=2.1, ratio_low=2.0, ratio_high=2.2, busy=0.02)
    card = (keep(mini, INT8, tmp_path / "quiet", quiet) / "README.md").read_text(encoding="utf-8")
    assert "| Speed, in turns | 2.10× fp32's (95 %: 2.00–2.20) |" in card
    assert "busy" not in card
    busy = replace(quiet, busy=0.5)
    card = (keep(mini, INT8, tmp_path / "busy", busy) / "README.md").read_text(encoding="utf-8")
    assert "**The machine was busy: while the speed of int8 was measured, others used 50 % of the processor." in card
    assert "2.10" not in card
    assert "| Processor used by others meanwhile | 50% |" in card


def test_a_folder_of_ones_own_is_named_without_where_it_lies(tiny_models, tmp_path) -> None:
    gpt2 = find_card(str(tiny_models.gpt2()), Task.TEXT_GENERATION)
    kept = keep(gpt2, INT8, tmp_path / "kept")
    card = (kept / "README.md").read_text(encoding="utf-8")
    assert "# gpt2 in int8" in card
    assert "Nothing was measured" in card
    assert front_matter(kept) == {
        "license": "unknown",
        "pipeline_tag": "text-generation",
        "tags": ["aula", "quantized", "int8"],
    }
    for file in kept.iterdir():
        assert str(gpt2.path.parent).encode() not in file.read_bytes(), file.name


def test_ordinary_weights_are_not_called_quantized(tmp_path) -> None:
    mini = find_card("aula/gpt2-mini-es", Task.TEXT_GENERATION)
    write_saved(tmp_path, OPENVINO_INT8.name, quantized=False)  # as it saves every model
    keep_card.write(tmp_path, mini, hub.require(mini), OPENVINO_INT8, SimpleNamespace(footprint=50_000_000))
    told = front_matter(tmp_path)
    assert told["tags"] == ["aula", "openvino-int8"]
    assert "base_model_relation" not in told
