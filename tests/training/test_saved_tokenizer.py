"""A saved tokenizer is the same one, in a smaller file."""

from transformers import AutoTokenizer

from training.saved_tokenizer import save_tokenizer


def test_a_tokenizer_is_the_same_without_its_blanks(tiny_models, tmp_path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(tiny_models.gpt2())
    tokenizer.save_pretrained(tmp_path / "usual")
    save_tokenizer(tokenizer, tmp_path / "small")
    again = AutoTokenizer.from_pretrained(tmp_path / "small")
    assert again.backend_tokenizer.to_str() == tokenizer.backend_tokenizer.to_str()
    assert again("¡Los niños leen!") == tokenizer("¡Los niños leen!")
    sizes = [(tmp_path / name / "tokenizer.json").stat().st_size for name in ("usual", "small")]
    assert sizes[1] < 0.8 * sizes[0]
