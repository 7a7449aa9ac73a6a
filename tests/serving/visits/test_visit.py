"""What a visit takes from what a page sends, and a suite that is started for it."""

from pathlib import Path

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from quantization.automatic import speeds
from serving.visits.suite import running_suite
from serving.visits.visit import CAPTION, Visit, _named


def test_a_visit_knows_buttons_fields_problems_and_small_print() -> None:
    visit = Visit.__new__(Visit)
    visit.buttons, visit.fields, visit.problems, visit.captions = {}, {}, [], []
    button, field, caption, alert = (ForwardMsg() for _ in range(4))
    button.delta.new_element.button.id, button.delta.new_element.button.label = "$$ID-1-None", "Answer"
    field.delta.new_element.text_area.id, field.delta.new_element.text_area.label = "$$ID-2-qa-context", "Text"
    caption.delta.new_element.markdown.body, caption.delta.new_element.markdown.element_type = "small", CAPTION
    alert.delta.new_element.alert.body, alert.delta.new_element.alert.format = "It failed.", 1
    for message in (button, field, caption, alert):
        visit._note(message.delta.new_element)

    assert _named(visit.buttons, "Answer") == "$$ID-1-None"
    assert _named(visit.fields, "qa-context") == _named(visit.fields, "Text") == "$$ID-2-qa-context"
    assert (visit.problems, visit.captions) == (["It failed."], ["small"])
    with pytest.raises(LookupError, match="no “Translate”"):
        _named(visit.buttons, "Translate")


@pytest.mark.process
def test_a_suite_of_its_own_shows_a_page_and_ends() -> None:
    speeds.folder().mkdir(parents=True)
    (speeds.folder() / "measured.json").write_text("{}", encoding="utf-8")
    with running_suite() as suite:
        settings = suite.process.environ()
        assert settings["AULA_RACE"] == "0"
        assert (Path(settings["AULA_HOME"]) / "speeds" / "measured.json").is_file()
        with Visit(suite.port, "number_formats") as visit:
            visit.run()
            assert visit.problems == []
            assert visit.fields
        assert suite.memory > 10_000_000
    assert not suite.process.is_running()
