"""The API as programs use it: results, streams, what is wrong with a request, and what describes it."""

import base64
import io
import json
import re
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from PIL import Image
from pydantic import TypeAdapter
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from models.errors import ClusterUnreachable
from models.text_to_text import TextToText
from serving.api import PLACE
from serving.api.door import Bounds
from serving.api.first_call import OnFirstCall
from serving.api.results import RESULTS
from serving.api.running import STATUS, failure, status_of
from serving.api.tasks import ROUTES
from serving.model_store import ModelStore
from tests.serving.api.clients import EACH_ROUTE, application, models_of_routes, near
from tests.tiny.question_answering import SENTENCES

CONTEXT = " ".join(SENTENCES[:3])


@pytest.fixture(scope="module")
def client() -> TestClient:
    return near(application())


@pytest.fixture
def models(tiny_models) -> dict[str, str]:
    """A model for each route."""
    return models_of_routes(tiny_models)


def png(colour: str = "red") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(file, "PNG")
    return file.getvalue()


def data_url(content: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(content).decode()}"


ASKED: dict[str, dict[str, Any]] = {
    "answer": {"questions": ["Who?", "Where is it?"], "context": CONTEXT, "top_k": 2},
    "classify": {"texts": ["A good film.", "A bad one."], "explain": True},
    "zero-shot": {"texts": ["A good film.", "A bad one."], "labels": ["film", "food"], "multi": True},
    "grade": {"texts": ["A good film.", "A bad one.", "A film."], "labels": ["positive", "negative", "neutral"]},
    "imagine": {"prompt": "a fox in the snow", "steps": 2, "seed": 5},
    "translate": {"text": "The sea.\n\nThe sky is blue.", "max_new_tokens": 5},
    "summarize": {"text": CONTEXT, "max_new_tokens": 8},
    "generate": {"prompt": "Me gusta", "max_new_tokens": 4, "seed": 1},
    "tokenize": {"texts": ["Los niños aprenden."], "tokenizer": ["gpt-2"], "price": 2.0},
    "detect": {"images": [data_url(png())], "confidence": 0.0, "max_det": 3},
    "classify-images": {"images": [data_url(png())], "top_k": 2},
}


def asked(name: str, models: dict[str, str], **more: Any) -> dict[str, Any]:
    with_model = {"model": models[name], "precision": "fp32"} if name in models else {}
    return ASKED[name] | with_model | more


@pytest.mark.parametrize("name", EACH_ROUTE)
def test_each_task_answers_as_its_schema_says(name: str, client: TestClient, models) -> None:
    answered = client.post(f"/{name}", json=asked(name, models))

    assert answered.status_code == 200, answered.text
    TypeAdapter(RESULTS[name]).validate_python(answered.json())
    if name in models:
        assert answered.headers["x-aula-model"] == models[name]
        assert (answered.headers["x-aula-device"], answered.headers["x-aula-precision"]) == ("cpu", "fp32")


