"""TextClassifier against sums by hand, a slow loop of our own, and plain transformers one text at a time."""

import json
import math
import shutil
import threading
from pathlib import Path

import pytest
import torch
from peft import LoraConfig, get_peft_model
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    GPT2Config,
    GPT2ForSequenceClassification,
    RobertaConfig,
    RobertaForSequenceClassification,
)

from models import text_classification
from models.catalog import ModelCard, Task
from models.errors import Cancelled, InvalidInput, PrecisionNotApplicable, UnsupportedCheckpoint
from models.failures import Failure
from models.precision import BF16, FP32, PlainPrecision
from models.sentence_encoder import SentenceClassifier
from models.text import tokens as token_batches
from models.text_classification import Classification, TextClassifier
from tests.at_once import at_once

TEXTS = [
    "A wonderful film with great actors!",
    "The food was cold.",
    "I don't like this phone: it is slow, it gets hot, and I will never buy one again.",
    "¡Qué bien! 😀",
]
LONG = "The waiter was rude and the food was cold. " * 20
BUILDERS = ["bert_classifier", "distilbert_classifier", "sentence_classifier"]


def card(folder: Path) -> ModelCard:
    return ModelCard("tiny", Task.TEXT_CLASSIFICATION, path=folder)


def load(folder: Path, precision=FP32) -> TextClassifier:
    return TextClassifier.load(card(folder), "cpu", precision)


@pytest.fixture(params=BUILDERS)
def classifier(request: pytest.FixtureRequest, tiny_models) -> TextClassifier:
    return load(getattr(tiny_models, request.param)())


@pytest.fixture
def bert(tiny_models) -> TextClassifier:
    return load(tiny_models.bert_classifier())


@pytest.fixture
def runs(classifier: TextClassifier):
    """The input ids of each run of the model."""
    seen: list[torch.Tensor] = []
    classifier.model.register_forward_pre_hook(lambda _, args, given: seen.append(given["input_ids"]), with_kwargs=True)
    return seen


def changed(folder: Path, target: Path, **settings) -> Path:
    """A copy of a checkpoint whose config.json says something else."""
    shutil.copytree(folder, target)
    config = json.loads((target / "config.json").read_text())
    (target / "config.json").write_text(json.dumps(config | settings))
    return target


def softmax(logits: list[float]) -> list[float]:
    total = math.fsum(math.exp(logit) for logit in logits)
    return [math.exp(logit) / total for logit in logits]


def plain_logits(classifier: TextClassifier, text: str) -> list[float]:
    """One text through the model alone, without attention mask or padding."""
    ids = classifier.tokenizer(text, truncation=True, max_length=64, return_tensors="pt")["input_ids"]
    with torch.no_grad():
        return classifier.model(input_ids=ids).logits[0].tolist()


# Scores


def test_scores_are_the_softmax_of_what_the_model_says(classifier: TextClassifier) -> None:
    for found, text in zip(classifier.classify([*TEXTS, LONG]), [*TEXTS, LONG], strict=True):
        expected = softmax(plain_logits(classifier, text))
        assert found.text == text
        assert tuple(found.scores) == classifier.labels
        assert list(found.scores.values()) == pytest.approx(expected, abs=1e-6)
        assert sum(found.scores.values()) == pytest.approx(1)
        assert found.score == max(found.scores.values())
        assert found.scores[found.label] == found.score


def test_each_architecture_gets_its_class_and_its_labels(tiny_models) -> None:
    found = {builder: load(getattr(tiny_models, builder)()) for builder in BUILDERS}
    assert {type(each.model).__name__ for each in found.values()} == {
        "BertForSequenceClassification",
        "DistilBertForSequenceClassification",
        "SentenceClassifier",
    }
    assert [each.labels for each in found.values()] == [
        ("negative", "neutral", "positive"),
        ("LABEL_0", "LABEL_1"),
        ("bad", "good"),
    ]


def test_labels_that_do_not_exclude_each_other_get_probabilities_of_their_own(tiny_models, tmp_path: Path) -> None:
    kind = "multi_label_classification"
    several = load(changed(tiny_models.bert_classifier(), tmp_path / "several", problem_type=kind))
    [found] = several.classify([TEXTS[0]])
    expected = [1 / (1 + math.exp(-logit)) for logit in plain_logits(several, TEXTS[0])]
    assert list(found.scores.values()) == pytest.approx(expected, abs=1e-6)


