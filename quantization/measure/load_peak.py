"""How much memory loading a model takes at its highest, measured in a fresh process.

    python -m quantization.measure.load_peak --model aula/gpt2-mini-es --task text-generation --precision int8

prints one JSON object. A process of its own, because memory that an earlier model left behind would hide what this one
takes. The libraries are imported first and subtracted. Safetensors files are mapped into memory and read only when a
page of theirs is touched, so every page of the weights is touched before the reading.
"""

import argparse
import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from models import errors
from models.cancellation import stop_if
from models.catalog import ModelCard, Task
from models.device import touch_weights
from models.errors import AulaError, InvalidInput, OutOfMemory, ran_out_of_memory
from models.precision import Precision, require_applicable
from models.weights import hub
from models.weights.cards import find_card
from quantization.measure.failures import too_large
from quantization.recipes import PRECISIONS, find_precision
from quantization.skeleton import skeleton

if TYPE_CHECKING:
    from torch import nn

ROOT = Path(__file__).resolve().parents[2]
LOOK_SECONDS = 0.1
KILLED = (-9, 137)  # what Linux leaves of a process that took the last memory


@dataclass(frozen=True)
class LoadPeak:
    """Memory while a model was loaded, in bytes: the process's resident set on the CPU, torch's allocations on CUDA.

    `peak_bytes` is the highest reading minus `before_bytes`, which the process had when its libraries were imported
    and nothing was loaded. `seconds` is what loading took, touching every page included.
    """

    peak_bytes: int
    before_bytes: int
    footprint: int
    seconds: float


def load_peak(
    card: ModelCard,
    precision: Precision,
    device: str = "cpu",
    threads: int | None = None,
    cancelled: threading.Event | None = None,
) -> LoadPeak:
    """Load `card` in a process that is started for it and ends with it.

    Raises:
        OutOfMemory: the system ended that process.
        AulaError: what loading raises, or that the process ended without a result.
        Cancelled: when `cancelled` is set; the process is killed.
    """
    options = {"model": card.model_id, "task": card.task.value, "precision": precision.name, "device": device}
    options |= {"threads": str(threads)} if threads else {}
    arguments = [f"--{name}={value}" for name, value in options.items()]
    # -P: the folder that the user stands in may hold a “models” of its own.
    command = [sys.executable, "-P", "-m", "quantization.measure.load_peak", *arguments]
    with _process(command) as process:
        output = _output(process, cancelled)
    stop_if(cancelled)  # Ctrl-C reaches the process too, and then it ends by itself
    return _result(output, process.returncode, precision.name)


@contextlib.contextmanager
def _process(command: list[str]) -> Iterator[subprocess.Popen[str]]:
    """A running process that never outlives the block."""
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))),
        "TRANSFORMERS_VERBOSITY": "error",
    }
    window = getattr(subprocess, "CREATE_NO_WINDOW", 0)  # Windows would open a console in front of the browser
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, creationflags=window
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def _output(process: subprocess.Popen[str], cancelled: threading.Event | None) -> str:
    while True:
        stop_if(cancelled)
        try:
            output: str = process.communicate(timeout=LOOK_SECONDS)[0]
        except subprocess.TimeoutExpired:
            continue
        return output


def _result(output: str, code: int, precision: str) -> LoadPeak:
    try:
        answer = json.loads(output.strip().splitlines()[-1])
    except (IndexError, ValueError):
        answer = {}
    if "peak_bytes" in answer:
        return LoadPeak(**answer)
    if "error" in answer:
        raise getattr(errors, answer["kind"], AulaError)(answer["error"])
    if code in KILLED:
        raise OutOfMemory(too_large(precision))
    raise AulaError(
        f"The process that loaded the model in {precision} broke off (code {code}). Close other programs and try again."
    )


# In the fresh process


def load_here(card: ModelCard, precision: Precision, device: str = "cpu") -> LoadPeak:
    """Load `card` in this process, which should have loaded nothing before. Raises as `load_pretrained`."""
    require_applicable(precision, device, card.task, PRECISIONS)
    if card.task.row.auto_class is None:
        raise InvalidInput(f"The memory of {card.task.label} models cannot be measured yet. Choose a text model.")
    import transformers  # only now: what is refused is refused at once

    from models.weights.pretrained import load_pretrained

    prepare(card, precision, device)
    auto_class = getattr(transformers, card.task.row.auto_class)
    before, started = _start(device), time.perf_counter()
    pretrained = load_pretrained(auto_class, card, device, precision)
    touch_weights(pretrained.model)
    seconds = time.perf_counter() - started
    return LoadPeak(max(0, _peak(device) - before), before, pretrained.footprint, seconds)


def prepare(card: ModelCard, precision: Precision, device: str) -> "nn.Module | None":
    """Import everything that loading `card` needs; the model without weights, or None where the folder disappoints.

    What is imported now counts neither as memory nor as time of the model.
    """
    from torch import nn
    from transformers import AutoConfig, AutoTokenizer

    folder = hub.require(card)
    precision.load_arguments(device)
    with contextlib.suppress(
        Exception
    ):  # not every precision takes a single layer for a model; it brings the kernels in
        precision.apply(nn.Sequential(nn.Linear(64, 64)))
    with contextlib.suppress(OSError, ValueError, KeyError, AulaError):  # loading it will say why
        AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        return skeleton(config, card.task)
    return None


def _start(device: str) -> int:
    """Bytes in use now; the highest reading starts again from here where the system allows it."""
    if device == "cuda":
        import torch

        torch.cuda.init()  # type: ignore[no-untyped-call]  # of torch, which leaves it without types
        torch.cuda.reset_peak_memory_stats()
        return torch.cuda.memory_allocated()
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return int(psutil.Process().memory_info().rss)


def _peak(device: str) -> int:
    if device == "cuda":
        import torch

        return torch.cuda.max_memory_allocated()
    return _peak_resident()


def _peak_resident() -> int:
    """The largest resident set of this process so far, in bytes."""
    resident = psutil.Process().memory_info()
    if (peak := getattr(resident, "peak_wset", None)) is not None:  # Windows
        return int(peak)
    # Not getrusage on Linux: its peak is inherited from the process that started this one.
    with contextlib.suppress(OSError, StopIteration):
        lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
        return 1024 * int(next(line for line in lines if line.startswith("VmHWM")).split()[1])
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def main(arguments: list[str] | None = None) -> int:
    """Print the measurement, or the sentence that stands for it, as JSON. The exit code: 1 where there is none."""
    parser = argparse.ArgumentParser(prog="python -m quantization.measure.load_peak", description=__doc__)
    parser.add_argument("--model", required=True)
    parser.add_argument("--task", type=Task, default=Task.TEXT_GENERATION)
    parser.add_argument("--precision", default="fp32")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--threads", type=int)
    options = parser.parse_args(arguments)
    with contextlib.redirect_stdout(sys.stderr):  # a library's greeting must not stand in the JSON
        answer = _answer(options)
    print(json.dumps(answer), flush=True)
    return int("error" in answer)


def _answer(options: argparse.Namespace) -> dict[str, Any]:
    if options.threads:
        import torch

        torch.set_num_threads(options.threads)
    try:
        return asdict(
            load_here(find_card(options.model, options.task), find_precision(options.precision), options.device)
        )
    except AulaError as error:
        return {"kind": type(error).__name__, "error": str(error)}
    except Exception as error:
        if not ran_out_of_memory(error):
            raise
        return {"kind": OutOfMemory.__name__, "error": too_large(options.precision)}


if __name__ == "__main__":
    sys.exit(main())
