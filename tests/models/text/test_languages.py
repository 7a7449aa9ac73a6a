"""Which languages a translator is for, from its files and from its name."""

import json
from pathlib import Path

import pytest

from models.text.languages import LanguagePair, language_name, language_pair, pair_in_folder


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("en", "English"),
        ("spa", "Spanish"),
        ("FR", "French"),
        ("pt_br", "Portuguese (br)"),
        ("cmn_Hans", "Chinese (Hans)"),
    ],
)
def test_codes_have_names(code: str, name: str) -> None:
    assert language_name(code) == name


@pytest.mark.parametrize("code", ["roa", "mul", "ROMANCE", "", "xx_yy"])
def test_groups_and_unknown_codes_have_none(code: str) -> None:
    assert language_name(code) is None


@pytest.mark.parametrize(
    ("model_id", "names"),
    [
        ("Helsinki-NLP/opus-mt-es-en", ("Spanish", "English")),
        ("Helsinki-NLP/opus-mt-tc-big-en-pt", ("English", "Portuguese")),
        ("/home/ana/opus-mt-fr-en-bf16", ("French", "English")),
        ("C:\\models\\opus-mt-en-de", ("English", "German")),
        ("Helsinki-NLP/opus-mt-ROMANCE-en", ()),
        ("facebook/bart-large-cnn", ()),
        ("opus-mt", ()),
    ],
)
def test_a_name_tells_the_pair(model_id: str, names: tuple[str, ...]) -> None:
    assert language_pair({}, model_id).names == names


def test_the_files_have_the_first_word() -> None:
    said = {"source_lang": "es", "target_lang": "en"}
    assert language_pair(said, "x/opus-mt-en-fr") == LanguagePair("Spanish", "English", "en")
    assert language_pair({"source_lang": "eng", "target_lang": "roa"}) == LanguagePair("English", None, "roa")
    assert language_pair({"source_lang": 3}, "x/opus-mt-en-fr").names == ("English", "French")


def test_a_folder_is_asked_only_where_it_holds_a_marian(tmp_path: Path) -> None:
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"source_lang": "es", "target_lang": "en"}))
    assert pair_in_folder(tmp_path).names == ()
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "marian"}))
    assert pair_in_folder(tmp_path).names == ("Spanish", "English")