def test_a_model_that_rates_with_a_number_is_refused(tiny_models, tmp_path: Path) -> None:
    folder = changed(tiny_models.bert_classifier(), tmp_path / "rating", problem_type="regression")
    with pytest.raises(UnsupportedCheckpoint, match="Choose a model that tells classes"):
        load(folder)


def test_labels_of_one_name_are_told_apart(tiny_models, tmp_path: Path) -> None:
    names = {"0": "other", "1": "good", "2": "other"}
    classifier = load(changed(tiny_models.bert_classifier(), tmp_path / "twice", id2label=names, label2id={}))
    assert classifier.labels == ("other (0)", "good", "other (2)")
    assert len(classifier.classify(["good"])[0].scores) == 3


@pytest.mark.parametrize("builder", BUILDERS)
def test_bf16_gives_nearly_the_same(tiny_models, builder: str) -> None:
    folder = getattr(tiny_models, builder)()
    full, small = load(folder), load(folder, BF16)
    assert small.precision == "bf16"
    assert small.footprint < full.footprint
    for one, other in zip(full.classify(TEXTS), small.classify(TEXTS), strict=True):
        assert list(other.scores.values()) == pytest.approx(list(one.scores.values()), abs=0.06)
        assert sum(other.scores.values()) == pytest.approx(1, abs=1e-6)


def test_overflow_is_an_error_that_names_what_works(tiny_models) -> None:
    class Overflowing(PlainPrecision):
        def apply(self, model: torch.nn.Module, reader: object = None) -> torch.nn.Module:
            torch.nn.init.constant_(model.classifier.bias, float("inf"))
            return model

    broken = load(tiny_models.bert_classifier(), Overflowing("fp16", "float32", ""))
    with pytest.raises(PrecisionNotApplicable, match=r"overflow in fp16\. Load it in bf16 or fp32"):
        broken.classify(["good"])


# Texts


def test_long_texts_are_cut_and_say_so(classifier: TextClassifier, runs: list) -> None:
    short, long = classifier.classify([TEXTS[1], LONG])
    assert (short.truncated, long.truncated) == (False, True)
    assert max(ids.shape[1] for ids in runs) == 64


def test_a_text_that_just_fits_is_whole(bert: TextClassifier) -> None:
    words = "the " * 62
    assert not bert.classify([words])[0].truncated
    assert bert.classify([words + "the"])[0].truncated


