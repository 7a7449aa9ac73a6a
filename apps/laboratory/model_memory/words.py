"""What the page about a model's memory explains, and its links."""

from quantization.predict.forecast import COMFORTABLE, MOST

EXPLANATION = f"""
**Weights** are counted exactly: transformers builds the model from its `config.json` on torch's `meta` device, where a
tensor has a shape and no memory, so that even a model of 32 GB is built in a moment. A matrix that two layers share
counts once. Each precision then says which layers it touches:

- **fp32** takes 4 bytes for each number, **bf16** and **fp16** take 2.
- **int8** takes 1 byte for each weight of a linear layer, and for each of its outputs 16 bytes more (torch keeps the
  scale as a 64-bit float, the zero point as a 64-bit integer). Biases, norms and embeddings stay in fp32. A head that
  shares the embedding's matrix gets a copy of its own.
- **bnb-int8** takes 1 byte for each weight and an fp32 scale for each output. **bnb-nf4** takes half a byte and an fp32
  scale for every 64 weights, so 4.5 bits for each; **bnb-nf4-double** keeps those scales in 8 bits, with an fp32 scale
  for 256 of them: 4.13 bits. In all three the embeddings, the head and the norms stay in 16 bits. That is why a model
  in 4 bits is not an eighth of its size in 32.

**Tables**, such as causal masks, are made anew at each load: memory holds them, and no file does.

**Keys and values** are what a model that writes keeps of the tokens it has read. They are counted, too: transformers
makes the cache that it would write with, the model takes one step on the `meta` device with all the tokens, and every
tensor that is then in the cache is added up. So whatever the architecture keeps is right: a window that forgets, one
key head for all, the small latent vectors of DeepSeek, the states of Mamba, which do not grow. For GPT-2 and Llama that
is 2 × key/value heads × head size × tokens × texts × bytes, for each block. An encoder keeps none. A model like T5
keeps them of what it read and of what it writes; with 4 beams it writes 4 texts. A model that goes through a text token
by token would take minutes: it reads 4 tokens, its cache takes the rest, and 9 tokens show that both ways give the
same; a sentence then says that this is extrapolated. Where a model cannot be run without its numbers, a sentence says
so, and the total is without them.

**Activations** are an allowance, not a measurement: three hidden states and the widest inside of one block for all
tokens that are read at once, and the scores of the vocabulary for the last of them. bitsandbytes unpacks one matrix at
a time, which is added.

**Training** with Adam takes 16 bytes for each parameter in fp32: the weight, its gradient, and two moments. Its
activations are larger, because every block keeps them for the way back.

**The verdict**: *fits* is up to {COMFORTABLE:.0%} of the memory that is free now, *does not fit* is beyond {MOST:.0%}
of all there is, *tight* is between: close other programs first. Python and its libraries take some more: a few hundred
megabytes on a CPU, and as much on a graphics card.
"""
SOURCES = (
    "quantization/predict/plan.py",
    "quantization/predict/kept.py",
    "quantization/predict/weight_bytes.py",
    "quantization/predict/stored_bytes.py",
)
LINKS = {
    "QLoRA, which introduced NF4 and double quantization": "https://arxiv.org/abs/2305.14314",
    "LLM.int8()": "https://arxiv.org/abs/2208.07339",
    "ZeRO, section 3: where memory goes in training": "https://arxiv.org/abs/1910.02054",
    "Activations in training (Korthikanti et al., 2022)": "https://arxiv.org/abs/2205.05198",
}
