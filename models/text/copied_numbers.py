"""Numbers that are copied from what is read or not written at all: a search is not allowed any other digits.

A small model that spells numbers digit by digit ends one too early or too late: 100 becomes 10, 2010 becomes 20101010.
Beams are held to the numbers of their source as De Cao et al. (2021, “Autoregressive Entity Retrieval”) hold them to a
list of names: what is begun must be the beginning of one, and is left only when it is whole. Knows tokens, not models.
"""

import re
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor
from transformers import LogitsProcessor

from models.text.numbers import western

COPIED_NUMBERS = "copied_numbers"  # the setting of a task that asks for it
_DIGITS = re.compile(r"\d+")
_NOT_DIGITS = re.compile(r"\D+")
_NO_TEXT = re.compile(r"<.+>")  # “<pad>”, and bytes: “<0x80>” has digits in its name only
_OTHER = " "  # stands for a token without digits


def tokens_with_digits(pieces: Sequence[str]) -> dict[int, str]:
    """Those of a vocabulary's pieces that hold a digit, by their numbers; digits of any script as 0 to 9."""
    return {
        number: western(piece)
        for number, piece in enumerate(pieces)
        if _DIGITS.search(piece) and not _NO_TEXT.fullmatch(piece)
    }


class CopiedNumbers(LogitsProcessor):
    """Lets each number be written with just the digits that it has in its source; one without numbers allows any.

    Points, commas and spaces are free: of 1,000.50 the digits are 1, 000 and 50, and may be written as 1 000,50.
    """

    def __init__(self, with_digits: Mapping[int, str], sources: Sequence[Sequence[int]]):
        """`with_digits` is what `tokens_with_digits` gives, `sources` are the tokens of each text that is read."""
        self._with_digits = with_digits
        self._numbers = [frozenset(_DIGITS.findall(self._digits(source))) for source in sources]
        self._found: dict[tuple[frozenset[str], str], Tensor] = {}

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        """The scores, shape (texts × beams, vocabulary), with minus infinity for what may not follow."""
        beams = len(input_ids) // len(self._numbers)
        forbidden = [
            self._forbidden(self._numbers[row // beams], _last_part(self._digits(tokens)), scores.shape[1])
            for row, tokens in enumerate(input_ids.tolist())
        ]
        return scores.masked_fill(torch.stack(forbidden).to(scores.device), -torch.inf)

    def _digits(self, tokens: Sequence[int]) -> str:
        return "".join(self._with_digits.get(token, _OTHER) for token in tokens)

    def _forbidden(self, numbers: frozenset[str], begun: str, vocabulary: int) -> Tensor:
        """What may not follow these digits, shape (vocabulary,)."""
        if (numbers, begun) not in self._found:
            forbidden = torch.full((vocabulary,), not _are_copied(begun + _OTHER, numbers))
            for token, piece in self._with_digits.items():
                forbidden[token] = not _are_copied(begun + piece, numbers)
            self._found[numbers, begun] = forbidden
        return self._found[numbers, begun]


def _last_part(text: str) -> str:
    """The digits at the end, which may go on; mostly none."""
    return _NOT_DIGITS.split(text)[-1]


def _are_copied(text: str, numbers: frozenset[str]) -> bool:
    """Whether all digits in it are those numbers, and those at its end the beginning of one."""
    *whole, begun = _NOT_DIGITS.split(text)
    return not numbers or (
        all(number in numbers for number in whole if number) and any(number.startswith(begun) for number in numbers)
    )
