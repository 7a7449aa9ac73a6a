"""Measures one loaded model: its file, its speed, and how well it predicts a text.

Knows causal language models (one token after another). Knows nothing of where a model comes from or what shrank it.
"""

import math
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.cancellation import stop_if
from models.errors import InvalidInput, PrecisionNotApplicable

if TYPE_CHECKING:
    from torch import Tensor, nn

# Longer windows would cost memory for scores (window × vocabulary × 4 bytes) without changing a comparison.
LONGEST_WINDOW = 1024
WEIGHT_FILES = {".safetensors", ".bin", ".pt"}


@dataclass(frozen=True)
class Speed:
    """Tokens per second while writing one token after another; the prompt's own time is not in it."""

    tokens_per_second: float
    slowest: float
    fastest: float
    repeats: int
    tokens: int
    threads: int


@dataclass(frozen=True)
class Perplexity:
    """How surprised a model is by a text. Lower is better; 1 would be certainty.

    `perplexity` is for each token, so that only models with the same tokenizer compare by it. `bits_per_byte` is for
    each UTF-8 byte of the predicted text and compares any two models. `tokens` and `bytes` count what was predicted:
    all but the first token.
    """

    perplexity: float
    bits_per_byte: float
    tokens: int
    bytes: int


def file_bytes(model: "nn.Module") -> int:
    """Bytes of the weight files when `model` is saved, which is really done, in a temporary folder.

    Call it before the model's first run: bitsandbytes repacks NF4 weights then.
    """
    import torch

    from quantization.dynamic import is_dynamic

    with tempfile.TemporaryDirectory(prefix="aula-") as folder:
        if is_dynamic(model):  # save_pretrained cannot write packed weights
            torch.save(model.state_dict(), Path(folder) / "model.pt")
        else:
            model.save_pretrained(folder)
        return sum(file.stat().st_size for file in Path(folder).iterdir() if file.suffix in WEIGHT_FILES)


@contextmanager
def pinned_threads(count: int) -> Iterator[None]:
    """Let torch compute with exactly `count` threads meanwhile, so that two runs can be compared."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def decode_speed(
    model: "nn.Module",
    prompt: "Tensor",
    tokens: int = 32,
    repeats: int = 5,
    threads: int | None = None,
    cancelled: threading.Event | None = None,
) -> Speed:
    """Median speed of greedy decoding after `prompt`, token ids of shape (1, length), on the model's device.

    One run warms up and is not counted. `threads` is torch's present number unless given.

    Raises:
        Cancelled: between two tokens.
    """
    import torch

    threads = threads or torch.get_num_threads()
    prompt, tokens = _fit(model, prompt, tokens)
    with pinned_threads(threads), torch.inference_mode():
        _decode(model, prompt, min(tokens, 4), cancelled)
        speeds = [tokens / _decode(model, prompt, tokens, cancelled) for _ in range(repeats)]
    return Speed(statistics.median(speeds), min(speeds), max(speeds), repeats, tokens, threads)


def _fit(model: "nn.Module", prompt: "Tensor", tokens: int) -> tuple["Tensor", int]:
    """The end of the prompt and the number of tokens that fit into the model's window together."""
    tokens = min(tokens, context_length(model) // 2)
    return prompt[:, -(context_length(model) - tokens - 1) :], tokens


def _decode(model: "nn.Module", prompt: "Tensor", tokens: int, cancelled: threading.Event | None) -> float:
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


def _finish(tensor: "Tensor") -> None:
    """Wait for CUDA, which computes behind the program's back; a clock read before that measures nothing."""
    if tensor.is_cuda:
        import torch

        torch.cuda.synchronize(tensor.device)


def context_length(model: "nn.Module") -> int:
    """Tokens that the model can look at, at most LONGEST_WINDOW."""
    return min(getattr(model.config, "max_position_embeddings", LONGEST_WINDOW), LONGEST_WINDOW)


def perplexity(
    model: "nn.Module",
    tokenizer: Any,
    text: str,
    window: int | None = None,
    stride: int | None = None,
    cancelled: threading.Event | None = None,
) -> Perplexity:
    """Perplexity and bits per byte of `text`, read through a sliding window.

    Each window of `window` tokens (the model's own length unless given) starts `stride` tokens (half a window) after
    the one before it, and only its new tokens are counted, so that every token but the first has at least
    `window - stride` tokens of context where the text has them. The method is that of “Perplexity of fixed-length
    models” in the documentation of transformers, except that each token counts exactly once: there the mean of a
    window is multiplied by one token too few.

    Raises:
        InvalidInput: fewer than two tokens, or a stride that does not fit the window.
        PrecisionNotApplicable: the model's numbers overflow.
        Cancelled: between two windows.
    """
    import torch

    window = window or context_length(model)
    stride = stride or window // 2
    if not 1 <= stride < window:
        raise InvalidInput(f"The stride must be from 1 to {window - 1}, below the window. It is {stride}.")
    encoded = tokenizer(text, return_offsets_mapping=True, verbose=False)
    if len(encoded["input_ids"]) < 2:
        raise InvalidInput("The text to measure is too short: it needs at least two tokens. Give a few sentences.")
    ids = torch.tensor([encoded["input_ids"]], device=model.device)
    with torch.inference_mode():
        nats = sum(loss.sum().item() for loss in _losses(model, ids, window, stride, cancelled))
    predicted = ids.shape[1] - 1
    if not nats / predicted < math.log(sys.float_info.max):  # "not <", because nothing is smaller than NaN either
        raise PrecisionNotApplicable(
            "The model computes numbers too large for this precision, so it has no perplexity. Choose fp32 or bf16."
        )
    # The first token is given, not predicted, so its bytes are not counted either.
    size = len(text[encoded["offset_mapping"][1][0] :].encode("utf-8"))
    return Perplexity(math.exp(nats / predicted), nats / math.log(2) / size, predicted, size)


def _losses(
    model: "nn.Module", ids: "Tensor", window: int, stride: int, cancelled: threading.Event | None
) -> Iterator["Tensor"]:
    """For each window, the negative log likelihood in nats of the tokens that no earlier window predicted."""
    from torch.nn.functional import cross_entropy

    done, length = 1, ids.shape[1]  # the first token has nothing before it to be predicted from
    for start in range(0, length, stride):
        stop_if(cancelled)
        end = min(start + window, length)
        new = end - done
        # The scores at a position predict the next one; the last ones of the window predict nothing in it.
        scores = model(ids[:, start:end], use_cache=False, logits_to_keep=new + 1).logits[0, :-1].float()
        yield cross_entropy(scores, ids[0, done:end], reduction="none").double()
        done = end
        if end == length:
            return
