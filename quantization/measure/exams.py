"""What a task is examined with: which rows, how a model is asked, and how its answers are scored.

An exam knows the wrapper of its task and nothing of precisions. Scores are from 0 to 100, in points, unless said.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import numpy as np

from models.catalog import ModelCard, Task
from models.errors import InvalidInput
from models.precision import Precision
from models.text.answer_scores import exact_match, f1
from models.text.stated_tasks import Tasks
from models.weights import hub
from quantization.measure.evaluation_sets import Question, Sentence, questions, sentences

if TYPE_CHECKING:
    from models.question_answering import QuestionAnswerer
    from models.text_to_text import TextToText

TARGET = "french"
BEAMS = 4
MOST_TOKENS = 64  # twice the longest translation of the set; a model that repeats itself is cut off there


class Exam(Protocol):
    """The rows of one task and everything that is done with them."""

    @property
    def rows(self) -> Sequence[Question | Sentence]:
        """What is asked, in this order."""
        ...

    @property
    def unit(self) -> str:
        """What one of them is called: question, sentence."""
        ...

    @property
    def main(self) -> str:
        """The name of the score that a cost is counted in."""
        ...

    @property
    def settings(self) -> str:
        """How the model was asked and scored, in a sentence or two."""
        ...

    def load(self, card: ModelCard, device: str, precision: Precision) -> Any:
        """The wrapper of the task."""
        ...

    def ask(self, model: Any, row: Any, cancelled: threading.Event | None) -> str:
        """The model's answer to one row."""
        ...

    def figures(self, outputs: Sequence[str]) -> dict[str, float]:
        """Every score by name, `main` among them."""
        ...

    def statistics(self, outputs: Sequence[str]) -> np.ndarray:
        """What each output adds to the score `main`: shape (rows, numbers)."""
        ...

    def score(self, sums: np.ndarray) -> float:
        """The score `main` from those numbers added up over some rows."""
        ...


@dataclass(frozen=True)
class QuestionExam:
    """Questions about short texts: F1 and exact match as SQuAD 2.0 counts them (Rajpurkar et al., 2016 and 2018)."""

    rows: Sequence[Question]
    tells_no_answer: bool
    unit: ClassVar[str] = "question"
    main: ClassVar[str] = "F1"

    @property
    def settings(self) -> str:
        """Whether “no answer” was among the answers."""
        if self.tells_no_answer:
            return "A question without an answer in its text counts as right where the model says “no answer”."
        return (
            "This model does not say “no answer”, so only the questions that have one were asked."
            " The questions without an answer were left out."
        )

    def load(self, card: ModelCard, device: str, precision: Precision) -> "QuestionAnswerer":
        """Raises what `QuestionAnswerer.load` raises."""
        from models.question_answering import QuestionAnswerer

        return QuestionAnswerer.load(card, device, precision)

    def ask(self, model: "QuestionAnswerer", row: Question, cancelled: threading.Event | None) -> str:
        """The best answer, "" for “no answer”; ranked by `score`, as the published figures of such models are."""
        options: Any = {"no_answer": self.tells_no_answer, "rank_by": "score", "cancelled": cancelled}
        best = model.answer(row.question, row.context, 1, **options)
        return best[0].text if best else ""

    def figures(self, outputs: Sequence[str]) -> dict[str, float]:
        """F1 and exact match; for models that say “no answer” also how well they do: balanced accuracy, 0 to 100."""
        pairs = list(zip(outputs, self.rows, strict=True))
        scores = {
            "F1": self.score(self.statistics(outputs).sum(axis=0)),
            "exact match": 100 * sum(exact_match(output, row.answers) for output, row in pairs) / len(pairs),
        }
        if self.tells_no_answer:
            kinds = [[bool(out) == has for out, row in pairs if bool(row.answers) == has] for has in (True, False)]
            scores["balanced accuracy"] = 100 * float(np.mean([np.mean(kind) for kind in kinds if kind]))
        return scores

    def statistics(self, outputs: Sequence[str]) -> np.ndarray:
        """Each answer's F1, from 0 to 1, and 1: shape (rows, 2)."""
        return np.array([(f1(output, row.answers), 1) for output, row in zip(outputs, self.rows, strict=True)])

    def score(self, sums: np.ndarray) -> float:
        """The mean F1 in points."""
        return float(100 * sums[0] / sums[1])


