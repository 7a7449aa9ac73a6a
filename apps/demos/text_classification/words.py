"""What the text classification page says: texts to classify, the explanation, links.

The texts were written for this suite and are free to use; each set comes with a word on what to expect.
"""

from apps.words.examples import ExampleText

TO_CLASSIFY: dict[str, ExampleText] = {
    "Film reviews": ExampleText(
        "A warm, funny and beautifully acted film that I could watch again tomorrow.\n"
        "The plot is a mess, the jokes are tired, and two hours feel like five.\n"
        "An honest and moving story with a wonderful young actress.\n"
        "Dull, predictable and far too long.",
        "Works well: film reviews are what most of these models learned from.",
    ),
    "A hotel, a telephone, a meal": ExampleText(
        "The room was spotless and the staff could not have been kinder.\n"
        "The battery is empty after two hours and nobody answers my emails.\n"
        "The soup was delicious and the bread was still warm.\n"
        "We waited for an hour, and then the food was cold.",
        "Mostly works, though a model that learned from films never heard of batteries: watch how sure it is.",
    ),
    "Negation": ExampleText(
        "This film is good.\n"
        "This film is not good.\n"
        "This film is not bad at all.\n"
        "I was never bored, not for a single minute.\n"
        "Nobody who loves music should miss this concert.",
        "Partly goes wrong: one small word turns a sentence around, and small models listen to the large ones. "
        "Does the “not” get a colour?",
    ),
    "Irony (goes wrong)": ExampleText(
        "What a wonderful way to waste two hours.\n"
        "I loved every minute of waiting for the end.\n"
        "The best sleep that I ever had in a cinema.\n"
        "Great, the train is late again, just what I needed.",
        "Goes wrong on purpose: the words are friendly, the meaning is not, and the model only reads the words.",
    ),
    "Opiniones en español": ExampleText(
        "Una película preciosa, con actores muy buenos y un final que no olvidaré.\n"
        "El servicio fue malo y la habitación estaba sucia. ¡No volveremos nunca!\n"
        "El concierto fue fantástico y volveríamos mañana mismo.\n"
        "No está nada mal.",
        "For aula/sentiment-gpt2-mini-es, which knows Spanish only: choose it first. It works where the words are "
        "those of praise and blame; the last line is praise without any such word.",
    ),
    "Five languages": ExampleText(
        "The concert was fantastic, and we would come again tomorrow.\n"
        "El concierto fue fantástico y volveríamos mañana mismo.\n"
        "Das Essen war kalt und der Kellner unfreundlich.\n"
        "Le guide était passionnant et très drôle.\n"
        "La camera era sporca e troppo rumorosa.",
        "For nlptown/bert-base-multilingual-uncased-sentiment, which gives one to five stars in six languages. "
        "A model that knows only English guesses.",
    ),
}

_CLASSIFY = """
The model reads the whole text and ends in one number for each label it was trained with. **Softmax** turns these
numbers into probabilities that add up to 1. It cannot answer “something else”, and it never says that it does not know:
a shopping list gets a label too. How sure it is (the score) is not how often it is right.

**The words that matter** are found by *occlusion*: each word in turn is covered by the model's mask token (or left out,
where there is none), and the model reads again. If the label becomes less likely, the word spoke for it. That needs no
look inside and works for every model, but it asks about one word at a time: where two words say the same, each alone
seems not to matter, and an ironic sentence shows no colour for what only the whole of it says.

Models read at most 256 or 512 tokens; what is longer is cut, and the table says so.
"""

# Texts, labels and the sentence of the view for labels of one's own.
TO_SORT: dict[str, tuple[str, str, str]] = {
    "Letters to a shop": (
        "The parcel should have been here on Monday, and nobody can tell me where it is.\n"
        "The screen stays black, whatever I press.\n"
        "You charged my card twice for the same order.\n"
        "Thank you for the quick answer, you were wonderful!",
        "delivery, broken device, payment, praise",
        "This text is about {}.",
    ),
    "News": (
        "The striker scored twice in the last five minutes of the final.\n"
        "The central bank raised its interest rate for the third time this year.\n"
        "Astronomers have found water in the air of a distant planet.\n"
        "The new law on housing passed the parliament by one vote.",
        "sport, economy, science, politics",
        "This text is about {}.",
    ),
    "A mood": (
        "I have waited for this day for years, and now it is finally here!\n"
        "Nobody came to my birthday.\n"
        "How dare they open my letters?",
        "joy, sadness, anger",
        "The writer feels {}.",
    ),
    "None of them (goes wrong)": (
        "Mix the flour with two eggs and let it rest for an hour.\nThe bus number 12 leaves at a quarter past seven.",
        "sport, politics, science",
        "This text is about {}.",
    ),
}

