"""What the page about the tasks says of itself."""

EXPLANATION = """
A **task** is what a model is for: what goes in, what comes out. The same architecture serves many; a transformer reads
text, looks at pictures or hears sounds, and its last layer decides what becomes of that. The names are those of the
Hugging Face hub, where each model says what its task is.

- **A page shows it** where a model of that task runs in Aula. Nobody keeps that list: it follows from the tasks that
  the suite's models have (below) and from those that its pages run.
- **No page shows it**: Aula has nothing for it. The link leads to the hub's page of the task, which explains it and has
  models to try; it needs the internet, all else here does not.
- **The well-known model** is an example, not a recommendation. A licence is given as the model's page states it; read
  it there before you build something on the model. “NC” means: not for commercial use.

Inputs and outputs are rough: a *place* is a box, an outline, a point, or a stretch of text; a *vector* is a list of
numbers that means something only beside others.
"""
SOURCES = ("models/tasks.py",)
LINKS = {
    "All tasks of the hub": "https://huggingface.co/tasks",
    "What transformers can do (course)": "https://huggingface.co/learn/llm-course/chapter1/3",
}
