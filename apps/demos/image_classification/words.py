"""What the image classification page says: the explanation, links, and which pictures go wrong."""

EXPLANATION = """
The picture is scaled to the size that the model learned with (224 × 224 pixels, most often), and of a picture that is
not square most models see only the middle. The network ends in one number for each label, and **softmax** turns these
into probabilities that add up to 1. It cannot answer “none of these”, and how sure it is is not how often it is right.

The models of the catalog know the thousand things of **ImageNet**: 118 kinds of dogs, many birds, tools, dishes. **A
person is not among them**, so a portrait becomes what is worn or held: a suit, a bow tie, a helmet. Two of the thousand
are called “crane”, a bird and a machine; the number behind a label tells them apart.

**What it looked at.** In a *vision transformer*, each patch of 16 × 16 pixels looks at all others, layer after layer;
*attention rollout* multiplies these looks from the last layer back to the patches. It shows what was read, the same for
every label. In a *convolution network*, *Grad-CAM* asks which parts of the last map of features (7 × 7 cells) would
make one label likelier, so it changes with the label. Both are hints: a model can look at the right place and be wrong,
and a map that makes sense to us is no proof that the model reasons as we do.
"""
SOURCES = ("models/image_classification.py", "models/pictures/looked_at.py")
LINKS = {
    "An image is worth 16 × 16 words (Dosovitskiy et al., 2020)": "https://arxiv.org/abs/2010.11929",
    "Attention rollout (Abnar & Zuidema, 2020)": "https://arxiv.org/abs/2005.00928",
    "Grad-CAM (Selvaraju et al., 2017)": "https://arxiv.org/abs/1610.02391",
    "ImageNet": "https://www.image-net.org",
}
NO_PERSON = "The catalog's models know the thousand things of ImageNet. A person is not among them."
FOR_FILMS = "For films there is Object detection."
GOES_WRONG = {
    "astronaut.jpg": "Goes wrong on purpose: a person is not among ImageNet's things, so the model names "
    "something that often comes with a suit, a helmet or a smile.",
    "zidane.jpg": "Goes wrong on purpose: ImageNet knows suits and bow ties, and no one who wears them.",
    "photographer.jpg": "Half right: the tripod is found; the photographer behind it is not among ImageNet's things.",
    "bus.jpg": "A street with people and a bus gets one label for all of it. Object detection finds each of them.",
}
METHOD_HELP = {
    "attention rollout": "Bright is what the deciding token read, through all layers. The same for every label.",
    "Grad-CAM": "Bright is what would make this label likelier. Choose another label to compare.",
}
