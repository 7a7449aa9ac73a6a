"""Which language a text is probably in, by its commonest words: enough to warn, not to decide."""

import re
import unicodedata
from functools import lru_cache

# The words that make up most of a text in each language and are rare in the others.
COMMON_WORDS = {
    "English": "the of and to in is was that it for on are with as his they be at this have from by not what who how",
    "Spanish": "el los las de y en que es un una por con para su como más está qué quién cuándo dónde cómo pero muy",
    "French": "le les des et est une du que dans qui pour sur pas avec ce il elle au par plus sont ne vous je où",
    "German": "der die das und ist nicht ein eine zu den von mit auf sich dem für im auch als wer wie wo ich es war",
}
_COMMON = {language: frozenset(words.split()) for language, words in COMMON_WORDS.items()}
# Scripts by the first word of their letters' names in Unicode; CJK are the signs that Chinese and Japanese share.
SCRIPTS = {
    "CYRILLIC": "Cyrillic", "GREEK": "Greek", "ARABIC": "Arabic", "HEBREW": "Hebrew", "DEVANAGARI": "Devanagari",
    "BENGALI": "Bengali", "TAMIL": "Tamil", "THAI": "Thai", "GEORGIAN": "Georgian", "ARMENIAN": "Armenian",
    "CJK": "Chinese", "HIRAGANA": "Japanese", "KATAKANA": "Japanese", "HANGUL": "Korean",
}  # fmt: skip
_LEAST = 2  # one common word may be a name
_FEW_LETTERS = 8  # a name, too
_LOOKED_AT = 2000  # characters


def guess_language(text: str) -> str | None:
    """The language whose common words are most frequent in the first 2,000 characters; None when it is not clear.

    Of letters that are not Latin, the name of the script: it is all that can be seen at a glance.
    """
    return _guess(text[:_LOOKED_AT])


@lru_cache(maxsize=256)  # a page asks about the same text in each of its runs
def _guess(beginning: str) -> str | None:
    script = _script(beginning)
    if script is not None:
        return script
    words = re.findall(r"[^\W\d_]+", beginning.lower())
    counts = {language: sum(word in common for word in words) for language, common in _COMMON.items()}
    best, second = sorted(counts.values(), reverse=True)[:2]
    if best < _LEAST or best < 1.5 * second:
        return None
    return max(counts, key=lambda language: counts[language])


def _script(text: str) -> str | None:
    """The script of more than half of the letters, where that is not the Latin one; kana make a text Japanese."""
    letters = [sign for sign in text if sign.isalpha()]
    if len(letters) < _FEW_LETTERS:
        return None
    found = [SCRIPTS.get(unicodedata.name(sign, "").split(" ")[0]) for sign in letters]
    if "Japanese" in found and found.count(None) < len(found) / 2:
        return "Japanese"
    most = max(set(found), key=found.count, default=None)
    return most if 2 * found.count(most) > len(found) else None
