"""Texts as tokens, compared with the tokenizers library, with transformers, and with what the makers publish."""

import json
from pathlib import Path

import pytest
from tokenizers import Tokenizer
from transformers import AutoTokenizer

from models.errors import DamagedFile, InvalidInput
from models.folders import EMBEDDED
from models.tokenization import TextTokenizer, tokenize_each
from models.weights.tokenizers import TokenizerCard, find_tokenizer

FAMILY = "👩‍👩‍👧‍👦"
TEXTS = {
    "English": "Hello world",
    "Spanish": "El pingüino cruzó la calle.",
    "blanks": "  two  blanks \n\n\tand tabs  ",
    "emoji": f"{FAMILY} 👍🏽 🇵🇪",
    "accents": "Cafe\u0301 Café",
    "right to left": "مرحبا بالعالم, שלום",
    "Hindi": "नमस्ते दुनिया",
    "control characters": "a\x00b\u200b\u202ec\ufeff",
    "ideographs": "すべての人間は自由である。",
    "code": "def f(x):\n    return x  # 1234",
}
LOADED: dict[str, TextTokenizer] = {}


def tokenizer(name: str) -> TextTokenizer:
    """Read once for all tests: a large vocabulary takes half a second."""
    if name not in LOADED:
        LOADED[name] = TextTokenizer.load(find_tokenizer(name))
    return LOADED[name]


@pytest.mark.parametrize(
    ("name", "ids"),
    [
        ("gpt-2", [15496, 995]),  # OpenAI's example of GPT-2
        ("o200k", [13225, 2375]),  # what tiktoken gives
        ("qwen3", [9707, 1879]),
        ("mistral-v3", [1, 23325, 2294]),  # SentencePiece, with <s> in front
        ("aula/minilm", [101, 7592, 2088, 102]),  # the example of BERT's documentation
    ],
)
def test_the_ids_are_those_that_the_makers_publish(name: str, ids: list[int]) -> None:
    assert [token.id for token in tokenizer(name).tokenize("Hello world").tokens] == ids


# What SentencePiece 0.2 gives for the published model of Mistral v3.
SENTENCEPIECE = {
    "  hola  ": [1027, 1063, 5130, 1027],
    "a\nb\t c  d": [1032, 781, 29494, 780, 1045, 29473, 1049],
    "def f(x):\n    return x  # 1234": [
        1569, 1053, 29500, 29512, 2097, 781, 3055, 1372, 2086, 29473, 1190, 29473, 29508, 29518, 29538, 29549,
    ],
    "مرحبا": [28848, 29715, 29868, 29751, 29683],
}  # fmt: skip


@pytest.mark.parametrize("text", SENTENCEPIECE)
def test_mistral_cuts_as_sentencepiece_does(text: str) -> None:
    found = tokenizer("mistral-v3").tokenize(text, special_tokens=False)

    assert [token.id for token in found.tokens] == SENTENCEPIECE[text]


@pytest.mark.parametrize("name", ["gpt-2", "o200k", "mistral-v3"])
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_every_byte_comes_back(name: str, text: str) -> None:
    found = tokenizer(name).tokenize(text)

    assert found.exact
    assert found.first_difference is None
    assert found.unknown == 0


@pytest.mark.parametrize("folder", ["minilm", "t5-mini", "gpt2-mini-es"])
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_embedded_ones_give_what_transformers_gives(folder: str, text: str) -> None:
    reference = AutoTokenizer.from_pretrained(EMBEDDED / folder, local_files_only=True)
    expected = reference(text, return_offsets_mapping=True, verbose=False)
    found = tokenizer(f"aula/{folder}").tokenize(text)

    assert [token.id for token in found.tokens] == expected["input_ids"]
    assert [(token.start, token.end) for token in found.tokens] == expected["offset_mapping"]
    assert [token.piece for token in found.tokens] == reference.convert_ids_to_tokens(expected["input_ids"])
    assert found.unknown == expected["input_ids"].count(reference.unk_token_id) or folder == "gpt2-mini-es"


def test_offsets_are_characters_of_the_text() -> None:
    text = f"El niño {FAMILY}"
    tokens = tokenizer("gpt-2").tokenize(text).tokens

    assert [text[token.start : token.end] for token in tokens[:3]] == ["El", " ni", "ño"]
    assert tokens[-1].end == len(text)


