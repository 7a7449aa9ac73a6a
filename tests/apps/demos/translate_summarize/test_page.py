"""The page that translates and summarizes, with tiny models."""

import json

import pytest
from streamlit.testing.v1 import AppTest

from apps.demos.translate_summarize.results import LEFT_OUT
from apps.demos.translate_summarize.words import (
    TO_SELECT,
    TO_SUMMARIZE,
    TO_TRANSLATE,
    TO_TRANSLATE_FROM,
    TO_TRANSLATE_MINI,
)
from models.catalog import ModelCard, Task
from models.extractive_summary import ExtractiveSummarizer
from models.text.pieces import join
from models.text_to_text import TextToText, TextToTextSettings
from models.weights.cards import find_card
from tests.apps.classroom import go_to, open_page, press, put_in_cache
from tests.tiny.text_to_text import save_marian

THREE_PARAGRAPHS = TO_TRANSLATE["Three paragraphs"].text
LONG_REPORT = TO_SUMMARIZE["A long report"].text


@pytest.fixture
def translating(tiny_models) -> AppTest:
    put_in_cache("google-t5/t5-small", tiny_models.t5())
    return open_page("translate_summarize")


@pytest.fixture
def wrapper(tiny_models) -> TextToText:
    return TextToText.load(ModelCard("tiny", Task.TEXT_TO_TEXT, path=tiny_models.t5()), device="cpu")


def with_model(page: AppTest, model_id: str, verb: str = "translate") -> AppTest:
    """The page with another model chosen, be it here or not."""
    return page.selectbox(key=f"{verb}-model").set_value(model_id).run()


@pytest.fixture
def t5_elsewhere() -> AppTest:
    """The page with a model chosen that is not on this machine."""
    return with_model(open_page("translate_summarize"), "google-t5/t5-base")


@pytest.fixture
def summarizing() -> AppTest:
    """The page on a machine without a T5, about to summarize."""
    return open_page("translate_summarize").segmented_control(key="task").set_value("Summarize").run()


def short(page: AppTest, task: str = "Translate") -> AppTest:
    """Few tokens a piece: a tiny model never ends by itself."""
    page.number_input(key=f"{task}-tokens").set_value(8)
    return page


def test_before_a_model_is_here_its_card_tells_the_languages(t5_elsewhere: AppTest) -> None:
    assert t5_elsewhere.selectbox(key="target").options == ["French", "German", "Romanian"]


def test_each_task_offers_the_models_that_can_do_it(t5_elsewhere: AppTest) -> None:
    def offered(verb: str) -> list[str]:
        return [option.split(" · ")[0] for option in t5_elsewhere.selectbox(key=f"{verb}-model").options]

    large = ["google-t5/t5-base", "google-t5/t5-small"]
    marian = [f"Helsinki-NLP/opus-mt-{pair}" for pair in ("en-fr", "en-es", "es-en", "fr-en", "en-de")]
    assert offered("translate") == [*large, *marian, "aula/t5-mini"]
    t5_elsewhere.segmented_control(key="task").set_value("Summarize").run()
    barts = ["facebook/bart-large-cnn", "sshleifer/distilbart-cnn-12-6", "facebook/bart-large-xsum"]
    assert offered("summarize") == [*large, *barts, "google/pegasus-xsum", "aula/extractive"]


def test_a_model_that_reads_spanish_says_so_and_has_spanish_examples(t5_elsewhere: AppTest) -> None:
    page = with_model(t5_elsewhere, "Helsinki-NLP/opus-mt-es-en")
    assert not page.exception
    assert page.selectbox(key="target").options == ["English"]
    assert page.text_area(key="Translate-text").label == "Spanish text"
    assert page.pills[0].options == list(TO_TRANSLATE_FROM["spanish"])
    page.pills[0].set_value("Refranes").run()
    assert page.text_area(key="Translate-text").value == TO_TRANSLATE_FROM["spanish"]["Refranes"].text


def test_a_text_in_another_language_than_the_model_reads_is_told(tmp_path) -> None:
    save_marian(tmp_path / "es-en", "es", "en")
    put_in_cache("Helsinki-NLP/opus-mt-es-en", tmp_path / "es-en")
    page = with_model(open_page("translate_summarize"), "Helsinki-NLP/opus-mt-es-en")
    page.text_area(key="Translate-text").set_value("The train leaves at seven, and the children wait for it.").run()
    said = " ".join(info.value for info in page.info)
    assert "This looks English" in said
    assert "reads only Spanish" in said
    page.text_area(key="Translate-text").set_value("El tren sale a las siete y los niños lo esperan en la estación.")
    press(short(page), "Translate")
    assert not page.exception
    assert "English" in [caption.value for caption in page.caption]
    assert not [info for info in page.info if "This looks" in info.value]


