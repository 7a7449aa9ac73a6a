"""The figures of a row: what each is called, in which unit and with how many digits it is written, and what it means.

One table for all who show them: the page, the terminal, the report and the card of a kept model. They have more or less
room for words, so a figure has a name for each.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from models.weights.card_file import readable
from models.wording import size_text
from quantization.experiments.row import BASELINE, Row
from quantization.experiments.speeds import are_comparable, claim

if TYPE_CHECKING:
    from quantization.experiments.task_quality import QualityRow

MISSING = "–"


@dataclass(frozen=True)
class Figure:
    """One thing that is measured of a precision; `key` is its name in a row.

    `terminal`, `report`, `page` and `card` are what it is called there, "" where it is not shown. Bytes have no
    `digits`, for they are written as sizes; other numbers have those of Python's `format`. A card writes the `unit` out
    and rounds as people do, unless the figure is so small that it `keeps_digits`. `spread` names the fields of the
    slowest and the fastest run, and `whole` the field of what this is a part of. What `compares` speeds has no value
    where these cannot be compared. `help` is a sentence for the page.
    """

    key: str
    unit: str = ""
    digits: str = ""
    terminal: str = ""
    report: str = ""
    page: str = ""
    card: str = ""
    help: str | None = None
    keeps_digits: bool = False
    spread: tuple[str, str] | None = None
    whole: str | None = None
    compares: bool = False

    def value(self, row: "Row | QualityRow") -> Any:
        """The number in `row`, or None where it was not measured, says nothing, or is not measured of such rows."""
        if self.compares and not are_comparable(row, *(getattr(row, key, None) for key in self.spread or ())):
            return None
        return getattr(row, self.key, None)

    def text(self, row: Row, part_of: str = " of ") -> str:
        """The figure as a cell of a table: 497 MB, 27.53, 9 of 49; a dash where there is none."""
        value = self.value(row)
        if value is None:
            return MISSING
        if self.whole is not None:
            return f"{value}{part_of}{getattr(row, self.whole)}"
        return self._number(value)

    def spread_text(self, row: Row) -> str:
        """The same with its spread, where it has one: 20.0 (19.0–21.0)."""
        if self.spread is None or self.value(row) is None:
            return self.text(row)
        slowest, fastest = (self._number(getattr(row, key)) for key in self.spread)
        return f"{self.text(row)} ({slowest}–{fastest})"

    def in_words(self, value: float) -> str:
        """The figure with its unit, as a model card has it: 27.5, 0.42 s, 31.0 tokens per second."""
        number = self._number(value) if self.keeps_digits or not self.digits else readable(value)
        return f"{number} {self.unit}" if self.unit else number

    def card_text(self, row: "Row | QualityRow") -> str | None:
        """What a model card says of the figure; None where it was not measured. A ratio is said with its interval."""
        value = self.value(row)
        if value is None:
            return None
        return claim(row, f"{BASELINE}'s") if self.key == "ratio" else self.in_words(value)

    def _number(self, value: float) -> str:
        return format(value, self.digits) if self.digits else size_text(value)


FIGURES = (
    Figure(
        "file_bytes",
        terminal="FILE",
        report="file",
        page="File, MB",
        card="File",
        help="The model was saved, and its weight files weighed.",
    ),
    Figure(
        "footprint",
        terminal="FOOTPRINT",
        report="footprint",
        page="Footprint, MB",
        card="Footprint in memory",
        help="All weight tensors in memory.",
    ),
    Figure(
        "peak_bytes",
        terminal="PEAK",
        report="peak of the load",
        page="Peak, MB",
        card="Peak memory of the load",
        help="What loading added at its highest, in a fresh process.",
    ),
    Figure(
        "layers_changed",
        digits="d",
        terminal="LAYERS",
        report="layers changed",
        page="Layers changed",
        help="Of the linear layers, how many are stored otherwise than in fp32.",
        whole="layers",
    ),
    Figure(
        "load_seconds",
        "s",
        ".2f",
        terminal="LOADING",
        report="load s",
        page="Load, s",
        card="Load time",
    ),
    Figure(
        "prefill_tokens_per_second",
        "tokens per second",
        ".0f",
        terminal="PREFILL/S",
        report="prefill tokens/s (spread)",
        page="Prefill tokens/s",
        card="Reading",
        help="Reading a long prompt at once; the spread is slowest–fastest.",
        spread=("prefill_slowest", "prefill_fastest"),
    ),
    Figure(
        "tokens_per_second",
        "tokens per second",
        ".1f",
        terminal="TOKENS/S",
        report="decode tokens/s (spread)",
        page="Tokens/s",
        card="Writing",
        help="Writing one token after another; the spread is slowest–fastest.",
        spread=("slowest", "fastest"),
    ),
    Figure(
        "ratio",
        f"times as fast as {BASELINE}",
        ".2f",
        terminal="RATIO",
        report=f"decode × {BASELINE}'s (95 %)",
        page=f"× {BASELINE}'s tokens/s",
        card="Speed, in turns",
        help=f"Writing, in turns with {BASELINE}: the median over the rounds with its 95 % interval.",
        keeps_digits=True,
        spread=("ratio_low", "ratio_high"),
        compares=True,
    ),
    Figure(
        "prefill_ratio",
        f"times as fast as {BASELINE}",
        ".2f",
        report=f"prefill × {BASELINE}'s (95 %)",
        page=f"× {BASELINE}'s prefill",
        card="Reading, in turns",
        help=f"Reading, in turns with {BASELINE}: the median over the rounds with its 95 % interval.",
        keeps_digits=True,
        spread=("prefill_ratio_low", "prefill_ratio_high"),
        compares=True,
    ),
    Figure(
        "busy",
        digits=".0%",
        report="used by others",
        page="Used by others",
        card="Processor used by others meanwhile",
        help="How much of the processor others used while the speeds were measured.",
        keeps_digits=True,
    ),
    Figure(
        "perplexity",
        digits=".2f",
        terminal="PERPLEXITY",
        report="perplexity",
        page="Perplexity",
        card="Perplexity",
    ),
    Figure(
        "bits_per_byte",
        digits=".3f",
        terminal="BITS/BYTE",
        report="bits per byte",
        page="Bits per byte",
        card="Bits per byte",
    ),
    Figure(
        "top1_agreement",
        digits=".1%",
        terminal="SAME",
        report="same next token",
        page="Same next word",
        card="Same likeliest token as fp32",
        help="Where fp32 and this precision find the same next token likeliest.",
        keeps_digits=True,
    ),
    Figure(
        "kl_divergence",
        "nats",
        ".4f",
        terminal="KL",
        report="KL in nats",
        page="KL, nats",
        card="KL divergence from fp32",
        help="KL divergence of the next-token probabilities, KL(fp32 ‖ this precision), mean over the positions.",
        keeps_digits=True,
    ),
)
# A QualityRow has it: every exam has rows, whatever they are. The page of the exams has figures of its own beside it.
EXAM_SPEED = Figure("rows_per_second", "questions or sentences per second", ".1f", card="Speed")
