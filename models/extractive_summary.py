"""ExtractiveSummarizer: a summary made of the text's own sentences. It selects; it cannot rephrase.

A text without sentences is cut where `models.text.passages` says: at lines, pauses, or after so many words.

A sentence encoder turns each sentence into a vector, and `models.text.sentence_ranking` finds those that say most.
Nothing is written by a model, so nothing can be invented; but a thought that no sentence says is not in the summary
either.
"""

import threading
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from models.cancellation import stop_if
from models.errors import InvalidInput
from models.sentence_encoder import OnEncoder
from models.text.passages import FEWEST, LINES, NO_SPACES, SENTENCES, WHOLE, Passages, passages, word_count
from models.text.pieces import Piece
from models.text.readable import Unreadable, require_readable
from models.text.segmentation import require_text
from models.text.sentence_ranking import Numbers, choose, lexrank, positions, relevance, repetitions, similarities

MOST_CHARACTERS = 200_000
MOST_SENTENCES = 5_000  # each is compared with each: 100 MB of similarities

# Each length as a share of the source's words, and the most words of it: a summary of a book should not be a book.
LENGTHS = {"short": (0.15, 150), "medium": (0.3, 300), "long": (0.45, 600)}


@dataclass(frozen=True)
class Sentence:
    """A sentence of the source, where it stands there in characters, and why it was chosen or not.

    `score` is any number, higher is better; chosen are the highest, except where one repeats another. It is made of
    `centrality` (above 0, 1 is the average of the text), `position` (1.2 for the first sentence, then from 1 towards
    0) and `repetition` (0 to 1: the share of its words that other sentences use as well).
    """

    text: str
    start: int
    end: int
    score: float
    centrality: float
    position: float
    repetition: float
    chosen: bool


@dataclass(frozen=True)
class Selection(Piece):
    """The one piece of an extractive summary: the chosen sentences as its text, and all of them with their scores.

    `made_of` says what these “sentences” really are: “sentences”, “lines”, or stretches between “pauses” or of certain
    “lengths” where a text has no sentences to choose from; “whole” where all of it came back, being too short.
    """

    sentences: tuple[Sentence, ...] = ()
    made_of: str = SENTENCES


class ExtractiveSummarizer(OnEncoder):
    """Chooses the sentences that say most of a text, with the help of a sentence encoder."""

    def summarize(
        self,
        text: str,
        length: str = "medium",
        cancelled: threading.Event | None = None,
        even_if_unreadable: bool = False,
    ) -> Iterator[Selection]:
        """What `select` gives, as the one piece of an iterator: models that write a summary give several.

        Raises:
            InvalidInput: as `select`, at once.
            OutOfMemory, Cancelled: as `select`, while iterating.
        """
        found = _require_usable(text, length)
        lost = require_readable(self.tokenizer, self.card.model_id, text, even_if_unreadable)

        def pieces() -> Iterator[Selection]:
            yield self._select(text, found, lost, length, cancelled)

        return pieces()

    def select(
        self,
        text: str,
        length: str = "medium",
        cancelled: threading.Event | None = None,
        even_if_unreadable: bool = False,
    ) -> Selection:
        """The sentences that say most of `text`, in its order.

        `length` is “short”, “medium” or “long”: 15, 30 or 45 % of the source's words (at most 150, 300 or 600), as near
        as whole sentences come to it, and at least one sentence. Sentences of more than 60 words are cut. One or two
        sentences of at most 60 words together come back as they are.

        Raises:
            InvalidInput: no text, more than 200,000 characters or 5,000 sentences, or another length; or the tokenizer
                cannot represent more than half of the text, unless `even_if_unreadable`.
            PrecisionNotApplicable, OutOfMemory, Cancelled: as `SentenceEncoder.encode`.
        """
        [selection] = self.summarize(text, length, cancelled, even_if_unreadable)
        return selection

    def _select(
        self, text: str, found: Passages, lost: Unreadable, length: str, cancelled: threading.Event | None
    ) -> Selection:
        spans = found.spans
        texts = [" ".join(text[start:end].split()) for start, end in spans]
        vectors = self.encoder.encode(texts, cancelled, even_if_unreadable=True)  # the whole was looked at before
        similar = similarities(vectors.numpy())  # (sentences, sentences)
        stop_if(cancelled)
        # Each of these has one number for each sentence.
        centrality, position, repetition = lexrank(similar), positions(len(texts)), repetitions(texts)
        score = relevance(centrality, position, repetition)
        chosen = _chosen(texts, score, similar, length)
        sentences = tuple(
            Sentence(
                text[slice(*spans[number])] if found.kind == LINES else texts[number],
                *spans[number],
                score=float(score[number]),
                centrality=float(centrality[number]),
                position=float(position[number]),
                repetition=float(repetition[number]),
                chosen=number in chosen,
            )
            for number in range(len(texts))
        )
        return Selection(
            text,
            _together(sentences, found.kind),
            0,
            1,
            "whole",
            0,
            sentences,
            found.kind,
            unreadable=lost.share,
            unreadable_signs=lost.signs,
        )


def _together(sentences: tuple[Sentence, ...], kind: str) -> str:
    """The chosen ones as a text: lines stay lines, and where something was cut out of a sentence stands “…”."""
    text, last = "", -1
    for number, sentence in enumerate(sentences):
        if sentence.chosen:
            text += (_between(text, sentence.text, kind, number == last + 1) if text else "") + sentence.text
            last = number
    return text


def _between(before: str, after: str, kind: str, neighbours: bool) -> str:
    if kind == LINES:
        return "\n"
    if kind not in (SENTENCES, WHOLE) and not neighbours:
        return " … "
    without_space = NO_SPACES.match(before[-1]) and NO_SPACES.match(after[0])
    return "" if without_space else " "


def _chosen(sentences: list[str], scores: Numbers, similar: Numbers, length: str) -> set[int]:
    """The numbers of the chosen sentences; lines without a letter or digit only where there is nothing else."""
    if len(sentences) < FEWEST:
        return set(range(len(sentences)))
    share, most = LENGTHS[length]
    words = [word_count(sentence) for sentence in sentences]
    says_something = np.array([any(map(str.isalnum, sentence)) for sentence in sentences])
    wanted = np.where(says_something, scores, -np.inf) if says_something.any() else scores
    return set(choose(wanted, similar, words, min(share * sum(words), most)))


def _require_usable(text: str, length: str) -> Passages:
    """What the text is made of. Raises InvalidInput."""
    if length not in LENGTHS:
        raise InvalidInput(f"There is no length “{length}”. Choose one of: {', '.join(LENGTHS)}.")
    require_text(text, MOST_CHARACTERS)
    found = passages(text)
    if len(found.spans) > MOST_SENTENCES:
        raise InvalidInput(
            f"The text has {len(found.spans):,} sentences; at most {MOST_SENTENCES:,} are compared at once. "
            "Split it into smaller texts."
        )
    return found
