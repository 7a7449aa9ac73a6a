"""The terminal and the API give the same; the README's lines for curl work on a server that `serve` starts."""

import base64
import io
import json
import os
import re
import runpy
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from pydantic import TypeAdapter

from apps.terminal import api, suite
from models.errors import UnknownModel
from serving.api.results import RESULTS
from serving.cluster.store import ClusterStore
from serving.model_store import ModelStore
from tests.apps.commands import Aula
from tests.serving.api.clients import application, models_of_routes, near, without_extra
from tests.serving.cluster.roads import InThread

ROOT = Path(__file__).resolve().parents[3]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTEXT = "Ada Lovelace was born in London in 1815."
TIMES = re.compile(r'"(seconds|tokens_per_second)": [\d.e-]+')


def same(one: Any, other: Any) -> bool:
    """Whether two results are, but for the time that they took."""
    first, second = (TIMES.sub("", json.dumps(each, sort_keys=True)) for each in (one, other))
    return first == second


CASES: dict[str, tuple[tuple[str, ...], dict[str, Any]]] = {
    "answer": (("Who?", "Where?", "--context", CONTEXT), {"questions": ["Who?", "Where?"], "context": CONTEXT}),
    "classify": (("A good film.", "--explain"), {"texts": ["A good film."], "explain": True}),
    "zero-shot": (
        ("A good film.", "--labels", "film,food", "--multi"),
        {"texts": ["A good film."], "labels": ["film", "food"], "multi": True},
    ),
    "translate": (
        ("The sea.", "--max-new-tokens", "5", "--to", "German"),
        {"text": "The sea.", "max_new_tokens": 5, "target": "German"},
    ),
    "summarize": ((CONTEXT, "--max-new-tokens", "8"), {"text": CONTEXT, "max_new_tokens": 8}),
    "generate": (
        ("Me gusta", "--seed", "3", "--max-new-tokens", "5"), {"prompt": "Me gusta", "seed": 3, "max_new_tokens": 5},
    ),
}  # fmt: skip


@pytest.fixture
def models(tiny_models) -> dict[str, str]:
    return models_of_routes(tiny_models)


@pytest.mark.parametrize("name", CASES)
def test_terminal_and_api_give_the_same(name: str, aula: Aula, models) -> None:
    arguments, asked = CASES[name]
    printed = aula(name, *arguments, "--model", models[name], "--precision", "fp32", "--device", "cpu", "--json")
    answered = near(application()).post(f"/{name}", json=asked | {"model": models[name], "precision": "fp32"})

    assert (printed.code, answered.status_code) == (0, 200), printed.errors + answered.text
    assert same(json.loads(printed.output), answered.json())
    TypeAdapter(RESULTS[name]).validate_json(printed.output)


