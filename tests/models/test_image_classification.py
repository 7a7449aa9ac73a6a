"""Tests for models.image_classification: what timm and transformers say of the same pixels, and files that fail."""

import json
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from models import errors
from models.catalog import ModelCard, card_of
from models.folders import EMBEDDED
from models.image_classification import Classification, FileResult, ImageClassifier
from models.precision import BF16
from models.tasks import Task
from models.weights.cards import find_card
from quantization.recipes import find_precision
from tests.conftest import TinyModels
from tests.tiny.image_classification import LABELS, TWICE, save_timm

IMAGES = Path(__file__).resolve().parents[2] / "images"


def card(folder: Path) -> ModelCard:
    return ModelCard(folder.name, Task.IMAGE_CLASSIFICATION, path=folder)


def load(folder: Path, **more: object) -> ImageClassifier:
    return ImageClassifier.load(card(folder), "cpu", **more)  # type: ignore[arg-type]


def noise(width: int, height: int, seed: int = 0) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8))


@pytest.fixture(params=["vit", "resnet", "timm"])
def folder(request: pytest.FixtureRequest, tiny_models: TinyModels) -> Path:
    path: Path = getattr(tiny_models, request.param)()
    return path


def timm_itself(folder: Path, architecture: str) -> tuple[torch.nn.Module, object]:
    """The network and the preparation, made by timm alone from the files of a folder."""
    import timm
    from safetensors.torch import load_file

    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    network = timm.create_model(architecture, num_classes=config["num_classes"])
    weights = {
        name.removeprefix("timm_model."): tensor for name, tensor in load_file(folder / "model.safetensors").items()
    }
    network.load_state_dict(weights)
    settings = timm.data.resolve_data_config(pretrained_cfg=config["pretrained_cfg"])
    return network.eval(), timm.data.create_transform(**settings, is_training=False)


def test_it_gives_the_numbers_of_timm_on_the_same_pixels(tiny_models: TinyModels) -> None:
    network, transform = timm_itself(tiny_models.timm(), "test_efficientnet")
    pictures = [noise(60, 40), noise(35, 80, 1), noise(48, 48, 2)]
    with torch.no_grad():
        pixels = torch.stack([transform(picture) for picture in pictures])  # type: ignore[operator]
        expected = network(pixels).softmax(dim=-1)
        pooled = network.forward_head(network.forward_features(pixels), pre_logits=True)  # type: ignore[operator]

    classifier = load(tiny_models.timm())
    found = classifier.classify(pictures)
    assert torch.allclose(torch.tensor([result.scores for result in found]), expected, atol=1e-4)
    assert torch.allclose(classifier.features(pictures), pooled, atol=1e-4)
    assert not classifier.features(pictures).is_inference()  # a head can be trained on them


def test_the_embedded_model_gives_the_numbers_of_timm_and_knows_the_photographs() -> None:
    network, transform = timm_itself(EMBEDDED / "efficientnet-lite0", "tf_efficientnet_lite0")
    pictures = [Image.open(IMAGES / name) for name in ("chelsea.jpg", "coffee.jpg")]
    with torch.no_grad():
        pixels = torch.stack([transform(picture) for picture in pictures])  # type: ignore[operator]
        expected = network(pixels).softmax(dim=-1)

    found = ImageClassifier.load(card_of("aula/efficientnet-lite0"), "cpu").classify(pictures)  # type: ignore[arg-type]
    assert torch.allclose(torch.tensor([result.scores for result in found]), expected, atol=1e-4)
    assert [result.label for result in found] == ["Egyptian cat", "espresso"]
    assert len(found[0].labels) == 1000
    assert len(set(found[0].labels)) == 999


@pytest.mark.parametrize("name", ["vit", "resnet"])
def test_it_gives_the_numbers_of_transformers(tiny_models: TinyModels, name: str) -> None:
    from transformers import AutoImageProcessor, AutoModelForImageClassification

    folder = getattr(tiny_models, name)()
    model = AutoModelForImageClassification.from_pretrained(folder).eval()
    pictures = [noise(60, 40), noise(35, 80, 1)]
    pixels = AutoImageProcessor.from_pretrained(folder)(pictures, return_tensors="pt")["pixel_values"]
    with torch.no_grad():
        expected = model(pixels).logits.softmax(dim=-1)
        if name == "vit":
            pooled = model.vit(pixels).last_hidden_state[:, 0]
        else:
            pooled = model.resnet(pixels).pooler_output.flatten(1)

    classifier = load(folder)
    assert torch.allclose(torch.tensor([r.scores for r in classifier.classify(pictures)]), expected, atol=1e-4)
    assert torch.allclose(classifier.features(pictures), pooled, atol=1e-4)
    assert classifier.labels == LABELS


