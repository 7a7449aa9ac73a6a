"""Weights that are stored as a change to another model: a peft adapter, merged into its base when it is loaded.

LoRA (Hu et al., 2021) keeps a large matrix as it is and learns the product of two thin ones to add to it; small parts,
such as a new head, are stored whole. The folder holds `adapter_config.json`, which names the base, beside the usual
`config.json` and tokenizer.
"""

import hashlib
import warnings
from pathlib import Path
from typing import Any

from models.catalog import ModelCard, Task, card_of
from models.errors import DamagedFile, UnknownModel, UnsupportedCheckpoint
from models.folders import read_json
from models.weights import hub
from models.weights.cards import find_card
from models.weights.completeness import ADAPTER_SETTINGS as SETTINGS
from models.weights.completeness import ADAPTER_WEIGHTS as WEIGHTS
from models.weights.completeness import require_weights, stored_in
from models.weights.load_report import require_loaded

BASE_FACTS = "base.json"  # beside an adapter of the suite: which weights of its base it was trained with
_IN_FRONT = "base_model.model."  # of each weight's name, in the file of an adapter


def is_adapter(folder: Path) -> bool:
    """Whether a folder holds an adapter instead of all weights."""
    return (folder / SETTINGS).is_file()


def base_card(folder: Path) -> ModelCard:
    """The model that the adapter in a folder changes.

    Raises:
        UnsupportedCheckpoint: the adapter names no base, or is not a LoRA with safetensors weights.
        UnknownModel: there is no such base.
    """
    settings = read_json(folder / SETTINGS)
    base = settings.get("base_model_name_or_path")
    if settings.get("peft_type") != "LORA" or not base or not (folder / WEIGHTS).is_file():
        raise UnsupportedCheckpoint(
            f"The adapter in {folder} is not a LoRA in safetensors that names its base. Save it again with peft."
        )
    try:
        card = card_of(str(base)) or find_card(str(base), Task.SENTENCE_SIMILARITY)
    except UnknownModel as error:
        raise UnknownModel(
            f"The adapter in {folder} changes the model “{base}”, which is not on this machine. Copy that model there, "
            f"or write where it is into {SETTINGS} (“base_model_name_or_path”)."
        ) from error
    if card.path is not None and is_adapter(card.path):
        raise UnsupportedCheckpoint(
            f"The adapter in {folder} changes {base}, which is an adapter itself. Merge that one into its base first "
            "(`merge_and_unload` of peft), and name the result."
        )
    return card


def merged(auto_class: type[Any], folder: Path) -> Any:
    """The model that the base becomes with the adapter in `folder` added to it, float32 on the CPU.

    Raises:
        What `base_card` raises, and `hub.present` and `require_weights` for the base.
        UnsupportedCheckpoint: base and adapter do not fit together.
    """
    card = base_card(folder)
    model = _base(auto_class, card, folder)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # peft 0.21 asks transformers by an old name, and only warns of what is lacking
        try:
            adapted = _adapted(model, folder)
        except (RuntimeError, ValueError, LookupError, TypeError, AttributeError) as error:
            raise _unfit(folder, card, _reason(error)) from error
    _require_same_weights(adapted, folder, card)
    return adapted.merge_and_unload()


def _base(auto_class: type[Any], card: ModelCard, folder: Path) -> Any:
    """The base by the settings beside the adapter, of which the adapter brings what the base lacks."""
    import torch
    from transformers import AutoConfig

    source = hub.present(card)
    require_weights(card, source)  # its tokenizer is not needed: there is one beside the adapter
    _require_trained_with(folder, card, source)
    config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    model, report = auto_class.from_pretrained(
        source,
        config=config,
        dtype=torch.float32,
        local_files_only=True,
        trust_remote_code=False,
        output_loading_info=True,
        ignore_mismatched_sizes=True,  # they are reported, and refused here with both sizes
    )
    brought = {name.removeprefix(_IN_FRONT) for name in stored_in(folder / WEIGHTS)[0]}
    # What the adapter stores whole takes the place of what the base has, whatever its shape.
    report["mismatched_keys"] = {row for row in report.get("mismatched_keys") or () if row[0] not in brought}
    try:
        require_loaded(model, report, source, card, brought)
    except (UnsupportedCheckpoint, DamagedFile) as error:
        raise _unfit(folder, card, str(error)) from error
    return model


def _require_trained_with(folder: Path, card: ModelCard, source: Path) -> None:
    """Other weights of the same base would judge by chance: peft looks at names and shapes only."""
    known = read_json(folder / BASE_FACTS).get("sha256")
    if known is not None and known != digest_of(source):
        raise UnsupportedCheckpoint(
            f"The adapter in {folder} was trained with other weights of {card.model_id} than are here. "
            "Train it anew, or get back the weights that it was trained with."
        )


def digest_of(base: Path) -> str | None:
    """The SHA-256 of a base's weights, as those of the suite are stored; None where they are stored otherwise."""
    file = base / "model.safetensors"
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else None


def _adapted(model: Any, folder: Path) -> Any:
    from peft import PeftModel

    return PeftModel.from_pretrained(model, folder, is_trainable=False)


def _require_same_weights(adapted: Any, folder: Path, card: ModelCard) -> None:
    """Each weight that the adapter's settings speak of is in its file, and no other: peft would leave it as it was."""
    from peft import get_peft_model_state_dict

    expected = set(get_peft_model_state_dict(adapted, save_embedding_layers=False))
    stored = set(stored_in(folder / WEIGHTS)[0])
    lacking = sorted(expected - stored)
    other = sorted(name for name in stored - expected if "lora_" in name)
    if lacking:
        raise _unfit(folder, card, f"{WEIGHTS} holds no {lacking[0].removeprefix(_IN_FRONT)}")
    if other:
        raise _unfit(folder, card, f"{WEIGHTS} also changes {other[0].removeprefix(_IN_FRONT)}")


def _reason(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"{WEIGHTS} holds no {str(error.args[0]).removeprefix(_IN_FRONT)}"
    return next(iter(str(error).strip().splitlines()[-1:]), type(error).__name__)


def _unfit(folder: Path, card: ModelCard, reason: str) -> UnsupportedCheckpoint:
    first = reason.strip().split(". ")[0].rstrip(".")
    return UnsupportedCheckpoint(
        f"The adapter in {folder} does not fit {card.model_id}, which its {SETTINGS} names as its base ({first}). "
        "Copy the adapter again, all its files, or name the base it was trained on."
    )
