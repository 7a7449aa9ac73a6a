"""Loads a Hugging Face checkpoint from a folder of this machine, without a request and without running code from it.

Shared by every wrapper of a model of transformers. Knows the ways in which a folder can disappoint and names each;
knows of a task only whether text or pictures go in.
"""

import logging
import pickle
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from models.catalog import ModelCard
from models.device import Device, choose_device, footprint, returnable_blocks
from models.errors import (
    AulaError,
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
from models.weights.completeness import damaged, require_label_names, require_one_numbering
from models.weights.configuration_check import check
from models.weights.fitting import require_fitting
from models.weights.timm_folder import is_timm, require_own_architecture
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
    require_label_names(card, folder)
    require_one_numbering(card, folder)
    quieten()
    tokenizer = processor = None
    if card.task.row.kind == Kind.PICTURE:
        on_step("Reading the preprocessor")
        processor = _read_settings(card, "preprocessor", lambda: _processor(folder))
    else:
        on_step("Reading the tokenizer")
        tokenizer = _read_settings(card, "tokenizer", lambda: _tokenizer(folder))
    on_step("Reading the weights")
    reader = tokenizer or processor
    with BUILDING, returnable_blocks():
        model = read_weights(card, folder, lambda: _model(auto_class, card, folder, chosen, precision, saved, reader))
    doubt = None if tokenizer is None else require_fitting(card, model, tokenizer)
    seconds = time.perf_counter() - started
    return Pretrained(card, model, tokenizer, chosen, precision.name, footprint(model), seconds, processor, doubt)


def load_tokenizer(card: ModelCard) -> Any:
    """The tokenizer of `card` alone. Raises ModelNotHere, and UnsupportedCheckpoint for one that cannot be read."""
    folder = hub.require(card)
    return _read_settings(card, "tokenizer", lambda: _tokenizer(folder))


def dry_run(auto_class: type[Any], card: ModelCard, precision: Precision) -> Any:
    """The model of `card` with its shapes and names, on torch's device “meta”: no weight is read, nothing computed.

    For who wants to know of a model before it is there, or loads it by other means than `load_pretrained` and must be
    as sure. Raises what `load_pretrained` raises for a folder that lacks something or holds something else.
    """
    folder = hub.require(card)
    _require_config(card, folder, _saved_quantized(card, folder, precision))
    require_label_names(card, folder)
    require_one_numbering(card, folder)
    quieten()
    with BUILDING:
        return read_weights(card, folder, lambda: _shape_of(auto_class, card, folder))


def _shape_of(auto_class: type[Any], card: ModelCard, folder: Path) -> Any:
    if adapters.is_adapter(folder):  # peft reads all the weights to say whether they fit
        return adapters.merged(auto_class, folder).to("meta")
    return read_folder(auto_class, folder, {"device_map": {"": "meta"}}, card)


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
    config = read_json(folder / "config.json")
    require_own_architecture(card.model_id, config)
    if is_timm(config):
        check(card.model_id, config)  # transformers checks the settings of its own kinds, and timm's not
    for name, value in _settings(config):
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


def quieten() -> None:
    """Switch off the bar and the table that transformers prints: our steps and errors say the same in our words.

    And what it says of timm's preprocessor, which exists once only.
    """
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()  # type: ignore[no-untyped-call]  # the library annotates it nowhere
    logging.getLogger("transformers.modeling_utils").addFilter(_is_not_a_load_report)
    logging.getLogger("transformers.models.auto.image_processing_auto").addFilter(_is_not_a_missing_backend)


def _is_not_a_missing_backend(record: logging.LogRecord) -> bool:
    return "backend is not available" not in record.getMessage()


def _is_not_a_load_report(record: logging.LogRecord) -> bool:
    return "LOAD REPORT" not in record.getMessage()


def _tokenizer(folder: Path) -> Any:
    from transformers import AutoTokenizer

    # Marian's advises a package that it never calls. For good: what is scoped is not safe between threads.
    warnings.filterwarnings("ignore", message="Recommended: pip install sacremoses", category=UserWarning)
    tokenizer: Any = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    tokenizer.truncation_side = "right"  # whatever was usual where it was made: here a text's end is cut off, and said
    return tokenizer


def _processor(folder: Path) -> Any:
    from transformers import AutoImageProcessor

    auto_class: Any = AutoImageProcessor  # without types in the library
    return auto_class.from_pretrained(folder, local_files_only=True, trust_remote_code=False)


def _model(
    auto_class: type[Any],
    card: ModelCard,
    folder: Path,
    device: Device,
    precision: Precision,
    saved_quantized: bool,
    reader: Any,
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
    model = precision.apply(read_folder(auto_class, source, arguments, card), reader).eval()
    # bitsandbytes has already placed its layers, and refuses to be moved.
    return model if getattr(model, "is_quantized", False) else model.to(device.type)


def _read_settings(card: ModelCard, part: str, read: Callable[[], Any]) -> Any:
    """Call `read` for the tokenizer or the preprocessor; whatever the libraries trip over, these files are at fault."""
    try:
        return read()
    except AulaError:
        raise
    except ImportError as error:
        raise _needs_package(card, part, error) from error
    except MemoryError as error:
        raise _full(card) from error
    except Exception as error:  # the tokenizers library raises nothing more special
        # Such errors speak of the library's own code; and one asks for a package to read what is no vocabulary.
        cryptic = isinstance(error, (LookupError, TypeError, AttributeError)) or "tiktoken" in str(error)
        why = "its files are damaged." if cryptic else _first_sentence(error)
        raise UnsupportedCheckpoint(
            f"The {part} of {card.model_id} cannot be read: {why} "
            f"Copy the {part}'s files again from the model that the folder was made from."
        ) from error


def read_weights(card: ModelCard, folder: Path, read: Callable[[], Any]) -> Any:
    """Call `read` for the weights, turning what the libraries raise into errors with a next step of their own."""
    from huggingface_hub.errors import StrictDataclassError
    from safetensors import SafetensorError

    # Everything that settings of a wrong kind can trip over inside the libraries.
    wrong_settings = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, StrictDataclassError)
    try:
        return read()
    except AulaError:  # some are of Python's kinds too
        raise
    except (MemoryError, RuntimeError) as error:
        if ran_out_of_memory(error):
            raise _full(card) from error
        raise damaged(card, folder, _clause(error)) from error
    except pickle.UnpicklingError as error:
        raise UnsafeCheckpoint(
            f"The weights of {card.model_id} could only be loaded by running code from the file, so they were not. "
            "Use a model with safetensors weights."
        ) from error
    except (SafetensorError, EOFError) as error:
        raise damaged(card, folder, _clause(error)) from error
    except ImportError as error:
        raise _needs_package(card, "model", error) from error
    except OSError as error:
        raise _unreadable(card, folder, error) from error
    except wrong_settings as error:
        raise _wrong_settings(card, folder, error) from error


def _full(card: ModelCard) -> OutOfMemory:
    return OutOfMemory(
        f"{card.model_id} does not fit into memory. Close other programs, or choose a smaller model or precision."
    )


def _needs_package(card: ModelCard, part: str, error: ImportError) -> UnsupportedCheckpoint:
    which = f"the package “{error.name}”" if error.name else f"a package that is not here ({_clause(error)})"
    return UnsupportedCheckpoint(f"The {part} of {card.model_id} needs {which}. Choose a model that does without.")


def _unreadable(card: ModelCard, folder: Path, error: OSError) -> AulaError:
    if isinstance(error, PermissionError):
        return UnsupportedCheckpoint(
            f"{error.filename or folder} may not be read. Ask its owner for the right to, or copy {card.model_id} into "
            "a folder of your own."
        )
    return damaged(card, folder, _clause(error))


def _wrong_settings(card: ModelCard, folder: Path, error: Exception) -> UnsupportedCheckpoint:
    """What is wrong with a config.json that is whole: a kind that nobody knows, another task's, or its numbers."""
    from transformers import CONFIG_MAPPING

    if card.task.row.is_diffuser:
        return UnsupportedCheckpoint(
            f"The settings of {card.model_id} do not describe a pipeline that can be built: {_first_sentence(error)} "
            "Copy the folder again from the model that it was made from."
        )
    kind = read_json(folder / "config.json").get("model_type")
    if "Unrecognized configuration class" in str(error):
        return UnsupportedCheckpoint(
            f"{card.model_id} is not a {card.task.label} model: there is none of the kind “{kind}”. "
            "Choose a model made for this task."
        )
    if not isinstance(kind, str) and not is_timm(read_json(folder / "config.json")):
        return UnsupportedCheckpoint(
            f"The config.json of {card.model_id} does not say what kind of model it is (“model_type”). "
            "Copy it again from the model that the folder was made from."
        )
    if kind is not None and kind not in CONFIG_MAPPING:
        return UnsupportedCheckpoint(
            f"{card.model_id} is a “{kind}” model, which transformers does not know. Code in a folder is not run. "
            "Choose a model of another kind."
        )
    return UnsupportedCheckpoint(
        f"The config.json of {card.model_id} does not describe a model that can be built: {_first_sentence(error)} "
        "Copy it again from the model that the folder was made from."
    )


def _clause(error: Exception) -> str:
    return _first_sentence(error).rstrip(".")


def _first_sentence(error: Exception) -> str:
    first_line = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return first_line.split(". ")[0].rstrip(".") + "."
