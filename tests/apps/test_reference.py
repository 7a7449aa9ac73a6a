"""The document about the terminal says what the commands say."""

from apps import reference


def test_the_document_is_current() -> None:
    written = reference.DOCUMENT.read_text(encoding="utf-8")

    assert written == reference.reference(), "Run `python -m apps.reference` and commit docs/cli.md."


def test_every_command_is_in_it() -> None:
    document = reference.reference()

    for command in (
        "run",
        "test",
        "setup",
        "bits",
        "tensor",
        "detect",
        "answer",
        "translate",
        "summarize",
        "classify",
        "generate",
        "memory",
        "quantize",
        "train",
    ):
        assert f"## `python aula.py {command}`" in document
    for command in ("list", "fetch", "free", "share"):
        assert f"## `python aula.py models {command}`" in document
