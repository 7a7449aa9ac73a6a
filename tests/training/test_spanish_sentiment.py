"""The training of the Spanish judge: an addition with its card, measured on reviews that it never learned from."""

import hashlib
import json
from pathlib import Path

import pytest

from models.catalog import Task
from models.folders import EMBEDDED, read_json
from models.text_classification import TextClassifier
from models.weights.card_file import figures, front_matter
from models.weights.cards import find_card
from tests.training.runs import events, run_in
from tests.training.tiny_data import film_reviews, pairs
from training import spanish_opinions, spanish_sentiment
from training.command import run_command
from training.spanish_sentiment import BAD, GOOD

REVIEWS = [("La comida estaba buena.", "1"), ("El hotel estaba sucio.", "0"), ("No vuelvo.", "0"), ("Genial.", "1")]


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    """A collection of 80 film sentences, 60 everyday pairs and four reviews."""
    folder = film_reviews(tmp_path_factory.mktemp("data"))
    rows = [(f"I am {word} number {number}.", f"Soy {word} {number}.") for number in range(30) for word in ("a", "b")]
    (folder / spanish_sentiment.REVIEWS).write_text("".join(f"{text}\t{label}\n" for text, label in REVIEWS))
    return pairs(folder, rows)


def told_by_heart(folder: Path) -> None:
    """What the translator and the judge would have made, in the folder of a run."""
    folder.mkdir(parents=True)
    films = [f"A {word} film, number {number} ." for number in range(40) for word in ("good", "bad")]
    (folder / spanish_opinions.TRANSLATED).write_text("".join(f"{text}\tes {text}\n" for text in films))
    judged = [(f"I am {word} number {number}.", label) for number in range(30)
              for word, label in (("a", "positive"), ("b", "negative"))]  # fmt: skip
    (folder / spanish_opinions.JUDGED).write_text("".join(f"{text}\t{label}\t0.9900\n" for text, label in judged))


@pytest.fixture(scope="module")
def trained(data, tiny_models, tmp_path_factory) -> Path:
    """A folder in which two steps were trained on a tiny writer."""
    folder = tmp_path_factory.mktemp("trained")
    told_by_heart(folder / "run")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spanish_sentiment, "BASE", str(tiny_models.gpt2()))
        spanish_sentiment.train(data, folder / "model", run_in(folder, steps=2), of_each=20)
    return folder


def test_its_figures_are_of_the_reviews_and_stand_in_the_card(trained, data) -> None:
    measured = spanish_sentiment.evaluate(trained / "model", data)
    assert measured.keys() == {"accuracy", "F1"}
    assert figures(trained / "model") == pytest.approx(measured, abs=1e-4)
    assert spanish_sentiment.evaluate(trained / "model", data, examples=1)["accuracy"] in (0, 1)
    assert front_matter(trained / "model")["language"] == ["es"]


def test_nothing_is_learned_from_reviews(trained) -> None:
    result = json.loads((trained / "run/result.json").read_text(encoding="utf-8"))
    assert result["data"]["everyday_sentences"] + result["data"]["film_sentences"] == result["data"]["train"]
    assert result["settings"]["method"] == "lora"
    assert events(trained, "end")[-1]["step"] == 2


def test_the_card_says_what_it_learned_from_and_what_it_says(trained) -> None:
    card = (trained / "model/README.md").read_text(encoding="utf-8")
    for told in ("agpl-3.0", "CC BY 4.0", "CC BY 2.0 FR", "rt_polarity", "nobody corrected", "Irony", "base.json"):
        assert told in card
    assert [line.split(" | ")[0].removeprefix("| ") for line in shown_in(card)] == [text for text, _ in (*GOOD, *BAD)]


def shown_in(card: str) -> list[str]:
    """The rows of a card that show a text and what it was said to be."""
    return [line for line in card.splitlines() if line.endswith(("| positive |", "| negative |"))]


def test_the_addition_says_which_weights_it_was_trained_with(trained, tiny_models) -> None:
    facts = json.loads((trained / "model/base.json").read_text(encoding="utf-8"))
    weights = (tiny_models.gpt2() / "model.safetensors").read_bytes()
    assert facts == {"base": str(tiny_models.gpt2()), "sha256": hashlib.sha256(weights).hexdigest()}


def test_its_command_trains_with_the_options_of_every_training(
    data, tiny_models, tmp_path, monkeypatch, capsys
) -> None:
    told_by_heart(tmp_path / "run")
    monkeypatch.setattr(spanish_sentiment, "BASE", str(tiny_models.gpt2()))
    options = {"--data": data, "--output": tmp_path / "model", "--run": tmp_path / "run", "--minutes": 9, "--seed": 1,
               "--threads": 1, "--steps": 1, "--everyday": 5, "--examples": 12}  # fmt: skip
    monkeypatch.setattr("sys.argv", ["spanish_sentiment", *(str(word) for pair in options.items() for word in pair)])
    with pytest.raises(SystemExit) as ended:
        run_command(spanish_sentiment.main)
    assert not ended.value.code
    assert "accuracy" in capsys.readouterr().out
    assert (tmp_path / "model/README.md").is_file()


@pytest.mark.weights
def test_the_real_translator_and_judge_make_spanish_of_praise_and_blame(data, tmp_path) -> None:
    films = ["a warm and funny film.", "a dull and badly told story."]
    texts = [spanish_opinions.as_typed(film) for film in films]
    written = spanish_opinions.translations(texts, tmp_path / "translated.tsv")
    assert "historia" in written[texts[1]]
    judged = spanish_opinions.judgements(texts, tmp_path / "everyday.tsv")
    assert [judged[text][0] for text in texts] == ["positive", "negative"]


# The embedded one


@pytest.mark.weights
def test_the_embedded_addition_stands_on_the_weights_that_are_embedded() -> None:
    facts = read_json(EMBEDDED / "sentiment-gpt2-mini-es/base.json")
    assert facts == spanish_sentiment.base_facts(), (
        "models/embedded/gpt2-mini-es is not the model that aula/sentiment-gpt2-mini-es was trained with. "
        "Train the addition anew: python -m training.spanish_sentiment (docs/training.md)."
    )


@pytest.mark.weights
def test_the_embedded_model_judges_as_its_card_shows() -> None:
    classifier = TextClassifier.load(find_card(spanish_sentiment.MODEL_ID, Task.TEXT_CLASSIFICATION), device="cpu")
    card = (EMBEDDED / "sentiment-gpt2-mini-es/README.md").read_text(encoding="utf-8")
    assert spanish_sentiment.shown(classifier, (*GOOD, *BAD)).splitlines() == shown_in(card)
    judged = classifier.classify([text for text, _ in (*GOOD, *BAD)])
    right = [one.label == label for one, (_, label) in zip(judged, (*GOOD, *BAD), strict=True)]
    assert right == [True] * len(GOOD) + [False] * len(BAD)
