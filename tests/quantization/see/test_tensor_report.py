"""One quantized layer as plain types, as a file and in words."""

import csv
import io
import json

import torch

from quantization.mapping import Mapping
from quantization.see.tensor_report import TensorReport, sample_text
from quantization.see.tensor_sample import LayerShape, Sample
from quantization.see.tensor_study import compare_granularities, count_mappings, study

LAYER = LayerShape("lm_head", "head", None, 6, 50)


def report(sample: Sample) -> TensorReport:
    mapping = Mapping(bits=4)
    compared = tuple(compare_granularities(sample.weights, mapping))
    return TensorReport("aula/x", sample, False, study(sample.weights, mapping), compared)


def test_the_report_says_what_was_sampled_and_how_far_it_is_off() -> None:
    values = report(Sample(LAYER, torch.randn(3, 50))).as_dict()
    assert (values["model"], values["layer"]["name"], values["outlier"]) == ("aula/x", "lm_head", False)
    assert values["sampled"] == {"outputs": 3, "inputs": 50, "whole": False}
    assert (values["bits"], values["granularity"]) == (4, "channel")
    assert len(values["comparison"]) == count_mappings()
    json.dumps(values, allow_nan=False)


def test_a_file_has_a_row_for_the_mapping_that_was_chosen_and_one_for_each_other() -> None:
    lines = list(csv.DictReader(io.StringIO(report(Sample(LAYER, torch.randn(6, 50))).to_csv())))
    assert len(lines) == 1 + count_mappings()
    assert (lines[0]["bits"], lines[0]["granularity"]) == ("4", "channel")


def test_a_sample_in_words() -> None:
    assert sample_text(Sample(LAYER, torch.zeros(6, 50))) == "6 outputs × 50 inputs = 300 weights, all of them"
    part = sample_text(Sample(LAYER, torch.zeros(3, 50)))
    assert part == "6 outputs × 50 inputs = 300 weights; a sample of 150: 3 evenly spaced outputs"
    assert sample_text(Sample(LAYER, torch.zeros(3, 20))).endswith("evenly spaced outputs, the first 20 inputs")
