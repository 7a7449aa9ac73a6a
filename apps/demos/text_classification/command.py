"""Sorts texts by a model's labels: classify. The other commands of the page have modules of their own."""

from typing import TYPE_CHECKING, Annotated

import typer

from apps.demos.text_classification.compare_command import compare
from apps.demos.text_classification.given_texts import Texts, TextsFile, given_texts
from apps.demos.text_classification.grade_command import grade as grade
from apps.demos.text_classification.zero_shot_command import zero_shot as zero_shot
from apps.terminal.on_cluster import on_cluster
from apps.terminal.options import AsJson, Device, EvenIfUnreadable, Precision, names_in
from apps.terminal.output import note, result, result_json
from apps.terminal.work import Failures, UntilStopped, end, load_model, note_if_strange, stoppable
from apps.words.doubts import about_text
from models.catalog import Task
from models.errors import InvalidInput
from models.failures import Failure
from models.folders import place_named
from serving import records

if TYPE_CHECKING:
    from models.text.occlusion import WordImportance
    from models.text_classification import Classification

MOST_WORDS = 10

Explain = Annotated[
    bool, typer.Option("--explain", help=f"Tell which words matter: the {MOST_WORDS} strongest, with --json all.")
]
ModelOrModels = Annotated[
    str | None,
    typer.Option(
        "--model",
        help="A model of the catalog, another Hugging Face id, or a folder; several, with commas, are compared. "
        "Left out: a full one that is on this machine, else the small one that comes with the suite.",
        metavar="ID|FOLDER",
    ),
]
Label = Annotated[
    str | None,
    typer.Option(help="Explain this label in all texts. Left out: the likeliest of each text.", metavar="NAME"),
]


@on_cluster("classify")
def classify(
    texts: Texts = None,
    file: TextsFile = None,
    explain: Explain = False,
    label: Label = None,
    even_if_unreadable: EvenIfUnreadable = False,
    model: ModelOrModels = None,
    device: Device = "auto",
    precision: Precision = None,
    as_json: AsJson = False,
) -> None:
    """Sort texts by the labels of a model, such as positive and negative.

    One line for each text: the likeliest label, its probability, the text. With --json, all labels. Empty lines are
    passed over. A text that the model cannot read is named, and the others are sorted. Several models are compared: a
    column for each, the texts on which they differ on top, how often they agree, time and size.
    \f
    With --json: with several models an object instead:
    `models` (each with `model`, `labels`, `seconds`, `load_seconds`, `footprint`, `disk_bytes`, `device`, `precision`,
    `error`, `complete`), `agreement` (`texts`, `same`, `share`: where all comparable models say the same; `pairs` with
    `first`, `second`, `texts`, `share` and `matching`, null for two whose labels cannot be compared) and `texts`, those
    on which models differ first: `number`, `text`, `differ` and `answers`, by model.
    """
    given = given_texts(texts, file)
    models = _models(model)
    if len(models) > 1:
        if explain or label is not None:
            raise InvalidInput("--explain and --label are for one model. Name one, or leave them out.")
        raise typer.Exit(compare(given, models, device, precision, as_json, even_if_unreadable))
    classifier = load_model(Task.TEXT_CLASSIFICATION, model, device, precision)
    if label is not None:
        classifier.require_label(label)
    note_if_strange(classifier.card, "\n".join(given.values()))
    width = max(len(name) for name in classifier.labels)
    kind = "Text" if texts else "Line"
    failures = Failures(kind, len(texts) if texts else None)
    with stoppable() as cancelled:
        work = UntilStopped(
            records.classified(classifier, given, explain or label is not None, label, cancelled, even_if_unreadable)
        )
        done = []
        for number, found, words in work:
            if isinstance(found, Failure):
                failures.name(found)
                done.append(found.as_dict())
                continue
            done.append(records.classification(found, label, words))
            if found.truncated:
                note(f"{kind} {number} is longer than the model reads; its end did not count.")
            doubt = about_text(found, classifier.card.model_id, f"{kind.lower()} {number}")
            if doubt is not None:
                note(doubt)
            if not as_json:
                _show(found, words, width)
    if as_json:
        result_json(done)
    end(work.stopped, failed=failures.met)


def _models(named: str | None) -> list[str]:
    """The models of --model, separated by commas; a folder whose name has a comma is one."""
    return names_in([named]) if named is not None and place_named(named) is None else []


def _show(classification: "Classification", words: "list[WordImportance] | None", width: int) -> None:
    result(f"{classification.label.ljust(width)}  {classification.score:.3f}  {' '.join(classification.text.split())}")
    strongest = sorted(words or [], key=lambda word: abs(word.importance), reverse=True)
    for word in strongest[:MOST_WORDS]:
        result(f"{' ' * width}  {word.importance:+.3f}  {word.text}")
