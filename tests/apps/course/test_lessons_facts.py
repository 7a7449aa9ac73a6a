"""What the walkthroughs of the demo pages claim is what the embedded models do, and is the same in both languages."""

import re
import threading
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from apps.demos.question_answering.words import EXAMPLES, LIGHTHOUSE
from apps.demos.step_by_step.words import EXAMPLES as STEPPED
from apps.demos.step_by_step.words import TEXT as STEP_TEXT
from apps.demos.text_classification.words import TO_CLASSIFY
from apps.demos.text_to_image.words import EXAMPLES as DRAWN
from apps.demos.tokenizers.words import EXAMPLES as TOKENIZED
from apps.demos.tokenizers.words import PARAGRAPHS, TEXT, TRAINING_TEXT
from apps.demos.transfer_learning.data import sample
from apps.demos.translate_summarize.compare_words import EXAMPLES as COMPARED
from apps.demos.translate_summarize.summaries import OWN, Summary, compared, summarize_with
from apps.demos.translate_summarize.words import TO_SELECT, TO_SUMMARIZE, TO_TRANSLATE, TO_TRANSLATE_MINI
from models.catalog import Task
from models.pictures.points_from_noise import Moment, Points, draw, figures
from models.step_by_step import StepByStep
from models.steps.asked import Asked
from models.steps.next_token import next_probabilities
from models.text.summary_facts import SourceText
from models.tokenization import TextTokenizer
from models.weights.cards import find_card
from models.weights.tokenizers import find_tokenizer
from quantization.predict.pipeline import pipeline_memory
from quantization.recipes import find_precision
from serving.gold_work import answer_rows, graded, guessed, results_of
from serving.loading import ModelKey, load
from training.exploration.reading import open_table
from training.exploration.tables import chosen_columns, explore_tables
from training.text_data import SAMPLE, read_texts
from training.tokenizer import BYTE_BPE, TokenizerPlan, train_tokenizer

ROOT = Path(__file__).parents[3]
COURSES, IMAGES = ROOT / "courses", ROOT / "images"
PAGES = (
    "question_answering", "translate_summarize", "text_classification", "tokenizers", "object_detection",
    "image_classification", "text_to_image", "datasets", "transfer_learning", "teach_pictures", "step_by_step",
)  # fmt: skip
OFFERED = {
    "question_answering": {*EXAMPLES},
    "translate_summarize": {*TO_TRANSLATE, *TO_TRANSLATE_MINI, *TO_SELECT, *TO_SUMMARIZE, *COMPARED},
    "text_classification": {*TO_CLASSIFY},
    "tokenizers": {*TOKENIZED},
    "text_to_image": {*DRAWN},
    "step_by_step": {name for examples in STEPPED.values() for name in examples},
}
NEAR = 0.03  # “about”


def text_of(page: str, language: str = "en") -> str:
    return (COURSES / language / f"{page}.md").read_text(encoding="utf-8")


