"""One row a route: what it is asked, which model does it, and how; each record is told as soon as it is there."""

import base64
import io
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from models.cancellation import stop_if
from models.catalog import Task
from models.errors import InvalidInput
from models.failures import Failure, attempt
from models.pictures.file_names import shown_name
from models.text.grading import require_matched
from models.text.label_sentences import LabelSentences
from models.text.lines import lines_in
from models.text.readable import unreadable
from serving import gold_work, records
from serving.api import requests
from serving.choosing import Fits, any_model, writes
from serving.records import Record

if TYPE_CHECKING:
    from models.text_to_image import DrawingStep

Emit = Callable[[Record], None]
MOST_CHARACTERS = 200_000  # of texts to tokenize: each token is told in some 200 characters of JSON
Work = Callable[[Any, Any, threading.Event, Emit], Any]


@dataclass(frozen=True)
class Route:
    """A task over HTTP. `work` is given the model (None where it needs none), what is asked, Stop, and whom to tell.

    It returns the whole result. `verb` and `fits` say which models of the catalog can do it, as in the terminal.
    """

    name: str
    title: str
    asked: type[requests.Asked]
    work: Work
    task: Task | None = None
    verb: str | None = None
    fits: Callable[[Any], Fits] = lambda asked: any_model


def _told(found: Iterable[Record], emit: Emit) -> list[Record]:
    """All of them, each told as it comes."""
    done = []
    for record in found:
        emit(record)
        done.append(record)
    return done


def answer(answerer: Any, asked: requests.Answer, cancelled: threading.Event, emit: Emit) -> list[Record]:
    if not any(question.strip() for question in asked.questions):
        raise InvalidInput("A question is empty. Ask one about the text.")
    readings = answerer.attempt_many(
        asked.questions,
        asked.context,
        top_k=asked.top_k,
        no_answer=asked.no_answer,
        no_answer_threshold=asked.no_answer_threshold,
        rank_by=asked.rank_by,
        cancelled=cancelled,
        even_if_unreadable=asked.even_if_unreadable,
    )
    return _told(map(records.reading, readings), emit)


def classify(classifier: Any, asked: requests.Classify, cancelled: threading.Event, emit: Emit) -> list[Record]:
    if asked.label is not None:
        classifier.require_label(asked.label)
    _require_texts(asked.texts)
    explain = asked.explain or asked.label is not None
    texts = dict(enumerate(asked.texts, start=1))
    found = records.classified(classifier, texts, explain, asked.label, cancelled, asked.even_if_unreadable)
    return _told((_classified(each, asked.label, words) for _, each, words in found), emit)


def _classified(found: Any, label: str | None = None, words: Any = None) -> Record:
    return records.failed(found) if isinstance(found, Failure) else records.classification(found, label, words)


def zero_shot(sorter: Any, asked: requests.ZeroShot, cancelled: threading.Event, emit: Emit) -> Record:
    wanted = LabelSentences(tuple(asked.labels), asked.template, asked.multi)
    found = sorter.sort_each(asked.texts, wanted, cancelled, asked.even_if_unreadable)
    results = _told((each.as_dict() for each in found), emit)
    return records.by_own_labels(sorter, wanted, results, not any("error" in each for each in results))


def grade(classifier: Any, asked: requests.Grade, cancelled: threading.Event, emit: Emit) -> Record:
    rows = gold_work.gold_rows(asked.texts, asked.labels)
    wishes = gold_work.wishes_in(asked.label_map)
    matching = gold_work.with_wishes(gold_work.guessed(classifier.labels, rows), wishes)
    require_matched(matching)
    parts = []
    for part in gold_work.answer_rows(classifier, rows, cancelled, asked.even_if_unreadable):
        parts.append(part)
        _told(map(_classified, part.results), emit)
    results = gold_work.results_of(parts)
    found = gold_work.graded(rows, results, matching, len(rows))
    return records.grade(classifier.card.model_id, found, results, finished=True)


def _require_texts(texts: Sequence[str]) -> None:
    if not texts:
        raise InvalidInput("There is no text. Give one or more.")


