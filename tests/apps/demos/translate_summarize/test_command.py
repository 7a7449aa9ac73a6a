"""Answering, translating, summarizing and generating with tiny models: what goes in, and what comes out where."""

import inspect
import json
import shutil
import signal
from pathlib import Path

import pytest

from apps.demos.text_generation import command as generation
from apps.demos.translate_summarize import command as language
from models.text_generation import GenerationSettings
from models.weights.hub import huggingface_cache
from tests.apps.classroom import put_in_cache
from tests.apps.commands import Aula
from tests.conftest import TinyModels

CONTEXT = "The library opens at nine. The café beside it opens at eight."
BRIEF = ("--max-new-tokens", "6")


def press_ctrl_c(*arguments: object, **options: object) -> None:
    signal.raise_signal(signal.SIGINT)


# answer


def test_each_question_is_answered_from_the_context(aula: Aula, tiny_models: TinyModels) -> None:
    ended = aula("answer", "When?", "Where?", "--context", CONTEXT, "--model", tiny_models.bert_qa(), "--json")

    assert ended.code == 0, ended.errors
    readings = json.loads(ended.output)
    assert [reading["question"] for reading in readings] == ["When?", "Where?"]
    for reading in readings:
        assert set(reading) == {"question", "answers", "no_answer_score", "windows"}
        assert len(reading["answers"]) == 3
        for answer in reading["answers"]:
            assert set(answer) == {"text", "score", "start", "end", "joint_score"}
            assert answer["text"] == CONTEXT[answer["start"] : answer["end"]]


def test_the_context_comes_from_a_file_or_standard_input_too(
    aula: Aula, tiny_models: TinyModels, tmp_path: Path
) -> None:
    file = tmp_path / "context.txt"
    file.write_bytes(b"\xef\xbb\xbf" + CONTEXT.encode())  # with the mark that Windows puts in front
    question = ("answer", "When?", "--top-k", "2", "--model", tiny_models.bert_qa())

    direct = aula(*question, "--context", CONTEXT)

    assert direct.code == 0
    assert len(direct.output.splitlines()) == 3
    assert aula(*question, "--context-file", file).output == direct.output
    assert aula(*question, stdin=CONTEXT).output == direct.output


def test_a_file_in_another_encoding_is_refused_rather_than_guessed(
    aula: Aula, tiny_models: TinyModels, tmp_path: Path
) -> None:
    file = tmp_path / "carta.txt"
    file.write_bytes("¿Dónde está la biblioteca?".encode("latin-1"))

    ended = aula("answer", "Where?", "--context-file", file, "--model", tiny_models.bert_qa())

    assert (ended.code, ended.output) == (1, "")
    assert "carta.txt” is not UTF-8 text" in ended.errors


def test_a_model_of_ones_own_may_be_allowed_to_say_that_the_text_does_not_tell(
    aula: Aula, tiny_models: TinyModels
) -> None:
    question = ("answer", "When?", "--context", CONTEXT, "--model", tiny_models.bert_qa(), "--json")

    [silent] = json.loads(aula(*question).output)
    [allowed] = json.loads(aula(*question, "--no-answer", "--no-answer-threshold", "-1").output)

    assert silent["no_answer_score"] is None
    assert allowed["no_answer_score"] == allowed["answers"][0]["score"]
    assert allowed["answers"][0]["text"] == ""


def test_steps_are_told_on_standard_error(aula: Aula, tiny_models: TinyModels) -> None:
    ended = aula("answer", "When?", "--context", CONTEXT, "--model", tiny_models.bert_qa(), "--device", "cpu")

    assert "Reading the weights" in ended.errors
    assert "Ready in" in ended.errors
    assert "weights" not in ended.output


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--context", "x", "--context-file", "y"), "not both"),
        (("--context-file", "no-such-file.txt"), "no-such-file.txt"),
        ((), "There is no text"),
    ],
)
def test_a_context_that_is_not_there_is_one_sentence(aula: Aula, arguments: tuple[str, ...], says: str) -> None:
    ended = aula("answer", "When?", *arguments)

    assert (ended.code, ended.output) == (1, "")
    assert says in ended.errors
    assert ended.errors.count("\n") == 1