@dataclass(frozen=True)
class TranslationExam:
    """English sentences into French: BLEU (Papineni et al., 2002) and chrF (Popović, 2015), with sacrebleu."""

    rows: Sequence[Sentence]
    unit: ClassVar[str] = "sentence"
    main: ClassVar[str] = "BLEU"

    @property
    def settings(self) -> str:
        """The search and sacrebleu's signatures."""
        bleu, chrf = (metric.get_signature() for metric, _ in self._scored([row.french[0] for row in self.rows]))
        return (
            f"Search: {BEAMS} beams, at most {MOST_TOKENS} new tokens, no sampling. "
            f"Scored against all translations of a sentence; BLEU {bleu}, chrF {chrf}."
        )

    def load(self, card: ModelCard, device: str, precision: Precision) -> "TextToText":
        """Raises what `TextToText.load` raises."""
        from models.text_to_text import TextToText

        return TextToText.load(card, device, precision)

    def ask(self, model: "TextToText", row: Sentence, cancelled: threading.Event | None) -> str:
        """The translation, searched for with the same settings by every model."""
        from models.text.task_settings import TextToTextSettings
        from models.text_to_text import join

        settings = TextToTextSettings(beams=BEAMS, max_new_tokens=MOST_TOKENS)
        return join(model.translate(row.english, TARGET, settings, cancelled))

    def figures(self, outputs: Sequence[str]) -> dict[str, float]:
        """BLEU and chrF of all sentences together."""
        bleu, chrf = (score for _, score in self._scored(outputs))
        return {"BLEU": bleu, "chrF": chrf}

    def statistics(self, outputs: Sequence[str]) -> np.ndarray:
        """What BLEU adds up: matches and n-grams of length 1 to 4, words written and in the closest translation."""
        from sacrebleu.metrics.bleu import BLEU

        metric = BLEU(effective_order=True)  # concerns a sentence's own score, which is not used, and a warning
        scores = [metric.sentence_score(out, list(row.french)) for out, row in zip(outputs, self.rows, strict=True)]
        return np.array([(*each.counts, *each.totals, each.sys_len, each.ref_len) for each in scores])

    def score(self, sums: np.ndarray) -> float:
        """BLEU as sacrebleu gives it for the whole."""
        from sacrebleu.metrics.bleu import BLEU

        numbers = [int(number) for number in sums]
        return BLEU.compute_bleu(numbers[:4], numbers[4:8], numbers[8], numbers[9], smooth_method="exp").score

    def _scored(self, outputs: Sequence[str]) -> list[tuple[Any, float]]:
        """BLEU and chrF, each with its score; their signatures say how many references there were, once they scored."""
        from sacrebleu.metrics.bleu import BLEU
        from sacrebleu.metrics.chrf import CHRF

        most = max(len(row.french) for row in self.rows)
        # A list for each translation and not for each sentence; None stands for one that a sentence does not have.
        columns = [
            [row.french[number] if number < len(row.french) else None for row in self.rows] for number in range(most)
        ]
        # sacrebleu's own types forget the None.
        metrics: tuple[Any, ...] = (BLEU(), CHRF())
        return [(metric, metric.corpus_score(list(outputs), columns).score) for metric in metrics]


def exam_for(card: ModelCard) -> Exam:
    """The exam for a model: the suite's own questions or sentences.

    Raises:
        InvalidInput: neither for question answering nor a translator from English to French.
        ModelNotHere: a translator whose configuration is not on this machine, which says what it translates to.
    """
    if card.task == Task.QUESTION_ANSWERING:
        tells = card.answers_no_answer is True
        return QuestionExam(tuple(row for row in questions() if row.answers or tells), tells)
    if card.task == Task.TEXT_TO_TEXT:
        _require_french(card)
        return TranslationExam(sentences())
    raise InvalidInput(
        f"{card.model_id} is for {card.task.label}. Choose a model for question answering, or one that translates."
    )


def _require_french(card: ModelCard) -> None:
    tasks = Tasks.in_folder(card, hub.require(card))
    if tasks.source != "english" or TARGET not in tasks.translations:
        raise InvalidInput(
            f"{card.model_id} does not say that it translates English to French, and the sentences here are for that. "
            "Choose another model."
        )
