"""What the page says: texts to translate and to summarize, the explanations, links.

The texts were written for this suite and are free to use; each comes with a word on what to expect.
"""

from apps.words.examples import ExampleText

TO_TRANSLATE: dict[str, ExampleText] = {
    "Everyday sentences": ExampleText(
        "The train to the coast leaves at half past seven. Please bring a warm coat, because the evenings by the sea "
        "are cold. We will have lunch in a small restaurant near the harbour, and we should be home before midnight.",
        "Works well: short, complete sentences are what translators saw most when they learned.",
    ),
    "Three paragraphs": ExampleText(
        "The city library opens again on Monday after a year of building work. The old reading room has new windows, "
        "and there is now a quiet floor for students.\n"
        "\n"
        "Borrowing books is free for everyone who lives in the city. Visitors pay five euros a year and receive a card "
        "on the same day.\n"
        "\n"
        "On Saturday mornings a teacher reads stories to children between four and eight years old. Parents are "
        "welcome to stay, and there is coffee for them.",
        "Works well, and the paragraphs stay apart: each is translated on its own, sentence after sentence.",
    ),
    "How rain is made": ExampleText(
        "The sun warms the sea, and water rises into the air as vapour. High above the ground the air is cold, so the "
        "vapour turns into tiny drops that float as clouds. When the drops grow too heavy to float, they fall as rain. "
        "Rivers carry the water back to the sea, and the circle begins again.",
        "Works well. Compare the languages: the German verbs move to the end of their clauses.",
    ),
    "Proverbs": ExampleText(
        "It is raining cats and dogs. My exam was a piece of cake. He spilled the beans about the party, so now the "
        "surprise is out of the bag.",
        "Goes wrong on purpose: the model translates the words, and cats and dogs fall from the sky in French too.",
    ),
}

# For translators that read another language.
TO_TRANSLATE_FROM: dict[str, dict[str, ExampleText]] = {
    "spanish": {
        "Frases de cada día": ExampleText(
            "El tren a la costa sale a las siete y media. Trae un abrigo, por favor, porque las noches junto al mar "
            "son frías. Comeremos en un pequeño restaurante cerca del puerto y estaremos en casa antes de medianoche.",
            "Works well: short, complete sentences. Spanish leaves “we” out, and the verb tells it: look for it.",
        ),
        "Tres párrafos": ExampleText(
            "La biblioteca de la ciudad abre de nuevo el lunes, después de un año de obras. La antigua sala de lectura "
            "tiene ventanas nuevas.\n"
            "\n"
            "Sacar libros es gratis para todos los que viven en la ciudad. Los visitantes pagan cinco euros al año.\n"
            "\n"
            "Los sábados por la mañana una maestra lee cuentos a niños de cuatro a ocho años.",
            "Works well, and the paragraphs stay apart: each sentence is translated on its own.",
        ),
        "¿Él, ella o usted?": ExampleText(
            "Ana llamó a su hermano. Dice que no puede venir. Su coche está en el taller.",
            "Goes wrong on purpose: who says it, and whose car is it? Spanish need not tell, English must, and the "
            "model sees one sentence at a time.",
        ),
        "Refranes": ExampleText(
            "Más vale pájaro en mano que ciento volando. Me costó un ojo de la cara. No tiene pelos en la lengua.",
            "Goes wrong on purpose: sayings are often translated word by word.",
        ),
    },
    "french": {
        "Phrases de tous les jours": ExampleText(
            "Le train pour la côte part à sept heures et demie. Apporte un manteau, s'il te plaît, car les soirées au "
            "bord de la mer sont froides. Nous déjeunerons dans un petit restaurant près du port.",
            "Works well: short, complete sentences.",
        ),
        "Proverbes": ExampleText(
            "Il pleut des cordes. Cet examen était du gâteau. J'ai un chat dans la gorge.",
            "Goes wrong on purpose: sayings are often translated word by word.",
        ),
    },
}

_RIVER_NEWS = """\
The town of Alder Bridge will close its main road to cars for one year, the council decided on Tuesday evening after \
five hours of debate. From the first of March only buses, bicycles and people on foot may use the road that leads \
along the river. Delivery vans are allowed until ten o'clock in the morning.

The road carries about nine thousand cars a day, most of which pass through the town without stopping. A study by the \
university in the neighbouring city found that the air beside the road was twice as polluted as in the rest of the \
town, and that children at the primary school by the river missed more lessons because of coughs and colds than \
children at the other two schools.

Not everybody is pleased. Fourteen shops on the road signed a letter in which they warned of losing customers. \
“People come to me by car because they buy heavy things,” said Martha Quinn, who has sold garden tools there for \
thirty years. “Nobody carries a lawn mower home on a bus.” The council promised to pay for a new car park behind the \
market hall, five minutes away on foot, and to reduce the rent of council-owned shops by a fifth while the trial \
lasts.

The mayor, Daniel Osei, called the decision a test and not a revolution. “We will count the cars, measure the air and \
ask the shopkeepers every month,” he said. “If it does not work, we open the road again.” Other towns have tried the \
same with mixed results: in two of them the trial became permanent, in a third it was ended after four months because \
traffic jams had only moved to the next street.

The council will publish its first results in June. A final vote is planned for the following spring, before the \
election."""