def test_ctrl_c_between_two_questions_keeps_the_first(
    aula: Aula, tiny_models: TinyModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    show = language._show_reading
    monkeypatch.setattr(language, "_show_reading", lambda *arguments: (press_ctrl_c(), show(*arguments))[1])

    ended = aula("answer", "When?", "Where?", "--context", CONTEXT, "--model", tiny_models.bert_qa(), "--json")

    assert ended.code == 130
    assert [reading["question"] for reading in json.loads(ended.output)] == ["When?"]


# translate


@pytest.mark.parametrize("command", ["translate", "summarize"])
def test_the_search_is_adjustable_as_on_the_page(aula: Aula, tiny_models: TinyModels, command: str) -> None:
    def words(*options: object) -> str:
        ended = aula(command, "The sea is cold and wide.", "--model", tiny_models.t5(), "--max-new-tokens", 8, *options)
        assert ended.code == 0, ended.errors
        return ended.output

    searched = words("--beams", 1, "--no-repeat-ngram", 0, "--length-penalty", 1)
    drawn = words("--sample", "--temperature", 1.5, "--top-k", 0, "--top-p", 0.9, "--seed", 7)
    assert drawn == words("--sample", "--temperature", 1.5, "--top-k", 0, "--top-p", 0.9, "--seed", 7)
    assert drawn != searched


def test_beams_and_sampling_exclude_each_other(aula: Aula, tiny_models: TinyModels) -> None:
    ended = aula("translate", "The sea.", "--model", tiny_models.t5(), "--sample", "--beams", 3)

    assert (ended.code, ended.output) == (1, "")
    assert "Choose one beam, or switch sampling off." in ended.errors


def test_translate_gives_one_line_for_each_line(aula: Aula, tiny_models: TinyModels, tmp_path: Path) -> None:
    text = "The train leaves at nine.\n\nGood morning. How are you?\n"
    file = tmp_path / "text.txt"
    file.write_bytes(text.replace("\n", "\r\n").encode("utf-16"))  # as PowerShell writes
    options = ("--to", "german", "--beams", "1", "--model", tiny_models.t5())

    ended = aula("translate", *options, stdin=text)

    assert ended.code == 0, ended.errors
    assert ended.output.count("\n") == 3
    assert ended.output.split("\n")[1] == ""
    assert aula("translate", *options, stdin=text.replace("\n", "\r\n")).output == ended.output
    assert aula("translate", *options, "--file", file).output == ended.output
    assert aula("translate", text, *options).output == ended.output
    told = json.loads(aula("translate", *options, "--json", stdin=text).output)
    assert [line["translation"] for line in told] == ended.output.split("\n")[:-1]
    assert [line["source"] for line in told] == text.split("\n")[:-1]
    assert {line["target"] for line in told} == {"german"}


def test_ctrl_c_keeps_the_lines_that_are_done(
    aula: Aula, tiny_models: TinyModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = language.result
    monkeypatch.setattr(language, "result", lambda text: (original(text), press_ctrl_c()))

    ended = aula("translate", "--beams", "1", "--model", tiny_models.t5(), stdin="One.\nTwo.\nThree.\n")

    assert ended.code == 130
    assert ended.output.count("\n") == 1
    assert "Stopping" in ended.errors


@pytest.mark.parametrize(
    ("options", "says"),
    [(("--to", "klingon"), "german"), (("--beams", "99"), "beams"), (("--precision", "fp16"), "fp32")],
)
def test_what_the_model_does_not_offer_is_one_sentence(
    aula: Aula, tiny_models: TinyModels, options: tuple[str, ...], says: str
) -> None:
    ended = aula("translate", "Good morning.", "--model", tiny_models.t5(), "--device", "cpu", *options)

    assert (ended.code, ended.output) == (1, "")
    assert says in ended.errors.splitlines()[-1]


# summarize


def test_summarize_prints_the_whole(aula: Aula, tiny_models: TinyModels) -> None:
    options = ("--length", "short", "--beams", "1", "--model", tiny_models.t5())

    ended = aula("summarize", *options, stdin=CONTEXT)
    told = json.loads(aula("summarize", CONTEXT, *options, "--json").output)

    assert ended.code == 0, ended.errors
    assert set(told) == {"summary", "parts", "length", "source_characters"}
    assert ended.output == told["summary"] + "\n"
    assert (told["parts"], told["length"], told["source_characters"]) == ([], "short", len(CONTEXT))


def test_a_stopped_summary_gives_the_parts(
    aula: Aula, tiny_models: TinyModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(language.ProgressLine, "update", press_ctrl_c)

    ended = aula("summarize", CONTEXT * 60, "--beams", "1", "--model", tiny_models.t5(), "--json")

    assert ended.code == 130
    told = json.loads(ended.output)
    assert told["summary"] is None
    assert len(told["parts"]) == 1


def test_without_a_t5_sentences_are_chosen(aula: Aula) -> None:
    ended = aula("summarize", "--beams", 2, stdin=f"{CONTEXT} Both sell cake. The library closes at six.")

    assert ended.code == 0, ended.errors
    assert ended.output == "The library opens at nine.\n"
    assert "Loading aula/extractive" in ended.errors
    assert "google-t5/t5-base knows more" in ended.errors


def test_chosen_sentences_are_told_with_their_scores(aula: Aula) -> None:
    source = f"{CONTEXT} Both sell cake. The library closes at six."
    ended = aula("summarize", source, "--length", "long", "--model", "aula/extractive", "--json")

    told = json.loads(ended.output)
    assert set(told) == {"summary", "parts", "length", "source_characters", "sentences"}
    assert told["summary"] == " ".join(sentence["text"] for sentence in told["sentences"] if sentence["chosen"])
    assert [source[sentence["start"] : sentence["end"]] for sentence in told["sentences"]] == [
        "The library opens at nine.", "The café beside it opens at eight.", "Both sell cake.",
        "The library closes at six.",
    ]  # fmt: skip


def test_a_t5_on_this_machine_comes_before_the_choice_of_sentences(aula: Aula, tiny_models: TinyModels) -> None:
    put_in_cache("google-t5/t5-small", tiny_models.t5())

    ended = aula("summarize", CONTEXT, "--max-new-tokens", 6)

    assert ended.code == 0, ended.errors
    assert "Loading google-t5/t5-small" in ended.errors


# generate


def test_generate_continues_the_prompt(aula: Aula, tiny_models: TinyModels) -> None:
    options = ("--seed", "3", *BRIEF, "--model", tiny_models.gpt2())

    ended = aula("generate", "Me gusta", *options)
    told = json.loads(aula("generate", *options, "--json", stdin="Me gusta\n").output)

    assert ended.code == 0, ended.errors
    assert set(told) == {"prompt", "text", "tokens", "seconds", "seed", "tokens_per_second", "finished", "settings"}
    assert ended.output == f"Me gusta{told['text']}\n"
    assert (told["prompt"], told["seed"], told["finished"]) == ("Me gusta", 3, True)
    assert told["tokens"] == 6
    assert "Seed 3." in ended.errors


def test_a_seed_is_chosen_and_told(aula: Aula, tiny_models: TinyModels) -> None:
    options = ("generate", "Me gusta", *BRIEF, "--model", tiny_models.gpt2(), "--json")

    first = json.loads(aula(*options).output)

    again = json.loads(aula(*options, "--seed", first["seed"]).output)
    assert again["text"] == first["text"]


def test_a_stopped_text_is_kept(aula: Aula, tiny_models: TinyModels, monkeypatch: pytest.MonkeyPatch) -> None:
    original = generation.result
    monkeypatch.setattr(generation, "result", lambda text, end="\n": (original(text, end), press_ctrl_c()))

    ended = aula("generate", "Me gusta", "--seed", "1", "--model", tiny_models.gpt2())

    assert ended.code == 130
    assert ended.output.startswith("Me gusta")
    assert ended.output.endswith("\n")


def test_the_defaults_are_those_of_the_course() -> None:
    settings = GenerationSettings()
    parameters = inspect.signature(generation.generate).parameters

    for name, value in settings.as_dict().items():
        if name != "seed":  # the page shows one; a terminal that always wrote the same text would puzzle
            assert parameters[name].default == value, name


def test_a_model_on_this_machine_comes_before_the_default(aula: Aula, tiny_models: TinyModels) -> None:
    storage = huggingface_cache() / "models--openai-community--gpt2"
    shutil.copytree(tiny_models.gpt2(), storage / "snapshots" / "0123")
    (storage / "refs").mkdir()
    (storage / "refs" / "main").write_text("0123")

    ended = aula("generate", "Hello", *BRIEF)

    assert ended.code == 0, ended.errors
    assert "Loading openai-community/gpt2" in ended.errors


def test_a_missing_model_is_told_at_once(aula: Aula) -> None:
    ended = aula("generate", "Hola", "--model", "datificate/gpt2-small-spanish")

    assert (ended.code, ended.output) == (1, "")
    assert ended.errors.startswith("datificate/gpt2-small-spanish is not on this machine yet.")
    assert "python aula.py models fetch datificate/gpt2-small-spanish" in ended.errors
