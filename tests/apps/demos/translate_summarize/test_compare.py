"""The view that compares summaries, with the embedded model and tiny ones."""

import json

import pytest
from streamlit.testing.v1 import AppTest

from apps.demos.translate_summarize.compare_words import EXAMPLES
from apps.ui import visitor
from models.catalog import Task
from models.extractive_summary import ExtractiveSummarizer
from models.text.rouge import rouge
from models.text.summary_facts import SourceText
from models.weights.cards import find_card
from tests.apps.classroom import open_page, press, put_in_cache

REPORT = EXAMPLES["A news report"]


@pytest.fixture
def comparing() -> AppTest:
    return open_page("translate_summarize").segmented_control(key="task").set_value("Compare").run()


def rows(page: AppTest) -> dict[str, dict[str, object]]:
    """The table's rows by their first cell."""
    return {row["summary"]: row for row in page.dataframe[0].value.to_dict("records")}


def test_without_a_model_that_writes_three_lengths_stand_beside_the_lead_and_the_reference(
    comparing: AppTest, downloads: dict[str, str]
) -> None:
    press(comparing, "Compare")
    found = rows(comparing)
    assert list(found) == [*(f"aula/extractive · {length}" for length in ("short", "medium", "long")), "lead-3",
                           "the reference"]  # fmt: skip
    wrapper = ExtractiveSummarizer.load(find_card("aula/extractive", Task.SUMMARIZATION), "cpu")
    text = wrapper.select(REPORT.text, "short").text
    facts = SourceText(REPORT.text).facts(text)
    row = found["aula/extractive · short"]
    assert (row["words"], row["coverage"], row["new bigrams"]) == (facts.words, 1, 0)
    assert row["ROUGE-2"] == round(rouge(REPORT.reference, text)["ROUGE-2"].f, 2)
    whole = json.loads(downloads["summaries.json"])
    assert whole["complete"]
    assert whole["summaries"][0]["text"] == text
    assert whole["summaries"][0]["facts"] == json.loads(json.dumps(facts.as_dict()))
    assert downloads["summaries.csv"].count("aula/extractive") == 3
    assert r"| lead\-3 |" in downloads["summaries.md"]


def test_a_summary_of_ones_own_is_compared_without_the_models_working_again(comparing: AppTest) -> None:
    press(comparing, "Compare")
    made = comparing.session_state["Compare-outcome"].items
    comparing.text_area(key="compare-own").set_value("Barack Obama closes the main road in Paris.").run()
    row = rows(comparing)["your own summary"]
    assert (row["words"], row["to check"]) == (8, 2)
    assert comparing.session_state["Compare-outcome"].items is made
    assert any("“Barack Obama” (not in the text), “Paris”" in text.value for text in comparing.markdown)
    comparing.text_area(key="compare-reference").set_value("").run()
    assert "ROUGE-1" not in comparing.dataframe[0].value


def test_one_that_fails_is_named_and_the_others_go_on(comparing: AppTest, tiny_models) -> None:
    put_in_cache("google-t5/t5-small", tiny_models.t5())
    comparing.run()
    comparing.multiselect(key="compare-models").set_value(["google-t5/t5-small", "aula/extractive"])
    comparing.pills(key="compare-lengths").set_value(["short"])
    comparing.text_area(key="compare-text").set_value("Поезд идёт к морю. Никто не пришёл. Было холодно и темно. " * 3)
    press(comparing, "Compare")
    first, second = comparing.session_state["Compare-outcome"].items
    assert (first.name, first.text) == ("google-t5/t5-small", "")
    assert "vocabulary lacks" in first.error
    assert "vocabulary lacks" in comparing.error[0].value
    assert second.name == "aula/extractive"
    assert {"google-t5/t5-small · short", "lead-3"} <= rows(comparing).keys()


def test_models_that_write_are_compared_with_their_settings(tiny_models) -> None:
    put_in_cache("google-t5/t5-small", tiny_models.t5())
    page = open_page("translate_summarize").segmented_control(key="task").set_value("Compare").run()
    assert page.multiselect(key="compare-models").value == ["google-t5/t5-small", "aula/extractive"]
    assert page.pills(key="compare-lengths").value == ["medium"]
    page.number_input(key="Compare-tokens").set_value(8)
    press(page, "Compare")
    written = page.session_state["Compare-outcome"].items[0]
    assert (written.error, written.device, written.precision) == (None, "cpu", "fp32")
    assert written.load_seconds is not None
    assert rows(page)["google-t5/t5-small · medium"]["new bigrams"] > 0


def test_those_that_are_not_here_are_named_with_their_download(comparing: AppTest) -> None:
    assert comparing.multiselect(key="compare-models").options == ["aula/extractive"]
    assert {"Download (894 MB)", "Download (244 MB)"} <= {button.label for button in comparing.button}


@pytest.mark.parametrize(
    ("text", "words"), [(" \n", "no text"), ("far " * 30_000, "100,000"), ("\u200b\u200b", "no text")]
)
def test_a_text_that_cannot_be_used_gets_a_sentence(comparing: AppTest, text: str, words: str) -> None:
    comparing.text_area(key="compare-text").set_value(text)
    press(comparing, "Compare")
    assert words in comparing.warning[0].value
    assert "Compare-outcome" not in comparing.session_state


def test_too_little_and_too_much_to_compare_gets_a_sentence(comparing: AppTest) -> None:
    comparing.pills(key="compare-lengths").set_value([])
    press(comparing, "Compare")
    assert "at least one length" in comparing.warning[0].value
    comparing.pills(key="compare-lengths").set_value(["short"])
    comparing.multiselect(key="compare-models").set_value([])
    comparing.toggle(key="compare-lead").set_value(False)
    press(comparing, "Compare")
    assert "Choose a summarizer" in comparing.warning[0].value


@pytest.mark.parametrize(
    "text", ["Word", "no sentences here " * 200, "العربية لغة جميلة. " * 4, "🙂 🙂 🙂", "\x00 <b>x</b>"]
)
def test_odd_texts_are_compared_too(comparing: AppTest, text: str) -> None:
    comparing.text_area(key="compare-text").set_value(text)
    comparing.text_area(key="compare-own").set_value(text)
    press(comparing, "Compare")
    assert not comparing.exception
    assert "your own summary" in rows(comparing)


def test_a_reference_that_is_too_long_costs_rouge_and_nothing_else(comparing: AppTest) -> None:
    press(comparing, "Compare")
    comparing.text_area(key="compare-reference").set_value("sea " * 1_001).run()
    assert "at most 1,000 words" in comparing.warning[0].value
    assert rows(comparing)["lead-3"]["coverage"] == 1
    comparing.text_area(key="compare-reference").set_value("sea " * 6_000).run()
    assert "24,000 characters" in comparing.warning[0].value


def test_a_stranger_sees_what_is_missing_and_can_fetch_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visitor, "is_at_this_machine", lambda: False)
    page = open_page("translate_summarize").segmented_control(key="task").set_value("Compare").run()
    assert any("google-t5/t5-base (894 MB)" in caption.value.replace("\\", "") for caption in page.caption)
    assert not [button for button in page.button if button.label.startswith(("Download", "Add"))]
