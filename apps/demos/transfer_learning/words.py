"""What the transfer learning page says, written for this suite and free to use."""

# What the sample's column “language” holds; None is all of it.
SAMPLE_LANGUAGES: dict[str, str | None] = {"English": "English", "Spanish": "Spanish", "Both": None}

# What can be learned from the sample: the column, and what to expect.
SAMPLE_QUESTIONS: dict[str, tuple[str, str]] = {
    "Is it praise?": (
        "label",
        "Works well in English, and less well in Spanish, because the base has hardly read any.",
    ),
    "What is it about?": (
        "subject",
        "Six labels instead of two, with 30 rows each in a language: works in English, and goes wrong in Spanish.",
    ),
}

METHODS = {
    "head": (
        "Head only",
        "The base stays as it is. Only a new last layer learns to tell your labels apart by the vectors that the base "
        "gives. The quickest, and hard to beat with few texts.",
    ),
    "lora": (
        "LoRA",
        "The base stays as it is, but each of its layers gets a narrow bypass that learns (low-rank "
        "adaptation). A few per cent of the parameters, and most of the gain.",
    ),
    "all": (
        "Everything",
        "Every number of the model may change. Needs the most memory and time, and pays off with many texts; with few "
        "it learns them by heart.",
    ),
}

TO_TRY = "The soup was cold and the waiter forgot us twice."

EXPLANATION = """
**Transfer learning** starts from a model that has read millions of sentences already, and teaches it one thing more.
`aula/minilm` turns a sentence into 384 numbers, close together for sentences that mean the same. What it has never seen
are your labels: a new last layer (the **head**) learns which region of those numbers belongs to which label.

- **Training rows** are what the model learns from, again and again; each pass is an **epoch**.
- **Validation rows** decide which of its states is kept: the best one, not the last. When the training loss still falls
  while the validation figures get worse, the model learns by heart (*overfitting*).
- **Test rows** are looked at once, at the very end. Only they tell how good the model is on texts that nobody chose it
  for. With few test rows the figure is rough: at 18 rows, one more mistake is more than five points.
- **Accuracy** is the part of answers that are right. **Macro F1** is the mean over the labels of how well each is found
  and how rarely it is wrongly said, so that a rare label counts as much as a frequent one.
- **Baselines** keep one honest: always saying the most frequent label is right surprisingly often, and an untrained
  head shows what chance gives.

`aula/minilm` read English. Train it on the Spanish sample and compare: the method is the same, the base knows less.

The training is a process of its own, `python -m training.text_classification`, which writes one JSON object a line into
its run folder. This page only reads them; closing it changes nothing. `python aula.py train` does the same work.
"""
SOURCES = ("training/text_classification.py", "training/trainer.py")
LINKS = {
    "The Hugging Face course on fine-tuning": "https://huggingface.co/learn/llm-course/chapter3/1",
    "Sentence-BERT (Reimers and Gurevych, 2019)": "https://arxiv.org/abs/1908.10084",
    "LoRA (Hu et al., 2021)": "https://arxiv.org/abs/2106.09685",
}
