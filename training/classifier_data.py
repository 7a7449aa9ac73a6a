"""The rows that a classifier is trained and tested on: from anybody's file, or the sentences of film reviews."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from models.errors import InvalidInput
from training.text_data import Row, Split, facts, read_texts, require_trainable, split

SENTENCES = Path("sentiment/en.rt_polarity.tsv")
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


def file_rows(file: Path, seed: int = 0, text_column: str | None = None, label_column: str | None = None) -> Material:
    """The rows of a file, split. Raises what `read_texts` and `require_trainable` raise."""
    data = read_texts(file, text_column=text_column, label_column=label_column)
    require_trainable(data)
    counted = facts(data.rows)
    about = {
        "encoding": data.table.encoding,
        "delimiter": data.table.delimiter,
        "text_column": data.text_column,
        "label_column": data.label_column,
        "left_out": len(data.faults),
        "duplicates": len(counted.duplicates),
        "conflicts": len(counted.conflicts),
    }
    return Material(file.name, split(data.rows, seed), about)


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
