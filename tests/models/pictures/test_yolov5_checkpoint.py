"""Checkpoints of both generations are read, and nothing in a file is run."""

import pickle
import sys
import zipfile
from pathlib import Path

import numpy
import pytest
import torch

from models.errors import DamagedFile, UnsafeCheckpoint, UnsupportedCheckpoint
from models.pictures.yolov5_checkpoint import ORIGINAL, ULTRALYTICS, read_checkpoint
from tests.tiny import object_detection as tiny


class Hostile:
    """Writes a file when it is unpickled."""

    def __init__(self, victim: Path):
        self.victim = victim

    def __reduce__(self):
        return exec, (f"open({str(self.victim)!r}, 'w').close()",)


def hidden_in(model: torch.nn.Module, hostile: Hostile) -> dict:
    return {"model": model, "date": hostile}


def test_original_checkpoint_gives_the_weights_that_were_saved(tiny_models) -> None:
    checkpoint = read_checkpoint(tiny_models.yolov5_original())
    expected = tiny.original_model().state_dict()
    assert checkpoint.generation == ORIGINAL
    assert checkpoint.labels == dict(enumerate(tiny.LABELS))
    assert checkpoint.weights.keys() == expected.keys()
    assert all(torch.equal(checkpoint.weights[name], value) for name, value in expected.items())


def test_u_checkpoint_gives_the_weights_that_were_saved(tiny_models) -> None:
    checkpoint = read_checkpoint(tiny_models.yolov5u())
    expected = tiny.u_model().state_dict()
    assert checkpoint.generation == ULTRALYTICS
    assert checkpoint.labels == dict(enumerate(tiny.LABELS))
    assert checkpoint.weights.keys() == expected.keys()
    assert all(torch.equal(checkpoint.weights[name], value) for name, value in expected.items())


def test_flat_names_of_the_first_u_files_are_read(tmp_path, monkeypatch) -> None:
    """In early 2023 every layer was pickled as `ultralytics.nn.modules.Conv` and so on."""
    from ultralytics.nn import modules

    model = tiny.u_model()
    for layer in model.modules():
        if type(layer).__module__.startswith("ultralytics.nn.modules"):
            monkeypatch.setattr(type(layer), "__module__", "ultralytics.nn.modules")
    assert modules.Conv.__module__ == "ultralytics.nn.modules"
    torch.save({"model": model}, tmp_path / "yolov5nu.pt")
    checkpoint = read_checkpoint(tmp_path / "yolov5nu.pt")
    assert checkpoint.generation == ULTRALYTICS
    assert checkpoint.weights.keys() == model.state_dict().keys()


def test_no_foreign_module_is_imported(tiny_models) -> None:
    read_checkpoint(tiny_models.yolov5_original())
    assert "models.yolo" not in sys.modules
    assert "models.common" not in sys.modules
    assert Path(sys.modules["models"].__file__).parent.name == "models"


def test_official_file_of_2022(shared) -> None:
    checkpoint = read_checkpoint(shared / "weights" / "yolov5n.pt")
    assert len(checkpoint.weights) == 349
    assert checkpoint.labels[0] == "person"
    assert len(checkpoint.labels) == 80
    assert checkpoint.description["width_multiple"] == 0.25


def test_averaged_weights_are_preferred(tmp_path) -> None:
    model, averaged = tiny.original_model(), tiny.original_model()
    with torch.no_grad():
        averaged.model[0].conv.weight.fill_(0.5)
    with tiny._named_like_yolov5():
        torch.save({"model": model, "ema": averaged}, tmp_path / "last.pt")
    assert read_checkpoint(tmp_path / "last.pt").weights["model.0.conv.weight"].unique().tolist() == [0.5]


def test_what_a_training_leaves_in_its_checkpoint_is_read(tmp_path) -> None:
    extra = {
        "best_fitness": numpy.array([0.5]),
        "fitness": numpy.float64(0.5),
        "opt": {"save_dir": Path("runs/train/exp"), "device": torch.device("cpu")},
        "optimizer": torch.optim.SGD([torch.nn.Parameter(torch.ones(2))], lr=0.1).state_dict(),
    }
    with tiny._named_like_yolov5():
        torch.save({"model": tiny.original_model(), **extra}, tmp_path / "best.pt")
    assert len(read_checkpoint(tmp_path / "best.pt").labels) == 6


@pytest.mark.parametrize("generation", ["original", "u"])
def test_hostile_checkpoint_is_refused_and_nothing_runs(tmp_path, generation) -> None:
    victim, file = tmp_path / "victim", tmp_path / "best.pt"
    with tiny._named_like_yolov5():
        model = tiny.original_model() if generation == "original" else tiny.u_model()
        torch.save(hidden_in(model, Hostile(victim)), file)
        with pytest.raises(UnsafeCheckpoint, match="exec"):
            read_checkpoint(file)
        assert not victim.exists()
        torch.load(file, weights_only=False)
        assert victim.exists(), "the file of this test is not hostile, so the test shows nothing"


@pytest.mark.parametrize("protocol", range(2, 6))
def test_bare_hostile_pickle_is_refused(tmp_path, protocol) -> None:
    victim, file = tmp_path / "victim", tmp_path / "best.pt"
    file.write_bytes(pickle.dumps({"model": Hostile(victim)}, protocol=protocol))
    with pytest.raises(UnsafeCheckpoint):
        read_checkpoint(file)
    assert not victim.exists()


