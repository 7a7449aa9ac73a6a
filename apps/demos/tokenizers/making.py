"""Train a tokenizer on a text, watch its pieces come one by one, compare it with GPT-2's, take it home."""

import threading
from pathlib import Path

import pandas as pd
import streamlit as st

from apps.demos.tokenizers.chips import plain, tokens_html
from apps.demos.tokenizers.choice import DEFAULT, keep, load, offered
from apps.demos.tokenizers.long_texts import short_text_area
from apps.demos.tokenizers.words import TRAINING_TEXT
from apps.ui.background import Emit
from apps.ui.downloads import show_download
from apps.ui.markdown import escape
from apps.ui.run import Status, last_outcome, run, show_end
from apps.ui.text_file import upload_text
from apps.words.amounts import count_text, seconds_text
from models.text.token_pieces import shown_piece
from models.tokenization import TextTokenizer
from models.weights.tokenizers import TOKENIZER_JSON, TokenizerCard
from training.tokenizer import (
    BYTE_BPE,
    FEWEST,
    KINDS,
    MOST,
    MOST_CHARACTERS,
    UNIGRAM,
    TokenizerPlan,
    TrainedTokenizer,
    train_tokenizer,
)
from training.tokenizer_replay import Replay, Step

NAME, TEXT = "tokenizers-training", "tokenizers-training-text"
MINE = "yours"
_CARD = TokenizerCard(MINE, Path(TOKENIZER_JSON))
_SAMPLE = 400  # characters on which the steps are shown
_RECENT = 8  # steps before the chosen one that are listed


def show_making() -> None:
    """Text and plan, then what came of it."""
    st.session_state.setdefault(TEXT, TRAINING_TEXT)
    text = short_text_area("Text to learn from", TEXT, MOST_CHARACTERS, height=150)
    upload_text(TEXT)
    plan = choose_plan()
    if st.button("Train", type="primary", icon=":material/construction:"):
        _run(text, plan)
    outcome = last_outcome(NAME)
    if outcome is None:
        return
    for trained in outcome.items:
        show_trained(trained, outcome.request)
    if not outcome.items:
        show_end(outcome)


def choose_plan() -> TokenizerPlan:
    """Kind, size and limits."""
    chosen = st.segmented_control(
        "Kind", list(KINDS), default=BYTE_BPE, required=True, key="tokenizers-kind", persist_state="session",
        help="\n\n".join(f"**{name}**: {text}" for name, text in KINDS.items()),
    )  # fmt: skip
    size, least, lower = st.columns([1, 1, 1], vertical_alignment="bottom")
    return TokenizerPlan(
        kind=chosen,
        vocabulary=int(
            size.number_input("Vocabulary", FEWEST, MOST, 500, 100, key="tokenizers-size", persist_state="session")
        ),
        least=int(
            least.number_input(
                "Least occurrences", 1, 1000, 2, key="tokenizers-least", persist_state="session",
                help="A pair that is rarer is never joined. Unigram knows no such limit.", disabled=chosen == UNIGRAM,
            )
        ),
        lowercase=lower.toggle("Lower case", key="tokenizers-lower", persist_state="session"),
    )  # fmt: skip


def _run(text: str, plan: TokenizerPlan) -> None:
    def job(cancelled: threading.Event, emit: Emit) -> None:
        emit(train_tokenizer(text, plan, lambda step: emit(Status(step)), cancelled))

    run(NAME, job, request=text)
    outcome = last_outcome(NAME)
    if outcome is not None:
        for trained in outcome.items:
            keep(MINE, trained.json, f"{trained.plan.kind}, trained on this page.", choose=False)


