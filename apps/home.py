"""What you can do here, on which machine, with which weights."""

import psutil
import streamlit as st

from apps.ui import messages, visitor
from apps.ui.run import shared_store
from models.catalog import CATALOG
from models.device import graphics_cards, processor_name
from models.folders import EMBEDDED
from models.weights import hub
from models.wording import size_text

NAMES = frozenset(card.model_id for card in CATALOG)
DEMOS = (
    (
        "demos/question_answering/page.py",
        "Question answering",
        ":material/quiz:",
        "Ask about a text. The model marks the words that answer, or says that the text does not tell.",
    ),
    (
        "demos/translate_summarize/page.py",
        "Translate and summarize",
        ":material/translate:",
        "English into French, German or Romanian; long texts made short, in a T5's words or by choosing sentences.",
    ),
    (
        "demos/text_classification/page.py",
        "Text classification",
        ":material/label:",
        "Is a review positive or negative? See the score of every label, and the words that made the difference.",
    ),
    (
        "demos/object_detection/page.py",
        "Object detection",
        ":material/image_search:",
        "YOLOv5 finds people, cars, cats and more in a folder of photographs, yours included.",
    ),
    (
        "demos/transfer_learning/page.py",
        "Transfer learning",
        ":material/model_training:",
        "Teach a model labels of your own in a minute, watch it learn, and see where it goes wrong.",
    ),
    (
        "laboratory/gpt2_quantization/page.py",
        "GPT-2 quantization",
        ":material/compress:",
        "Shrink a Spanish GPT-2 and measure what it costs: size, speed, perplexity and the text it writes.",
    ),
)
# What a precision costs, in the order in which one understands it: the steps, and below each its pages.
LABORATORY = {
    "Predict": (
        (
            "laboratory/model_memory/page.py",
            "Model memory",
            ":material/memory:",
            "What a model needs before it is loaded: each part, each precision, a long context, training.",
        ),
    ),
    "See": (
        (
            "laboratory/number_formats/page.py",
            "Number formats",
            ":material/pin:",
            "The bits of a number in 32, 16, 8 and 4 bits, and what is really stored.",
        ),
        (
            "laboratory/tensor_quantization/page.py",
            "Quantize a layer",
            ":material/grid_on:",
            "The weights of one layer in 2–8 bits, and the error that this makes.",
        ),
    ),
    "Measure": (
        (
            "laboratory/layer_sensitivity/page.py",
            "Which layer hurts",
            ":material/healing:",
            "A heat map of what each layer costs when it alone is quantized.",
        ),
        (
            "laboratory/task_quality/page.py",
            "Quality and speed",
            ":material/balance:",
            "The points of F1 or BLEU that int8 costs, and the speed that it gives.",
        ),
        (
            "laboratory/memory_freed/page.py",
            "Memory freed",
            ":material/recycling:",
            "Whether the memory comes back when a model is unloaded.",
        ),
    ),
}


def show_demos() -> None:
    """A card for each demo, three in a row."""
    for first in range(0, len(DEMOS), 3):
        for column, (page, title, icon, text) in zip(st.columns(3), DEMOS[first : first + 3], strict=False):
            with column.container(border=True, height="stretch"):
                st.page_link(page, label=f"**{title}**", icon=icon)
                st.write(text)


def show_laboratory() -> None:
    """A column for each step, with the pages below it."""
    for column, (step, pages) in zip(st.columns(3), LABORATORY.items(), strict=True):
        with column.container(border=True, height="stretch"):
            st.markdown(f"**{step}**")
            for page, title, icon, text in pages:
                st.page_link(page, label=title, icon=icon)
                st.caption(text)


def show_machine() -> None:
    """The machine's processor, memory and graphics cards."""
    memory = psutil.virtual_memory()
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
    size = size_text(hub.bytes_below(EMBEDDED))
    st.caption(
        f"{len(embedded)} small models come with the suite ({size}) and are always here. "
        "Each demo offers the download of a full one; weights on a memory stick work too, by their folder."
    )
    found = hub.list_local()
    if not found:
        return
    where = f", in {hub.cache_folder()} and {hub.huggingface_cache()}" if visitor.is_at_this_machine() else ""
    st.caption(f"{size_text(sum(model.bytes for model in found))} in all{where}")
    for model in found:
        name, size, action = st.columns([6, 2, 2], vertical_alignment="center")
        name.markdown(f"`{model.model_id}`")
        size.write(size_text(model.bytes))
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
