"""Work beside the script: what it emits arrives in order, its errors too, and it ends when nobody looks any more."""

import gc
import queue
import threading
import weakref
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest
import streamlit as st
from streamlit.runtime.scriptrunner import StopException
from streamlit.testing.v1 import AppTest

from apps.ui.background import emit_all, in_background
from models.catalog import Task
from models.errors import Cancelled, InvalidInput
from models.weights.cards import find_card
from serving.fair_queue import FairQueue
from serving.model_store import MEMORY_VARIABLE, ModelStore

LONG = 120.0  # how long a test waits for what must happen, on a slow machine; nothing here measures speed


@pytest.fixture(autouse=True)
def fresh_server() -> Iterator[None]:
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()


def without_none(items: Iterator) -> list:
    return [item for item in items if item is not None]


def test_what_is_emitted_arrives_in_order() -> None:
    assert without_none(in_background(lambda cancelled, emit: emit_all(range(100), emit))) == list(range(100))


def test_silence_is_told_so_that_the_page_can_draw() -> None:
    go_on = threading.Event()

    def work(cancelled: threading.Event, emit: Callable) -> None:
        assert go_on.wait(LONG)
        emit("done")

    looks = in_background(work)
    assert next(looks) is None
    go_on.set()
    assert without_none(looks) == ["done"]


def test_an_error_reaches_the_page_after_what_was_emitted() -> None:
    def work(cancelled: threading.Event, emit: Callable) -> None:
        emit("half")
        raise InvalidInput("The text is empty.")

    looks = (item for item in in_background(work) if item is not None)
    assert next(looks) == "half"
    with pytest.raises(InvalidInput, match="The text is empty"):
        next(looks)


def test_closing_stops_the_work() -> None:
    stopped = threading.Event()

    def work(cancelled: threading.Event, emit: Callable) -> None:
        emit("begun")
        if cancelled.wait(LONG):
            stopped.set()

    looks = in_background(work)
    assert next(item for item in looks if item is not None) == "begun"
    looks.close()
    assert stopped.wait(LONG)


def test_closing_frees_the_place_in_the_queue() -> None:
    line = FairQueue()

    def work(cancelled: threading.Event, emit: Callable) -> None:
        with line.turn(cancelled, emit):
            emit("served")
            cancelled.wait(LONG)
            raise Cancelled

    first, second = in_background(work), in_background(work)
    assert next(item for item in first if item is not None) == "served"
    assert next(item for item in second if item is not None) == 1
    first.close()
    assert next(item for item in second if item == "served") == "served"
    second.close()


def test_the_work_is_not_stopped_by_its_own_end() -> None:
    seen = []
    list(in_background(lambda cancelled, emit: seen.append(cancelled.is_set())))
    assert seen == [False]


def test_an_error_that_nobody_hears_keeps_nothing_alive() -> None:
    class Model:
        pass

    references: queue.SimpleQueue = queue.SimpleQueue()

    def work(cancelled: threading.Event, emit: Callable) -> None:
        model = Model()
        references.put(weakref.ref(model))
        emit("begun")
        cancelled.wait(LONG)
        raise Cancelled

    before = set(threading.enumerate())
    looks = in_background(work)
    assert next(item for item in looks if item is not None) == "begun"
    (worker,) = [thread for thread in threading.enumerate() if thread.name == "aula-work" and thread not in before]
    looks.close()
    worker.join(LONG)
    gc.collect()
    assert references.get()() is None


def test_an_iterator_is_closed_after_its_end_and_after_an_error() -> None:
    closed = []

    def pieces(name: str) -> Iterator[int]:
        try:
            yield 1
            yield 2
        finally:
            closed.append(name)

    seen: list[int] = []
    emit_all(pieces("end"), seen.append)
    assert seen == [1, 2]

    def fail(item: int) -> None:
        raise RuntimeError("cannot emit")

    with pytest.raises(RuntimeError, match="cannot emit"):
        emit_all(pieces("error"), fail)
    assert closed == ["end", "error"]


def test_a_list_can_be_emitted_too() -> None:
    seen: list[str] = []
    emit_all(["a", "b"], seen.append)
    assert seen == ["a", "b"]


# The page's side: apps/ui/run.py


def page_of_three_steps() -> None:
    import streamlit as st

    from apps.ui.run import Status, last_outcome, run, show_end

    def job(cancelled, emit):
        emit(Status("Warming up"))
        for number in (1, 2, 3):
            emit(number)
        if st_failure is not None:
            raise st_failure

    st_failure = st.session_state.get("failure")
    if st.button("Go"):
        run(
            "test",
            job,
            request="three",
            show=lambda items: st.session_state.setdefault("drawn", []).append(list(items)),
        )
    outcome = last_outcome("test")
    if outcome is not None:
        show_end(outcome)


