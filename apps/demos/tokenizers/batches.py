"""Padding, truncation and attention masks: the tensors that a model gets, number by number."""

from html import escape

import streamlit as st

from apps.demos.tokenizers.chips import plain, visible
from apps.demos.tokenizers.choice import choose_one, load
from apps.demos.tokenizers.words import BATCH_TEXTS
from apps.ui.markdown import escape as escape_markdown
from apps.ui.markdown import message
from apps.ui.messages import shown
from apps.words.amounts import count_text
from models.errors import InvalidInput
from models.text.token_batches import LONGEST, NO_PADDING, PADDINGS, TO_LENGTH, Batch, BatchSettings, Row
from models.tokenization import TextTokenizer
from models.weights.tokenizers import TOKENIZER_JSON

TEXTS = "tokenizers-texts"
MOST_TEXTS, MOST_SHOWN = 12, 60  # rows, and tokens of a row that are drawn
MOST_CHARACTERS = 2_000  # of a text
_NAMES = {NO_PADDING: "none", LONGEST: "to the longest", TO_LENGTH: "to the length"}
_IN_CODE = {NO_PADDING: "False", LONGEST: "True", TO_LENGTH: '"max_length"'}
_CELL = "border:1px solid rgba(128,134,142,0.35);padding:2px 6px;text-align:center;white-space:nowrap"
_PAD, _SPECIAL = "background:rgba(128,134,142,0.32);opacity:0.75", "background:rgba(224,165,38,0.28)"


def show_batches() -> None:
    """One or several texts, one in each line, and their tensors."""
    card = choose_one("tokenizers-batch-tokenizer")
    st.session_state.setdefault(TEXTS, BATCH_TEXTS)
    written = st.text_area("Texts, one in each line", key=TEXTS, persist_state="session")
    texts = [line for line in written.split("\n") if line.strip()]
    settings = choose_settings()
    if len(texts) > MOST_TEXTS:
        st.info(f"The first {MOST_TEXTS} of {len(texts)} texts are shown.", icon=":material/content_cut:")
    with shown(), st.spinner("Reading the tokenizer"):
        tokenizer = load(card)
        try:
            batch = tokenizer.batch([text[:MOST_CHARACTERS] for text in texts[:MOST_TEXTS]], settings)
        except InvalidInput as error:
            st.warning(message(str(error)), icon=":material/edit_note:")
            return
        show_batch(batch, tokenizer)
        st.code(code_of(settings, texts[:MOST_TEXTS], tokenizer.pad_token), language="python")


def choose_settings() -> BatchSettings:
    """How rows are made equally long."""
    padding, truncate, length, left = st.columns([2, 1, 1, 1], vertical_alignment="bottom")
    chosen = padding.segmented_control(
        "Padding", PADDINGS, default=LONGEST, required=True, format_func=_NAMES.__getitem__, key="tokenizers-padding",
        persist_state="session",
    )  # fmt: skip
    return BatchSettings(
        padding=chosen,
        truncate=truncate.toggle("Truncation", key="tokenizers-truncate", persist_state="session"),
        length=int(length.number_input("Length", 1, 512, 16, key="tokenizers-length", persist_state="session")),
        left=left.toggle("Padding at the left", key="tokenizers-left", persist_state="session"),
    )


def show_batch(batch: Batch, tokenizer: TextTokenizer) -> None:
    """The pieces, then each tensor with its shape."""
    st.markdown(shape_text(batch))
    if batch.pad_token is not None and tokenizer.card.pad_token is None:
        st.caption(
            f":material/info: This tokenizer names no token for padding; {escape_markdown(batch.pad_token)} is taken, "
            "as people do. The mask makes sure that it does not count."
        )
    st.html(f'<div style="overflow-x:auto">{pieces_html(batch)}</div>')
    tensors = {"input_ids": "ids", "attention_mask": "mask"}
    if any(any(row.types) for row in batch.rows) or "WordPiece" in tokenizer.kind:
        tensors["token_type_ids"] = "types"
    for name, field in tensors.items():
        st.markdown(f"**`{name}`**")
        st.html(f'<div style="overflow-x:auto">{numbers_html(batch, field)}</div>')


def shape_text(batch: Batch) -> str:
    """The shape, or why there is none; what was filled and cut."""
    cut = sum(row.cut for row in batch.rows)
    lost = f" {count_text(cut, 'token')} cut off: the model never sees them." if cut else ""
    if batch.shape is None:
        lengths = ", ".join(str(len(row.ids)) for row in batch.rows)
        return (
            f":material/block: **No tensor**: the rows have {lengths} tokens, and a tensor needs rows of one length. "
            f"Choose a padding.{lost}"
        )
    rows, width = batch.shape
    share = batch.filled / (rows * width)
    return (
        f":material/grid_on: Shape **({rows}, {width})**: {count_text(rows, 'text')} of {count_text(width, 'place')}. "
        f"{batch.filled} of {rows * width} places ({share:.0%}) are filling.{lost}".replace("%", " %")
    )


def pieces_html(batch: Batch) -> str:
    """A row of pieces for each text; what fills up is grey, what steers the model is yellow."""
    rows = "".join(f"<tr>{_pieces(row)}</tr>" for row in batch.rows)
    return f'<table style="border-collapse:collapse;font-family:monospace;font-size:0.85rem">{rows}</table>'


def _pieces(row: Row) -> str:
    cells = [
        f'<td style="{_CELL};{_style(row, place)}" title="{escape(plain(piece), quote=True)}">{visible(piece)}</td>'
        for place, piece in enumerate(row.pieces[:MOST_SHOWN])
    ]
    return "".join(cells) + _more(row)


def _style(row: Row, place: int) -> str:
    return _PAD if not row.mask[place] else _SPECIAL if row.special[place] else ""


def _more(row: Row) -> str:
    left = len(row.ids) - MOST_SHOWN
    return f'<td style="padding:2px 6px">… {left} more</td>' if left > 0 else ""


def numbers_html(batch: Batch, field: str) -> str:
    """One tensor as a table of numbers."""
    rows = "".join(f"<tr>{_numbers(row, getattr(row, field))}</tr>" for row in batch.rows)
    return f'<table style="border-collapse:collapse;font-family:monospace;font-size:0.85rem">{rows}</table>'


def _numbers(row: Row, numbers: tuple[int, ...]) -> str:
    cells = [
        f'<td style="{_CELL};{_PAD if not row.mask[place] else ""}">{number}</td>'
        for place, number in enumerate(numbers[:MOST_SHOWN])
    ]
    return "".join(cells) + _more(row)


def code_of(settings: BatchSettings, texts: list[str], pad_token: str | None) -> str:
    """The same in a notebook, with transformers and the tokenizer's file."""
    listed = ",\n    ".join(repr(text[:MOST_CHARACTERS]) for text in texts)
    pad = f", pad_token={pad_token!r}" if pad_token is not None else ""
    side = 'tokenizer.padding_side = "left"\n' if settings.left else ""
    length = f", max_length={settings.length}" if settings.truncate or settings.padding == TO_LENGTH else ""
    tensors = "" if settings.padding == NO_PADDING else ', return_tensors="pt"'
    return (
        "from transformers import PreTrainedTokenizerFast\n\n"
        f'tokenizer = PreTrainedTokenizerFast(tokenizer_file="{TOKENIZER_JSON}"{pad})\n{side}'
        f"texts = [\n    {listed},\n]\n"
        f"batch = tokenizer(texts, padding={_IN_CODE[settings.padding]}, truncation={settings.truncate}"
        f"{length}{tensors})"
    )
