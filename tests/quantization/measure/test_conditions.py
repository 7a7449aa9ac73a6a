"""The machine and its versions, as data and in words."""

from datetime import date
from importlib.metadata import version

import torch

from quantization.measure.conditions import CPU_FEATURES, about_text, conditions, cpu_features, flat


def test_the_conditions_name_the_machine_the_day_and_the_versions() -> None:
    found = conditions()
    assert found["date"] == date.today().isoformat()
    assert found["versions"]["torch"] == version("torch")
    assert found["machine"]
    assert found["processor"]


def test_threads_are_those_of_torch_unless_given() -> None:
    assert conditions()["threads"] == torch.get_num_threads()
    assert conditions(7)["threads"] == 7


def test_lists_become_the_text_of_a_cell() -> None:
    found = flat({"threads": 2, "cpu_features": ["avx2", "amx_int8"], "graphics_cards": [], "versions": {"torch": "2"}})
    assert found == {"threads": 2, "cpu_features": "avx2 amx_int8", "graphics_cards": "", "versions": "torch 2"}


def test_a_text_is_told_by_its_beginning_and_length() -> None:
    assert about_text("one\n  two ") == {"text_start": "one two", "text_characters": 10}
    assert len(about_text("word " * 99)["text_start"]) == 60


def test_processor_features_are_names_that_torch_knows() -> None:
    assert set(cpu_features()) <= set(CPU_FEATURES)
    if torch.backends.cpu.get_cpu_capability() == "AVX512":
        assert "avx512_f" in cpu_features()
