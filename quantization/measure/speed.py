"""Measures one loaded model: its file, its layers and its speed (how well it predicts: `models.text.perplexity`).

Knows causal language models (one token after another). Knows nothing of where a model comes from or what shrank it.
"""

import os
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from models.cancellation import stop_if
from models.errors import InvalidInput
from models.precision import Precision
from models.text.perplexity import context_length
from models.threads import pinned_threads
from quantization.layers import linear_layers
from quantization.measure.bystanders import NO_USE, Use, read, use_between
from quantization.measure.turns import ROUNDS, Turns, in_turns

if TYPE_CHECKING:
    from torch import Tensor, nn
    from transformers import PreTrainedModel

WEIGHT_FILES = {".safetensors", ".bin", ".pt"}
WARM_UP_TOKENS = 4
ROUND_TOKENS = 12  # nine rounds of both sides take about as long as five runs of 32 tokens of one


@dataclass(frozen=True)
class Speed:
    """Tokens per second: the median of several runs with its spread. `tokens` is how many each run read or wrote.

    `use` says how much of the processor others used meanwhile.
    """

    tokens_per_second: float
    slowest: float
    fastest: float
    repeats: int
    tokens: int
    threads: int
    use: Use = NO_USE


@dataclass(frozen=True)
class Raced:
    """The speed of a model that took turns with the baseline, and those turns."""

    speed: Speed
    turns: Turns


def file_bytes(model: "PreTrainedModel", precision: Precision) -> int:
    """Bytes of the weight files when `model`, loaded in `precision`, is saved; really done, in a temporary folder.

    Call it before the model's first run: bitsandbytes repacks NF4 weights then, and refuses to save them.
    """
    with tempfile.TemporaryDirectory(prefix="aula-") as folder:
        precision.save(model, Path(folder))
        return sum(file.stat().st_size for file in Path(folder).iterdir() if file.suffix in WEIGHT_FILES)


def layers_changed(model: "nn.Module", names: Iterable[str]) -> int:
    """How many of the layers called `names`, plain ones in fp32 before, are now of another type or dtype."""
    import torch

    plain = linear_layers(model)
    return sum(1 for name in names if name not in plain or plain[name].weight.dtype != torch.float32)


def require_threads(threads: int | None) -> None:
    """Raise InvalidInput unless torch can compute with so many threads here; None stands for its own number."""
    most = os.cpu_count() or 1
    if threads is not None and not 1 <= threads <= most:
        raise InvalidInput(f"The number of threads must be from 1 to {most} on this machine. It is {threads}.")


def decode_speed(
    model: "PreTrainedModel",
    prompt: "Tensor",
    tokens: int = 32,
    repeats: int = 5,
    threads: int | None = None,
    cancelled: threading.Event | None = None,
) -> Speed:
    """Median speed of greedy decoding after `prompt`, token ids of shape (1, length), on the model's device.

    The prompt's own time is not in it. One run warms up and is not counted. `threads` is torch's present number unless
    given.

    Raises:
        Cancelled: between two tokens.
    """
    prompt, tokens = _fit(model, prompt, tokens)
    return _speed(_decoder(model, prompt, cancelled), tokens, repeats, threads)


def prefill_speed(
    model: "PreTrainedModel",
    ids: "Tensor",
    repeats: int = 5,
    threads: int | None = None,
    cancelled: threading.Event | None = None,
) -> Speed:
    """Median speed of reading the prompt `ids`, of shape (1, length), at once: what comes before the first new token.

    At most as many tokens as the model's window holds are read. One run warms up and is not counted.

    Raises:
        Cancelled: between two runs.
    """
    ids = ids[:, : context_length(model)]
    return _speed(_prefiller(model, ids, cancelled), ids.shape[1], repeats, threads)


def decode_race(
    baseline: "PreTrainedModel",
    model: "PreTrainedModel",
    prompt: "Tensor",
    tokens: int = ROUND_TOKENS,
    rounds: int = ROUNDS,
    threads: int | None = None,
    cancelled: threading.Event | None = None,
) -> Raced:
    """`decode_speed` of a model in turns with the same model in another precision; each round writes few tokens.

    Raises:
        Cancelled: between two tokens.
    """
    prompt, tokens = _fit(model, prompt, tokens)
    sides = _decoder(baseline, prompt, cancelled), _decoder(model, prompt, cancelled)
    return _race(*sides, tokens, rounds, threads)


