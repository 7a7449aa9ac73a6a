"""What the page of the courses explains."""

EXPLANATION = """
A **walkthrough** stands beside its page: do this, look at that, and why. “Set the page so” writes values into the
page’s own fields, as if you had done it; it never starts anything that computes. Behind the steps comes a **quiz**.
Some of its questions are about what *your* page has computed: their right answer is looked up in your results.

How far you are is kept for this browser tab, and nowhere else: when you close it, it is gone. No names, no marks.
"""
OWN = """
Every walkthrough is one text file, `courses/<language>/<page>.md`, and needs no programming. Download one as a
beginning, change it in any editor, and put it into a folder of your own under the same names. Then start the suite with
`{variable}` naming that folder: its files are taken before those of the suite, one by one. A file that cannot be read
is said where it would be shown, with the line; `python aula.py courses check {example}` says it beforehand.
"""
SOURCES = ("apps/course/reading.py", "apps/course/setting.py", "apps/course/computed.py")
LINKS = {
    "Markdown": "https://commonmark.org/help/",
    "YAML": "https://yaml.org/spec/1.2.2/",
}
