"""What the page “Step by step” says: examples of each task, the explanation, links."""

from collections.abc import Mapping

from models.catalog import Task

NAME = "steps"
TEXT, QUESTION = f"{NAME}-text", f"{NAME}-question"

# What the tasks are called, here and in the terminal.
TASK_LABELS: dict[Task, str] = {
    Task.TEXT_CLASSIFICATION: "Classification",
    Task.QUESTION_ANSWERING: "Question answering",
    Task.TEXT_GENERATION: "Generation",
    Task.TEXT_TO_TEXT: "Translation",
}
VERBS = {Task.TEXT_TO_TEXT: "translate"}

_LIGHTHOUSE = (
    "The lighthouse on Gannet Rock was built in 1874 by the engineer Margaret Halloran. Its lamp stands 41 metres "
    "above the sea. The last keeper, Tom Weller, wrote a diary every evening for nineteen years."
)

# Each fills the fields of its task.
EXAMPLES: dict[Task, Mapping[str, Mapping[str, object]]] = {
    Task.TEXT_CLASSIFICATION: {
        "A film": {TEXT: "A warm, funny and beautifully acted film."},
        "Not bad": {TEXT: "This film is not bad at all."},
        "Irony": {TEXT: "What a wonderful way to waste two hours."},
    },
    Task.QUESTION_ANSWERING: {
        "Who?": {TEXT: _LIGHTHOUSE, QUESTION: "Who built the lighthouse?"},
        "How high?": {TEXT: _LIGHTHOUSE, QUESTION: "How high is the lamp?"},
        "Not in the text": {TEXT: _LIGHTHOUSE, QUESTION: "How many ships sank near Gannet Rock?"},
    },
    Task.TEXT_GENERATION: {
        "Me gusta": {TEXT: "Me gusta mucho"},
        "En la casa": {TEXT: "En la casa de mi"},
        "English": {TEXT: "The children are learning how"},
    },
    Task.TEXT_TO_TEXT: {
        "Where?": {TEXT: "Where is the station?"},
        "I am tired": {TEXT: "I am very tired today."},
        "A cat": {TEXT: "The cat sleeps under the table."},
    },
}

PRECISION_HELP = (
    "In which precision the weights are read. Only those that plain lines of transformers know: the int8 layers of "
    "this suite are its own, and a notebook elsewhere does not have them."
)
UNTIL_HELP = "Stop behind a step, to talk about it first. The notebook holds the steps up to it."
NEW_TOKENS_HELP = "How many tokens the text is continued by."
PLACES = (
    "While the steps run here, MODEL and OTHER stand for the folders of this machine in which the models lie; "
    "everything else ran as it is shown."
)

EXPLANATION = """
Whatever a language model is asked for, the way is the same: **text → tokens → numbers → scores → answer**. A function
such as `pipeline()` walks it in one line; here every step is a cell, as in a notebook, and what stands in the cell is
what ran.

- **The tokenizer** belongs to the model: the number 2023 is a word to one of them, and a part of another word to the
  next. That is why the last step goes wrong without any error, or fails where the number is too large.
- **Logits** are scores without a unit, from the last layer. *Softmax* turns them into shares that add up to 1. A
  classifier has one for each label; a model that answers has two for each token (does the answer start here, does it
  end here?); a model that writes has one for each token of its vocabulary.
- **Temperature** divides the logits before softmax: below 1 the first becomes surer, above 1 the others catch up.
  **Top-k** keeps the k likeliest tokens, **top-p** the fewest that together reach the share p; of what is left, one is
  drawn. Nothing of that runs the model again.
- **Attention**: in each layer each token takes over something from the others, in several *heads* at once. A row of
  the table says from where: it adds up to 1. Dark does not mean “this is why”: much of what heads do has no name,
  and many look at the first token when there is nothing to do.
- **Eager attention** computes these tables and keeps them. The usual way (SDPA) is quicker, and never holds them as a
  whole; so the model is switched over for that one step, and the answer above is not touched by it.
- **A model of its own**: loading is one of the steps, so that each run loads the model anew, and gives the memory back
  at its end. For quick answers there is a page for each task.
"""
SOURCES = ("models/step_by_step.py", "models/steps/recipes.py", "models/steps/next_token.py")
LINKS = {
    "transformers: pipelines": "https://huggingface.co/docs/transformers/main_classes/pipelines",
    "The illustrated transformer": "https://jalammar.github.io/illustrated-transformer/",
    "What does BERT look at?": "https://arxiv.org/abs/1906.04341",
    "The curious case of neural text degeneration (top-p)": "https://arxiv.org/abs/1904.09751",
}
