"""Second attempts at a translation that went wrong. What came out well is written once, as ever.

Small models misspell addresses, lose digits of numbers, and in a long sentence of a kind that they have hardly read
some say the same words again and again until they are cut. Given a name for the address and told what to mind, they
mostly find the address, often the number, and mostly an end. More cannot be expected: who is at a loss stays so, and
the translation says it.
"""

from collections.abc import Callable
from dataclasses import replace

from models.text.copied_numbers import COPIED_NUMBERS
from models.text.numbers import lost_numbers
from models.text.pieces import Written
from models.text.stated_tasks import TaskSettings
from models.text.task_settings import TextToTextSettings
from models.text.token_pieces import NO_CHARACTER
from models.text.verbatim import lost_things, stand_ins

# Tokens that may not follow one another twice. In the first attempt it would forbid good texts: two years of a century
# begin with the same digits.
NO_REPEAT = 3

Again = Callable[[TaskSettings, str], Written]


def mended(found: Written, source: str, task: TaskSettings, settings: TextToTextSettings, again: Again) -> Written:
    """What was `found` for `source`, or what `again` writes by a stricter task or of an easier text, if that is better.

    With addresses, amounts or emoji lost: with stand-ins for them. With numbers lost: only those of the source; then
    with stand-ins, too, which dates have as well. Each is taken if less is lost. Without an end, or in circles: no
    three tokens twice, taken if it ends; it is `repeated` all the same, as the model had no more to say. Not where a
    person has chosen: what is drawn stays as it was drawn, and own limits of length or repetition are meant.
    """
    if settings.sample:
        return found
    found = _with_less_lost(found, source, task, again)
    if (found.repeated or not found.finished) and _may_be_stricter(task, settings):
        ended = again(task | {"no_repeat_ngram_size": NO_REPEAT}, source)
        found = replace(ended, repeated=True) if ended.finished else found
    return found


def _with_less_lost(found: Written, source: str, task: TaskSettings, again: Again) -> Written:
    copied, easier = task | {COPIED_NUMBERS: True}, stand_ins(source)

    def better(task: TaskSettings, with_stand_ins: bool) -> Written:
        other = again(task, easier.text if with_stand_ins else source)
        other = replace(other, text=easier.put_back(other.text)) if with_stand_ins else other
        return min(found, other, key=lambda each: _faults(each, source))

    if easier.helps and lost_things(source, found.text):
        found = better(task, True)
    if found.finished and lost_numbers(source, found.text):
        found = better(copied, False)
    if easier.helps and found.finished and lost_numbers(source, found.text):
        found = better(copied, True)
    return found


def _faults(written: Written, source: str) -> tuple[bool, bool, bool, int]:
    lost = [*lost_numbers(source, written.text), *lost_things(source, written.text)]
    return not written.finished, written.repeated, NO_CHARACTER in written.text, len(lost)


def _may_be_stricter(task: TaskSettings, settings: TextToTextSettings) -> bool:
    is_strict = 0 < task.get("no_repeat_ngram_size", 0) <= NO_REPEAT
    return not is_strict and settings.no_repeat_ngram is None and settings.max_new_tokens is None