_BEES = """\
Honeybees are famous for the dance with which they tell one another where flowers are. A bee that has found a rich \
field returns to the hive and runs along the comb in the shape of an eight, shaking her body on the straight part in \
the middle. The direction of that straight run, measured against the vertical, is the direction of the field measured \
against the sun. The longer she shakes, the farther the field is away.

For a long time it was believed that bees are born with the dance. Researchers have now compared young bees that grew \
up among experienced dancers with young bees that had nobody to watch. Bees without teachers danced in a disorderly \
way: they showed wrong directions and distances. With practice their directions became better, but the mistakes about \
distance stayed for their whole lives.

The researchers conclude that a part of the dance is inherited and another part is learned from older bees, as \
children learn the finer points of a language by listening. They also warn that pesticides which disturb the memory \
of bees might damage this kind of learning, and with it the food supply of a whole hive."""

TO_SUMMARIZE: dict[str, ExampleText] = {
    "A news report": ExampleText(
        _RIVER_NEWS,
        "Works well: all these models learned to summarize from news, where the beginning matters most.",
    ),
    "How bees learn": ExampleText(
        _BEES,
        "Works well. Check the summary against the text: does it keep the difference between direction and distance?",
    ),
    "A long report": ExampleText(
        f"{_RIVER_NEWS}\n\n{_BEES}",
        "More than 512 tokens, which is all that T5 and PEGASUS read at once: the parts are summarized, then their "
        "summaries. A BART reads twice as much.",
    ),
    "A dialogue": ExampleText(
        "Ana: Are you coming to the cinema tonight?\n"
        "Ben: I would love to, but my sister's train arrives at eight and somebody has to pick her up.\n"
        "Ana: Bring her along! The film starts at nine.\n"
        "Ben: Good idea. She likes science fiction. Shall we meet in front of the cinema at quarter to nine?\n"
        "Ana: Perfect. I will buy three tickets.",
        "Goes wrong on purpose: the model never learned from dialogues, and mostly copies sentences.",
    ),
}

# For the embedded translator: sentences such as it learned from, and two kinds that it cannot know.
TO_TRANSLATE_MINI: dict[str, ExampleText] = {
    "Everyday sentences": ExampleText(
        "I don't know where he lives. She is reading a book in the garden. We are going to the beach tomorrow. "
        "Can you help me, please?",
        "Works well: short sentences about people and their day are what this small model has read most. Try Spanish, "
        "too.",
    ),
    "Questions": ExampleText(
        "Where is the station? What time is it? Do you like this music? How much does this shirt cost? "
        "Why didn't you come to school yesterday?",
        "Works well. Look at the word order: French has several ways to ask.",
    ),
    "At the table": ExampleText(
        "I'm hungry. My mother is cooking dinner. Would you like some coffee? This soup is too hot.\n"
        "\n"
        "Tom wants to eat with us. He is never late. Please open the door.",
        "Works well, and the paragraphs stay apart: each is translated on its own, sentence after sentence.",
    ),
    "Names and numbers": ExampleText(
        "My friend Zlatomira lives in Kraków with 37 cats. Ada Lovelace was born in London in 1815.",
        "Works well in French: the model has never met this friend, and copies her name letter by letter.",
    ),
    "A technical sentence": ExampleText(
        "The hydraulic brake system distributes the pressure that is generated in the master cylinder evenly across "
        "all four wheels, provided that the reservoir has been filled with the fluid that the manufacturer recommends.",
        "Goes wrong on purpose: long, and full of words that are rare in everyday sentences. A model of this size "
        "guesses, and its French sounds surer than it is.",
    ),
    "Proverbs": ExampleText(
        "It is raining cats and dogs. My exam was a piece of cake.",
        "Goes wrong on purpose: the model knows words, and hardly any sayings.",
    ),
}

_LAST_WEEK = """\
On Monday Clara gave the key of her office back to the porter. On Tuesday she carried two boxes of books and a plant \
down to her car. The library wanted its card on Wednesday, and the man at the desk shook her hand for a long time. On \
Thursday her colleagues sang in the kitchen, and there was a cake with a train on it. A young man whom nobody knew \
measured her desk. On Friday there was another name at her door."""

