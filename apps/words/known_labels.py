"""What a classifier knows, in a sentence: it names one of its labels whatever it is shown."""

from collections.abc import Sequence

IMAGENET = 1000
MOST_NAMED = 8


def known_text(labels: Sequence[str]) -> str:
    """Which labels there are, and that nothing else can be named."""
    if len(labels) == IMAGENET and labels[0].startswith("tench"):
        return "It knows the thousand things of ImageNet. A person is not among them."
    named = ", ".join([*labels[:MOST_NAMED], *["…"] * (len(labels) > MOST_NAMED)])
    count = f"{len(labels):,} labels" if len(labels) > 1 else "one label"
    return f"It knows {count} ({named}) and nothing else: of whatever it is shown, it says one of them."