def _search(asked: requests.Search) -> Any:
    from models.text.task_settings import TextToTextSettings

    names = TextToTextSettings.__dataclass_fields__
    return TextToTextSettings(**{name: getattr(asked, name) for name in names})


def translate(translator: Any, asked: requests.Translate, cancelled: threading.Event, emit: Emit) -> list[Record]:
    settings, meant = _search(asked), translator.require_target(asked.target)
    lines = lines_in(asked.text)
    if not asked.text.strip():
        raise InvalidInput("There is no text in it: all lines are blank.")
    how = (meant, settings, cancelled, asked.even_if_unreadable)
    found = attempt(lines, lambda line: records.translate_line(translator, line, *how))
    told = (asked.target or meant, translator.source)
    return _told((records.translation(line, number, *told) for number, line in enumerate(found, start=1)), emit)


def summarize(summarizer: Any, asked: requests.Summarize, cancelled: threading.Event, emit: Emit) -> Record:
    search = {} if summarizer.card.task == Task.SUMMARIZATION else {"settings": _search(asked)}
    pieces = []
    for piece in summarizer.summarize(
        asked.text, asked.length, **search, cancelled=cancelled, even_if_unreadable=asked.even_if_unreadable
    ):
        pieces.append(piece)
        emit({"text": piece.text, "kind": piece.kind, "index": piece.index, "total": piece.total})
    left_out = records.about_left_out(pieces, summarizer.card.model_id)
    return records.summary(pieces, asked.length, asked.text, left_out)


def generate(generator: Any, asked: requests.Generate, cancelled: threading.Event, emit: Emit) -> Record:
    from models.text_generation import GenerationSettings

    names = GenerationSettings.__dataclass_fields__
    settings = generator.in_full(GenerationSettings(**{name: getattr(asked, name) for name in names}))
    prompt = asked.prompt.strip()

    def tell(piece: str) -> None:
        emit({"text": piece})

    done = generator.complete(prompt, settings, cancelled, tell, asked.even_if_unreadable).as_dict()
    return records.generation(done, prompt, done["text"], unreadable(generator.tokenizer, prompt), settings)


def tokenize(_: None, asked: requests.Tokenize, cancelled: threading.Event, emit: Emit) -> list[Record]:
    from models.tokenization import TextTokenizer, tokenize_each
    from models.weights.tokenizers import find_tokenizer

    _require_texts(asked.texts)
    if (asked.price or 0) < 0 or asked.times < 1:
        raise InvalidInput("A price cannot be below 0, and times cannot be below 1.")
    if (length := sum(map(len, asked.texts))) > MOST_CHARACTERS:
        raise InvalidInput(f"These texts have {length:,} characters. At most {MOST_CHARACTERS:,} are cut at once.")
    tokenizers = []
    for name in dict.fromkeys(asked.tokenizer):
        stop_if(cancelled)
        tokenizers.append(TextTokenizer.load(find_tokenizer(name)))

    def cut(text: str) -> Record:
        results = zip(tokenizers, tokenize_each(text, tokenizers, asked.special_tokens, cancelled), strict=True)
        return records.tokenized(text, results, asked.price, asked.times)

    found = attempt(asked.texts, cut)
    return _told((records.failed(each) if isinstance(each, Failure) else each for each in found), emit)


# Pictures

STORED = "aula-picture-"  # the beginning of a picture's name while it is looked at


@contextmanager
def _files(pictures: Sequence[requests.Picture], cancelled: threading.Event) -> Iterator[list[Path]]:
    """The pictures as files, whose names are ours: any name can be sent, and no system takes them all."""
    if not pictures:
        raise InvalidInput("There is no picture. Send one or more.")
    with TemporaryDirectory(prefix="aula-api-") as folder:
        paths = [Path(folder) / f"{STORED}{number:04}" for number in range(1, len(pictures) + 1)]
        for path, picture in zip(paths, pictures, strict=True):
            stop_if(cancelled)
            path.write_bytes(picture.content)
        yield paths


