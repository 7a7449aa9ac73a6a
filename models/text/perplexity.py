"""How well a causal language model predicts a text: perplexity, and bits per byte, which compare any two models.

Knows nothing of where a model comes from, what trained it or what shrank it.
"""

import math
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from models.cancellation import stop_if
from models.errors import InvalidInput, PrecisionNotApplicable
from models.text.readable import encode

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import PreTrainedModel

# Longer windows would cost memory for scores (window × vocabulary × 4 bytes) without changing a comparison.
LONGEST_WINDOW = 1024


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


def context_length(model: "PreTrainedModel") -> int:
    """Tokens that the model can look at, at most LONGEST_WINDOW."""
    positions: int = getattr(model.config, "max_position_embeddings", None) or LONGEST_WINDOW
    return min(positions, LONGEST_WINDOW) if positions > 0 else LONGEST_WINDOW  # XLNet says −1: there is no end


def perplexity(
    model: "PreTrainedModel",
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
    encoded = encode(tokenizer, text, return_offsets_mapping=True, verbose=False)
    require_two_tokens(encoded["input_ids"])
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


def require_two_tokens(ids: Sequence[int]) -> None:
    """The first token is given: without a second one nothing is predicted. Raises InvalidInput for fewer."""
    if len(ids) < 2:
        raise InvalidInput("The text to measure is too short: it needs at least two tokens. Give a few sentences.")


def _losses(
    model: "PreTrainedModel", ids: "Tensor", window: int, stride: int, cancelled: threading.Event | None
) -> Iterator["Tensor"]:
    """For each window, the negative log likelihood in nats of the tokens that no earlier window predicted."""
    from torch.nn.functional import cross_entropy

    for scores, actual in next_token_scores(model, ids, window, stride, cancelled):
        yield cross_entropy(scores, actual, reduction="none").double()


def next_token_scores(
    model: "PreTrainedModel",
    ids: "Tensor",
    window: int | None = None,
    stride: int | None = None,
    cancelled: threading.Event | None = None,
) -> Iterator[tuple["Tensor", "Tensor"]]:
    """For each window, the scores of the tokens that no earlier window predicted, and which tokens really came.

    `ids` have the shape (1, length); scores are logits in fp32 of shape (new, vocabulary), tokens of shape (new,), on
    the model's device. Every token but the first comes once, in the text's order. `window` and `stride` as in
    `perplexity`. To be called in inference mode.

    Raises:
        Cancelled: between two windows.
    """
    window = window or context_length(model)
    stride = stride or window // 2
    done, length = 1, ids.shape[1]  # the first token has nothing before it to be predicted from
    for start in range(0, length, stride):
        stop_if(cancelled)
        end = min(start + window, length)
        new = end - done
        # The scores at a position predict the next one; the last ones of the window predict nothing in it.
        scores = model(ids[:, start:end], use_cache=False, logits_to_keep=new + 1).logits[0, :-1].float()
        yield scores, ids[0, done:end]
        done = end
        if end == length:
            return
