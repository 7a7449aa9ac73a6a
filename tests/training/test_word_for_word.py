"""A new translator begins as a dictionary that goes from word to word."""

import pytest
import torch

from training import translation
from training.sentence_pairs import Examples, Translated, collate, train_tokenizer
from training.word_for_word import LONG, bilingual_vectors

WORDS = (("dog", "chien"), ("book", "livre"), ("house", "maison"), ("water", "eau"), ("friend", "ami"))
TRANSLATED = [Translated(f"{one} {other}", f"{un} {autre}", "fr") for one, un in WORDS for other, autre in WORDS]
TEXTS = [text for one in TRANSLATED for text in (one.english, one.translation)]


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    return train_tokenizer(TEXTS, 400, tmp_path_factory.mktemp("tokenizer"))


def test_first_embeddings_are_a_dictionary(tokenizer) -> None:
    vectors = bilingual_vectors(Examples(tokenizer, TRANSLATED), len(tokenizer), 32)
    assert vectors.pow(2).mean().item() == pytest.approx(1, rel=1e-4)
    ids = {word: tokenizer.convert_tokens_to_ids(f"▁{word}") for pair in WORDS for word in pair}
    french = torch.tensor([ids[word] for _, word in WORDS])
    closest = [(vectors[french] @ vectors[ids[word]]).argmax().item() for word, _ in WORDS]
    assert closest == list(range(len(WORDS)))
    assert all(vectors[ids[english], -1] < 0 < vectors[ids[word], -1] for english, word in WORDS)


def test_a_long_pair_says_nothing_of_what_belongs_together(tokenizer) -> None:
    letters = " ".join(chr(0x3B1 + number) for number in range(LONG))
    translated = [*TRANSLATED, Translated(f"dog {letters}", f"maison {letters}", "fr")]
    torch.manual_seed(0)
    alone = bilingual_vectors(Examples(tokenizer, TRANSLATED), len(tokenizer), 32)
    torch.manual_seed(0)
    dog = tokenizer.convert_tokens_to_ids("▁dog")
    assert torch.equal(bilingual_vectors(Examples(tokenizer, translated), len(tokenizer), 32)[dog, -1], alone[dog, -1])


def test_a_new_model_looks_at_the_word_after_the_one_it_translated_last(tokenizer) -> None:
    examples = Examples(tokenizer, TRANSLATED)
    model = translation.new_model(tokenizer, examples, encoder_layers=1, decoder_layers=1, width=128).eval()
    (example,) = Examples(tokenizer, [Translated("dog water friend book house", "chien eau ami livre maison", "fr")])
    batch = collate([example])
    with torch.inference_mode():
        encoder = model.encoder(batch["input_ids"]).last_hidden_state
        words = model.shared(batch["decoder_input_ids"])
        attention = model.decoder.block[0].layer[1].EncDecAttention
        normed = model.decoder.block[0].layer[1].layer_norm(words)
        queries, keys = (part.unflatten(-1, (2, 64)).sum(-2) for part in (attention.q(normed), attention.k(encoder)))
    # The source is the prefix, five words and the end; the output begins where the prefix is.
    assert (queries @ keys.mT).argmax(-1)[0, :5].tolist() == [1, 2, 3, 4, 5]
