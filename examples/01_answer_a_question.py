"""A question about a text. The answer is a piece of the text; its place and its score come with it.

Run it from the suite's folder: .venv/bin/python -m examples.01_answer_a_question
"""

from models.catalog import card_of
from models.question_answering import QuestionAnswerer

TEXT = (
    "The lighthouse on Gannet Rock was built in 1874 by the engineer Margaret Halloran. Its lamp stands 41 metres "
    "above the sea. The last keeper, Tom Weller, wrote a diary every evening for nineteen years."
)
QUESTIONS = ("Who built the lighthouse?", "How high is the lamp?", "How many ships sank near Gannet Rock?")

answerer = QuestionAnswerer.load(card_of("aula/qa-minilm"))

for reading in answerer.answer_many(QUESTIONS, TEXT):
    best = reading.answers[0]  # “no answer” competes, too: its text is empty
    where = f"characters {best.start} to {best.end}" if best.text else "the text does not tell"
    print(f"{reading.question}  {best.text or '–'}  ({best.score:.2f}, {where})")