def test_weights_in_half_precision_run_in_full_and_batch_norm_never_learns(tiny_models: TinyModels) -> None:
    classifier = load(tiny_models.timm())
    assert {weight.dtype for weight in classifier.model.parameters()} == {torch.float32}
    before = {name: tensor.clone() for name, tensor in classifier.model.state_dict().items()}
    assert any("running_mean" in name for name in before)

    classifier.features([noise(50, 50)])
    classifier.classify([noise(50, 50)])
    assert not any(module.training for module in classifier.model.modules())
    assert all(torch.equal(tensor, before[name]) for name, tensor in classifier.model.state_dict().items())


def test_bf16_runs_and_stays_near(folder: Path) -> None:
    pictures = [noise(60, 40)]
    full, half = (load(folder, **more).classify(pictures)[0] for more in ({}, {"precision": BF16}))
    assert half.scores == pytest.approx(full.scores, abs=0.03)


@pytest.mark.parametrize("name", ["int8", "int8-linear"])
def test_int8_runs_and_stays_near(folder: Path, name: str) -> None:
    pictures = [noise(60, 40), noise(40, 60, 1)]
    full = load(folder).classify(pictures)
    small = load(folder, precision=find_precision(name))
    assert small.footprint < load(folder).footprint
    for one, other in zip(small.classify(pictures), full, strict=True):
        assert one.scores == pytest.approx(other.scores, abs=0.05)
    assert small.features(pictures).shape == load(folder).features(pictures).shape


def test_a_picture_gets_the_same_numbers_in_company(folder: Path) -> None:
    classifier = load(folder)
    pictures = [noise(40 + seed, 60 - seed, seed) for seed in range(11)]  # more than a batch
    alone = [classifier.classify([picture])[0].scores for picture in pictures]
    together = [result.scores for result in classifier.classify(pictures)]
    assert torch.allclose(torch.tensor(together), torch.tensor(alone), atol=1e-5)


def test_labels_of_one_name_stay_two(tiny_models: TinyModels) -> None:
    result = load(tiny_models.timm()).classify([noise(50, 50)], top_k=3)[0]
    assert result.labels == TWICE
    assert sorted(entry.class_id for entry in result.top) == [0, 1, 2]
    assert [entry.score for entry in result.top] == sorted(result.scores, reverse=True)
    assert sum(result.scores) == pytest.approx(1)


def test_a_result_as_a_dictionary() -> None:
    result = Classification(("a", "b", "a"), (0.2, 0.3, 0.5), 2, (30, 20), 0.012345)
    assert (result.label, result.score, result.best.class_id) == ("a", 0.5, 2)
    assert json.loads(json.dumps(result.as_dict())) == {
        "class_id": 2,
        "label": "a",
        "score": 0.5,
        "top": [{"class_id": 2, "label": "a", "score": 0.5}, {"class_id": 1, "label": "b", "score": 0.3}],
        "size": [30, 20],
        "remark": None,
        "seconds": 0.0123,
    }


def test_more_labels_than_there_are_gives_all_and_none_is_refused(tiny_models: TinyModels) -> None:
    classifier = load(tiny_models.vit())
    assert len(classifier.classify([noise(9, 9)], top_k=99)[0].top) == 3
    with pytest.raises(errors.InvalidInput, match="Ask for one or more"):
        classifier.classify([noise(9, 9)], top_k=0)
    assert classifier.classify([]) == []
    assert classifier.features([]).shape == (0, 16)


@pytest.mark.parametrize("size", [(1, 1), (3, 3), (3, 1), (1, 3), (2, 60), (4000, 3000)])
def test_any_size_is_read(folder: Path, size: tuple[int, int]) -> None:
    assert sum(load(folder).classify([Image.new("RGB", size, (9, 200, 31))])[0].scores) == pytest.approx(1)


