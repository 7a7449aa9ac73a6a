"""What of a picture model learns, how, and that it ends with the weights that were best."""

import math
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from models.catalog import Task
from models.errors import InvalidInput, ModelNotHere, UnknownModel, UnsupportedCheckpoint
from models.image_classification import ImageClassifier
from models.weights.cards import find_card
from models.weights.sharing import plan as share
from tests.conftest import TinyModels
from tests.training.pictures.drawn import COLOURS, files, zipped
from tests.training.runs import run_in
from training import image_classification
from training.events import read
from training.image_classification import Settings, train
from training.pictures.augmentation import augmented
from training.pictures.bases import METHODS, block_of, parameters, prepare, require_base, save
from training.pictures.data import PictureData, split
from training.pictures.lessons import FeatureLesson, HeadOnFeatures, PixelLesson, features, nearest_accuracy
from training.pictures.plan import estimate
from training.pictures.reading import read_archive
from training.pictures.result import margin, told

KINDS = ("vit", "resnet", "timm")
LAST_BLOCKS = {
    "vit": ("vit.layers.1.", "vit.layernorm."),
    "resnet": ("resnet.encoder.stages.1.",),
    "timm": ("timm_model.blocks.4.", "timm_model.conv_head.", "timm_model.bn2."),
}


@pytest.fixture(scope="module")
def colours() -> PictureData:
    return read_archive(zipped(files(10, tuple(COLOURS))), "colours.zip")


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def base(kind: str, tiny_models: TinyModels) -> str:
    return str(getattr(tiny_models, kind)())


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "model.safetensors")


def test_a_base_gets_a_new_head_and_keeps_the_rest(base: str) -> None:
    learner = prepare(base, ["a", "b", "c", "d"])
    (before,) = (ImageClassifier.load(find_card(base, Task.IMAGE_CLASSIFICATION), "cpu").model,)
    old, new = before.state_dict(), learner.model.state_dict()
    changed = {name for name in old if old[name].shape != new[name].shape or not torch.equal(old[name], new[name])}
    assert changed == {f"{learner.head}.weight", f"{learner.head}.bias"}
    assert learner.labels == ["a", "b", "c", "d"]
    assert learner.layer.out_features == 4


def test_a_head_is_new_even_where_the_old_one_had_as_many_labels(base: str) -> None:
    old = ImageClassifier.load(find_card(base, Task.IMAGE_CLASSIFICATION), "cpu").model
    learner = prepare(base, ["a", "b", "c"])
    assert not torch.equal(old.get_submodule(learner.head).weight, learner.layer.weight)


def test_a_model_without_any_head_can_be_a_base(tiny_models: TinyModels, tmp_path: Path) -> None:
    from transformers import ViTImageProcessor, ViTModel

    learned = ViTModel.from_pretrained(tiny_models.vit())
    learned.save_pretrained(tmp_path / "in21k")
    ViTImageProcessor.from_pretrained(tiny_models.vit()).save_pretrained(tmp_path / "in21k")
    learner = prepare(str(tmp_path / "in21k"), ["a", "b"])
    assert torch.equal(learner.model.vit.layernorm.weight, learned.layernorm.weight)


@pytest.mark.parametrize("method", METHODS)
def test_the_method_says_what_learns(kind: str, base: str, method: str) -> None:
    learner = prepare(base, ["a", "b"], method)
    learns = {name for name, parameter in learner.model.named_parameters() if parameter.requires_grad}
    every = {name for name, _ in learner.model.named_parameters()}
    head = {f"{learner.head}.weight", f"{learner.head}.bias"}
    block = {name for name in every if name.startswith(LAST_BLOCKS[kind])}
    assert block
    assert learns == {"head": head, "block": head | block, "all": every}[method]


def test_blocks_are_the_outermost_numbers() -> None:
    assert block_of("resnet.encoder.stages.3.layers.1.layer.0.convolution.weight") == "resnet.encoder.stages.3"
    assert block_of("vit.layernorm.weight") is None


