"""Which tokenizers: those of this machine, one that is uploaded, one that was trained on this page."""

from pathlib import Path

import streamlit as st

from apps.ui import visitor
from apps.ui.markdown import message
from models.errors import AulaError
from models.text.tokenizer_file import MOST_BYTES
from models.tokenization import TextTokenizer
from models.weights.tokenizers import TOKENIZER_JSON, TokenizerCard, find_tokenizer, tokenizers_here

CHOSEN = "tokenizers-chosen"
_OWN, _PROBLEM = "tokenizers-own", "tokenizers-problem"
DEFAULT = ["gpt-2", "o200k"]
MOST = 6


@st.cache_resource(max_entries=8, show_spinner=False)
def _loaded(card: TokenizerCard, written: float) -> TextTokenizer:
    """One for everybody: reading a large vocabulary takes half a second, and nothing changes it."""
    return TextTokenizer.load(card)


def load(card: TokenizerCard) -> TextTokenizer:
    """The tokenizer of a card, read once. Raises what `TextTokenizer.load` raises."""
    if card.tokenizer_id in _own_texts():
        return _from_session(card)
    path = card.path / TOKENIZER_JSON if card.path.is_dir() else card.path
    return _loaded(card, path.stat().st_mtime if path.exists() else 0.0)


def _from_session(card: TokenizerCard) -> TextTokenizer:
    """One that was uploaded or trained, kept with the session it belongs to."""
    key = f"tokenizers-loaded-{card.tokenizer_id}"
    text = _own_texts()[card.tokenizer_id]
    kept = st.session_state.get(key)
    if kept is None or kept[0] != text:
        kept = st.session_state[key] = (text, TextTokenizer.from_json(card, text))
    return kept[1]


def _own_texts() -> dict[str, str]:
    """The tokenizer.json of what this session brought along, by its name."""
    return st.session_state.setdefault(_OWN, {})


def _own_cards() -> dict[str, TokenizerCard]:
    return st.session_state.setdefault(f"{_OWN}-cards", {})


def keep(name: str, text: str, summary: str, choose: bool = True) -> None:
    """Offer a tokenizer in this session, under this name; one of the same name is replaced.

    Raises:
        DamagedFile: the text does not describe one.
    """
    card = TokenizerCard(name, Path(TOKENIZER_JSON), summary=summary)
    TextTokenizer.from_json(card, text)
    _own_texts()[name] = text
    _add(card, choose)


def _add(card: TokenizerCard, choose: bool = True) -> None:
    _own_cards()[card.tokenizer_id] = card
    chosen = st.session_state.get(CHOSEN, list(DEFAULT))
    if choose and card.tokenizer_id not in chosen:
        st.session_state[CHOSEN] = [*chosen, card.tokenizer_id][-MOST:]


def offered() -> dict[str, TokenizerCard]:
    """All tokenizers that can be chosen here, by name."""
    return {card.tokenizer_id: card for card in tokenizers_here()} | _own_cards()


def choose_tokenizers() -> list[TokenizerCard]:
    """One or several, in the order in which they were chosen."""
    cards = offered()
    kept = [name for name in st.session_state.get(CHOSEN, DEFAULT) if name in cards]
    st.session_state[CHOSEN] = kept
    field, other = st.columns([4, 1], vertical_alignment="bottom")
    chosen = field.multiselect(
        "Tokenizers", list(cards), key=CHOSEN, max_selections=MOST, placeholder="Choose one or more",
        persist_state="session",
    )  # fmt: skip
    with other:
        _add_another()
    if (problem := st.session_state.pop(_PROBLEM, None)) is not None:
        st.error(message(problem), icon=":material/error:")
    return [cards[name] for name in chosen]


def choose_one(key: str) -> TokenizerCard:
    """Exactly one."""
    cards = offered()
    return cards[st.selectbox("Tokenizer", list(cards), key=key, persist_state="session")]


def _add_another() -> None:
    with st.popover("Another", icon=":material/add:", width="stretch"):
        st.file_uploader(f"A {TOKENIZER_JSON}", type=["json"], key="tokenizers-upload", on_change=_take_upload)
        if visitor.is_at_this_machine():
            st.text_input(
                "A folder of this machine, or a model's id", key="tokenizers-path", on_change=_take_path,
                placeholder="/path/to/model",
            )  # fmt: skip


def _take_upload() -> None:
    file = st.session_state["tokenizers-upload"]
    if file is None:
        return
    try:
        if file.size > MOST_BYTES:
            raise UnicodeError
        keep(_own_name(file.name.removesuffix(".json")), file.getvalue().decode("utf-8"), "Uploaded.")
    except UnicodeError:
        st.session_state[_PROBLEM] = f"“{file.name}” is not a {TOKENIZER_JSON}. Choose another file."
    except AulaError as error:
        st.session_state[_PROBLEM] = str(error)


def _own_name(name: str) -> str:
    """The name of an uploaded file, told apart from a tokenizer of this machine: that one stays what it is."""
    return f"{name} (uploaded)" if name in {card.tokenizer_id for card in tokenizers_here()} else name


def _take_path() -> None:
    name = st.session_state["tokenizers-path"].strip()
    if not name or not visitor.is_at_this_machine():
        return
    try:
        card = find_tokenizer(name)
        TextTokenizer.load(card)
        _add(card)
    except AulaError as error:
        st.session_state[_PROBLEM] = str(error)