def test_the_small_translator_offers_its_language_and_texts_that_it_knows(t5_elsewhere: AppTest) -> None:
    t5_elsewhere.selectbox(key="target").set_value("german").run()
    page = with_model(t5_elsewhere, "aula/t5-mini")
    assert not page.exception
    assert page.selectbox(key="target").options == ["French", "Spanish"]
    assert page.pills[0].options == list(TO_TRANSLATE_MINI)
    page.pills[0].set_value("A technical sentence").run()
    assert page.text_area(key="Translate-text").value == TO_TRANSLATE_MINI["A technical sentence"].text
    assert any("on purpose" in caption.value for caption in page.caption)


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
    translating.number_input(key="Translate-beams").set_value(2)
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


def test_without_a_t5_the_summary_is_chosen_sentences(summarizing: AppTest, downloads: dict[str, str]) -> None:
    assert summarizing.selectbox(key="summarize-model").value == "aula/extractive"
    assert "Summarize-beams" not in [number.key for number in summarizing.number_input]
    press(summarizing, "Summarize")
    wrapper = ExtractiveSummarizer.load(find_card("aula/extractive", Task.SUMMARIZATION), "cpu")
    expected = wrapper.select(TO_SELECT["A news report"].text)
    assert summarizing.text[0].value == downloads["summary.txt"] == expected.text
    assert json.loads(downloads["summary.json"])["pieces"] == json.loads(json.dumps([expected.as_dict()]))
    chosen = sum(sentence.chosen for sentence in expected.sentences)
    assert f"{chosen} of {len(expected.sentences)} sentences" in " ".join(text.value for text in summarizing.markdown)
    assert any("cannot rephrase" in caption.value for caption in summarizing.caption)
    scores = summarizing.dataframe[0].value
    assert list(scores["chosen"]) == [sentence.chosen for sentence in expected.sentences]


def test_the_length_reaches_the_choice_of_sentences(summarizing: AppTest) -> None:
    summarizing.selectbox(key="length").set_value("short")
    press(summarizing, "Summarize")
    assert summarizing.session_state["Summarize-outcome"].items[0].text.count(". ") < 3
    assert "Summary (short)" in [caption.value for caption in summarizing.caption]


def test_a_t5_on_this_machine_writes_and_sentences_can_be_chosen_instead(translating: AppTest) -> None:
    page = translating.segmented_control(key="task").set_value("Summarize").run()
    assert page.selectbox(key="summarize-model").value == "google-t5/t5-small"
    assert page.pills[0].options == list(TO_SUMMARIZE)
    page = with_model(page, "aula/extractive", "summarize")
    assert page.pills[0].options == list(TO_SELECT)
    press(page, "Summarize")
    assert page.session_state["Summarize-outcome"].items[0].sentences


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


def test_a_line_that_cannot_be_read_is_marked_in_its_place_and_the_rest_is_translated(
    translating: AppTest, downloads: dict[str, str]
) -> None:
    translating.text_area(key="Translate-text").set_value("The train leaves.\nжжж щщщ\nIt is late.")
    press(short(translating), "Translate")
    first, second, third = translating.text[0].value.split("\n")
    assert first
    assert second == LEFT_OUT
    assert third
    assert any("of line 2: its vocabulary lacks “жщ”" in warning.value for warning in translating.warning)
    assert downloads["translation.txt"].split("\n")[1] == LEFT_OUT
    details = json.loads(downloads["translation.json"])
    assert not details["complete"]
    assert ["error" in piece for piece in details["pieces"]] == [False, True, False]


@pytest.mark.parametrize(("text", "words"), [("  \n ", "no text"), ("far " * 30_000, "100,000")])
def test_a_text_that_cannot_be_used_gets_a_sentence(translating: AppTest, text: str, words: str) -> None:
    translating.text_area(key="Translate-text").set_value(text)
    press(translating, "Translate")
    assert words in translating.warning[0].value
    assert "Translate-outcome" not in translating.session_state


def test_a_refusal_leaves_nothing_of_the_result_before_it(translating: AppTest) -> None:
    translating.pills[0].set_value("Three paragraphs")
    press(short(translating), "Translate")
    assert [found.label for found in translating.expander if found.label.startswith("Piece by piece")]
    translating.text_area(key="Translate-text").set_value("")
    press(translating, "Translate")
    assert "no text" in translating.warning[0].value
    assert not translating.text
    assert not [found.label for found in translating.expander if found.label.startswith("Piece by piece")]


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
    go_to(translating, "translate_summarize")
    assert translating.text_area(key="Translate-text").value == "The train leaves at seven."
    assert translating.text[0].value == result


def test_what_was_typed_outlives_the_other_task(translating: AppTest) -> None:
    translating.text_area(key="Translate-text").set_value("The train leaves at seven.").run()
    translating.segmented_control(key="task").set_value("Summarize").run()
    translating.segmented_control(key="task").set_value("Translate").run()
    assert translating.text_area(key="Translate-text").value == "The train leaves at seven."
