"""Models by short names, where several stand beside each other."""

import re
from collections.abc import Sequence


def short_names(model_ids: Sequence[str]) -> dict[str, str]:
    """The part of each id behind its last “/”, where no two have the same; else the whole id."""
    short = {model_id: re.split(r"[/\\]", model_id.rstrip("/\\"))[-1] or model_id for model_id in model_ids}
    names = list(short.values())
    return {model_id: name if names.count(name) == 1 else model_id for model_id, name in short.items()}
