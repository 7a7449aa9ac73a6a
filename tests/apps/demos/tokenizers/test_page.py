"""The page “Tokenizers”: what is typed, what is shown, and that nothing typed breaks it."""

import json
import random
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from apps.demos.tokenizers import choice
from apps.demos.tokenizers.choice import CHOSEN
from apps.demos.tokenizers.compare import MOST_CHARACTERS
from apps.demos.tokenizers.results import tokens_csv, tokens_table
from apps.demos.tokenizers.words import EXAMPLES, PARAGRAPHS, TEXT
from apps.ui import visitor
from models.tokenization import TextTokenizer
from models.weights.tokenizers import TOKENIZER_JSON, TokenizerCard, find_tokenizer
from tests.apps.classroom import open_page, press, sentences
from training.tokenizer import BYTE_BPE, KINDS, UNIGRAM, TokenizerPlan, train_tokenizer

SMALL = ["gpt-2", "aula/minilm"]  # the large vocabularies take half a second each
STRANGE = {
    "markup": "<script>alert(1)</script> **bold** $x$ :material/home: `code`",
    "emoji families": "👩‍👩‍👧‍👦 👍🏽 🏳️‍🌈",
    "right to left": "‮abc مرحبا",
    "lone accents": "\u0301\u0308",
    "control characters": "a\x00\x07\x1b[31m\ufeff",
    "one long word": "a" * 3000,
    "blanks": "   \n\t ",
    "control tokens": "</s> <|endoftext|> [MASK] <unk>",
}


@pytest.fixture
def tokenizers(monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setattr(choice, "DEFAULT", SMALL)
    return open_page("tokenizers")


def choose(page: AppTest, names: list[str]) -> AppTest:
    page.multiselect(key=CHOSEN).set_value(names).run()
    assert not page.exception
    return page


def write(page: AppTest, text: str, key: str = TEXT) -> AppTest:
    page.text_area(key=key).set_value(text).run()
    assert not page.exception
    return page


def view(page: AppTest, name: str) -> AppTest:
    page.segmented_control(key="tokenizers-view").set_value(name).run()
    assert not page.exception
    return page


def html(page: AppTest) -> str:
    return "\n".join(element.proto.body for element in page.get("html"))


def test_the_page_opens_with_two_tokenizers_side_by_side() -> None:
    page = open_page("tokenizers")
    table = page.dataframe[0].value

    assert list(table["tokenizer"]) == ["gpt-2", "o200k"]
    assert list(table["tokens"]) == [30, 19]
    assert "Round trip exact" in sentences(page)


def test_any_text_is_shown_as_it_is(tokenizers: AppTest) -> None:
    for text in STRANGE.values():
        page = write(tokenizers, text)

        assert list(page.dataframe[0].value["tokenizer"]) == SMALL
        assert "<script>" not in html(page)
        assert "\u202e" not in html(page)


def test_every_example_is_cut(tokenizers: AppTest) -> None:
    for example in EXAMPLES.values():
        page = write(tokenizers, str(example[TEXT]))

        assert all(count > 0 for count in page.dataframe[0].value["tokens"])


def test_what_is_lost_is_said(tokenizers: AppTest) -> None:
    page = write(tokenizers, "Café 🦙")

    assert "“Café” → “cafe”" in sentences(page)
    assert "1 unknown token" in sentences(page)
    assert "Round trip not exact" in sentences(page)


def test_a_text_of_one_megabyte_is_cut_with_a_word(tokenizers: AppTest) -> None:
    page = write(choose(tokenizers, ["gpt-2"]), "perro " * 175_000)

    assert f"had 1,050,000 characters; the first {MOST_CHARACTERS:,} are used" in page.info[0].value
    assert len(page.text_area(key=TEXT).value) == MOST_CHARACTERS
    assert "The first 600 of" in sentences(page)
    assert len(html(page)) < 500_000


def test_no_text_and_no_tokenizer_ask_for_one(tokenizers: AppTest) -> None:
    assert "There is no text" in write(tokenizers, "").warning[0].value
    assert "at least one tokenizer" in choose(tokenizers, []).info[0].value


def test_the_price_is_that_of_all_tokens(tokenizers: AppTest) -> None:
    write(tokenizers, "hello world")
    tokenizers.number_input(key="tokenizers-price").set_value(3.0).run()
    tokenizers.number_input(key="tokenizers-times").set_value(1_000_000).run()

    # Two tokens, and for BERT two around them, at 3 a million, a million times.
    assert list(tokenizers.dataframe[0].value["cost"]) == ["6", "12"]


def test_languages_are_compared_on_one_paragraph(tokenizers: AppTest) -> None:
    page = view(tokenizers, "Languages")
    pair, figures = page.dataframe[0].value, page.dataframe[1].value

    assert list(pair["tokenizer"]) == SMALL
    assert pair["Spanish ÷ English"][0] == round(pair["Spanish tokens"][0] / pair["English tokens"][0], 2)
    assert set(figures["language"]) == {*PARAGRAPHS, "Python"}
    assert figures.loc[figures["language"] == "English", "Times English"].eq(1).all()
    assert figures.loc[figures["language"] == "Python", "Times English"].isna().all()
    assert figures.loc[figures["language"] == "Japanese", "Tokens per word"].isna().all()


def test_padding_and_masks_are_shown_number_by_number(tokenizers: AppTest) -> None:
    page = view(tokenizers, "Padding and masks")
    write(page, "Hello\nHello there my friend", key="tokenizers-texts")

    assert "Shape **(2, 4)**" in sentences(page)
    assert "names no token for padding" in sentences(page)
    assert html(page).count(">50256</td>") == 3
    page.segmented_control(key="tokenizers-padding").set_value("none").run()
    assert "No tensor" in sentences(page)
    assert "padding=False" in page.code[0].value


def test_a_length_without_room_and_no_texts_get_a_sentence(tokenizers: AppTest) -> None:
    page = view(tokenizers, "Padding and masks")
    page.selectbox(key="tokenizers-batch-tokenizer").set_value("aula/minilm").run()
    page.toggle(key="tokenizers-truncate").set_value(True).run()
    page.number_input(key="tokenizers-length").set_value(1).run()
    assert "leaves no room" in page.warning[0].value
    assert "There is no text" in write(page, " \n", key="tokenizers-texts").warning[0].value


def test_new_tokens_make_the_table_grow(tokenizers: AppTest) -> None:
    page = press(view(tokenizers, "New tokens"), "Grow the table")

    assert [metric.value for metric in page.metric] == ["10,002 × 320", "10,004 × 320"]
    assert "“fotosíntesis” is 10002" in sentences(page)
    page.text_input(key="tokenizers-new").set_value(" , ").run()
    assert "Name 1 to 50 new tokens" in press(page, "Grow the table").error[0].value


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_trained_and_replayed(tokenizers: AppTest, kind: str, downloads: dict[str, str]) -> None:
    page = view(tokenizers, "Train your own")
    page.segmented_control(key="tokenizers-kind").set_value(kind).run()
    press(page, "Train")

    assert "Step 20" in sentences(page)
    assert json.loads(downloads["tokenizer.json"])["model"]["vocab"]
    assert ("no pair more often" in sentences(page)) == (kind not in (UNIGRAM, "WordPiece"))
    assert list(page.dataframe[-1].value["tokenizer"]) == ["yours", "gpt-2"]
    for step in (0, 1):
        page.slider(key="tokenizers-step").set_value(step).run()
        assert not page.exception
    assert "yours" in view(page, "Compare").multiselect(key=CHOSEN).options


def test_a_trained_tokenizer_is_compared_with_the_others(tokenizers: AppTest) -> None:
    page = press(view(tokenizers, "Train your own"), "Train")
    choose(view(page, "Compare"), ["yours", "gpt-2"])

    assert list(page.dataframe[0].value["tokenizer"]) == ["yours", "gpt-2"]


@pytest.mark.parametrize("text", ["", "a"])
def test_too_little_to_learn_from_gets_a_sentence(tokenizers: AppTest, text: str) -> None:
    page = press(write(view(tokenizers, "Train your own"), text, key="tokenizers-training-text"), "Train")

    assert page.info or page.error
    assert any("too short" in found.value or "no text" in found.value for found in [*page.info, *page.error])


def test_a_folder_is_added_and_a_broken_one_gets_its_sentence(tokenizers: AppTest, tmp_path, tiny_models) -> None:
    page = tokenizers.text_input(key="tokenizers-path").set_value(str(tiny_models.gpt2())).run()
    assert str(tiny_models.gpt2()) in page.multiselect(key=CHOSEN).value

    (tmp_path / "tokenizer.json").write_text("{", encoding="utf-8")
    page.text_input(key="tokenizers-path").set_value(str(tmp_path)).run()
    assert "cannot be read" in page.error[0].value


def test_strangers_are_asked_for_no_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visitor, "is_at_this_machine", lambda: False)

    assert not [field for field in open_page("tokenizers").text_input if field.key == "tokenizers-path"]


