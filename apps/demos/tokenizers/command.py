"""Texts as tokens, by one tokenizer or several: tokenize."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from apps.demos.tokenizers.chips import plain
from apps.terminal.options import AsJson, TextFile, names_in
from apps.terminal.output import note, result, result_json, result_table
from apps.terminal.text_input import read_text
from apps.terminal.work import Failures, UntilStopped, end, stoppable
from apps.words.amounts import digits_text
from models.errors import AulaError
from models.failures import Failure, attempt, printable
from models.text.tokenized import TokenizedText
from models.tokenization import TextTokenizer, tokenize_each
from models.weights.tokenizers import find_tokenizer
from serving import records

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
    """
    given = _texts(texts, file)
    failures = Failures("Text", len(given))
    tokenizers, missing = _load(names_in(tokenizer) or list(DEFAULT))
    with stoppable() as cancelled:

        def cut(text: str) -> Cut:
            return Cut(
                text, list(zip(tokenizers, tokenize_each(text, tokenizers, special_tokens, cancelled), strict=True))
            )

        work = UntilStopped(failures.named(attempt(given, cut)))
        done = list(work if as_json else _shown(work, price, times))
    if as_json:
        result_json([_as_dict(found, price, times) for found in done])
    end(work.stopped, failures.met or missing)


@dataclass(frozen=True)
class Cut:
    """A text, and what each tokenizer made of it."""

    text: str
    results: list[tuple[TextTokenizer, TokenizedText]]


def _texts(texts: list[str] | None, file: Path | None) -> list[str]:
    if texts and file is None:
        return texts
    return [read_text(texts[0] if texts else None, file)]


def _load(names: Sequence[str]) -> tuple[list[TextTokenizer], bool]:
    """Those that can be read, and whether one cannot: it is named. Where none can be, the last error is raised."""
    found, missing = [], False
    for name in names:
        try:
            found.append(TextTokenizer.load(find_tokenizer(name)))
        except AulaError as error:
            if not found and name == names[-1]:
                raise
            note(str(error))
            missing = True
    return found, missing


def _as_dict(found: Cut | Failure, price: float | None, times: int) -> dict[str, object]:
    if isinstance(found, Failure):
        return found.as_dict()
    return records.tokenized(found.text, found.results, price, times)


def _shown(items: Iterable[Cut | Failure], price: float | None, times: int) -> Iterator[Cut | Failure]:
    """The same items, each printed as it comes."""
    for item in items:
        if isinstance(item, Cut):
            _show(item, price, times)
        yield item


def _show(found: Cut, price: float | None, times: int) -> None:
    for _, each in found.results:
        pieces = " | ".join(plain(token.shown) for token in each.tokens[:MOST_SHOWN])
        more = f" … {len(each.tokens) - MOST_SHOWN:,} more" if len(each.tokens) > MOST_SHOWN else ""
        result(printable(f"{each.tokenizer}: {pieces}{more}"))
    headings = ("TOKENIZER", "KIND", "VOCABULARY", "TOKENS", "CHARS/TOKEN", "TOKENS/WORD", "UNKNOWN", "ROUND TRIP")
    cost = ("COST",) if price is not None else ()
    rows = [(*_figures(of, each), *_cost(each, price, times)) for of, each in found.results]
    result_table((*headings, *cost), rows, numbers=(*headings[2:7], *cost))
    result("")


def _figures(tokenizer: TextTokenizer, each: TokenizedText) -> tuple[str, ...]:
    fertility = "–" if each.tokens_per_word is None else f"{each.tokens_per_word:.2f}"
    trip = "exact" if each.exact else f"differs from character {(each.first_difference or 0) + 1:,} on"
    return (
        each.tokenizer, tokenizer.kind, f"{tokenizer.vocabulary:,}", f"{each.count:,}",
        f"{each.characters_per_token:.2f}", fertility, f"{each.unknown:,}", trip,
    )  # fmt: skip


def _cost(each: TokenizedText, price: float | None, times: int) -> tuple[str, ...]:
    return () if price is None else (digits_text(each.price(price, times), 4),)
