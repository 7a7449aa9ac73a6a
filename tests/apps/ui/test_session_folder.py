"""A folder for a session, and what becomes of it."""

from apps.ui.session_folder import SessionFolder


def test_a_folder_goes_with_the_last_who_knows_it() -> None:
    folder = SessionFolder()
    path = folder.path
    (folder.empty("film") / "a.mp4").write_bytes(b"film")
    with folder:
        assert (path / "film" / "a.mp4").is_file()
    del folder
    assert not path.exists()


def test_a_folder_in_it_is_made_anew() -> None:
    folder = SessionFolder()
    (folder.empty("film") / "a.mp4").write_bytes(b"film")
    (folder.empty("other") / "b.mp4").write_bytes(b"film")
    assert list(folder.empty("film").iterdir()) == []
    assert len(list(folder.empty("other").parent.iterdir())) == 2
