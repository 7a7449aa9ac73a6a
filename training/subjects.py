"""Single sentences as short texts, each about one thing.

The collection has them in no order, and a writer that reads them so learns to change the subject at each full stop.
They are translations, and the suite's own sentence encoder reads the language that they were translated from: sentences
whose vectors are near each other make a text, in which nobody asks in between and nobody turns from him into her.
"""

import random
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch
from torch import Tensor

from models.catalog import Task
from models.precision import BF16
from models.sentence_encoder import SentenceEncoder
from models.weights.cards import find_card
from training.sentence_pairs import Pair, read_rows

ENCODER = "aula/minilm"
EVERYDAY = "translation/en-es.train.tsv.gz"
OTHER = "translation/other.en-es.train.tsv.gz"
TODAY = ("dialogue", "health", "news", "stories", "web", "wiki")  # kinds of OTHER that people write today
LENGTH = 8  # sentences of a text, at most
NEAR = 64  # sentences that are looked at for each
ALIKE = (0.45, 0.85)  # cosines of what goes together: with less it is about something else, with more says the same
ROWS_AT_ONCE = 1_024

# Every sixth sentence is about Tom; in a text all of them are about the same person, who has one of these names.
NAMES = {
    "Tom": ("Pedro", "Juan", "Carlos", "Luis", "Miguel", "Javier", "Andrés", "Diego", "Pablo", "Daniel"),
    "Mary": ("Lucía", "Ana", "Marta", "Elena", "Sofía", "Carmen", "Laura", "Paula", "Rosa", "Julia"),
}
# Of each, the English pronoun, which the encoder reads instead, so that sentences are near by what happens and not
# because it happens to Tom; and the Spanish one, as a pattern.
PRONOUNS = {"Tom": ("he", "[Éé]l"), "Mary": ("she", "[Ee]lla")}


@dataclass(frozen=True)
class Subjects:
    """Sentences; their vectors of length 1, shape (sentences, width); and who is near whom, shape (sentences, NEAR)."""

    sentences: Sequence[str]
    vectors: Tensor
    near: Tensor

    def texts(self, generator: random.Random) -> Iterator[str]:
        """As many sentences as there are, some perhaps twice and others never, each text with other neighbours."""
        for first in generator.sample(range(len(self.sentences)), len(self.sentences) // LENGTH):
            text = " ".join(self.sentences[number] for number in self._beside(first, generator))
            yield with_other_names(text, generator)

    def _beside(self, first: int, generator: random.Random) -> list[int]:
        """`first` and at most LENGTH - 1 of its neighbours, no two of which say the same."""
        least, most = ALIKE
        taken, candidates = [first], self.near[first].tolist()
        for candidate in generator.sample(candidates, len(candidates)):
            if not fits([self.sentences[number] for number in taken], self.sentences[candidate]):
                continue
            cosines = self.vectors[taken] @ self.vectors[candidate]  # (taken,)
            if cosines[0] > least and cosines.max() < most:
                taken.append(candidate)
            if len(taken) == LENGTH:
                break
        return self._chain(taken)

    def _chain(self, numbers: Sequence[int]) -> list[int]:
        """The sentences from the first one on, behind each the one nearest to it that is left."""
        order, left = [numbers[0]], list(numbers[1:])
        while left:
            nearest = int((self.vectors[left] @ self.vectors[order[-1]]).argmax())
            order.append(left.pop(nearest))
        return order


def fits(text: Sequence[str], sentence: str) -> bool:
    """Whether a sentence can go on a text: a question only what began with one, and not him where she is spoken of."""
    spoken_of = {person for said in text for person in persons(said)}
    asks = "¿" in sentence and "¿" not in text[0]
    return not asks and (not spoken_of or persons(sentence) <= spoken_of)


@cache  # each is asked about some fifty times
def persons(sentence: str) -> frozenset[str]:
    """Those of NAMES who are in a Spanish sentence, by name or by pronoun."""
    return frozenset(name for name, (_, pronoun) in PRONOUNS.items() if re.search(rf"\b({name}|{pronoun})\b", sentence))


def everyday(data: Path, held_out: str) -> list[Pair]:
    """The everyday pairs in `data` whose Spanish sentence is not in `held_out`, the text to be measured on."""
    return [row for row in _rows(data / EVERYDAY) if row[1] not in held_out]


def today(data: Path, held_out: str) -> list[Pair]:
    """The pairs of TODAY in `data` whose Spanish sentence is not in `held_out`."""
    return [row for row in _rows(data / OTHER) if row[2] in TODAY and row[1] not in held_out]


def _rows(file: Path) -> list[Pair]:
    return read_rows(file) if file.is_file() else []


def subjects(pairs: Iterable[Pair], device: str = "cpu") -> Subjects:
    """The Spanish sentences of English–Spanish pairs, each once."""
    by_spanish = {row[1]: row[0] for row in pairs}
    encoder = SentenceEncoder.load(find_card(ENCODER, Task.SENTENCE_SIMILARITY), device, BF16)
    vectors = encoder.encode([about_anybody(english) for english in by_spanish.values()], even_if_unreadable=True)
    return Subjects(list(by_spanish), vectors, neighbours(vectors))


def neighbours(vectors: Tensor) -> Tensor:
    """Of each vector the NEAR with the highest cosine, itself left out: shape (vectors, NEAR) or fewer columns."""
    count, near = min(NEAR + 1, len(vectors)), []
    for rows in vectors.split(ROWS_AT_ONCE):  # all products at once would be some 40 GB
        near.append((rows @ vectors.T).topk(count, dim=1).indices[:, 1:])
    return torch.cat(near)


def about_anybody(english: str) -> str:
    """The sentence with a pronoun for each of NAMES."""
    return re.sub(rf"\b({'|'.join(PRONOUNS)})\b", lambda name: PRONOUNS[name[0]][0], english)


def with_other_names(text: str, generator: random.Random) -> str:
    """The text about other people: each of NAMES is the same one throughout."""
    for name, others in NAMES.items():
        text = re.sub(rf"\b{name}\b", generator.choice(others), text)
    return text
