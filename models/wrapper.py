"""What every wrapper is: a card, a model on a device, and what was measured while it was loaded."""

import threading
from collections.abc import Callable

OnStep = Callable[[str], None]

# Held while a model is built. transformers then sets torch's default dtype and replaces `tie_weights`, both for the
# whole process: two builds at once would leave them so for good, and every model after them broken.
BUILDING = threading.Lock()


def silent(step: str) -> None:
    """The `on_step` of a caller who does not watch."""
