"""What every page tells about itself: how it works, the words that it uses, and the source of what it explains."""

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import streamlit as st

from apps.course.glossary.entries import words_in
from apps.pages import page_named
from models.threads import PARSING

ROOT = Path(__file__).resolve().parents[2]
KEY = "how-it-works"  # of the expander, under which the session knows whether it is open
PACKAGES = ("models", "quantization", "training")
MOST_FILES = 5  # as many tabs as one looks through
MOST_WORDS = 8  # of the glossary: a line of links
# What stands beneath everything and explains no page. A page that is about one of them names it as a source.
BENEATH = (
    "models/cancellation", "models/catalog", "models/device", "models/errors", "models/folders",
    "models/precision", "models/tasks", "models/weights/", "models/wording", "models/wrapper",
    "quantization/experiments/steps", "quantization/measure/conditions", "quantization/measure/default_text",
    "quantization/measure/failures", "quantization/recipes", "quantization/result_files",
    "training/budget", "training/command", "training/events", "training/options",
)  # fmt: skip


def how_it_works(text: str, sources: tuple[str, ...], links: Mapping[str, str]) -> None:
    """Plain sentences, links, and what to read: the files named in `sources` and the helpers that they import."""
    st.divider()
    _show(text, sources, links)


@st.fragment
def _show(text: str, sources: tuple[str, ...], links: Mapping[str, str]) -> None:
    """The files only once they are wanted: a browser needs longer to colour their lines than to draw the whole page.

    The sentences always, since whoever waits for a result reads them then, when nothing new can be drawn.
    """
    explanation = st.expander("How it works", icon=":material/school:", key=KEY, on_change="rerun")
    with explanation:
        st.markdown(text)
        link_words(text)
        st.markdown(" · ".join(f"[{title}]({address})" for title, address in links.items()))
        if explanation.open:
            show_files(reading_list(sources))


def show_files(files: tuple[str, ...]) -> None:
    """Each file of the suite under a tab of its own."""
    for file, tab in zip(files, st.tabs([f"`{file}`" for file in files]), strict=True):
        tab.code((ROOT / file).read_text(encoding="utf-8"), language="python", line_numbers=True, height=420)


def link_words(text: str) -> None:
    """The words of the glossary that a text uses, each a link to what it means."""
    words = words_in(text, MOST_WORDS)
    if words:
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            st.markdown("**Words**", width="content")
            for word in words:
                st.page_link(page_named("glossary").file, label=word, query_params={"word": word})


@cache
def reading_list(sources: tuple[str, ...]) -> tuple[str, ...]:
    """The files named in `sources`, and behind them the helpers of the suite that they import; at most five in all.

    All are relative to the root. The helper of which most names are imported comes first; of two with equally many, the
    one that is imported first.
    """
    names: dict[str, set[str]] = {}
    for source in sources:
        for file, name in _imported(source):
            names.setdefault(file, set()).add(name)
    helpers = [file for file in names if file not in sources and not file.startswith(BENEATH)]
    helpers.sort(key=lambda file: len(names[file]), reverse=True)  # stable: those of one number keep their order
    return (*sources, *helpers[: max(0, MOST_FILES - len(sources))])


def _imported(source: str) -> Iterator[tuple[str, str]]:
    """The files of the suite that one of its files imports from, and the names, in the order of its lines.

    An import within a function counts too: those are the ones that bring heavy libraries along.
    """
    text = (ROOT / source).read_text(encoding="utf-8")
    with PARSING:
        tree = ast.parse(text)
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    for node in sorted(imports, key=lambda node: node.lineno):
        for alias in node.names:
            if (file := _file_of(node.module or "", alias.name)) is not None:
                yield file, alias.name


def _file_of(module: str, name: str) -> str | None:
    """The file that `from module import name` reads: the module's, or that of a module within a package."""
    if module.partition(".")[0] not in PACKAGES:
        return None
    folder = module.replace(".", "/")
    return next((file for file in (f"{folder}/{name}.py", f"{folder}.py") if (ROOT / file).is_file()), None)
