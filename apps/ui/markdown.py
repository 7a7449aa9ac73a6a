"""Text of users, models and files, which Streamlit would read as Markdown; and how a part of it is marked in HTML."""

MARK_STYLE = "background:#f2c14e;color:#22262b;border-radius:3px;padding:0 3px"
LIGHT_MARK_STYLE = "background:rgba(242,193,78,0.28);color:inherit;border-radius:3px;padding:0 3px"
_SPECIAL = frozenset("\\`*_{}[]()#+-.!|~$:<>&")
# Within a sentence of ours: emphasis, links, HTML, formulas. Commands between backticks stay commands.
_SPECIAL_IN_A_SENTENCE = frozenset("\\*[]~$<&")


def escape(text: str) -> str:
    """Text that Markdown shows as it is."""
    return _escape(text, _SPECIAL)


def message(text: str) -> str:
    """A sentence of ours, in which a user's words may be quoted."""
    return _escape(text, _SPECIAL_IN_A_SENTENCE)


def _escape(text: str, special: frozenset[str]) -> str:
    return "".join(f"\\{character}" if character in special else character for character in text)