def stream(client: TestClient, name: str, given: dict[str, Any]) -> list[tuple[str, Any]]:
    """The events of a streamed answer."""
    with client.stream("POST", f"/{name}", json=given, headers={"Accept": "text/event-stream"}) as answered:
        assert answered.headers["content-type"].startswith("text/event-stream")
        blocks = "".join(answered.iter_text()).strip().split("\n\n")
    lines = [block.split("\n") for block in blocks]
    return [(kind.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for kind, data in lines]


@pytest.mark.parametrize("name", EACH_ROUTE)
def test_a_stream_tells_each_record_and_ends_with_the_whole(name: str, client: TestClient, models) -> None:
    whole = client.post(f"/{name}", json=asked(name, models)).json()

    told = stream(client, name, asked(name, models))

    kinds = [kind for kind, _ in told]
    assert kinds[-1] == "done"
    assert ("model" in kinds) == (name in models)
    # A drawn picture says in itself how long it took.
    without_times = re.compile(r'"(seconds|tokens_per_second)": [\d.e-]+|"picture": "[^"]+"')
    assert without_times.sub("", json.dumps(told[-1][1])) == without_times.sub("", json.dumps(whole))
    items = [data for kind, data in told if kind == "item"]
    if name == "generate":
        assert "".join(item["text"] for item in items) == whole["text"]
    elif isinstance(whole, list) or name == "zero-shot":
        assert items == (whole if isinstance(whole, list) else whole["results"])
    else:
        assert items


def test_what_cannot_be_done_is_named_and_the_rest_is_done(client: TestClient, models) -> None:
    answered = client.post("/classify", json=asked("classify", models, texts=["A film.", " ", "Another."]))
    assert answered.status_code == 207
    first, second, third = answered.json()
    assert first["label"]
    assert third["label"]
    assert second["number"] == 2
    assert second["error"]

    own = client.post("/zero-shot", json=asked("zero-shot", models, texts=["A film.", " "]))
    assert own.status_code == 207
    assert [each.get("number") for each in own.json()["results"]] == [None, 2]
    assert not own.json()["complete"]

    graded = client.post("/grade", json=asked("grade", models, texts=["A film.", " ", "Another."]))
    assert graded.status_code == 207
    assert [each["number"] for each in graded.json()["failures"]] == [2]
    assert (graded.json()["graded"], graded.json()["failed"]) == (2, 1)

    nothing = client.post("/classify", json=asked("classify", models, texts=[" "]))
    assert nothing.status_code == 422
    assert nothing.json()[0]["error"]


@pytest.mark.parametrize("name", ["detect", "classify-images"])
def test_pictures_come_as_files_of_a_form_or_as_data_urls(name: str, client: TestClient, models) -> None:
    sent = {"a red one.png": png(), "../../b/two.png": png("blue")}
    files = [("images", (path, content, "image/png")) for path, content in sent.items()]
    fields = {key: str(value) for key, value in asked(name, models).items() if key != "images"}
    form = client.post(f"/{name}", data=fields, files=files)
    urls = client.post(f"/{name}", json=asked(name, models, images=[data_url(png()), data_url(png("blue"))]))

    assert (form.status_code, urls.status_code) == (200, 200), form.text
    assert [image["image"] for image in form.json()["images"]] == ["a red one.png", "two.png"]
    assert [image["image"] for image in urls.json()["images"]] == ["image 1", "image 2"]
    seen = [
        [{key: value for key, value in image.items() if key not in ("image", "seconds")} for image in each["images"]]
        for each in (form.json(), urls.json())
    ]
    assert seen[0] == seen[1]


def test_a_broken_picture_is_named_by_the_name_that_it_was_sent_with(client: TestClient, models) -> None:
    files = [("images", ("good.png", png(), "image/png")), ("images", ("broken.png", b"no picture", "image/png"))]
    answered = client.post("/detect", data={"model": models["detect"], "classes": "person, bus"}, files=files)
    assert answered.status_code == 207, answered.text
    good, broken = answered.json()["images"]
    assert good["error"] is None
    assert "broken.png is broken, or not a picture" in broken["error"]
    assert "aula-api-" not in answered.text  # where it lay meanwhile


WRONG = [
    ("answer", {"questions": ["Who?"]}, 422, "“context” is missing"),
    ("answer", {"questions": "Who?", "context": "x"}, 422, "“questions” cannot be used: it should be a valid list"),
    ("answer", {"questions": [" "], "context": "x"}, 422, "A question is empty"),
    ("answer", {"questions": ["Who?"], "context": "x", "top_k": 0}, 422, "top_k is the number of answers"),
    ("generate", {"prompt": "a", "temprature": 1}, 422, "There is no option “temprature” here. Choose from:"),
    ("generate", {"prompt": "a", "temperature": -1}, 422, "temperature"),
    ("generate", {"prompt": "a", "max_new_tokens": "many"}, 422, "“max_new_tokens” cannot be used"),
    ("translate", {"text": " \n "}, 422, "There is no text in it"),
    ("translate", {"text": "a", "target": "Klingon"}, 422, "Klingon"),
    ("classify", {"texts": []}, 422, "There is no text"),
    ("classify", {"texts": ["a"], "model": "nobody/nothing-of-this-name", "device": "cpu"}, 404, "nobody/nothing"),
    ("classify", {"texts": ["a"], "model": "no such folder"}, 404, "There is no model, file or folder"),
    ("classify", {"texts": ["a"], "device": "gpu"}, 422, "There is no device “gpu”"),
    ("zero-shot", {"texts": [], "labels": ["a", "b"]}, 422, "There is no text"),
    ("zero-shot", {"texts": ["a"], "labels": []}, 422, "There is no label"),
    ("zero-shot", {"texts": ["a"], "labels": ["film"]}, 422, "for certain"),
    ("zero-shot", {"texts": ["a"], "labels": ["film", "Film"]}, 422, "more than once"),
    ("zero-shot", {"texts": ["a"], "labels": ["a", "b"], "template": "no place"}, 422, "needs one {}"),
    ("grade", {"texts": [], "labels": []}, 422, "There is no text"),
    ("grade", {"texts": ["a", "b"], "labels": ["positive"]}, 422, "These are 2 texts and 1 label. Give"),
    ("grade", {"texts": ["a"], "labels": ["film"]}, 422, "None of the file's labels"),
    ("grade", {"texts": ["a"] * 101, "labels": [f"{n}" for n in range(101)]}, 422, "look like numbers or ids"),
    ("grade", {"texts": ["a"], "labels": ["good"], "label_map": ["good"]}, 422, "does not say what a label counts as"),
    ("grade", {"texts": ["a"], "labels": ["good"], "label_map": ["happy=good"]}, 422, "has a label “happy”"),
    ("grade", {"texts": [" "], "labels": ["positive"]}, 422, "None of the 1 rows has both an answer"),
    ("tokenize", {"texts": ["a"], "times": 0}, 422, "times cannot be below 1"),
    ("tokenize", {"texts": ["a" * 200_001]}, 422, "At most 200,000 are cut at once"),
    ("tokenize", {"texts": ["a"], "tokenizer": []}, 422, "“tokenizer” cannot be used: List should have at least 1"),
    ("tokenize", {"texts": ["a"], "tokenizer": ["gpt-2"] * 11}, 422, "at most 10 items"),
    ("tokenize", {"texts": ["a"], "tokenizer": ["a" * 5_000]}, 404, "aaaa"),
    ("tokenize", {"texts": ["a"], "tokenizer": ["~nobody-here/x"]}, 404, "nobody-here"),
    ("tokenize", {"texts": ["a"], "price": "nan"}, 422, "“price” cannot be used"),
    ("tokenize", {"texts": ["a"], "price": 1.0, "times": 10**400}, 422, "“times” cannot be used"),
    ("classify", {"texts": ["a"], "model": "x" * 5_000}, 404, "There is no model"),
    ("classify", {"texts": ["a"] * 1_001}, 422, "at most 1000 items"),
    ("answer", {"questions": ["a"], "context": "b", "top_k": 10**30}, 422, "less than or equal to 1000"),
    ("detect", {"images": []}, 422, "There is no picture"),
    ("detect", {"images": ["http://example.org/a.png"]}, 422, "“images.0” cannot be used: it is no data URL"),
    ("detect", {"images": ["data:image/png;base64,%%%"]}, 422, "“images.0” cannot be used"),
    ("detect", {"images": [data_url(png())], "image_size": 1}, 422, "image size is 1"),
]


@pytest.mark.parametrize(("name", "given", "status", "words"), WRONG)
def test_what_is_wrong_is_told_in_a_sentence(name, given, status: int, words: str, client, models) -> None:
    usual = {"model": models[name]} if name in models and "model" not in given else {}
    answered = client.post(f"/{name}", json=usual | given)
    assert answered.status_code == status, answered.text
    assert words in (answered.json()["error"] if isinstance(answered.json(), dict) else answered.text)
    assert "Traceback" not in answered.text
    if status == 404:  # the work says so, not the schema: a stream has begun by then
        kind, data = stream(client, name, usual | given)[-1]
        assert (kind, data["status"]) == ("error", status)


BODIES = [
    (b"", "application/json", 422, "This is not JSON"),
    (b"{", "application/json", 422, "This is not JSON"),
    (b"[" * 200_000, "application/json", 422, "This is not JSON"),
    (b'{"prompt": "a", "temperature": NaN}', "application/json", 422, "NaN is no number in JSON"),
    (b"\xff\xfe\x00", "application/json", 422, "This is not JSON"),
    (rb'{"prompt": "\ud800"}', "application/json", 422, "half of a character"),
    (rb'{"prompt": "a", "model": "\ud800"}', "application/json", 422, "half of a character"),
    (b'{"prompt": "a", "top_p": 1e999}', "application/json", 422, "“top_p” cannot be used"),
    (b"[1, 2]", "application/json", 422, "cannot be used"),
    (b'{"prompt": "a"}', "text/plain", 415, "Send JSON, and say so"),
    (b"", "", 415, "Send JSON, and say so"),
]


@pytest.mark.parametrize(("body", "kind", "status", "words"), BODIES, ids=range(len(BODIES)))
def test_a_body_that_is_none_is_told_in_a_sentence(body: bytes, kind: str, status: int, words: str, client) -> None:
    answered = client.post("/generate", content=body, headers={"Content-Type": kind})
    assert answered.status_code == status
    assert words in answered.json()["error"]


def test_a_character_that_json_spells_in_two_halves_is_one(client: TestClient) -> None:
    body = rb'{"texts": ["\ud83d\ude42"], "tokenizer": ["gpt-2"]}'
    answered = client.post("/tokenize", content=body, headers={"Content-Type": "application/json"})
    assert answered.json()[0]["text"] == "🙂"


def test_paths_and_methods_that_there_are_not_get_a_sentence(client: TestClient) -> None:
    for answered, status in ((client.post("/nothing", json={}), 404), (client.get("/answer"), 405)):
        assert answered.status_code == status
        assert "GET / shows what there is" in answered.json()["error"]


def test_what_nobody_has_foreseen_is_told_in_the_terminal_alone(
    models, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*anything: object, **more: object) -> None:
        raise KeyError("/home/teacher/secret")

    monkeypatch.setattr(TextToText, "translate", broken)
    monkeypatch.setenv("AULA_DEBUG", "1")
    client = near(application(Bounds(seconds=20)), raise_server_exceptions=False)
    answered = client.post("/translate", json=asked("translate", models))
    assert answered.status_code == 500
    assert "Something unforeseen went wrong" in answered.json()["error"]
    assert "secret" not in answered.text
    assert "secret" in caplog.text


def test_a_name_that_no_header_can_hold_is_spelled_out(tiny_models, tmp_path: Path, client: TestClient) -> None:
    folder = tmp_path / "привет"
    shutil.copytree(tiny_models.bert_classifier(), folder)
    answered = client.post("/classify", json={"texts": ["A film."], "model": str(folder), "precision": "fp32"})
    assert answered.status_code == 200
    assert unquote(answered.headers["x-aula-model"]) == str(folder)


NAMES = ["名" * 90 + ".png", "CON.png", "a/b\\c.png", "", "."]


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_may_have_any_name(name: str, client: TestClient, models) -> None:
    files = [("images", (name or "x", b"no picture", "image/png"))]
    answered = client.post("/detect", data={"model": models["detect"]}, files=files)
    assert answered.status_code == 422
    [image] = answered.json()["images"]
    assert "is broken, or not a picture" in image["error"]
    assert "aula-picture" not in answered.text


def test_labels_of_a_form_are_read_as_in_the_terminal(client: TestClient, models) -> None:
    files = [("images", ("a.png", png(), "image/png"))]
    for classes in (["person,bus"], ["person", "bus"]):
        fields = {"model": models["detect"], "classes": classes, "confidence": "0"}
        answered = client.post("/detect", data=fields, files=files)
        assert answered.status_code == 200, answered.text
        assert set(answered.json()["counts"]) <= {"person", "bus"}
    wrong = client.post("/detect", data={"model": models["detect"], "classes": ["unicorn"]}, files=files)
    assert wrong.status_code == 422
    assert "unicorn" in wrong.json()["error"]


def test_a_result_of_which_a_part_is_missing_is_not_called_nothing() -> None:
    part = {"source": "a", "translation": "b", "error": "A part was left out."}
    nothing = {"number": 1, "source": "a", "error": "It cannot be read."}
    assert status_of([part]) == 207
    assert status_of([nothing]) == 422
    assert status_of([part, nothing]) == 207
    assert status_of({"summary": "short", "error": "A part was left out."}) == 207
    assert status_of({"summary": None, "error": "It cannot be read."}) == 422


def test_a_form_that_breaks_off_is_told_in_a_sentence(client: TestClient) -> None:
    kind = {"Content-Type": "multipart/form-data; boundary=xyz"}
    begun = b'--xyz\r\nContent-Disposition: form-data; name="images"; filename="a"\r\n\r\nab'
    for body in (b"nothing of a form", begun):
        answered = client.post("/detect", content=body, headers=kind)
        assert answered.status_code == 422, answered.text
        assert answered.json()["error"]


@pytest.mark.parametrize("stated", [True, False])
def test_too_much_is_refused_before_it_is_read_to_its_end(stated: bool) -> None:
    client, taken = near(application(Bounds(body_bytes=1_000_000))), []

    def parts():
        for number in range(100):
            taken.append(number)
            yield b"a" * 100_000

    content: Any = b"a" * 10_000_000 if stated else parts()
    answered = client.post("/generate", content=content, headers={"Content-Type": "application/json"})
    assert answered.status_code == 413
    assert answered.json()["error"] == "At most 1 MB can be sent at once. Send less."


def test_what_takes_too_long_is_stopped(models, monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(self, text, target, settings, cancelled, even_if_unreadable):
        assert cancelled.wait(60)
        yield from ()

    monkeypatch.setattr(TextToText, "translate", endless)
    answered = near(application(Bounds(seconds=0.5))).post("/translate", json=asked("translate", models))
    assert answered.status_code == 504
    assert "was stopped. Ask for less at once." in answered.json()["error"]


# What describes it


def test_the_document_says_what_may_be_asked_and_every_reference_leads_somewhere(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    assert {path.removeprefix("/") for path in document["paths"]} == {*ROUTES, "models", "health"}
    references = set(re.findall(r'"\$ref": "#/components/schemas/(\w+)"', json.dumps(document)))
    assert references <= set(document["components"]["schemas"])
    assert "$defs" not in json.dumps(document)
    answer = document["paths"]["/answer"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert answer["required"] == ["questions", "context"]
    detect = document["paths"]["/detect"]["post"]["requestBody"]["content"]
    assert detect["multipart/form-data"]["schema"]["properties"]["images"]["items"]["format"] == "binary"


def test_the_document_names_each_status_that_a_sentence_may_have(client: TestClient) -> None:
    assert failure(ClusterUnreachable("It has ended.")).data == {"error": "It has ended.", "status": 503}
    paths = client.get("/openapi.json").json()["paths"]
    meant = {str(status) for _, status in STATUS} - {"499", "500"}  # nobody reads it, and a defect
    for name in ROUTES:
        assert meant | {"415"} <= set(paths[f"/{name}"]["post"]["responses"])


def test_the_page_shows_every_route_and_loads_nothing_from_elsewhere(client: TestClient) -> None:
    page = client.get("/")
    assert page.headers["content-type"].startswith("text/html")
    for name in ROUTES:
        assert f"POST {name}</h2>" in page.text
        assert f"curl http://127.0.0.1:8501/{name} " in page.text
    assert re.findall(r'(?:src|href)="([^"]*)"', page.text) == ["http://127.0.0.1:8501/openapi.json"]
    assert "<script" not in page.text


def test_beside_the_pages_the_page_tells_the_address_there() -> None:
    mounted = near(Starlette(routes=[Mount(PLACE, OnFirstCall(ModelStore))]))  # type: ignore[arg-type]
    page = mounted.get(f"{PLACE}/?a=b").text
    assert "curl http://127.0.0.1:8501/api/v1/answer " in page
    assert 'href="http://127.0.0.1:8501/api/v1/openapi.json"' in page
    assert mounted.get(f"{PLACE}/openapi.json").status_code == 200


def test_the_models_tell_what_is_here_and_no_paths(client: TestClient) -> None:
    models = {model["model_id"]: model for model in client.get("/models").json()}
    assert models["aula/qa-minilm"]["here"]
    assert not models["deepset/roberta-base-squad2"]["here"]
    assert str(Path.home()) not in client.get("/models").text
    assert client.get("/health").json() == {"status": "ok"}
