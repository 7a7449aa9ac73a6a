"""Tiny text classifiers: real BERT and DistilBERT with random weights, and a WordPiece tokenizer trained here.

Their judgement means nothing, but labels, special tokens, mask, offsets and positions are there. They read at most 64
tokens, so that a text of a few sentences is already too long. `save_sentence_classifier` pools by the mean; the encoder
beneath it comes without a pooler, as the embedded one does.
"""

from pathlib import Path

REVIEWS = (
    "A wonderful film with great actors, and the best ending that I have seen this year!",
    "The food was cold, the waiter was rude, and we waited for more than an hour. Never again.",
    "I don't like this phone: it is slow, it gets hot and its battery is empty before noon.",
    "Good value, quick delivery; my daughter loves the book and reads it every evening.",
    "Not bad at all, but not as good as the first one. What a pity!",
    "Una película preciosa, con actores muy buenos y un final que no olvidaré.",
    "El servicio fue malo y la habitación estaba sucia. ¡No volveremos nunca!",
)
VOCABULARY_SIZE = 400
WINDOW = 64
SEED = 7


def save_bert_classifier(target: Path) -> None:
    """Save a BertForSequenceClassification with three labels in the folder `target`."""
    from transformers import BertConfig, BertForSequenceClassification

    labels = dict(enumerate(("negative", "neutral", "positive")))
    _save(BertForSequenceClassification, BertConfig, target, id2label=labels, num_labels=3, **_bert_sizes())


def save_distilbert_classifier(target: Path) -> None:
    """Save a DistilBertForSequenceClassification with the two labels that a config has by itself."""
    from transformers import DistilBertConfig, DistilBertForSequenceClassification

    sizes = {"dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 64}
    _save(DistilBertForSequenceClassification, DistilBertConfig, target, **sizes)


def save_bert_nli(target: Path) -> None:
    """Save a BertForSequenceClassification of natural language inference, “entailment” first as some have it."""
    from transformers import BertConfig, BertForSequenceClassification

    labels = dict(enumerate(("entailment", "neutral", "contradiction")))
    numbers = {name: number for number, name in labels.items()}
    _save(
        BertForSequenceClassification, BertConfig, target, id2label=labels, label2id=numbers, num_labels=3,
        **_bert_sizes(),
    )  # fmt: skip


def save_sentence_classifier(target: Path) -> None:
    """Save a SentenceClassifier with two labels."""
    from transformers import BertConfig

    from models.sentence_encoder import SentenceClassifier

    _save(SentenceClassifier, BertConfig, target, id2label={0: "bad", 1: "good"}, **_bert_sizes())


def save_sentence_encoder(target: Path) -> None:
    """Save a BertModel without a pooler."""
    from transformers import BertConfig, BertModel

    _save(lambda config: BertModel(config, add_pooling_layer=False), BertConfig, target, **_bert_sizes())


def word_piece_tokenizer():
    """An uncased WordPiece tokenizer that knows the words of REVIEWS."""
    from tokenizers import BertWordPieceTokenizer
    from transformers import BertTokenizer

    trained = BertWordPieceTokenizer(lowercase=True)
    trained.train_from_iterator(
        REVIEWS, VOCABULARY_SIZE, min_frequency=1, special_tokens=_fixed_word_pieces(), show_progress=False
    )
    return BertTokenizer(vocab=trained.get_vocab(), do_lower_case=True, model_max_length=WINDOW)


def _fixed_word_pieces() -> list[str]:
    """Special tokens and single characters: given in this order, because the trainer numbers characters at random."""
    characters = sorted(set("".join(REVIEWS).lower()) - {" "})
    return ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *characters, *(f"##{character}" for character in characters)]


def _bert_sizes() -> dict[str, int]:
    return {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64}


def _save(model_class, config_class: type, target: Path, **settings) -> None:
    import torch

    tokenizer = word_piece_tokenizer()
    # Ten times the usual spread of weights: with 0.02 all labels would be nearly equally likely.
    shared = {"vocab_size": len(tokenizer), "max_position_embeddings": WINDOW, "initializer_range": 0.2}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        model_class(config_class(**shared, **settings)).save_pretrained(target)
    tokenizer.save_pretrained(target)
