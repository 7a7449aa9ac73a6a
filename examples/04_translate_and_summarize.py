"""Translates as it goes, piece by piece; then chooses the sentences that say most of a text.

Run it from the suite's folder: .venv/bin/python -m examples.04_translate_and_summarize
"""

from models.catalog import card_of
from models.extractive_summary import ExtractiveSummarizer
from models.text_to_text import TextToText

LETTER = """Where is the station?
The children are playing in the garden.
I am very tired."""
ARTICLE = """The city opened its new library on Monday. The library has room for two hundred thousand books. Its roof is
covered with solar panels. Children drew the pictures on its walls. The old library had become too small for its books.
A bakery has opened next door. The mayor said that the library belongs to everybody in the city."""

translator = TextToText.load(card_of("aula/t5-mini"))
for piece in translator.translate(LETTER, target="french"):  # an iterator: closing it stops the work
    print(f"{piece.source}  →  {piece.text}")

summarizer = ExtractiveSummarizer.load(card_of("aula/extractive"))
for sentence in summarizer.select(ARTICLE, length="medium").sentences:
    print("*" if sentence.chosen else " ", f"{sentence.score:.2f}", sentence.text)
