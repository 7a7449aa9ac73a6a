"""Facts about columns, compared with pandas, and the types that values are."""

import io

import pandas as pd
import pytest

from training.exploration.columns import column_facts, explore_columns
from training.exploration.reading import open_table
from training.text_data import SAMPLE


def test_counts_are_those_of_pandas() -> None:
    content = SAMPLE.read_text(encoding="utf-8") + ",positive,English,\nagain,,English,film\nagain,,English,film\n"
    frame = pd.read_csv(io.StringIO(content))
    facts = {one.name: one for one in explore_columns(open_table(content.encode(), "a.csv").table)}
    assert list(facts) == list(frame.columns)
    for name, one in facts.items():
        assert one.missing == frame[name].isna().sum()
        assert one.distinct == frame[name].nunique()
        assert next(iter(one.commonest.values())) == frame[name].value_counts().iloc[0]
    lengths = frame["text"].str.len().dropna()
    text = facts["text"]
    assert (text.low, text.middle, text.high) == (lengths.min(), lengths.median(), lengths.max())


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["1", "2", "3"], "row number"),
        (["5", "-3", "7"], "whole number"),
        (["1.5", "2", "1e3"], "number"),
        (["2024-01-31", "2024-1-5 10:00"], "date"),
        (["yes", "no", "Yes"], "true or false"),
        (["a", "b", "a", "b"], "category"),
        (["one thing", "another"], "text"),
        ([None, "", " ", float("nan")], "empty"),
        ([1, 2.5], "number"),
        ([1, "1", 1], "mixed"),
        ([[1], [2]], "list"),
        ([{"a": 1}], "object"),
        ([True, False], "true or false"),
        (["nan", "inf"], "text"),
    ],
)
def test_the_type_of_a_column(values: list, kind: str) -> None:
    assert column_facts("c", values).kind == kind


def test_numbers_are_measured_and_signs_of_missing_are_told() -> None:
    facts = column_facts("c", ["5", "3", "4", None])
    assert (facts.low, facts.middle, facts.high, facts.missing) == (3, 4, 5, 1)
    assert column_facts("c", ["good", "NA", "n/a", "NA"]).signs == {"NA": 2, "n/a": 1}
