"""Names of languages, and the pair of them that a translator is made for, as its files or its name say. Needs no torch.

Codes are those that models are named with: two letters of ISO 639-1, three of ISO 639-3, perhaps with a region or a
script behind them (“pt_BR”, “cmn_Hans”).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.folders import read_json

# Two letters, three letters where they are in use with translators, and the name in English.
_NAMES = """
af afr Afrikaans|sq sqi Albanian|ar ara Arabic|hy hye Armenian|az aze Azerbaijani|eu eus Basque|be bel Belarusian
bn ben Bengali|bs bos Bosnian|bg bul Bulgarian|ca cat Catalan|zh zho Chinese|zh cmn Chinese|hr hrv Croatian
cs ces Czech|da dan Danish|nl nld Dutch|en eng English|eo epo Esperanto|et est Estonian|fi fin Finnish|fr fra French
gl glg Galician|ka kat Georgian|de deu German|el ell Greek|ht hat Haitian|ha hau Hausa|he heb Hebrew|hi hin Hindi
hu hun Hungarian|is isl Icelandic|ig ibo Igbo|id ind Indonesian|ga gle Irish|it ita Italian|ja jpn Japanese
ja jap Japanese|kk kaz Kazakh|ko kor Korean|la lat Latin|lv lav Latvian|lt lit Lithuanian|lb ltz Luxembourgish
mk mkd Macedonian|ms msa Malay|mt mlt Maltese|mr mar Marathi|nb nob Norwegian|no nor Norwegian|oc oci Occitan
fa fas Persian|pl pol Polish|pt por Portuguese|qu que Quechua|ro ron Romanian|ru rus Russian|sr srp Serbian
sk slk Slovak|sl slv Slovenian|es spa Spanish|sw swa Swahili|sv swe Swedish|tl tgl Tagalog|ta tam Tamil|te tel Telugu
th tha Thai|tr tur Turkish|uk ukr Ukrainian|ur urd Urdu|vi vie Vietnamese|cy cym Welsh|xh xho Xhosa|yo yor Yoruba
zu zul Zulu
"""
NAMES: dict[str, str] = {
    code: name
    for two, three, name in (entry.split(" ") for entry in re.split(r"[|\n]", _NAMES.strip()))
    for code in (two, three)
}
# Helsinki-NLP/opus-mt-en-fr, opus-mt-tc-big-en-pt, a folder called opus-mt-es-en-bf16.
_CODE = r"([A-Za-z]+(?:_[A-Za-z]+)?)"
_IN_A_NAME = re.compile(rf"(?:^|/)opus-mt-(?:tc-(?:big|base|bible-big)-)?{_CODE}-{_CODE}(?![A-Za-z])")


@dataclass(frozen=True)
class LanguagePair:
    """What a translator reads and what it writes, by their English names (“Spanish”).

    None where that is a group of languages, or is not said; `target_code` is then what the model calls the group.
    """

    source: str | None = None
    target: str | None = None
    target_code: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Source and target, in this order; empty unless both are known."""
        return (self.source, self.target) if self.source and self.target else ()


def language_name(code: str) -> str | None:
    """The English name of a code in any case, its region in brackets: “Portuguese (BR)”; None for an unknown one."""
    base, _, region = code.replace("-", "_").partition("_")
    name = NAMES.get(base.lower())
    return f"{name} ({region})" if name and region else name


def language_pair(settings: Mapping[str, Any], model_id: str = "") -> LanguagePair:
    """What the settings of a Marian tokenizer say (`source_lang`, `target_lang`), or else the name of the model."""
    source, target = settings.get("source_lang"), settings.get("target_lang")
    if not (isinstance(source, str) and isinstance(target, str)):
        named = _IN_A_NAME.search(model_id.replace("\\", "/"))
        if named is None:
            return LanguagePair()
        source, target = named.groups()
    return LanguagePair(language_name(source), language_name(target), target)


def pair_in_folder(folder: Path, model_id: str = "") -> LanguagePair:
    """The pair of a translator of the Marian kind in a folder; without names where it is another kind of model."""
    if read_json(folder / "config.json").get("model_type") != "marian":
        return LanguagePair()
    return language_pair(read_json(folder / "tokenizer_config.json"), model_id)
