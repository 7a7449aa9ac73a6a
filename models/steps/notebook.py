"""The steps as a notebook that runs elsewhere: nbformat 4.5, with transformers and torch and nothing of this suite.

The code cells are the cells that were run, letter for letter. https://nbformat.readthedocs.io/en/latest/format_description.html
"""

import json
from typing import Any

from models.catalog import ModelCard
from models.steps.cells import Cell
from models.steps.plan import Plan

_PACKAGES = "transformers torch"


def notebook_of(plan: Plan, cells: list[Cell]) -> str:
    """The notebook as the text of an .ipynb file. There are no results in it: whoever runs it gets their own."""
    parts = [_markdown("about", _about(plan))]
    for number, cell in enumerate(cells):
        parts.append(_markdown(f"{cell.name}-words", f"## {number}. {cell.title}\n\n{cell.says}"))
        parts.append(_code(cell.name, cell.source))
    found = {
        "cells": parts,
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(found, ensure_ascii=False, indent=1) + "\n"


def _about(plan: Plan) -> str:
    packages = [_PACKAGES, *(["peft"] if plan.adapter else [])]
    packages += ["accelerate bitsandbytes"] if plan.precision.name.startswith("bnb") else []
    return "\n\n".join(
        (
            "# From text to answer, step by step",
            f"Each cell is a step that Aula ran for {_name(plan)} in {plan.precision.name}. "
            f"It needs `pip install {' '.join(packages)}`.",
            _where(plan.card, plan),
        )
    )


def _name(plan: Plan) -> str:
    """The model's name, which for a folder must not tell where it lies."""
    return plan.card.model_id if plan.card.path is None else plan.shown["MODEL"]


def _where(card: ModelCard, plan: Plan) -> str:
    """Where the models are that the first cell names."""
    if card.repository is not None:
        first = (
            f"`{plan.shown['MODEL']}` is a model of the Hugging Face hub, which is downloaded when it is first used."
        )
    elif card.embedded is not None:
        first = f"`{plan.shown['MODEL']}` is a folder of Aula: run this notebook there, or copy the folder beside it."
    else:
        first = (
            f"`{plan.shown['MODEL']}` stands for the folder that the model was saved in: copy it beside this notebook, "
            f"or write its place into MODEL. `python aula.py models list` says where trained models are."
        )
    other = f"`{plan.shown['OTHER']}` is a folder of Aula; any other model with a tokenizer does."
    return f"{first} {other}"


def _markdown(name: str, text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "id": name, "metadata": {}, "source": _lines(text)}


def _code(name: str, text: str) -> dict[str, Any]:
    return {
        "cell_type": "code", "id": name, "metadata": {}, "execution_count": None, "outputs": [], "source": _lines(text)
    }  # fmt: skip


def _lines(text: str) -> list[str]:
    return (
        text.split("\n")
        if "\n" not in text
        else [f"{line}\n" for line in text.split("\n")[:-1]] + [text.split("\n")[-1]]
    )