def test_any_kind_of_picture_is_read(folder: Path) -> None:
    classifier = load(folder)
    for mode in ("L", "P", "RGBA", "1", "CMYK", "I;16"):
        assert classifier.classify([Image.new(mode, (20, 20))])[0].size == (20, 20)


def test_a_strip_is_refused_instead_of_filling_the_memory(folder: Path) -> None:
    with pytest.raises(errors.UnreadableImage, match="strip of 1 × 60,000"):
        load(folder).classify([Image.new("RGB", (1, 60_000))])


def test_files_that_fail_are_named_and_the_rest_goes_on(folder: Path, tmp_path: Path) -> None:
    noise(40, 30).save(tmp_path / "a.png")
    (tmp_path / "b.jpg").write_text("not a picture", encoding="utf-8")
    noise(40, 30, 1).save(tmp_path / "c.png")
    paths = [tmp_path / name for name in ("a.png", "b.jpg", "missing.png", "c.png")]

    classifier = load(folder)
    found = list(classifier.classify_files(paths, top_k=2))
    assert [result.path for result in found] == paths
    assert [result.error is None for result in found] == [True, False, False, True]
    assert "b.jpg" in (found[1].error or "")
    assert "missing.png" in (found[2].error or "")
    assert found[3].classification is not None
    assert torch.allclose(
        torch.tensor(found[3].classification.scores),
        torch.tensor(classifier.classify([noise(40, 30, 1)])[0].scores),
        atol=1e-5,
    )
    assert found[1].as_dict()["error"] == found[1].error
    assert found[0].as_dict()["top"][0]["label"] in classifier.labels


