"""One command trains the suite's weights further, and only what is better on validation data takes their place."""

from pathlib import Path

import pytest

from models.errors import InvalidInput
from tests.training.runs import run_in
from tests.training.tiny_data import spanish
from training import night, sittings, text_generation
from training.night import TRAININGS, Outcome, Weights, finished, improve, improve_each, put_in_place, require_known


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    return spanish(tmp_path_factory.mktemp("data"))


@pytest.fixture
def small(monkeypatch) -> None:
    monkeypatch.setattr(text_generation, "VOCABULARY", 300)
    monkeypatch.setattr(text_generation, "TOKENS_A_STEP", {"cpu": 512})
    monkeypatch.setattr(text_generation, "VALIDATION_CHARACTERS", 500)
    monkeypatch.setattr(text_generation, "LAYERS", 1)


@pytest.mark.usefixtures("small")
def test_first_weights_are_kept_and_then_only_better_ones(data, tmp_path, monkeypatch) -> None:
    into = tmp_path / "embedded"
    first = improve("text_generation", data, run_in(tmp_path / "a", steps=2), into)
    place = into / "gpt2-mini-es"
    assert (first.before, first.kept) == (None, True)
    assert (place / "README.md").is_file()

    (place / "precisions.json").write_text("{}", encoding="utf-8")
    better = improve("text_generation", data, run_in(tmp_path / "b", steps=4), into)
    assert better.kept
    assert [one.steps for one in sittings.read(place)] == [2, 4]
    assert better.after["bits_per_byte"] < better.before["bits_per_byte"] == pytest.approx(first.after["bits_per_byte"])
    assert not (place / "precisions.json").exists()  # measured of the weights that were there before
    assert [folder.name for folder in into.iterdir()] == ["gpt2-mini-es"]

    weights = (place / "model.safetensors").read_bytes()
    worse = improve("text_generation", data, run_in(tmp_path / "c", steps=1), into, new=True)
    assert not worse.kept
    assert (place / "model.safetensors").read_bytes() == weights
    assert "Not better: left in" in worse.sentence(into)
    assert (worse.made / "model.safetensors").is_file()


@pytest.mark.usefixtures("small")
def test_one_that_cannot_be_trained_is_named_and_the_others_are_trained(data, tmp_path) -> None:
    outcomes, failures = improve_each(
        ["translation", "text_generation"], data, run_in(tmp_path, steps=1), tmp_path / "embedded"
    )
    assert [outcome.name for outcome in outcomes] == ["text_generation"]
    assert [failure.partition(":")[0] for failure in failures] == ["translation"]
    assert "There is no " in failures[0]


def test_what_is_better_depends_on_the_figure() -> None:
    assert Weights("a", "BLEU").better({"BLEU": 2}, {"BLEU": 1})
    assert not Weights("a", "BLEU").better({"BLEU": 1}, {"BLEU": 1})
    assert Weights("a", "bits", greater_is_better=False).better({"bits": 1}, {"bits": 2})


def test_a_folder_is_exchanged_whole(tmp_path) -> None:
    made, place = tmp_path / "made", tmp_path / "place"
    for folder, name in ((made, "new"), (place, "old")):
        folder.mkdir()
        (folder / name).touch()
    put_in_place(made, place)
    assert [file.name for file in place.iterdir()] == ["new"]
    assert sorted(folder.name for folder in tmp_path.iterdir()) == ["made", "place"]


def test_what_cannot_be_trained_is_named_with_what_can() -> None:
    require_known(["translation"])
    for names, told in ((["translation", "poetry"], "“poetry”"), ([], "Nothing is asked for")):
        with pytest.raises(InvalidInput, match=rf"{told}.*Choose from: translation, text_generation"):
            require_known(names)


def test_the_readme_is_refreshed_where_the_suites_own_weights_were_exchanged(tmp_path, monkeypatch, capsys) -> None:
    refreshed = []
    monkeypatch.setattr(night, "refresh_readme", lambda: refreshed.append(True))
    kept = Outcome("translation", {"BLEU": 1.0}, {"BLEU": 2.0}, True, tmp_path)
    finished([kept], tmp_path)
    assert not refreshed
    finished([kept], night.EMBEDDED)
    assert refreshed
    told = capsys.readouterr().out
    assert "BLEU 1 before, BLEU 2 now" in told
    assert "benchmarks.losses" in told


def test_everything_that_can_be_trained_is_embedded_and_has_what_is_needed() -> None:
    import importlib

    for name, weights in TRAININGS.items():
        assert (night.EMBEDDED / weights.folder).is_dir()
        module = importlib.import_module(f"training.{name}")
        assert callable(module.train)
        assert callable(module.validated)
