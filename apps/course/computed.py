"""Questions whose answer the person's own session has computed: a block `computed` with one of these names.

Each is a function of what the session keeps of a page's results. It gives options and the right one, or a sentence
what to do first. It never guesses: where results leave two equally good answers, it says so and asks for others.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from models.errors import InvalidInput

if TYPE_CHECKING:
    from apps.ui.run import Outcome
    from quantization.experiments.row import WholeRow

Session = Mapping[Any, Any]
MOST_OPTIONS = 4
LONGEST_OPTION = 80  # characters


@dataclass(frozen=True)
class Look:
    """The options of a question, and which of them, counted from 0, is right; or `missing`: what is to be done first.

    All in the language that was asked for.
    """

    options: tuple[str, ...] = ()
    right: int = 0
    missing: str | None = None


@dataclass(frozen=True)
class Computed:
    """A question that a page's results answer: which page, what it asks, and the function that looks."""

    page: str
    asks: str
    look: Callable[[Session, str], Look]


@dataclass(frozen=True)
class Counted:
    """How many tokens a tokenizer made of a text; `language` is that of the text where the page knows it."""

    tokenizer: str
    tokens: int
    language: str | None = None


SENTENCES: Mapping[str, Mapping[str, str]] = {
    "en": {
        "two_precisions": "First run at least two precisions on this page, to their end. The answer comes from your "
        "results.",
        "speeds": "First run fp32 and another precision on this page, when the machine has nothing else to do: so far "
        "no speeds can be compared.",
        "rows": "First measure at least two lines on this page, when the machine has nothing else to do: so far there "
        "are no two that can be trusted.",
        "equal": "In your results two answers are equally right. Run it with other settings, and come back.",
        "layers": "First run the heat map on this page: at least two fields have to be measured.",
        "tokenizers": "First compare at least two tokenizers on one text, in the view “Compare”.",
        "languages": "First open the view “Languages” with a text in both boxes.",
        "question": "First ask a question on this page, with “no answer” allowed.",
        "picture": "First detect something in a picture on this page.",
        "parts": "First choose a model on this page of which the parts are known.",
        "training": "First train on this page, to the end. The answer is in your result.",
        "texts": "First classify at least two texts on this page.",
        "steps": "First run all steps on this page, to the last one.",
        "english": "English",
        "spanish": "Spanish",
        "depends": "It depends on the tokenizer",
        "an_answer": "The best answer",
        "no_answer": "“No answer”",
        "own": "My training",
        "frequent": "Always the most frequent label",
        "untrained": "The untrained head",
        "another": "Another answer, without any message",
        "same": "The same answer, without any message",
        "failed": "None: the step ended with an error message",
    },
    "es": {
        "two_precisions": "Antes, mide en esta página al menos dos precisiones, hasta el final. La respuesta sale de "
        "tus resultados.",
        "speeds": "Antes, mide en esta página fp32 y otra precisión, cuando la máquina no tenga nada más que hacer: "
        "todavía no hay velocidades que se puedan comparar.",
        "rows": "Antes, mide en esta página al menos dos líneas, cuando la máquina no tenga nada más que hacer: "
        "todavía no hay dos de las que fiarse.",
        "equal": "En tus resultados hay dos respuestas igual de buenas. Repítelo con otros ajustes y vuelve.",
        "layers": "Antes, haz el mapa de calor en esta página: hacen falta al menos dos casillas medidas.",
        "tokenizers": "Antes, compara al menos dos tokenizadores con un mismo texto, en la vista «Compare».",
        "languages": "Antes, abre la vista «Languages» con un texto en cada recuadro.",
        "question": "Antes, haz una pregunta en esta página, con «no answer» permitido.",
        "picture": "Antes, detecta algo en una foto en esta página.",
        "parts": "Antes, elige en esta página un modelo del que se conozcan las partes.",
        "training": "Antes, entrena en esta página, hasta el final. La respuesta está en tu resultado.",
        "texts": "Antes, clasifica al menos dos textos en esta página.",
        "steps": "Antes, ejecuta en esta página todos los pasos, hasta el último.",
        "english": "El inglés",
        "spanish": "El español",
        "depends": "Depende del tokenizador",
        "an_answer": "La mejor respuesta",
        "no_answer": "«Sin respuesta»",
        "own": "Mi entrenamiento",
        "frequent": "Decir siempre la etiqueta más frecuente",
        "untrained": "La cabeza sin entrenar",
        "another": "Otra respuesta, sin ningún mensaje",
        "same": "La misma respuesta, sin ningún mensaje",
        "failed": "Ninguna: el paso acabó con un mensaje de error",
    },
}


def look_at(name: str, session: Session, language: str) -> Look:
    """What the question of this name finds in a session."""
    return COMPUTED[name].look(session, language)


