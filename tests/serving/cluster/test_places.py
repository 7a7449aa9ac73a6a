"""Paths and addresses: what they lead to, how they are told of, and what cannot be reached."""

from pathlib import Path

import pytest

from models.errors import InvalidInput
from serving.api.requests import Picture
from serving.cluster.kinds import KINDS
from serving.cluster.places import Place, fitting, locate, read, without_secrets
from serving.cluster.shards import Results
from serving.cluster.things import Reader, look_for
from tests.loopback_s3 import s3


def names(pattern: Path) -> list[str]:
    place, path = locate(str(pattern))
    return [Path(info.path).name for info in fitting(place, path)]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ("a.jpg", "B.jpg", "c.png", "x1.txt", "x2.txt", "deep/d.jpg", "deep/er/e.jpg", ".hidden.jpg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"12345")
    return tmp_path


def test_a_pattern_means_what_it_means_in_a_shell(tree: Path) -> None:
    assert names(tree / "*.jpg") == ["a.jpg", "B.jpg"]
    assert names(tree / "**" / "*.jpg") == ["a.jpg", "B.jpg", "d.jpg", "e.jpg"]
    assert names(tree / "*" / "*.jpg") == ["d.jpg"]
    assert names(tree / "?.png") == ["c.png"]
    assert names(tree / "x[12].txt") == ["x1.txt", "x2.txt"]
    assert names(tree / "x[!1].txt") == ["x2.txt"]


def test_brackets_that_are_no_range_are_meant_as_they_stand(tree: Path) -> None:
    folder = tree / "photos [2024-01]"
    folder.mkdir()
    (folder / "f.jpg").write_bytes(b"12345")
    assert names(folder / "*.jpg") == ["f.jpg"]
    for pattern in ("x[z-a].txt", "x[!].txt", "x[].txt"):
        assert names(tree / pattern) == []


def test_a_file_is_one_whether_named_by_path_or_address(tree: Path) -> None:
    by_path, by_address = locate(str(tree / "a.jpg")), locate((tree / "a.jpg").as_uri())
    assert by_path == by_address
    place, path = by_path
    assert place.name(path) == str(tree / "a.jpg")
    assert read(place, path) == b"12345"
    assert read(place, path, at=1, length=2) == b"23"


def test_other_file_systems_are_told_of_by_their_addresses() -> None:
    place, path = locate("mock:///pictures/a.jpg")
    assert place.name(path.lstrip("/")) == "mock://pictures/a.jpg"


def test_nothing_of_how_one_signs_in_is_ever_shown() -> None:
    shown = without_secrets("s3://KEY:SECRET@bucket/photos/*.jpg?endpoint_override=localhost&x=SECRET")
    assert shown == "s3://bucket/photos/*.jpg"


def test_a_bucket_is_read_and_written_as_a_folder_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")  # nobody is asked outside this machine
    objects = {"bucket/photos/a b.jpg": b"12345", "bucket/photos/deep/c.jpg": b"1", "bucket/photos/notes.txt": b"x"}
    with s3(objects) as end:
        signed = "s3://KEY:SECRET@bucket"
        things = look_for(KINDS["detect"], [f"{signed}/photos{end}", f"{signed}/photos/**/*.jpg{end}"], "text")
        keys = [things.key(thing) for thing in things.found]
        read = Reader(things.places, "text", of_pictures=True).read(things.found[0])
        first = Results.open(f"{signed}/out{end}", "parquet", {}, {"task": "detect"})
        first.add({"key": keys[0], "number": None, "error": None, "record": {}})
        first.add({"key": keys[1], "number": None, "error": "It is broken.", "record": {}})
        first.flush()
        second = Results.open(f"{signed}/out{end}", "parquet", {}, {"task": "detect"})

    assert keys == ["s3://bucket/photos/a b.jpg", "s3://bucket/photos/deep/c.jpg"]
    assert read == Picture(b"12345", "a b.jpg")
    assert second.done == {keys[0]}
    assert b"SECRET" not in b"".join(objects.values())
    assert sorted(key.rsplit(".", 1)[-1] for key in objects if "/out/" in key and "." in key) == ["json", "parquet"]


@pytest.mark.parametrize("address", ["ftp://host/pictures", "s4://bucket/x", "nothing://"])
def test_an_address_that_nobody_reaches_is_refused_with_those_that_are(address: str) -> None:
    with pytest.raises(InvalidInput, match=r"cannot be reached.*s3:// or gs://"):
        locate(address)


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    place, path = locate(str(tmp_path / "gone.jpg"))
    with pytest.raises(InvalidInput, match=r"There is no .*gone\.jpg"):
        read(place, path)


def test_a_place_travels_to_other_processes(tree: Path) -> None:
    import pickle

    place, path = locate(str(tree / "a.jpg"))
    there: Place = pickle.loads(pickle.dumps(place))
    assert read(there, path) == b"12345"
