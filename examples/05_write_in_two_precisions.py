"""The same GPT-2 in 32 and in 8 bits: how large it is, how fast it writes, and what it writes from the same seed.

Run it from the suite's folder: .venv/bin/python -m examples.05_write_in_two_precisions
"""

from models.catalog import card_of
from models.text_generation import GenerationSettings, TextGenerator
from models.wording import size_text
from quantization.recipes import find_precision

PROMPT = "Me gusta mucho el fútbol"
SETTINGS = GenerationSettings(max_new_tokens=30, seed=7)
card = card_of("aula/gpt2-mini-es")

for name in ("fp32", "int8-embeddings"):
    writer = TextGenerator.load(card, device="cpu", precision=find_precision(name))
    written = writer.complete(PROMPT, SETTINGS)
    print(f"{name}: {size_text(writer.footprint)}, {written.tokens_per_second:.0f} tokens a second")
    print(f"    {PROMPT}{written.text}")
