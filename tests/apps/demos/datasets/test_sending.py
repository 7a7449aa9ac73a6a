"""What Transfer learning is sent: the same texts, whatever stands in them."""

from types import SimpleNamespace

from apps.demos.datasets.sending import rows_as_csv
from models.text.labelled_row import Row
from training.text_data import read_texts


def test_the_training_reads_the_texts_that_were_explored() -> None:
    texts = ["It was fine.\rWe come again.", "Two\r\nlines, and “one more”", 'She said "no";\nwe left.', "Plain"]
    rows = [Row(line, text, f"label{line % 2}") for line, text in enumerate(texts, start=1)]
    content = rows_as_csv(SimpleNamespace(texts=SimpleNamespace(rows=rows)))  # type: ignore[arg-type]
    read = read_texts(content, "sent.csv", "text", "label")
    assert not read.faults
    assert [row.text.split() for row in read.rows] == [text.split() for text in texts]
    assert [row.label for row in read.rows] == [row.label for row in rows]
