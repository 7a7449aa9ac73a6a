"""Guessing a language from common words."""

import pytest

from apps.demos.question_answering.words import FOOTBALL, LIGHTHOUSE
from apps.words.language_guess import guess_language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (LIGHTHOUSE, "English"),
        (FOOTBALL, "Spanish"),
        ("¿Quién es la autora de este libro y cuándo está en la biblioteca?", "Spanish"),
        ("Le train part à huit heures et les enfants sont dans la gare avec leur père.", "French"),
        ("Der Zug ist nicht pünktlich, und die Kinder warten mit dem Vater auf den Bus.", "German"),
        ("What is the name of the river?", "English"),
    ],
)
def test_clear_texts(text: str, language: str) -> None:
    assert guess_language(text) == language


@pytest.mark.parametrize("text", ["", "Ωμέγα 42", "Marie Curie", "Los Angeles", "Die Hard"])
def test_names_and_other_scripts_give_no_guess(text: str) -> None:
    assert guess_language(text) is None


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("Суп был тёплым и вкусным", "Cyrillic"),
        ("Η σούπα ήταν ζεστή", "Greek"),
        ("汤很热很好喝我们都喜欢", "Chinese"),
        ("このスープは温かくておいしい", "Japanese"),
        ("수프는 따뜻하고 맛있었다", "Korean"),
        ("كان الحساء دافئا ولذيذا", "Arabic"),
        ("The soup was warm and in the pot, борщ is what it was", "English"),
    ],
)
def test_a_text_in_another_script_is_named_by_it(text: str, script: str) -> None:
    assert guess_language(text) == script
