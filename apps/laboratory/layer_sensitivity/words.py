"""Settings that make a point, and what the page explains; no figures, because they depend on the model."""

from apps.laboratory.gpt2_quantization.words import ENGLISH_TEXT
from quantization.measure.default_text import spanish_text

EXAMPLES = {
    "4 bits": {"bits": 4, "granularity": "channel", "text": spanish_text()},
    "2 bits: everything hurts": {"bits": 2, "granularity": "channel", "text": spanish_text()},
    "3 bits, a scale for each tensor": {"bits": 3, "granularity": "tensor", "text": spanish_text()},
    "3 bits in groups: better": {"bits": 3, "granularity": "group", "text": spanish_text()},
    "English (for gpt2)": {"bits": 4, "granularity": "channel", "text": ENGLISH_TEXT},
}

EXPLANATION = """
Layers do not bear rounding equally well. This page takes the exact model in fp32, rounds the weights of **one kind of
layer in one block**, measures how surprised the model then is by a text (its perplexity), and puts the weights back bit
by bit. Then comes the next place. A cell says by how much perplexity rose.

- **What for?** Whoever stores a model in mixed precision spends bits where they count: what hurts stays in 8 bits or in
  16, what does not goes down to 4 or 3. A list like this one is where such a plan begins.
- **Weights only.** Activations stay exact, and so do biases and norms: they are few. The codes come from the same
  mapping that “Quantize a layer” draws.
- **Embeddings and head** stand in rows of their own, because no block holds them. In GPT-2 they are one matrix, used at
  both ends: rounding it changes both.
- **The sums** add single changes. Rounding everything at once may do more or less than that: errors can add up and can
  cancel each other.
- **A short text is a small sample.** A change of a few tenths of a per cent, and a fall of perplexity, may be chance.
  More tokens make it surer and take longer; with 8 bits nearly everything is chance.
- The model is loaded for this page alone, because its weights are changed: nobody else's answers come from it.
"""
SOURCES = ("quantization/experiments/sensitivity.py",)
LINKS = {
    "HAWQ: mixed precision by sensitivity (Dong et al., 2019)": "https://arxiv.org/abs/1905.03696",
    "ZeroQuant-V2: which layers are sensitive (Yao et al., 2023)": "https://arxiv.org/abs/2303.08302",
    "Perplexity, in the documentation of transformers": "https://huggingface.co/docs/transformers/perplexity",
}
