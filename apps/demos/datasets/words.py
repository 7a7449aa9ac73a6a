"""What the page about datasets says, written for this suite and free to use."""

PARTS_FROM = {
    "seed": "The split that a training makes with seed 0",
    "column": "The parts that a column names",
    "files": "The parts are the files",
    "folders": "The parts that folders name",
}

EXPLANATION = """
Look at data before you train on it: most of what goes wrong with a model can be seen there.

- **Columns**: the type of each by all of its values, what is missing, how many different values, the commonest.
- **Labels**: how many rows each has. Where one has most of them, always saying that one is right most of the time.
- **Duplicates** are rows with the same text, case and white space aside; pictures with equal pixels. **Same text,
  different labels**: there even the best model is wrong once.
- **Near-duplicates**: texts that share at least four fifths of their words (Jaccard's index of the sets of words is at
  least 0.8; texts of three different words and more). Of pictures, those whose *difference hash* is nearly the same:
  the picture in grey at 9 × 8 pixels, a bit for each two neighbours, and at most 5 of 64 bits differ.
- **Leaks**: what stands in the training part and in the test part. A model that has seen the question knows the answer,
  and its figures are too good. The parts are those of a column, of two files, of folders or splits; without any, those
  that a training with seed 0 would make. That one keeps equal texts together, but not those that are nearly equal.
- **Languages** are guessed by the runs of letters of each text. Short texts are often not clear, and a single guess
  that stands out is more often a mistake than a find.

Of large files the beginning is looked at, and the page says so. A dataset of the hub is read from its first row on, and
no more of it is downloaded than that; code that comes with a dataset is never run.
"""
SOURCES = (
    "training/exploration/near_texts.py",
    "training/exploration/picture_hash.py",
    "training/exploration/leaks.py",
)
LINKS = {
    "Deduplicating training data makes language models better (Lee et al., 2021)": "https://arxiv.org/abs/2107.06499",
    "Scaling up all pairs similarity search (Bayardo et al., 2007)": "https://doi.org/10.1145/1242572.1242591",
    "Kind of like that (Krawetz, 2013)": "https://www.hackerfactor.com/blog/index.php?/archives/529-Kind-of-Like-That.html",
}
