"""A model that goes round in circles: how to see it, and what to leave of it. Knows tokens, not models or text.

“non non non non …” is what a translator writes about what it does not understand, up to the longest output there is.
The search itself stays as it is, so that a text without circles comes out as ever.
"""

from collections.abc import Mapping, Sequence

from torch import BoolTensor, FloatTensor, LongTensor, tensor
from transformers import StoppingCriteria

# How often in a row a sequence of tokens may stand: “no, no, no, no!” is a text, and 1 000 000 000 is a number.
MOST_TIMES, SHORT, MOST_TIMES_SHORT = 2, 4, 4
LONGEST_CIRCLE = 200  # tokens; looking for longer ones would take seconds
HOPELESS = 32  # tokens in circles, after which nobody waits for something else

Circles = Mapping[int, int]  # for each size in tokens, how often in a row a sequence of that size stands


def circles(tokens: Sequence[int] | Sequence[str]) -> Circles:
    """Which tokens, or words, stand there at least twice in a row.

    1 2 3 2 3 2 3 has two tokens, 2 3, three times in a row: {2: 3}.
    """
    found: dict[int, int] = {}
    for size in range(1, min(LONGEST_CIRCLE, len(tokens) // 2) + 1):
        times = _longest_run(tokens, size) // size + 1
        if times > 1:
            found[size] = times
    return found


def _longest_run(tokens: Sequence[int] | Sequence[str], size: int) -> int:
    """How many tokens in a row are equal to those `size` further on, at most; seen in one walk, however long it is."""
    longest = run = 0
    for one, other in zip(tokens, tokens[size:], strict=False):
        run = run + 1 if one == other else 0
        longest = max(longest, run)
    return longest


def without_circles(tokens: Sequence[int], source: Circles) -> list[int]:
    """The tokens with each sequence as often in a row as it may stand: twice, or four times if it is a short one.

    Where the source goes round in circles its translation may, too: as often, with up to three tokens for one.
    """
    left = list(tokens)
    while (circle := _first_circle(left, source)) is not None:
        begin, end = circle
        del left[begin:end]
    return left


def _first_circle(tokens: Sequence[int], source: Circles) -> tuple[int, int] | None:
    """From where to where tokens are too much: the first such place, of the shortest sequence that goes round there."""
    found: list[tuple[int, int]] = []
    for size in range(1, min(LONGEST_CIRCLE, len(tokens) // 2) + 1):
        enough = size * _most_times(size, source)
        for start in range(len(tokens) - enough):
            run = _run(tokens, start, size)
            if run >= enough:
                found.append((start + enough, start + size + run))
                break
    return min(found, default=None)


def _most_times(size: int, source: Circles) -> int:
    own = MOST_TIMES_SHORT if size < SHORT else MOST_TIMES
    return max([own, *(times for of_source, times in source.items() if size <= 3 * of_source)])


def _run(tokens: Sequence[int], start: int, size: int) -> int:
    """How many tokens from `start` on are equal to those `size` further on."""
    place = start
    while place + size < len(tokens) and tokens[place] == tokens[place + size]:
        place += 1
    return place - start


class AllInCircles(StoppingCriteria):
    """Ends a search for a text when each of its beams has been going round in circles for a while.

    One that goes round may yet be beaten by one that does not; when all do, nothing else will come.
    """

    def __init__(self, *sources: Circles):
        """The circles of each source whose text is searched for."""
        self.sources = sources

    def __call__(self, input_ids: LongTensor, scores: FloatTensor, **options: object) -> BoolTensor:
        """The same answer for all beams of a text, shape (texts × beams,)."""
        rows, beams = input_ids.tolist(), len(input_ids) // len(self.sources)
        hopeless = [
            all(goes_round(row, source) for row in rows[number * beams : (number + 1) * beams])
            for number, source in enumerate(self.sources)
        ]
        return tensor(hopeless, device=input_ids.device).repeat_interleave(beams)  # type: ignore[return-value]


def goes_round(tokens: Sequence[int], source: Circles) -> bool:
    """Whether the last tokens, 32 or more, are one sequence again and again, and more often than it may stand."""
    if len(tokens) < HOPELESS:
        return False
    for size in range(1, min(LONGEST_CIRCLE, len(tokens) // (MOST_TIMES + 1)) + 1):
        if tokens[-1] != tokens[-1 - size]:  # asked first: this is looked at after every token of every beam
            continue
        length = max(size * (_most_times(size, source) + 1), HOPELESS)
        if length <= len(tokens) and all(tokens[-n] == tokens[-n - size] for n in range(1, length - size + 1)):
            return True
    return False
