"""What the page about freed memory explains; no measured figures, because they depend on the machine."""

from models.wording import size_text
from quantization.experiments.memory_cycle import LARGE_MODEL
from quantization.experiments.memory_cycle_report import PROMISED

EXAMPLES = {
    "Three cycles in fp32": {"precision": "fp32", "cycles": 3},
    "16 bits: half the memory": {"precision": "bf16", "cycles": 3},
    "int8: made from fp32": {"precision": "int8", "cycles": 2},
    "Five cycles: does it grow?": {"precision": "fp32", "cycles": 5},
}

EXPLANATION = f"""
A model is loaded, writes a few words, and is dropped again, several times in the same process. Memory is read at four
moments of each cycle.

- **After load** is read once every page of the weights was touched. A safetensors file is *mapped* into memory: until a
  weight is first read, it is on the disk only, and a reading right after loading would tell a few megabytes.
- **The first cycle is different.** It also loads the libraries that the model's code needs, and those stay in memory as
  long as Aula runs. From the second cycle on, what remains is the model's.
- **What it takes to free memory**: drop the last reference to the model; collect Python's garbage, because models hold
  references in circles; give CUDA's unused blocks back to the card; and tell the C library to hand its free pages back
  to the system (`malloc_trim`). On Linux one more thing is needed *before*: while weights are read, each large block is
  given pages of its own. Otherwise they end up in the heaps of the threads that read them, and the end of such a heap
  does not come back.
- **On the CPU** the reading is the process's resident set, and the process is the whole suite: what other visitors do
  meanwhile is in it. **On CUDA**, *allocated* is what tensors hold and *reserved* what torch has taken from the card.
- The libraries keep a few megabytes for their next work, whatever the model. Of a small model that is a large part; the
  {PROMISED} that Aula promises are for models from {size_text(LARGE_MODEL)} on.
"""
SOURCES = ("quantization/experiments/memory_cycle.py", "models/device.py")
LINKS = {
    "malloc_trim, in Linux's manual": "https://man7.org/linux/man-pages/man3/malloc_trim.3.html",
    "mallopt, in Linux's manual": "https://man7.org/linux/man-pages/man3/mallopt.3.html",
    "CUDA memory in torch's documentation": "https://docs.pytorch.org/docs/stable/notes/cuda.html#memory-management",
    "safetensors": "https://huggingface.co/docs/safetensors",
}
