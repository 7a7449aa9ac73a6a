"""SentenceEncoder and SentenceClassifier against plain transformers, recorded numbers, and sums by hand."""

import threading
from pathlib import Path

import pytest
import torch
from transformers import AutoModel, AutoTokenizer, BertModel

from models.catalog import ModelCard, Task
from models.errors import Cancelled, DamagedFile, InvalidInput
from models.folders import EMBEDDED
from models.precision import BF16
from models.sentence_encoder import SentenceClassifier, SentenceEncoder, mean_pool
from models.text import tokens as token_batches
from models.weights.cards import find_card

SENTENCES = [
    "This is an example sentence",
    "Each sentence is converted",
    "The bus to the harbour leaves at nine.",
    "At nine o'clock you can take a bus to the port.",
    "Whales are mammals, not fish! 🐋",
    "word " * 400,
]
# The first three numbers of the first two sentences, from the official weights in fp32 and plain transformers.
RECORDED = [[0.067657, 0.063496, 0.048713], [0.086439, 0.102763, 0.005395]]


def card(folder: Path) -> ModelCard:
    return ModelCard("tiny", Task.SENTENCE_SIMILARITY, path=folder)


@pytest.fixture(scope="module")
def encoder() -> SentenceEncoder:
    return SentenceEncoder.load(find_card("aula/minilm", Task.SENTENCE_SIMILARITY), "cpu")


@pytest.fixture
def tiny(tiny_models) -> SentenceEncoder:
    return SentenceEncoder.load(card(tiny_models.sentence_encoder()), "cpu")


