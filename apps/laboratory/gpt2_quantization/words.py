"""Prompts to continue, an English text to measure, both written for this suite and free to use; and how it works."""

PROMPTS_IN_SPANISH = {
    "Fútbol": "Me gusta mucho el fútbol",
    "Un cuento": "Había una vez un pingüino que quería aprender a volar",
    "Ciencia": "El agua de los océanos se mueve porque",
}
PROMPTS_IN_ENGLISH = {"English (for gpt2)": "On Sundays we play football in the park, and"}

ENGLISH_TEXT = """\
On Sunday morning my sister woke me with a ball under her arm. It had stopped raining, and the field at the end of our \
street smelled of wet earth. We had a quick breakfast, bread and a glass of milk, and went down the stairs without a \
sound so as not to disturb the neighbours.

The others were already waiting in the square. There were eleven of us, so the smallest became the referee, with a \
whistle that his grandmother had lent him. We played for nearly two hours. We were losing by three goals to one when \
Lucy, who had never scored, received a long pass, raised her head and sent the ball over the goalkeeper. Everybody ran \
to embrace her, even the other team.

At noon we came home hungry and with dirty knees. My father had cooked lentils and asked us who had won. We looked at \
one another and nobody knew what to answer, because in the end we had stopped counting. “Then you have all won,” he \
said, and gave each of us a second plate."""

EXPLANATION = """
A model is a long list of numbers. In **fp32** each takes 32 bits; a **quantized** model keeps them in 16, 8 or 4 bits.
It becomes smaller and often faster, and it makes small errors everywhere. This page measures all three on one model.

- **Perplexity** is the price: how surprised the model is by a text that it did not write. 20 means that it was, on
  average, as unsure as if it had to pick among 20 tokens. A change below one per cent is hard to notice in what the
  model writes; twice the perplexity is not.
- **Agreement with fp32** is a finer measure: at how many places of that text both find the same next word likeliest,
  and how far their probabilities are apart (the Kullback–Leibler divergence, in nats; 0 is equal).
- **GPT-2's trap**: its linear layers are called `Conv1D` in the library, so the usual recipe (`quantize_dynamic` of
  `nn.Linear`), here **int8-linear**, does not see them. It touches the last layer only and makes the file *larger*,
  because that layer shared its matrix with the embedding and now has a copy. **int8** replaces them all.
- **int8** rounds each weight to one of 256 steps, with one step size for each output of a layer, and the inputs of the
  layer while it runs. **int8-tied** leaves the last layer in fp32, sharing the embedding; **int8-embeddings** rounds
  the embedding too.
- **bnb-int8** and **bnb-nf4** come from bitsandbytes, which was made for large models on CUDA. On a CPU they save
  memory; whether they save time depends on the processor.
- **Prefill** is reading the prompt, many tokens at once; **tokens per second** is writing, one after another. The first
  is limited by how fast the machine multiplies, the second by how fast it reads the weights from memory.
- **Speeds are compared in turns**: fp32 and the other precision are both in memory, and each works for a moment, again
  and again, so that whatever else the machine does falls on both. The ratio is the median over the rounds; its interval
  says where it lies with 95 % certainty. Where that holds 1, no difference was measured. Where other programs used the
  processor, or the rounds differ too much, the page says so and compares nothing.
- **Peak** memory is read in a fresh process, so that one measurement does not colour the next.
- The sample texts share one seed. Where they part, rounding has turned a close decision the other way. How they are
  drawn, the model says itself in its `generation_config.json`: the small Spanish one follows ten texts at once and
  keeps the likeliest (**beam search**), so its words come when all ten agree. Speeds are measured with one.
"""
SOURCES = (
    "quantization/int8/quantize.py",
    "quantization/experiments/one_precision.py",
    "quantization/measure/turns.py",
    "quantization/measure/agreement.py",
    "models/text/perplexity.py",
)
LINKS = {
    "Perplexity, in the documentation of transformers": "https://huggingface.co/docs/transformers/perplexity",
    "LLM.int8()": "https://arxiv.org/abs/2208.07339",
    "QLoRA, which introduced NF4": "https://arxiv.org/abs/2305.14314",
}
