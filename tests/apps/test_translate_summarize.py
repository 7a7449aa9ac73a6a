import json

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from apps.texts.translate_summarize import TO_SUMMARIZE, TO_TRANSLATE
from apps.ui import visitor
from models.catalog import ModelCard, Task
from models.text_to_text import TextToText, TextToTextSettings, join
from tests.apps.classroom import button, open_page, press, put_in_cache

THREE_PARAGRAPHS = TO_TRANSLATE["Three paragraphs"].text
LONG_REPORT = TO_SUMMARIZE["A long report"].text


@pytest.fixture
def translating(tiny_models) -> AppTest:
    put_in_cache("google-t5/t5-small", tiny_models.t5())
    return open_page("translate_summarize.py")


@pytest.fixture
def wrapper(tiny_models) -> TextToText:
    return TextToText.load(ModelCard("tiny", Task.TEXT_TO_TEXT, path=tiny_models.t5()), device="cpu")


@pytest.fixture
def downloads(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What each download button would hand out, by file name."""
    offered = {}
    monkeypatch.setattr(st, "download_button", lambda label, data, file, kind, **options: offered.update({file: data}))
    return offered


def short(page: AppTest, task: str = "Translate") -> AppTest:
    """Few tokens a piece: a tiny model never ends by itself."""
    page.number_input(key=f"{task}-tokens").set_value(8)
    return page


def test_without_weights_the_page_offers_the_download_and_cannot_translate() -> None:
    page = open_page("translate_summarize.py")
    assert "google-t5/t5-base is not on this machine yet" in page.info[0].value
    assert button(page, "Translate").disabled
    assert button(page, "Download")


def test_before_a_model_is_here_its_card_tells_the_languages() -> None:
    assert open_page("translate_summarize.py").selectbox(key="target").options == ["French", "German", "Romanian"]


def test_a_download_without_a_network_says_so() -> None:
    page = press(open_page("translate_summarize.py"), "Download")
    assert "offline" in page.error[0].value.lower()


def test_a_text_is_translated_with_its_paragraphs(translating: AppTest, wrapper: TextToText) -> None:
    translating.pills[0].set_value("Three paragraphs")
    press(short(translating), "Translate")
    expected = join(wrapper.translate(THREE_PARAGRAPHS, "french", TextToTextSettings(beams=4, max_new_tokens=8)))
    assert translating.text[0].value == expected
    assert translating.text[0].value.count("\n\n") == 2
    assert any("fp32 on cpu" in caption.value for caption in translating.caption)


def test_each_piece_stands_beside_its_translation(translating: AppTest) -> None:
    translating.pills[0].set_value("Three paragraphs")
    press(short(translating), "Translate")
    assert "Piece by piece (3)" in [expander.label for expander in translating.expander]
    assert [text.value for text in translating.text[1::2]] == THREE_PARAGRAPHS.split("\n\n")


def test_the_chosen_language_and_settings_reach_the_model(translating: AppTest, wrapper: TextToText) -> None:
    translating.text_area(key="Translate-text").set_value("The train leaves at seven.")
    translating.selectbox(key="target").set_value("romanian")
    translating.slider(key="Translate-beams").set_value(2)
    press(short(translating), "Translate")
    settings = TextToTextSettings(beams=2, max_new_tokens=8)
    assert translating.text[0].value == join(wrapper.translate("The train leaves at seven.", "romanian", settings))
    assert "Romanian" in [caption.value for caption in translating.caption]


def test_sampling_takes_the_place_of_beams(translating: AppTest, wrapper: TextToText) -> None:
    translating.text_area(key="Translate-text").set_value("The train leaves at seven.")
    translating.toggle(key="Translate-sample").set_value(True).run()
    translating.number_input(key="Translate-seed").set_value(3)
    press(short(translating), "Translate")
    settings = TextToTextSettings(sample=True, seed=3, max_new_tokens=8)
    assert translating.text[0].value == join(wrapper.translate("The train leaves at seven.", "french", settings))


def test_a_long_text_is_summarized_in_parts_and_as_a_whole(translating: AppTest) -> None:
    translating.segmented_control(key="task").set_value("Summarize").run()
    translating.pills[0].set_value("A long report").run()
    assert "512 tokens" in " ".join(caption.value for caption in translating.caption)
    translating.selectbox(key="length").set_value("short")
    press(short(translating, "Summarize"), "Summarize")
    pieces = translating.session_state["Summarize-outcome"].items
    assert pieces[-1].kind == "whole"
    assert {piece.kind for piece in pieces[:-1]} == {"part"}
    assert translating.text[0].value == pieces[-1].text
    assert "Summary (short)" in [caption.value for caption in translating.caption]


def test_the_result_can_be_taken_home(translating: AppTest, downloads: dict[str, str]) -> None:
    translating.text_area(key="Translate-text").set_value("The train leaves.\n\nIt is late.")
    press(short(translating), "Translate")
    assert downloads["translation.txt"] == translating.text[0].value
    details = json.loads(downloads["translation.json"])
    assert details["text"] == "The train leaves.\n\nIt is late."
    assert details["result"] == downloads["translation.txt"]
    assert (details["target"], details["model"], details["complete"]) == ("french", "google-t5/t5-small", True)
    assert [piece["source"] for piece in details["pieces"]] == ["The train leaves.", "It is late."]
    assert details["measured"]["seconds"] > 0


@pytest.mark.parametrize(("text", "words"), [("  \n ", "no text"), ("far " * 30_000, "100,000")])
def test_a_text_that_cannot_be_used_gets_a_sentence(translating: AppTest, text: str, words: str) -> None:
    translating.text_area(key="Translate-text").set_value(text)
    press(translating, "Translate")
    assert words in translating.warning[0].value
    assert "Translate-outcome" not in translating.session_state


def test_a_file_fills_the_text(translating: AppTest) -> None:
    content = "One line.\r\nAnother, with a café.\r\n".encode("utf-8-sig")
    translating.file_uploader[0].set_value(("story.txt", content, "text/plain")).run()
    assert translating.text_area(key="Translate-text").value == "One line.\nAnother, with a café.\n"
    assert not translating.error


def test_a_file_in_another_encoding_gets_a_sentence_and_leaves_the_text_alone(translating: AppTest) -> None:
    before = translating.text_area(key="Translate-text").value
    translating.file_uploader[0].set_value(("old.txt", "café".encode("latin-1"), "text/plain")).run()
    assert "“old.txt” is not UTF-8 text" in translating.error[0].value
    assert translating.text_area(key="Translate-text").value == before


def test_text_and_result_outlive_a_visit_to_another_page(translating: AppTest) -> None:
    translating.text_area(key="Translate-text").set_value("The train leaves at seven.")
    press(short(translating), "Translate")
    result = translating.text[0].value
    translating.switch_page("home.py").run()
    translating.switch_page("translate_summarize.py").run()
    assert translating.text_area(key="Translate-text").value == "The train leaves at seven."
    assert translating.text[0].value == result


def test_what_was_typed_outlives_the_other_task(translating: AppTest) -> None:
    translating.text_area(key="Translate-text").set_value("The train leaves at seven.").run()
    translating.segmented_control(key="task").set_value("Summarize").run()
    translating.segmented_control(key="task").set_value("Translate").run()
    assert translating.text_area(key="Translate-text").value == "The train leaves at seven."


def test_a_stranger_sees_no_path_field_and_no_download(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visitor, "is_at_this_machine", lambda: False)
    page = open_page("translate_summarize.py")
    assert not page.text_input
    assert [found.label for found in page.button] == ["Translate"]
    assert "teacher's machine" in page.info[0].value
