"""Whether a model expects the same next token as fp32 does: how often, and how far their probabilities are apart.

Knows causal language models. fp32's expectations are kept once and compared with those of one precision after another.
"""

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from models.errors import PrecisionNotApplicable
from models.text.perplexity import next_token_scores, require_two_tokens
from models.text.readable import encode

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import PreTrainedModel

MOST_POSITIONS = 512
MOST_BYTES = 256 * 2**20  # a vocabulary of 150,000 words needs 300 MB for 512 positions


@dataclass(frozen=True)
class Expectations:
    """What a model expects after each of the first tokens of a text.

    `ids` are those tokens and the one that followed the last, shape (1, positions + 1); `log_probabilities` are natural
    logarithms in fp32 on the CPU, shape (positions, vocabulary).
    """

    ids: "Tensor"
    log_probabilities: "Tensor"


@dataclass(frozen=True)
class Agreement:
    """How near a model's next-token distributions are to fp32's, over the first `positions` positions of a text.

    `top1` is the part of them (0 to 1) at which both find the same token likeliest. `kl_divergence` is the mean of
    KL(fp32 ‖ this model) in nats: what is lost, for each token, by expecting this model's words where fp32's come. 0
    means equal.
    """

    top1: float
    kl_divergence: float
    positions: int


def expectations(
    model: "PreTrainedModel",
    tokenizer: Any,
    text: str,
    positions: int = MOST_POSITIONS,
    cancelled: threading.Event | None = None,
) -> Expectations:
    """The model's expectations at the first `positions` positions of `text`, read through perplexity's sliding window.

    Fewer positions where the text is shorter, or where its vocabulary would need more than MOST_BYTES.

    Raises:
        InvalidInput: the text has fewer than two tokens.
        Cancelled: between two windows.
    """
    import torch

    positions = max(1, min(positions, MOST_BYTES // (4 * model.config.vocab_size)))
    tokens = encode(tokenizer, text, verbose=False)["input_ids"][: positions + 1]
    require_two_tokens(tokens)
    ids = torch.tensor([tokens], device=model.device)
    with torch.inference_mode():
        windows = [scores.log_softmax(-1).cpu() for scores, _ in next_token_scores(model, ids, cancelled=cancelled)]
    return Expectations(ids.cpu(), torch.cat(windows))


def agreement(model: "PreTrainedModel", reference: Expectations, cancelled: threading.Event | None = None) -> Agreement:
    """How near `model` is to `reference`, which the same model in fp32 gave.

    Raises:
        PrecisionNotApplicable: the model's numbers overflow.
        Cancelled: between two windows.
    """
    import torch

    same, nats, done = 0, 0.0, 0
    with torch.inference_mode():
        for scores, _ in next_token_scores(model, reference.ids.to(model.device), cancelled=cancelled):
            expected = reference.log_probabilities[done : done + len(scores)].to(scores.device)
            same += int((scores.argmax(-1) == expected.argmax(-1)).sum())
            nats += float(divergence(expected, scores.log_softmax(-1)).sum())
            done += len(scores)
    if not nats < float("inf"):  # "not <", because nothing is smaller than NaN either
        raise PrecisionNotApplicable(
            "The model computes numbers too large for this precision, so nothing can be compared. Choose fp32 or bf16."
        )
    return Agreement(same / done, max(0.0, nats / done), done)  # rounding can leave equal ones a hair below nothing


def divergence(reference: "Tensor", other: "Tensor") -> "Tensor":
    """KL(reference ‖ other) in nats for each row of log probabilities, both of shape (rows, vocabulary)."""
    import torch

    return (reference.exp() * (reference - other)).sum(-1, dtype=torch.float64)
