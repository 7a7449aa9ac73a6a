"""Second attempts at a translation that went wrong. What came out well is written once, as ever.

Small models lose digits of numbers, and in a long sentence of a kind that they have hardly read some say the same words
again and again until they are cut. Told what to mind, they often find the number, and mostly an end. More cannot be
expected: who is at a loss stays so, and the translation says it.
"""

from collections.abc import Callable
from dataclasses import replace

from models.text.copied_numbers import COPIED_NUMBERS
from models.text.numbers import lost_numbers
from models.text.pieces import Written
from models.text.stated_tasks import TaskSettings
from models.text.task_settings import TextToTextSettings

# Tokens that may not follow one another twice. In the first attempt it would forbid good texts: two years of a century
# begin with the same digits.
NO_REPEAT = 3

Again = Callable[[TaskSettings], Written]


def mended(found: Written, source: str, task: TaskSettings, settings: TextToTextSettings, again: Again) -> Written:
    """What was `found` for `source`, or what `again` writes by a stricter task, where that is better.

    With numbers lost: only those of the source, taken if fewer are lost. Without an end, or in circles: no three tokens
    twice, taken if it ends; it is `repeated` all the same, as the model had no more to say. Not where a person has
    chosen: what is drawn stays as it was drawn, and own limits of length or repetition are meant.
    """
    if settings.sample:
        return found
    if found.finished and lost_numbers(source, found.text):
        copied = again(task | {COPIED_NUMBERS: True})
        found = min(found, copied, key=lambda each: _faults(each, source))
    if (found.repeated or not found.finished) and _may_be_stricter(task, settings):
        ended = again(task | {"no_repeat_ngram_size": NO_REPEAT})
        found = replace(ended, repeated=True) if ended.finished else found
    return found


def _faults(written: Written, source: str) -> tuple[bool, bool, int]:
    return not written.finished, written.repeated, len(lost_numbers(source, written.text))


def _may_be_stricter(task: TaskSettings, settings: TextToTextSettings) -> bool:
    is_strict = 0 < task.get("no_repeat_ngram_size", 0) <= NO_REPEAT
    return not is_strict and settings.no_repeat_ngram is None and settings.max_new_tokens is None
