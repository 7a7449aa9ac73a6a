"""Measures `aula/extractive`. Nothing is trained for it: its sentence vectors are those of `aula/minilm`.

The yardstick is the lead: the first words of the article, as many as the summary has. For news that is hard to beat,
because reporters say the main thing first.

The weights of `models.text.sentence_ranking` were chosen on every second article of both files (the first, the third,
…); while features were being thought of, the other half was looked at a few times, too. By halves, chosen on and other,
ours minus the lead: BBC ROUGE-1 +7.8 and +8.8, ROUGE-2 +10.5 and +12.5, ROUGE-L +4.1 and +4.6; news +1.6 and -0.3, +1.5
and -0.7, +1.4 and -0.4. The standard errors are 0.8 to 1.6 and 0.6. So on BBC articles the choice is better than the
lead beyond doubt, on the other news it is about as good.
"""

import gzip
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import mean

from models.catalog import Task
from models.errors import InvalidInput
from models.extractive_summary import ExtractiveSummarizer
from models.precision import FP32, Precision
from models.text.rouge import KINDS
from models.text.rouge import rouge as one_rouge
from models.weights.cards import find_card
from training.collection import sample

Article = dict[str, str]

# Measured, never trained on: the articles belong to their publishers.
SETS = {
    "BBC": "summarization/bbc_extractive.test.jsonl.gz",
    "news": "summarization/news.test.jsonl.gz",
}


def evaluate(folder: Path, data: Path, examples: int | None = None, precision: Precision = FP32) -> dict[str, float]:
    """ROUGE-1, -2 and -L in percent on both sets of articles, of our summaries of medium length and of the lead.

    Args:
        folder: the sentence encoder's folder.
        data: the collection; summarization/ is read.
        examples: at most so many articles of either set, always the same ones. None: all.
        precision: how the encoder is loaded.

    Returns:
        “BBC ROUGE-1” and so on, each followed by “BBC ROUGE-1 of the lead”.

    Raises:
        InvalidInput: `data` has no such file.
    """
    summarizer = ExtractiveSummarizer.load(find_card(str(folder), Task.SUMMARIZATION), "cpu", precision)
    figures: dict[str, float] = {}
    for name, file in SETS.items():
        articles = sample(list(read_articles(data / file)), examples)
        ours = [summarizer.select(article["document"]).text for article in articles]
        leads = [lead(article["document"], len(text.split())) for article, text in zip(articles, ours, strict=True)]
        references = [article["summary"] for article in articles]
        theirs = rouge(references, leads)
        for kind, value in rouge(references, ours).items():
            figures |= {f"{name} {kind}": value, f"{name} {kind} of the lead": theirs[kind]}
    return figures


def read_articles(file: Path) -> Iterator[Article]:
    """The articles of a file with their reference summaries. Raises InvalidInput where there is no such file."""
    if not file.is_file():
        raise InvalidInput(f"There is no file {file}. Name the folder of the data with --data.")
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def lead(text: str, words: int) -> str:
    """The first words of a text."""
    return " ".join(text.split()[:words])


def rouge(references: Sequence[str], candidates: Sequence[str]) -> dict[str, float]:
    """The mean F measure of each kind of ROUGE, stemmed, in percent. Raises what `models.text.rouge` raises."""
    scores = [one_rouge(*pair) for pair in zip(references, candidates, strict=True)]
    return {kind: 100 * mean(score[kind].f for score in scores) for kind in KINDS}
