"""How a translator may begin: as a dictionary that goes through a sentence word for word, instead of with noise.

With minutes of training instead of days, most of them would else go into finding out which words belong together.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from training.sentence_pairs import Example

HEAD = 64  # numbers of each attention head
LONG = 40  # different tokens of a pair


def bilingual_vectors(examples: Sequence[Example], vocabulary: int, width: int) -> torch.Tensor:
    """First embeddings of shape (vocabulary, width), in which a word lies close to its translations.

    Words that mean the same occur in the same pairs. So this is the positive pointwise mutual information of tokens
    within pairs, reduced to its largest singular values (Levy and Goldberg 2014), across languages as in latent
    semantic indexing (Dumais and others 1997). The last number tells the languages apart: below 0 for tokens that are
    read, above 0 for those that are written. Values have a mean square of 1, as those that T5 begins with.
    """
    together = np.zeros((vocabulary, vocabulary), np.float32)
    written, seen = np.zeros(vocabulary, np.float32), np.zeros(vocabulary, np.float32)
    for example in examples:
        both = np.unique(np.concatenate([example.source, example.target]))
        if len(both) > LONG:
            continue  # in a long one, most words are not translations of each other
        together[np.ix_(both, both)] += 1
        np.add.at(written, example.target, 1)
        np.add.at(seen, example.source, 1)
        np.add.at(seen, example.target, 1)
    pairs = torch.from_numpy(together.diagonal().clip(1).copy())
    information = torch.from_numpy(together).mul_(len(examples)).div_(pairs).div_(pairs[:, None]).log_().clamp_(min=0)
    left, values, _ = torch.svd_lowrank(information, q=min(width, vocabulary), niter=3)
    vectors = torch.randn(vocabulary, width)
    known = values.sqrt() * left
    informative = known.norm(dim=1) > 0.01  # not so for what is in every pair, such as the prefix
    vectors[informative] = torch.nn.functional.pad(known[informative], (0, width - known.shape[1]))
    vectors = torch.nn.functional.normalize(vectors, dim=1)
    vectors[:, -1] = 0.25 * torch.from_numpy(2 * written / seen.clip(1) - 1)
    return torch.nn.functional.normalize(vectors, dim=1) * width**0.5


@torch.no_grad()
def translate_word_for_word(model: Any) -> None:
    """Set a new T5 up to look at the word after the one whose translation it wrote last.

    Its heads must have HEAD numbers. As its embeddings are a dictionary, it then passes on what is close to the next
    word. It is the circuit that language models find on their own, late (Olsson and others 2022, induction heads), here
    from one language to another: heads of the encoder's first layer note at each word which one is before it, and the
    decoder searches for that note.
    """
    for name, weight in model.named_parameters():
        if name.endswith((".o.weight", ".wo.weight")):
            weight *= 0.3  # all else begins quietly, so that words are still recognized after some layers
    for block in model.decoder.block:
        looks = block.layer[1].EncDecAttention
        torch.nn.init.orthogonal_(looks.v.weight)
        looks.o.weight.copy_(looks.v.weight.T)  # what is looked at is passed on as it is
    before = model.encoder.block[0].layer[0].SelfAttention
    looks = model.decoder.block[0].layer[1].EncDecAttention
    looks.o.weight *= 2
    noting = max(1, before.n_heads // 2)
    read = torch.nn.init.orthogonal_(torch.empty(noting * HEAD, model.config.d_model))
    note = torch.nn.init.orthogonal_(torch.empty(model.config.d_model, noting * HEAD))
    before.v.weight[: noting * HEAD] = read
    before.o.weight[:, : noting * HEAD] = note
    before.relative_attention_bias.weight[1, :noting] = 6.0  # 1 stands for one token before
    for head in range(looks.n_heads):
        of_head = slice(head * HEAD, (head + 1) * HEAD)
        of_note = slice(head % noting * HEAD, (head % noting + 1) * HEAD)
        looks.q.weight[of_head] = 0.2 * read[of_note]
        looks.k.weight[of_head] = note[:, of_note].T
