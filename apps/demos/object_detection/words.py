"""What the object detection page says: the explanation, links, and which pictures go wrong."""

EXPLANATION = """
The picture is made to fit a square (of 640 pixels, or as many as the model was trained with) and goes **once** through
the network, which looks at it on three grids: a fine one for small things, a coarse one for large ones. Each cell of
each grid proposes boxes, and for each box a number between 0 and 1 for every class it has learned: thousands of
proposals, almost all of them near zero.

**Confidence** throws away the boxes with low numbers. Of the rest, many lie on the same thing; *non-maximum
suppression* keeps the most certain one and drops those that overlap it by more than **IoU**, the area that two boxes
share divided by the area that they cover together. Both happen after the network, so the sliders need not ask it again.
A larger **image size** does: it finds smaller things, and takes longer in proportion to the area.

In a **film** every frame goes through the network by itself: the model remembers nothing, so boxes may flicker, and the
chart says how many things were seen at once, not how many passed by. With “every n-th frame” the boxes stay where they
are until the next frame that is looked at. The film is read, drawn on and written frame by frame, each at its own time,
as MP4 without its sound.

The model that comes with the suite is the official YOLOv5s of 2021. It and the larger ones know the 80 everyday classes
of the COCO photographs, and nothing else. A model of your own (`best.pt`, from any YOLOv5) knows the classes that it
was trained on; its file is read without running anything that is in it.
"""
SOURCES = ("models/object_detection.py", "models/pictures/yolov5_network.py")
LINKS = {
    "You Only Look Once (Redmon et al., 2016)": "https://arxiv.org/abs/1506.02640",
    "YOLOv5": "https://github.com/ultralytics/yolov5",
    "COCO, the photographs it learned from": "https://cocodataset.org",
}
GOES_WRONG = {
    "astronaut.jpg": "Goes wrong on purpose: a hinge of the helmet, bottom right, looks more like a person to YOLOv5s "
    "than the astronaut does. How sure a model is does not say that it is right."
}