def test_special_tokens_in_a_text_mean_their_letters(classifier: TextClassifier, runs: list) -> None:
    classifier.classify(["good [SEP] [MASK] film"])
    special = {classifier.tokenizer.sep_token_id, classifier.tokenizer.mask_token_id}
    assert [number for number in runs[0][0].tolist() if number in special] == [classifier.tokenizer.sep_token_id]


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ([], "There is no text"),
        (["  \n"], "^There is no text"),
        (["good", ""], "^Text 2 of 2: There is no text"),
        (["a" * 100_001], "100,001 characters; at most 100,000"),
        (["good"] * 10_001, "10,001 texts, and at most 10,000"),
        (["good", "bytes \udcff"], "^Text 2 of 2: .*not UTF-8"),
        (["\u200b"], "There is no text"),
        (["\u0301"], "can read nothing in it"),
    ],
    ids=["none", "blank", "empty", "huge", "many", "surrogate", "invisible", "an accent alone"],
)
def test_texts_that_cannot_be_used_are_refused_at_once(bert: TextClassifier, texts: list[str], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        bert.classify_each(texts)


def test_a_text_that_cannot_be_used_leaves_the_others_their_scores(classifier: TextClassifier) -> None:
    texts = ["", TEXTS[0], "\u200b", "a" * 100_001, TEXTS[1], "bytes \udcff"]
    found = list(classifier.attempt_each(texts))
    assert [item.text for item in found] == texts
    assert [item.number for item in found if isinstance(item, Failure)] == [1, 3, 4, 6]
    for item, text in zip((found[1], found[4]), TEXTS[:2], strict=True):
        assert list(item.scores.values()) == pytest.approx(softmax(plain_logits(classifier, text)), abs=1e-6)


def test_a_text_of_letters_that_nobody_taught_it_is_named_unless_asked_for(bert: TextClassifier) -> None:
    texts = ["good", "щщщ жжж", "bad film"]
    first, failed, last = bert.attempt_each(texts)
    assert [(item.text, item.unreadable) for item in (first, last)] == [("good", 0), ("bad film", 0)]
    assert (failed.number, failed.text) == (2, texts[1])
    assert "cannot read 100 % of the text" in failed.error
    with pytest.raises(InvalidInput, match=r"^Text 2 of 3: .* cannot read 100 %"):
        bert.classify_each(texts)
    asked = list(bert.attempt_each(texts, even_if_unreadable=True))
    assert [item.unreadable for item in asked] == [0, 1, 0]
    assert asked[1].unreadable_signs == "щж"
    assert bert.classify(texts, even_if_unreadable=True) == asked


def test_a_text_too_large_for_the_memory_leaves_its_batch_to_the_others(bert: TextClassifier, monkeypatch) -> None:
    texts = ["good", "bad film", "The food was cold.", "fine"]
    largest = len(bert._reader.tokenize(texts[2]))

    def forgetful(*arguments, input_ids: torch.Tensor, **more) -> None:
        if input_ids.shape[1] >= largest:
            raise RuntimeError("CUDA out of memory")

    bert.model.register_forward_pre_hook(lambda _, arguments, given: forgetful(*arguments, **given), with_kwargs=True)
    found = list(bert.attempt_each(texts))
    assert [isinstance(item, Failure) for item in found] == [False, False, True, False]
    assert (found[2].number, found[2].text) == (3, texts[2])
    assert "memory" in found[2].error.lower()


@pytest.mark.parametrize("texts", [[], ["good"] * 10_001])
def test_what_is_wrong_with_all_texts_is_said_at_once(bert: TextClassifier, texts: list[str]) -> None:
    with pytest.raises(InvalidInput):
        bert.attempt_each(texts)


# Batches, and Stop


def test_a_batch_gives_what_each_text_gives_alone(classifier: TextClassifier, runs: list, monkeypatch) -> None:
    together = classifier.classify(TEXTS)
    assert [ids.shape[0] for ids in runs] == [4]
    monkeypatch.setitem(token_batches.TOKENS_AT_ONCE, "cpu", 1)
    alone = classifier.classify(TEXTS)
    assert [ids.shape[0] for ids in runs[1:]] == [1] * 4
    for one, other in zip(together, alone, strict=True):
        assert list(one.scores.values()) == pytest.approx(list(other.scores.values()), abs=1e-6)


def test_batches_stay_within_their_size(classifier: TextClassifier, runs: list, monkeypatch) -> None:
    monkeypatch.setitem(token_batches.TOKENS_AT_ONCE, "cpu", 90)
    found = classifier.classify([*TEXTS, LONG, *TEXTS])
    assert [each.text for each in found] == [*TEXTS, LONG, *TEXTS]
    assert 1 < len(runs) < 9
    assert all(ids.numel() <= 90 for ids in runs)


def test_results_come_batch_by_batch_and_stop_keeps_what_is_done(
    classifier: TextClassifier, runs: list, monkeypatch
) -> None:
    monkeypatch.setitem(token_batches.TOKENS_AT_ONCE, "cpu", 1)
    cancelled = threading.Event()
    results = classifier.classify_each(TEXTS, cancelled)
    first = next(results)
    assert (first.text, len(runs)) == (TEXTS[0], 1)
    cancelled.set()
    with pytest.raises(Cancelled):
        next(results)
    assert len(runs) == 1


def test_closing_the_iterator_stops_the_work(classifier: TextClassifier, runs: list, monkeypatch) -> None:
    monkeypatch.setitem(token_batches.TOKENS_AT_ONCE, "cpu", 1)
    results = classifier.classify_each(TEXTS)
    next(results)
    results.close()
    assert len(runs) == 1


# The words that matter


def naive_importances(classifier: TextClassifier, text: str, label: str) -> list[tuple[str, float]]:
    """Word by word: masks go where the word's pieces are found by their place in the tokenized text."""
    tokenizer, place = classifier.tokenizer, classifier.labels.index(label)
    pieces = tokenizer(text, return_offsets_mapping=True, truncation=True, max_length=64)
    ids, offsets = pieces["input_ids"], pieces["offset_mapping"]
    whole = softmax(plain_logits(classifier, text))[place]
    found, start = [], 0
    for word in text.split():
        start = text.index(word, start)
        bare = word.strip(".,:!¡")
        begin = start + word.index(bare)
        masked = [
            tokenizer.mask_token_id if first < begin + len(bare) and last > begin and last > first else number
            for number, (first, last) in zip(ids, offsets, strict=True)
        ]
        start += len(word)
        if masked != ids:
            with torch.no_grad():
                logits = classifier.model(input_ids=torch.tensor([masked])).logits[0].tolist()
            found.append((bare, whole - softmax(logits)[place]))
    return found


@pytest.mark.parametrize("text", [*TEXTS, LONG])
def test_importance_is_what_masking_the_word_costs(classifier: TextClassifier, text: str) -> None:
    for label in classifier.labels:
        explained = classifier.explain(text, label)
        expected = naive_importances(classifier, text, label)
        assert [word.text for word in explained] == [word for word, _ in expected]
        assert [word.importance for word in explained] == pytest.approx([cost for _, cost in expected], abs=1e-6)
        assert all(text[word.start : word.end] == word.text for word in explained)


def test_the_likeliest_label_is_explained_unless_another_is_named(bert: TextClassifier) -> None:
    likeliest = bert.classify([TEXTS[0]])[0].label
    assert bert.explain(TEXTS[0]) == bert.explain(TEXTS[0], likeliest)
    with pytest.raises(InvalidInput, match=r"no label “happy”\. Choose one of: negative, neutral, positive"):
        bert.explain(TEXTS[0], "happy")


def test_what_it_cannot_read_is_not_explained_unless_that_is_asked_for(bert: TextClassifier) -> None:
    with pytest.raises(InvalidInput, match="cannot read 100 % of the text"):
        bert.explain("☃☃☃ ☃☃")
    assert bert.explain("☃☃☃ ☃☃", even_if_unreadable=True)


def test_only_the_first_words_of_a_long_text_are_explained(bert: TextClassifier, monkeypatch) -> None:
    monkeypatch.setattr(text_classification, "MOST_WORDS", 5)
    assert [word.text for word in bert.explain(LONG)] == ["The", "waiter", "was", "rude", "and"]


def test_stop_ends_the_explanation(classifier: TextClassifier, runs: list, monkeypatch) -> None:
    monkeypatch.setitem(token_batches.TOKENS_AT_ONCE, "cpu", 1)
    cancelled = threading.Event()
    classifier.model.register_forward_hook(lambda *_: cancelled.set())
    with pytest.raises(Cancelled):
        classifier.explain(TEXTS[0], cancelled=cancelled)
    assert len(runs) == 1


# Other architectures


def test_gpt2_without_mask_and_padding_leaves_words_out_one_text_at_a_time(tiny_models, tmp_path: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(tiny_models.gpt2())
    torch.manual_seed(1)
    sizes = {"n_embd": 32, "n_layer": 1, "n_head": 2, "n_positions": 64, "initializer_range": 0.2}
    GPT2ForSequenceClassification(GPT2Config(vocab_size=len(tokenizer), **sizes)).save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    classifier = load(tmp_path)
    assert classifier.tokenizer.mask_token is None
    for found in classifier.classify(TEXTS):
        assert list(found.scores.values()) == pytest.approx(softmax(plain_logits(classifier, found.text)), abs=1e-6)
    words = classifier.explain("Me gusta mucho")
    assert [word.text for word in words] == ["Me", "gusta", "mucho"]
    label = classifier.classify(["Me gusta mucho"])[0].label
    shorter = softmax(plain_logits(classifier, "Me gusta"))[classifier.labels.index(label)]
    whole = softmax(plain_logits(classifier, "Me gusta mucho"))[classifier.labels.index(label)]
    assert words[2].importance == pytest.approx(whole - shorter, abs=1e-6)
    assert classifier.explain("gusta") == []


def test_roberta_reads_no_further_than_it_has_positions(tiny_models, tmp_path: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(tiny_models.roberta_qa(), model_max_length=10**30)
    torch.manual_seed(1)
    config = RobertaConfig(
        vocab_size=len(tokenizer), hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=64,
        max_position_embeddings=42, type_vocab_size=1, pad_token_id=tokenizer.pad_token_id,
    )  # fmt: skip
    RobertaForSequenceClassification(config).save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    classifier = load(tmp_path)
    lengths = []
    classifier.model.register_forward_pre_hook(
        lambda _, args, given: lengths.append(given["input_ids"].shape[1]), with_kwargs=True
    )
    assert classifier.classify([LONG])[0].truncated
    assert lengths == [40]


def test_a_model_of_another_task_is_refused(tiny_models) -> None:
    with pytest.raises(UnsupportedCheckpoint, match="not a text classification model"):
        load(tiny_models.bert_qa())
    with pytest.raises(UnsupportedCheckpoint):
        load(tiny_models.t5())


def test_a_head_of_ours_in_a_folder_that_says_nothing_of_it_is_refused(tiny_models, tmp_path: Path) -> None:
    folder = changed(tiny_models.sentence_classifier(), tmp_path / "unsaid", classifier_pooling=None)
    with pytest.raises(UnsupportedCheckpoint, match="pooler"):
        load(folder)


# What pages and terminal read


def test_a_classification_as_plain_json() -> None:
    found = Classification("Not bad", {"negative": 0.2, "positive": 0.8})
    assert json.loads(json.dumps(found.as_dict())) == {
        "text": "Not bad",
        "label": "positive",
        "score": 0.8,
        "scores": {"negative": 0.2, "positive": 0.8},
        "truncated": False,
        "unreadable": 0.0,
        "unreadable_signs": "",
    }


def test_loading_says_what_it_does_and_what_it_got(tiny_models) -> None:
    steps: list[str] = []
    classifier = TextClassifier.load(card(tiny_models.sentence_classifier()), "cpu", on_step=steps.append)
    assert steps == ["Reading the tokenizer", "Reading the weights"]
    assert isinstance(classifier.model, SentenceClassifier)
    assert (classifier.device.type, classifier.precision) == ("cpu", "fp32")
    assert classifier.footprint == 4 * sum(weight.numel() for weight in classifier.model.parameters())
    assert classifier.load_seconds > 0


def test_what_transformers_loads_with_the_same_config_is_what_we_load(tiny_models) -> None:
    ours = load(tiny_models.distilbert_classifier()).model.state_dict()
    theirs = AutoModelForSequenceClassification.from_pretrained(tiny_models.distilbert_classifier()).state_dict()
    assert all(torch.equal(ours[name], weight) for name, weight in theirs.items())


# Adapters


def test_an_adapter_with_a_head_is_merged_into_its_encoder(tiny_models, tmp_path: Path) -> None:
    encoder = tiny_models.sentence_encoder()
    torch.manual_seed(3)
    start = SentenceClassifier.from_pretrained(encoder, id2label={0: "bad", 1: "good"})
    lora = LoraConfig(task_type="SEQ_CLS", r=2, target_modules=["query", "value"], init_lora_weights=False)
    changed_model = get_peft_model(start, lora).eval()
    changed_model.save_pretrained(tmp_path)
    start.config.save_pretrained(tmp_path)
    tokenizer = AutoTokenizer.from_pretrained(encoder)
    tokenizer.save_pretrained(tmp_path)
    classifier = load(tmp_path)
    assert isinstance(classifier.model, SentenceClassifier)
    ids = tokenizer(TEXTS[0], return_tensors="pt")["input_ids"]
    with torch.no_grad():
        expected = softmax(changed_model(input_ids=ids).logits[0].tolist())
    assert list(classifier.classify(TEXTS[:1])[0].scores.values()) == pytest.approx(expected, abs=1e-5)


def test_people_at_once_get_each_the_labels_and_words_that_they_get_alone(bert: TextClassifier) -> None:
    texts = [f"The {number} boats are very good indeed" for number in range(12)]

    def look(text: str) -> tuple[dict[str, float], list[float]]:
        [found] = bert.classify([text])
        return found.scores, [word.importance for word in bert.explain(text)]

    alone = [look(text) for text in texts]
    together, runs = at_once(bert._reader._together, bert.model, look, texts)
    assert runs < 3 * len(texts)  # each has one for the label, one more to explain it, one for its words
    for (scores, words), (my_scores, my_words) in zip(together, alone, strict=True):
        assert scores == pytest.approx(my_scores, abs=1e-5)
        assert words == pytest.approx(my_words, abs=1e-5)