def test_random_code_points_break_nothing(tokenizers: AppTest) -> None:
    numbers = random.Random(7)
    signs = [chr(numbers.randrange(1, 0x110000)) for _ in range(400)]
    write(tokenizers, "".join(sign for sign in signs if not "\ud800" <= sign <= "\udfff"))

    assert "Round trip exact" in sentences(tokenizers)


def test_an_upload_does_not_take_the_place_of_a_tokenizer_of_this_machine() -> None:
    assert choice._own_name("gpt-2") == "gpt-2 (uploaded)"
    assert choice._own_name("mine") == "mine"


def test_two_tokenizers_of_like_names_are_shown_side_by_side(tokenizers: AppTest) -> None:
    trained = train_tokenizer("el tren y el tranvía", TokenizerPlan(kind=BYTE_BPE, vocabulary=300)).json
    own = {name: TokenizerCard(name, Path(TOKENIZER_JSON)) for name in ("mine_1", "mine-1")}
    tokenizers.session_state["tokenizers-own-cards"] = own
    tokenizers.session_state["tokenizers-own"] = dict.fromkeys(own, trained)
    page = choose(tokenizers, list(own))
    assert len([button for button in page.get("download_button") if button.proto.label == "CSV"]) == 2


def test_a_sign_is_shown_as_it_is_and_is_no_formula_in_a_spreadsheet() -> None:
    result = TextTokenizer.load(find_tokenizer("aula/minilm")).tokenize("=5", special_tokens=False)
    assert list(tokens_table(result)["piece"]) == ["=", "5"]
    assert [line.split(",")[1] for line in tokens_csv(result).splitlines()[1:]] == ["'=", "5"]
