"""Every example runs from the suite's folder without a network, and prints what is true."""

import re
import runpy
import threading
import urllib.request
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("[0-9]*.py"))

Printed = Callable[[str], str]


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Printed:
    """`printed("01")` runs that example as a program; what it prints."""
    monkeypatch.chdir(ROOT)

    def run(number: str) -> str:
        [example] = (file for file in EXAMPLES if file.name.startswith(number))
        runpy.run_path(str(example), run_name="__main__")
        return capsys.readouterr().out

    return run


def test_answers_are_pieces_of_the_text_and_a_question_without_one_is_told(printed: Printed) -> None:
    builder, height, ships = printed("01").splitlines()

    assert "Margaret Halloran" in builder
    assert "41 metres" in height
    assert "the text does not tell" in ships


def test_reviews_are_sorted_as_a_reader_would(printed: Printed) -> None:
    lines = printed("02").splitlines()

    assert [line.split()[0] for line in lines] == ["positive", "negative", "positive"]
    assert "“mess”" in lines[1]


def test_the_bus_and_the_cat_are_found(printed: Printed) -> None:
    lines = printed("03").splitlines()

    assert any(line.startswith("bus.jpg: bus ") for line in lines)
    assert any(line.startswith("chelsea.jpg: cat ") for line in lines)
    assert lines[-1] == "bus.jpg, confidence 0.25: {'person': 4, 'bus': 1}"


def test_french_is_french_and_a_summary_is_a_part_of_the_text(printed: Printed) -> None:
    station, children, tired, *sentences = printed("04").splitlines()

    assert "Où est la gare" in station
    assert "Les enfants jouent dans le jardin" in children
    assert "Je suis très fatigué" in tired
    assert 0 < sum(line.startswith("*") for line in sentences) < len(sentences) == 7


def test_eight_bits_take_less_than_half_of_the_memory(printed: Printed) -> None:
    output = printed("05")

    large, small = (float(size) for size in re.findall(r"([\d.]+) MB", output))
    assert small < large / 2
    assert output.count("Me gusta mucho el fútbol") == 2


def test_the_predicted_weights_are_the_published_parameters_times_their_bytes(printed: Printed) -> None:
    output = printed("06")

    assert f"gpt2 in fp32: weights {124_439_808 * 4 / 1e6:.1f} MB" in output  # what OpenAI published
    assert f"8B in bf16: weights {8_030_261_248 * 2 / 1e9:.2f} GB" in output  # what Meta published
    assert "To train GPT-2 with Adam: 3.5 GB" in output


class Proxy(BaseHTTPRequestHandler):
    """Answers every request with a page that says that what stands behind it does not answer."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        page = b"<html><h1>Bad Gateway</h1></html>"
        self.send_response(502)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *arguments: object) -> None:
        """Nothing on standard error."""


@pytest.fixture
def proxy() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Proxy) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/api/v1"
        server.shutdown()


def test_a_page_in_the_place_of_an_answer_is_said_in_a_sentence(
    proxy: str, printed: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AULA_API", proxy)
    with pytest.raises(SystemExit, match=f"What answers at {proxy} is not Aula: 502 Bad Gateway"):
        printed("07")


def test_who_stays_silent_is_not_waited_for_without_end(printed: Printed, monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(request: urllib.request.Request, *, timeout: float) -> None:
        assert timeout > 600  # what Aula itself allows
        raise TimeoutError("timed out")

    monkeypatch.setattr(urllib.request, "urlopen", silent)
    monkeypatch.setenv("AULA_API", "http://192.0.2.1/api/v1")
    with pytest.raises(SystemExit, match=r"Nothing answers at http://192\.0\.2\.1/api/v1: timed out"):
        printed("07")


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda file: file.stem)
def test_an_example_is_short_and_says_how_to_run_it(example: Path) -> None:
    source = example.read_text(encoding="utf-8")

    # A client is for the machines that have no Aula: it holds all that is needed there.
    assert 15 <= len(source.splitlines()) <= (70 if "http" in example.name else 30)
    assert f".venv/bin/python -m examples.{example.stem}\n" in source
