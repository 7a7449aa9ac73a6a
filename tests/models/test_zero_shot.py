"""ZeroShotClassifier against transformers' own pipeline, LabelSimilarity against cosines worked out by hand."""

import json
import shutil
import threading
from pathlib import Path

import pytest
import torch
from transformers import AutoModel, AutoModelForSequenceClassification, AutoTokenizer, pipeline

from models.catalog import ModelCard, Task
from models.errors import Cancelled, InvalidInput, UnsupportedCheckpoint
from models.failures import Failure
from models.text.label_sentences import LabelSentences
from models.zero_shot import LabelScores, LabelSimilarity, ZeroShotClassifier
from tests.conftest import TinyModels

TEXTS = ["A wonderful film with great actors!", "The food was cold and the waiter was rude."]
LABELS = ("film", "food", "great book")
SENTENCE = "This was a {}."


def nli_card(folder: Path) -> ModelCard:
    return ModelCard("tiny", Task.ZERO_SHOT, path=folder)


@pytest.fixture
def nli(tiny_models: TinyModels) -> ZeroShotClassifier:
    return ZeroShotClassifier.load(nli_card(tiny_models.bert_nli()), "cpu")


@pytest.fixture
def likeness(tiny_models: TinyModels) -> LabelSimilarity:
    return LabelSimilarity.load(ModelCard("tiny", Task.LABEL_SIMILARITY, path=tiny_models.sentence_encoder()), "cpu")


def sort(sorter: ZeroShotClassifier | LabelSimilarity, texts: list[str], **wanted: object) -> list[LabelScores]:
    return list(sorter.sort_each(texts, LabelSentences(**{"labels": LABELS, "template": SENTENCE, **wanted})))


@pytest.mark.parametrize("several", [False, True])
def test_the_numbers_are_those_of_the_pipeline(nli: ZeroShotClassifier, tiny_models: TinyModels, several: bool) -> None:
    folder = tiny_models.bert_nli()
    theirs = pipeline(
        "zero-shot-classification",
        model=AutoModelForSequenceClassification.from_pretrained(folder),
        tokenizer=AutoTokenizer.from_pretrained(folder),
        device="cpu",
    )
    for text, found in zip(TEXTS, sort(nli, TEXTS, several=several), strict=True):
        expected = theirs(text, list(LABELS), hypothesis_template=SENTENCE, multi_label=several)
        assert found.scores == pytest.approx(dict(zip(expected["labels"], expected["scores"], strict=True)), abs=1e-5)
        assert found.label == expected["labels"][0]


def renamed(folder: Path, target: Path, names: list[str]) -> Path:
    """The same model with other names for its outputs."""
    shutil.copytree(folder, target)
    config = json.loads((target / "config.json").read_text(encoding="utf-8"))
    config["id2label"] = dict(enumerate(names))
    config["label2id"] = {name: number for number, name in enumerate(names)}
    (target / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return target


def test_which_output_means_entailment_is_read_from_the_configuration(tiny_models: TinyModels, tmp_path: Path) -> None:
    """With names that stand in another order, entailment against contradiction are other outputs."""
    folder = renamed(tiny_models.bert_nli(), tmp_path / "other", ["NEUTRAL", "ENTAILMENT", "CONTRADICTION"])
    found = sort(ZeroShotClassifier.load(nli_card(folder), "cpu"), TEXTS[:1], several=True)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSequenceClassification.from_pretrained(folder)
    for label in LABELS:
        with torch.no_grad():
            logits = model(**tokenizer(TEXTS[0], SENTENCE.format(label), return_tensors="pt")).logits[0]
        assert found[0].scores[label] == pytest.approx(float(logits[1:].softmax(0)[0]), abs=1e-5)


@pytest.mark.parametrize(
    "names", [["a", "b", "c"], ["entailment", "b", "c"], ["entails", "entailment", "contradiction"]]
)
def test_a_classifier_that_was_trained_for_something_else_is_refused(
    tiny_models: TinyModels, tmp_path: Path, names: list[str]
) -> None:
    folder = renamed(tiny_models.bert_nli(), tmp_path / "other", names)
    with pytest.raises(UnsupportedCheckpoint, match="means that a text implies a sentence"):
        ZeroShotClassifier.load(nli_card(folder), "cpu")


def test_similarity_is_the_cosine_of_text_and_sentence(likeness: LabelSimilarity, tiny_models: TinyModels) -> None:
    folder = tiny_models.sentence_encoder()
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder, add_pooling_layer=False)

    def vector(text: str) -> torch.Tensor:
        with torch.no_grad():
            return model(**tokenizer(text, return_tensors="pt")).last_hidden_state[0].mean(0)

    for text, found in zip(TEXTS, sort(likeness, TEXTS), strict=True):
        for label in LABELS:
            cosine = torch.cosine_similarity(vector(text), vector(SENTENCE.format(label)), dim=0)
            assert found.scores[label] == pytest.approx(float(cosine), abs=1e-5)


