"""How a trained model's tokenizer is written."""

import json
from pathlib import Path
from typing import Any


def save_tokenizer(tokenizer: Any, folder: Path) -> None:
    """Write a tokenizer's files, the large one without the blanks that are more than a third of it."""
    tokenizer.save_pretrained(folder)
    file = folder / "tokenizer.json"
    if file.is_file():
        content = json.loads(file.read_text(encoding="utf-8"))
        file.write_text(json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
