"""Loads a Hugging Face checkpoint from a folder of this machine, without a request and without running code from it.

Shared by every wrapper of a model of transformers. Knows the ways in which a folder can
disappoint and names each; knows of a task only whether text or pictures go in.
"""

import logging
import pickle
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from models.catalog import ModelCard
from models.device import Device, choose_device, footprint, returnable_blocks
from models.errors import (
    AulaError,
    DamagedFile,
    OutOfMemory,
    PrecisionNotApplicable,
    UnsafeCheckpoint,
    UnsupportedCheckpoint,
    ran_out_of_memory,
)
from models.folders import read_json
from models.precision import FP32, Precision, read_folder, read_saved, require_applicable
from models.tasks import Kind
from models.weights import adapters, hub
from models.wrapper import BUILDING, OnStep, Pretrained, silent


def load_pretrained(
    auto_class: type[Any],
    card: ModelCard,
    device: str | Device = "auto",
    precision: Precision = FP32,
    on_step: OnStep = silent,
) -> Pretrained:
    """Load `card` with `auto_class` (for instance `AutoModelForSeq2SeqLM`), in evaluation mode.

    Raises:
        ModelNotHere: the weights are not on this machine.
        DeviceUnavailable, PrecisionNotApplicable: as `choose_device` and `require_applicable`; or the folder was saved
            quantized, in another precision.
        UnsafeCheckpoint, UnsupportedCheckpoint, DamagedFile, OutOfMemory: what the folder or the machine cannot give.
    """
    started = time.perf_counter()
    chosen = choose_device(device)
    require_applicable(precision, chosen.type, card.task)
    folder = hub.require(card)
    saved = _saved_quantized(card, folder, precision)
    _require_config(card, folder, saved)
    _quieten()
    tokenizer = processor = None
    if card.task.row.kind == Kind.PICTURE:
        on_step("Reading the preprocessor")
        processor = _read(card, folder, lambda: _processor(folder))
    else:
        on_step("Reading the tokenizer")
        tokenizer = _read(card, folder, lambda: _tokenizer(folder))
    on_step("Reading the weights")
    with BUILDING, returnable_blocks():
        model = _read(card, folder, lambda: _model(auto_class, card, folder, chosen, precision, saved))
    seconds = time.perf_counter() - started
    return Pretrained(card, model, tokenizer, chosen, precision.name, footprint(model), seconds, processor)


def _saved_quantized(card: ModelCard, folder: Path, precision: Precision) -> bool:
    """Whether the folder holds weights that were quantized here, which then must be in this precision."""
    saved = read_saved(folder)
    if saved is None or not saved.quantized:
        return False
    if saved.name != precision.name:
        raise PrecisionNotApplicable(
            f"{card.model_id} was saved in {saved.name} and can be loaded in no other precision. Choose {saved.name}, "
            f"or for {precision.name} the model that it was made from."
        )
    return True


def _require_config(card: ModelCard, folder: Path, saved_quantized: bool) -> None:
    if not (folder / "config.json").is_file():
        raise UnsupportedCheckpoint(
            f"{card.model_id} holds no config.json, so it is not a model of the Hugging Face kind. "
            "Choose the folder that `save_pretrained` wrote."
        )
    for name, value in _settings(read_json(folder / "config.json")):
        if "attn_implementation" in name and _is_code_from_the_hub(value):
            raise UnsafeCheckpoint(
                f"{card.model_id} asks for code from elsewhere (“{value}”), so it was not loaded. "
                "Use a model without “attn_implementation” in its config.json."
            )
        if name.endswith("quantization_config") and value and not saved_quantized:
            # It would load quantized, while we say fp32 and measure that.
            raise UnsupportedCheckpoint(
                f"{card.model_id} was saved quantized, so its precision cannot be chosen. Choose the model that it "
                "was made from, and one of our precisions, for instance int8."
            )


def _settings(config: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Every setting with its name; those of parts (an encoder, a decoder) follow as “part/name”."""
    waiting = list(config.items())
    while waiting:
        name, value = waiting.pop()
        yield name, value
        if isinstance(value, dict):
            waiting += [(f"{name}/{inner}", part) for inner, part in value.items()]


def _is_code_from_the_hub(attention: Any) -> bool:
    """Whether transformers may fetch this kind of attention as code: “owner/name”, and “flash_attention_2” and kin."""
    return isinstance(attention, str) and ("/" in attention or "flash" in attention.lower())


def _quieten() -> None:
    """Switch off the bar and the table that transformers prints: our steps and errors say the same in our words."""
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()  # type: ignore[no-untyped-call]  # the library annotates it nowhere
    logging.getLogger("transformers.modeling_utils").addFilter(_is_not_a_load_report)


def _is_not_a_load_report(record: logging.LogRecord) -> bool:
    return "LOAD REPORT" not in record.getMessage()


def _tokenizer(folder: Path) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)


def _processor(folder: Path) -> Any:
    from transformers import AutoImageProcessor

    auto_class: Any = AutoImageProcessor  # without types in the library
    return auto_class.from_pretrained(folder, local_files_only=True, trust_remote_code=False)


def _model(
    auto_class: type[Any], card: ModelCard, folder: Path, device: Device, precision: Precision, saved_quantized: bool
) -> Any:
    if saved_quantized:
        return precision.restore(auto_class, folder, device.type).eval()
    arguments = precision.load_arguments(device.type)
    source: Path | None = folder
    if adapters.is_adapter(folder):
        merged = adapters.merged(auto_class, folder)
        # Given, not read: so a merged model is loaded, and quantized on the way, like any other.
        source, auto_class = None, type(merged)
        arguments |= {"config": merged.config, "state_dict": merged.state_dict()}
    model = precision.apply(read_folder(auto_class, source, arguments, card)).eval()
    # bitsandbytes has already placed its layers, and refuses to be moved.
    return model if getattr(model, "is_quantized", False) else model.to(device.type)


def _read(card: ModelCard, folder: Path, read: Callable[[], Any]) -> Any:
    """Call `read`, turning what the libraries raise into errors with a next step."""
    from huggingface_hub.errors import StrictDataclassError
    from safetensors import SafetensorError

    # Everything that settings of a wrong kind can trip over inside the libraries.
    wrong_settings = (OSError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError, ImportError)
    try:
        return read()
    except AulaError:  # some are of Python's kinds too
        raise
    except (MemoryError, RuntimeError) as error:
        if not ran_out_of_memory(error):
            raise DamagedFile(_damaged(card, folder)) from error
        raise OutOfMemory(
            f"{card.model_id} does not fit into memory. Close other programs, or choose a smaller model or precision."
        ) from error
    except pickle.UnpicklingError as error:
        raise UnsafeCheckpoint(
            f"The weights of {card.model_id} could only be loaded by running code from the file, so they were not. "
            "Use a model with safetensors weights."
        ) from error
    except (SafetensorError, EOFError) as error:
        raise DamagedFile(_damaged(card, folder)) from error
    except (*wrong_settings, StrictDataclassError) as error:
        raise UnsupportedCheckpoint(
            f"{card.model_id} cannot be used for {card.task.label}: {_first_sentence(error)} "
            "Choose a model made for this task."
        ) from error


def _damaged(card: ModelCard, folder: Path) -> str:
    if card.path is not None:
        return f"The weights in {folder} are damaged or incomplete. Copy or save them again."
    return f"The weights of {card.model_id} are damaged. Free the model and download it again."


def _first_sentence(error: Exception) -> str:
    first_line = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return first_line.split(". ")[0].rstrip(".") + "."
