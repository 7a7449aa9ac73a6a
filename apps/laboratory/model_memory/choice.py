"""Which model's memory is meant: one of the catalog, an example, another id or folder, or only a number."""

from contextlib import closing

import streamlit as st

from apps.ui import messages, visitor
from apps.ui.background import in_background
from apps.ui.markdown import message
from apps.words.amounts import parameters_text
from models.catalog import CATALOG, ModelCard
from models.errors import AulaError, ModelNotHere
from models.weights.configurations import EXAMPLES, Configuration, fetch_configuration, find_configuration
from quantization.predict.count import parse_count
from quantization.predict.plan import MOST_BATCH, MOST_CONTEXT
from quantization.recipes import PRECISION_NAMES, find_precision

NAME = "memory"
MODEL, OWN, COUNT = f"{NAME}-model", f"{NAME}-own-models", f"{NAME}-count"
CONTEXT, BATCH = f"{NAME}-context", f"{NAME}-batch"
BY_MODEL, BY_COUNT = "A model", "Only the number of parameters"
INFERENCE, TRAINING = "Use it", "Train it with Adam"
FIRST_CHOICE = ("fp32", "bf16", "int8", "bnb-nf4")
COUNT_HELP = "As people write it: 110M, 8B, 124,439,808."


def choose() -> tuple[Configuration | int | None, dict[str, object]]:
    """What is meant, and what it is needed for.

    First the configuration of the chosen model or the number of parameters (None where there is neither, and why is
    said); then precisions, context, batch and training, as `quantization.predict.forecast.forecast` takes them. Makes
    no request: a configuration is fetched when the person at this machine presses the button.
    """
    with st.container(horizontal=True, gap="large"):
        kind = st.segmented_control(
            "What is known", (BY_MODEL, BY_COUNT), default=BY_MODEL, key=f"{NAME}-kind", required=True
        )
        use = st.segmented_control(
            "What for", (INFERENCE, TRAINING), default=INFERENCE, key=f"{NAME}-use", required=True
        )
    subject = _choose_count() if kind == BY_COUNT else _choose_model()
    return subject, _choose_use(use == TRAINING, kind == BY_COUNT)


def _choose_count() -> int | None:
    text = st.text_input("Parameters", "110M", key=COUNT, help=COUNT_HELP, width=300, persist_state="session")
    with messages.shown():
        count = parse_count(text)
        if count is None:
            problem = f"“{message(text)}” is not a number of parameters" if text.strip() else "There is no number yet"
            st.error(f"{problem}. Write it as 110M, 8B or 124,439,808.")
        return count
    return None


def _choose_model() -> Configuration | None:
    offered = _offered()
    if st.session_state.get(MODEL) not in offered:
        st.session_state[MODEL] = "openai-community/gpt2"
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    chosen = left.selectbox(
        "Model", list(offered), key=MODEL, format_func=lambda name: f"{name}{offered[name]}", persist_state="session"
    )
    if visitor.is_at_this_machine():
        with right:
            _add_another()
    if chosen in EXAMPLES:
        st.caption(EXAMPLES[chosen])
    try:
        return find_configuration(chosen)
    except ModelNotHere as error:
        _offer_to_fetch(chosen, error)
    except AulaError as error:
        st.error(message(str(error)), icon=":material/error:")
    return None


def _offered() -> dict[str, str]:
    """Every model that can be chosen, with what stands behind its name."""
    cards = [card for card in CATALOG if card.task.row.has_configuration]
    cards.sort(key=lambda card: card.embedded is not None)
    own = dict.fromkeys(st.session_state.get(OWN, ()), "")
    return {card.model_id: _size(card) for card in cards} | dict.fromkeys(EXAMPLES, " · example") | own


def _size(card: ModelCard) -> str:
    return f" · {parameters_text(card.parameters)}" if card.parameters else ""


def _add_another() -> None:
    """Any other model: an id on the hub, or a folder."""
    with st.popover("Another model", width="stretch"), st.form(f"{NAME}-own", border=False):
        st.text_input("Hugging Face id or folder", key=f"{NAME}-own-id", placeholder="owner/name or /path/to/model")
        st.form_submit_button("Add", on_click=_keep_another)
        problem = st.session_state.pop(f"{NAME}-own-problem", None)
        if problem:
            st.error(message(problem))


def _keep_another() -> None:
    """Runs before the page is drawn again, so that the chooser can show the new model as chosen."""
    model_id = st.session_state[f"{NAME}-own-id"].strip()
    try:
        find_configuration(model_id)
    except ModelNotHere:
        pass  # the page offers to fetch it
    except AulaError as error:
        st.session_state[f"{NAME}-own-problem"] = str(error)
        return
    st.session_state[OWN] = [*dict.fromkeys([*st.session_state.get(OWN, ()), model_id])]
    st.session_state[MODEL] = model_id


def _offer_to_fetch(model_id: str, error: ModelNotHere) -> None:
    st.info(message(str(error)), icon=":material/cloud_download:")
    if not st.button("Fetch its configuration", key=f"{NAME}-fetch", type="primary", icon=":material/download:"):
        return
    area = st.empty()
    with messages.shown():
        try:
            _watch_fetch(model_id, area)
        except Exception:  # not what Streamlit raises to interrupt the script: then nothing can be drawn any more
            area.empty()
            raise
        st.rerun()


def _watch_fetch(model_id: str, area: st.delta_generator.DeltaGenerator) -> None:
    with area.container(horizontal=True, vertical_alignment="center"):
        st.markdown(":material/hourglass_top: Fetching config.json")
        st.button("Stop", key=f"{NAME}-fetch-stop", icon=":material/stop_circle:")
        beat = st.empty()
    with closing(in_background(lambda cancelled, emit: emit(fetch_configuration(model_id, cancelled)))) as looks:
        for _ in looks:
            beat.empty()  # drawing is where Streamlit can interrupt the script


def _choose_use(learns: bool, counted: bool) -> dict[str, object]:
    left, middle, right = st.columns([4, 1.2, 1.2], gap="medium", vertical_alignment="bottom")
    with left:
        precisions = st.multiselect(
            "Precisions",
            PRECISION_NAMES,
            FIRST_CHOICE,
            key=f"{NAME}-precisions",
            disabled=learns,
            help="\n\n".join(f"**{name}**: {find_precision(name).explanation}" for name in PRECISION_NAMES)
            + "\n\nTraining is worked out in fp32.",
            persist_state="session",
        )
    with middle:
        context = st.number_input("Context in tokens", 1, MOST_CONTEXT, 512, 128, key=CONTEXT, disabled=counted)
    with right:
        batch = st.number_input("Texts at once", 1, MOST_BATCH, 1, key=BATCH, disabled=counted)
    chosen = ["fp32"] if learns else [name for name in PRECISION_NAMES if name in precisions]
    return {"precisions": tuple(chosen), "context": int(context), "batch": int(batch), "training": learns}
