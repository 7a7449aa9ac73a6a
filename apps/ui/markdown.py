"""Text of users, models and files, which Streamlit would read as Markdown."""

_SPECIAL = frozenset("\\`*_{}[]()#+-.!|~$:<>")


def escape(text: str) -> str:
    """Text that Markdown shows as it is."""
    return "".join(f"\\{character}" if character in _SPECIAL else character for character in text)
