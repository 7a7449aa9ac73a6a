"""Figures of a forecast in words and sentences, the same on the page and in the terminal; draws nothing."""

from collections.abc import Sequence

from models.wording import change_text, size_text
from quantization.predict.forecast import Compared, Room
from quantization.predict.plan import MemoryPlan


def remark_on_readings(model_id: str, rows: Sequence[Compared], plans: Sequence[MemoryPlan]) -> str:
    """Where the difference between what was read and what is predicted comes from, as far as that is known."""
    if model_id.startswith("meta-llama/"):
        return _remark_on_llama(rows)
    return _remark_on_gpt_neo(rows, plans)


def _remark_on_llama(rows: Sequence[Compared]) -> str:
    in_nf4 = next(row for row in rows if row.reading.precision == "bnb-nf4")
    missing = size_text(in_nf4.reading.bytes - in_nf4.predicted)
    return (
        "The course read these on a graphics card. In fp32 the two differ by half a kilobyte: a table of rotary "
        f"positions, which is not a weight. In NF4 {missing} are missing. torch's allocator on CUDA hands out memory "
        "in steps of 512 bytes, so the small table of 16 levels that each layer keeps takes eight times its size. "
        "What then remains is a whole multiple of half a mebibyte, as it is when the allocator hands out the rest of "
        "a block instead of splitting it. That agrees to the last digit, but it is arithmetic: nobody looked into it."
    )


def _remark_on_gpt_neo(rows: Sequence[Compared], plans: Sequence[MemoryPlan]) -> str:
    weights = rows[0].predicted
    tables = plans[0].tables if plans else 0
    return (
        f"The notes call this a model of {size_text(rows[0].reading.bytes)}. Its weights take {size_text(weights)} in "
        f"fp32, and half of that in 16 bits; its causal masks, which are not weights, add {size_text(tables)}. The "
        "notes do not say what was read. It may have been the whole process: Python and the libraries take hundreds of "
        f"megabytes, and while a file is read the weights can be there twice ({size_text(2 * weights)}). "
        f"To train it with Adam takes {size_text(4 * weights)} before any activation."
    )


def total_text(plan: MemoryPlan) -> str:
    """The total, or what it is at least and at most."""
    return size_text(plan.total) if plan.most is None else f"{size_text(plan.total)} to {size_text(plan.most)}"


def reading_text(count: int, row: Compared) -> str:
    """Bytes with as many digits as the reading has."""
    return f"{count / 1e9:.8f} GB" if row.reading.exact else size_text(count)


def difference_text(row: Compared) -> str:
    """Predicted against read: −0.55 %."""
    return change_text(row.difference, 2, "under 0.01 %")


def thresholds_text(rooms: Sequence[Room]) -> str:
    """What there is on this machine, in a sentence."""
    rooms_text = (f"{room.name} {size_text(room.total)}, {size_text(room.free)} of it free now" for room in rooms)
    return f"This machine: {'; '.join(rooms_text)}."
