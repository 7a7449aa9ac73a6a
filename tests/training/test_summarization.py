"""Summaries measured by ROUGE beside the lead of each article."""

import gzip
import json
from pathlib import Path

import pytest

from models.catalog import ModelCard, Task
from models.errors import InvalidInput
from models.extractive_summary import ExtractiveSummarizer
from models.folders import EMBEDDED
from tests.conftest import TinyModels
from training.summarization import SETS, evaluate, lead, rouge

DOCUMENT = "The train leaves at nine. Nobody was there. The train to the sea leaves late. It rained. We went home."


def write(data: Path, articles: int) -> None:
    for file in SETS.values():
        (data / file).parent.mkdir(parents=True, exist_ok=True)
        with gzip.open(data / file, "wt", encoding="utf-8") as lines:
            for number in range(articles):
                article = {"id": str(number), "document": f"{number} {DOCUMENT}", "summary": "The train leaves late."}
                lines.write(json.dumps(article) + "\n")


def test_rouge_by_hand() -> None:
    # Stemmed: “trains leave” is “train leav”. 2 of 3 words and 1 of 2 pairs are the reference's 4 words and 3 pairs.
    found = rouge(["the train leaves late"], ["trains leave home"])
    assert found["ROUGE-1"] == pytest.approx(100 * 2 * 2 / (3 + 4))
    assert found["ROUGE-2"] == pytest.approx(100 * 2 * 1 / (2 + 3))
    assert found["ROUGE-L"] == pytest.approx(100 * 2 * 2 / (3 + 4))


def test_rouge_is_the_mean() -> None:
    assert rouge(["a b", "a b"], ["a b", "c d"]) == {"ROUGE-1": 50, "ROUGE-2": 50, "ROUGE-L": 50}


def test_the_lead_is_as_long_as_it_is_told() -> None:
    assert lead("One two.\nThree four.", 3) == "One two. Three"


def test_both_are_measured_on_both_sets(tmp_path: Path, tiny_models: TinyModels) -> None:
    write(tmp_path, 3)
    folder = tiny_models.sentence_encoder()

    figures = evaluate(folder, tmp_path, examples=2)

    names = [f"{name} {kind}" for name in SETS for kind in ("ROUGE-1", "ROUGE-2", "ROUGE-L")]
    assert list(figures) == [text for name in names for text in (name, f"{name} of the lead")]
    summarizer = ExtractiveSummarizer.load(ModelCard("tiny", Task.SUMMARIZATION, path=folder), "cpu")
    texts = [summarizer.select(f"{number} {DOCUMENT}").text for number in (0, 1, 2)]
    possible = {
        round(rouge(["The train leaves late."] * 2, [texts[a], texts[b]])["ROUGE-1"], 6)
        for a, b in ((0, 1), (0, 2), (1, 2))
    }
    assert round(figures["BBC ROUGE-1"], 6) in possible


def test_without_the_data_there_is_a_sentence(tmp_path: Path, tiny_models: TinyModels) -> None:
    with pytest.raises(InvalidInput, match="--data"):
        evaluate(tiny_models.sentence_encoder(), tmp_path)


def test_a_sample_of_the_articles_is_summarized_better_than_by_its_lead(shared: Path) -> None:
    figures = evaluate(EMBEDDED / "minilm", shared / "data", examples=15)
    for kind in ("ROUGE-1", "ROUGE-2", "ROUGE-L"):
        assert figures[f"BBC {kind}"] > figures[f"BBC {kind} of the lead"]
        # Of all 300 articles the difference is half a point, with a standard error of two on a sample of this size.
        assert figures[f"news {kind}"] > figures[f"news {kind} of the lead"] - 4
