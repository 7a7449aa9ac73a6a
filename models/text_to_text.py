"""TextToText: models with an encoder and a decoder, which read a text and write another one: translate, summarize.

A T5 does both, and is told its task in words, at the beginning of the text: “translate English to German: …”. A BART or
PEGASUS was trained to summarize and needs no word; a Marian translates one language into another, and where it writes
several is told which by a mark (“>>fra<<”). Texts longer than a model can read are cut into pieces, and each piece is
handed out as soon as it is done.

Known limits of the models, not of this code: T5 does not see line breaks, and characters outside a vocabulary (for T5
`~`, `{`, `}`, most scripts other than Latin) are not in what a model reads, and so not in what it writes. Each piece
says how much of it that was.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Self

from transformers import AutoModelForSeq2SeqLM

from models.catalog import ModelCard
from models.precision import FP32, Precision
from models.text.known_signs import with_known_signs
from models.text.lines import lines_in
from models.text.numbers import lost_numbers
from models.text.pieces import Piece, Written, growing
from models.text.pieces import join as join  # whoever gets pieces joins them
from models.text.readable import encode, require_readable, unreadable
from models.text.second_attempts import mended
from models.text.segmentation import cut, has_letters, require_text, sentences, whole_sentences
from models.text.stated_tasks import Tasks, TaskSettings, longest_output, prefix
from models.text.task_settings import (
    TextToTextSettings,
    lasting_habits,
    limited_to_source,
    window,
)
from models.text.verbatim import lost_things
from models.text.writing import Writer
from models.together import people_at_once
from models.weights.pretrained import load_pretrained
from models.wrapper import AnyDevice, LoadedModel, OnStep, Pretrained, silent

MOST_CHARACTERS = 200_000

DEFAULTS = TextToTextSettings()


class TextToText(LoadedModel):
    """A T5, BART, PEGASUS or Marian (or another that describes its tasks as T5 does) with its tokenizer."""

    def __init__(self, pretrained: Pretrained):
        super().__init__(pretrained)
        self.window = window(self.model, self.tokenizer)
        self._tasks = Tasks.of(self.card, self.model, self.tokenizer)
        self.model.generation_config = lasting_habits(self.model.generation_config)
        self._writer = Writer(self)
        self.people = people_at_once(self.model)

    @classmethod
    def load(
        cls, card: ModelCard, device: AnyDevice = "auto", precision: Precision = FP32, on_step: OnStep = silent
    ) -> Self:
        """Load the model of `card`. Raises what `load_pretrained` raises."""
        return cls(load_pretrained(AutoModelForSeq2SeqLM, card, device, precision, on_step))

    @property
    def targets(self) -> tuple[str, ...]:
        """The languages that this checkpoint translates to, in lower-case English (“german”). May be empty."""
        return tuple(self._tasks.translations)

    @property
    def source(self) -> str | None:
        """The language that it translates, in lower-case English; None where it reads several or does not translate."""
        return self._tasks.source

    @property
    def summarizes(self) -> bool:
        """Whether this checkpoint was trained to summarize."""
        return self._tasks.summarization is not None

    def translate(
        self,
        text: str,
        target: str | None = None,
        settings: TextToTextSettings = DEFAULTS,
        cancelled: threading.Event | None = None,
        even_if_unreadable: bool = False,
    ) -> Iterator[Piece]:
        """`text` in another language, piece by piece; `join` puts them together.

        `target` is one of `targets`; without it French is meant, or the first of them for a model without French.
        Each line of the text stays a line, so undo hard line wraps before. A line is cut at sentence ends into pieces
        that fit the model's window, and whose translations are unlikely to reach the task's length limit; into single
        sentences where the checkpoint's task says `sentence_by_sentence`. A line without letters is handed back as it
        is. A piece of which the tokenizer cannot represent more than half is left out, unless `even_if_unreadable`.

        Raises:
            InvalidInput: no text, more than 200,000 characters, or a language that the checkpoint does not offer; or
                no piece is left.
            OutOfMemory, Cancelled: while iterating.
        """
        task, settings = self._tasks.translation(self.require_target(target)), settings.resolved()
        require_text(text, MOST_CHARACTERS)
        # Half of the output limit, as another language may need up to twice the tokens.
        fits = self._fits(task, min(self.window, max(32, longest_output(task) // 2)))
        # A model that has met no text of several sentences would leave some of them out.
        alone = sentences if task.get("sentence_by_sentence") else lambda line: [line]
        lines = [(number, unit) for number, line in enumerate(lines_in(text)) for unit in alone(line)]
        sources = [(number, piece) for number, unit in lines for piece in cut(unit, fits)]

        empty = [
            self._unwritten(source, index, len(sources), number, even_if_unreadable)
            for index, (number, source) in enumerate(sources)
        ]
        if all(piece.left_out for piece in empty):
            require_readable(self.tokenizer, self.card.model_id, text)
            require_readable(self.tokenizer, self.card.model_id, empty[0].source)
        return self._translated(empty, task, settings, cancelled)

    def require_target(self, target: str | None = None) -> str:
        """The language that is meant, in lower case. Raises InvalidInput for one that the checkpoint does not offer."""
        meant = (self._tasks.usual_target if target is None else target).strip().lower()
        self._tasks.translation(meant if target is None else target)
        return meant

    def _unwritten(self, source: str, index: int, total: int, line: int, even_if_unreadable: bool) -> Piece:
        """A piece before anything is computed: how much of it can be read."""
        piece = Piece(source, "", index, total, "translation", line)
        if not has_letters(source):
            return replace(piece, text=source)
        lost = unreadable(self.tokenizer, with_known_signs(self.tokenizer, source))
        left_out = lost.too_much and not even_if_unreadable
        return replace(piece, unreadable=lost.share, unreadable_signs=lost.signs, left_out=left_out)

    def _translated(
        self,
        pieces: Sequence[Piece],
        task: TaskSettings,
        settings: TextToTextSettings,
        cancelled: threading.Event | None,
    ) -> Iterator[Piece]:
        """The pieces with their translations, a few at once: first one, so that it is soon there, then more."""
        for group in growing(pieces, self._writer.at_once(settings)):
            texts = [self._told(task, piece.source) for piece in group if _is_translated(piece)]
            written = self._writer.write(texts, task, settings, cancelled) if texts else iter(())
            for piece in group:
                if _is_translated(piece):
                    found = self._mended(next(written), piece.source, task, settings, cancelled)
                    # What went round in circles was ended on purpose.
                    unfinished = not (found.finished or found.repeated)
                    piece = replace(
                        piece,
                        text=found.text,
                        repeated=found.repeated,
                        unfinished=unfinished,
                        lost_numbers=lost_numbers(piece.source, found.text),
                        lost_things=lost_things(piece.source, found.text),
                    )
                yield piece

    def _mended(
        self,
        found: Written,
        source: str,
        task: TaskSettings,
        settings: TextToTextSettings,
        cancelled: threading.Event | None,
    ) -> Written:
        def again(stricter: TaskSettings, source: str) -> Written:
            [written] = self._writer.write([self._told(stricter, source)], stricter, settings, cancelled)
            return written

        return mended(found, source, task, settings, again)

    def summarize(
        self,
        text: str,
        length: str = "medium",
        settings: TextToTextSettings = DEFAULTS,
        cancelled: threading.Event | None = None,
        even_if_unreadable: bool = False,
    ) -> Iterator[Piece]:
        """A summary of `text`, the last piece; before it, if the text exceeds the window, a summary of each part.

        `length` is “short”, “medium” (the checkpoint's own limits) or “long”. No summary grows longer than its
        source, and none is forced beyond half of it: a T5 that must write 30 tokens about a text of 20 invents them. A
        part of which the tokenizer cannot represent more than half is left out, unless `even_if_unreadable`.

        Raises:
            InvalidInput: no text, more than 200,000 characters, another length, a checkpoint that does not summarize;
                or the tokenizer cannot represent more than half of the text, unless `even_if_unreadable`.
            OutOfMemory, Cancelled: while iterating.
        """
        task = self._tasks.summary(length)
        require_text(text, MOST_CHARACTERS)
        lost = require_readable(self.tokenizer, self.card.model_id, text, even_if_unreadable)
        parts = cut(text, self._fits(task, self.window))
        summaries = self._summaries(parts, task, settings.resolved(), cancelled, even_if_unreadable)
        return (
            piece if piece.left_out else replace(piece, unreadable=lost.share, unreadable_signs=lost.signs)
            for piece in summaries
        )

    def _summaries(
        self,
        parts: list[str],
        task: TaskSettings,
        settings: TextToTextSettings,
        cancelled: threading.Event | None,
        even_if_unreadable: bool,
    ) -> Iterator[Piece]:
        """Summarize the parts, then their summaries, until what is left fits the window; then that as a whole.

        Where the summaries of a round do not fit into fewer parts, together they are the whole: nothing is left out.
        """
        done = 0
        fits = self._fits(task, self.window)
        part_task = self._tasks.summary("medium")
        # Whatever the settings, a part must come out much shorter than it went in, or another round would not help.
        part_task["max_length"] = min(longest_output(part_task), self.window // 2)
        part_settings = replace(settings, max_new_tokens=None)
        while len(parts) > 1:
            shorter = []
            for number, source in enumerate(parts):
                lost, place = unreadable(self.tokenizer, source), (done + number, done + len(parts) + 1, "part", number)
                if lost.too_much and not even_if_unreadable:
                    signs = lost.signs
                    yield Piece(source, "", *place, unreadable=lost.share, unreadable_signs=signs, left_out=True)
                    continue
                written = self._summary(source, part_task, part_settings, cancelled)
                shorter.append(written.text)
                yield Piece(source, written.text, *place, repeated=written.repeated)
            done += len(parts)
            together = " ".join(shorter)
            packed = cut(together, fits)
            if not 0 < len(packed) < len(parts):  # no shorter for another round: the whole is all of them
                yield Piece(together, together, done, done + 1, "whole", 0)
                return
            parts = packed
        written = self._summary(parts[0], task, settings, cancelled)
        yield Piece(parts[0], written.text, done, done + 1, "whole", 0, repeated=written.repeated)

    def _summary(
        self, source: str, task: TaskSettings, settings: TextToTextSettings, cancelled: threading.Event | None
    ) -> Written:
        task = limited_to_source(task, self._token_count(source))
        [summary] = self._writer.write([self._told(task, source)], task, settings, cancelled)
        # A length limit stops in mid-sentence.
        return summary if summary.finished else replace(summary, text=whole_sentences(summary.text))

    def _fits(self, task: TaskSettings, limit: int) -> Callable[[str], bool]:
        return lambda source: self._token_count(self._told(task, source)) <= limit

    def _told(self, task: TaskSettings, source: str) -> str:
        """What the model reads: the words or the mark of its task, and the text."""
        source = with_known_signs(self.tokenizer, source)
        # A Marian takes what begins with “>>” for a mark; behind a blank these are letters.
        return prefix(task) + source if prefix(task) else f" {source}" if source.startswith(">>") else source

    def _token_count(self, text: str) -> int:
        return len(encode(self.tokenizer, text, verbose=False)["input_ids"])  # verbose would warn of what is cut


def _is_translated(piece: Piece) -> bool:
    return not piece.left_out and has_letters(piece.source)
