"""Texts to tokenize, a paragraph in several languages, and what the page explains."""

TEXT = "tokenizers-text"

_CODE = '''def mean(numbers: list[float]) -> float:
    """The mean of some numbers; 0 of none."""
    return sum(numbers) / len(numbers) if numbers else 0.0
'''

EXAMPLES = {
    text: {TEXT: value}
    for text, value in {
        "Two languages": "The children are learning how computers read.\n"
        "Los niños están aprendiendo cómo leen los ordenadores.",
        "Long words": "Photosynthesis, antidisestablishmentarianism; fotosíntesis, electroencefalografista; "
        "Donaudampfschifffahrtsgesellschaft.",
        "Five scripts": "Good morning · Buenos días · Доброе утро · おはようございます · صباح الخير · सुप्रभात",
        "Emoji": "👍 👍🏽 👩‍👩‍👧‍👦 🏳️‍🌈 🇵🇪",
        "Accents": "Café, and once more, with the accent as a character of its own: Cafe\u0301. ½ ﬁ Ａ",
        "Numbers": "3.14159, 1,000,000, 2026-11-27, 12345678901234567890",
        "Code": _CODE,
        "Special tokens": "A text may end <|endoftext|> or be [MASK] or </s>: which tokenizer takes which of these?",
    }.items()
}

# The first article of the Universal Declaration of Human Rights, the most translated text there is. The Quechua is a
# free rendering of it in the spelling of Ayacucho.
PARAGRAPHS = {
    "English": "All human beings are born free and equal in dignity and rights. They are endowed with reason and "
    "conscience and should act towards one another in a spirit of brotherhood.",
    "Spanish": "Todos los seres humanos nacen libres e iguales en dignidad y derechos y, dotados como están de razón y "
    "conciencia, deben comportarse fraternalmente los unos con los otros.",
    "French": "Tous les êtres humains naissent libres et égaux en dignité et en droits. Ils sont doués de raison et de "
    "conscience et doivent agir les uns envers les autres dans un esprit de fraternité.",
    "German": "Alle Menschen sind frei und gleich an Würde und Rechten geboren. Sie sind mit Vernunft und Gewissen "
    "begabt und sollen einander im Geist der Brüderlichkeit begegnen.",
    "Quechua": "Lliw runakunam nacesqanchikmantapacha libre kanchik, lliw derechonchikkunapipas iguallataqmi kanchik. "
    "Yuyayniyoqmi kanchik hinaspapas concienciayoqmi kanchik, chayna runa masinchikkunata wawqenchikta hina "
    "qawananchikpaq.",
    "Japanese": "すべての人間は、生まれながらにして自由であり、かつ、尊厳と権利とについて平等である。人間は、"
    "理性と良心とを授けられており、互いに同胞の精神をもって行動しなければならない。",
    "Arabic": "يولد جميع الناس أحرارًا متساوين في الكرامة والحقوق، وقد وهبوا عقلًا وضميرًا وعليهم أن يعامل بعضهم بعضًا "
    "بروح الإخاء.",
    "Hindi": "सभी मनुष्यों को गौरव और अधिकारों के मामले में जन्मजात स्वतन्त्रता और समानता प्राप्त है। उन्हें बुद्धि और "
    "अन्तरात्मा की देन प्राप्त है और परस्पर उन्हें भाईचारे के भाव से बर्ताव करना चाहिए।",
}
ENGLISH, SPANISH = "English", "Spanish"
CODE = "Python"  # beside the paragraphs, but not a translation of them
CODE_TEXT = _CODE

BATCH_TEXTS = """The sun is out.
El perro que ladra no muerde, dice el refrán.
Why?"""

NEW_TOKENS = "fotosíntesis, 🦙"
GROWTH_TEXT = "La fotosíntesis de la 🦙"

TRAINING_TEXT = """Tres tristes tigres tragaban trigo en un trigal:
en tres tristes trastos tragaban trigo tres tristes tigres.
El perro de San Roque no tiene rabo, porque Ramón Ramírez se lo ha cortado.
Pablito clavó un clavito en la calva de un calvito. ¿Qué clavito clavó Pablito?
How much wood would a woodchuck chuck if a woodchuck could chuck wood?
Peter Piper picked a peck of pickled peppers; a peck of pickled peppers Peter Piper picked.
She sells seashells by the seashore: the shells she sells are seashells, I am sure.
"""

EXPLANATION = """
A model never sees letters. A **tokenizer** cuts a text into *tokens*, pieces of a fixed vocabulary, and gives the model
their numbers; each number is a row of its *embedding table*. What costs time, memory and money is counted in tokens,
and how many a text has depends on what the vocabulary was made from: one made from English cuts Spanish into more
pieces, and Hindi into many more.

- **BPE** begins with single characters and joins the neighbours that stand together most often, over and over. The list
  of these *merges* is the tokenizer. **Byte-level** BPE (GPT-2, GPT-4o, Qwen) begins with the 256 bytes instead, so
  that nothing is ever unknown; a character that was rare becomes two or three tokens of bytes, shown as ⟨F0⟩⟨9F⟩.
- **WordPiece** (BERT) looks for the longest piece that a word begins with, then for the next one, marked `##`. A word
  with a character that it does not have becomes `[UNK]` as a whole.
- **Unigram** (T5) chooses, among all ways to cut a word, the likeliest one.
- **Normalizing** comes first: lower case, accents off, ﬁ as f and i. What is taken away there never comes back, which
  is why a round trip may not be exact.
- **Special tokens** (`[CLS]`, `</s>`, `<|endoftext|>`) tell a model where a text begins or ends. Typed into a text they
  act all the same: a program that takes texts from strangers has to watch for them.
- **Padding** fills up short texts so that several make one tensor; the **attention mask** tells the model which places
  hold nothing. **Truncation** cuts off what is too long.
"""
SOURCES = ("models/tokenization.py", "models/text/token_batches.py", "training/tokenizer.py")
LINKS = {
    "Neural machine translation of rare words with subword units (BPE)": "https://arxiv.org/abs/1508.07909",
    "Subword regularization (Unigram)": "https://arxiv.org/abs/1804.10959",
    "GPT-2, which introduced byte-level BPE": "https://cdn.openai.com/better-language-models/language_models_are_unsupervised_multitask_learners.pdf",
    "Language model tokenizers introduce unfairness between languages": "https://arxiv.org/abs/2305.15425",
    "The library tokenizers": "https://huggingface.co/docs/tokenizers",
}
