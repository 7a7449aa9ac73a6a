"""StepByStep: from a text to an answer in steps, each a few lines of Python that are shown, and run as they are shown.

Load tokenizer → tokens → load the model → logits → answer; then the same with pipeline(), what attention looks at, and
two ways that do not work. The cells stand in `models.steps.recipes`, what they are written from in `models.steps.plan`;
`models.steps.execution` runs them, `models.steps.seen` picks out what is worth seeing, and `models.steps.notebook`
writes them down to be run elsewhere.

Unlike the wrappers, this loads a model of its own for each run, because loading is one of the steps.
"""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

from models.catalog import ModelCard
from models.device import release_memory
from models.errors import PrecisionNotApplicable
from models.precision import FP32, Precision
from models.steps.asked import Asked
from models.steps.cells import LOGITS, Cell, up_to
from models.steps.execution import Namespace, Ran
from models.steps.looks import Look
from models.steps.notebook import notebook_of
from models.steps.plan import Plan, make_plan
from models.steps.recipes import cells_of
from models.steps.seen import look
from models.wrapper import AnyDevice, running


@dataclass(frozen=True)
class StepResult:
    """One step: its number, the cell, what running it gave, and what there is to see, None where that is all."""

    number: int
    cell: Cell
    ran: Ran
    look: Look | None = None

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {
            **self.cell.as_dict(),
            "seconds": self.ran.seconds,
            "memory": self.ran.memory,
            "values": [value.as_dict() for value in self.ran.values],
            "printed": self.ran.printed,
            "result": self.ran.result,
            "seen": None if self.look is None else self.look.as_dict(),
        }


class StepByStep:
    """The steps of one request: `cells` says what will be run, `run` runs it."""

    def __init__(self, plan: Plan):
        self.plan = plan
        self.cells: list[Cell] = up_to(cells_of(plan), plan.asked.until)

    @classmethod
    def prepare(
        cls,
        card: ModelCard,
        asked: Asked,
        device: AnyDevice = "auto",
        precision: Precision = FP32,
        even_if_unreadable: bool = False,
    ) -> Self:
        """Look at model and text, and write the cells. Raises what `models.steps.plan.make_plan` raises."""
        return cls(make_plan(card, asked, device, precision, even_if_unreadable))

    def run(self, cancelled: threading.Event | None = None) -> Iterator[StepResult]:
        """Each step as soon as it has run. Closing the iterator stops the work, and gives the memory back.

        Raises:
            PrecisionNotApplicable: the model's numbers overflow in this precision.
            OutOfMemory: the model does not fit.
            Cancelled: between two steps, or between two runs of the model within one.
        """
        names = Namespace(self.plan.device.type, cancelled)
        try:
            for number, cell in enumerate(self.cells):
                with running(self.plan.card):
                    ran = names.run(cell)
                if number == 0:
                    names.put_places(self.plan.places)
                if cell.name == LOGITS:
                    self._require_finite(names)
                yield StepResult(number, cell, ran, look(cell.name, self.plan, names))
        finally:
            names.close()
            release_memory()

    def notebook(self) -> str:
        """All steps that run, as the text of an .ipynb file; no path of this machine is in it."""
        return notebook_of(self.plan, self.cells)

    def _require_finite(self, names: Namespace) -> None:
        found = (names.get(name) for name in ("logits", "start_logits"))
        if not all(numbers.isfinite().all() for numbers in found if numbers is not None):
            raise PrecisionNotApplicable(
                f"The numbers of {self.plan.card.model_id} overflow in {self.plan.precision.name}. "
                "Load it in bf16 or fp32."
            )
