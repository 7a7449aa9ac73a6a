"""Extractive question answering: the answer is a piece of the text, found by a model such as RoBERTa or BERT.

The model gives each token two numbers: how likely the answer starts there, and how likely it ends there. All the rest
is search: `models.text.context_windows` cuts long texts, `models.text.answer_spans` finds the best spans,
`models.text.answers` makes answers of them. Scores are those that the question-answering pipeline of transformers 4.57
gave (version 5 has none), except where `QuestionAnswerer.read` says otherwise.
"""

import inspect
import threading
from collections.abc import Iterable, Iterator
from typing import Any

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence
from transformers import AutoModelForQuestionAnswering

from models.cancellation import stop_if
from models.catalog import ModelCard
from models.errors import InvalidInput, OutOfMemory, PrecisionNotApplicable, UnsupportedCheckpoint, ran_out_of_memory
from models.precision import FP32, Precision
from models.text.answer_spans import no_answer_scores, score_windows
from models.text.answers import Answer, Reading, find_answers, rank, token_probabilities
from models.text.context_windows import WINDOW_TOKENS, Window, split_into_windows
from models.text.tokens import positions
from models.weights.pretrained import Pretrained, load_pretrained
from models.wrapper import OnStep, silent

MAX_CONTEXT_CHARACTERS = 1_000_000
RANKINGS = ("score", "joint_score")
# Spans looked at in each window. Whole words and added scores make fewer answers of them than there are spans. The
# numbers are those of transformers 4.57; others would change which small scores are added.
SPANS_KEPT, SPANS_KEPT_PER_ANSWER = 10, 2
# A CPU is busy with one window, and Stop must not wait for eight; a GPU is hardly busy with fewer.
WINDOWS_AT_ONCE = {"cpu": 1, "cuda": 8}


