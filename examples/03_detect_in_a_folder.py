"""Finds objects in every picture of a folder. Choosing among the boxes again costs no second run of the network.

Run it from the suite's folder: .venv/bin/python -m examples.03_detect_in_a_folder
"""

from pathlib import Path

from models.catalog import card_of
from models.object_detection import ObjectDetector
from models.pictures.images import open_image

detector = ObjectDetector.load(card_of("aula/yolov5s"))

for result in detector.detect_folder(Path("images")):
    if result.error is not None:  # a picture that cannot be read does not stop the others
        print(f"{result.path.name}: {result.error}")
        continue
    for found in result.detections.detections:
        left, top, right, bottom = (round(side) for side in found.box)  # pixels of the original picture
        print(f"{result.path.name}: {found.label} {found.confidence:.2f} at {left}, {top} to {right}, {bottom}")

proposed = detector.candidates(open_image(Path("images/bus.jpg")))
for confidence in (0.05, 0.25):
    print(f"bus.jpg, confidence {confidence}: {proposed.select(confidence).counts()}")
