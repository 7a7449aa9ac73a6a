"""What checkpoints of each family say of themselves, as it was published."""

import json
from pathlib import Path

import pytest

from models.catalog import ModelCard, Task, card_of
from models.errors import InvalidInput
from models.text.languages import LanguagePair
from models.text.stated_tasks import Tasks, longest_output, prefix, translations
from tests.tiny.text_to_text import CNN, SUGGESTIONS, TASKS, XSUM

SUMMARY = TASKS["summarization"]
BART = {"model_type": "bart", "architectures": ["BartForConditionalGeneration"]}


def test_what_t5_says_of_its_tasks() -> None:
    assert prefix(SUMMARY) == "summarize: "
    assert (prefix({}), prefix({"prefix": None})) == ("", "")
    assert (longest_output(SUMMARY), longest_output({})) == (200, 512)
    assert [language for language, _ in translations(TASKS)] == ["french", "german", "romanian"]
    assert dict(translations(TASKS))["french"] == TASKS["translation_en_to_fr"]


def test_tasks_that_a_checkpoint_does_not_name_are_refused() -> None:
    tasks = Tasks("t5", {"model_type": "t5", "task_specific_params": TASKS}, {"num_beams": 9})
    assert tasks.translation(" French") == TASKS["translation_en_to_fr"]
    assert tasks.summary("medium") == SUMMARY
    assert (tasks.source, tasks.usual_target) == ("english", "french")
    with pytest.raises(InvalidInput, match=r"not translate to “latin”\. Choose one of: french, german, romanian\."):
        tasks.translation("latin")
    with pytest.raises(InvalidInput, match=r"no length “tiny”\. Choose one of: short, medium, long\."):
        tasks.summary("tiny")


def test_a_bart_with_one_entry_summarizes_as_that_says() -> None:
    tasks = Tasks("bart", BART | {"task_specific_params": {"summarization": CNN}}, CNN | {"min_length": 1})
    assert tasks.summarization == CNN
    with pytest.raises(
        InvalidInput, match=r"bart does not translate: it summarizes\. .*for instance google-t5/t5-base"
    ):
        tasks.translation("french")


def test_a_bart_that_was_only_pretrained_is_not_taken_for_a_summarizer() -> None:
    # Its suggestions, and what it says of generating, are those of facebook/bart-base.
    habits = {"num_beams": 4, "early_stopping": True, "no_repeat_ngram_size": 3}
    tasks = Tasks("bart-base", BART | {"task_specific_params": SUGGESTIONS}, habits)
    assert (tasks.summarization, tasks.translations, tasks.source) == (None, {}, None)
    for ask in (lambda: tasks.summary("medium"), lambda: tasks.translation("french")):
        with pytest.raises(
            InvalidInput, match=r"bart-base \(BartForConditionalGeneration\) says neither .* only pretrained"
        ):
            ask()


def test_a_bart_with_limits_of_its_own_or_a_card_summarizes() -> None:
    limits = {"max_length": 62, "min_length": 11, "num_beams": 6}
    assert Tasks("x", BART, limits).summarization == limits
    assert Tasks("x", BART, {"num_beams": 6}).summarization is None
    assert Tasks("x", BART, {"num_beams": 6}, summarizes=True).summarization == {"num_beams": 6}


def test_a_pegasus_summarizes_with_its_own_settings_and_none_of_those_for_other_sets_of_news() -> None:
    others = {"summarization_aeslc": {"max_length": 32}}
    tasks = Tasks("pegasus", {"model_type": "pegasus", "task_specific_params": others}, XSUM | {"temperature": 2.0})
    assert tasks.summarization == XSUM


def test_a_marian_translates_between_the_languages_that_it_names() -> None:
    tasks = Tasks(
        "es-en", {"model_type": "marian"}, {"num_beams": 6, "max_length": 512}, LanguagePair("Spanish", "English")
    )
    assert (tasks.source, list(tasks.translations), tasks.usual_target) == ("spanish", ["english"], "english")
    assert tasks.translation("English") == {"num_beams": 6, "max_length": 512, "sentence_by_sentence": True}
    with pytest.raises(InvalidInput, match="does not summarize: it translates to English"):
        tasks.summary("medium")


def test_a_marian_that_writes_several_languages_is_told_which_by_its_mark() -> None:
    vocabulary = ("</s>", ">>fra<<", ">>pt_br<<", ">>xyz<<", ">> x", "cat")
    tasks = Tasks("en-roa", {"model_type": "marian"}, {}, LanguagePair("English", None, "roa"), vocabulary)
    assert list(tasks.translations) == ["french", "portuguese (br)", "xyz"]
    assert prefix(tasks.translation("portuguese (BR)")) == ">>pt_br<< "


def test_a_marian_that_does_not_say_its_languages_says_what_is_missing() -> None:
    with pytest.raises(InvalidInput, match=r"does not say between which languages .*source_lang"):
        Tasks("mine", {"model_type": "marian"}).translation("french")


def test_of_a_folder_the_files_tell_the_same_as_the_loaded_model(tiny_models) -> None:
    def tasks(folder: Path) -> Tasks:
        return Tasks.in_folder(ModelCard(str(folder), Task.TEXT_TO_TEXT, path=folder), folder)

    assert tasks(tiny_models.bart()).summarization == CNN
    assert tasks(tiny_models.pegasus()).summarization == XSUM
    assert tasks(tiny_models.marian()).translations["french"]["num_beams"] == 4
    assert tasks(tiny_models.marian()).source == "english"
    assert list(tasks(tiny_models.t5()).translations) == ["french", "german", "romanian"]


@pytest.mark.parametrize("model_id", ["facebook/bart-large-xsum", "google/pegasus-xsum", "Helsinki-NLP/opus-mt-es-en"])
def test_what_a_card_says_agrees(model_id: str, tmp_path: Path) -> None:
    card = card_of(model_id)
    shipped = Path("models/configurations") / f"{model_id.replace('/', '--')}.json"
    (tmp_path / "config.json").write_text(json.dumps(json.loads(shipped.read_text())), encoding="utf-8")
    tasks = Tasks.in_folder(card, tmp_path)
    assert (tasks.summarization is not None) == ("summarize" in card.verbs)
    assert bool(tasks.translations) == ("translate" in card.verbs)
    assert tuple(name.capitalize() for name in (tasks.source, *tasks.translations) if name) == card.languages[
        :2
    ] or not (tasks.translations)
