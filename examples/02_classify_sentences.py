"""Are these reviews positive or negative? And which words made the difference?

Run it from the suite's folder: .venv/bin/python -m examples.02_classify_sentences
"""

from models.catalog import card_of
from models.text_classification import TextClassifier

REVIEWS = (
    "A warm, funny and beautifully acted film.",
    "The plot is a mess, and two hours feel like five.",
    "This film is not bad at all.",
)

classifier = TextClassifier.load(card_of("aula/sentiment-minilm"))

for result in classifier.classify(REVIEWS):
    words = classifier.explain(result.text)  # each word is masked in turn: by how much does the score fall?
    strongest = max(words, key=lambda word: word.importance)
    print(f"{result.label:8}  {result.score:.2f}  {result.text}  (most of all: “{strongest.text}”)")
