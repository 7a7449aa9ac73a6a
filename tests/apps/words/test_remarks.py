"""What is said beside the results of embedded models."""

from apps.demos.question_answering.words import FOOTBALL, LIGHTHOUSE
from apps.words.remarks import full_model, misfit, remark
from models.catalog import CATALOG, Task, card_of
from models.weights.cards import find_card

QA = find_card("aula/qa-minilm", Task.QUESTION_ANSWERING)
TRANSLATOR = find_card("aula/t5-mini", Task.TEXT_TO_TEXT)


def test_only_embedded_models_are_remarked_on() -> None:
    assert remark(None) is None
    assert remark("deepset/roberta-base-squad2") is None
    assert remark("trained/reviews") is None
    text = remark("aula/qa-minilm")
    assert text.startswith("aula/qa-minilm is small and comes with the suite")
    assert text.endswith("deepset/roberta-base-squad2 knows more (download 497 MB).")
    assert remark("aula/yolov5s").startswith("aula/yolov5s comes with the suite: mAP50 0.8")
    assert "knows more" not in remark("aula/yolov5s")


def test_each_embedded_model_stands_in_for_a_full_one_of_its_kind() -> None:
    pairs = {card.model_id: full_model(card) for card in CATALOG if card.embedded}
    assert pairs.pop("aula/minilm") is None
    assert pairs.pop("aula/yolov5s") is None, "it is the full one"
    assert pairs["aula/extractive"].model_id == "google-t5/t5-base"
    assert all(full.embedded is None for full in pairs.values())


def test_a_text_in_another_language_is_told_with_the_model_that_knows_it() -> None:
    assert misfit(QA, LIGHTHOUSE) is None
    text = misfit(QA, "When was the club founded and by whom?", FOOTBALL)
    assert text.startswith("This looks Spanish, and aula/qa-minilm reads only English.")
    assert "mrm8488/distill-bert-base-spanish-wwm-cased-finetuned-spa-squad2-es reads Spanish" in text


def test_a_model_that_is_here_is_named_before_one_that_is_not() -> None:
    english = card_of("aula/sentiment-minilm")
    told = misfit(english, "El servicio fue malo y la habitación estaba muy sucia, no volveremos.")
    assert told.endswith("aula/sentiment-gpt2-mini-es reads Spanish.")
    told = misfit(english, "Le service était mauvais et la chambre était très sale, nous ne reviendrons pas.")
    assert told.endswith("nlptown/bert-base-multilingual-uncased-sentiment reads French.")


def test_a_small_model_stands_in_for_one_that_reads_its_language() -> None:
    full = full_model(card_of("aula/sentiment-gpt2-mini-es"))
    assert full.model_id == "nlptown/bert-base-multilingual-uncased-sentiment"
    assert "distilbert" in full_model(card_of("aula/sentiment-minilm")).model_id


def test_where_no_model_knows_the_language_the_known_one_is_asked_for() -> None:
    text = misfit(TRANSLATOR, "Der Zug ist nicht pünktlich, und die Kinder warten mit dem Vater.")
    assert text.endswith("Give it a text in English.")


def test_of_a_translator_the_language_that_it_reads_counts_and_another_may_read_the_text() -> None:
    spanish = "El tren no sale a las siete, y los niños esperan con su padre en la estación."
    reads_spanish, t5 = (
        find_card(name, Task.TEXT_TO_TEXT) for name in ("Helsinki-NLP/opus-mt-es-en", "google-t5/t5-base")
    )
    assert misfit(reads_spanish, spanish) is None
    assert misfit(reads_spanish, "The train is late, and the children wait for it.").startswith(
        "This looks English, and Helsinki-NLP/opus-mt-es-en reads only Spanish."
    )
    assert misfit(t5, spanish, verb="translate").endswith("Helsinki-NLP/opus-mt-es-en reads Spanish.")
    assert misfit(t5, spanish, verb="summarize").endswith("Give it a text in English.")
    # Of any other translator its name tells.
    named = find_card("Helsinki-NLP/opus-mt-fr-de", Task.TEXT_TO_TEXT)
    assert named.languages == ("French", "German")
    assert "reads only French" in misfit(named, spanish)


def test_long_sentences_are_too_much_for_the_small_translator_only() -> None:
    long = "The committee that had been asked " + "to look again at the plans for the new bridge " * 3 + "was late."
    assert "at most 20 words" in misfit(TRANSLATOR, long)
    assert misfit(find_card("google-t5/t5-small", Task.TEXT_TO_TEXT), long) is None
    assert misfit(TRANSLATOR, "The train is late. It is raining.") is None