def _named(done: Any, pictures: Sequence[requests.Picture]) -> Record:
    """The record of a picture, in which it has the name that it was sent with."""
    number = int(done.path.name.removeprefix(STORED))
    name = shown_name(pictures[number - 1].name or f"image {number}")
    error = done.error.replace(done.path.name, name) if done.error else None
    return done.as_dict() | {"image": name, "error": error}


def _looked(model: Any, found: Iterable[Any], pictures: Sequence[requests.Picture], emit: Emit) -> Record:
    images = _told((_named(done, pictures) for done in found), emit)
    facts = {"model": model.card.model_id, "device": model.device.type, "precision": model.precision}
    return facts | {"finished": True, "images": images}


def detect(detector: Any, asked: requests.Detect, cancelled: threading.Event, emit: Emit) -> Record:
    from models.pictures.class_names import classes_in

    settings = {
        "confidence": asked.confidence,
        "iou": asked.iou,
        "classes": classes_in(asked.classes, detector.labels),
        "image_size": asked.image_size,
        "max_detections": asked.max_det,
        "class_agnostic": asked.agnostic_nms,
    }
    with _files(asked.images, cancelled) as paths:
        looked = _looked(detector, detector.detect_files(paths, cancelled, **settings), asked.images, emit)
    total: Counter[str] = Counter()
    for image in looked["images"]:
        total.update(image.get("counts", {}))
    return looked | {"counts": dict(total.most_common())}


def classify_images(classifier: Any, asked: requests.ClassifyImages, cancelled: threading.Event, emit: Emit) -> Record:
    with _files(asked.images, cancelled) as paths:
        return _looked(classifier, classifier.classify_files(paths, asked.top_k, cancelled), asked.images, emit)


def imagine(drawer: Any, asked: requests.Imagine, cancelled: threading.Event, emit: Emit) -> Record:
    from models.text_to_image import DrawingSettings, DrawingStep

    names = DrawingSettings.__dataclass_fields__
    settings = DrawingSettings(**{name: getattr(asked, name) for name in names}).resolved()
    done: Any = None
    for done in drawer.draw(asked.prompt.strip(), settings, cancelled):
        if isinstance(done, DrawingStep):
            emit(_step(done))
    return records.drawing(drawer, done) | {"picture": _data_url(done.png())}  # the picture comes last


def _step(step: "DrawingStep") -> Record:
    """A step, its small picture as a data URL; null where none can be made."""
    file = io.BytesIO()
    if step.preview is not None:
        step.preview.save(file, "PNG")
    preview = _data_url(file.getvalue()) if step.preview is not None else None
    return {"number": step.number, "of": step.of, "seconds": round(step.seconds, 4), "preview": preview}


def _data_url(png: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"


ROUTES = {
    route.name: route
    for route in (
        Route("answer", "Answer questions about a text", requests.Answer, answer, Task.QUESTION_ANSWERING),
        Route(
            "translate", "Translate a text, line by line", requests.Translate, translate, Task.TEXT_TO_TEXT,
            verb="translate", fits=lambda asked: writes(asked.target),
        ),
        Route(
            "summarize", "Make a text short", requests.Summarize, summarize, Task.TEXT_TO_TEXT, verb="summarize"
        ),
        Route("classify", "Sort texts by a model's labels", requests.Classify, classify, Task.TEXT_CLASSIFICATION),
        Route(
            "zero-shot", "Sort texts by labels of one's own", requests.ZeroShot, zero_shot, Task.ZERO_SHOT, verb="label"
        ),
        Route("grade", "Grade a model on texts with gold labels", requests.Grade, grade, Task.TEXT_CLASSIFICATION),
        Route("detect", "Find objects in pictures", requests.Detect, detect, Task.OBJECT_DETECTION),
        Route(
            "classify-images", "Say what pictures show", requests.ClassifyImages, classify_images,
            Task.IMAGE_CLASSIFICATION,
        ),
        Route("imagine", "Draw what a sentence describes", requests.Imagine, imagine, Task.TEXT_TO_IMAGE),
        Route("generate", "Continue a text", requests.Generate, generate, Task.TEXT_GENERATION),
        Route("tokenize", "Cut texts into tokens", requests.Tokenize, tokenize),
    )
}  # fmt: skip
