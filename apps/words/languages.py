"""The languages of the course: walkthroughs, quizzes and words. Knows no Streamlit: the terminal reads it too."""

LANGUAGES = {"en": "English", "es": "Español"}
