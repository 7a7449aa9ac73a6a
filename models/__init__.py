"""Thin wrappers around real models. Nothing here prints, knows Streamlit, or imports another package of the suite."""

import logging
import sys

from models.control_groups import keep_to_cores_allowed
from models.wait_policy import keep_waiting_short

# Before any module of the suite reads torch.
keep_waiting_short()
keep_to_cores_allowed()

# Where the package `kernels` is installed, transformers and bitsandbytes fetch code from the hub and run it, the latter
# at its import and without a switch. To Python the package is absent from here on, so that both use what they brought.
sys.modules["kernels"] = None  # type: ignore[assignment]  # how Python is told that a module is absent

# bitsandbytes would warn of its absence at every start, even where only peft imports it.
logging.getLogger("bitsandbytes.backends.cpu.ops").addFilter(
    lambda record: "from kernels-community" not in record.getMessage()
)
