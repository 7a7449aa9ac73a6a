"""What the page “Quality and speed” says, written for this suite and free to use."""

EXPLANATION = """
A **quantized** model keeps its numbers in fewer bits. It becomes smaller and often faster, and it makes small errors
everywhere. Whether anybody notices is a question for the task: here the same model answers the same questions, or
translates the same sentences, in one precision after another.

- **Exact match** is the share of answers that are, word for word, one of those that a person gave. **F1** also counts
  answers that share words with it. Lower case, punctuation and articles do not matter. Both are SQuAD's scores.
- **No answer**: the texts do not tell everything they are asked about. There, “no answer” is the only right answer;
  **balanced accuracy** says how often a model is right about that. A model that cannot say so is not asked these.
- **BLEU** counts which sequences of one to four words of a translation are in one of those by people; **chrF** does it
  with letters, and so forgives a wrong ending. Both go from 0 to 100 and have no meaning beyond comparing translations
  of the same sentences.
- **A point** is one of these hundred. What a precision costs is the score of fp32 minus its own.
- **The interval** says how far chance goes. The questions are drawn again and again, with replacement, and each time
  both precisions are scored on the same draw (a *paired bootstrap*). Where 95 of 100 differences lie on both sides of
  0, these few questions cannot tell whether the precision costs anything.
- **Changed answers** say more than a score: many answers can change while the score stays, because as many became right
  as wrong.
- **Speed** is that of the median question or sentence, one at a time, as on the other pages. Beside fp32, some of them
  are answered by both in turns: the ratio is the median over these rounds, with its 95 % interval. Where that holds 1,
  no difference was measured; where other programs used the processor meanwhile, nothing is compared.
"""
SOURCES = (
    "quantization/experiments/task_quality.py",
    "quantization/measure/exams.py",
    "quantization/measure/bootstrap.py",
    "models/text/answer_scores.py",
)
LINKS = {
    "SQuAD 2.0 (Rajpurkar et al., 2018)": "https://arxiv.org/abs/1806.03822",
    "sacreBLEU (Post, 2018)": "https://arxiv.org/abs/1804.08771",
    "Paired bootstrap (Koehn, 2004)": "https://aclanthology.org/W04-3250/",
}
ABOUT_SETS = (
    "Written for this suite and free to use (CC0). Easy and hard ones are mixed, and none was chosen for what a model "
    "says to it."
)