def blocks(text: str, word: str) -> list[str]:
    return re.findall(rf"^```{word}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def photograph(name: str) -> Image.Image:
    return Image.open(IMAGES / f"{name}.jpg").convert("RGB")


@cache
def loaded(task: Task, model_id: str) -> Any:
    return load(ModelKey(task, model_id, "cpu", "fp32"))


@pytest.fixture(scope="module", autouse=True)
def no_model_stays() -> Iterator[None]:
    yield
    loaded.cache_clear()
    tokenizer.cache_clear()


# Both languages


@pytest.mark.parametrize("page", PAGES)
def test_both_languages_set_and_ask_the_same(page: str) -> None:
    english, spanish = text_of(page), text_of(page, "es")
    for word in ("set", "computed", "text"):
        assert blocks(english, word) == blocks(spanish, word)
    for text in (english, spanish):
        steps, quiz = text.split("\n# Quiz\n")
        assert 6 <= steps.count("\n## ") <= 8
        assert quiz.count("\n## ") == 5
        assert quiz.count("- [x]") + len(blocks(quiz, "computed")) == 5
    assert re.findall(r"^- \[(.)\]", english, re.MULTILINE) == re.findall(r"^- \[(.)\]", spanish, re.MULTILINE)


@pytest.mark.parametrize("page", OFFERED)
def test_the_examples_that_a_walkthrough_names_are_on_its_page(page: str) -> None:
    named = {
        line.removeprefix("example: ")
        for block in blocks(text_of(page), "set")
        for line in block.splitlines()
        if line.startswith("example: ")
    }
    assert named
    assert named <= OFFERED[page]


# Texts


@pytest.mark.weights
def test_the_wrong_answer_has_the_higher_score() -> None:
    model = loaded(Task.QUESTION_ANSWERING, "aula/qa-minilm")
    asked = ["Who built the lighthouse?", "Who painted the lighthouse?"]
    built, painted = (reading.answers[0] for reading in model.attempt_many(asked, LIGHTHOUSE, top_k=3, no_answer=True))
    assert built.text == painted.text == "Margaret Halloran"
    assert built.score == pytest.approx(0.80, abs=NEAR)
    assert painted.score == pytest.approx(0.82, abs=NEAR)
    assert painted.score > built.score
    built, painted = (
        reading.answers[0]
        for reading in model.attempt_many(asked, LIGHTHOUSE, top_k=3, no_answer=True, no_answer_threshold=-0.8)
    )
    assert (built.text, painted.text) == ("", "Margaret Halloran")


@pytest.mark.weights
def test_what_goes_wrong_with_sums_and_in_spanish() -> None:
    model = loaded(Task.QUESTION_ANSWERING, "aula/qa-minilm")
    found = {}
    for example in ("A sum (goes wrong)", "El club de fútbol (español)", "A question without an answer"):
        values = EXAMPLES[example]
        questions = values["qa-questions"].splitlines()
        readings = model.attempt_many(questions, values["qa-context"], top_k=1, no_answer=True)
        found |= dict(zip(questions, (reading.answers[0].text for reading in readings), strict=True))
    assert found["How many years after it was built did the lighthouse get electricity?"] == "nineteen years"
    assert found["For how many years did families live on the rock?"] == "Three"
    assert found["¿Quién marcó el gol en 1956?"] == ""
    assert found["How many ships sank near Gannet Rock?"] == ""


@pytest.mark.weights
def test_one_word_turns_a_label_and_a_compliment_is_taken_for_a_complaint() -> None:
    model = loaded(Task.TEXT_CLASSIFICATION, "aula/sentiment-minilm")
    expected = {
        "This film is good.": ("positive", 0.99),
        "This film is not good.": ("negative", 0.97),
        "I was never bored, not for a single minute.": ("negative", 0.93),
        "Nobody who loves music should miss this concert.": ("negative", 0.94),
        "The room was spotless.": ("negative", 0.99),
        "The room was clean.": ("positive", 0.71),
        "Milk, eggs, bread, two lemons.": ("negative", 0.79),
        "The best sleep that I ever had in a cinema.": ("positive", 0.95),
    }
    for result in model.classify_each(list(expected)):
        label, score = expected[result.text]
        assert result.label == label
        assert result.score == pytest.approx(score, abs=NEAR)
    words = model.explain("This film is not good.", "negative")
    assert max(words, key=lambda word: word.importance).text == "not"


@pytest.mark.weights
def test_the_nurse_becomes_a_woman() -> None:
    model = loaded(Task.TEXT_TO_TEXT, "aula/t5-mini")
    said = [piece.text for piece in model.translate("She is a doctor. He is a nurse.", "french")]
    assert said == ["C'est un médecin.", "C'est une infirmière."]


@pytest.mark.weights
def test_a_technical_sentence_stammers_and_proverbs_are_taken_word_for_word() -> None:
    model = loaded(Task.TEXT_TO_TEXT, "aula/t5-mini")

    def written(example: str) -> str:
        return " ".join(piece.text for piece in model.translate(TO_TRANSLATE_MINI[example].text, "french"))

    technical = written("A technical sentence")
    assert "par le fabricant que le fabricant" in technical
    assert "wheels" in technical
    assert "des chats" in written("Proverbs")
    assert "un morceau de gâteau" in written("Proverbs")


@pytest.mark.weights
def test_which_sentences_a_summary_takes() -> None:
    model = loaded(Task.SUMMARIZATION, "aula/extractive")

    def chosen(example: str, length: str) -> list[int]:
        *_, selection = model.summarize(TO_SELECT[example].text, length)
        return [number for number, sentence in enumerate(selection.sentences, 1) if sentence.chosen]

    assert chosen("A news report", "medium") == [1, 2, 4, 12]
    assert chosen("How bees learn", "medium") == [1, 2, 3]
    assert max(chosen("How bees learn", "long")) > 3


@pytest.mark.weights
def test_how_often_reviews_are_judged_rightly_in_two_languages() -> None:
    model = loaded(Task.TEXT_CLASSIFICATION, "aula/sentiment-minilm")
    accuracy, between = {}, {}
    for language in ("English", "Spanish"):
        rows = read_texts(sample(language), SAMPLE.name, "text", "label").rows
        results = results_of(list(answer_rows(model, rows, threading.Event(), even_if_unreadable=False)))
        grade = graded(rows, results, guessed(("negative", "positive"), rows), len(rows))
        assert (len(rows), grade.majority) == (180, 0.5)
        accuracy[language] = round(grade.accuracy, 2)
        between[language] = next(round(each.accuracy, 2) for each in grade.bins if each.low == pytest.approx(0.7))
    assert accuracy == {"English": 0.93, "Spanish": 0.57}
    assert between["Spanish"] == pytest.approx(0.56, abs=NEAR)
    assert between["English"] > 0.85


@pytest.mark.weights
def test_an_inventing_summary_scores_higher_than_an_honest_one() -> None:
    example = COMPARED["A summary that invents"]
    model = loaded(Task.SUMMARIZATION, "aula/extractive")
    short = summarize_with(model, example.text, "short", {}, threading.Event(), False, lambda step: None)
    found, _ = compared(SourceText(example.text), (short, Summary(OWN, example.own)), example.reference)
    honest, inventing = ((each.facts, each.scores) for each in found)
    assert [round(scores["ROUGE-1"].f, 2) for _, scores in (honest, inventing)] == [0.39, 0.46]
    assert (honest[0].coverage, honest[0].callouts) == (1.0, ())
    assert {callout.text for callout in inventing[0].callouts} == {"Daniel Quinn", "Monday", "12,000", "Springfield"}
    assert "two" in example.text
    assert "two years" in example.own


# Steps


def stepped(task: Task, model_id: str, text: str) -> dict[str, Any]:
    """What is to be seen after each step, by the step's name."""
    key = ModelKey(task, model_id, "cpu")
    steps = StepByStep.prepare(key.card, Asked(task, text), key.chosen_device, find_precision("fp32"))
    return {step.cell.name: step.look for step in steps.run(threading.Event())}


@pytest.mark.weights
def test_the_wrong_tokenizer_turns_a_compliment_into_a_complaint_and_says_nothing() -> None:
    seen = stepped(
        Task.TEXT_CLASSIFICATION, "aula/sentiment-minilm", STEPPED[Task.TEXT_CLASSIFICATION]["Not bad"][STEP_TEXT]
    )
    assert seen["tokens"].total == 10
    assert seen["logits"].as_dict()["labels"] == [
        {"label": "positive", "logit": pytest.approx(1.05, abs=0.005), "score": pytest.approx(0.85, abs=0.005)},
        {"label": "negative", "logit": pytest.approx(-0.65, abs=0.005), "score": pytest.approx(0.15, abs=0.005)},
    ]
    assert (seen["other"].answer, seen["other"].wrong_answer) == ("positive", "negative")
    for word in ("dollars", "offices"):
        assert word in seen["other"].as_read.split()
    by_accident = stepped(Task.TEXT_CLASSIFICATION, "aula/sentiment-minilm", "This film is bad.")
    assert (by_accident["other"].answer, by_accident["other"].wrong_answer) == ("negative", "negative")
    for table in (*seen["attention"].tables.values(), *by_accident["attention"].tables.values()):
        just_before, first = (
            table.weights[0, 2],
            table.weights[2, 7],
        )  # counted from 1: layer 1, head 3; layer 3, head 8
        assert just_before[1:].argmax(axis=1).tolist() == [*range(len(just_before) - 1)]
        assert first[:, 0].mean() > 0.85


@pytest.mark.weights
def test_what_temperature_and_top_k_make_of_the_next_token() -> None:
    examples = STEPPED[Task.TEXT_GENERATION]
    seen = stepped(Task.TEXT_GENERATION, "aula/gpt2-mini-es", examples["En la casa"][STEP_TEXT])
    logits = seen["logits"].logits
    assert (len(logits), seen["logits"].best[0][1]) == (8000, " tío")
    shares = [
        next_probabilities(logits, temperature, top_k, 1.0).max() for temperature, top_k in
        ((1.0, 0), (0.1, 0), (3.0, 0), (1.0, 3))
    ]  # fmt: skip
    assert shares == pytest.approx([0.559, 1.0, 0.0186, 0.798], rel=0.02)
    assert " ".join(seen["answer"].answer.split()) == "tío. Mi tío vive en la casa de mi tío."
    assert seen["other"].wrong_answer is None
    english = stepped(Task.TEXT_GENERATION, "aula/gpt2-mini-es", examples["English"][STEP_TEXT])
    assert english["other"].wrong_answer is not None


# Tokens


@cache
def tokenizer(tokenizer_id: str) -> TextTokenizer:
    return TextTokenizer.load(find_tokenizer(tokenizer_id))


def count(tokenizer_id: str, text: str) -> int:
    return tokenizer(tokenizer_id).tokenize(text, special_tokens=False).count


def test_what_the_same_text_costs_in_two_languages() -> None:
    for tokenizer_id, english, spanish in (("gpt-2", 33, 58), ("o200k", 33, 38), ("aula/gpt2-mini-es", 82, 38)):
        assert count(tokenizer_id, PARAGRAPHS["English"]) == english
        assert count(tokenizer_id, PARAGRAPHS["Spanish"]) == spanish
    assert [count(each, TOKENIZED["Two languages"][TEXT]) for each in ("gpt-2", "o200k")] == [30, 19]


def test_what_is_lost_of_emoji_and_of_a_word() -> None:
    minilm = tokenizer("aula/minilm")
    assert minilm.tokenize(TOKENIZED["Emoji"][TEXT], special_tokens=False).unknown == 5
    pieces = [token.piece for token in minilm.tokenize("spotless pointless", special_tokens=False).tokens]
    assert pieces == ["spot", "##less", "pointless"]
    assert count("o200k", " 👩‍👩‍👧‍👦") == 11


def test_what_a_tokenizer_of_tongue_twisters_learns() -> None:
    trained = train_tokenizer(TRAINING_TEXT, TokenizerPlan(kind=BYTE_BPE, vocabulary=500, least=2, lowercase=False))
    assert trained.vocabulary == 349
    mine = TextTokenizer.from_json(find_tokenizer("gpt-2"), trained.json)
    assert mine.tokenize(TRAINING_TEXT, special_tokens=False).count == 183
    assert count("gpt-2", TRAINING_TEXT) == 172


# Pictures


@pytest.mark.weights
def test_a_hinge_is_surer_to_be_a_person_than_an_astronaut() -> None:
    model = loaded(Task.OBJECT_DETECTION, "aula/yolov5s")
    hinge, astronaut = model.candidates(photograph("astronaut")).select().detections
    assert (hinge.label, astronaut.label) == ("person", "person")
    assert hinge.confidence == pytest.approx(0.42, abs=NEAR)
    assert astronaut.confidence == pytest.approx(0.27, abs=NEAR)
    assert hinge.box[0] > 450  # of 512 pixels: at the right edge
    [alone] = model.candidates(photograph("astronaut"), 320).select().detections
    assert alone.confidence == pytest.approx(0.83, abs=NEAR)
    assert alone.box[2] - alone.box[0] > 300
    assert not model.candidates(photograph("chelsea"), 1280).select().detections
    assert model.candidates(photograph("chelsea"), 320).select().detections


@pytest.mark.weights
def test_what_the_sliders_choose_among() -> None:
    model = loaded(Task.OBJECT_DETECTION, "aula/yolov5s")
    zidane, bus = (model.candidates(photograph(name)) for name in ("zidane", "bus"))
    assert [len(zidane.select(iou=iou).detections) for iou in (0.45, 0.9)] == [3, 10]
    counts = [len(bus.select(confidence=confidence).detections) for confidence in (0.6, 0.25, 0.05)]
    assert counts[:2] == [4, 5]
    assert all(fewer < more for fewer, more in pairwise(counts))


@pytest.mark.weights
def test_the_photographer_has_no_label() -> None:
    model = loaded(Task.IMAGE_CLASSIFICATION, "aula/efficientnet-lite0")
    pictures = [photograph(name) for name in ("photographer", "chelsea", "astronaut", "coffee", "bus")]
    photographer, cat, astronaut, coffee, bus = model.classify(pictures, 5)
    assert photographer.label == "tripod"
    assert photographer.score == pytest.approx(0.94, abs=NEAR)
    assert any("harmonica" in one.label for one in photographer.top)
    names = [name for label in photographer.labels for name in label.split(", ")]
    assert {"person", "man", "woman"}.isdisjoint(names)
    assert {"ballplayer", "groom", "scuba diver"} <= {*names}
    assert sum(one.score for one in cat.top[:3]) == pytest.approx(0.92, abs=NEAR)
    assert astronaut.label == "football helmet"
    assert (coffee.label, bus.label) == ("espresso", "minibus")


# Noise


BESIDE = 0.15  # from the nearest point of a figure whose variance is 1


def heart_of(steps: int = 20, guidance: float = 1.0, seed: int = 0) -> list[Moment]:
    return list(draw("a heart", steps, guidance, seed))


def distances(points: Points, others: Points) -> Points:
    """From each of `points` to the nearest of `others`."""
    return np.linalg.norm(points[:, None] - others[None], axis=2).min(axis=1)


def from_the_heart(points: Points) -> Points:
    return distances(points, figures()["a heart"])


def test_the_first_guess_is_the_middle_where_the_heart_has_no_point() -> None:
    first, *_ = heart_of()
    heart = figures()["a heart"]
    assert len(first.points) == 400
    assert np.linalg.norm(first.guess, axis=1).mean() < 0.15
    assert np.linalg.norm(heart, axis=1).min() > 0.4
    [blot] = heart_of(1)[1:]
    assert np.allclose(blot.points, first.guess)


def test_the_heart_is_decided_between_the_steps_8_and_16() -> None:
    guessed = [from_the_heart(moment.guess).mean() for moment in heart_of()]
    there = [from_the_heart(moment.points).mean() for moment in heart_of()]
    assert guessed[12] < guessed[0] / 2
    assert there[8] > there[12] > 2 * there[16]
    assert there[16] - there[20] < 0.1


def test_how_many_points_lie_beside_the_heart_with_few_steps_and_with_more() -> None:
    beside = {steps: int((from_the_heart(heart_of(steps)[-1].points) > BESIDE).sum()) for steps in (5, 20)}
    assert beside == {5: 39, 20: 2}


def test_with_another_seed_the_point_inside_the_heart_is_gone() -> None:
    points, others, again = (heart_of(seed=seed)[-1].points for seed in (0, 1, 0))
    lost = points[[from_the_heart(points).argmax()]]
    assert from_the_heart(lost).item() > 0.25
    assert np.linalg.norm(lost) < 1.5
    assert distances(lost, others).item() > 0.05
    assert np.array_equal(points, again)


def test_guidance_makes_the_heart_crisper_and_then_tears_holes_into_it() -> None:
    last = {guidance: heart_of(guidance=guidance)[-1].points for guidance in (1.0, 3.0, 5.0)}
    assert from_the_heart(last[3.0]).mean() < 0.6 * from_the_heart(last[1.0]).mean()
    bare = {each: (distances(figures()["a heart"], points) > BESIDE).mean() for each, points in last.items()}
    assert bare[1.0] < 0.01
    assert bare[5.0] > 0.1


def test_what_the_weights_of_the_smaller_model_take() -> None:
    card = find_card("nota-ai/bk-sdm-tiny", Task.TEXT_TO_IMAGE)
    weights = pipeline_memory(card, "fp32", None, None).weights
    assert weights is not None
    assert round(weights / 1e9, 1) == 3.3
    assert "3.3 GB" in text_of("text_to_image", "en")
    assert "3,3 GB" in text_of("text_to_image", "es")


# Data


def test_the_file_of_the_walkthrough_has_a_leak_and_a_conflict() -> None:
    [content] = blocks(text_of("datasets"), "text")
    opened = open_table(content.encode(), "canteen.csv")
    report = explore_tables((opened,), chosen_columns(opened.table))
    assert report.texts is not None
    [leak] = report.texts.leaks
    assert (leak.first, leak.second, leak.near, leak.total) == ("train", "test", 2, 3)
    assert len(report.texts.facts.conflicts) == 1
