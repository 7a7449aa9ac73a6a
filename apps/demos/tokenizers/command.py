"""Texts as tokens, by one tokenizer or several: tokenize."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from apps.demos.tokenizers.chips import plain
from apps.terminal.options import AsJson, TextFile, names_in
from apps.terminal.output import note, result, result_json, result_table
from apps.terminal.text_input import read_text
from apps.terminal.work import Failures, end, stoppable
from apps.words.amounts import digits_text
from models.cancellation import stop_if
from models.errors import AulaError, Cancelled
from models.failures import Failure, attempt, printable
from models.text.tokenized import TokenizedText
from models.tokenization import TextTokenizer
from models.weights.tokenizers import find_tokenizer

DEFAULT = ("gpt-2", "o200k")
MOST_SHOWN = 2_000  # tokens that are printed; --json has all

Texts = Annotated[list[str] | None, typer.Argument(help="Each argument is a text of its own.", metavar="[TEXT]...")]
Tokenizers = Annotated[
    list[str] | None,
    typer.Option(
        "--tokenizer",
        help="gpt-2, o200k, qwen3, mistral-v3, a model on this machine, or a folder; repeat it, or separate them by "
        "commas. Left out: gpt-2 and o200k.",
        metavar="NAME",
    ),
]
SpecialTokens = Annotated[bool, typer.Option(help="With the tokens that a model wants around a text.")]
Price = Annotated[float | None, typer.Option(min=0, help="Price of a million tokens, in any money.")]
Times = Annotated[int, typer.Option(min=1, help="What so many such texts cost.")]


def tokenize(
    texts: Texts = None,
    file: TextFile = None,
    tokenizer: Tokenizers = None,
    special_tokens: SpecialTokens = True,
    price: Price = None,
    times: Times = 1,
    as_json: AsJson = False,
) -> None:
    """Cut texts into tokens, with one tokenizer or several side by side.

    Without a text, standard input is read as one.
    \f
    With --json: a list with an object for each text: `text` and `tokenizers`, a list of `tokenizer`, `kind`,
    `vocabulary`, `count` (tokens of the text itself), `added` (put around it), `unknown`, `characters_per_token`,
    `bytes_per_token`, `tokens_per_word` (null where a script puts no blanks between words), `normalized` (the first
    words that were rewritten, with `from` and `to`), `normalized_count`, `decoded`, `exact` (whether that is the text),
    `first_difference`, `cost` (with --price) and `tokens`: `id`, `piece`, `shown`, `start`, `end`, `special`, `added`,
    `unknown`. A text that cannot be tokenized has `number`, `text` and `error`.
    """
    given = _texts(texts, file)
    failures = Failures("Text", len(given))
    with stoppable() as cancelled:
        tokenizers, missing = _load(names_in(tokenizer) or list(DEFAULT))
        if not tokenizers:
            raise typer.Exit(1)

        def cut(text: str) -> tuple[str, list[TokenizedText]]:
            stop_if(cancelled)
            return text, [each.tokenize(text, special_tokens) for each in tokenizers]

        done, stopped = [], False
        try:
            for found in failures.named(attempt(given, cut)):
                done.append(found)
                if not as_json and not isinstance(found, Failure):
                    _show(*found, tokenizers, price, times)
        except Cancelled:
            stopped = True
    if as_json:
        result_json([_as_dict(found, tokenizers, price, times) for found in done])
    end(stopped, failures.met or missing)


def _texts(texts: list[str] | None, file: Path | None) -> list[str]:
    if texts and file is None:
        return texts
    return [read_text(texts[0] if texts else None, file)]


def _load(names: Sequence[str]) -> tuple[list[TextTokenizer], bool]:
    """Those that can be read, and whether one cannot: it is named. A single one that cannot be raises."""
    found, missing = [], False
    for name in names:
        try:
            found.append(TextTokenizer.load(find_tokenizer(name)))
        except AulaError as error:
            if len(names) == 1:
                raise
            note(str(error))
            missing = True
    return found, missing


def _as_dict(
    found: tuple[str, list[TokenizedText]] | Failure,
    tokenizers: Sequence[TextTokenizer],
    price: float | None,
    times: int,
) -> dict[str, object]:
    if isinstance(found, Failure):
        return found.as_dict()
    text, results = found
    return {"text": text, "tokenizers": list(_each(results, tokenizers, price, times))}


def _each(
    results: Sequence[TokenizedText], tokenizers: Sequence[TextTokenizer], price: float | None, times: int
) -> Iterator[dict[str, object]]:
    for each, tokenizer in zip(results, tokenizers, strict=True):
        facts = {"kind": tokenizer.kind, "vocabulary": tokenizer.vocabulary}
        yield facts | each.as_dict() | ({"cost": each.price(price, times)} if price is not None else {})


def _show(
    text: str, results: Sequence[TokenizedText], tokenizers: Sequence[TextTokenizer], price: float | None, times: int
) -> None:
    for each in results:
        pieces = " | ".join(plain(token.shown) for token in each.tokens[:MOST_SHOWN])
        more = f" … {len(each.tokens) - MOST_SHOWN:,} more" if len(each.tokens) > MOST_SHOWN else ""
        result(printable(f"{each.tokenizer}: {pieces}{more}"))
    headings = ("TOKENIZER", "KIND", "VOCABULARY", "TOKENS", "CHARS/TOKEN", "TOKENS/WORD", "UNKNOWN", "ROUND TRIP")
    cost = ("COST",) if price is not None else ()
    rows = [(*_figures(each, of), *_cost(each, price, times)) for each, of in zip(results, tokenizers, strict=True)]
    result_table((*headings, *cost), rows, numbers=(*headings[2:7], *cost))
    result("")


def _figures(each: TokenizedText, tokenizer: TextTokenizer) -> tuple[str, ...]:
    fertility = "–" if each.tokens_per_word is None else f"{each.tokens_per_word:.2f}"
    trip = "exact" if each.exact else f"differs from character {(each.first_difference or 0) + 1:,} on"
    return (
        each.tokenizer, tokenizer.kind, f"{tokenizer.vocabulary:,}", f"{each.count:,}",
        f"{each.characters_per_token:.2f}", fertility, str(each.unknown), trip,
    )  # fmt: skip


def _cost(each: TokenizedText, price: float | None, times: int) -> tuple[str, ...]:
    return () if price is None else (digits_text(each.price(price, times), 4),)
