"""The Lambda function: events of API Gateway and direct ones, and Lambda's own client against a stand-in."""

import base64
import io
import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from pydantic import TypeAdapter

from serving.api.results import RESULTS
from serving.lambda_events import MOST_BYTES, response
from serving.lambda_handler import Instance
from tests.tiny.question_answering import SENTENCES

ROOT = Path(__file__).resolve().parents[2]
ASKED = {"questions": ["Who?"], "context": " ".join(SENTENCES[:2])}


@pytest.fixture(scope="module")
def answering(tiny_models) -> Instance:
    return Instance({"AULA_TASK": "answer", "AULA_MODEL": str(tiny_models.roberta_qa())}, time.monotonic())


def first(body: Any, encoded: bool = False) -> dict[str, Any]:
    """A request as the first version of API Gateway hands it on."""
    return {"httpMethod": "POST", "path": "/answer", "headers": {}, "body": body, "isBase64Encoded": encoded}


def second(body: Any, encoded: bool = False) -> dict[str, Any]:
    """The same, of the second version."""
    context = {"http": {"method": "POST", "path": "/answer"}}
    return {"version": "2.0", "requestContext": context, "headers": {}, "body": body, "isBase64Encoded": encoded}


def test_a_direct_event_is_the_options_and_gets_the_result(answering: Instance) -> None:
    TypeAdapter(RESULTS["answer"]).validate_python(answering.answer(ASKED, None))


def test_the_functions_own_model_answers_where_an_event_names_none(answering: Instance) -> None:
    assert answering.answer(ASKED | {"model": None}, None) == answering.answer(ASKED, None)


@pytest.mark.parametrize("version", [first, second])
@pytest.mark.parametrize("encoded", [False, True])
def test_a_request_gets_a_response_with_the_result(answering: Instance, version, encoded: bool) -> None:
    text = json.dumps(ASKED)
    body = base64.b64encode(text.encode()).decode() if encoded else text
    answered = answering.answer(version(body, encoded), None)
    assert answered["statusCode"] == 200
    assert json.loads(answered["body"]) == answering.answer(ASKED, None)
    assert answered["headers"]["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    ("event", "status", "words"),
    [
        (second("{"), 422, "This is not JSON"),
        (second("!!!", True), 422, "The body is not Base64"),
        (second(None), 422, "This is not JSON"),
        (second(json.dumps(ASKED | {"topk": 2})), 422, "There is no option “topk” here"),
        (second(json.dumps(ASKED | {"model": "no such folder"})), 404, "There is no model, file or folder"),
    ],
)
def test_what_is_wrong_is_told_in_a_sentence(answering: Instance, event, status: int, words: str) -> None:
    answered = answering.answer(event, None)
    assert answered["statusCode"] == status
    assert words in json.loads(answered["body"])["error"]


@pytest.mark.parametrize("event", [None, "text", [1], 7, {}, {"questions": []}])
def test_a_direct_event_that_is_none_gets_a_sentence_and_a_status(answering: Instance, event: Any) -> None:
    answered = answering.answer(event, None)
    assert answered["status"] == 422
    assert answered["error"]


def test_a_picture_may_be_the_body(tiny_models) -> None:
    instance = Instance({"AULA_TASK": "detect", "AULA_MODEL": str(tiny_models.yolov5_original())}, time.monotonic())
    file = io.BytesIO()
    Image.new("RGB", (64, 48), "red").save(file, "PNG")
    event = second(base64.b64encode(file.getvalue()).decode(), encoded=True)
    options = {"confidence": "0.0", "max_det": "2", "classes": "person,bus"}
    event |= {"headers": {"Content-Type": "image/png"}, "queryStringParameters": options}
    answered = instance.answer(event, None)
    assert answered["statusCode"] == 200, answered["body"]
    [image] = json.loads(answered["body"])["images"]
    assert image["image_size"] == [64, 48]
    assert len(image["detections"]) <= 2


