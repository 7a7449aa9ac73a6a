"""What a training will need before it starts: parameters, memory and time. A prediction, whose rules stand below.

Memory is the process itself, 4 bytes for each parameter, 12 more for each that learns (4 its gradient, 8 the two
running means of Adam), and what the layers keep for the way back: tokens × width × (34 + 5 × heads × length / width)
bytes a layer in 16 bits (Korthikanti et al. 2022, https://arxiv.org/abs/2205.05198). A frozen base keeps one layer. A
CPU takes about eight times that, as measured with `aula/minilm`: some layers compute in 32 bits, and of the memory that
batches of many lengths have left behind not all is used again.

Time is floating point operations by the speed of this machine, which a layer's product of ordinary size is timed for.
Each token costs two operations a parameter on the way forward (the word table only looks up); the way back costs as
many again for what is handed down, and as many again for what learns.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from models.text.labelled_row import Row
from training.classifier_models import BASE, LONGEST, RECIPES, outline, parts

PROCESS_BYTES = 1_000_000_000  # Python, torch and transformers
LEFT_BEHIND = 8  # times what the layers keep
START_SECONDS = 12.0  # until they are loaded
CHARACTERS_A_TOKEN = 4.1  # English with BERT's vocabulary; other languages need more tokens
TOKENS_A_STEP = 1024
PASSES = {"head": 1, "lora": 2, "all": 3}
EFFICIENCY = 0.4  # of the timed speed, which attention, norms and the optimizer do not reach
HEAD_EPOCH_SECONDS = 0.0002  # a row, when its vector is known


@dataclass(frozen=True)
class Estimate:
    """What a training is predicted to need."""

    trainable: int
    total: int
    memory_bytes: int
    seconds: float


def estimate(
    rows: Sequence[Row], method: str = "head", base: str = BASE, epochs: float | None = None, labels: int = 2
) -> Estimate:
    """What training `base` on `rows`, all of them before the split, will need on this machine's processor.

    Raises:
        What `parts` raises.
    """
    drawn = parts(base, method, labels)
    total = sum(part.parameters for part in drawn)
    trainable = sum(part.parameters for part in drawn if part.trainable)
    model, head = outline(base, method, labels)
    lengths = [min(LONGEST, 2 + len(row.text) / CHARACTERS_A_TOKEN) for row in rows]
    memory = PROCESS_BYTES + 4 * total + 12 * trainable + _activations(model.config, method, max(lengths))
    computed = total - sum(part.parameters for part in drawn if part.name == "Word table")
    seconds = _seconds(computed, sum(lengths), len(rows), method, epochs or RECIPES[method].epochs, _knows(head))
    return Estimate(trainable, total, int(memory), seconds)


def _activations(config: Any, method: str, longest: float) -> float:
    """Bytes kept for the way back, by the formula above."""
    layers = getattr(config, "num_hidden_layers", 12) if method != "head" else 1
    width, heads = getattr(config, "hidden_size", 768), getattr(config, "num_attention_heads", 12)
    return LEFT_BEHIND * TOKENS_A_STEP * width * (34 + 5 * heads * longest / width) * layers


def _knows(head: tuple[str, ...]) -> bool:
    """Whether the vectors that the head reads are computed once, as `training.classifier_lessons.lesson` decides."""
    return head == ("classifier",)


def _seconds(computed: int, tokens: float, rows: int, method: str, epochs: float, once: bool) -> float:
    """Eight tenths of the tokens are trained on; a tenth is looked at on the way, a tenth twice at the end."""
    forward = 2 * computed / (EFFICIENCY * operations_per_second())
    looks = 0.1 * RECIPES[method].evaluations + 0.2
    if method == "head" and once:
        return START_SECONDS + tokens * forward + rows * epochs * HEAD_EPOCH_SECONDS
    return START_SECONDS + tokens * forward * (0.8 * epochs * PASSES[method] + looks)


def operations_per_second() -> float:
    """How fast this machine is just now at a layer's product in bfloat16, as trainings compute: the best of five."""
    import torch

    left, right = torch.ones(TOKENS_A_STEP, 384, dtype=torch.bfloat16), torch.ones(384, 1536, dtype=torch.bfloat16)
    times = []
    for _ in range(6):
        started = time.perf_counter()
        left @ right
        times.append(time.perf_counter() - started)
    return 2 * TOKENS_A_STEP * 384 * 1536 / min(times[1:])
