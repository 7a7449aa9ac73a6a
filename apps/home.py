"""What you can do here, on which machine, with which weights."""

import psutil
import streamlit as st

from apps.pages import PAGES
from apps.ui import messages, visitor
from apps.ui.page_pictures import STYLE, show_picture
from apps.ui.run import shared_store
from models.catalog import CATALOG
from models.device import graphics_cards, processor_name
from models.folders import cache_folder, huggingface_cache
from models.memory import machine_memory
from models.weights import hub
from models.wording import size_text

NAMES = frozenset(card.model_id for card in CATALOG)
MOST_COLUMNS, NARROWEST = 4, 230  # cards beside each other, and pixels of one: three on a small screen


def show_demos() -> None:
    """A card for each page that is not a step of the laboratory, as many in a row as the screen is wide for."""
    grid = st.grid(MOST_COLUMNS, min_column_width=NARROWEST, border=True)
    for page in (page for page in PAGES if page.step is None):
        with grid.cell(), st.container(key=f"card-{page.name}", gap="small"):
            show_picture(page)
            st.page_link(page.file, label=f"**{page.title}**", icon=page.symbol)
            st.write(page.sentence)


def show_laboratory() -> None:
    """What a precision costs, in the order in which one understands it: a column for each step, its pages below it."""
    steps = list(dict.fromkeys(page.step for page in PAGES if page.step is not None))
    for column, step in zip(st.columns(len(steps)), steps, strict=True):
        with column.container(border=True, height="stretch"):
            st.markdown(f"**{step}**")
            for page in (page for page in PAGES if page.step == step):
                with st.container(key=f"card-{page.name}", gap="xsmall"):
                    show_picture(page)
                    st.page_link(page.file, label=page.title, icon=page.symbol)
                    st.caption(page.sentence)


def show_machine() -> None:
    """The machine's processor, memory and graphics cards."""
    memory = machine_memory()
    cards = graphics_cards()
    processor, amount, cuda = st.columns(3)
    processor.metric("Processor", f"{psutil.cpu_count(logical=False) or psutil.cpu_count()} cores")
    processor.caption(processor_name())
    amount.metric("Memory", size_text(memory.total))
    amount.caption(f"{size_text(memory.available)} free now")
    cuda.metric("CUDA", "yes" if cards else "no")
    cuda.caption("; ".join(cards) or "No NVIDIA card was found: models run on the CPU.")


def show_weights() -> None:
    """The models on this machine, with a button to delete each for the person in front of it."""
    embedded = [card.model_id for card in CATALOG if card.embedded and hub.locate(card) is not None]
    size = size_text(hub.embedded_bytes())
    st.caption(
        f"{len(embedded)} small models come with the suite ({size}) and are always here. "
        "Each demo offers the download of a full one; weights on a memory stick work too, by their folder."
    )
    local = hub.list_local()
    if not local:
        return
    where = f", in {cache_folder()} and {huggingface_cache()}" if visitor.is_at_this_machine() else ""
    st.caption(f"{size_text(sum(model.bytes for model in local))} in all{where}")
    for model in local:
        name, amount, action = st.columns([6, 2, 2], vertical_alignment="center")
        name.markdown(f"`{model.model_id}`")
        amount.write(size_text(model.bytes))
        if visitor.is_at_this_machine():
            with action.popover("Free"):
                offer_to_free(model)


def offer_to_free(model: hub.LocalModel) -> None:
    """Delete only after a second look: a download can take a class's whole hour."""
    st.write(f"Delete `{model.model_id}` ({size_text(model.bytes)}) from this machine? It can be downloaded again.")
    if st.button("Delete", key=f"free-{model.model_id}", type="primary"):
        with messages.shown():
            hub.free(model.model_id)
            st.rerun()


def show_memory() -> None:
    """The models that are loaded now."""
    loaded = shared_store().loaded()
    if not loaded:
        st.caption("No model is loaded. The first use of a demo loads its model once, for everybody.")
        return
    is_own = visitor.is_at_this_machine()
    for key, size in loaded.items():
        name = key.model_id if is_own or key.model_id in NAMES else "a model of this machine"  # no paths for strangers
        st.markdown(f"`{name}` in {key.precision} on {key.device} · {size_text(size)}")
    if is_own and st.button("Unload all", icon=":material/eject:"):
        shared_store().unload()
        st.rerun()


st.html(STYLE)
st.title("Aula")
st.markdown("Real models on this machine, nothing hidden. Change a setting, and see what it does.")
show_demos()
st.subheader("What fewer bits cost")
show_laboratory()
st.subheader("This machine")
show_machine()
weights, memory = st.columns([3, 2], gap="large")
with weights:
    st.subheader("Weights on this machine")
    with messages.shown():
        show_weights()
with memory:
    st.subheader("Models in memory")
    with messages.shown():
        show_memory()
