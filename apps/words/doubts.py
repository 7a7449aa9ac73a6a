"""What to say beside a result of a text task that is not all it looks like: letters not read, circles, no sentences."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from models.text.readable import Unreadable
from serving.records import about_left_out, excerpt

if TYPE_CHECKING:
    from models.text.pieces import Piece

EVEN_IF_UNREADABLE = "Compute also where the model's vocabulary lacks more than half of a text."

MOST_LINES = 5  # that are named for what is lost in them

MADE_OF = {
    "lines": "This text has few full stops, so the summary was chosen from its lines.",
    "pauses": "This text has sentences too long to choose from: they were cut at pauses, such as commas.",
    "lengths": "This text has long stretches without a full stop: they were cut after some words, so what was chosen "
    "may begin or end in the middle of a sentence.",
    "whole": "This text has fewer than three sentences, so there is nothing to choose from: all of it came back.",
}


def about_text(result: Any, model_id: str, what: str = "the text") -> str | None:
    """What to say of a result with `unreadable` and `unreadable_signs`; None below 2 %."""
    lost = Unreadable(result.unreadable, result.unreadable_signs)
    return lost.sentence(model_id, what) if lost.worth_telling else None


def about_readings(items: Iterable[Any]) -> list[str]:
    """What to say of answers, with their questions; items that are none (failures) have said it themselves."""
    named = ((item, f"the text or the question “{item.question}”") for item in items if hasattr(item, "answers"))
    return [doubt for item, what in named if (doubt := about_text(item, "The model", what)) is not None]


def about_texts(items: Iterable[Any]) -> list[str]:
    """What to say of classified texts, with the beginning of each."""
    named = ((item, f"“{excerpt(item.text)}”") for item in items if hasattr(item, "unreadable"))
    return [doubt for item, what in named if (doubt := about_text(item, "The model", what)) is not None]


def about_rows(rows: Iterable[Any], model_id: str) -> list[str]:
    """What to say once of the rows of an experiment, which all read the same prompt and text."""
    row = next((row for row in rows if row.unreadable is not None), None)
    doubt = None if row is None else about_text(row, model_id, "the prompt or the measured text")
    return [] if doubt is None else [doubt]


def about_pieces(pieces: "Sequence[Piece]", model_id: str) -> list[str]:
    """What to say of a translation, with the numbers of the lines, or of a summary."""
    if not pieces:
        return []
    if pieces[-1].kind == "translation":
        return [*_about_lines(pieces, model_id), *_about_lost(pieces)]
    return list(_about_summary(pieces, model_id))


def _about_lines(pieces: "Sequence[Piece]", model_id: str) -> Iterator[str]:
    for piece in pieces:
        if piece.left_out or piece.unreadable or piece.repeated or piece.unfinished:
            yield from about_translation(
                replace(piece, lost_numbers=(), lost_things=()), model_id, place(piece, pieces)
            )


def _about_lost(pieces: "Sequence[Piece]") -> Iterator[str]:
    """One sentence for all lines: a table of numbers has a doubt in each, and a page draws them all at each piece."""
    lost = [piece for piece in pieces if piece.lost]
    if lost:
        named = "; ".join(f"{place(piece, pieces)}: {', '.join(piece.lost)}" for piece in lost[:MOST_LINES])
        more = f"; and in {len(lost) - MOST_LINES} more places" if len(lost) > MOST_LINES else ""
        yield f"Not in the translation: {named}{more}. Check it there."


def about_translation(piece: "Piece", model_id: str, what: str) -> Iterator[str]:
    """What to say of the translation of `what`."""
    if piece.left_out:
        yield Unreadable(piece.unreadable, piece.unreadable_signs).refusal(model_id, what)
    elif (doubt := about_text(piece, model_id, what)) is not None:
        yield doubt
    if piece.repeated:
        yield _circles(what)
    if piece.unfinished:
        yield f"The translation of {what} reached the limit of its length before its end, and was cut there."
    if piece.lost:
        yield f"Of {what}, not in the translation: {', '.join(piece.lost)}. Check it there."


def _about_summary(pieces: "Sequence[Piece]", model_id: str) -> Iterator[str]:
    left_out = about_left_out(pieces, model_id)
    doubt = about_text(pieces[-1], model_id) if not pieces[-1].left_out else None
    yield from (said for said in (left_out, doubt) if said is not None)
    if any(piece.repeated for piece in pieces):
        yield _circles("the text")
    made_of = MADE_OF.get(getattr(pieces[-1], "made_of", ""))
    if made_of is not None:
        yield made_of


def _circles(what: str) -> str:
    return f"Over {what} the model began to repeat itself without end, and was kept from it. Do not trust it there."


def place(piece: "Piece", pieces: "Iterable[Piece]") -> str:
    """The line of a piece, with its beginning where it is one of several of that line."""
    line = f"line {piece.paragraph + 1}"
    if sum(other.paragraph == piece.paragraph for other in pieces) == 1:
        return line
    return f"{line} (“{excerpt(piece.source)}”)"
