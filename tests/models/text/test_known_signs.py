"""Signs that a vocabulary lacks are written with those it has; what it has stays as it is."""

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from models.catalog import Task
from models.text.known_signs import with_known_signs
from models.weights.cards import find_card
from models.weights.hub import require


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerFast:
    """Knows the letters of ASCII, “’” and “é”, one token each."""
    signs = ["<unk>", *map(chr, range(32, 127)), "’", "é"]
    made = Tokenizer(models.WordLevel({sign: number for number, sign in enumerate(signs)}, unk_token="<unk>"))
    made.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    return PreTrainedTokenizerFast(tokenizer_object=made, unk_token="<unk>")


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("‘It’s’ „new“ – isn’t it…", '\'It’s’ "new" - isn’t it...'),
        ("½ cup, 3½ cups", "1/2 cup, 3 1/2 cups"),
        ("ﬁne Ｗｉｄｅ", "fine Wide"),
        ("café 10² łódź 5 €", "café 10² łódź 5 €"),  # another letter would be another word, and 102 another number
        ("plain", "plain"),
        ("", ""),
    ],
)
def test_only_what_is_lacking_is_written_otherwise(tokenizer, text: str, known: str) -> None:
    assert with_known_signs(tokenizer, text) == known


@pytest.mark.weights
def test_bytes_are_no_signs() -> None:
    from transformers import AutoTokenizer

    embedded = AutoTokenizer.from_pretrained(require(find_card("aula/t5-mini", Task.TEXT_TO_TEXT)))
    assert with_known_signs(embedded, "She said ‘hello’.") == "She said 'hello’."