def test_bytes_that_are_a_part_of_a_character_are_written_out() -> None:
    shown = [token.shown for token in tokenizer("gpt-2").tokenize("日").tokens]

    assert shown == ["⟨E6⟩⟨97⟩", "⟨A5⟩"]
    assert bytes.fromhex("e697a5").decode() == "日"


def test_tokens_put_around_a_text_are_told_from_its_own() -> None:
    found = tokenizer("aula/minilm").tokenize("hello [MASK]")

    assert [(token.piece, token.added, token.special) for token in found.tokens] == [
        ("[CLS]", True, True),
        ("hello", False, False),
        ("[MASK]", False, True),
        ("[SEP]", True, True),
    ]
    assert (found.count, found.added) == (2, 2)
    assert tokenizer("aula/minilm").tokenize("hello", special_tokens=False).added == 0


def test_what_is_normalized_away_is_named() -> None:
    found = tokenizer("aula/minilm").tokenize("Café naïve café")

    assert found.normalized == (("Café", "cafe"), ("naïve", "naive"), ("café", "cafe"))
    assert (found.decoded, found.first_difference) == ("cafe naive cafe", 0)


def test_two_ways_to_write_an_accent_become_one() -> None:
    assert tokenizer("qwen3").tokenize("e\u0301").normalized == (("e\u0301", "é"),)
    assert tokenizer("gpt-2").tokenize("e\u0301").normalized == ()


def test_unknown_signs_are_counted() -> None:
    found = tokenizer("aula/minilm").tokenize("a 🦙 b")

    assert found.unknown == 1
    assert [token.unknown for token in found.tokens] == [False, False, True, False, False]


@pytest.mark.parametrize("text", ["", "a\udcffb"])
def test_no_text_and_broken_text_get_a_sentence(text: str) -> None:
    with pytest.raises(InvalidInput, match="no text" if not text else "not UTF-8"):
        tokenizer("gpt-2").tokenize(text)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"version": "1.0"}', '{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": ["a b"]}}'])  # fmt: skip  # noqa: E501
def test_a_broken_file_gets_its_sentence(content: str, tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text(content, encoding="utf-8")

    with pytest.raises(DamagedFile, match=r"cannot be read: .*or choose another"):
        TextTokenizer.load(TokenizerCard("mine", tmp_path))


def test_a_damaged_file_of_the_suite_gets_its_sentence(tmp_path: Path) -> None:
    (tmp_path / "x.json.xz").write_bytes(b"not xz")

    with pytest.raises(DamagedFile, match="The tokenizer “mine” cannot be read"):
        TextTokenizer.load(TokenizerCard("mine", tmp_path / "x.json.xz"))


def test_a_file_that_cuts_and_fills_is_read_without_that(tmp_path: Path) -> None:
    backend = Tokenizer.from_file(str(EMBEDDED / "minilm" / "tokenizer.json"))
    backend.enable_truncation(4)
    backend.enable_padding(length=9)
    backend.save(str(tmp_path / "tokenizer.json"))

    assert TextTokenizer.load(TokenizerCard("mine", tmp_path)).tokenize("one two three four five").count == 5


def test_the_folder_of_an_older_model_is_read_through_transformers(tmp_path: Path) -> None:
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "hello", "world"]
    (tmp_path / "vocab.txt").write_text("\n".join(words), encoding="utf-8")
    (tmp_path / "tokenizer_config.json").write_text('{"tokenizer_class": "BertTokenizer"}', encoding="utf-8")
    found = TextTokenizer.load(find_tokenizer(str(tmp_path))).tokenize("Hello world")

    assert [token.piece for token in found.tokens] == ["[CLS]", "hello", "world", "[SEP]"]


def test_the_result_is_plain_json() -> None:
    found = tokenizer("gpt-2").tokenize("ñ\u202e")

    assert json.loads(json.dumps(found.as_dict()))["tokens"][0]["id"] == found.tokens[0].id


def test_several_read_the_same_text_in_their_order() -> None:
    names = ["gpt-2", "aula/minilm"]

    assert [found.tokenizer for found in tokenize_each("a text", map(tokenizer, names))] == names