class QuestionAnswerer:
    """Answers questions with pieces of a text."""

    def __init__(self, pretrained: Pretrained):
        self.card = pretrained.card
        self.model = pretrained.model
        self.tokenizer = pretrained.tokenizer
        self.device = pretrained.device
        self.precision = pretrained.precision
        self.footprint = pretrained.footprint
        self.load_seconds = pretrained.load_seconds
        self.window_tokens = min(WINDOW_TOKENS, self.tokenizer.model_max_length, positions(self.model) or WINDOW_TOKENS)

    @classmethod
    def load(
        cls, card: ModelCard, device: str = "auto", precision: Precision = FP32, on_step: OnStep = silent
    ) -> "QuestionAnswerer":
        """Load a question-answering model from this machine. Raises what `load_pretrained` raises."""
        pretrained = load_pretrained(AutoModelForQuestionAnswering, card, device, precision, on_step)
        if not pretrained.tokenizer.is_fast:
            raise UnsupportedCheckpoint(
                f"The tokenizer of {card.model_id} cannot say which characters a token covers. Choose another model."
            )
        return cls(pretrained)

    def answer(self, question: str, context: str, top_k: int = 3, **options: Any) -> list[Answer]:
        """The `top_k` best answers, best first; `read` explains the options and says what more it knows."""
        return self.read(question, context, top_k, **options).answers

    def answer_many(self, questions: Iterable[str], context: str, top_k: int = 3, **options: Any) -> Iterator[Reading]:
        """One Reading for each question, as soon as it is there. Closing the iterator stops the work."""
        for question in questions:
            yield self.read(question, context, top_k, **options)

    def read(
        self,
        question: str,
        context: str,
        top_k: int = 3,
        no_answer: bool | None = None,
        no_answer_threshold: float = 0.0,
        rank_by: str = "score",
        cancelled: threading.Event | None = None,
    ) -> Reading:
        """Look for the answer in every window of the context.

        Args:
            question: one that leaves room for 15 tokens of context in a window.
            context: at most 1,000,000 characters.
            top_k: how many answers at most, from 1.
            no_answer: whether “no answer” competes. None follows the model's card: it does for models trained with
                unanswerable questions. True turns it on where the card does not say (a folder of your own); where it
                says that the model never met such a question True is refused, since its “no answer” means nothing.
            no_answer_threshold: by how much “no answer” must beat the best answer, from -1 (always) to 1 (never).
            rank_by: `score`, as transformers 4.57 ranked, or `joint_score`, which is fairer in texts of many windows.
            cancelled: looked at before each batch of windows.

        Better than transformers 4.57: words that a window's edge cuts come back whole, no answer is only white space,
        accents that are characters of their own stay with their letter, “[SEP]” in a text means these letters.

        Raises:
            InvalidInput: a text or option outside these ranges.
            PrecisionNotApplicable: the model's numbers overflow in this precision.
            OutOfMemory: the windows do not fit beside the model.
            Cancelled: `cancelled` was set.
        """
        _check_texts(question, context)
        _check_options(top_k, no_answer_threshold, rank_by)
        nothing_competes = self._no_answer_competes(no_answer)
        split = split_into_windows(self.tokenizer, question, context, self.window_tokens, self._reads_token_types)
        scores = score_windows(list(self._logits(split.windows, cancelled)))
        answers = find_answers(context, split, scores, SPANS_KEPT + SPANS_KEPT_PER_ANSWER * top_k)
        nothing = Answer("", start=0, end=0, **no_answer_scores(scores))
        if nothing_competes:
            answers.append(nothing)
        return Reading(
            question,
            context,
            rank(answers, rank_by, no_answer_threshold)[:top_k],
            getattr(nothing, rank_by) if nothing_competes else None,
            token_probabilities(context, split, scores),
            len(split.windows),
        )

    def _no_answer_competes(self, wanted: bool | None) -> bool:
        if wanted and self.card.answers_no_answer is False:
            raise InvalidInput(
                f"{self.card.model_id} was trained only with questions that have an answer, so it cannot tell when "
                "there is none. Choose a model trained on SQuAD 2.0, or turn “no answer” off."
            )
        return bool(self.card.answers_no_answer if wanted is None else wanted)

    @torch.inference_mode()
    def _logits(self, windows: list[Window], cancelled: threading.Event | None) -> Iterator[tuple[Tensor, Tensor]]:
        """Start and end logits of each window's CLS and context tokens, float32 on the CPU."""
        at_once = WINDOWS_AT_ONCE[self.device.type]
        for number in range(0, len(windows), at_once):
            stop_if(cancelled)
            batch = windows[number : number + at_once]
            output = self._run(batch)
            # bf16 and fp16 become float32 before anything is computed with them.
            starts, ends = output.start_logits.float().cpu(), output.end_logits.float().cpu()
            for row, window in enumerate(batch):
                yield self._window_logits(window, starts[row]), self._window_logits(window, ends[row])

    def _run(self, batch: list[Window]) -> Any:
        try:
            return self.model(**self._inputs(batch))
        except (MemoryError, RuntimeError) as error:
            if not ran_out_of_memory(error):
                raise
            raise OutOfMemory(
                f"There is not enough memory to run {self.card.model_id}. Close other programs, or choose a smaller "
                "model."
            ) from error

    def _inputs(self, batch: list[Window]) -> dict[str, Tensor]:
        """Tensors of shape (windows, tokens of the longest one), padded on the right."""
        padding = {"input_ids": self.tokenizer.pad_token_id or 0}
        inputs = {}
        for name in batch[0].inputs:
            rows = [torch.tensor(window.inputs[name]) for window in batch]
            inputs[name] = pad_sequence(rows, batch_first=True, padding_value=padding.get(name, 0)).to(self.device.type)
        return inputs

    def _window_logits(self, window: Window, logits: Tensor) -> Tensor:
        chosen = logits[[0, *window.positions]]
        if not chosen.isfinite().all():
            raise PrecisionNotApplicable(
                f"The numbers of {self.card.model_id} overflow in {self.precision}. Load it in bf16 or fp32."
            )
        if window.inputs["input_ids"][0] != self.tokenizer.cls_token_id:
            chosen[0] = -torch.inf  # no CLS token in front: nothing stands for “no answer”
        return chosen

    @property
    def _reads_token_types(self) -> bool:
        """Whether the model wants to be told which tokens are question and which context (BERT does, RoBERTa not)."""
        accepts = "token_type_ids" in inspect.signature(self.model.forward).parameters
        return accepts and getattr(self.model.config, "type_vocab_size", 0) > 1


def _check_texts(question: str, context: str) -> None:
    if not question.strip():
        raise InvalidInput("There is no question. Ask one about the text.")
    if not context.strip():
        raise InvalidInput("There is no text to look for the answer in. Give the text that the question is about.")
    if len(context) > MAX_CONTEXT_CHARACTERS:
        raise InvalidInput(
            f"The text has {len(context):,} characters, and at most {MAX_CONTEXT_CHARACTERS:,} are read. "
            "Ask about a part of it."
        )
    try:
        (question + context).encode()
    except UnicodeEncodeError as error:
        raise InvalidInput("The text holds bytes that are not characters. Save it as UTF-8 and try again.") from error


def _check_options(top_k: int, no_answer_threshold: float, rank_by: str) -> None:
    if top_k < 1:
        raise InvalidInput(f"top_k is the number of answers and cannot be {top_k}. Choose 1 or more.")
    if not -1 <= no_answer_threshold <= 1:
        raise InvalidInput(f"The no-answer threshold cannot be {no_answer_threshold}. Choose one from -1 to 1.")
    if rank_by not in RANKINGS:
        raise InvalidInput(f"Answers cannot be ranked by “{rank_by}”. Choose one of: {', '.join(RANKINGS)}.")
