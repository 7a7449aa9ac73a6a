"""What is continued and measured unless the user brings something else."""

from pathlib import Path

DEFAULT_PROMPT = "Me gusta mucho el fútbol"


def spanish_text() -> str:
    """A Sunday in a neighbourhood, written for this suite: a model that learned from other texts has never seen it."""
    return (Path(__file__).parent / "spanish.txt").read_text(encoding="utf-8").strip()
