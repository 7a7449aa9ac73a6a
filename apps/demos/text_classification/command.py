"""Sorts texts by a model's labels: classify."""

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from apps.terminal.options import AsJson, Device, EvenIfUnreadable, Model, Precision
from apps.terminal.output import note, result, result_json
from apps.terminal.text_input import read_lines
from apps.terminal.work import UntilStopped, end, load_model, stoppable
from apps.words.doubts import about_text
from models.catalog import Task
from models.errors import InvalidInput

if TYPE_CHECKING:
    from models.text.occlusion import WordImportance
    from models.text_classification import Classification, TextClassifier

MOST_WORDS = 10

Texts = Annotated[
    list[str] | None,
    typer.Argument(help="One or more texts. Left out: --file, or standard input, one text a line.", metavar="TEXT"),
]
TextsFile = Annotated[
    Path | None, typer.Option("--file", help="Read the texts from this file (UTF-8), one a line.", metavar="FILE")
]
Explain = Annotated[
    bool, typer.Option("--explain", help=f"Tell which words matter: the {MOST_WORDS} strongest, with --json all.")
]
Label = Annotated[
    str | None,
    typer.Option(help="Explain this label in all texts. Left out: the likeliest of each text.", metavar="NAME"),
]


def classify(
    texts: Texts = None,
    file: TextsFile = None,
    explain: Explain = False,
    label: Label = None,
    even_if_unreadable: EvenIfUnreadable = False,
    model: Model = None,
    device: Device = "auto",
    precision: Precision = None,
    as_json: AsJson = False,
) -> None:
    """Sort texts by the labels of a model, such as positive and negative.

    One line for each text: the likeliest label, its probability, the text. With --json, all labels. Empty lines are
    passed over.
    \f
    With --json: a list with, for each text, `text`, `label` (the likeliest), `score`, `scores` (of each label),
    `truncated` (whether its end was cut off), `unreadable` (the share of the text, 0 to 1, that the model's vocabulary
    lacks), `unreadable_signs` (some of it) and, with `--explain` or `--label`, `explained` (that label) and `words`
    (`text`, `importance`, and `start` and `end` in characters of the text).
    """
    given = _texts(texts, file)
    classifier = load_model(Task.TEXT_CLASSIFICATION, model, device, precision)
    width = max(len(name) for name in classifier.labels)
    with stoppable() as cancelled:
        work = UntilStopped(
            _work(classifier, given, explain or label is not None, label, cancelled, even_if_unreadable)
        )
        done = []
        for classification, words in work:
            done.append(classification.as_dict() | _words_as_json(label or classification.label, words))
            if classification.truncated:
                note(f"Text {len(done)} is longer than the model reads; its end did not count.")
            doubt = about_text(classification, classifier.card.model_id, f"text {len(done)}")
            if doubt is not None:
                note(doubt)
            if not as_json:
                _show(classification, words, width)
    if as_json:
        result_json(done)
    end(work.stopped)


def _texts(texts: list[str] | None, file: Path | None) -> list[str]:
    if texts and file is not None:
        raise InvalidInput("Give the texts as arguments or with --file, not both.")
    given = texts or [line for line in read_lines(None, file) if line.strip()]
    if not given:
        raise InvalidInput("There is no text. Give some as arguments, with --file, or on standard input.")
    return given


def _work(
    classifier: "TextClassifier",
    texts: Sequence[str],
    explain: bool,
    label: str | None,
    cancelled: threading.Event,
    even_if_unreadable: bool,
) -> "Iterator[tuple[Classification, list[WordImportance] | None]]":
    """Each text with its words, or with None where they are not asked for."""
    for classification in classifier.classify_each(texts, cancelled, even_if_unreadable):
        yield classification, classifier.explain(classification.text, label, cancelled) if explain else None


def _words_as_json(label: str, words: "list[WordImportance] | None") -> dict[str, Any]:
    return {} if words is None else {"explained": label, "words": [word.as_dict() for word in words]}


def _show(classification: "Classification", words: "list[WordImportance] | None", width: int) -> None:
    result(f"{classification.label.ljust(width)}  {classification.score:.3f}  {' '.join(classification.text.split())}")
    strongest = sorted(words or [], key=lambda word: abs(word.importance), reverse=True)
    for word in strongest[:MOST_WORDS]:
        result(f"{' ' * width}  {word.importance:+.3f}  {word.text}")
