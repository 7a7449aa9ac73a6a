"""The rows that a classifier is trained and tested on: from anybody's file, or the sentences of film reviews."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from models.errors import InvalidInput
from models.text.labelled_row import Row
from training.text_data import Split, TextData, facts, read_texts, require_trainable, split

SENTENCES = Path("sentiment/en.rt_polarity.tsv")
MOST_LISTED = 100  # lines that were left out
SENTIMENT = {"0": "negative", "1": "positive"}
NOTE = """
The data are the 10,662 sentences of the “sentence polarity dataset v1.0” (rt_polarity; Bo Pang and Lillian Lee, Seeing
stars, ACL 2005; CC BY 4.0 as distributed with NLTK): one sentence each from film reviews of critics, in lower case,
half of them from favourable reviews. A sentence belongs to the test where the first byte of its SHA-256 ends in 0 as a
decimal number, to the validation where it ends in 1. SST-2 has the same sentences: a test on it would not be fair.

It knows the language of English film critics. Of other things it judges the tone well where the words are those of
praise and blame, and poorly where they are not: irony, mixed feelings, a complaint that only tells what happened. There
is no label for neutral texts, and of other languages it knows nothing.
"""


@dataclass(frozen=True)
class Material:
    """Rows in three parts, and what is told about them.

    `facts` go into `result.json`; `note` says in the model card where the texts come from, in Markdown; `languages` are
    two-letter codes, where they are known.
    """

    name: str
    split: Split
    facts: dict[str, Any] = field(default_factory=dict)
    note: str = ""
    languages: tuple[str, ...] = ()

    @property
    def labels(self) -> list[str]:
        """All classes, in alphabetical order."""
        return sorted({row.label for row in (*self.split.train, *self.split.validation, *self.split.test)})


def file_rows(
    file: Path,
    seed: int = 0,
    text_column: str | None = None,
    label_column: str | None = None,
    header: bool | None = None,
    missing: Sequence[str] = (),
    encoding: str | None = None,
) -> Material:
    """The rows of a file, split. Raises what `read_texts` and `require_trainable` raise."""
    data = read_texts(file, None, text_column, label_column, encoding=encoding, header=header, missing=missing)
    require_trainable(data)
    return Material(file.name, split(data.rows, seed), how_read(data))


def how_read(data: TextData) -> dict[str, Any]:
    """How a file was read and what of it was left out, for `result.json`: every reason, the first lines."""
    counted = facts(data.rows)
    return {
        "encoding": data.table.encoding,
        "delimiter": data.table.delimiter,
        "header_line": data.table.header_line,
        "columns": list(data.table.columns),
        "text_column": data.text_column,
        "label_column": data.label_column,
        "missing": list(data.missing),
        "left_out": len(data.faults),
        "left_out_reasons": dict(Counter(fault.reason for fault in data.faults).most_common()),
        "left_out_lines": [asdict(fault) for fault in data.faults[:MOST_LISTED]],
        "duplicates": len(counted.duplicates),
        "conflicts": len(counted.conflicts),
    }


def film_sentences(data: Path) -> Material:
    """The sentences of film reviews, split by their own hash, so that every training and test agrees on the parts.

    Raises:
        InvalidInput: they are not in the folder.
    """
    file = data / SENTENCES
    if not file.is_file():
        raise InvalidInput(f"{file} is missing. Name the folder of the training data that holds {SENTENCES}.")
    parts: dict[str, list[Row]] = {"train": [], "validation": [], "test": []}
    for row in read_texts(file, delimiter="tab").rows:
        parts[part(row.text)].append(Row(row.line, row.text, SENTIMENT[row.label]))
    return Material("rt_polarity", Split(*map(tuple, parts.values())), note=NOTE, languages=("en",))


def part(text: str) -> str:
    """The part of a film sentence: a tenth is test, a tenth validation, by the first byte of its SHA-256."""
    number = hashlib.sha256(text.encode()).digest()[0] % 10
    return {0: "test", 1: "validation"}.get(number, "train")
