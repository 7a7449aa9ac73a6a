"""One open page of a running suite, as a browser tab holds it: it speaks Streamlit's own websocket.

Knows what a page consists of (buttons, fields, messages), and nothing of what any page does.
"""

import contextlib
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

RUN_AGAIN = 2  # what a script says that ends early because it runs once more
ERROR = 1  # the colour of a red message, in Streamlit's protocol
CAPTION = 2  # the kind of Markdown that is small print
_PATIENCE = 600.0  # seconds that a run may take: a class on a slow machine has been seen to wait for minutes
_FIELDS = ("text_area", "text_input")


class Visit:
    """An open page. After each run it knows the page's buttons, its fields, its problems and its small print."""

    def __init__(self, port: int, page: str, patience: float = _PATIENCE):
        from websockets.sync.client import connect

        self.page = page
        self.buttons: dict[str, str] = {}
        self.fields: dict[str, str] = {}
        self.problems: list[str] = []
        self.captions: list[str] = []
        self._patience = patience
        self._tab = contextlib.ExitStack()
        address = f"ws://127.0.0.1:{port}/_stcore/stream"
        how: dict[str, Any] = {"subprotocols": ["streamlit"], "max_size": None, "proxy": None, "ping_interval": None}
        self._socket = self._tab.enter_context(connect(address, open_timeout=patience, **how))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def run(self, button: str | None = None, texts: Mapping[str, str] | None = None) -> float:
        """Run the page, with a button pressed and texts typed where they are named; the seconds it took.

        A button is named by its label or its key, a field by its label or its key.

        Raises:
            LookupError: the page has no such button or field.
            TimeoutError: the server was silent for longer than the patience.
        """
        from streamlit.proto.BackMsg_pb2 import BackMsg

        message = BackMsg()
        message.rerun_script.page_name = self.page
        widgets = message.rerun_script.widget_states.widgets
        for name, text in (texts or {}).items():
            state = widgets.add()
            state.id, state.string_value = _named(self.fields, name), text
        if button is not None:
            state = widgets.add()
            state.id, state.trigger_value = _named(self.buttons, button), True
        self.problems, self.captions = [], []
        started = time.perf_counter()
        self._socket.send(message.SerializeToString())
        self._read_until_done(started)
        return time.perf_counter() - started

    def _read_until_done(self, started: float) -> None:
        from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

        while True:
            answer = ForwardMsg()
            answer.ParseFromString(self._socket.recv(timeout=self._patience))
            self._note(answer.delta.new_element)
            if answer.WhichOneof("type") == "script_finished" and answer.script_finished != RUN_AGAIN:
                return
            if time.perf_counter() - started > self._patience:
                raise TimeoutError(f"The page was not done after {self._patience:.0f} s.")

    def _note(self, element: Any) -> None:
        kind = element.WhichOneof("type")
        if kind == "button":
            self.buttons[element.button.id] = element.button.label
        elif kind in _FIELDS:
            field = getattr(element, kind)
            self.fields[field.id] = field.label
        elif kind == "exception":
            self.problems.append(element.exception.message)
        elif kind == "alert" and element.alert.format == ERROR:
            self.problems.append(element.alert.body)
        elif kind == "markdown" and element.markdown.element_type == CAPTION:
            self.captions.append(element.markdown.body)

    def close(self) -> None:
        """Close the tab."""
        self._tab.close()


def _named(widgets: Mapping[str, str], name: str) -> str:
    """The id of the widget with this label, or whose id ends with this key, as Streamlit writes them."""
    found = [id for id, label in widgets.items() if label == name or id.endswith(f"-{name}")]
    if not found:
        raise LookupError(f"The page has no “{name}”.")
    return found[-1]
