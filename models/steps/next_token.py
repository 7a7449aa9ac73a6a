"""What temperature, top-k and top-p do to the next token's probabilities, in numpy: quick enough for a slider.

The same as the warpers of transformers and `models.text.sampling`, which need torch.
"""

import numpy as np
from numpy.typing import NDArray

Probabilities = NDArray[np.float64]


def next_probabilities(
    logits: NDArray[np.float32], temperature: float = 1.0, top_k: int = 0, top_p: float = 1.0
) -> Probabilities:
    """How likely each token is drawn: shape (vocabulary,), adding up to 1; 0 for those that are out.

    Args:
        logits: of every token, shape (vocabulary,).
        temperature: above 0. Below 1 likely tokens become likelier, above 1 unlikely ones.
        top_k: so many of the likeliest stay; 0 keeps all.
        top_p: of these, the fewest that together reach this probability stay, above 0; 1 keeps all.
    """
    scaled = logits.astype(np.float64) / temperature
    order = np.argsort(-scaled, kind="stable")[: top_k or None]  # best first
    chances = np.exp(scaled[order] - scaled[order[0]])
    chances /= chances.sum()
    # Those before which less than top_p is reached: the one that reaches it is in.
    kept = max(1, int(np.count_nonzero(np.cumsum(chances) - chances < top_p)))
    result = np.zeros(len(logits))
    result[order[:kept]] = chances[:kept] / chances[:kept].sum()
    return result
