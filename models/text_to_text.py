"""TextToText: one T5, two tasks: translate and summarize.

A T5 is told its task in words, at the beginning of the text: “translate English to German: …”. Texts longer than it can
read are cut into pieces, and each piece is handed out as soon as it is done.

Known limits of T5, not of this code: line breaks, and characters outside its vocabulary (`~`, `{`, `}`, most scripts
other than Latin), are not in what it reads, and so not in what it writes.
"""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Self

import torch
from transformers import AutoModelForSeq2SeqLM

from models.cancellation import stop_if, stopping_criteria
from models.catalog import ModelCard
from models.errors import InvalidInput
from models.precision import FP32, Precision
from models.text.beam_cache import cache_arguments
from models.text.pieces import Piece
from models.text.pieces import join as join  # whoever gets pieces joins them
from models.text.segmentation import cut, require_text, sentences, whole_sentences
from models.text.task_settings import (
    TaskSettings,
    TextToTextSettings,
    generate_arguments,
    limited_to_source,
    longest_output,
    prefix,
    scaled,
    token_ids_only,
    translations,
    window,
)
from models.weights.pretrained import load_pretrained
from models.wrapper import LoadedModel, OnStep, Pretrained, running, silent

MOST_CHARACTERS = 200_000

# Each length as a share of the checkpoint's own shortest and longest summary (30 and 200 tokens for T5).
LENGTHS = {"short": (1 / 3, 0.4), "medium": (1.0, 1.0), "long": (2.5, 1.5)}

DEFAULTS = TextToTextSettings()


