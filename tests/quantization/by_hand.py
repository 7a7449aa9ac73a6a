"""What every report of an experiment holds beside its figures, made by hand, so that a test can look for it."""

from typing import Any

CONDITIONS: dict[str, Any] = {
    "threads": 2,
    "date": "2026-11-21",
    "machine": "Linux",
    "processor": "a processor",
    "cpu_features": ["avx2", "avx512_f"],
    "graphics_cards": [],
    "versions": {"python": "3.11", "torch": "2.15"},
}
