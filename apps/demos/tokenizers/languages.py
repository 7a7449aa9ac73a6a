"""The same in several languages: English beside Spanish, and one paragraph in eight."""

from collections.abc import Sequence

import altair as alt
import pandas as pd
import streamlit as st

from apps.course.computed import Counted
from apps.demos.tokenizers.compare import MOST_CHARACTERS, keep_counts, tokenized
from apps.demos.tokenizers.long_texts import short_text_area
from apps.demos.tokenizers.words import CODE, CODE_TEXT, ENGLISH, PARAGRAPHS, SPANISH
from apps.ui.markdown import message
from models.text.tokenized import TokenizedText
from models.weights.tokenizers import TokenizerCard

BESIDE_ENGLISH, TOKENS, PER_WORD, PER_TOKEN = (
    "Times English", "Tokens", "Tokens per word", "Bytes per token",
)  # fmt: skip
MEASURES = (BESIDE_ENGLISH, TOKENS, PER_WORD, PER_TOKEN)
COLOURS = ("#3480b3", "#e0a526", "#2b9464", "#c4553b", "#9a6fb0", "#a8754f")
_BAR = 13  # pixels


def show_languages(cards: Sequence[TokenizerCard]) -> None:
    """Two texts of the visitor, then the paragraph that comes with the suite."""
    if not cards:
        st.info("Choose at least one tokenizer.", icon=":material/edit_note:")
        return
    show_pair(cards)
    st.markdown("#### One paragraph in eight languages, and a piece of code")
    table = paragraph_table(cards)
    if table.empty:
        return
    measure = st.segmented_control(
        "Measure", MEASURES, default=MEASURES[0], required=True, key="tokenizers-measure", persist_state="session"
    )
    st.altair_chart(languages_chart(table, measure), width="stretch", key="languages")
    st.caption(
        "The first article of the Universal Declaration of Human Rights; the Quechua is a free rendering. The code is "
        "no translation of it, so it is not compared with English. Japanese puts no blanks between words."
    )
    with st.expander("The texts and the figures"):
        st.table(pd.DataFrame({"language": [*PARAGRAPHS, CODE], "text": [*PARAGRAPHS.values(), CODE_TEXT]}))
        st.dataframe(table, hide_index=True)


def show_pair(cards: Sequence[TokenizerCard]) -> None:
    """The same text in two languages: which one has more tokens, and how many times."""
    texts = []
    for column, language in zip(st.columns(2), (ENGLISH, SPANISH), strict=True):
        key = f"tokenizers-{language}"
        st.session_state.setdefault(key, PARAGRAPHS[language])
        with column:
            texts.append(short_text_area(language, key, MOST_CHARACTERS, height=120))
    if not all(text.strip() for text in texts):
        st.warning("Write the same text in both languages.", icon=":material/edit_note:")
        return
    (_, english), (_, spanish) = (tokenized(cards, text, False) for text in texts)
    counts = [Counted(one.tokenizer, one.count, ENGLISH) for one in english]
    counts += [Counted(one.tokenizer, one.count, SPANISH) for one in spanish]
    keep_counts("tokenizers-languages", "\n".join(texts), counts)
    st.dataframe(pair_table(english, spanish), hide_index=True, key="pair")


def pair_table(english: Sequence[TokenizedText], spanish: Sequence[TokenizedText]) -> pd.DataFrame:
    """A row for each tokenizer: tokens and fertility of both texts, and the ratio."""
    return pd.DataFrame(
        [
            {
                "tokenizer": one.tokenizer,
                "English tokens": one.count,
                "Spanish tokens": other.count,
                "Spanish ÷ English": round(other.count / one.count, 2) if one.count else None,
                "English tokens per word": _rounded(one.tokens_per_word),
                "Spanish tokens per word": _rounded(other.tokens_per_word),
            }
            for one, other in zip(english, spanish, strict=True)
        ]
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)


def paragraph_table(cards: Sequence[TokenizerCard]) -> pd.DataFrame:
    """A row for each language and tokenizer, with every measure; None where one does not apply."""
    rows = []
    for language, text in {**PARAGRAPHS, CODE: CODE_TEXT}.items():
        for result in tokenized(cards, text, False)[1]:
            rows.append((language, result.tokenizer, result.count, result.tokens_per_word, result.bytes_per_token))
    table = pd.DataFrame(rows, columns=["language", "tokenizer", TOKENS, PER_WORD, PER_TOKEN])
    english = table[table["language"] == ENGLISH].set_index("tokenizer")[TOKENS]
    ratios = table[TOKENS] / table["tokenizer"].map(english)
    table[BESIDE_ENGLISH] = ratios.where(table["language"] != CODE)
    return table


def languages_chart(table: pd.DataFrame, measure: str) -> alt.Chart:
    """Bars, a group for each language and a colour for each tokenizer."""
    shown = table[table[measure].notna()].rename(columns={measure: "value"})
    names = list(dict.fromkeys(table["tokenizer"]))
    digits = ".0f" if measure == TOKENS else ".2f"
    return (
        alt.Chart(shown)
        .mark_bar(cornerRadiusEnd=2)
        .encode(
            y=alt.Y("language:N", sort=None, title=None, axis=alt.Axis(ticks=False, domain=False, labelFontSize=13)),
            x=alt.X("value:Q", title=message(measure)),
            yOffset=alt.YOffset("tokenizer:N", sort=names),
            color=alt.Color(
                "tokenizer:N", sort=None, scale=alt.Scale(domain=names, range=list(COLOURS[: len(names)])),
                legend=alt.Legend(title=None, orient="top", labelFontSize=13),
            ),
            tooltip=[
                alt.Tooltip("language:N"),
                alt.Tooltip("tokenizer:N"),
                alt.Tooltip("value:Q", title=measure, format=digits),
            ],
        )
        .properties(height=(_BAR * len(names) + 12) * shown["language"].nunique() + 60)
    )  # fmt: skip
