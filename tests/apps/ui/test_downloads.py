"""Tables are handed out so that a spreadsheet reads their letters, and the suite itself, too."""

import pytest
from streamlit.testing.v1 import AppTest

from apps.ui.downloads import for_spreadsheet
from apps.words.decoding import decode_text

TABLE = "text,label\nEl niño señala,positive\n"


@pytest.mark.parametrize("given", [TABLE, lambda: TABLE, TABLE.encode, lambda: TABLE.encode("utf-8-sig")])
def test_a_table_begins_with_the_mark_of_utf_8(given) -> None:
    made = for_spreadsheet(given)()
    assert made.startswith(b"\xef\xbb\xbftext,label")
    assert made.decode("utf-8-sig") == TABLE
    assert decode_text(made, "a.csv") == TABLE


def test_other_files_are_handed_out_as_they_are() -> None:
    def page() -> None:
        from apps.ui.downloads import show_report_files

        show_report_files("report", "a\n1\n", "{}", "# Report")

    shown = AppTest.from_function(page).run()
    assert not shown.exception
    assert [button.label for button in shown.get("download_button")] == ["CSV", "JSON", "Markdown"]
