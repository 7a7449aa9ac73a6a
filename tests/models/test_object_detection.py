import itertools
import json
import threading
import weakref
from collections.abc import Iterator
from pathlib import Path

import numpy
import pytest
import torch
from PIL import Image

from models.catalog import ModelCard, Task, models_for
from models.errors import Cancelled, DeviceUnavailable, InvalidInput, ModelNotHere, OutOfMemory, PrecisionNotApplicable
from models.object_detection import ObjectDetector
from models.pictures.films import Frame
from models.pictures.images import open_image, pictures_in
from models.precision import BF16, FP16, FP32
from tests.at_once import at_once
from tests.tiny.object_detection import LABELS, original_model, u_model

IMAGES = Path(__file__).parents[2] / "images"
COCO = dict(enumerate(LABELS))


def card(path: Path) -> ModelCard:
    return ModelCard(path.name, Task.OBJECT_DETECTION, path=path)


@pytest.fixture(scope="module")
def detector(tiny_models) -> ObjectDetector:
    return ObjectDetector.load(card(tiny_models.yolov5_original()), device="cpu")


@pytest.fixture
def folder(tmp_path) -> Path:
    """Four pictures, one of them broken, and two files that are none."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name in ("b.jpg", "A.PNG", "c.webp"):
        Image.new("RGB", (64, 48), "orange").save(folder / name)
    (folder / "aa.jpg").write_bytes(b"\xff\xd8\xff broken")
    (folder / "notes.txt").write_text("no picture")
    (folder / "._b.jpg").write_bytes(b"what macOS leaves on a stick")
    (folder / "inner.jpg").mkdir()
    return folder


def overlap(one, other) -> float:
    """Intersection over union of two boxes x1, y1, x2, y2, by the definition."""
    width = max(0.0, min(one[2], other[2]) - max(one[0], other[0]))
    height = max(0.0, min(one[3], other[3]) - max(one[1], other[1]))
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return width * height / (sum(areas) - width * height)


@pytest.mark.parametrize("photograph", ["bus.jpg", "zidane.jpg"])
def test_the_boxes_of_detect_py(shared, photograph) -> None:
    """The official program, run on the same weights and photographs."""
    import ultralytics

    assets = Path(ultralytics.__file__).parent / "assets"
    expected = json.loads((shared / "data" / "yolov5n_reference.json").read_text())["images"][photograph]
    detector = ObjectDetector.load(card(shared / "weights" / "yolov5n.pt"), device="cpu")
    found = detector.detect(open_image(assets / photograph))
    width, height = found.image_size
    assert [width, height] == expected["image_size"]
    assert len(found.detections) == len(expected["detections"])
    for one in expected["detections"]:
        x, y, w, h = (a * b for a, b in zip(one["box"], (width, height) * 2, strict=True))
        box = (x - w / 2, y - h / 2, x + w / 2, y + h / 2)
        best = max(found.detections, key=lambda candidate, box=box: overlap(candidate.box, box))
        assert (best.label, best.class_id) == (one["label"], one["class_id"])
        assert overlap(best.box, box) >= 0.98
        assert best.confidence == pytest.approx(one["confidence"], abs=1e-4)


# What the published yolov5s.pt of v6.0 finds in images/: unpickled into the plain layers of tests.tiny, with the
# letterbox of detect.py and the suppression of torchvision. Label, confidence, and the box in whole pixels.
PUBLISHED = {
    "astronaut.jpg": [("person", 0.4198, (485, 453, 510, 512)), ("person", 0.2713, (17, 13, 481, 512))],
    "bus.jpg": [
        ("person", 0.8508, (50, 399, 235, 907)), ("person", 0.8454, (667, 421, 810, 882)),
        ("person", 0.8327, (224, 408, 343, 868)), ("bus", 0.8028, (5, 214, 810, 785)),
        ("person", 0.3173, (0, 563, 78, 881)),
    ],
    "chelsea.jpg": [("cat", 0.5477, (11, 0, 420, 297))],
    "coffee.jpg": [("cup", 0.6116, (170, 13, 423, 297))],
    "photographer.jpg": [("person", 0.7938, (5, 63, 328, 509))],
    "zidane.jpg": [
        ("person", 0.8806, (751, 45, 1146, 715)), ("person", 0.6599, (105, 201, 984, 717)),
        ("tie", 0.4116, (439, 422, 511, 720)),
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def embedded() -> ObjectDetector:
    return ObjectDetector.load(models_for(Task.OBJECT_DETECTION)[0], device="cpu")


@pytest.mark.parametrize("photograph", PUBLISHED)
def test_the_embedded_weights_find_what_the_published_file_finds(embedded: ObjectDetector, photograph: str) -> None:
    found = embedded.detect(open_image(IMAGES / photograph)).detections
    assert [one.label for one in found] == [label for label, _, _ in PUBLISHED[photograph]]
    for one, (_, confidence, box) in zip(found, PUBLISHED[photograph], strict=True):
        assert one.confidence == pytest.approx(confidence, abs=0.005)
        assert one.box == pytest.approx(box, abs=1)


@pytest.mark.parametrize("photograph", ["astronaut.jpg", "chelsea.jpg", "coffee.jpg", "photographer.jpg"])
def test_real_weights_see_what_is_there(shared, photograph) -> None:
    detector = ObjectDetector.load(card(shared / "weights" / "yolov5n.pt"), device="cpu")
    seen = {"astronaut.jpg": "person", "chelsea.jpg": "cat", "coffee.jpg": "cup", "photographer.jpg": "person"}
    assert seen[photograph] in detector.detect(open_image(IMAGES / photograph)).counts()


@pytest.mark.parametrize("generation", ["original", "u"])
def test_whole_road_against_the_model_itself(tiny_models, generation) -> None:
    """Letterbox, network and suppression, redone step by step with Python loops for a 100 × 60 picture at 64 pixels."""
    path = tiny_models.yolov5_original() if generation == "original" else tiny_models.yolov5u()
    loaded = ObjectDetector.load(card(path), device="cpu")
    image = open_image(IMAGES / "bus.jpg").resize((100, 60))
    found = loaded.detect(image, confidence=0.05, iou=0.5, image_size=64)

    import cv2

    scaled = cv2.resize(numpy.asarray(image), (64, 38), interpolation=cv2.INTER_LINEAR)
    square = numpy.full((64, 64, 3), 114, dtype=numpy.uint8)
    square[13:51] = scaled
    pixels = torch.from_numpy(square).permute(2, 0, 1)[None] / 255
    with torch.inference_mode():
        if generation == "original":
            rows = [(row[:4], row[4] * row[5:]) for row in original_model()(pixels)]
        else:
            rows = [(row[:4], row[4:]) for row in u_model()(pixels)[0][0].T]
    candidates = []
    for (x, y, w, h), scores in rows:
        confidence, class_id = scores.max(0)
        if confidence > 0.05:
            corners = [
                (x - w / 2) / 0.64,
                (y - h / 2 - 13) / (38 / 60),
                (x + w / 2) / 0.64,
                (y + h / 2 - 13) / (38 / 60),
            ]
            candidates.append((float(confidence), int(class_id), [float(side) for side in corners]))
    kept = []
    for one in sorted(candidates, reverse=True):
        if not any(other[1] == one[1] and overlap(other[2], one[2]) > 0.5 for other in kept):
            kept.append(one)
    assert kept, "a test without boxes shows nothing"
    assert [detection.class_id for detection in found.detections] == [class_id for _, class_id, _ in kept]
    for detection, (confidence, _, box) in zip(found.detections, kept, strict=True):
        clipped = [min(max(side, 0), limit) for side, limit in zip(box, (100, 60) * 2, strict=True)]
        assert detection.confidence == pytest.approx(confidence, abs=1e-4)
        assert detection.box == pytest.approx(clipped, abs=0.05)


def test_what_a_loaded_detector_says_of_itself(detector, tiny_models) -> None:
    assert detector.labels == COCO
    assert detector.device.type == "cpu"
    assert detector.precision == "fp32"
    assert detector.load_seconds > 0
    weights = original_model()
    convolutions = sum(p.numel() for name, p in weights.named_parameters() if ".bn." not in name)
    biases = sum(p.numel() for name, p in weights.named_parameters() if name.endswith("bn.bias"))
    assert detector.footprint == 4 * (convolutions + biases), "the normalisations are folded into the convolutions"


def test_loading_tells_its_steps(tiny_models) -> None:
    steps = []
    ObjectDetector.load(card(tiny_models.yolov5u()), device="cpu", on_step=steps.append)
    assert steps == ["Reading the weights", "Building the network"]


def test_missing_weights_name_the_way_to_get_them() -> None:
    with pytest.raises(ModelNotHere, match="models fetch yolov5nu"):
        ObjectDetector.load(ModelCard("yolov5nu", Task.OBJECT_DETECTION, file="yolov5nu.pt"))


def test_bf16_finds_the_same(tiny_models, detector) -> None:
    half = ObjectDetector.load(card(tiny_models.yolov5_original()), device="cpu", precision=BF16)
    assert half.precision == "bf16"
    assert half.footprint * 2 == detector.footprint
    image = open_image(IMAGES / "zidane.jpg")
    one, other = (model.candidates(image, 320).select(0.1) for model in (detector, half))
    assert {d.label for d in one.detections[:3]} & {d.label for d in other.detections}
    assert all(isinstance(side, float) for d in other.detections for side in d.box)


def test_fp16_needs_cuda(tiny_models) -> None:
    with pytest.raises(PrecisionNotApplicable, match="fp32, bf16"):
        ObjectDetector.load(card(tiny_models.yolov5u()), device="cpu", precision=FP16)


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has CUDA")
def test_cuda_where_there_is_none(tiny_models) -> None:
    with pytest.raises(DeviceUnavailable):
        ObjectDetector.load(card(tiny_models.yolov5u()), device="cuda", precision=FP32)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
@pytest.mark.parametrize("precision", [FP32, BF16, FP16])
def test_cuda_finds_what_the_cpu_finds(tiny_models, detector, precision) -> None:
    on_cuda = ObjectDetector.load(card(tiny_models.yolov5_original()), device="cuda", precision=precision)
    image = open_image(IMAGES / "bus.jpg")
    one, other = detector.detect(image, confidence=0.3), on_cuda.detect(image, confidence=0.3)
    assert on_cuda.device.type == "cuda"
    assert len(other.detections) == pytest.approx(len(one.detections), rel=0.3)
    assert max(overlap(one.detections[0].box, d.box) for d in other.detections) > 0.9


@pytest.mark.parametrize("size", [(1, 1), (640, 4), (3, 500), (33, 31)])
def test_odd_pictures_are_detected_in(detector, size) -> None:
    found = detector.detect(Image.new("RGB", size, "grey"), confidence=0.01, image_size=96)
    assert found.image_size == size
    for detection in found.detections:
        x1, y1, x2, y2 = detection.box
        assert 0 <= x1 <= x2 <= size[0]
        assert 0 <= y1 <= y2 <= size[1]


@pytest.mark.parametrize("mode", ["L", "RGBA", "CMYK", "P"])
def test_pictures_of_every_mode_are_taken(detector, mode) -> None:
    image = open_image(IMAGES / "bus.jpg").resize((128, 160))
    assert detector.detect(image.convert(mode), image_size=160).image_size == (128, 160)


@pytest.mark.parametrize(("trained_at", "suits"), [(160, 160), (1280, 640), (None, 640), ("large", 640), (-1, 32)])
def test_pictures_are_seen_as_large_as_in_the_training(tmp_path, trained_at, suits) -> None:
    file = tmp_path / "small.pt"
    torch.save({"model": u_model().half(), "train_args": {"imgsz": trained_at}}, file)
    detector = ObjectDetector.load(card(file), device="cpu")
    assert detector.image_size == suits
    image = open_image(IMAGES / "bus.jpg")
    assert detector.candidates(image).boxes.equal(detector.candidates(image, suits).boxes)


def test_image_size_is_rounded_up_to_the_stride_and_limited(detector) -> None:
    image = open_image(IMAGES / "bus.jpg")
    one, other = detector.detect(image, image_size=100), detector.detect(image, image_size=128)
    assert one.detections == other.detections
    for size in (0, 31, 2049, -640):
        with pytest.raises(InvalidInput, match="32 to 2048"):
            detector.detect(image, image_size=size)


def test_selecting_again_does_not_run_the_model(detector, monkeypatch) -> None:
    found = detector.candidates(open_image(IMAGES / "bus.jpg"), 320)
    monkeypatch.setattr(detector, "model", None)
    assert len(found.select(0.1).detections) >= len(found.select(0.5).detections)
    assert found.seconds > 0


@pytest.mark.parametrize(
    "problem", [MemoryError(), RuntimeError("DefaultCPUAllocator: can't allocate memory: 9 bytes")]
)
def test_a_full_memory_is_named(detector, monkeypatch, problem) -> None:
    def fail(*_):
        raise problem

    monkeypatch.setattr(detector.model, "forward", fail)
    with pytest.raises(OutOfMemory, match="smaller image size"):
        detector.detect(Image.new("RGB", (64, 64)))


def test_numbers_that_overflow_are_not_a_picture_without_objects(tiny_models) -> None:
    spoiled = ObjectDetector.load(card(tiny_models.yolov5_original()), device="cpu")
    next(spoiled.model.parameters()).fill_(torch.nan)  # as a training leaves them that has gone astray
    with pytest.raises(PrecisionNotApplicable, match="overflow in fp32"):
        spoiled.detect(Image.new("RGB", (64, 64)))


def test_folder_goes_on_after_a_broken_picture(detector, folder) -> None:
    results = list(detector.detect_folder(folder, image_size=64))
    assert [result.path.name for result in results] == ["A.PNG", "aa.jpg", "b.jpg", "c.webp"]
    broken = results[1]
    assert broken.detections is None
    assert "aa.jpg" in broken.error
    assert all(
        result.error is None and result.detections.image_size == (64, 48) for result in results if result != broken
    )
    assert all(result.seconds > 0 for result in results)
    assert json.loads(json.dumps(broken.as_dict()))["error"] == broken.error
    assert "detections" in results[0].as_dict()


def test_folder_goes_on_after_a_picture_that_filled_the_memory(detector, folder, monkeypatch) -> None:
    def open_or_fill_memory(path):
        if path.name == "b.jpg":
            raise MemoryError
        return open_image(path)

    monkeypatch.setattr("models.pictures.one_of_many.open_image", open_or_fill_memory)
    errors = [result.error for result in detector.detect_folder(folder, image_size=64)]
    assert "Memory is full" in errors[2]
    assert [errors[0], errors[3]] == [None, None]


def test_folder_that_cannot_be_used(detector, tmp_path) -> None:
    with pytest.raises(InvalidInput, match="no folder"):
        list(detector.detect_folder(tmp_path / "missing"))
    (tmp_path / "notes.txt").touch()
    with pytest.raises(InvalidInput, match="no picture"):
        list(detector.detect_folder(tmp_path))
    with pytest.raises(InvalidInput, match="no folder"):
        pictures_in(tmp_path / "notes.txt")


def test_a_wrong_class_is_one_error_before_the_first_picture(detector, folder) -> None:
    with pytest.raises(InvalidInput, match="zebra"):
        next(detector.detect_folder(folder, classes=["zebra"]))


def test_stop_ends_a_folder_between_two_pictures(detector, folder) -> None:
    cancelled = threading.Event()
    results = detector.detect_files([folder / "A.PNG"] * 100, cancelled=cancelled, image_size=64)
    assert next(results).path.name == "A.PNG"
    cancelled.set()
    done = []
    with pytest.raises(Cancelled):
        done.extend(results)
    assert len(done) < 50  # those that were begun before are handed out
    with pytest.raises(Cancelled):
        detector.detect(Image.new("RGB", (64, 64)), cancelled=cancelled)


def test_frames_of_a_film_are_looked_at_one_by_one_and_none_is_kept(detector) -> None:
    """An endless film: whoever stopped to look would wait for ever, and whoever kept frames would fill the memory."""
    made: list[weakref.ref] = []

    def film() -> Iterator[Frame]:
        for number in itertools.count(1):
            image = Image.new("RGB", (64, 48), (number, 0, 0))
            made.append(weakref.ref(image))
            yield Frame(number, number / 10, image)

    results = detector.detect_frames(film(), image_size=64)
    for number, result in zip(range(1, 21), results, strict=False):
        assert result.frame.number == number
        del result
        assert sum(image() is not None for image in made) <= 3
    results.close()


def test_frames_between_get_the_objects_of_the_last_one_looked_at(detector) -> None:
    bus = open_image(IMAGES / "bus.jpg")
    film = [Frame(number, number / 10, bus if number < 4 else Image.new("RGB", (64, 48))) for number in range(1, 8)]
    results = list(detector.detect_frames(film, every=3, image_size=320))
    assert [result.looked_at for result in results] == [True, False, False, True, False, False, True]
    assert results[0].detections is results[2].detections
    assert results[0].detections.detections == detector.detect(bus, image_size=320).detections
    assert not results[4].detections.detections


def test_a_wrong_class_or_step_is_said_before_a_frame_is_decoded(detector) -> None:
    def film() -> Iterator[Frame]:
        raise AssertionError
        yield

    with pytest.raises(InvalidInput, match="Choose 1"):
        next(detector.detect_frames(film(), every=0))
    with pytest.raises(InvalidInput, match="persn"):
        next(detector.detect_frames(film(), classes=["persn"]))


def test_stop_ends_a_film_between_two_frames(detector) -> None:
    cancelled = threading.Event()
    film = [Frame(number, number / 10, Image.new("RGB", (64, 48))) for number in range(1, 4)]
    results = detector.detect_frames(film, cancelled=cancelled)
    next(results)
    cancelled.set()
    with pytest.raises(Cancelled):
        next(results)


def test_nothing_found_in_a_picture_of_a_few_pixels_says_why(detector: ObjectDetector) -> None:
    assert "only 1 × 1 pixels" in (detector.detect(Image.new("RGB", (1, 1), "red")).remark or "")
    assert detector.detect(Image.new("RGB", (16, 16), "red")).remark is None


def test_people_with_the_same_picture_share_one_look_and_others_get_their_own(
    detector: ObjectDetector, monkeypatch: pytest.MonkeyPatch
) -> None:
    noise = numpy.random.default_rng(0).integers(0, 256, (2, 64, 64, 3), dtype=numpy.uint8)
    pictures = [Image.fromarray(noise[number % 2]) for number in range(9)]
    alone = [detector.candidates(picture, 64) for picture in pictures[:2]]
    monkeypatch.setattr(detector._together, "_lanes", 1)
    together, runs = at_once(
        detector._together, detector.model, lambda picture: detector.candidates(picture, 64), pictures
    )
    assert runs == 3  # the first to come, and each picture once for all others
    for number, found in enumerate(together):
        assert torch.equal(found.boxes, alone[number % 2].boxes)
        assert torch.equal(found.confidences, alone[number % 2].confidences)
