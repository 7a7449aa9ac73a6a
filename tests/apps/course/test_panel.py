"""The walkthrough beside a page: opened, followed, answered; and what becomes of files that change or are broken."""

import os
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from apps.course.folders import VARIABLE
from apps.ui import visitor
from apps.ui.run import Outcome
from models.catalog import Task
from models.weights.cards import find_card
from quantization.experiments.comparison_report import report
from tests.apps.classroom import go_to, open_home, open_page, press
from tests.apps.course.walking import open_walkthrough, panel_text
from tests.apps.laboratory.gpt2_quantization.test_page import MODEL
from tests.apps.laboratory.gpt2_quantization.test_page import row as measured_row

SHORT = """---
title: Bits and pieces
minutes: 5
---

What you will have seen.

## First

Do this.

```set
prompt: Hola
```

Then look.

## Second

<script>alert(1)</script> <b>bold</b>

# Quiz

## Which is right?

- [ ] Left
- [x] Right
- [ ] Neither

> Because it is *so*.

## Which precision made the file smallest?

```computed
smallest_file
```

> Fewer bits, smaller file.
"""


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A teacher's own walkthrough of the page “GPT-2 quantization”."""
    file = tmp_path / "en" / "gpt2_quantization.md"
    file.parent.mkdir()
    file.write_text(SHORT, encoding="utf-8")
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    return file


@pytest.fixture
def panel(own: Path) -> AppTest:
    return open_walkthrough("gpt2_quantization")


def rows(panel: AppTest, **bytes_of: int) -> AppTest:
    """The page after an experiment that measured these file sizes."""
    request = {"prompt": "Hola", "text": "Una frase.", "seed": 0, "max_new_tokens": 60, "model": MODEL, "device": "cpu"}
    begun = report(find_card(MODEL, Task.TEXT_GENERATION), "cpu", "Hola", 0, text="Una frase.")
    items = [measured_row(name, file_bytes=size) for name, size in bytes_of.items()]
    panel.session_state["quantization-outcome"] = Outcome(request, [begun, *items])
    panel.run()
    assert not panel.exception
    return panel


def test_a_page_has_a_button_that_opens_its_walkthrough(own: Path) -> None:
    page = press(open_page("gpt2_quantization"), "Walkthrough")

    assert "Bits and pieces" in panel_text(page)
    assert "What you will have seen." in panel_text(page)
    assert [title.value for title in page.title] == ["GPT-2 quantization"]


def test_home_and_the_courses_have_no_walkthrough() -> None:
    home = open_home()
    assert [button.label for button in home.button if button.label == "Walkthrough"] == []
    home.session_state["course-is-open"] = True
    assert not home.run().exception


def test_steps_are_followed_and_the_page_is_set(panel: AppTest) -> None:
    press(panel, "Set the page so")
    assert panel.text_input(key="prompt").value == "Hola"
    assert "The page is set." in panel_text(panel)

    press(panel, "Next")
    assert "Second" in panel_text(panel)
    assert "Do this." not in panel_text(panel)
    press(panel, "Back")
    assert "Do this." in panel_text(panel)


def test_html_of_a_file_stays_text(panel: AppTest) -> None:
    press(panel, "Next")

    [shown] = [element for element in panel.markdown if "<script>" in element.value]
    assert shown.allow_html is False


def test_an_answer_is_explained_at_once_and_scored_at_the_end(panel: AppTest) -> None:
    press(press(panel, "Next"), "Quiz")
    panel.radio[0].set_value(0).run()
    assert panel.warning[0].value == "**Not quite.** Because it is *so*."
    assert not panel.radio

    press(panel, "Next")
    press(panel, "Skip")
    assert panel.metric[0].value == "0 of 2 right"
    press(panel, "Quiz again")
    panel.radio[0].set_value(1).run()
    assert panel.success[0].value == "**Right.** Because it is *so*."


def test_a_computed_question_asks_for_the_results_and_then_about_them(panel: AppTest) -> None:
    for label in ("Next", "Quiz", "Skip"):
        press(panel, label)
    assert "First run at least two precisions" in panel_text(panel)

    rows(panel, fp32=400, int8=110, nf4=90)
    assert panel.radio[0].options == ["fp32", "int8", "nf4"]
    panel.radio[0].set_value(2).run()
    assert panel.success[0].value == "**Right.** Fewer bits, smaller file."
    press(panel, "Score")
    assert panel.metric[0].value == "1 of 2 right"


def test_progress_is_kept_from_page_to_page(panel: AppTest) -> None:
    press(panel, "Next")
    go_to(panel, "number_formats")
    assert "The number that cannot be stored" in panel_text(panel)
    go_to(panel, "gpt2_quantization")
    assert "Second" in panel_text(panel)


def test_the_language_changes_the_walkthrough_and_its_words() -> None:
    page = open_walkthrough("number_formats", "es")

    assert "El número que no se puede guardar" in panel_text(page)
    assert page.button(key="course-next").label == "Siguiente"


def test_it_is_closed_again(panel: AppTest) -> None:
    panel.button(key="course-close").click().run()

    assert "Bits and pieces" not in panel_text(panel)
    assert panel.session_state["course-is-open"] is False


def test_a_file_is_read_again_when_it_has_changed(panel: AppTest, own: Path) -> None:
    own.write_text(SHORT.replace("Bits and pieces", "Something else"), encoding="utf-8")
    panel.run()
    assert "Something else" in panel_text(panel)

    press(panel, "Next")
    own.write_text(SHORT[: SHORT.index("## Second")], encoding="utf-8")  # the place is not there any more
    assert not panel.run().exception
    assert "Do this." in panel_text(panel)
    os.remove(own)
    assert not panel.run().exception


def test_a_broken_file_is_said_with_its_line_and_the_page_goes_on(panel: AppTest, own: Path) -> None:
    own.write_text(SHORT.replace("- [ ] Left", "- [x] Left"), encoding="utf-8")
    panel.run()

    number = SHORT[: SHORT.index("- [x] Right")].count("\n") + 1
    assert f"`en/gpt2_quantization.md`, line {number}: A second answer" in panel_text(panel).replace("\\", "")
    assert "**Walkthrough**" in [text.value for text in panel.markdown]  # the panel keeps a name
    assert [title.value for title in panel.title] == ["GPT-2 quantization"]
    assert not panel.exception


def test_what_cannot_be_set_is_said_in_the_panel(panel: AppTest, own: Path) -> None:
    own.write_text(SHORT.replace("prompt: Hola", "promt: Hola"), encoding="utf-8")
    press(panel.run(), "Set the page so")

    assert "Not all of step 1, “First”, could be set." in panel.warning[0].value.replace("\\", "")
    assert "asks you to press" in panel.warning[0].value
    assert "promt" not in panel.warning[0].value  # names of the code stand behind a click
    [reasons] = [each for each in panel.expander if each.label == "What was missing"]
    assert "no widget “promt”" in reasons.markdown[0].value


def test_a_value_that_the_page_does_not_take_is_said_at_once(panel: AppTest, own: Path) -> None:
    own.write_text(SHORT.replace("prompt: Hola", "prompt: [1, 2]"), encoding="utf-8")
    press(panel.run(), "Set the page so")

    assert "“prompt” cannot be" in panel.warning[0].value
    assert "asks you to press" not in panel.warning[0].value


def test_a_stranger_follows_the_same_walkthrough(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visitor, "is_at_this_machine", lambda: False)
    page = press(open_page("gpt2_quantization"), "Walkthrough")

    assert "Bits and pieces" in panel_text(page)
    assert str(own.parent) not in panel_text(page)