def best_of(figures: Mapping[str, float], language: str, missing: str, smallest: bool = True) -> Look:
    """The names as options, in their order, and as the right one that with the smallest (or the largest) figure.

    Of more than MOST_OPTIONS, the right one and others stay.
    """
    if len(figures) < 2:
        return Look(missing=SENTENCES[language][missing])
    ranked = sorted(figures, key=lambda name: figures[name] if smallest else -figures[name])
    if figures[ranked[0]] == figures[ranked[1]]:
        return Look(missing=SENTENCES[language]["equal"])
    # The others from the whole range: the runner-up alone would make it a question of the last digit.
    rest = ranked[1:]
    every = max(1, -(-len(rest) // (MOST_OPTIONS - 1)))
    kept = {ranked[0], *rest[::-1][::every][: MOST_OPTIONS - 1]}
    options = tuple(name for name in figures if name in kept)
    return Look(options, options.index(ranked[0]))


def items_of(session: Session, name: str) -> list[Any]:
    """What the latest computation of this name gave; nothing where there was none."""
    outcome: Outcome | None = session.get(f"{name}-outcome")
    return list(outcome.items) if outcome is not None else []


# One question each


def measured_precisions(session: Session) -> "list[WholeRow]":
    """The rows of the comparison that were measured to their end."""
    from quantization.experiments.compare import rows_of
    from quantization.experiments.row import whole_rows

    return whole_rows(rows_of(items_of(session, "quantization")))


def of_precisions(session: Session, language: str, figure: str) -> Look:
    """The precision with the smallest of a figure of its row."""
    rows = measured_precisions(session)
    return best_of({row.precision: getattr(row, figure) for row in rows}, language, "two_precisions")


def fastest_precision(session: Session, language: str) -> Look:
    """The precision that wrote fastest, among those whose speed could be compared with that of fp32."""
    from quantization.experiments.speeds import standing

    rows = measured_precisions(session)
    speeds = {row.precision: speed for row in rows if (speed := standing(row)) is not None}
    return best_of(speeds, language, "speeds", smallest=False)


def largest_gain(session: Session, language: str) -> Look:
    """The model and precision with the largest ratio to plain PyTorch, among those of which something can be said."""
    from quantization.experiments.speeds import CLAIMS
    from quantization.race.row import SpeedRow, verdict

    rows = [item for item in items_of(session, "speed-here") if isinstance(item, SpeedRow)]
    ratios = {row.name: row.ratio or 0.0 for row in rows if verdict(row) in CLAIMS}
    return best_of(ratios, language, "rows", smallest=False)


def most_sensitive_layer(session: Session, language: str) -> Look:
    """The place that raises the perplexity most when it alone is rounded."""
    from quantization.experiments.sensitivity import Cell

    cells = [item for item in items_of(session, "sensitivity") if isinstance(item, Cell)]
    return best_of({cell.name: cell.change for cell in cells}, language, "layers", smallest=False)


def fewest_tokens(session: Session, language: str) -> Look:
    """The tokenizer that needs the fewest tokens for the text."""
    counts = [item for item in items_of(session, "tokenizers") if isinstance(item, Counted)]
    return best_of({each.tokenizer: each.tokens for each in counts}, language, "tokenizers")


def tokens_english_spanish(session: Session, language: str) -> Look:
    """In which of two languages the same text needs more tokens; where tokenizers disagree, it depends on them."""
    counts = [item for item in items_of(session, "tokenizers-languages") if isinstance(item, Counted)]
    by_tokenizer: dict[str, dict[str | None, int]] = {}
    for each in counts:
        by_tokenizer.setdefault(each.tokenizer, {})[each.language] = each.tokens
    say = SENTENCES[language]
    longer = {
        (tokens["Spanish"] > tokens["English"]) - (tokens["Spanish"] < tokens["English"])
        for tokens in by_tokenizer.values()
        if tokens.keys() >= {"English", "Spanish"}
    }
    if not longer:
        return Look(missing=say["languages"])
    if longer == {0}:
        return Look(missing=say["equal"])
    right = 2 if len(longer) > 1 else 1 if longer == {1} else 0
    return Look((say["english"], say["spanish"], say["depends"]), right)


def answer_score(session: Session, language: str) -> Look:
    """Whether the best answer or “no answer” had the higher score, in the latest question that allowed both."""
    say = SENTENCES[language]
    readings = [item for item in items_of(session, "qa") if getattr(item, "no_answer_score", None) is not None]
    if not readings:
        return Look(missing=say["question"])
    nothing = readings[-1].no_answer_score
    best = max((answer.score for answer in readings[-1].answers if answer.text), default=0.0)
    if best == nothing:
        return Look(missing=say["equal"])
    return Look((say["an_answer"], say["no_answer"]), int(best < nothing))


def number_of_objects(session: Session, language: str) -> Look:
    """How many objects stand in the first picture, with what the page's sliders stand at."""
    seen = [item for item in items_of(session, "detection") if getattr(item, "candidates", None) is not None]
    if not seen:
        return Look(missing=SENTENCES[language]["picture"])
    settings = {
        "confidence": session.get("detection-confidence", 0.25), "iou": session.get("detection-iou", 0.45),
        "classes": session.get("detection-classes"), "class_agnostic": session.get("detection-agnostic", False),
        "max_detections": session.get("detection-max") or 300,
    }  # fmt: skip
    try:
        count = len(seen[0].candidates.select(**settings).detections)
    except InvalidInput:  # classes chosen for another model
        return Look(missing=SENTENCES[language]["picture"])
    first = max(0, count - count % MOST_OPTIONS)  # so that the right one is not always the second, or the third
    return Look(tuple(str(first + each) for each in range(MOST_OPTIONS)), count - first)


def largest_part(session: Session, language: str) -> Look:
    """The part of the model with the most parameters."""
    parts = next((item.parameters for item in items_of(session, "memory") if getattr(item, "parameters", None)), None)
    return best_of(parts or {}, language, "parts", smallest=False)


def own_training(session: Session, language: str) -> Look:
    """Which had the highest accuracy on the test texts: one's own training, or what needs none."""
    say, result = SENTENCES[language], result_of_training(session)
    names = {"accuracy": "own", "majority_accuracy": "frequent", "untrained_accuracy": "untrained"}
    figures = {say[word]: result[name] for name, word in names.items() if isinstance(result.get(name), int | float)}
    return best_of(figures, language, "training", smallest=False)


def result_of_training(session: Session) -> Mapping[str, Any]:
    """What the session's training of texts has reached; empty where there is none, or none yet."""
    from training.job_folders import TEXTS, find

    name = session.get("transfer-job")
    job = find(name, TEXTS) if name else None
    return job.result() if job is not None else {}


def least_sure(session: Session, language: str) -> Look:
    """The text whose likeliest label is the least likely."""
    results = [item for item in items_of(session, "classification") if hasattr(item, "scores")]
    return best_of({cut(each.text): each.score for each in results}, language, "texts")


def other_tokenizer(session: Session, language: str) -> Look:
    """What came of the last step, where the model reads the tokens of another model's tokenizer."""
    from models.steps.looks import WrongLook

    say = SENTENCES[language]
    looks = [item.look for item in items_of(session, "steps") if isinstance(getattr(item, "look", None), WrongLook)]
    if not looks:
        return Look(missing=say["steps"])
    own, other = looks[-1].answer, looks[-1].wrong_answer
    right = 2 if other is None else int(other.strip().casefold() == own.strip().casefold())
    return Look((say["another"], say["same"], say["failed"]), right)


def cut(text: str) -> str:
    """A text short enough for an option."""
    words = " ".join(text.split())
    return words if len(words) <= LONGEST_OPTION else f"{words[: LONGEST_OPTION - 1]}…"


COMPUTED: Mapping[str, Computed] = {
    "smallest_file": Computed(
        "gpt2_quantization", "Which precision made the file smallest?", partial(of_precisions, figure="file_bytes")
    ),
    "fastest_precision": Computed("gpt2_quantization", "Which precision wrote fastest?", fastest_precision),
    "best_perplexity": Computed(
        "gpt2_quantization", "Which precision has the lowest perplexity?", partial(of_precisions, figure="perplexity")
    ),
    "largest_gain": Computed("speed_here", "Which line has the largest ratio?", largest_gain),
    "most_sensitive_layer": Computed("layer_sensitivity", "Which place hurts most?", most_sensitive_layer),
    "fewest_tokens": Computed("tokenizers", "Which tokenizer needs the fewest tokens for your text?", fewest_tokens),
    "tokens_english_spanish": Computed(
        "tokenizers", "In which language does the same text need more tokens?", tokens_english_spanish
    ),
    "answer_score": Computed("question_answering", "Which had the higher score in your last question?", answer_score),
    "number_of_objects": Computed("object_detection", "How many objects are in your first picture?", number_of_objects),
    "largest_part": Computed("model_memory", "Which part of the model has the most parameters?", largest_part),
    "own_training": Computed("transfer_learning", "Which is right most often on the test texts?", own_training),
    "least_sure": Computed("text_classification", "Of which text was the model least sure?", least_sure),
    "other_tokenizer": Computed("step_by_step", "What did another model's tokenizer lead to?", other_tokenizer),
}