class TextToText(LoadedModel):
    """A T5 (or another encoder-decoder whose configuration describes its tasks) with its tokenizer."""

    def __init__(self, pretrained: Pretrained):
        super().__init__(pretrained)
        self.window = window(self.model, self.tokenizer)
        tasks = getattr(self.model.config, "task_specific_params", None) or {}
        self._translations = dict(translations(tasks))
        self._summarization: TaskSettings | None = tasks.get("summarization")
        self.model.generation_config = token_ids_only(self.model.generation_config)

    @classmethod
    def load(cls, card: ModelCard, device: str = "auto", precision: Precision = FP32, on_step: OnStep = silent) -> Self:
        """Load the model of `card`. Raises what `load_pretrained` raises."""
        return cls(load_pretrained(AutoModelForSeq2SeqLM, card, device, precision, on_step))

    @property
    def targets(self) -> tuple[str, ...]:
        """The languages that this checkpoint translates English to, in lower-case English (“german”). May be empty."""
        return tuple(self._translations)

    @property
    def summarizes(self) -> bool:
        """Whether this checkpoint was trained to summarize."""
        return self._summarization is not None

    def translate(
        self,
        text: str,
        target: str = "french",
        settings: TextToTextSettings = DEFAULTS,
        cancelled: threading.Event | None = None,
    ) -> Iterator[Piece]:
        """English `text` in another language, piece by piece; `join` puts them together.

        Each line of the text stays a line, so undo hard line wraps before. A line is cut at sentence ends into pieces
        that fit the model's window, and whose translations are unlikely to reach the task's length limit; into single
        sentences where the checkpoint's task says `sentence_by_sentence`. A line without letters is handed back as it
        is.

        Raises:
            InvalidInput: no text, more than 200,000 characters, or a language that the checkpoint does not offer.
            OutOfMemory, Cancelled: while iterating.
        """
        task, settings = self._translation(target), settings.resolved()
        require_text(text, MOST_CHARACTERS)
        # Half of the output limit, as French or German needs up to twice the tokens that English does.
        fits = self._fits(task, min(self.window, max(32, longest_output(task) // 2)))
        # A model that has met no text of several sentences would leave some of them out.
        alone = sentences if task.get("sentence_by_sentence") else lambda line: [line]
        lines = [(number, unit) for number, line in enumerate(text.splitlines()) for unit in alone(line)]
        sources = [(number, piece) for number, unit in lines for piece in cut(unit, fits)]

        def pieces() -> Iterator[Piece]:
            for index, (number, source) in enumerate(sources):
                written = self._write(source, task, settings, cancelled)[0] if any(map(str.isalpha, source)) else source
                yield Piece(source, written, index, len(sources), "translation", number)

        return pieces()

    def summarize(
        self,
        text: str,
        length: str = "medium",
        settings: TextToTextSettings = DEFAULTS,
        cancelled: threading.Event | None = None,
    ) -> Iterator[Piece]:
        """A summary of `text`, the last piece; before it, if the text exceeds the window, a summary of each part.

        `length` is “short”, “medium” (the checkpoint's own limits) or “long”. No summary is let grow longer than its
        source, and none is forced beyond half of it: a T5 that must write 30 tokens about a text of 20 invents them.

        Raises:
            InvalidInput: no text, more than 200,000 characters, another length, a checkpoint that does not summarize.
            OutOfMemory, Cancelled: while iterating.
        """
        task = self._summary_task(length)
        require_text(text, MOST_CHARACTERS)
        parts = cut(text, self._fits(task, self.window))
        return self._summaries(parts, task, settings.resolved(), cancelled)

    def _summaries(
        self, parts: list[str], task: TaskSettings, settings: TextToTextSettings, cancelled: threading.Event | None
    ) -> Iterator[Piece]:
        """Summarize the parts, then their summaries, until what is left fits the window; then that as a whole.

        Where the summaries of a round do not fit into fewer parts, together they are the whole: nothing is left out.
        """
        done = 0
        fits = self._fits(task, self.window)
        part_task = self._summary_task("medium")
        # However the settings are, a part must come out much shorter than it went in, or another round were no use.
        part_task["max_length"] = min(longest_output(part_task), self.window // 2)
        part_settings = replace(settings, max_new_tokens=None)
        while len(parts) > 1:
            shorter = []
            for number, source in enumerate(parts):
                shorter.append(self._summary(source, part_task, part_settings, cancelled))
                yield Piece(source, shorter[-1], done + number, done + len(parts) + 1, "part", number)
            done += len(parts)
            together = " ".join(shorter)
            packed = cut(together, fits)
            if not 0 < len(packed) < len(parts):  # no shorter for another round: the whole is all of them
                yield Piece(together, together, done, done + 1, "whole", 0)
                return
            parts = packed
        yield Piece(parts[0], self._summary(parts[0], task, settings, cancelled), done, done + 1, "whole", 0)

    def _summary(
        self, source: str, task: TaskSettings, settings: TextToTextSettings, cancelled: threading.Event | None
    ) -> str:
        task = limited_to_source(task, self._token_count(source))
        summary, finished = self._write(source, task, settings, cancelled)
        return summary if finished else whole_sentences(summary)  # a length limit stops in mid-sentence

    @torch.inference_mode()
    def _write(
        self, source: str, task: TaskSettings, settings: TextToTextSettings, cancelled: threading.Event | None
    ) -> tuple[str, bool]:
        """Run the model once: the task's words and one piece in, text out, and whether the model itself ended it."""
        stop_if(cancelled)
        encoded = self.tokenizer(prefix(task) + source, return_tensors="pt")  # input_ids (1, tokens), and their mask
        arguments = generate_arguments(task, settings)
        with running(self.card):
            output = self.model.generate(  # (1, tokens written), start token first
                input_ids=encoded["input_ids"].to(self.device.type),
                attention_mask=encoded["attention_mask"].to(self.device.type),
                stopping_criteria=stopping_criteria(cancelled),
                **arguments,
                **cache_arguments(self.model, arguments["num_beams"]),
            )
        stop_if(cancelled)
        text = self.tokenizer.decode(output[0], skip_special_tokens=True, clean_up_tokenization_spaces=False)
        return text.strip(), int(output[0, -1]) in self.tokenizer.all_special_ids

    def _fits(self, task: TaskSettings, limit: int) -> Callable[[str], bool]:
        return lambda source: self._token_count(prefix(task) + source) <= limit

    def _token_count(self, text: str) -> int:
        return len(self.tokenizer(text, verbose=False)["input_ids"])  # verbose would warn of what is about to be cut

    def _translation(self, target: str) -> TaskSettings:
        if not self._translations:
            raise InvalidInput(
                f"{self.card.model_id} does not say which languages it translates to. Choose a T5 model."
            )
        if target.strip().lower() not in self._translations:
            raise InvalidInput(
                f"{self.card.model_id} does not translate to “{target}”. Choose one of: {', '.join(self.targets)}."
            )
        return self._translations[target.strip().lower()]

    def _summary_task(self, length: str) -> TaskSettings:
        if self._summarization is None:
            raise InvalidInput(f"{self.card.model_id} does not say that it summarizes. Choose a T5 model.")
        if length not in LENGTHS:
            raise InvalidInput(f"There is no length “{length}”. Choose one of: {', '.join(LENGTHS)}.")
        return scaled(self._summarization, *LENGTHS[length])
