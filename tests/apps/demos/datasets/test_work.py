"""Long work on the page: done once for a key, its errors shown each time, and after Stop only when asked again."""

import pytest
from streamlit.testing.v1 import AppTest

from apps.demos.datasets import work
from models.errors import InvalidInput


def script() -> None:
    import streamlit as st

    from apps.demos.datasets.work import worked_out
    from models.errors import InvalidInput

    runs = st.session_state["runs"]  # the thread of the work has no session

    def work(cancelled: object, tell) -> int:
        tell("Counting: 1", 0.5)
        runs.append(1)
        if key == "bad":
            raise InvalidInput("This cannot be counted.")
        return len(key)

    key = st.text_input("key", "good", key="key")
    try:
        st.markdown(f"result {worked_out('test', key, work)}")
    except InvalidInput as error:
        st.error(str(error))


def opened() -> tuple[AppTest, list[int]]:
    runs: list[int] = []
    page = AppTest.from_function(script)
    page.session_state["runs"] = runs
    return page.run(), runs


def test_the_result_is_worked_out_once_for_each_key() -> None:
    page, runs = opened()
    assert page.markdown[0].value == "result 4"
    page.run()
    assert len(runs) == 1
    page.text_input(key="key").set_value("another").run()
    assert (page.markdown[0].value, len(runs)) == ("result 7", 2)


def test_an_error_is_shown_again_without_working_again() -> None:
    page, runs = opened()
    page.text_input(key="key").set_value("bad").run()
    page.run()
    assert [one.value for one in page.error] == ["This cannot be counted."]
    assert len(runs) == 2


def test_what_was_stopped_starts_when_asked_again() -> None:
    page, runs = opened()
    page.session_state["test-stopped"] = "another"
    page.text_input(key="key").set_value("another").run()
    assert (page.info[0].value, page.markdown[0].value, len(runs)) == ("Stopped.", "result None", 1)
    page.button[0].click().run()
    assert (page.markdown[0].value, len(runs)) == ("result 7", 2)


def test_an_error_that_is_shown_again_gathers_no_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each holds what a run of the script had in its hands: files of megabytes, for instance."""
    known = InvalidInput("This cannot be counted.")
    monkeypatch.setattr(work.st, "session_state", {"test-worked-out": ("bad", None, known)})
    for _ in range(3):
        with pytest.raises(InvalidInput) as raised:
            work.worked_out("test", "bad", lambda cancelled, tell: None)
        assert len(raised.traceback) == 2  # of this test, and of the function itself
