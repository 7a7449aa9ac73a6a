"""Text that Streamlit would read as Markdown."""

from apps.ui.markdown import escape, message


def test_what_a_user_typed_is_shown_as_it_is() -> None:
    assert escape("<b>x</b> **y** &lt;") == r"\<b\>x\</b\> \*\*y\*\* \&lt;"


def test_a_message_keeps_our_commands_but_no_markdown_of_a_users() -> None:
    assert message("Run `aula`: <b> **y** [z](http://e).") == r"Run `aula`: \<b> \*\*y\*\* \[z\](http://e)."


def test_a_file_name_is_shown_as_it_is() -> None:
    assert escape("a_b*.jpg") == "a\\_b\\*\\.jpg"