def test_a_batch_that_does_not_fit_is_tried_one_by_one(
    tiny_models: TinyModels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        noise(20, 20, number).save(tmp_path / f"{number}.png")
    classifier = load(tiny_models.vit())
    whole = classifier._probabilities

    def cramped(pixels: list[torch.Tensor], cancelled: threading.Event | None) -> Iterator[torch.Tensor]:
        if len(pixels) > 1 or pixels[0][0, 0, 0] == first:
            raise errors.OutOfMemory("There is not enough memory.")
        return whole(pixels, cancelled)

    first = classifier.prepare(noise(20, 20, 0)).pixels[0, 0, 0]
    monkeypatch.setattr(classifier, "_probabilities", cramped)
    found: list[FileResult] = list(classifier.classify_files(sorted(tmp_path.iterdir())))
    assert [result.error for result in found] == ["0.png: There is not enough memory.", None, None]


def test_stop_ends_it_between_two_pictures(tiny_models: TinyModels, tmp_path: Path) -> None:
    noise(20, 20).save(tmp_path / "a.png")
    classifier, cancelled = load(tiny_models.vit()), threading.Event()
    cancelled.set()
    with pytest.raises(errors.Cancelled):
        classifier.classify([noise(20, 20)], cancelled=cancelled)
    with pytest.raises(errors.Cancelled):
        list(classifier.classify_files([tmp_path / "a.png"], cancelled=cancelled))


def test_labels_that_do_not_exclude_each_other_need_not_add_up(tiny_models: TinyModels, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(tiny_models.vit(), tmp_path / "vit"))
    changed(folder, problem_type="multi_label_classification")
    assert sum(load(folder).classify([noise(20, 20)])[0].scores) != pytest.approx(1)
    changed(folder, problem_type="regression")
    with pytest.raises(errors.UnsupportedCheckpoint, match="a number, not a class"):
        load(folder)


def test_the_other_kinds_of_timm_load_too(tmp_path: Path) -> None:
    save_timm(tmp_path / "vit", "test_vit3", stored="float32")
    network, transform = timm_itself(tmp_path / "vit", "test_vit3")
    with torch.no_grad():
        expected = network(transform(noise(70, 50))[None]).softmax(dim=-1)[0]  # type: ignore[operator]
    assert load(tmp_path / "vit").classify([noise(70, 50)])[0].scores == pytest.approx(expected.tolist(), abs=1e-4)


def changed(folder: Path, **settings: object) -> None:
    file = folder / "config.json"
    config = json.loads(file.read_text(encoding="utf-8")) | settings
    file.write_text(json.dumps(config), encoding="utf-8")


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"architecture": "hf-hub:somebody/model"}, errors.UnsafeCheckpoint, "from elsewhere.*hf-hub:somebody"),
        ({"architecture": "hf_hub:somebody/model"}, errors.UnsafeCheckpoint, "from elsewhere"),
        ({"architecture": "local-dir:/tmp"}, errors.UnsafeCheckpoint, "from elsewhere"),
        ({"architecture": "../other"}, errors.UnsafeCheckpoint, "from elsewhere"),
        ({"architecture": "HF-HUB:somebody/model"}, errors.UnsafeCheckpoint, "from elsewhere"),
        ({"architecture": "nobody_knows_it"}, errors.UnsupportedCheckpoint, "timm does not know"),
        ({"architecture": ["test_vit"]}, errors.UnsupportedCheckpoint, "does not name its architecture"),
        ({"model_args": {"checkpoint_path": "/tmp/x.pth"}}, errors.UnsafeCheckpoint, "checkpoint_path"),
        ({"model_args": {"pretrained_cfg": {"file": "x"}}}, errors.UnsafeCheckpoint, "pretrained_cfg"),
        ({"model_args": {"features_only": True}}, errors.UnsafeCheckpoint, "features_only"),
        ({"model_type": "timm_wrapper", "architecture": "hf-hub:a/b"}, errors.UnsafeCheckpoint, "from elsewhere"),
        ({"inside": [{"model_type": "timm_backbone", "backbone": "hf-hub:a/b"}]}, errors.UnsafeCheckpoint, "elsewhere"),
        ({"inside": {"model_type": "timm_wrapper", "architecture": "hf-hub:a/b"}}, errors.UnsafeCheckpoint, "else"),
        ({"architecture": "test_resnet"}, errors.UnsupportedCheckpoint, "do not fit its config.json"),
        ({"label_names": ["one"]}, errors.UnsupportedCheckpoint, "names 1 labels"),
        ({"label_names": "one"}, errors.UnsupportedCheckpoint, "label_names"),
        ({"num_classes": 2, "label_names": ["a", "b"]}, errors.UnsupportedCheckpoint, "tell 3 labels apart"),
        ({"pretrained_cfg": None, "model_type": "timm_wrapper"}, errors.UnsupportedCheckpoint, "pretrained_cfg"),
        (
            {"pretrained_cfg": {"input_size": [3, 100_000, 100_000]}},
            errors.UnsupportedCheckpoint,
            "a side of 100,000 pixels",
        ),
    ],
)  # fmt: skip
def test_a_folder_of_timm_brings_its_own_model_or_none(
    tiny_models: TinyModels, tmp_path: Path, settings: dict[str, object], error: type[Exception], message: str
) -> None:
    folder = Path(shutil.copytree(tiny_models.timm(), tmp_path / "timm"))
    changed(folder, **settings)
    with pytest.raises(error, match=message):
        load(folder)


def test_a_preprocessor_of_another_model_is_found_out_when_loading(tiny_models: TinyModels, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(tiny_models.vit(), tmp_path / "vit"))
    file = folder / "preprocessor_config.json"
    file.write_text(file.read_text(encoding="utf-8").replace("16", "24"), encoding="utf-8")
    with pytest.raises(errors.UnsupportedCheckpoint, match="pictures that the model does not take"):
        load(folder)


def test_a_model_of_another_task_is_refused(tiny_models: TinyModels) -> None:
    with pytest.raises(errors.UnsupportedCheckpoint, match="for text classification, not for image classification"):
        load(tiny_models.bert_classifier())
    assert "do not believe" in (load(tiny_models.vit()).classify([noise(9, 30)])[0].remark or "")
    with pytest.raises(errors.UnknownModel, match="text classification"):
        find_card("aula/sentiment-minilm", Task.IMAGE_CLASSIFICATION)


@pytest.mark.parametrize("picture", [Image.new("RGB", (64, 64), "red"), Image.new("RGBA", (64, 64), (0, 0, 0, 0))])
def test_a_picture_of_one_colour_gets_a_remark(tiny_models, picture: Image.Image) -> None:
    model = load(tiny_models.vit())
    assert "of one colour" in (model.classify([picture])[0].remark or "")
    picture.putpixel((5, 5), (1, 2, 3, 255)[: len(picture.getbands())])
    assert model.classify([picture])[0].remark is None
