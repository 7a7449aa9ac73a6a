"""What the course says around the walkthroughs, in their languages."""

from collections.abc import Mapping

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "walkthrough": "Walkthrough",
        "open": "Follow this page step by step, with a quiz at the end",
        "close": "Close the walkthrough",
        "step": "Step {number} of {count}",
        "question": "Question {number} of {count}",
        "quiz": "Quiz",
        "minutes": "about {count} minutes",
        "back": "Back",
        "next": "Next",
        "to_quiz": "Quiz",
        "skip": "Skip",
        "score_next": "Score",
        "set": "Set the page so",
        "is_set": "The page is set.",
        "not_set": "Step {number}, “{title}”:",
        "right": "Right.",
        "wrong": "Not quite.",
        "score": "{right} of {count} right",
        "score_all": "All of them. You could explain it to somebody else.",
        "score_some": "Look at the ones marked below once more; the page shows the reason.",
        "open_answer": "not answered",
        "again": "Quiz again",
        "from_start": "From the start",
        "broken": "The walkthrough of this page cannot be shown. Its file needs a correction:",
        "choose": "Choose an answer",
    },
    "es": {
        "walkthrough": "Guía",
        "open": "Seguir esta página paso a paso, con un cuestionario al final",
        "close": "Cerrar la guía",
        "step": "Paso {number} de {count}",
        "question": "Pregunta {number} de {count}",
        "quiz": "Cuestionario",
        "minutes": "unos {count} minutos",
        "back": "Atrás",
        "next": "Siguiente",
        "to_quiz": "Cuestionario",
        "skip": "Saltar",
        "score_next": "Resultado",
        "set": "Preparar la página así",
        "is_set": "La página está preparada.",
        "not_set": "Paso {number}, «{title}»:",
        "right": "Correcto.",
        "wrong": "No del todo.",
        "score": "{right} de {count} correctas",
        "score_all": "Todas. Podrías explicárselo a otra persona.",
        "score_some": "Vuelve a mirar las que están marcadas abajo; la página enseña la razón.",
        "open_answer": "sin responder",
        "again": "Repetir el cuestionario",
        "from_start": "Desde el principio",
        "broken": "La guía de esta página no se puede mostrar. Su archivo necesita una corrección:",
        "choose": "Elige una respuesta",
    },
}


def word(language: str, name: str, **values: object) -> str:
    """A word or sentence in a language, with the values put in."""
    return WORDS[language][name].format(**values)
