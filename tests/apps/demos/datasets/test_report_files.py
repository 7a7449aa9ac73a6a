"""Reports to take home: no text of a stranger becomes a formula, a table or emphasis."""

import csv
import io

from apps.demos.datasets.report_files import csv_text, json_text, markdown_text
from tests.training.exploration.test_pictures import photographs
from tests.training.pictures.drawn import zipped
from training.exploration.pictures import explore_pictures
from training.exploration.reading import open_table
from training.exploration.tables import explore_tables
from training.pictures.reading import read_archive


def test_texts_are_only_texts_in_each_kind_of_report() -> None:
    content = b"text,label\n=SUM(A1) of a|b *bold* <b>,=x\n=SUM(A1) of a|b *bold* <b>,=x\nother words here,y\n"
    report = explore_tables([open_table(content, "a.csv")])
    rows = list(csv.reader(io.StringIO(csv_text(report))))
    assert rows[1] == ["duplicate 1", "", "2", "'=x", "'=SUM(A1) of a|b *bold* <b>"]
    page = markdown_text(report)
    assert "=SUM(A1) of a\\|b \\*bold\\* \\<b>" in page
    assert '"duplicates": 1' in json_text(report)


def test_pictures_have_all_three_as_well() -> None:
    contents = photographs() | {"cat/copy.png": photographs()["cat/0.png"], "cat/bad.jpg": b"\xff\xd8"}
    report = explore_pictures(read_archive(zipped(contents), "pets.zip"))
    rows = list(csv.DictReader(io.StringIO(csv_text(report))))
    assert [row["item"] for row in rows if row["finding"] == "duplicate 1"] == ["cat/0.png", "cat/copy.png"]
    assert rows[-1]["finding"] == "left out"
    assert "11 pictures of 2 classes; 1 duplicates" in markdown_text(report)