def test_hostile_file_of_the_format_before_torch_1_6_is_refused(tmp_path) -> None:
    victim, file = tmp_path / "victim", tmp_path / "best.pt"
    torch.save({"model": Hostile(victim)}, file, _use_new_zipfile_serialization=False)
    with pytest.raises(UnsafeCheckpoint, match="2020"):
        read_checkpoint(file)
    assert not victim.exists()


def test_hostile_archive_of_a_newer_protocol_is_refused(tmp_path) -> None:
    victim, file = tmp_path / "victim", tmp_path / "best.pt"
    torch.save({"model": Hostile(victim)}, file, pickle_protocol=4)
    with pytest.raises(UnsafeCheckpoint):
        read_checkpoint(file)
    assert not victim.exists()


def test_allowed_names_are_inert(tmp_path) -> None:
    """`getattr` may be named, but what it returns here cannot be used for anything."""

    class LooksUp:
        def __reduce__(self):
            return getattr, (tiny.Conv, "__init__")

    with tiny._named_like_yolov5():
        torch.save({"model": tiny.original_model(), "looked_up": LooksUp()}, tmp_path / "best.pt")
    assert read_checkpoint(tmp_path / "best.pt").generation == ORIGINAL


def test_stand_ins_do_not_outlive_the_reading(tiny_models) -> None:
    read_checkpoint(tiny_models.yolov5_original())
    with pytest.raises(pickle.UnpicklingError):
        torch.load(tiny_models.yolov5_original(), weights_only=True)


@pytest.mark.parametrize("share", [0.1, 0.6, 0.999])
def test_truncated_file_is_damaged(tiny_models, tmp_path, share) -> None:
    content = tiny_models.yolov5_original().read_bytes()
    (tmp_path / "half.pt").write_bytes(content[: int(len(content) * share)])
    with pytest.raises(DamagedFile, match=r"half\.pt is damaged"):
        read_checkpoint(tmp_path / "half.pt")


def test_empty_file_is_damaged(tmp_path) -> None:
    (tmp_path / "best.pt").touch()
    with pytest.raises(DamagedFile, match="empty"):
        read_checkpoint(tmp_path / "best.pt")


def test_other_files_are_not_checkpoints(tmp_path) -> None:
    (tmp_path / "page.pt").write_text("<html>404</html>")
    with zipfile.ZipFile(tmp_path / "zip.pt", "w") as archive:
        archive.writestr("word/document.xml", "<xml/>")
    for name in ("page.pt", "zip.pt"):
        with pytest.raises(UnsupportedCheckpoint, match="not a PyTorch checkpoint"):
            read_checkpoint(tmp_path / name)


@pytest.mark.filterwarnings("ignore:.*torch.jit.*:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:.*torch.jit.*:FutureWarning")
def test_exported_model_is_named_as_such(tmp_path) -> None:
    torch.jit.script(torch.nn.ReLU()).save(str(tmp_path / "best.torchscript.pt"))
    with pytest.raises(UnsupportedCheckpoint, match="TorchScript"):
        read_checkpoint(tmp_path / "best.torchscript.pt")


@pytest.mark.parametrize("content", [{"weight": torch.ones(3)}, {"model": None}, {"model": {}}, torch.ones(3), [1, 2]])
def test_checkpoint_without_a_yolo_model_is_unsupported(tmp_path, content) -> None:
    torch.save(content, tmp_path / "other.pt")
    with pytest.raises(UnsupportedCheckpoint, match="holds no YOLO model"):
        read_checkpoint(tmp_path / "other.pt")


@pytest.mark.parametrize(
    ("head", "task"), [("Segment", "segmentation"), ("Pose", "pose"), ("Classify", "classification")]
)
def test_model_of_another_task_is_unsupported(tmp_path, head, task) -> None:
    from ultralytics.nn import modules, tasks

    model = tasks.DetectionModel.__new__(tasks.DetectionModel)
    torch.nn.Module.__init__(model)
    model.model = torch.nn.Sequential(
        modules.Conv(3, 8), getattr(modules, head)(2, ch=[8]) if head != "Classify" else modules.Classify(8, 2)
    )
    model.yaml, model.names = {}, {0: "a", 1: "b"}
    torch.save({"model": model}, tmp_path / "other.pt")
    with pytest.raises(UnsupportedCheckpoint, match=f"a YOLO {task} model"):
        read_checkpoint(tmp_path / "other.pt")


@pytest.mark.parametrize(
    "state", [{"yaml": None}, {"names": {"a": "b"}}, {"names": 80}, {"_modules": [1]}, {"_parameters": [1]}]
)
def test_checkpoint_without_description_is_unsupported(tmp_path, state) -> None:
    model = tiny.original_model()
    model.__dict__.update(state)
    with tiny._named_like_yolov5():
        torch.save({"model": model}, tmp_path / "best.pt")
    with pytest.raises(UnsupportedCheckpoint, match="how its network is built"):
        read_checkpoint(tmp_path / "best.pt")


def test_layers_that_hold_each_other_again_and_again_are_read_once(tmp_path) -> None:
    """Forty levels that each hold the next one twice: a walk along every path would not end."""
    model, inner = tiny.original_model(), torch.nn.Linear(2, 2)
    for _ in range(40):
        inner = torch.nn.ModuleList([inner, inner])
    model.__dict__["_modules"] = {**model._modules, "twice": inner, "itself": model}
    with tiny._named_like_yolov5():
        torch.save({"model": model}, tmp_path / "best.pt")
    found = read_checkpoint(tmp_path / "best.pt").weights
    assert {name for name in found if not name.startswith("twice.")} == tiny.original_model().state_dict().keys()
    assert len(found) == len(tiny.original_model().state_dict()) + 2
