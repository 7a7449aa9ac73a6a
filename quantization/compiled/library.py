"""The one door through which OpenVINO is imported: silent, and only where a model is about to be computed with it."""

import os
import sys
import threading
from functools import cache
from typing import Any

from models.errors import PrecisionNotApplicable

F32 = "f32"  # how OpenVINO calls arithmetic in 32 bits

_importing = threading.Lock()


def openvino() -> Any:
    """The package, without what it would send: no file outside the suite's folders, no socket.

    Raises:
        PrecisionNotApplicable: it is not installed. There is none for Macs with an Intel processor.
    """
    with _importing:
        # The package reports its use to its makers from the moment of its import, without being asked. With this name
        # taken it finds no reporter, and takes a stub that does nothing.
        sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]  # None is how Python says “not there”
        try:
            import openvino
        except ImportError as error:
            raise PrecisionNotApplicable(
                "OpenVINO is not installed here. Choose fp32, or install everything with “python aula.py setup”; "
                "for Macs with an Intel processor there is no OpenVINO."
            ) from error
    return openvino


@cache
def core() -> Any:
    """OpenVINO's list of the devices here, which reads and compiles graphs. Raises what `openvino` raises."""
    return openvino().Core()


# What the kernels may be limited to (oneDNN's variable), to see how an older processor fares: names of those with bf16,
# and with VNNI.
_WITH_BF16 = ("ALL", "DEFAULT", "BF16", "FP16", "AMX", "AVX10")
_WITH_VNNI = (*_WITH_BF16, "VNNI")


def knows_bf16() -> bool:
    """Whether this processor has units for bf16, as OpenVINO finds it. Raises what `openvino` raises."""
    return _may_use(_WITH_BF16) and "BF16" in core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


def sums_bytes_in_32_bits() -> bool:
    """Whether products of bytes are added up in 32 bits, by VNNI or Arm's dot products.

    Without, two of them are added in 16 bits first, and what does not fit is cut off: 2 · 255 · 127 does not.
    """
    import torch

    features = torch.cpu.get_capabilities()
    return _may_use(_WITH_VNNI) and any(features.get(name) for name in ("avx512_vnni", "avx_vnni", "dotprod"))


def _may_use(names: tuple[str, ...]) -> bool:
    limit = os.environ.get("ONEDNN_MAX_CPU_ISA", "ALL").upper()
    return any(name in limit for name in names)
