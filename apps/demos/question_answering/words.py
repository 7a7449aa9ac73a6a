"""What the question answering page says: examples in English and Spanish, the explanation, links."""

LIGHTHOUSE = """The lighthouse on Gannet Rock was built in 1874 by the engineer Margaret Halloran. Its lamp stands \
41 metres above the sea and can be seen from a distance of 30 kilometres. At first the keepers burned whale oil; in \
1912 the lamp was changed to electricity, because the oil had become too expensive.

Three families lived on the rock until 1968. The children went to school by boat, and when the wind was strong they \
stayed at home for weeks. The last keeper, Tom Weller, wrote a diary every evening for nineteen years. Today the \
lighthouse works without people, and the diary is kept in the museum of the harbour town."""

FOOTBALL = """El club de fútbol San Telmo se fundó en 1931 en un barrio de pescadores. Su primer campo era de arena \
y estaba al lado del puerto, de modo que muchas veces el balón acababa en el agua. En 1956 el equipo ganó su primera \
liga con un gol de Rosa Ibáñez en el último minuto.

Hoy el club tiene cuatro mil socios y un estadio nuevo para veinte mil personas. La entrada es gratuita para los \
niños menores de doce años. Los domingos, antes del partido, la banda del barrio toca en la plaza."""

PLANET = """A day on Venus is longer than its year. The planet needs 243 Earth days to turn once around its own \
axis, but only 225 Earth days to travel around the Sun. It also turns in the other direction than most planets, so \
that the Sun rises in the west. The air is so thick that the pressure on the ground is about 92 times that on Earth, \
and the temperature is about 465 degrees Celsius, hot enough to melt lead."""

EXAMPLES = {
    "The lighthouse": {
        "qa-context": LIGHTHOUSE,
        "qa-questions": "Who built the lighthouse?\nWhy was the lamp changed to electricity?\nWhere is the diary kept?",
    },
    "A day on Venus": {
        "qa-context": PLANET,
        "qa-questions": "How long is a day on Venus?\nWhere does the Sun rise on Venus?",
    },
    "A question without an answer": {
        "qa-context": LIGHTHOUSE,
        "qa-questions": "How many ships sank near Gannet Rock?\nWhat was the name of Tom Weller's dog?",
    },
    "A sum (goes wrong)": {
        "qa-context": LIGHTHOUSE,
        "qa-questions": "How many years after it was built did the lighthouse get electricity?\n"
        "For how many years did families live on the rock?",
    },
    "El club de fútbol (español)": {
        "qa-context": FOOTBALL,
        "qa-questions": "¿Cuándo se fundó el club?\n¿Quién marcó el gol en 1956?\n¿Cuántos socios tiene el club?",
    },
}

EXPLANATION = """
The model reads question and text together and gives each token two numbers: how well an answer could **start** there,
and how well it could **end** there. Every span of up to 15 tokens gets the product of its start and end probability as
its score, and the best span is cut out of the text. So the model never writes a word of its own: it points.

A long text is read in windows of 384 tokens that overlap by 128. The probabilities are shared out over the tokens of
all windows, so that spans of different windows can be compared. Where the same words stand in several places, their
scores are added, and the likeliest place is marked. Models trained with unanswerable questions (SQuAD 2.0) also score
“there is no answer here”, at their very first token; when that beats the best span, the text does not tell.
"""
SOURCES = ("models/question_answering.py",)
LINKS = {
    "SQuAD 2.0 (Rajpurkar et al., 2018)": "https://arxiv.org/abs/1806.03822",
    "RoBERTa (Liu et al., 2019)": "https://arxiv.org/abs/1907.11692",
    "The Hugging Face course on question answering": "https://huggingface.co/learn/llm-course/chapter7/7",
}
