"""Several tokenizers on one text, side by side."""

from collections.abc import Sequence

import streamlit as st

from apps.course.computed import Counted
from apps.demos.tokenizers.choice import load
from apps.demos.tokenizers.long_texts import short_text_area
from apps.demos.tokenizers.results import show_comparison, show_tokens
from apps.demos.tokenizers.words import EXAMPLES, TEXT
from apps.ui.examples import choose_example
from apps.ui.markdown import message
from apps.ui.messages import shown
from apps.ui.run import Outcome
from apps.ui.text_file import upload_text
from models.errors import InvalidInput
from models.text.tokenized import TokenizedText
from models.tokenization import TextTokenizer
from models.weights.tokenizers import TokenizerCard

MOST_CHARACTERS = 50_000  # what is tokenized on the page: half a second a tokenizer
A_ROW = 2  # tokenizers side by side


def show_compare(cards: Sequence[TokenizerCard]) -> None:
    """The text, the settings, and what each tokenizer makes of it."""
    text = _choose_text()
    price, times, special, with_ids = _choose_settings()
    if not cards:
        st.info("Choose at least one tokenizer.", icon=":material/edit_note:")
        return
    tokenizers, results = tokenized(cards, text, special)
    keep_counts("tokenizers", text, [Counted(result.tokenizer, result.count) for result in results])
    if results:
        show_comparison(results, tokenizers, price, times)
    for start in range(0, len(results), A_ROW):
        for column, result in zip(st.columns(A_ROW, gap="medium"), results[start : start + A_ROW], strict=False):
            with column.container(border=True):
                show_tokens(result, tokenizers[result.tokenizer], with_ids)


def keep_counts(name: str, text: str, counts: list[Counted]) -> None:
    """Keep what was counted as the outcome called `name`: the page counts at once, and quizzes ask about it."""
    st.session_state[f"{name}-outcome"] = Outcome(text, list(counts))


def _choose_text() -> str:
    choose_example("tokenizers", EXAMPLES)
    return short_text_area("Text", TEXT, MOST_CHARACTERS, height=110)


def _choose_settings() -> tuple[float, int, bool, bool]:
    upload, price, times, special, ids = st.columns([1, 1.3, 1.2, 1, 0.6], vertical_alignment="bottom")
    with upload:
        upload_text(TEXT)
    return (
        price.number_input(
            "Price of a million tokens", 0.0, 1e6, 2.5, 0.5, key="tokenizers-price", help="In any money.",
            persist_state="session",
        ),
        int(
            times.number_input(
                "Such texts", 1, 1_000_000_000, 1000, 100, key="tokenizers-times", help="What so many of them cost.",
                persist_state="session",
            )
        ),
        special.toggle("Special", True, key="tokenizers-special", persist_state="session",
            help="With the tokens that a model wants around a text."),
        ids.toggle("Ids", True, key="tokenizers-ids", persist_state="session"),
    )  # fmt: skip


def tokenized(
    cards: Sequence[TokenizerCard], text: str, special: bool
) -> tuple[dict[str, TextTokenizer], list[TokenizedText]]:
    """What every tokenizer makes of a text; one that fails gets its sentence, and the others go on."""
    tokenizers: dict[str, TextTokenizer] = {}
    results = []
    for card in cards:
        with shown(), st.spinner(f"Reading {message(card.tokenizer_id)}", show_time=True):
            try:
                tokenizers[card.tokenizer_id] = load(card)
                results.append(tokenizers[card.tokenizer_id].tokenize(text, special))
            except InvalidInput as error:  # of the text, so it is the same for all
                st.warning(message(str(error)), icon=":material/edit_note:")
                break
    return tokenizers, results
