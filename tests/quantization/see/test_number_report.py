"""One number in every format, as the page, the terminal and the files have it."""

import csv
import io
import json

import pytest

from models.errors import InvalidInput
from quantization.see.number_formats import FORMATS
from quantization.see.number_report import CodeSettings, report_number


def test_the_report_holds_every_format_and_the_settings() -> None:
    values = report_number(" 0.1 ", CodeSettings(scale=0.05, zero_point=3, absmax=2.0)).as_dict()
    assert values["number"] == "0.1"
    assert [stored["format"] for stored in values["formats"]] == [form.name for form in FORMATS]
    assert (values["int8"]["code"], values["int8"]["scale"], values["int8"]["zero_point"]) == (5, 0.05, 3)
    assert (values["nf4"]["format"], values["nf4"]["absmax"]) == ("NF4", 2.0)
    json.dumps(values, allow_nan=False)


def test_a_file_has_a_row_for_each_format_and_empty_cells_where_one_has_nothing() -> None:
    lines = list(csv.DictReader(io.StringIO(report_number("0.1").to_csv())))
    assert [line["format"] for line in lines] == [*(form.name for form in FORMATS), "int8", "NF4"]
    assert (lines[0]["exponent"], lines[0]["code"]) == ("01111011", "")
    assert (lines[-2]["exponent"], lines[-2]["code"]) == ("", "2")


def test_saturating_is_for_the_floating_point_formats() -> None:
    kinds = [stored.kind for stored in report_number("1e9", CodeSettings(saturating=True)).floats]
    assert set(kinds) == {"normal"}
    assert "infinity" in [stored.kind for stored in report_number("1e9").floats]


@pytest.mark.parametrize(
    ("text", "settings"),
    [("ten", CodeSettings()), ("1", CodeSettings(scale=0)), ("1", CodeSettings(zero_point=128))],
    ids=["not a number", "no scale", "not a code"],
)
def test_what_cannot_be_used_is_refused(text: str, settings: CodeSettings) -> None:
    with pytest.raises(InvalidInput):
        report_number(text, settings)
