"""How long torch's threads spin while they wait for each other, told before torch is read: its runtime looks only once.

After every layer the threads of a computation wait for the slowest one. Where another program, or another model, has
taken a core, spinning takes it from the very thread that is waited for.
"""

import os
import sys

# What a user has set stays as it is.
SETTINGS = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME")
# libgomp, torch's runtime on Linux: spins of a loop. Of its own accord 300,000, which is longer than a layer takes.
SPINS = "2000"
# LLVM's and Intel's, on macOS and Windows: milliseconds, by default 200. From their documentation, not measured:
# longer than the pauses within a computation, and short once that has ended.
MILLISECONDS = "10"


def keep_waiting_short() -> None:
    """Set it for this process and those that it starts, unless the user has set anything of the kind."""
    if not any(name in os.environ for name in SETTINGS):
        name, value = ("GOMP_SPINCOUNT", SPINS) if sys.platform == "linux" else ("KMP_BLOCKTIME", MILLISECONDS)
        os.environ[name] = value
