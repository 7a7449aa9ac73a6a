"""What the comparison of summaries says: texts with a reference, an explanation, links.

The texts and references were written for this suite and are free to use.
"""

from dataclasses import dataclass

from apps.demos.translate_summarize.words import TO_SUMMARIZE


@dataclass(frozen=True)
class SummaryExample:
    """A text, a reference summary of it, a summary as somebody might write it, and what is worth watching."""

    text: str
    reference: str
    own: str
    remark: str


_RIVER_NEWS = TO_SUMMARIZE["A news report"].text
_RIVER_REFERENCE = (
    "Alder Bridge closes its main road along the river to cars for one year from March. Only buses, bicycles and "
    "people on foot may use it. Nine thousand cars a day had made the air twice as polluted as elsewhere, a study "
    "found. Fourteen shops fear for their customers; the council promises a car park and lower rents. It will publish "
    "first results in June and vote next spring."
)
_SPANISH = """\
El instituto de la plaza abre este año un huerto en su azotea. Cuarenta alumnos plantaron ayer tomates, lechugas y \
hierbas, y una vecina jubilada, Carmen Ortiz, les enseñará a regar sin gastar agua. La idea nació en la clase de \
ciencias, cuando el profesor preguntó de dónde venía la comida del comedor y nadie supo responder.

El ayuntamiento pagó la tierra y las cajas de madera; las herramientas las prestan las familias. Lo que se coseche se \
comerá en el comedor los viernes. Los padres de dos alumnos alérgicos pidieron que no hubiera abejas cerca de las \
ventanas, así que las flores estarán al otro lado del tejado.

En junio los alumnos contarán en una exposición qué creció, qué se secó y por qué. Si el huerto funciona, otros tres \
institutos de la ciudad quieren copiarlo el curso que viene."""

EXAMPLES: dict[str, SummaryExample] = {
    "A news report": SummaryExample(
        _RIVER_NEWS,
        _RIVER_REFERENCE,
        "",
        "Write a summary of your own in two sentences, and see beside the others what you took from the text.",
    ),
    "A summary that invents": SummaryExample(
        _RIVER_NEWS,
        _RIVER_REFERENCE,
        "The town of Alder Bridge will close its main road to cars for two years, the council and its mayor, Daniel "
        "Quinn, decided on Monday. The road carries about 12,000 cars a day. Shop owners in Springfield are delighted, "
        "and the first results will be published in June.",
        "Your own summary is filled in, and six things in it are invented. The marks find five of them: which one do "
        "they miss, and why?",
    ),
    "How bees learn": SummaryExample(
        TO_SUMMARIZE["How bees learn"].text,
        "Bees tell one another by a dance where flowers are. Researchers found that the dance is only partly "
        "inherited: young bees without experienced dancers to watch never learn to show the distance "
        "correctly. Pesticides that harm the memory of bees could therefore endanger a whole hive.",
        "",
        "The main finding comes late: the first three sentences miss it. Which summary has it?",
    ),
    "Un huerto en la azotea": SummaryExample(
        _SPANISH,
        "Un instituto planta un huerto en la azotea con ayuda de una vecina, del ayuntamiento y de las familias. La "
        "cosecha se comerá en el comedor, y en junio los alumnos contarán los resultados.",
        "Cuarenta alumnos plantaron tomates y lechugas en la azotea del instituto. El ayuntamiento pagó la tierra y la "
        "cosecha se comerá en el comedor los viernes.",
        "In Spanish: counting words works in any language, the summarizers read English only and say so.",
    ),
}

EXPLANATION = """
Summaries of one text, beside one another, and what can be counted about them without reading them:

- **Coverage**: the share of a summary's words that stand in the text, too. **Density**: how long the copied stretches
  are, in words: a word counts with the length of the stretch that it belongs to. Sentences chosen from the text have a
  coverage of 100 % and a density of many words; who retells has little of both.
- **New bigrams**: the share of pairs of neighbouring words that are nowhere neighbours in the text. High means
  rephrased, or invented: counting cannot tell which. So the words that are **not in the text** are marked, and the
  **names and numbers** among them named, because there an invention does the most harm. Look them up.
- **Lead-3** is no model: it is the first three sentences. Reporters say the main thing first, so it is hard to beat,
  and every paper about summaries compares with it.
- **ROUGE** counts what a summary has in common with a reference that somebody wrote: words (1), pairs (2), the longest
  common sequence (L); shown is the F measure of precision and recall. It knows no synonyms, so a good summary in other
  words scores low. English words are compared without their endings.

Where a language puts no spaces between words, each character counts as a word.
"""
SOURCES = ("models/text/summary_facts.py", "models/text/names.py", "models/text/rouge.py")
LINKS = {
    "Coverage and density (Grusky et al., 2018)": "https://aclanthology.org/N18-1065",
    "ROUGE (Lin, 2004)": "https://aclanthology.org/W04-1013",
    "New bigrams (See et al., 2017)": "https://arxiv.org/abs/1704.04368",
}