def test_the_first_event_is_told_to_be_cold(tiny_models, capsys: pytest.CaptureFixture[str]) -> None:
    instance = Instance({"AULA_TASK": "tokenize"}, time.monotonic() - 3)
    event = second(json.dumps({"texts": ["a"], "tokenizer": ["gpt-2"]}))
    assert [instance.answer(event, None)["headers"]["X-Aula-Cold"] for _ in range(2)] == ["1", "0"]
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["task"], line["status"], line["cold"]) for line in lines] == [
        ("tokenize", 200, True), ("tokenize", 200, False),
    ]  # fmt: skip
    health = instance.answer(event | {"requestContext": {"http": {"method": "GET"}}}, None)
    assert json.loads(health["body"])["init_seconds"] >= 3


@pytest.mark.parametrize(
    ("environment", "words"),
    [({}, "AULA_TASK is “”. Set it to one of: answer"), ({"AULA_TASK": "answer", "AULA_MODEL": "nothing"}, "nothing")],
)
def test_a_function_that_cannot_be_prepared_says_why(environment: dict[str, str], words: str) -> None:
    instance = Instance(environment, time.monotonic())
    assert words in instance.answer(ASKED, None)["error"]
    assert instance.answer({"httpMethod": "GET"}, None)["statusCode"] == 503


class Context:
    """Lambda's clock, by which hardly any time is left."""

    def get_remaining_time_in_millis(self) -> int:
        return 1_200


def test_work_is_stopped_before_lambda_ends_it(answering: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(route, asked, store, cancelled: threading.Event, tell) -> None:
        from serving.api.running import Event

        assert cancelled.wait(60)
        tell(Event("error", {"error": "Stopped.", "status": 499}))

    monkeypatch.setattr("serving.lambda_handler.work", endless)
    assert answering.answer(ASKED, Context())["status"] == 504


def test_a_result_that_lambda_would_not_hand_on_is_told() -> None:
    answered = response(first("{}"), 200, ['"' * (MOST_BYTES // 3)], cold=False)  # spelled twice: as \\\"
    assert answered["statusCode"] == 413
    assert "6 MB" in json.loads(answered["body"])["error"]
    assert response({}, 200, ["x" * MOST_BYTES], cold=False)["status"] == 413


# Lambda's own client


class Runtime(ThreadingHTTPServer):
    """What Lambda's client asks for events, and tells their answers."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Steps)
        self.events: queue.Queue[Any] = queue.Queue()
        self.answers: queue.Queue[tuple[str, Any]] = queue.Queue()


class Steps(BaseHTTPRequestHandler):
    server: Runtime

    def do_GET(self) -> None:
        body = json.dumps(self.server.events.get()).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")  # without it awslambdaric 4.2.2 ends by SIGSEGV
        self.send_header("Lambda-Runtime-Aws-Request-Id", "one")
        self.send_header("Lambda-Runtime-Deadline-Ms", str(int((time.time() + 600) * 1000)))
        self.send_header("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:eu-west-1:123456789012:function:aula")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.answers.put((self.path.rpartition("/")[2], json.loads(content)))  # “response”, or “error”
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *anything: object) -> None:
        """Nothing."""


@pytest.fixture
def runtime() -> Iterator[Runtime]:
    with Runtime() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.mark.process
@pytest.mark.skipif(sys.platform != "linux", reason="Lambda's client is for Linux")
def test_lambdas_own_client_runs_the_handler(runtime: Runtime, tiny_models) -> None:
    own = {"AULA_TASK": "answer", "AULA_MODEL": str(tiny_models.roberta_qa())}
    of_lambda = {"AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{runtime.server_port}", "AWS_LAMBDA_FUNCTION_NAME": "aula"}
    command = [sys.executable, "-m", "awslambdaric", "serving.lambda_handler.handler"]
    client = subprocess.Popen(
        command, cwd=ROOT, env=os.environ | own | of_lambda, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        for event in (ASKED, second(json.dumps(ASKED)), {"questions": 1}):
            runtime.events.put(event)
        answers = [runtime.answers.get(timeout=120) for _ in range(3)]
    finally:
        client.kill()
        output, _ = client.communicate(timeout=60)

    assert [kind for kind, _ in answers] == ["response"] * 3, output.decode()
    direct, gateway, wrong = (answer for _, answer in answers)
    assert json.loads(gateway["body"]) == direct
    TypeAdapter(RESULTS["answer"]).validate_python(direct)
    assert wrong["status"] == 422
    assert b'"init_seconds"' in output