def prefill_race(
    baseline: "PreTrainedModel",
    model: "PreTrainedModel",
    ids: "Tensor",
    rounds: int = ROUNDS,
    threads: int | None = None,
    cancelled: threading.Event | None = None,
) -> Raced:
    """`prefill_speed` of a model in turns with the same model in another precision.

    Raises:
        Cancelled: between two runs.
    """
    ids = ids[:, : context_length(model)]
    sides = _prefiller(baseline, ids, cancelled), _prefiller(model, ids, cancelled)
    return _race(*sides, ids.shape[1], rounds, threads)


def _decoder(model: "PreTrainedModel", prompt: "Tensor", cancelled: threading.Event | None) -> Callable[[int], float]:
    return lambda count: _decode(model, prompt, count, cancelled)


def _prefiller(model: "PreTrainedModel", ids: "Tensor", cancelled: threading.Event | None) -> Callable[[int], float]:
    return lambda count: _prefill(model, ids, cancelled)


def _speed(run: Callable[[int], float], tokens: int, repeats: int, threads: int | None) -> Speed:
    """The speed of `run`, which handles so many tokens and returns the seconds that took."""
    import torch

    threads = threads or torch.get_num_threads()
    with pinned_threads(threads), torch.inference_mode():
        run(min(tokens, WARM_UP_TOKENS))
        before = read()
        seconds = [run(tokens) for _ in range(repeats)]
        use = use_between(before, read())
    return _speed_of(seconds, tokens, threads, use)


def _speed_of(seconds: Sequence[float], tokens: int, threads: int, use: Use) -> Speed:
    speeds = [tokens / each for each in seconds]
    return Speed(statistics.median(speeds), min(speeds), max(speeds), len(speeds), tokens, threads, use)


def _race(
    baseline: Callable[[int], float], measured: Callable[[int], float], tokens: int, rounds: int, threads: int | None
) -> Raced:
    """Two runs as `_speed` takes them, in turns."""
    import torch

    threads = threads or torch.get_num_threads()
    with pinned_threads(threads), torch.inference_mode():
        for run in (baseline, measured):
            run(min(tokens, WARM_UP_TOKENS))
        turns = in_turns(lambda: baseline(tokens), lambda: measured(tokens), rounds)
    return Raced(_speed_of([each.measured for each in turns.counted], tokens, threads, turns.use), turns)


def _fit(model: "PreTrainedModel", prompt: "Tensor", tokens: int) -> tuple["Tensor", int]:
    """The end of the prompt and the number of tokens that fit into the model's window together."""
    tokens = min(tokens, context_length(model) // 2)
    return prompt[:, -(context_length(model) - tokens - 1) :], tokens


def _decode(model: "PreTrainedModel", prompt: "Tensor", tokens: int, cancelled: threading.Event | None) -> float:
    """Seconds for `tokens` decoding steps with the cache of keys and values."""
    output = model(prompt, use_cache=True)
    _finish(prompt)
    started = time.perf_counter()
    for _ in range(tokens):
        stop_if(cancelled)
        chosen = output.logits[:, -1:].argmax(dim=-1)
        output = model(chosen, past_key_values=output.past_key_values, use_cache=True)
    _finish(prompt)
    return time.perf_counter() - started


def _prefill(model: "PreTrainedModel", ids: "Tensor", cancelled: threading.Event | None) -> float:
    """Seconds until the scores of the first new token are there."""
    stop_if(cancelled)
    _finish(ids)
    started = time.perf_counter()
    model(ids, use_cache=True, logits_to_keep=1)  # the scores of the others would take time and are of no use
    _finish(ids)
    return time.perf_counter() - started


def _finish(tensor: "Tensor") -> None:
    """Wait for CUDA, which computes behind the program's back; a clock read before that measures nothing."""
    if tensor.is_cuda:
        import torch

        torch.cuda.synchronize(tensor.device)
