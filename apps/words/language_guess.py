"""Which language a text is probably in, by its commonest words: enough to warn, not to decide."""

import re

# The words that make up most of a text in each language and are rare in the others.
COMMON_WORDS = {
    "English": "the of and to in is was that it for on are with as his they be at this have from by not what who how",
    "Spanish": "el los las de y en que es un una por con para su como más está qué quién cuándo dónde cómo pero muy",
    "French": "le les des et est une du que dans qui pour sur pas avec ce il elle au par plus sont ne vous je où",
    "German": "der die das und ist nicht ein eine zu den von mit auf sich dem für im auch als wer wie wo ich es war",
}
_LEAST = 2  # one common word may be a name


def guess_language(text: str) -> str | None:
    """The language whose common words are most frequent in the first 2,000 characters; None when it is not clear."""
    words = re.findall(r"[^\W\d_]+", text[:2000].lower())
    counts = {language: sum(word in common.split() for word in words) for language, common in COMMON_WORDS.items()}
    best, second = sorted(counts.values(), reverse=True)[:2]
    if best < _LEAST or best < 1.5 * second:
        return None
    return max(counts, key=lambda language: counts[language])
