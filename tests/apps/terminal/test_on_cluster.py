"""--cluster in the six commands that have it: the same results as without, and what it refuses.

What the workers do is done in this process here; tests/serving/cluster/test_jobs.py has them do it in Ray's.
"""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pyarrow.parquet import read_table

from models.errors import InvalidInput
from models.precision import BF16
from quantization.automatic.choice import Choice
from serving.cluster import engine, jobs
from serving.cluster.workers import PIECE, Attempts, Worker
from tests.apps.commands import Aula, CtrlC, Ended
from tests.serving.api.clients import models_of_routes
from tests.tiny.question_answering import SENTENCES

IMAGES = Path(__file__).resolve().parents[3] / "images"
PICTURES = ("bus.jpg", "chelsea.jpg", "coffee.jpg")
TEXTS = ("A good film.", "A bad one.", "The sea is blue.")


@pytest.fixture(autouse=True)
def workers_in_this_process(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[list[str]]:
    """One worker, here, and no Ray; the pieces of each start."""
    begun: list[list[str]] = []

    def batches(work, pieces, workers) -> Iterator[dict[str, Any]]:
        worker = Worker(work, Attempts())
        begun.append([])
        for piece in pieces:
            begun[-1].append(piece)
            yield worker({PIECE: [piece]})

    monkeypatch.setattr(jobs, "_batches", batches)
    monkeypatch.setattr(jobs, "_workers", lambda asked, things, on_cards: asked or 1)
    for name in ("connect", "disconnect", "require_ray"):
        monkeypatch.setattr(engine, name, lambda *given: None)
    monkeypatch.chdir(tmp_path)
    return begun


@pytest.fixture
def models(tiny_models) -> dict[str, str]:
    return models_of_routes(tiny_models)


def rows_in(folder: Path) -> dict[str, dict[str, Any]]:
    """The results by the last part of their keys."""
    rows = [row for file in folder.glob("*.parquet") for row in read_table(file).to_pylist()]
    assert len({row["key"] for row in rows}) == len(rows)
    return {Path(row["key"]).name: row for row in rows}


def timeless(record: Any) -> Any:
    return {name: value for name, value in record.items() if name not in ("seconds", "annotated")}


def nearly(text: str) -> Any:
    """JSON to compare with: a text alone gets other roundings than one of many, in the seventh digit."""
    return json.loads(text, parse_float=lambda digits: pytest.approx(float(digits), abs=1e-5))


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in PICTURES:
        shutil.copy(IMAGES / name, folder)
    (folder / "broken.png").write_bytes(b"no picture")
    return folder


@pytest.mark.parametrize("command", ["detect", "classify-images"])
def test_pictures_get_the_records_of_the_plain_command(
    command: str, aula: Aula, models: dict[str, str], photos: Path, tmp_path: Path
) -> None:
    given = [command, photos, "--model", models[command], "--precision", "fp32", "--json"]
    given += ["--conf", "0", "--max-det", "3"] if command == "detect" else ["--top-k", "2"]
    plain = nearly(aula(*given).output)

    ended = aula(*given, "--cluster", "local", "--results", "out")

    told = json.loads(ended.output)
    assert ended.code == 1
    assert (told["total"], told["done"], told["failed"], told["finished"]) == (4, 3, 1, True)
    assert told["errors"][0]["key"] == str(photos / "broken.png")
    assert "broken.png is broken, or not a picture" in ended.errors
    rows = rows_in(tmp_path / "out")
    assert {timeless(json.loads(row["record"]))["image"] for row in rows.values()} == {
        image["image"] for image in plain["images"]
    }
    for image in plain["images"]:
        row = rows[Path(image["image"]).name]
        assert timeless(json.loads(row["record"])) == timeless(image)
        assert row["error"] == image["error"]
    if command == "detect":
        assert (rows["bus.jpg"]["objects"], rows["bus.jpg"]["width"]) == (3, plain["images"][1]["image_size"][0])
    else:
        assert rows["bus.jpg"]["label"] == json.loads(rows["bus.jpg"]["record"])["top"][0]["label"]


def test_texts_get_the_records_of_the_plain_commands(aula: Aula, models: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("\n".join(TEXTS))
    (tmp_path / "b.jsonl").write_text("\n".join(json.dumps({"body": text}) for text in TEXTS))
    for command, more in (("classify", ["--explain"]), ("translate", ["--max-new-tokens", "5"])):
        given = [command, "--model", models[command], "--precision", "fp32", *more]
        plain = nearly(aula(*given, "--file", "a.txt", "--json").output)
        ended = aula(*given, "--from", "*.txt", "--from", "b.jsonl", "--column", "body", "--cluster", "local",
                     "--results", command)  # fmt: skip
        assert (ended.code, "6 texts: 6 done in" in ended.output) == (0, True), ended.errors
        rows = rows_in(tmp_path / command)
        for number, record in enumerate(plain, start=1):
            for file in ("a.txt", "b.jsonl"):
                found = json.loads(rows[f"{file}#{number}"]["record"])
                assert found == (record if command == "classify" else [record])
    assert rows["a.txt#1"]["translation"] == plain[0]["translation"]


def test_whole_texts_get_the_records_of_the_plain_commands(aula: Aula, models: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("\n".join(SENTENCES[:3]))
    given: dict[str, list[str]] = {"answer": ["Who?", "Where is it?"], "summarize": ["--max-new-tokens", "8"]}
    for command, more in given.items():
        alike = [command, *more, "--model", models[command], "--precision", "fp32"]
        plain = aula(*alike, "--context-file" if command == "answer" else "--file", "a.txt", "--json")
        ended = aula(*alike, "--from", "a.txt", "--cluster", "local", "--results", command)
        assert ended.code == 0, ended.errors
        assert json.loads(rows_in(tmp_path / command)["a.txt"]["record"]) == nearly(plain.output)
    assert rows_in(tmp_path / "answer")["a.txt"]["answer"] is not None


def classify(aula: Aula, models: dict[str, str], *more: str, results: str = "out") -> Ended:
    return aula("classify", "--model", models["classify"], "--precision", "fp32", "--cluster", "local",
                "--results", results, *more)  # fmt: skip


def test_ctrl_c_keeps_what_is_done_and_the_next_start_does_the_rest(
    aula: Aula, models: dict[str, str], tmp_path: Path, ctrl_c_at: CtrlC, workers_in_this_process: list[list[str]]
) -> None:
    (tmp_path / "a.txt").write_text("\n".join(TEXTS))
    ctrl_c_at("1 of 3 texts")

    stopped = classify(aula, models, "--from", "a.txt", "--json")

    assert stopped.code == 130
    assert "the same command goes on" in stopped.errors
    assert json.loads(stopped.output)["finished"] is False
    assert list(rows_in(tmp_path / "out")) == ["a.txt#1"]
    ended = classify(aula, models, "--from", "a.txt", "--json")
    told = json.loads(ended.output)
    assert (ended.code, told["skipped"], told["done"]) == (0, 1, 2)
    assert list(map(len, workers_in_this_process)) == [1, 2]
    again = classify(aula, models, "--from", "a.txt")
    assert (again.code, len(workers_in_this_process)) == (0, 2)  # nothing was missing: no worker was begun
    assert "3 were done before" in again.output


def test_a_second_start_goes_on_in_the_precision_of_the_first_whatever_was_measured_since(
    aula: Aula, models: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text("A good film.\n")
    given = ["classify", "--model", models["classify"], "--cluster", "local", "--results", "out", "--json"]
    first = aula(*given, "--from", "a.txt")
    assert json.loads(first.output)["precision"] == "fp32"
    monkeypatch.setattr("serving.loading.choose", lambda card, device: Choice(BF16, "It is the fastest now."))

    told = json.loads(aula(*given, "--from", "*.txt").output)

    assert (told["precision"], told["skipped"], told["done"]) == ("fp32", 1, 1)
    anew = aula(*given, "--from", "*.txt", "--precision", "bf16")
    assert 'precision: "fp32", now "bf16"' in anew.errors


def test_bad_lines_are_rows_with_a_sentence_and_the_exit_code_says_so(
    aula: Aula, models: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "A film."}\n{broken\n{"other": 1}\n{"text": "  "}\n')
    ended = classify(aula, models, "--from", "a.jsonl", "--from", "gone.txt")
    assert ended.code == 1
    for said in ("line 2 is not JSON", "no field “text” in line 3", "gone.txt", "#4: "):
        assert said in ended.errors
    assert "4 texts: 1 done" in ended.output


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--from", "a.txt"], "say with --results"),
        (["--results", "out"], "say with --from"),
        (["--results", "out", "--from", "a.txt", "--file", "a.txt"], "Together with --cluster there is no --file"),
        (["A text.", "--results", "out", "--from", "a.txt"], "there is no TEXT"),
        (["--results", "out", "--from", "a.txt", "--model", "no/such"], "no/such"),
        (["--results", "out", "--from", "a.txt", "--precision", "int3"], "int3"),
        (["--results", "out", "--from", "a.txt", "--label", "no-such-label"], "no-such-label"),
        (["--results", "out", "--from", "a.txt", "--format", "xlsx"], "There is no format “xlsx”"),
        (["--results", "a.txt", "--from", "a.txt"], "a.txt cannot be"),
        (["--results", "ftp://x/y", "--from", "a.txt"], "ftp://x/y cannot be reached"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(
    given: list[str], said: str, aula: Aula, models: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "a.txt").write_text("\n".join(TEXTS))
    model = [] if "--model" in given else ["--model", models["classify"]]
    ended = aula("classify", *model, "--cluster", "local", *given)
    assert ended.code == 1
    assert said in ended.errors
    assert ended.output == ""


def test_what_a_request_may_not_say_is_told_as_the_api_tells_it(aula: Aula, models: dict[str, str]) -> None:
    Path("a.txt").write_text("Anna lives in Paris.")
    given = ["answer", "Who?", "--model", models["answer"], "--from", "a.txt", "--cluster", "local", "--results", "out"]
    ended = aula(*given, "--top-k", "1001")
    assert ended.code == 1
    assert "“top_k” cannot be used: it should be less than or equal to 1000." in ended.errors


def test_options_of_pictures_that_would_be_drawn_are_refused_and_those_of_the_cluster_without_it(aula: Aula) -> None:
    drawn = aula("detect", IMAGES, "--cluster", "local", "--results", "out", "--save-crop", "--out", "else")
    assert "Together with --cluster there is no --save-crop or --out" in drawn.errors
    alone = aula("detect", IMAGES, "--results", "out", "--workers", "2")
    assert "--results and --workers need --cluster" in alone.errors
    assert (drawn.code, alone.code) == (1, 1)


def test_without_ray_the_sentence_says_how_to_get_it(aula: Aula, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise InvalidInput("This needs Ray")

    monkeypatch.setattr(engine, "require_ray", missing)
    ended = aula("detect", IMAGES, "--cluster", "local")
    assert (ended.code, ended.errors.strip()) == (1, "This needs Ray")


def test_a_piece_that_ends_every_worker_is_done_alone_then_named_and_the_rest_goes_on(
    aula: Aula, models: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.txt").write_text("\n".join(20 * ["A good film."]))
    monkeypatch.setattr(Attempts, "begin", lambda self, piece: 3 if ", 7, " in piece else 1)  # line 7 is deadly

    ended = classify(aula, models, "--from", "a.txt")

    assert (ended.code, "20 texts: 19 done" in ended.output) == (1, True)
    assert "a.txt#7: The process that worked on it ended" in ended.errors