_COMPARE = """
Each model reads every text, one model after the other. A model that learned from film reviews and one that learned from
tweets have different ideas of “positive”; where they **disagree**, look at the text: often it is ironic, mixed, or
about something that one of them never saw.

**Labels are compared only where they mean the same.** Equal names do, whatever their case. Opinions are brought to one
scale: 1 and 2 stars, NEG and negative are *negative*; 3 stars and neutral are *neither*; 4 and 5 stars and POS are
*positive*. A model that knows two labels can never say *neither*, so three stars against “positive” count as a
difference. Of models whose labels say different things, anger or joy against stars, nothing is claimed.

Two models that agree can both be wrong: agreement is not accuracy. For that, texts need labels that people gave.
"""

_OWN = """
A model of **natural language inference** (NLI) was trained on one question only: does this text imply that sentence?
Each label becomes a sentence, “This text is about sport.”, and the model is asked once for each. So it can sort by
labels that it was never trained on: *zero-shot*. It costs a run of the model for each label of each text.

- **One label is true**: the answers are weighed against each other (softmax over the labels) and add up to 1. That
  holds also where no label fits, as the example “None of them” shows.
- **Several may be true**: each label is judged by itself, “implied” against “contradicted”.

**`aula/label-similarity` is something else.** It comes with the suite and works offline: a sentence encoder turns the
text and each label's sentence into vectors and compares their directions. It was never trained to judge whether a label
holds: “not a good film” is as like to “praise” as “a good film”. Its numbers are similarities, not probabilities.

The wording of labels and sentence is a part of the question. Try others, and see the answers change.
"""

_GOLD = """
**Gold labels** are what people said about the texts. The model reads each text without them, and then both are
compared.

- **Accuracy** is the share of answers that are right. Beside it stands what always saying the most frequent label would
  reach. **Precision** of a label: of the rows that were called so, how many are. **Recall**: of the rows that are so,
  how many were called so. **F1** is their harmonic mean, **macro F1** the mean of F1 over the labels.
- **Calibration**: is it right as often as it is sure? Answers are put into ten bins by their probability. A
  well calibrated model stands on the diagonal. The **expected calibration error** (ECE) is the mean distance from it,
  each bin with the weight of its rows. Bins with few rows jump about: look at the counts.
- **Which label counts as which** is guessed from the names, shown and yours to change. Rows whose label the model has
  nothing for are left out of every figure, and named. An answer that counts as no label of the file is a mistake.
  Scores of labels that count as the same are added up.

Texts that the model was trained on make it look better than it is. SST-2 models have seen most film reviews that are
passed around.
"""

EXPLANATIONS = {
    "Classify": _CLASSIFY, "Compare models": _COMPARE, "Your own labels": _OWN, "Against gold labels": _GOLD,
}  # fmt: skip
SOURCES = {
    "Classify": ("models/text_classification.py",),
    "Compare models": ("models/text/label_names.py", "models/text/agreement.py"),
    "Your own labels": ("models/zero_shot.py",),
    "Against gold labels": ("models/text/grading.py", "models/text/label_names.py"),
}
LINKS = {
    "Classify": {
        "Representation erasure (Li et al., 2016)": "https://arxiv.org/abs/1612.08220",
        "Occlusion (Zeiler & Fergus, 2014)": "https://arxiv.org/abs/1311.2901",
        "DistilBERT (Sanh et al., 2019)": "https://arxiv.org/abs/1910.01108",
        "The Hugging Face course on fine-tuning": "https://huggingface.co/learn/llm-course/chapter3/1",
    },
    "Compare models": {
        "DistilBERT (Sanh et al., 2019)": "https://arxiv.org/abs/1910.01108",
        "The Hugging Face course on fine-tuning": "https://huggingface.co/learn/llm-course/chapter3/1",
    },
    "Your own labels": {
        "Zero-shot text classification (Yin et al., 2019)": "https://arxiv.org/abs/1909.00161",
        "Building efficient universal classifiers (Laurer et al., 2023)": "https://arxiv.org/abs/2312.17543",
        "Sentence-BERT (Reimers & Gurevych, 2019)": "https://arxiv.org/abs/1908.10084",
    },
    "Against gold labels": {
        "On calibration of modern neural networks (Guo et al., 2017)": "https://arxiv.org/abs/1706.04599",
        "Precision, recall and F1 in scikit-learn": "https://scikit-learn.org/stable/modules/model_evaluation.html",
    },
}
