"""What the page about the words says of itself."""

SEARCH = "perplexity, attention, overfitting …"

EXPLANATION = """
The words stand in one text file for each language, `courses/en/glossary.md` and `courses/es/glossary.md`. A line that
begins with `##` is a word, with its other spellings behind commas; what follows explains it. A teacher changes them in
any editor, or puts a file of the same form into a folder of their own that the setting `AULA_COURSES` names: that one
is read first. What is wrong in a file is said here with its line, and the other words stay.

**Pages link to words** by themselves: “How it works” of a page lists the words of the glossary that its explanation
uses. Nobody keeps that list.

Searching looks at the words first, then at what explains them; case, accents and hyphens make no difference.
"""
SOURCES = ("apps/course/glossary/entries.py",)
LINKS = {
    "Google's glossary of machine learning": "https://developers.google.com/machine-learning/glossary",
    "Hugging Face's course": "https://huggingface.co/learn",
}
