"""What a model keeps of every token that it has read: keys and values, latent vectors, states, whatever it is.

No family of models has a formula here. `quantization.predict.meta_step` runs the model without its numbers and counts;
here is decided how long a text it reads: the whole, or, where the model goes through it token by token and would take
minutes, its start, after which its cache alone takes the rest. A second text shows whether that is the same.
"""

import threading
from dataclasses import dataclass
from functools import lru_cache

from models.weights import configurations
from models.weights.configurations import Configuration
from quantization.predict.meta_step import Step, TooLong, Unclear, kept_by, prepared
from quantization.skeleton import skeleton

# Tokens of the short texts. The second is no multiple of a block of 2, 4 or 8 tokens longer, so that what is kept once
# for each block does not look as if it grew with each token.
START, CHECK = 4, 9
MOST_PAIRS = 2**44  # texts × tokens²: with more, tables of scores have more numbers than torch can count
_RUNNING = threading.Lock()  # some models keep what they have read in their own modules
_counted: dict[tuple[Configuration, int, int, int], "KeptBytes"] = {}
MOST_COUNTED = 1_000


@dataclass(frozen=True)
class KeptBytes:
    """Bytes that are kept, None where that cannot be worked out: `problem` says why.

    `extrapolated_from` are the lengths of the texts that were read instead of the whole; empty where it was read.
    """

    bytes: int | None
    extrapolated_from: tuple[int, ...] = ()
    problem: str | None = None


def kept_bytes(
    configuration: Configuration, width: int, context: int, batch: int, cancelled: threading.Event | None = None
) -> KeptBytes:
    """What a model keeps of `batch` texts of `context` tokens, where its numbers take `width` bytes (4 or 2).

    A model that reads and writes has read as many tokens as it has written. The second time at once.

    Raises:
        Cancelled: as the event says.
        What `models.weights.configurations.build` raises.
    """
    asked = (configuration, width, context, batch)
    if asked not in _counted:
        with _RUNNING:
            found = _count(_step(configuration, width), context, batch, cancelled)
        if len(_counted) >= MOST_COUNTED:
            _counted.clear()
        _counted[asked] = found
    return _counted[asked]


@lru_cache(maxsize=4)
def _step(configuration: Configuration, width: int) -> Step:
    import torch

    config = configurations.build(configuration)
    dtype = torch.float32 if width == 4 else torch.bfloat16
    return prepared(skeleton(config, configuration.task, dtype), dtype)


def _count(step: Step, context: int, batch: int, cancelled: threading.Event | None) -> KeptBytes:
    try:
        if context <= CHECK:
            return KeptBytes(kept_by(step, context, batch, cancelled).bytes)
        start = kept_by(step, START, batch, cancelled, further=(CHECK - START, context - CHECK))
        try:  # a model that reads all tokens at once needs no more operations for more of them
            return KeptBytes(_of_texts(step, context, batch, cancelled, 2 * start.operations + 1000))
        except TooLong:
            really = kept_by(step, CHECK, batch, cancelled).bytes
    except TooLong:
        return KeptBytes(None, problem="it takes too many steps even for a short text")
    except Unclear as error:
        return KeptBytes(None, problem=str(error))
    if len(start.later) == 2 and start.later[0] == really:
        return KeptBytes(start.later[1], (START, CHECK))
    return KeptBytes(None, problem="it takes its text token by token, and keeps something else than that of each")


def _of_texts(step: Step, tokens: int, texts: int, cancelled: threading.Event | None, most: int) -> int:
    """Every text adds as much as the second does; more of them than torch can count are worked out from that."""
    if texts < 3 or texts * tokens**2 <= MOST_PAIRS:
        return kept_by(step, tokens, texts, cancelled, most).bytes
    one, two = (kept_by(step, tokens, few, cancelled, most).bytes for few in (1, 2))
    return one + (texts - 1) * (two - one)