def test_a_similarity_is_called_what_it_is_and_decides_nothing(likeness: LabelSimilarity) -> None:
    [found] = sort(likeness, TEXTS[:1], several=True)
    plain = found.as_dict()
    assert plain["measure"] == (
        "similarity of the text and the label's sentence, not a probability that it was trained for"
    )
    assert found.true_labels is None
    assert "true_labels" not in plain


def test_true_labels_are_those_above_one_half_best_first() -> None:
    found = LabelScores("x", {"a": 0.6, "b": 0.4, "c": 0.9}, several=True)
    assert found.true_labels == ("c", "a")
    assert LabelScores("x", {"a": 0.6, "b": 0.4}).true_labels is None


@pytest.mark.parametrize("which", ["nli", "likeness"])
def test_a_text_that_cannot_be_read_costs_only_itself(which: str, request: pytest.FixtureRequest) -> None:
    found = sort(request.getfixturevalue(which), [TEXTS[0], "\u200d", "far " * 30_000, TEXTS[1]])
    assert [isinstance(each, Failure) for each in found] == [False, True, True, False]
    assert [each.number for each in found if isinstance(each, Failure)] == [2, 3]


@pytest.mark.parametrize("which", ["nli", "likeness"])
def test_a_long_text_is_cut_and_says_so(which: str, request: pytest.FixtureRequest) -> None:
    [found] = sort(request.getfixturevalue(which), ["The food was cold. " * 60])
    assert found.truncated


def test_a_sentence_that_leaves_no_room_for_the_text_is_refused_at_once(nli: ZeroShotClassifier) -> None:
    with pytest.raises(InvalidInput, match=r"The sentence for “film film.*reads 64 of text and sentence together"):
        sort(nli, TEXTS, labels=("film " * 39 + "film", "food"))


@pytest.mark.parametrize("which", ["nli", "likeness"])
@pytest.mark.parametrize(
    ("wanted", "says"),
    [({"labels": ()}, "There is no label"), ({"labels": ("film", "漢字")}, "the label “漢字”")],
)
def test_labels_that_cannot_be_used_are_refused_at_once(
    which: str, wanted: dict[str, object], says: str, request: pytest.FixtureRequest
) -> None:
    with pytest.raises(InvalidInput, match=says):
        sort(request.getfixturevalue(which), TEXTS, **wanted)


@pytest.mark.parametrize("which", ["nli", "likeness"])
def test_stop_ends_it_between_two_texts(which: str, request: pytest.FixtureRequest) -> None:
    cancelled = threading.Event()
    work = request.getfixturevalue(which).sort_each(TEXTS, LabelSentences(LABELS), cancelled)
    next(work)
    cancelled.set()
    with pytest.raises(Cancelled):
        next(work)


def test_none_and_too_many_texts_are_refused(nli: ZeroShotClassifier) -> None:
    with pytest.raises(InvalidInput, match="There is no text"):
        sort(nli, [])
    with pytest.raises(InvalidInput, match="1,001 texts"):
        sort(nli, ["x"] * 1001)
