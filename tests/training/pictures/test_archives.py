"""Archives that lie, lead out of themselves, are locked or damaged: each gets a sentence, and nothing is unpacked."""

import struct
import zipfile
from io import BytesIO

import pytest

from models.errors import InvalidInput
from tests.training.pictures.drawn import files, picture, zipped
from training.pictures import archives
from training.pictures.archives import entries
from training.pictures.reading import read_archive


@pytest.mark.parametrize(
    "name", ["../evil.png", "red/../../evil.png", "/etc/evil.png", "C:/evil.png", "C:evil.png", r"..\evil.png",
             r"\\server\share\evil.png"],
)  # fmt: skip
def test_a_name_that_leads_out_refuses_the_archive(name: str) -> None:
    with pytest.raises(InvalidInput, match=r"a\.zip holds a file that would be written outside of its folder"):
        entries(zipped(files() | {name: picture()}), "a.zip")


def test_a_link_is_not_followed() -> None:
    out = BytesIO(zipped())
    with zipfile.ZipFile(out, "a") as archive:
        link = zipfile.ZipInfo("red/link.png")
        link.create_system, link.external_attr = 3, 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    data = read_archive(out.getvalue(), "a.zip")
    assert [one.reason for one in data.left_out] == ["red/link.png is a link to another file, not a picture."]


def test_backslashes_separate_folders_too() -> None:
    contents = {name.replace("/", "\\"): content for name, content in files().items()}
    assert read_archive(zipped(contents), "a.zip").classes == {"green": 6, "red": 6}


def test_a_bomb_is_not_unpacked_that_says_its_size() -> None:
    bomb = zipped({"red/0.png": bytes(archives.MOST_BYTES + 1)}, zipfile.ZIP_DEFLATED)
    assert len(bomb) < 1_000_000
    with pytest.raises(InvalidInput, match=r"Unpacked, a\.zip would have 200 MB; at most 200 MB are read"):
        entries(bomb, "a.zip")


def test_a_bomb_is_not_unpacked_that_hides_its_size() -> None:
    bomb = bytearray(zipped({"red/0.png": bytes(3_000_000)}, zipfile.ZIP_DEFLATED))
    for signature, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", bomb, bomb.index(signature) + place, 1000)
    (entry,) = entries(bytes(bomb), "a.zip")
    assert entry.content == b""
    assert entry.fault == "is damaged in the ZIP file, or packed in a way that cannot be read here"


def test_real_sizes_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "_require_harmless", lambda infos, name: None)
    monkeypatch.setattr(archives, "MOST_BYTES", 50_000)
    with pytest.raises(InvalidInput, match="and it hides that"):
        entries(zipped({f"red/{n}.png": bytes(30_000) for n in range(2)}, zipfile.ZIP_DEFLATED), "a.zip")


def test_archives_that_are_too_large_or_hold_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidInput, match="has 201 MB; at most 200 MB are read"):
        entries(bytes(201_000_000), "a.zip")
    monkeypatch.setattr(archives, "MOST_FILES", 11)
    with pytest.raises(InvalidInput, match="holds more than 11 files"):
        entries(zipped(), "a.zip")


def test_a_password_is_asked_to_be_left_out() -> None:
    locked = bytearray(zipped({"red/0.png": picture()}))
    for signature, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        locked[locked.index(signature) + place] |= 1
    with pytest.raises(InvalidInput, match=r"is protected with a password\. Pack the folder again without one"):
        entries(bytes(locked), "a.zip")


@pytest.mark.parametrize("content", [b"", b"hello", zipped()[:300], b"PK\x05\x06" + bytes(17)])
def test_what_is_not_a_whole_archive(content: bytes) -> None:
    with pytest.raises(InvalidInput, match=r"a\.zip is not a ZIP file, or a damaged one"):
        entries(content, "a.zip")


def test_a_damaged_entry_is_named_and_the_rest_goes_on() -> None:
    content = bytearray(zipped())
    place = content.index(b"IDAT")
    content[place : place + 20] = bytes(20)
    data = read_archive(bytes(content), "a.zip")
    assert sum(data.classes.values()) == 11
    assert "is damaged in the ZIP file" in data.left_out[0].reason


@pytest.mark.parametrize(("encoding", "system"), [("cp1252", 3), ("cp437", 0), ("cp850", 0), ("utf-8", 3)])
def test_old_names_without_a_word_about_their_encoding(encoding: str, system: int) -> None:
    label = "piña_niño_ó"
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number in range(2):
            info = zipfile.ZipInfo("?" * len(label.encode(encoding)) + f"/{number}.png")
            info.create_system = system
            archive.writestr(info, picture(seed=number))
    content = out.getvalue().replace(b"?" * len(label.encode(encoding)), label.encode(encoding))
    assert read_archive(content, "a.zip").labels == [label]