def plain_vectors(folder: Path, texts: list[str], longest: int) -> torch.Tensor:
    """One text after the other through plain transformers: mean of all tokens, divided by its length."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModel.from_pretrained(folder, dtype=torch.float32, add_pooling_layer=False).eval()
    vectors = []
    for text in texts:
        ids = tokenizer(text, truncation=True, max_length=longest, return_tensors="pt")["input_ids"]
        with torch.no_grad():
            mean = model(input_ids=ids).last_hidden_state[0].double().mean(0)
        vectors.append(mean / mean.pow(2).sum().sqrt())
    return torch.stack(vectors).float()


# Vectors


def test_the_vectors_are_those_of_plain_transformers(encoder: SentenceEncoder) -> None:
    vectors = encoder.encode(SENTENCES)
    assert (vectors.shape, vectors.dtype) == ((6, 384), torch.float32)
    torch.testing.assert_close(vectors, plain_vectors(EMBEDDED / "minilm", SENTENCES, 256), atol=1e-5, rtol=0)


def test_the_vectors_are_those_of_the_original_to_a_thousandth(encoder: SentenceEncoder) -> None:
    torch.testing.assert_close(encoder.encode(SENTENCES[:2])[:, :3], torch.tensor(RECORDED), atol=1e-3, rtol=0)


def test_sentences_of_like_meaning_are_close(encoder: SentenceEncoder) -> None:
    vectors = encoder.encode(SENTENCES[2:5])
    alike, different = float(vectors[0] @ vectors[1]), float(vectors[0] @ vectors[2])
    assert alike > 0.7 > 0.3 > different
    torch.testing.assert_close(vectors.norm(dim=1), torch.ones(3))


def test_vectors_in_bf16_point_the_same_way(encoder: SentenceEncoder) -> None:
    smaller = SentenceEncoder.load(encoder.card, "cpu", BF16)
    assert smaller.footprint < encoder.footprint
    vectors = smaller.encode(SENTENCES)
    assert vectors.dtype == torch.float32
    assert float((vectors * encoder.encode(SENTENCES)).sum(1).min()) > 0.998


def test_neighbours_change_nothing_and_the_order_stays(tiny: SentenceEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = ["good film", "the", "we waited for more than an hour", "slow", "never again, not bad at all"]
    alone = torch.cat([tiny.encode([text]) for text in texts])
    for at_once in (1, 12, 10_000):
        monkeypatch.setitem(token_batches.TOKENS_AT_ONCE, "cpu", at_once)
        torch.testing.assert_close(tiny.encode(texts), alone)


def test_what_is_hardly_a_sentence_has_a_vector_too(tiny: SentenceEncoder) -> None:
    vectors = tiny.encode(["", "\u200b", "…", "日本"], even_if_unreadable=True)
    torch.testing.assert_close(vectors.norm(dim=1), torch.ones(4))
    assert tiny.encode([]).shape == (0, 32)


def test_bytes_that_are_no_characters_are_refused(tiny: SentenceEncoder) -> None:
    with pytest.raises(InvalidInput, match="Save the file as UTF-8"):
        tiny.encode(["caf\udce9"])


def test_stop_ends_the_work_between_two_batches(tiny: SentenceEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(token_batches.TOKENS_AT_ONCE, "cpu", 1)
    cancelled, runs = threading.Event(), []
    tiny.model.register_forward_hook(lambda *_: runs.append(1) or cancelled.set())
    with pytest.raises(Cancelled):
        tiny.encode(["one", "two"], cancelled)
    assert runs == [1]


def test_a_checkpoint_that_lacks_more_than_a_pooler_is_refused(tiny_models, tmp_path: Path) -> None:
    source = AutoModel.from_pretrained(tiny_models.sentence_encoder(), add_pooling_layer=False)
    weights = {name: weight for name, weight in source.state_dict().items() if "layer.1" not in name}
    source.save_pretrained(tmp_path, state_dict=weights)
    AutoTokenizer.from_pretrained(tiny_models.sentence_encoder()).save_pretrained(tmp_path)
    with pytest.raises(DamagedFile, match=r"there are none for encoder\.layer\.1"):
        SentenceEncoder.load(card(tmp_path), "cpu")


# The mean


def test_the_mean_leaves_padding_out() -> None:
    hidden = torch.tensor([[[1.0, 2.0], [3.0, 6.0], [100.0, -100.0]], [[1.0, 1.0], [2.0, 2.0], [6.0, 0.0]]])
    mask = torch.tensor([[1, 1, 0], [1, 1, 1]])
    torch.testing.assert_close(mean_pool(hidden, mask), torch.tensor([[2.0, 4.0], [3.0, 1.0]]))
    torch.testing.assert_close(mean_pool(hidden[1:]), torch.tensor([[3.0, 1.0]]))


# The classifier


def test_the_classifier_reads_the_mean(tiny_models) -> None:
    folder = tiny_models.sentence_classifier()
    classifier = SentenceClassifier.from_pretrained(folder).eval()
    ids = torch.tensor([[2, 40, 41, 3, 0, 0], [2, 42, 43, 44, 45, 3]])
    mask = (ids != 0).long()
    with torch.no_grad():
        logits = classifier(input_ids=ids, attention_mask=mask).logits
        hidden = [classifier.bert(input_ids=row[row != 0][None]).last_hidden_state[0].mean(0) for row in ids]
        expected = torch.stack(hidden) @ classifier.classifier.weight.T + classifier.classifier.bias
    torch.testing.assert_close(logits, expected)


def test_its_loss_is_the_cross_entropy_and_reaches_the_encoder(tiny_models) -> None:
    classifier = SentenceClassifier.from_pretrained(tiny_models.sentence_classifier()).eval()
    ids, labels = torch.tensor([[2, 40, 41, 3], [2, 42, 43, 3]]), torch.tensor([0, 1])
    output = classifier(input_ids=ids, labels=labels)
    by_hand = -output.logits.log_softmax(1)[torch.arange(2), labels].mean()
    torch.testing.assert_close(output.loss, by_hand)
    output.loss.backward()
    assert classifier.bert.embeddings.word_embeddings.weight.grad.abs().sum() > 0


def test_it_starts_from_an_encoder_and_is_known_by_its_config(tiny_models, tmp_path: Path) -> None:
    encoder = tiny_models.sentence_encoder()
    started, report = SentenceClassifier.from_pretrained(encoder, num_labels=3, output_loading_info=True)
    assert set(report["missing_keys"]) == {"classifier.weight", "classifier.bias"}
    torch.testing.assert_close(
        started.bert.embeddings.word_embeddings.weight,
        BertModel.from_pretrained(encoder, add_pooling_layer=False).embeddings.word_embeddings.weight,
    )
    started.save_pretrained(tmp_path)
    again = SentenceClassifier.from_pretrained(tmp_path)
    assert (again.config.classifier_pooling, again.config.architectures) == ("mean", ["SentenceClassifier"])
    assert not [name for name in again.state_dict() if "pooler" in name]


def test_a_text_that_it_cannot_read_is_refused_and_named_unless_asked_for(encoder: SentenceEncoder) -> None:
    texts = ["The soup was warm.", "汤很热很好喝"]
    with pytest.raises(InvalidInput, match=r"aula/minilm cannot read \d+ % of text 2: its vocabulary lacks “汤"):
        encoder.encode(texts)
    assert encoder.encode(texts, even_if_unreadable=True).shape == (2, encoder.width)
    assert encoder.unreadable(texts[0]).share == 0
    assert encoder.unreadable(texts[1]).too_much