def show_trained(trained: TrainedTokenizer, text: str) -> None:
    """How it came about, beside GPT-2's, and the file."""
    st.markdown(result_text(trained))
    show_download(TOKENIZER_JSON, trained.json, TOKENIZER_JSON, "application/json")
    show_steps(Replay(trained, text), text[:_SAMPLE])
    st.markdown("#### Beside GPT-2's, on the same text")
    gpt2 = load(offered()[DEFAULT[0]])
    mine = TextTokenizer.from_json(_CARD, trained.json)
    st.dataframe(beside_table(mine, gpt2, text[:50_000]), hide_index=True, key="beside")
    st.caption(f"Yours was made from this very text. Try both on another one: under “Compare” it is there as “{MINE}”.")


def result_text(trained: TrainedTokenizer) -> str:
    """What came of it, in a sentence or two; and why it may have fewer tokens than were asked for."""
    asked, got = trained.plan.vocabulary, trained.vocabulary
    less = " The text has no more that stand in it often enough." if got < asked else ""
    more = " Every character of the text has to have its token, and so there are more." if got > asked else ""
    return (
        f":material/check: **{trained.plan.kind}** with **{got:,} tokens** of {asked:,} asked for, from "
        f"{trained.characters:,} characters in {seconds_text(trained.seconds)}.{less}{more}"
    )


def show_steps(replay: Replay, sample: str) -> None:
    """A slider over the steps: the sample with the pieces that there were by then, and the step itself."""
    st.markdown("#### One by one")
    if len(replay) == 0:
        st.info("The text was too short: no two characters stand together often enough.", icon=":material/edit_note:")
        return
    number = st.slider("Steps done", 0, len(replay), min(len(replay), 20), key="tokenizers-step")
    backend = replay.after(number)
    tokenizer = TextTokenizer(_CARD, backend)
    result = tokenizer.tokenize(sample, special_tokens=False)
    st.markdown(
        step_text(replay.step(number), replay)
        if number
        else "Only single characters (or bytes) so far: drag the slider."
    )
    st.html(tokens_html(result.tokens, with_ids=False))
    st.caption(f"{count_text(result.count, 'token')} for these {len(sample)} characters.")
    if number:
        st.dataframe(steps_table(replay, number), hide_index=True, key="steps")


def step_text(step: Step, replay: Replay) -> str:
    """The step in words."""
    piece = _readable(step.piece, replay)
    if step.count is None:
        how = "the likeliest of those that were left" if replay.trained.plan.kind == UNIGRAM else "the next piece made"
        return f"Step {step.number}: {piece}, {how}."
    left, right = (_readable(part, replay) for part in step.parts)
    times = count_text(step.count, "time")
    return f"Step {step.number}: {left} + {right} → **{piece}**. They stood side by side {times}, no pair more often."


def _readable(piece: str, replay: Replay) -> str:
    return f"“{escape(plain(shown_piece(piece, replay.trained.plan.kind == BYTE_BPE)))}”"


def steps_table(replay: Replay, number: int) -> pd.DataFrame:
    """The chosen step and some before it, the latest first."""
    byte_level = replay.trained.plan.kind == BYTE_BPE
    rows = []
    for at in range(number, max(0, number - _RECENT), -1):
        parts = [plain(shown_piece(part, byte_level)) for part in replay.trained.steps[at - 1]]
        piece = plain(shown_piece("".join(replay.trained.steps[at - 1]), byte_level))
        rows.append((at, " + ".join(parts) if replay.merges else "", piece))
    table = pd.DataFrame(rows, columns=["step", "joined", "piece"])
    return table if replay.merges else table.drop(columns="joined")


def beside_table(mine: TextTokenizer, other: TextTokenizer, text: str) -> pd.DataFrame:
    """Both on the text: tokens, characters for each, and whether the text comes back."""
    rows = []
    for tokenizer, name in ((mine, MINE), (other, other.card.tokenizer_id)):
        result = tokenizer.tokenize(text, special_tokens=False)
        rows.append(
            {
                "tokenizer": name,
                "vocabulary": f"{tokenizer.vocabulary:,}",
                "tokens": result.count,
                "characters per token": round(result.characters_per_token, 2),
                "unknown": result.unknown,
                "round trip": "exact" if result.exact else "not exact",
            }
        )
    return pd.DataFrame(rows)