def page_with_a_model() -> None:
    import streamlit as st

    from apps.ui.run import last_outcome, run_with_model, show_end
    from models.catalog import Task
    from serving.loading import ModelKey

    if st.button("Go"):
        key = ModelKey(Task.TEXT_GENERATION, "tiny", "cpu", "fp32")
        run_with_model("test", key, lambda model, cancelled: [model.footprint], request="what was asked")
    outcome = last_outcome("test")
    if outcome is not None:
        show_end(outcome)


def click_go(page: AppTest) -> AppTest:
    page.run(timeout=LONG)
    page.button[0].click().run(timeout=LONG)
    assert not page.exception
    return page


def test_a_page_keeps_the_request_and_the_items() -> None:
    page = click_go(AppTest.from_function(page_of_three_steps))
    outcome = page.session_state["test-outcome"]
    assert (outcome.request, outcome.items) == ("three", [1, 2, 3])
    assert page.session_state["drawn"] == [[1], [1, 2], [1, 2, 3]]


@pytest.mark.parametrize(
    ("error", "sentence"),
    [(InvalidInput("The text is empty."), "The text is empty."), (ValueError("secret detail"), "unforeseen")],
)
def test_errors_become_sentences_and_the_items_stay(error: Exception, sentence: str) -> None:
    page = AppTest.from_function(page_of_three_steps)
    page.session_state["failure"] = error
    click_go(page)
    assert sentence in page.error[0].value
    assert "secret detail" not in page.error[0].value
    assert page.session_state["test-outcome"].items == [1, 2, 3]


def test_a_stopped_run_says_so_and_keeps_what_there_is() -> None:
    page = AppTest.from_function(page_of_three_steps)
    page.session_state["failure"] = Cancelled()
    click_go(page)
    assert "What was computed until then is kept" in page.info[0].value
    assert page.session_state["test-outcome"].stopped


def test_a_run_stopped_before_its_first_item_does_not_say_that_something_is_kept() -> None:
    def page_that_shows() -> None:
        from apps.ui.run import Outcome, show_end

        show_end(Outcome("what was asked"))

    page = AppTest.from_function(page_that_shows).run(timeout=LONG)
    assert page.info[0].value == "Stopped before the end, with nothing computed yet."


def test_time_and_memory_are_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(key, on_step) -> SimpleNamespace:
        device = SimpleNamespace(type="cpu", reason="The CPU was asked for.")
        card = find_card("school/gpt2", Task.TEXT_GENERATION)
        facts = {"footprint": 1_000_000, "load_seconds": 0.5, "precision": "fp32", "people": 1}
        return SimpleNamespace(card=card, device=device, **facts)

    store = ModelStore(10_000_000, load, lambda key: 1_000_000)
    monkeypatch.setattr("apps.ui.run.shared_store", lambda: store)
    page = click_go(AppTest.from_function(page_with_a_model))
    outcome = page.session_state["test-outcome"]
    assert outcome.items == [1_000_000]
    assert (outcome.measured.footprint, outcome.measured.load_seconds) == (1_000_000, 0.5)
    assert outcome.measured.memory > 0
    assert "in fp32 on cpu · weights 1.0 MB" in page.caption[0].value


def test_a_setting_that_cannot_be_read_is_told_on_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MEMORY_VARIABLE, "plenty")
    page = click_go(AppTest.from_function(page_with_a_model))
    assert MEMORY_VARIABLE in page.error[0].value


def test_streamlit_can_end_the_script_while_nothing_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    stopped, pressed = threading.Event(), threading.Event()

    class Context:
        def yield_check(self) -> None:
            if pressed.is_set():
                raise StopException

    def work(cancelled: threading.Event, emit: Callable) -> None:
        if cancelled.wait(LONG):
            stopped.set()

    monkeypatch.setattr("apps.ui.background.get_script_run_ctx", lambda **_: Context())
    looks = in_background(work)
    assert next(looks) is None
    pressed.set()
    with pytest.raises(StopException):
        next(looks)
    assert stopped.wait(LONG)


def test_a_run_of_a_page_can_be_asked_whether_it_goes_on() -> None:
    def page() -> None:
        import streamlit as st
        from streamlit.runtime.scriptrunner import get_script_run_ctx

        context = get_script_run_ctx()
        assert context is not None
        context.yield_check()
        st.write("went on")

    assert [text.value for text in AppTest.from_function(page).run().markdown] == ["went on"]
