"""The one door through which OpenVINO is imported: silent, and only where a model is about to be computed with it."""

import sys
import threading
from functools import cache
from typing import Any

from models.errors import PrecisionNotApplicable

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


def knows_bf16() -> bool:
    """Whether this processor has units for bf16, as OpenVINO finds it. Raises what `openvino` raises."""
    return "BF16" in core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
