"""A task as an AWS Lambda function, with the API's options, results and sentences. docs/lambda.md tells how.

The function's environment says which task it is (`AULA_TASK`, such as `answer`) and with which model (`AULA_MODEL`).
The libraries are read and the model is loaded while Lambda prepares an instance, before the first event. An instance
gets one event at a time, so nothing here waits for anybody else.
"""

import json
import os
import threading
import time
from collections.abc import Mapping
from typing import Any

_BEGUN = time.monotonic()  # of what is a cold start: reading the libraries below takes most of it

from models.errors import AulaError, InvalidInput  # noqa: E402
from serving.api.reading import checked  # noqa: E402
from serving.api.requests import Asked  # noqa: E402
from serving.api.running import Event, failure, key_of, status_of, work  # noqa: E402
from serving.api.tasks import ROUTES, Route  # noqa: E402
from serving.lambda_events import given, is_get, response  # noqa: E402
from serving.model_store import ModelStore  # noqa: E402

TASK, MODEL = "AULA_TASK", "AULA_MODEL"
SECONDS_TO_ANSWER = 1.0  # that are left when work is stopped, so that the sentence about it still arrives


class Instance:
    """One instance of a function: its task, its model in memory, and whether it has answered yet."""

    def __init__(self, environment: Mapping[str, str], begun: float):
        self.task = environment.get(TASK, "")
        self.model = environment.get(MODEL) or None
        self.store = ModelStore()
        self.cold = True
        self.problem = self._prepare()
        self.init_seconds = round(time.monotonic() - begun, 2)

    def _prepare(self) -> AulaError | None:
        """Load the model; what is wrong where that cannot be is told to everybody who asks."""
        try:
            route = self.route
            if route.task is not None:
                anything = route.asked.model_construct(model=self.model, device="auto", precision=None, target=None)
                with self.store.use(key_of(route, anything)):
                    pass
        except AulaError as error:
            return error
        return None

    @property
    def route(self) -> Route:
        """What the function does. Raises InvalidInput where its environment names no task."""
        if self.task not in ROUTES:
            raise InvalidInput(f"{TASK} is “{self.task}”. Set it to one of: {', '.join(ROUTES)}.")
        return ROUTES[self.task]

    def answer(self, event: Any, context: Any) -> Any:
        """Answer one event, and write a line about it for CloudWatch."""
        started, cold, self.cold = time.monotonic(), self.cold, False
        status, whole = self._health() if is_get(event) else self._answered(event, context)
        seconds = round(time.monotonic() - started, 3)
        log({"task": self.task, "status": status, "cold": cold, "seconds": seconds})
        return response(event, status, whole, cold)

    def _health(self) -> tuple[int, Any]:
        if self.problem is not None:
            return 503, {"error": str(self.problem)}
        return 200, {"status": "ok", "task": self.task, "init_seconds": self.init_seconds}

    def _answered(self, event: Any, context: Any) -> tuple[int, Any]:
        """The status, and the result or the sentence about what is wrong."""
        try:
            if self.problem is not None:
                raise self.problem
            return self._done(self._asked(event), context)
        except AulaError as error:
            told = failure(error).data
            return told["status"], {"error": told["error"]}

    def _asked(self, event: Any) -> Asked:
        """What is asked, of the function's own model where none is named."""
        kind, options = self.route.asked, given(event, self.route.asked)
        if self.model is not None and "model" in kind.model_fields and isinstance(options, dict):
            options = options | {"model": options.get("model") or self.model}
        return checked(kind, options)

    def _done(self, asked: Asked, context: Any) -> tuple[int, Any]:
        cancelled, told = threading.Event(), list[Event]()
        clock = threading.Timer(_seconds_left(context), cancelled.set)
        clock.start()
        work(self.route, asked, self.store, cancelled, told.append)
        clock.cancel()
        last = told[-1]
        if last.kind == "done":
            return status_of(last.data), last.data
        if cancelled.is_set():
            return 504, {"error": "The function's time was up, and the work was stopped. Ask for less at once."}
        return last.data["status"], {"error": last.data["error"]}


def _seconds_left(context: Any) -> float:
    """Until the work has to stop; Lambda's own clock says it, and lets no function run longer than 900 seconds."""
    remaining = getattr(context, "get_remaining_time_in_millis", lambda: 900_000)
    return max(0.1, remaining() / 1000 - SECONDS_TO_ANSWER)


def log(facts: dict[str, Any]) -> None:
    """A line of JSON, which CloudWatch can be searched by."""
    print(json.dumps(facts), flush=True)


_instance = Instance(os.environ, _BEGUN)
log({"task": _instance.task, "init_seconds": _instance.init_seconds})


def handler(event: Any, context: Any = None) -> Any:
    """What Lambda calls: `serving.lambda_handler.handler`."""
    return _instance.answer(event, context)