@pytest.mark.parametrize(
    ("base", "method", "error", "says"),
    [
        ("aula/minilm", "head", InvalidInput, "is a model for sentence similarity, not for pictures as a whole"),
        ("aula/efficientnet-lite0", "magic", InvalidInput, "Choose one of: head, block, all"),
        ("microsoft/resnet-50", "head", ModelNotHere, "not on this machine"),
        ("nonsense", "head", UnknownModel, "There is no model"),
    ],
)
def test_what_cannot_be_a_base_is_said_at_once(base: str, method: str, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        require_base(base, method)


def test_a_text_model_in_a_folder_is_refused(tiny_models: TinyModels) -> None:
    with pytest.raises(UnsupportedCheckpoint):
        prepare(str(tiny_models.bert_classifier()), ["a", "b"])


def test_features_of_the_base_do_not_drift_and_go_into_the_head(base: str, colours: PictureData) -> None:
    learner = prepare(base, colours.labels)
    before = {name: tensor.clone() for name, tensor in learner.model.state_dict().items()}
    rows = features(learner, colours.pictures)
    logits = learner.layer(rows).softmax(-1)
    said = learner.classifier.classify([picture.open() for picture in colours.pictures])
    torch.testing.assert_close(logits, torch.tensor([one.scores for one in said]), atol=1e-5, rtol=0)
    assert all(torch.equal(before[name], tensor) for name, tensor in learner.model.state_dict().items())


def test_a_head_that_learned_on_shifted_features_says_the_same_on_plain_ones() -> None:
    torch.manual_seed(0)
    seen = torch.randn(50, 7) * 3 + 5
    head = HeadOnFeatures(torch.nn.Linear(7, 4), seen)
    before = head(seen)["logits"]
    assert head(seen - 0.0)["logits"].abs().max() < 10
    head.fold()
    torch.testing.assert_close(head.layer(seen), before)
    torch.testing.assert_close(head(seen)["logits"], before)


def test_the_nearest_neighbour_by_hand() -> None:
    train = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    test = torch.tensor([[10.0, 1.0], [0.1, 0.3], [5.0, 4.0], [1.0, 2.0]])
    assert nearest_accuracy(train, ["a", "b"], test, ["a", "b", "b", "b"]) == 0.75


def test_altered_copies_are_pictures_that_the_seed_decides(colours: PictureData) -> None:
    image = colours.pictures[0].open()
    state = torch.get_rng_state()
    first, again, other = augmented(image, 3, 1), augmented(image, 3, 1), augmented(image, 3, 2)
    assert torch.equal(state, torch.get_rng_state())
    assert [one.tobytes() for one in first] == [one.tobytes() for one in again] != [one.tobytes() for one in other]
    assert {(one.mode, one.size) for one in first} == {("RGB", (20, 20))}
    assert len({one.tobytes() for one in first}) == 3


@pytest.mark.parametrize("method", METHODS)
def test_a_training_from_pictures_to_a_model_that_the_page_loads(
    base: str, method: str, colours: PictureData, tmp_path: Path
) -> None:
    run = run_in(tmp_path, steps=3)
    result = train(colours, tmp_path / "model", run, Settings(base, method))
    classifier = ImageClassifier.load(find_card(str(tmp_path / "model"), Task.IMAGE_CLASSIFICATION), "cpu")
    assert list(classifier.labels) == ["blue", "green", "red"]
    parts = split(colours, run.seed)
    said = {
        picture.name: one.label
        for picture, one in zip(parts.test, classifier.classify([one.open() for one in parts.test]), strict=True)
    }
    assert said == {one["name"]: one["predicted"] for one in result["tested"]}
    right = sum(said[picture.name] == picture.label for picture in parts.test) / len(parts.test)
    assert result["accuracy"] == pytest.approx(right)
    assert result["data"] | {"train": 21, "validation": 3, "test": 6, "left_out": 0} == result["data"]
    assert result["trainable_parameters"] == parameters(prepare(base, colours.labels, method))[0]
    told = [event["event"] for event in read(run.folder)]
    assert told[0] == "preparation"
    assert read(run.folder)[0]["done"] == read(run.folder)[0]["total"] == (30 if method == "head" else 27)
    assert told[-1] == "end"
    assert sorted(file.name for file in run.folder.iterdir() if file.suffix == ".json") == [
        "budget.json",
        "result.json",
    ]


@pytest.mark.parametrize("method", ["block", "all"])
def test_statistics_of_batchnorm_stay_while_the_network_learns(
    tiny_models: TinyModels, method: str, colours: PictureData, tmp_path: Path
) -> None:
    base = str(tiny_models.resnet())
    train(colours, tmp_path / "model", run_in(tmp_path, steps=3), Settings(base, method))
    old, new = weights(Path(base)), weights(tmp_path / "model")
    statistics = [name for name in old if "running" in name]
    assert statistics
    for name in statistics:
        torch.testing.assert_close(new[name], old[name].half(), msg=name)
    learned = [name for name in old if name in new and old[name].shape == new[name].shape and "stages.1" in name]
    assert any(not torch.equal(new[name], old[name].half()) for name in learned if "running" not in name)


def test_the_best_weights_are_loaded_tensor_by_tensor(
    tiny_models: TinyModels, colours: PictureData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a ViT, the Trainer itself would load some tensors of the best checkpoint and leave the others as they were."""
    seen: list[dict[str, torch.Tensor]] = []
    losses = iter([3.0, 1.0, 2.0, 4.0, 5.0, 6.0])

    def figures(lesson: PixelLesson, watched: object) -> dict[str, float]:
        seen.append({name: tensor.clone() for name, tensor in lesson.model.state_dict().items()})
        return {"accuracy": 0.5, "macro_f1": 0.5, "loss": next(losses)}

    monkeypatch.setattr(image_classification, "_figures", figures)
    base = str(tiny_models.vit())
    train(colours, tmp_path / "model", run_in(tmp_path, steps=6), Settings(base, "all", learning_rate=1e-2))
    kept = ImageClassifier.load(find_card(str(tmp_path / "model"), Task.IMAGE_CLASSIFICATION), "cpu").model.state_dict()
    assert len(seen) == 6
    assert kept.keys() == seen[1].keys()
    for name, tensor in kept.items():
        torch.testing.assert_close(tensor, seen[1][name].half().float(), msg=name)
        assert name.endswith("key.bias") or not torch.equal(tensor, seen[-1][name].half().float()), name


def test_a_head_alone_ends_with_its_best_weights(
    tiny_models: TinyModels, colours: PictureData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[torch.Tensor] = []
    losses = iter([3.0, 1.0, 2.0, 4.0, 5.0, 6.0])

    def figures(lesson: FeatureLesson, watched: object) -> dict[str, float]:
        seen.append(lesson.head.layer.weight.clone())
        return {"accuracy": 0.5, "macro_f1": 0.5, "loss": next(losses)}

    folded: list[torch.Tensor] = []
    finish = FeatureLesson.finish
    monkeypatch.setattr(
        FeatureLesson, "finish", lambda self: (folded.append(self.head.layer.weight.clone()), finish(self))
    )
    monkeypatch.setattr(image_classification, "_figures", figures)
    train(colours, tmp_path / "model", run_in(tmp_path, steps=6), Settings(str(tiny_models.timm())))
    torch.testing.assert_close(folded[0], seen[1])


def test_the_seed_decides_everything(tiny_models: TinyModels, colours: PictureData, tmp_path: Path) -> None:
    settings = Settings(str(tiny_models.vit()), "all", augment=True)
    for name, seed in (("one", 1), ("again", 1), ("other", 2)):
        train(colours, tmp_path / name, run_in(tmp_path, steps=2, seed=seed), settings)
    one, again, other = (weights(tmp_path / name) for name in ("one", "again", "other"))
    assert all(torch.equal(one[name], again[name]) for name in one)
    assert any(not torch.equal(one[name], other[name]) for name in one)


def test_the_card_tells_figures_counts_and_the_command_and_the_model_can_be_shared(
    tiny_models: TinyModels, colours: PictureData, tmp_path: Path
) -> None:
    base = str(tiny_models.timm())
    result = train(colours, tmp_path / "colours", run_in(tmp_path, steps=1, seed=4), Settings(base, augment=True))
    card = (tmp_path / "colours/README.md").read_text(encoding="utf-8")
    assert "“blue” (10 pictures), “green” (10 pictures), “red” (10 pictures)" in card
    assert f"| this model | {result['accuracy']:.3f} |" in card
    assert f"| always the most frequent class | {1 / 3:.3f} |" in card
    command = (
        f"python aula.py train-images FOLDER --base {base} --method head --epochs 40 --learning-rate 0.001 --seed 4"
    )
    assert f"{command} --augment" in card
    shared = {file.name for file in share(tmp_path / "colours", "ana/colours").files}
    assert shared == {"README.md", "config.json", "model.safetensors"}


def test_f1_and_remarks_by_hand(tiny_models: TinyModels, colours: PictureData, tmp_path: Path) -> None:
    result = train(colours, tmp_path / "model", run_in(tmp_path, steps=1), Settings(str(tiny_models.resnet())))
    matrix = result["confusion"]
    scores = []
    for place in range(3):
        right = matrix[place][place]
        taken, there = sum(row[place] for row in matrix), sum(matrix[place])
        precision, recall = right / taken if taken else 0.0, right / there
        scores.append(2 * precision * recall / (precision + recall) if right else 0.0)
    assert result["macro_f1"] == pytest.approx(sum(scores) / 3)
    assert len(result["mistakes"]) == sum(one["label"] != one["predicted"] for one in result["tested"])
    assert any("With 6 test pictures, the accuracy is known to ±" in remark for remark in result["remarks"])


def test_what_is_told_of_a_training_that_was_of_little_use() -> None:
    assert told(0.9, 0.8, 0.5, 100) == []
    assert "Always saying the most frequent label is right more often (0.700)" in told(0.6, 0.8, 0.7, 100)[0]
    (said,) = told(0.6, 0.8, 0.5, 100)
    assert "is right more often (0.800), and needs no training" in said
    assert told(1.0, 1.0, 0.5, 10) == [
        "With 10 test pictures, the accuracy is known to ± 14 % only. Add pictures to know more."
    ]


def test_a_margin_as_wilson_worked_it_out() -> None:
    assert margin(1.0, 25) == pytest.approx(0.0666, abs=1e-4)  # half of 0.867 to 1
    assert math.isclose(margin(0.5, 100), 0.0962, abs_tol=1e-4)


@pytest.mark.parametrize(
    ("settings", "run", "says"),
    [
        (Settings(method="magic"), {}, "There is no method “magic”"),
        (Settings(learning_rate=0), {}, "learning_rate is 0, but must lie between"),
        (Settings(epochs=math.nan), {}, "epochs is nan"),
        (Settings(), {"minutes": 0}, "minutes is 0, but must lie between"),
        (Settings(), {"resume": True}, "cannot go on from a checkpoint"),
    ],
)
def test_numbers_beyond_their_range(
    colours: PictureData, tmp_path: Path, settings: Settings, run: dict[str, float], says: str
) -> None:
    with pytest.raises(InvalidInput, match=says):
        train(colours, tmp_path / "model", run_in(tmp_path, **run), settings)
    assert not (tmp_path / "model").exists()


def test_a_model_that_learned_nothing_is_told(tiny_models: TinyModels, colours: PictureData, tmp_path: Path) -> None:
    settings = Settings(str(tiny_models.resnet()), "all", learning_rate=1.0)
    said = train(colours, tmp_path / "model", run_in(tmp_path, steps=30), settings)["remarks"]
    assert said[0].startswith("The model calls every test picture “")
    assert "it has learned to tell nothing apart. Its learning rate, 1, is too large" in said[0]
    assert "Giving each picture the label of the training picture that is most alike is right more often" in said[1]


@pytest.mark.parametrize("method", METHODS)
def test_what_a_training_will_need(base: str, method: str, colours: PictureData) -> None:
    needed = estimate(colours, method, base)
    learner = prepare(base, colours.labels, method)
    assert (needed.trainable, needed.total) == parameters(learner)
    assert needed.memory_bytes > 4 * needed.total + 12 * needed.trainable
    assert needed.seconds > 1
    assert estimate(colours, method, base, epochs=1000).seconds > needed.seconds


def test_pictures_for_which_the_time_does_not_suffice_are_left_out_and_told(
    tiny_models: TinyModels, colours: PictureData, tmp_path: Path
) -> None:
    run = run_in(tmp_path, steps=1, minutes=0.001)
    result = train(colours, tmp_path / "model", run, Settings(str(tiny_models.vit())))
    if result["data"]["train"] < 21:
        assert any("the others were left out. Give it more minutes." in remark for remark in result["remarks"])


def test_save_writes_half_precision_and_the_preprocessor(base: str, kind: str, tmp_path: Path) -> None:
    save(prepare(base, ["a", "b"]), tmp_path)
    assert {tensor.dtype for tensor in weights(tmp_path).values()} <= {torch.float16, torch.int64}
    assert (tmp_path / "preprocessor_config.json").is_file() == (kind != "timm")
