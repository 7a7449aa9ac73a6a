"""What a model will need, from its configuration alone: nothing is loaded, and nothing is fetched.

Run it from the suite's folder: .venv/bin/python -m examples.06_predict_memory
"""

from models.wording import counted_size_text, size_text
from quantization.predict.forecast import rooms, verdicts
from quantization.predict.plan import plan

for model in ("openai-community/gpt2", "meta-llama/Meta-Llama-3-8B"):
    for precision in ("fp32", "bf16", "bnb-nf4"):
        needed = plan(model, precision, context=1024)
        fits = ", ".join(f"{room.name}: {verdict}" for room, verdict in verdicts(needed, rooms()).items())
        print(f"{model} in {precision}: weights {counted_size_text(needed.weight_bytes)}, ", end="")
        print(f"keys and values {size_text(needed.cache)}, in all {size_text(needed.total)} ({fits})")

training = plan("openai-community/gpt2", training=True, context=1024)
print(f"To train GPT-2 with Adam: {size_text(training.total)}")
