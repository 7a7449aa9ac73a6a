"""A new translator begins as a dictionary that goes from word to word."""

import pytest
import torch

from training import translation
from training.sentence_pairs import (
    collate,
    tokenize,
    train_tokenizer,
)
from training.word_for_word import bilingual_vectors

WORDS = (("dog", "chien"), ("book", "livre"), ("house", "maison"), ("water", "eau"), ("friend", "ami"))


def test_first_embeddings_are_a_dictionary(tmp_path) -> None:
    pairs = [(f"{english} {other}", f"{french} {autre}") for english, french in WORDS for other, autre in WORDS]
    tokenizer = train_tokenizer(pairs, 200, tmp_path)
    vectors = bilingual_vectors(list(tokenize(tokenizer, pairs)), len(tokenizer), 32)
    assert vectors.pow(2).mean().item() == pytest.approx(1, rel=1e-4)
    ids = {word: tokenizer.convert_tokens_to_ids(f"▁{word}") for pair in WORDS for word in pair}
    french = torch.tensor([ids[word] for _, word in WORDS])
    closest = [(vectors[french] @ vectors[ids[word]]).argmax().item() for word, _ in WORDS]
    assert closest == list(range(len(WORDS)))
    assert all(vectors[ids[english], -1] < 0 < vectors[ids[word], -1] for english, word in WORDS)


def test_a_new_model_looks_at_the_word_after_the_one_it_translated_last(tmp_path) -> None:
    pairs = [(f"{english} {other}", f"{french} {autre}") for english, french in WORDS for other, autre in WORDS]
    tokenizer = train_tokenizer(pairs, 200, tmp_path)
    examples = list(tokenize(tokenizer, pairs))
    model = translation.new_model(tokenizer, examples, encoder_layers=1, decoder_layers=1, width=128).eval()
    (example,) = tokenize(tokenizer, [("dog water friend book house", "chien eau ami livre maison")])
    batch = collate([example])
    with torch.inference_mode():
        encoder = model.encoder(batch["input_ids"]).last_hidden_state
        words = model.shared(batch["decoder_input_ids"])
        attention = model.decoder.block[0].layer[1].EncDecAttention
        normed = model.decoder.block[0].layer[1].layer_norm(words)
        queries, keys = (part.unflatten(-1, (2, 64)).sum(-2) for part in (attention.q(normed), attention.k(encoder)))
    # The source is the prefix, five words and the end; the output begins where the prefix is.
    assert (queries @ keys.mT).argmax(-1)[0, :5].tolist() == [1, 2, 3, 4, 5]
