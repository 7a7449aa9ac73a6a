"""Which torch a machine gets: the one for NVIDIA cards or, where there is none, the one for processors alone.

On Linux the torch of the package index is made for such cards and brings their libraries along, more than half of all
that is installed. PyTorch's own index has the same version without them. Standard library only, since it is read before
anything is installed; installs nothing.
"""

import os
import re
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

INDEX = os.environ.get("AULA_TORCH_INDEX") or "https://download.pytorch.org/whl/cpu"
SECONDS_TO_ANSWER = 5
NVIDIA = "0x10de"  # its number among the makers of PCI devices
# Where Linux shows a card; the last is that of Windows' own Linux.
CARDS = ("/dev/nvidiactl", "/proc/driver/nvidia", "/dev/dxg")
PCI_DEVICES = Path("/sys/bus/pci/devices")

_TORCH = re.compile(r"torch(vision)?==")
_FOR_CARDS = re.compile(r"(cuda|nvidia(?!-ml-py))-|triton==")


def is_for_processors(packages: Path, cuda: bool = False) -> bool:
    """Whether `.venv` has, or is to get, the torch for processors alone. `cuda`: somebody asked for the other one.

    What is there stays as it is. `packages` is where `.venv` keeps its packages.
    """
    if cuda or sys.platform != "linux":
        return False
    if any(packages.glob("torch-*.dist-info")):
        return has_torch_for_processors(packages)
    return not has_card() and answers()


def has_torch_for_processors(packages: Path) -> bool:
    """Whether the installed torch says of itself that it is the one for processors alone."""
    return any(packages.glob("torch-*+cpu.dist-info"))


def has_card() -> bool:
    """Whether this machine has an NVIDIA card, with its driver or without."""
    if any(map(os.path.exists, CARDS)) or shutil.which("nvidia-smi"):
        return True
    return any(_first_line(device / "vendor") == NVIDIA for device in PCI_DEVICES.glob("*"))


def _first_line(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""


def answers() -> bool:
    """Whether PyTorch's index for processors can be reached, and pip may ask it."""
    if os.environ.get("PIP_NO_INDEX", "0").lower() not in ("", "0", "false", "no", "off"):
        return False
    try:
        with urlopen(f"{INDEX}/torch/", timeout=SECONDS_TO_ANSWER):
            return True
    except (URLError, OSError, ValueError):
        return False


def torch_pins(requirements: Iterable[str]) -> list[str]:
    """Of the lines of requirements.txt, those of what is built for cards or for processors, without their markers."""
    return [line.partition(";")[0].strip() for line in requirements if _TORCH.match(line)]


def without_cards(requirements: Iterable[str]) -> list[str]:
    """The lines of requirements.txt without the libraries of cards."""
    return [line for line in requirements if not _FOR_CARDS.match(line)]
