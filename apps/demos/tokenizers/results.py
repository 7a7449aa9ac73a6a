"""One text as several tokenizers cut it: a table to compare, and the tokens in colour."""

import difflib
from collections.abc import Mapping, Sequence
from html import escape as html_escape

import pandas as pd
import streamlit as st

from apps.demos.tokenizers.chips import MOST_CHIPS, plain, tokens_html, visible
from apps.ui.downloads import show_download
from apps.ui.markdown import LIGHT_MARK_STYLE, escape
from apps.words.amounts import count_text, digits_text
from models.text.tokenized import TokenizedText
from models.tokenization import TextTokenizer
from models.wording import spreadsheet_text

MOST_ROWS = 2_000  # of a table
_COMPARED = 1_000  # characters of which differences are looked for
_HELP = {
    "tokens": "Of the text itself.",
    "added": "Put around it for the model.",
    "characters per token": "The more, the shorter the text for the model.",
    "tokens per word": "Fertility; – where a script puts no blanks between words.",
    "round trip": "Whether the tokens give back the very text.",
    "cost": "Added tokens are paid, too.",
}


def show_comparison(
    results: Sequence[TokenizedText], tokenizers: Mapping[str, TextTokenizer], price: float, times: int
) -> None:
    """A row for each tokenizer."""
    table = pd.DataFrame([_row(result, tokenizers[result.tokenizer], price, times) for result in results])
    config = {name: st.column_config.Column(help=text) for name, text in _HELP.items()}
    st.dataframe(table, hide_index=True, column_config=config, key="comparison")


def _row(result: TokenizedText, tokenizer: TextTokenizer, price: float, times: int) -> dict[str, object]:
    return {
        "tokenizer": result.tokenizer,
        "tokens": result.count,
        "added": result.added,
        "characters per token": round(result.characters_per_token, 2),
        "tokens per word": "–" if result.tokens_per_word is None else f"{result.tokens_per_word:.2f}",
        "unknown": result.unknown,
        "round trip": "exact" if result.exact else "not exact",
        "cost": digits_text(result.price(price, times), 4),
        "vocabulary": f"{tokenizer.vocabulary:,}",
    }


def show_tokens(result: TokenizedText, tokenizer: TextTokenizer, with_ids: bool) -> None:
    """The tokens of one tokenizer in colour, what was lost, and all of them as a table."""
    st.markdown(f"##### {escape(result.tokenizer)} · {count_text(result.count, 'token')}")
    st.caption(facts_text(tokenizer))
    st.html(tokens_html(result.tokens, with_ids))
    if len(result.tokens) > MOST_CHIPS:
        st.caption(f"The first {MOST_CHIPS:,} of {len(result.tokens):,} tokens are drawn.")
    show_losses(result)
    with st.expander("Ids, pieces and places"):
        show_table(result)


def facts_text(tokenizer: TextTokenizer) -> str:
    """Kind, vocabulary, maker and licence in one line; what is not known is left out."""
    card = tokenizer.card
    facts = [tokenizer.kind, f"{tokenizer.vocabulary:,} tokens", card.maker or "", f"licence {card.licence}"]
    shown = facts if card.licence else facts[:-1]
    return escape(" · ".join(fact for fact in shown if fact))


def show_losses(result: TokenizedText) -> None:
    """What was normalized away, what is unknown, and where decoding does not give the text back."""
    if result.normalized:
        st.markdown(f":material/content_cut: **Rewritten before cutting**: {changes_text(result)}")
    if result.unknown:
        st.markdown(
            f":material/help: **{count_text(result.unknown, 'unknown token')}**: what stood there is lost to a model."
        )
    if result.exact:
        st.markdown(":material/check: **Round trip exact**: decoding the tokens gives back the very text.")
        return
    place = (result.first_difference or 0) + 1
    st.markdown(f":material/swap_horiz: **Round trip not exact**, from character {place:,} on. Decoded:")
    st.html(difference_html(result))


def changes_text(result: TokenizedText) -> str:
    """The words that normalizing changes, as Markdown: “Café” → “cafe”."""
    pairs = [f"{_quoted(before, after)} → {_quoted(after, before)}" for before, after in result.normalized]
    more = result.normalized_count - len(pairs)
    return ", ".join(pairs) + (f", and {count_text(more, 'word')} more" if more else "")


def _quoted(text: str, other: str) -> str:
    """A word in quotation marks; where two look alike, with their numbers of characters."""
    alike = len(text) != len(other) and _composed(text) == _composed(other)
    return f"“{escape(plain(text))}”" + (f" ({count_text(len(text), 'character')})" if alike else "")


def _composed(text: str) -> str:
    import unicodedata

    return unicodedata.normalize("NFC", text)


def difference_html(result: TokenizedText) -> str:
    """The decoded text from shortly before the first difference on, with what differs marked."""
    start = max(0, (result.first_difference or 0) - 40)
    before, after = (text[start : start + _COMPARED] for text in (result.text, result.decoded))
    marked = ""
    for kind, _, _, low, high in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        part = html_escape(after[low:high]) if kind == "equal" else _marked(after[low:high])
        marked += part
    dots = ("…" if start else "") + "{}" + ("…" if len(result.decoded) > start + _COMPARED else "")
    return f'<div dir="auto" style="font-family:monospace;white-space:pre-wrap">{dots.replace("{}", marked)}</div>'


def _marked(text: str) -> str:
    """What differs; a place where something is missing gets a sign."""
    shown = "".join(visible(text[at : at + 50]) for at in range(0, len(text), 50)) if text else "‸"
    return f'<mark style="{LIGHT_MARK_STYLE}">{shown}</mark>'


def show_table(result: TokenizedText) -> None:
    """The first tokens as a table, and all of them to take home."""
    st.dataframe(tokens_table(result).head(MOST_ROWS), hide_index=True, height=260, key=f"table-{result.tokenizer}")
    name = "".join(sign if sign.isalnum() else "-" for sign in result.tokenizer)
    show_download(
        "CSV", lambda: tokens_csv(result), f"tokens-{name}.csv", "text/csv",
        key=f"tokens-{result.tokenizer}",
    )  # fmt: skip


def tokens_table(result: TokenizedText) -> pd.DataFrame:
    """A row for each token."""
    rows = [
        (token.id, plain(token.piece), plain(token.shown), token.start, token.end,
         "added" if token.added else "special" if token.special else "unknown" if token.unknown else "")
        for token in result.tokens
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["id", "piece", "says", "start", "end", "kind"])


def tokens_csv(result: TokenizedText) -> str:
    """The table for a spreadsheet, which would take a token “=” for a formula."""
    table = tokens_table(result)
    texts = {name: table[name].map(spreadsheet_text) for name in ("piece", "says")}
    return str(table.assign(**texts).to_csv(index=False))
