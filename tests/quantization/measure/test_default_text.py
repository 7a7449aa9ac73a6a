"""The text that is measured where nobody gives one."""

from quantization.measure.default_text import spanish_text


def test_the_measured_text_is_spanish_and_about_250_words() -> None:
    text = spanish_text()
    assert 200 <= len(text.split()) <= 300
    assert all(letter in text for letter in "áéíóúñ«")