@pytest.mark.parametrize("name", ["detect", "classify-images"])
def test_of_pictures_the_terminal_tells_what_its_schema_says(name: str, aula: Aula, models, tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    shutil.copy(ROOT / "images/coffee.jpg", folder)
    (folder / "broken.jpg").write_bytes(b"no picture")
    more = ("--out", tmp_path / "runs") if name == "detect" else ()
    printed = aula(name, folder, *more, "--model", models[name], "--json")

    assert printed.code == 1
    TypeAdapter(RESULTS[name]).validate_json(printed.output)


def test_terminal_and_api_give_the_same_grade(aula: Aula, models, tmp_path: Path) -> None:
    rows = {"A good film.": "good", "A bad one.": "bad", "щщщ щщщ": "good", "Not bad.": "mixed"}
    file = tmp_path / "gold.csv"
    file.write_text("text,label\n" + "".join(f"{text},{label}\n" for text, label in rows.items()), encoding="utf-8")
    printed = aula("grade", file, "--map", "mixed=neutral", "--model", models["grade"], "--precision", "fp32", "--json")
    asked = {"texts": list(rows), "labels": list(rows.values()), "label_map": ["mixed=neutral"]}
    more = {"model": models["grade"], "precision": "fp32"}
    answered = near(application()).post("/grade", json=asked | more)

    assert (printed.code, answered.status_code) == (1, 207), printed.errors + answered.text
    TypeAdapter(RESULTS["grade"]).validate_json(printed.output)
    told = json.loads(printed.output)
    assert [told.pop(name) for name in ("file", "text_column", "label_column")] == ["gold.csv", "text", "label"]
    for each, name in [(one, "line") for one in told["mistakes"]] + [(one, "number") for one in told["failures"]]:
        each[name] -= 1  # the header is the first line
    assert told == answered.json()


@without_extra
def test_terminal_and_api_draw_the_same(aula: Aula, models, tmp_path: Path) -> None:
    asked = {"prompt": "a fox", "steps": 2, "guidance": 2.0, "seed": 3, "width": 64, "height": 72, "negative": "a"}
    options = [part for name in list(asked)[1:] for part in (f"--{name}", asked[name])]
    file = tmp_path / "fox.png"
    printed = aula("imagine", "a fox", *options, "--model", models["imagine"], "--output", file, "--json")
    answered = near(application()).post("/imagine", json=asked | {"model": models["imagine"]}).json()

    TypeAdapter(RESULTS["imagine"]).validate_json(printed.output)
    picture = base64.b64decode(answered.pop("picture").partition(",")[2])
    assert same(json.loads(printed.output), {"file": str(file)} | answered)
    with Image.open(file) as drawn, Image.open(io.BytesIO(picture)) as sent:
        assert drawn.tobytes() == sent.tobytes()
        assert same(json.loads(drawn.text["parameters"]), json.loads(sent.text["parameters"]))


@pytest.mark.parametrize("name", ["answer", "classify", "zero-shot", "tokenize"])
def test_what_cannot_be_done_is_told_by_both_alike(name: str, aula: Aula, models) -> None:
    options = ("--model", models[name]) if name in models else ("--tokenizer", "gpt-2")
    given = {
        "answer": ("Who?", " ", "--context", CONTEXT),
        "classify": ("Good.", "щщщ щщщ"),
        "zero-shot": ("Good.", "щщщ щщщ", "--labels", "film,food"),
        "tokenize": ("a", ""),
    }
    asked = {
        "zero-shot": {"texts": ["Good.", "щщщ щщщ"], "labels": ["film", "food"]},
        "answer": {"questions": ["Who?", " "], "context": CONTEXT},
        "classify": {"texts": ["Good.", "щщщ щщщ"]},
        "tokenize": {"texts": ["a", ""], "tokenizer": ["gpt-2"]},
    }
    model = {"model": models[name]} if name in models else {}
    printed = json.loads(aula(name, *given[name], *options, "--json").output)
    answered = near(application()).post(f"/{name}", json=asked[name] | model)

    assert same(printed, answered.json())
    TypeAdapter(RESULTS[name]).validate_python(printed)


def test_models_are_loaded_before_anybody_asks_and_others_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[ModelStore] = []
    monkeypatch.setattr(api, "_run", lambda store, host, port: ran.append(store))
    monkeypatch.setattr(suite, "announce", lambda *arguments: None)
    api.serve(models=["aula/qa-minilm"])
    assert [key.model_id for key in ran[0].loaded()] == ["aula/qa-minilm"]
    with pytest.raises(UnknownModel, match="There is no “nothing” in the catalog"):
        api.serve(models=["nothing"])


def test_a_model_is_not_called_ready_before_a_cluster_has_loaded_it(monkeypatch: pytest.MonkeyPatch) -> None:
    there = ModelStore()
    with closing(InThread(there)) as road:
        store = ClusterStore("auto", lambda address: road)
        monkeypatch.setattr("serving.cluster.store.model_store", lambda: store)
        monkeypatch.setattr(api, "_run", lambda store, host, port: None)
        monkeypatch.setattr(suite, "announce", lambda *arguments: None)
        api.serve(models=["aula/qa-minilm"])
    assert [key.model_id for key in there.loaded()] == ["aula/qa-minilm"]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Where a server answers that the command started."""
    command = [sys.executable, str(ROOT / "apps" / "cli.py"), "serve", "--json"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    assert server.stdout is not None
    try:
        yield json.loads("".join(server.stdout.readline() for _ in range(3)))["address"]
    finally:
        server.send_signal(signal.SIGINT if os.name != "nt" else signal.SIGTERM)
        server.communicate(timeout=120)


@pytest.mark.process
@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not on this machine")
def test_the_readmes_lines_for_curl_work(address: str) -> None:
    lines = re.findall(r"^\$ (curl .*)$", README, re.MULTILINE)
    assert len(lines) == 3
    answer, detect, generate = (
        subprocess.run(
            [*shlex.split(line.replace("http://127.0.0.1:8501/api/v1", address)), "-s"],
            capture_output=True, text=True, cwd=ROOT, check=True,
        ).stdout
        for line in lines
    )  # fmt: skip
    assert json.loads(answer)[0]["answers"][0]["text"] == "London"
    assert json.loads(detect)["counts"] == {"person": 4, "bus": 1}
    assert generate.count("event: item") > 10
    assert generate.rstrip().split("\n\n")[-1].startswith("event: done")


@pytest.mark.process
def test_the_example_asks_a_server(address: str, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setenv("AULA_API", address)
    program = runpy.run_path(str(ROOT / "examples/07_ask_over_http.py"), run_name="__main__")
    town, continued = capsys.readouterr().out.splitlines()[:2]
    assert town == "London"
    assert continued
    with pytest.raises(RuntimeError, match="There is no option “tempo” here"):
        program["ask"]("generate", prompt="a", tempo=1)
