"""What the comparison shows and hands out, from results alone."""

import csv
import io
import re

from apps.demos.translate_summarize.compared import as_csv, as_markdown, callouts_text, table
from apps.demos.translate_summarize.marked_summary import CALLOUT_STYLE, NEW_STYLE, source_html, summary_html
from apps.demos.translate_summarize.summaries import REFERENCE, Summary, compared, lead
from models.text.summary_facts import SourceText

SOURCE = "The mayor, Daniel Osei, closed the <old> bridge. Martha Quinn sells tools. It rained. It stopped."


def marked(summary: str) -> str:
    return summary_html(summary, SourceText(SOURCE).facts(summary), SOURCE)


def test_the_html_of_a_summary_says_what_it_says() -> None:
    summary = "=Daniel Quinn & the <old> bridge\nwere “sold” in Paris!"
    shown = re.sub(r"<[^>]*>", "", marked(summary)).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    assert shown == summary


def test_what_is_new_and_what_is_to_be_checked_is_marked() -> None:
    html = marked("The old bridge fell in Paris.")
    assert f'<span style="{NEW_STYLE}" title="not in the text">fell in <span style="{CALLOUT_STYLE}">Paris' in html
    assert 'title="…' not in html
    assert "closed [the &lt;old&gt; bridge]. Martha" in html


def test_the_source_marks_each_place_once() -> None:
    facts = SourceText(SOURCE).facts("The old bridge closed the old bridge. Tools")
    html = source_html(SOURCE, facts)
    assert html.count("<span") == 1
    assert "closed the &lt;old&gt; bridge</span>" in html or "the &lt;old&gt; bridge</span>" in html


def test_the_lead_is_the_first_three_sentences() -> None:
    assert lead(SOURCE).text == SOURCE.removesuffix(" It stopped.")
    assert lead("One word").text == "One word"


def test_the_files_hold_each_summary_also_those_that_failed() -> None:
    made = [lead(SOURCE), Summary("=broken|", error="It is not here."), Summary(REFERENCE, "A bridge.")]
    found, problem = compared(SourceText(SOURCE), made, "A bridge.")
    assert problem is None
    rows = list(csv.DictReader(io.StringIO(as_csv(found))))
    assert [row["summary"] for row in rows] == ["lead-3", "'=broken|", "the reference"]
    assert [row["error"] for row in rows] == ["", "It is not here.", ""]
    assert rows[2]["ROUGE-1"] == ""
    text = as_markdown(SOURCE, found, {"reference": "A bridge."})
    table_lines = [line for line in text.splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in table_lines} == {13}
    assert "It is not here\\." in text


def test_a_report_has_what_a_card_shows_of_a_summary_that_lacks_a_part() -> None:
    left_out = "Part 2 of 3 is left out."
    made = [Summary("a/model", "A bridge.", "short", doubts=("This looks Spanish.", left_out), error=left_out)]
    found, _ = compared(SourceText(SOURCE), made)
    lines = as_markdown(SOURCE, found, {}).splitlines()
    assert lines.count("> Part 2 of 3 is left out\\.") == 1
    assert lines.count("> This looks Spanish\\.") == 1
    assert "A bridge\\." in lines


def test_a_table_of_failures_alone_has_no_figures() -> None:
    found, _ = compared(SourceText(SOURCE), [Summary("a", error="No."), Summary("b", error="No.")])
    assert table(found)["coverage"].isna().all()
    assert "ROUGE-1" not in table(found)


def test_a_name_is_called_out_once_however_often_it_stands() -> None:
    facts = SourceText(SOURCE).facts("He saw Paris and Paris and Daniel Quinn.")
    assert callouts_text(facts.callouts) == "“Paris” (not in the text), “Daniel Quinn” (put together)"
