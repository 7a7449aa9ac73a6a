"""Which language each text is probably in, by py3langid (Lui and Baldwin's langid.py): 139 languages, no network.

It adds up how much commoner each run of bytes is in each language. A few words are not enough to tell: where it is not
sure, this says nothing rather than a guess.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from training.exploration.steps import Steps, counted

SURE = 0.5  # the least probability for which a language is named
MOST_TEXTS = 20_000
_LOOKED_AT = 2_000  # characters of each text
_NO_LANGUAGE = ("zxx", "und", "mis")
# The commonest by name; the others go by their code.
NAMES = {
    "ar": "Arabic", "bg": "Bulgarian", "bn": "Bengali", "ca": "Catalan", "cs": "Czech", "da": "Danish", "de": "German",
    "el": "Greek", "en": "English", "es": "Spanish", "et": "Estonian", "eu": "Basque", "fa": "Persian", "fi": "Finnish",
    "fr": "French", "gl": "Galician", "he": "Hebrew", "hi": "Hindi", "hr": "Croatian", "hu": "Hungarian",
    "id": "Indonesian", "it": "Italian", "ja": "Japanese", "ko": "Korean", "la": "Latin", "lt": "Lithuanian",
    "lv": "Latvian", "ms": "Malay", "nl": "Dutch", "no": "Norwegian", "pcm": "Nigerian Pidgin", "pl": "Polish",
    "pt": "Portuguese", "ro": "Romanian", "ru": "Russian", "sk": "Slovak", "sl": "Slovene", "sr": "Serbian",
    "sv": "Swedish", "sw": "Swahili", "ta": "Tamil", "te": "Telugu", "th": "Thai", "tr": "Turkish", "uk": "Ukrainian",
    "ur": "Urdu", "vi": "Vietnamese", "yue": "Cantonese", "zh": "Chinese",
}  # fmt: skip


@dataclass(frozen=True)
class Languages:
    """What was guessed of some texts: `places` are theirs in what was given, `names` the language or None of each."""

    places: tuple[int, ...]
    names: tuple[str | None, ...]

    @property
    def counts(self) -> dict[str, int]:
        """How many texts are in each language, the most frequent first; “not clear” last."""
        clear = counted(name for name in self.names if name is not None)
        unclear = self.names.count(None)
        return clear | ({"not clear": unclear} if unclear else {})

    @property
    def others(self) -> tuple[int, ...]:
        """The places of the texts in another language than the most frequent one."""
        main = next(iter(self.counts), None)
        return tuple(p for p, name in zip(self.places, self.names, strict=True) if name not in (None, main))


def guess_languages(texts: Sequence[str], most: int = MOST_TEXTS, steps: Steps | None = None) -> Languages:
    """The language of each text; of more than `most`, of every n-th."""
    (steps or Steps()).tell("Guessing languages")
    places = range(0, len(texts), 1 + max(0, len(texts) - 1) // most)
    names = [guess(texts[place]) for place in (steps or Steps()).through("Guessing languages", places)]
    return Languages(tuple(places), tuple(names))


def guess(text: str) -> str | None:
    """The English name of the language, or its code; None where that is not clear."""
    code, probability = _identifier().classify(text[:_LOOKED_AT])
    return NAMES.get(code, code) if probability >= SURE and code not in _NO_LANGUAGE else None


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # 0.7 s and 100 MB: only where it is asked

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
