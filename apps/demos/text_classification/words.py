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

EXPLANATION = """
The model reads the whole text and ends in one number for each label it was trained with. **Softmax** turns these
numbers into probabilities that add up to 1. It cannot answer “something else”, and it never says that it does not know:
a shopping list gets a label too. How sure it is (the score) is not how often it is right.

**The words that matter** are found by *occlusion*: each word in turn is covered by the model's mask token (or left out,
where there is none), and the model reads again. If the label becomes less likely, the word spoke for it. That needs no
look inside and works for every model, but it asks about one word at a time: where two words say the same, each alone
seems not to matter, and an ironic sentence shows no colour for what only the whole of it says.

Models read at most 256 or 512 tokens; what is longer is cut, and the table says so.
"""
SOURCES = ("models/text_classification.py",)
LINKS = {
    "Representation erasure (Li et al., 2016)": "https://arxiv.org/abs/1612.08220",
    "Occlusion (Zeiler & Fergus, 2014)": "https://arxiv.org/abs/1311.2901",
    "DistilBERT (Sanh et al., 2019)": "https://arxiv.org/abs/1910.01108",
    "The Hugging Face course on fine-tuning": "https://huggingface.co/learn/llm-course/chapter3/1",
}
