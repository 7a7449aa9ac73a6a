"""Sorts texts by labels that are typed: zero-shot."""

from typing import TYPE_CHECKING, Annotated

import typer

from apps.demos.text_classification.given_texts import Texts, TextsFile, given_texts
from apps.terminal.options import AsJson, Device, EvenIfUnreadable, Model, Precision
from apps.terminal.output import note, result, result_json
from apps.terminal.work import Failures, UntilStopped, end, load_model, note_if_strange, stoppable
from apps.words.doubts import about_text
from models.catalog import Task
from models.failures import Failure
from models.text.label_sentences import TEMPLATE, LabelSentences, labels_in
from serving import records

if TYPE_CHECKING:
    from models.zero_shot import LabelScores

VERB = "label"
MOST_SHOWN = 5  # labels of a text; --json has all

Labels = Annotated[
    list[str], typer.Option("--labels", help="The labels, separated by commas; or repeat it.", metavar="A,B,C")
]
Template = Annotated[str, typer.Option(help="The sentence of each label, which stands in the place of {}.")]
Several = Annotated[
    bool, typer.Option("--multi", help="Several labels may be true, or none: each is judged by itself.")
]


def zero_shot(
    labels: Labels,
    texts: Texts = None,
    file: TextsFile = None,
    template: Template = TEMPLATE,
    multi: Several = False,
    even_if_unreadable: EvenIfUnreadable = False,
    model: Model = None,
    device: Device = "auto",
    precision: Precision = None,
    as_json: AsJson = False,
) -> None:
    """Sort texts by labels of your own, with a model that was never trained for them.

    One line for each text: the best label, its number, the text; below it the other labels. The small model that comes
    with the suite compares only: its numbers are similarities and no probabilities.
    """
    wanted = LabelSentences(tuple(label for several in labels for label in labels_in(several)), template, multi)
    wanted.require_usable()
    given = given_texts(texts, file)
    sorter = load_model(Task.ZERO_SHOT, model, device, precision, VERB)
    note_if_strange(sorter.card, "\n".join(given.values()))
    kind = "Text" if texts else "Line"
    failures, numbers = Failures(kind, len(texts) if texts else None), iter(given)
    with stoppable() as cancelled:
        work = UntilStopped(sorter.sort_each(list(given.values()), wanted, cancelled, even_if_unreadable))
        done: list[LabelScores | Failure] = []
        for found in work:
            number = next(numbers)
            if isinstance(found, Failure):
                found = Failure(number, found.text, found.error)
                failures.name(found)
            else:
                _tell(found, sorter.card.model_id, f"{kind} {number}")
                if not as_json:
                    _show(found)
            done.append(found)
    if as_json:
        complete = not work.stopped and not failures.met
        result_json(records.by_own_labels(sorter, wanted, [found.as_dict() for found in done], complete))
    elif done:
        note(_measure(sorter))
    end(work.stopped, failures.met)


def _tell(found: "LabelScores", model_id: str, what: str) -> None:
    if found.truncated:
        note(f"{what} is longer than the model reads; its end did not count.")
    doubt = about_text(found, model_id, what.lower())
    if doubt is not None:
        note(doubt)


def _show(found: "LabelScores") -> None:
    best = sorted(found.scores, key=lambda label: -found.scores[label])[:MOST_SHOWN]
    width = max(map(len, best))
    result(f"{found.label.ljust(width)}  {found.score:.3f}  {' '.join(found.text.split())}")
    for label in best[1:]:
        result(f"{label.ljust(width)}  {found.scores[label]:.3f}")


def _measure(sorter: object) -> str:
    from models.zero_shot import MEASURES

    return f"The number is a {MEASURES[sorter.measure]}."  # type: ignore[attr-defined]
