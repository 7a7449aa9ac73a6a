"""What the page about teaching with pictures says, written for this suite and free to use."""

METHODS = {
    "head": (
        "Head only",
        "The base stays as it is. Only a new last layer learns to tell your classes apart by what the base sees. "
        "Done in seconds, and hard to beat with few pictures.",
    ),
    "block": (
        "Last block",
        "The last block of the base learns, too: what it makes of shapes and textures bends towards your pictures. "
        "Takes minutes, and some hundred pictures.",
    ),
    "all": (
        "Everything",
        "Every number of the model may change. Needs the most memory and time, and pays off with many pictures; with "
        "few it learns them by heart.",
    ),
}

SAMPLE = (
    "120 pictures of things in five classes: animals, clothes, food, plants, vehicles. Drawings (Fluent Emoji, "
    "© Microsoft, MIT licence), while the base learned from photographs; see whether it minds."
)

BY_HAND = (
    "Twenty pictures of each class are a good beginning. Turn the thing while you shoot, change the background and the "
    "light: the model takes whatever tells the classes apart, and that may be the wall behind."
)

EXPLANATION = """
**Transfer learning** starts from a model that has seen a million photographs already, and teaches it one thing more.
`aula/efficientnet-lite0` turns a picture into 1,280 numbers, close together for pictures that show alike things. What
it has never seen are your classes: a new last layer (the **head**) learns which of those numbers speak for which class.

- With the **head only**, the base looks at each picture once, and what it saw is kept: that is why it takes seconds.
- **Training pictures** are what the model learns from, again and again; each pass is an **epoch**. **Validation
  pictures** decide which of its states is kept. **Test pictures** are looked at once, at the very end; only they tell
  how good the model is.
- **Near-duplicates** in two parts flatter: of forty shots of one mug in one second, thirty are learned from and ten
  tested on, and the test is as good as known. Shoot some pictures later and elsewhere, and try the model on those.
- **Nearest neighbour** gives each picture the class of the training picture that is most alike to the base, without
  training. A training that does not beat it was not worth it.
- The **confusion matrix** has a row for what a picture is and a column for what the model said. Mistakes seldom come
  alone: look at the pictures of one cell, and ask what they have in common.
- A model knows nothing but its classes, and gives one of their names to whatever it is shown: to your face, to the
  ceiling. A class of “neither”, with pictures of what else may come, helps.

Pictures stay on the machine that Aula runs on. The training is a process of its own,
`python -m training.image_classification`, which writes one JSON object a line into its run folder; this page only reads
them, and closing it changes nothing. `python aula.py train-images FOLDER` does the same work.
"""
SOURCES = ("training/image_classification.py", "training/pictures/bases.py")
LINKS = {
    "Teachable Machine (Google), which this page is modelled on": "https://teachablemachine.withgoogle.com",
    "How transferable are features in deep neural networks? (Yosinski et al., 2014)": "https://arxiv.org/abs/1411.1792",
    "The Hugging Face guide to image classification": "https://huggingface.co/docs/transformers/tasks/image_classification",
}