# For the model that chooses sentences.
TO_SELECT: dict[str, ExampleText] = {
    "A news report": ExampleText(
        _RIVER_NEWS,
        "Works well: in a report some sentences say the main things by themselves, the first one nearly always. But a "
        "sentence taken out of its place may miss something: who is “he” in the last one?",
    ),
    "How bees learn": ExampleText(
        _BEES,
        "Half well: how bees dance is in the summary. What the researchers found comes late in the text, and is left "
        "out unless the summary is “long”. Look at the bars.",
    ),
    "A long report": ExampleText(
        f"{_RIVER_NEWS}\n\n{_BEES}",
        "Two reports in one, and the bees are missing: the beginning counts most, and the first report has more "
        "sentences that are like one another. A text is never too long, though: each sentence is read alone.",
    ),
    "What nobody says": ExampleText(
        _LAST_WEEK,
        "Goes wrong on purpose: Clara has left her job, and no sentence says so. Whoever can only choose sentences "
        "cannot say it either.",
    ),
}

EXPLANATION = """
These models read a text and write another one, and differ in how they know what to do.

- **T5** is told in words, in front of the text: this page sends `translate English to French: The train leaves …` or
  `summarize: The town …` to one and the same set of weights. The small T5 that comes with the suite is built in the
  same way, and has learned to translate only, to French and to Spanish.
- **Marian** (the models called opus-mt) translates one language into another, as its name says: `es-en` reads Spanish.
  It learned from pairs of single sentences, so it is given one at a time.
- **BART** and **PEGASUS** were trained further until they do nothing but summarize. Those that learned from CNN take
  whole sentences of the report; those that learned from XSum write a single sentence of their own, and invent more.

All of them are built alike:

- An **encoder** turns the words into numbers, each coloured by all the others. A **decoder** then writes one token
  after another, always looking at the whole input and at what it has written so far.
- **Beams**: instead of only the best next token, the model keeps the best few beginnings and compares them at the end.
  More beams take more time and avoid dead ends.
- A model reads so many **tokens** at once and no more: T5, Marian and PEGASUS 512, roughly 350 English words, BART
  1,024. A longer text is cut between sentences. A translation is the pieces in their order, with the paragraphs kept; a
  summary is made of each part, and then of those together. The small T5 gets one sentence at a time, because it has
  hardly seen longer texts.
- Left alone, the settings are those that came with the weights: for T5 4 beams, and for summaries at least 30 tokens
  and no three tokens repeated in the same order; for PEGASUS 8 beams.
- A translation that lacks a number of its source, or finds no end, is written **a second time**: with no other numbers
  than those of the source, or with no three tokens repeated. The better one is shown. You can forbid repetitions
  yourself, in the further settings.
- **Addresses, amounts of money, dates and emoji** are to be copied, and a small model misspells them. Where one is
  lost, the text is translated once more with a **stand-in** that every model copies: a name (Tom, Boston) for an
  address or a date, the bare number for an amount. Afterwards each thing takes the place of its stand-in again; emoji,
  which were left out, stand at the end. What is lost all the same is named beneath the translation.
"""
SOURCES = (
    "models/text_to_text.py", "models/text/segmentation.py", "models/text/task_settings.py",
    "models/text/second_attempts.py", "models/text/verbatim.py",
)  # fmt: skip
LINKS = {
    "The paper on T5": "https://arxiv.org/abs/1910.10683",
    "The paper on BART": "https://arxiv.org/abs/1910.13461",
    "The paper on PEGASUS": "https://arxiv.org/abs/1912.08777",
    "The paper on OPUS-MT": "https://aclanthology.org/2020.eamt-1.61",
    "T5 in the documentation of transformers": "https://huggingface.co/docs/transformers/model_doc/t5",
    "Model card of t5-base": "https://huggingface.co/google-t5/t5-base",
}


SELECTION_EXPLANATION = """
This model writes nothing. It **selects** sentences of the text, and cannot rephrase, shorten or join them. So it never
invents anything; but what no sentence says is not in the summary either, and “he” may stand there without his name.

- A **sentence encoder** turns each sentence into 384 numbers. Sentences that mean something alike get numbers alike.
- **Centrality** (LexRank): imagine somebody who walks from sentence to sentence, rather to similar ones. Where that
  walk comes by most often, the text says what it is about.
- **Position**: reports tell the main thing first. **Repetition**: what a text is about, it names again and again.
- **Redundancy** (MMR): the best sentence is taken, then the best of those that do not repeat it, and so on. In the end
  the chosen ones are put back into the order of the text.
"""
SELECTION_SOURCES = ("models/extractive_summary.py",)
SELECTION_LINKS = {
    "LexRank (Erkan & Radev, 2004)": "https://arxiv.org/abs/1109.2128",
    "MMR (Carbonell & Goldstein, 1998)": "https://doi.org/10.1145/290941.291025",
    "The sentence encoder": "https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2",
}
