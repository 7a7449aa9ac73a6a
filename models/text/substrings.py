"""The longest run of words that one text shares with another, found in one walk: a suffix automaton.

Blumer et al., 1985, “The smallest automaton recognizing the subwords of a text”,
https://doi.org/10.1016/0304-3975(85)90157-4. Built in time and memory in proportion to the text, whatever it repeats;
comparing at every place with every place would take hours for a text of one word said again and again.
"""

from collections.abc import Sequence


class Substrings:
    """All runs of neighbouring items of a sequence; each state stands for the runs that end at the same places."""

    def __init__(self, items: Sequence[str]):
        self._next: list[dict[str, int]] = [{}]
        self._shorter = [-1]  # the state of the longest run that ends at more places
        self._length = [0]  # of the longest run of the state
        self._end = [0]  # where it ends for the first time
        last = 0
        for place, item in enumerate(items):
            last = self._append(item, place + 1, last)

    def longest(self, items: Sequence[str], start: int = 0) -> tuple[int, int]:
        """How many items from `start` on stand in the sequence in that order, and where they begin there first."""
        state, length = 0, 0
        for place in range(start, len(items)):
            following = self._next[state].get(items[place])
            if following is None:
                break
            state, length = following, length + 1
        return length, self._end[state] - length

    def __contains__(self, items: Sequence[str]) -> bool:
        return self.longest(items)[0] == len(items)

    def _append(self, item: str, end: int, last: int) -> int:
        new = self._state({}, -1, end, end)
        state = last
        while state >= 0 and item not in self._next[state]:
            self._next[state][item] = new
            state = self._shorter[state]
        self._shorter[new] = 0 if state < 0 else self._split(state, item)
        return new

    def _split(self, state: int, item: str) -> int:
        """The state of exactly the longest run of `state` and then `item`; it is made where only longer ones had it."""
        target = self._next[state][item]
        if self._length[target] == self._length[state] + 1:
            return target
        copy = self._state(dict(self._next[target]), self._shorter[target], self._length[state] + 1, self._end[target])
        self._shorter[target] = copy
        while state >= 0 and self._next[state].get(item) == target:
            self._next[state][item] = copy
            state = self._shorter[state]
        return copy

    def _state(self, following: dict[str, int], shorter: int, length: int, end: int) -> int:
        self._next.append(following)
        self._shorter.append(shorter)
        self._length.append(length)
        self._end.append(end)
        return len(self._next) - 1
