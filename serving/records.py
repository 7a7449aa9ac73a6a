"""What the tasks give, as plain JSON types: the same from the terminal's --json and from the API.

`serving.api.results` says in types and words what stands in each. Knows nothing of who asked.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from models.failures import Failure, attempt
from models.text.readable import Unreadable, unreadable
from models.wording import is_blank
from models.wrapper import readable

if TYPE_CHECKING:
    import threading

    from models.text.answers import Reading
    from models.text.grading import Grade
    from models.text.label_sentences import LabelSentences
    from models.text.occlusion import WordImportance
    from models.text.pieces import Piece
    from models.text.task_settings import TextToTextSettings
    from models.text.tokenized import TokenizedText
    from models.text_classification import Classification, TextClassifier
    from models.text_generation import GenerationSettings
    from models.text_to_image import Drawing, TextToImage
    from models.text_to_text import TextToText
    from models.tokenization import TextTokenizer
    from models.zero_shot import LabelSimilarity, ZeroShotClassifier

Record = dict[str, Any]
EXCERPT = 40  # characters of a piece that is one of several of its line


def failed(failure: Failure, named: str = "text") -> Record:
    """Which one failed, and why; what was given stands under `named`."""
    plain = failure.as_dict()
    return {"number": plain["number"], named: plain["text"], "error": plain["error"]}


def reading(item: "Reading | Failure") -> Record:
    """A question and its answers."""
    return failed(item, "question") if isinstance(item, Failure) else item.as_dict()


def classification(found: "Classification", label: str | None, words: "list[WordImportance] | None") -> Record:
    """A text with its labels, and the words that matter for `label` (None: the likeliest), where there are any."""
    if words is None:
        return found.as_dict()
    return found.as_dict() | {"explained": label or found.label, "words": [each.as_dict() for each in words]}


def classified(
    classifier: "TextClassifier",
    texts: Mapping[int, str],
    explain: bool,
    label: str | None,
    cancelled: "threading.Event",
    even_if_unreadable: bool,
) -> "Iterator[tuple[int, Classification | Failure, list[WordImportance] | None]]":
    """Each text with its number and its words, None where they are not asked for. Raises what `attempt_each` raises."""
    results = classifier.attempt_each(list(texts.values()), cancelled, even_if_unreadable)
    for number, found in zip(texts, results, strict=True):
        words: Any = None
        if explain and not isinstance(found, Failure):
            # What cannot be read has been refused above, or is wanted all the same.
            [words] = attempt([found.text], lambda text: classifier.explain(text, label, cancelled, True))
        failure = next((each for each in (found, words) if isinstance(each, Failure)), None)
        yield (number, found, words) if failure is None else (number, replace(failure, number=number), None)


def by_own_labels(
    sorter: "ZeroShotClassifier | LabelSimilarity", wanted: "LabelSentences", results: list[Record], complete: bool
) -> Record:
    """Texts sorted by labels of one's own, and what the numbers are; `complete`: each of them could be sorted."""
    from models.zero_shot import MEASURES

    return {
        "model": sorter.card.model_id,
        "labels": list(wanted.labels),
        "template": wanted.template,
        "several": wanted.several,
        "measure": MEASURES[sorter.measure],
        "complete": complete,
        "results": results,
    }


def grade(model_id: str, found: "Grade", results: "Sequence[Classification | Failure]", finished: bool) -> Record:
    """How good a model is, and the texts that it could not read. `finished`: all of them were answered."""
    failures = [failed(each) for each in results if isinstance(each, Failure)]
    return {"model": model_id, "finished": finished} | found.as_dict() | {"failures": failures}


# Translations


@dataclass(frozen=True)
class TranslatedLine:
    """A line in pieces, what the model's vocabulary lacks of it, and why a part of it was left out, where one was."""

    source: str
    pieces: "Sequence[Piece]"
    lost: Unreadable
    left_out: str | None


def translate_line(
    translator: "TextToText",
    line: str,
    target: str,
    settings: "TextToTextSettings",
    cancelled: "threading.Event",
    even_if_unreadable: bool,
) -> TranslatedLine:
    """One line in another language; a blank one stays blank. Raises what `translate` raises."""
    if is_blank(line):
        return TranslatedLine(line, (), Unreadable(), None)
    lost = unreadable(translator.tokenizer, readable(line)) if any(map(str.isalpha, line)) else Unreadable()
    pieces = list(translator.translate(line, target, settings, cancelled, even_if_unreadable))
    return TranslatedLine(line, pieces, lost, about_left_out(pieces, translator.card.model_id))


