"""Weights that are stored as a change to another model: a peft adapter, merged into its base when it is loaded.

LoRA (Hu et al., 2021) keeps a large matrix as it is and learns the product of two thin ones to add to it; small parts,
such as a new head, are stored whole. The folder holds `adapter_config.json`, which names the base, beside the usual
`config.json` and tokenizer.
"""

import warnings
from pathlib import Path
from typing import Any

from models.catalog import ModelCard, Task, card_of
from models.errors import UnsupportedCheckpoint
from models.folders import read_json
from models.weights import hub
from models.weights.cards import find_card

SETTINGS, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"


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
    return card_of(base) or find_card(str(base), Task.SENTENCE_SIMILARITY)


def merged(auto_class: type[Any], folder: Path) -> Any:
    """The model that the base becomes with the adapter in `folder` added to it, float32 on the CPU.

    Raises:
        What `base_card` raises, and ModelNotHere where the base is not on this machine.
    """
    import torch
    from peft import PeftModel
    from transformers import AutoConfig

    base = hub.require(base_card(folder))
    config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    model = auto_class.from_pretrained(
        base, config=config, dtype=torch.float32, local_files_only=True, trust_remote_code=False
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # peft 0.21 asks transformers by an old name
        return PeftModel.from_pretrained(model, folder, is_trainable=False).merge_and_unload()
