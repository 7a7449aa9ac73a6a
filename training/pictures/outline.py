"""A picture model as a drawing shows it: its parts from the input to the output, and which of them learn."""

from training.classifier_models import Part
from training.pictures.bases import Learner, block_of, prepare


def parts(base: str, method: str, labels: int = 2) -> list[Part]:
    """The parts of a base with a head for so many labels, the head last. Loads the base.

    Raises:
        What `prepare` raises.
    """
    learner = prepare(base, [str(number) for number in range(labels)], method)
    counts: dict[str, tuple[int, bool]] = {}
    blocks: list[str] = []
    for name, parameter in learner.model.named_parameters():
        part = _part(learner, name, blocks)
        count, learns = counts.get(part, (0, False))
        counts[part] = (count + parameter.numel(), learns or parameter.requires_grad)
    head = counts.pop(_HEAD)
    return [Part(name, *found) for name, found in (*counts.items(), (_HEAD, head))]


_HEAD = "Head"


def _part(learner: Learner, parameter: str, blocks: list[str]) -> str:
    """“Block 3” for the third numbered block, else what stands before or behind all blocks."""
    if parameter.startswith(f"{learner.head}."):
        return _HEAD
    block = block_of(parameter)
    if block is None:
        return "Behind" if blocks else "Stem"
    if block not in blocks:
        blocks.append(block)
    return f"Block {blocks.index(block) + 1}"