def about_left_out(pieces: "Iterable[Piece]", model_id: str) -> str | None:
    """Why parts of a line have no translation; None where none was left out."""
    left_out = [piece for piece in pieces if piece.left_out]
    lost = [(Unreadable(piece.unreadable, piece.unreadable_signs), piece.source) for piece in left_out]
    return " ".join(each.refusal(model_id, f"“{excerpt(source)}”") for each, source in lost) or None


def excerpt(text: str) -> str:
    """The beginning of a text, for a sentence about it."""
    return f"{text[:EXCERPT]}…" if len(text) > EXCERPT else text


def translation(line: TranslatedLine | Failure, number: int, target: str, source_language: str | None) -> Record:
    """A line and its translation; `number` counts from 1 and is told where something is wrong."""
    if isinstance(line, Failure):
        return failed(line, "source") | {"number": number}
    facts = {
        "source": line.source,
        "translation": " ".join(piece.text for piece in line.pieces if piece.text),
        "target": target,
        "source_language": source_language,
        "unreadable": line.lost.share,
        "unreadable_signs": line.lost.signs,
        "repeated": any(piece.repeated for piece in line.pieces),
        "unfinished": any(piece.unfinished for piece in line.pieces),
        "lost_numbers": [number for piece in line.pieces for number in piece.lost_numbers],
        "lost_things": [thing for piece in line.pieces for thing in piece.lost_things],
    }
    return facts if line.left_out is None else facts | {"number": number, "error": line.left_out}


def summary(pieces: "Sequence[Piece]", length: str, source: str, left_out: str | None) -> Record:
    """A summary, or the parts of one that was stopped; with its sentences, where it was chosen from the text's own."""
    last = pieces[-1] if pieces else None
    facts: Record = {
        "summary": next((piece.text for piece in pieces if piece.kind == "whole"), None),
        "parts": [piece.text for piece in pieces if piece.kind == "part"],
        "length": length,
        "source_characters": len(source),
        "unreadable": last.unreadable if last else None,
        "unreadable_signs": last.unreadable_signs if last else None,
        "repeated": any(piece.repeated for piece in pieces),
    }
    chosen = last.as_dict() if last is not None and hasattr(last, "sentences") else {}
    return (
        facts
        | ({"error": left_out} if left_out is not None else {})
        | {name: chosen[name] for name in ("made_of", "sentences") if chosen}
    )


# Continued texts


def generation(done: Record | None, prompt: str, text: str, lost: Unreadable, settings: "GenerationSettings") -> Record:
    """A continued text: `done` is what a finished one tells, None for one that was stopped after `text`."""
    unfinished: Record = {"prompt": prompt, "text": text, "seed": settings.seed}
    unfinished |= {"unreadable": lost.share, "unreadable_signs": lost.signs}
    return (done or unfinished) | {"finished": done is not None, "settings": asdict(settings)}


# Pictures that were drawn


def drawing(drawer: "TextToImage", done: "Drawing | None") -> Record:
    """How a picture was made, without its pixels; None: one that was stopped."""
    facts = {"model": drawer.card.model_id, "device": drawer.device.type, "precision": drawer.precision}
    return facts | {"finished": done is not None} | (done.as_dict() if done is not None else {})


# Tokens


def tokenized(
    text: str, results: "Iterable[tuple[TextTokenizer, TokenizedText]]", price: float | None, times: int
) -> Record:
    """A text as each tokenizer cuts it; with a price of a million tokens, what so many such texts cost."""
    return {"text": text, "tokenizers": list(_tokenized(results, price, times))}


def _tokenized(
    results: "Iterable[tuple[TextTokenizer, TokenizedText]]", price: float | None, times: int
) -> Iterator[Record]:
    for tokenizer, each in results:
        facts = {"kind": tokenizer.kind, "vocabulary": tokenizer.vocabulary}
        yield each.as_dict() | facts | ({"cost": each.price(price, times)} if price is not None else {})
