"""Extractive question answering: the answer is a piece of the text, found by a model such as RoBERTa or BERT.

The model gives each token two numbers: how likely the answer starts there, and how likely it ends there. The rest is
search, in `models.text`: `context_windows` cuts long texts, `answer_spans` finds the best spans, `answers` makes
answers of them, `occurrences` finds everywhere that one stands. Ranked by `score`, answers are those of the
question-answering pipeline of transformers 4.57 (version 5 has none), except where `QuestionAnswerer.read` says
otherwise.
"""

import threading
from collections.abc import Iterable, Iterator
from typing import Any, Self

import torch
from torch import Tensor
from transformers import AutoModelForQuestionAnswering

from models.cancellation import stop_if
from models.catalog import ModelCard
from models.failures import Failure, attempt
from models.precision import FP32, Precision
from models.text.answer_spans import no_answer_scores, score_windows
from models.text.answers import (
    Answer,
    Reading,
    find_answers,
    no_answer_competes,
    rank,
    require_rankable,
    token_probabilities,
)
from models.text.context_windows import WINDOW_TOKENS, Window, require_context, require_question, split_into_windows
from models.text.readable import require_all_readable, require_readable
from models.text.tokens import TokenReader
from models.together import people_at_once
from models.weights.pretrained import load_pretrained
from models.wrapper import AnyDevice, LoadedModel, OnStep, Pretrained, finite, silent

# A CPU is busy with one window, and Stop must not wait for eight; a GPU is hardly busy with fewer.
WINDOWS_AT_ONCE = {"cpu": 1, "cuda": 8}


class QuestionAnswerer(LoadedModel):
    """Answers questions with pieces of a text."""

    def __init__(self, pretrained: Pretrained):
        super().__init__(pretrained)
        self._reader = TokenReader(pretrained, WINDOW_TOKENS)
        self.window_tokens = self._reader.window
        self.people = people_at_once(self.model)

    @classmethod
    def load(
        cls, card: ModelCard, device: AnyDevice = "auto", precision: Precision = FP32, on_step: OnStep = silent
    ) -> Self:
        """Load a model from this machine. Raises what `load_pretrained` raises."""
        return cls(load_pretrained(AutoModelForQuestionAnswering, card, device, precision, on_step))

    def answer(self, question: str, context: str, top_k: int = 3, **options: Any) -> list[Answer]:
        """The `top_k` best answers, best first; `read` explains the options."""
        return self.read(question, context, top_k, **options).answers

    def answer_many(self, questions: Iterable[str], context: str, top_k: int = 3, **options: Any) -> Iterator[Reading]:
        """One Reading for each question, as soon as it is there. Closing the iterator stops the work.

        A question that cannot be answered raises, and ends the iterator: `attempt_many` goes on.
        """
        for question in questions:
            yield self.read(question, context, top_k, **options)

    def attempt_many(
        self, questions: Iterable[str], context: str, top_k: int = 3, **options: Any
    ) -> Iterator[Reading | Failure]:
        """The same, with a Failure in the place of each question that cannot be answered.

        Raises at once what concerns all of them: InvalidInput for the context or an option.
        """
        require_context(context)
        self._require_options(top_k, **options)
        require_readable(self.tokenizer, self.card.model_id, context, options.get("even_if_unreadable", False))
        return attempt(questions, lambda question: self.read(question, context, top_k, **options))

    def read(
        self,
        question: str,
        context: str,
        top_k: int = 3,
        no_answer: bool | None = None,
        no_answer_threshold: float = 0.0,
        rank_by: str = "joint_score",
        cancelled: threading.Event | None = None,
        even_if_unreadable: bool = False,
    ) -> Reading:
        """Look for the answer in every window of the context.

        Args:
            question: one that leaves room for 15 tokens of context in a window.
            context: at most 1,000,000 characters.
            top_k: how many answers at most, from 1.
            no_answer: whether “no answer” competes. None follows the model's card: it does for models trained with
                unanswerable questions. True is for cards that do not say (a folder of your own), and refused where
                the model never met such a question: its “no answer” means nothing.
            no_answer_threshold: by how much “no answer” must beat the best answer, from -1 (always) to 1 (never).
            rank_by: `joint_score`, a probability that compares the spans of all windows, or `score`, as transformers
                4.57 ranked: within one window, so that in a long text a window without the answer can win.
            cancelled: looked at before each batch of windows.
            even_if_unreadable: also where the tokenizer cannot represent more than half of the question or the context.

        Better than transformers 4.57: words that a window's edge cuts come back whole, no answer is only white space,
        accents that are characters of their own stay with their letter, “[SEP]” in a text means these letters.

        Raises:
            InvalidInput: a text or option outside these ranges; or the tokenizer cannot represent more than half of the
                question or the context, unless `even_if_unreadable`.
            PrecisionNotApplicable: the model's numbers overflow in this precision.
            OutOfMemory: the windows do not fit beside the model.
            Cancelled: `cancelled` was set.
        """
        require_question(question)
        require_context(context)
        competes = self._require_options(top_k, no_answer, no_answer_threshold, rank_by)
        texts = {"the question": question, "the text": context}
        lost = require_all_readable(self.tokenizer, self.card.model_id, texts, even_if_unreadable)
        split = split_into_windows(
            self.tokenizer, question, context, self.window_tokens, self._reader.reads_token_types
        )
        scores = score_windows(list(self._logits(split.windows, cancelled)))
        answers = find_answers(context, split, scores, top_k, rank_by)
        nothing = no_answer_scores(scores)
        no_answer_score = nothing[rank_by] if competes else None
        if no_answer_score is not None:
            answers.append(Answer("", no_answer_score, 0, 0, nothing["joint_score"]))
        return Reading(
            question,
            context,
            rank(answers, no_answer_threshold)[:top_k],
            no_answer_score,
            token_probabilities(context, split, scores),
            len(split.windows),
            unreadable=lost.share,
            unreadable_signs=lost.signs,
        )

    def _require_options(
        self,
        top_k: int,
        no_answer: bool | None = None,
        no_answer_threshold: float = 0.0,
        rank_by: str = "joint_score",
        cancelled: threading.Event | None = None,
        even_if_unreadable: bool = False,
    ) -> bool:
        """Whether “no answer” competes. Raises InvalidInput for the first option that cannot be followed."""
        require_rankable(top_k, no_answer_threshold, rank_by)
        return no_answer_competes(self.card.model_id, self.card.answers_no_answer, no_answer)

    def _logits(self, windows: list[Window], cancelled: threading.Event | None) -> Iterator[tuple[Tensor, Tensor]]:
        """For each window its start and its end logits: float32 on the CPU, shape (1 + its context tokens,)."""
        at_once = WINDOWS_AT_ONCE[self.device.type]
        for number in range(0, len(windows), at_once):
            stop_if(cancelled)
            batch = windows[number : number + at_once]
            output, _ = self._reader.run(batch, cancelled)
            starts, ends = output.start_logits.cpu(), output.end_logits.cpu()  # both (windows, tokens of the longest)
            for row, window in enumerate(batch):
                yield self._of_context(starts[row], window), self._of_context(ends[row], window)

    def _of_context(self, logits: Tensor, window: Window) -> Tensor:
        """The logits of the CLS token, which is in front, and of the context; without question and padding."""
        kept = finite(logits[[0, *window.positions]], self)
        if window.inputs["input_ids"][0] != self.tokenizer.cls_token_id:
            kept[0] = -torch.inf  # no CLS token in front: nothing stands for “no answer”
        return kept
