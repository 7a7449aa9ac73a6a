"""Sorts texts by labels that are typed: zero-shot."""

from typing import TYPE_CHECKING, Annotated

import typer

from apps.demos.text_classification.given_texts import Texts, TextsFile, given_texts
from apps.terminal.options import AsJson, Device, EvenIfUnreadable, Model, Precision
from apps.terminal.output import note, result, result_json
from apps.terminal.work import Failures, UntilStopped, end, load_model, stoppable
from apps.words.doubts import about_text
from models.catalog import Task
from models.failures import Failure
from models.text.label_sentences import TEMPLATE, LabelSentences, labels_in

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
    \f
    With --json: an object with `model`, `labels`, `template`, `several` (`--multi`), `measure` (what the numbers are:
    a probability, or a similarity that is none), `complete` and `results`, a list with, for each text, `text`, `label`
    (the best), `score`, `scores` (of each label), `truncated`, `unreadable`, `unreadable_signs`, `measure`, `several`,
    `template` and, with `--multi` where the numbers are probabilities, `true_labels` (those from 0.5 on); for a text
    that could not be sorted, `number`, `text` and `error` instead.
    """
    wanted = LabelSentences(tuple(label for several in labels for label in labels_in(several)), template, multi)
    wanted.require_usable()
    given = given_texts(texts, file)
    sorter = load_model(Task.ZERO_SHOT, model, device, precision, VERB)
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
        result_json(_as_dict(sorter, wanted, done, not work.stopped and not failures.met))
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


def _as_dict(
    sorter: object, wanted: LabelSentences, done: "list[LabelScores | Failure]", complete: bool
) -> dict[str, object]:
    from models.zero_shot import MEASURES

    return {
        "model": sorter.card.model_id,  # type: ignore[attr-defined]
        "labels": list(wanted.labels),
        "template": wanted.template,
        "several": wanted.several,
        "measure": MEASURES[sorter.measure],  # type: ignore[attr-defined]
        "complete": complete,
        "results": [found.as_dict() for found in done],
    }
