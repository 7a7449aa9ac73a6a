"""ExtractiveSummarizer with the embedded sentence encoder; what a tiny encoder is enough for runs on that."""

import socket
import threading

import pytest

from models.catalog import ModelCard, Task
from models.errors import Cancelled, InvalidInput
from models.extractive_summary import LENGTHS, ExtractiveSummarizer
from models.precision import BF16
from models.text.pieces import join
from models.weights.cards import find_card
from tests.models.news import NEWS
from tests.tiny.text_to_text import SENTENCES

TEXTS = {
    "a report": NEWS,
    "one paragraph": " ".join(SENTENCES[:10]),
    "a long text": f"{NEWS}\n\n{' '.join(SENTENCES)}",
    "a dialogue": "Ana: Are you coming tonight?\nBen: I would love to, but my train is late.\nAna: Then at nine.",
}
CARD = find_card("aula/extractive", Task.SUMMARIZATION)


@pytest.fixture(scope="module")
def summarizer() -> ExtractiveSummarizer:
    return ExtractiveSummarizer.load(CARD, "cpu")


@pytest.fixture
def tiny(tiny_models) -> ExtractiveSummarizer:
    card = ModelCard("tiny", Task.SUMMARIZATION, path=tiny_models.sentence_encoder())
    return ExtractiveSummarizer.load(card, "cpu")


def words(text: str) -> int:
    return len(text.split())


def test_it_has_the_habits_of_every_wrapper(summarizer: ExtractiveSummarizer) -> None:
    assert summarizer.card == CARD
    assert (summarizer.device.type, summarizer.precision) == ("cpu", "fp32")
    assert summarizer.footprint > 80_000_000
    assert summarizer.load_seconds > 0


def test_it_needs_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*anything: object, **more: object) -> None:
        raise AssertionError("asked the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    steps: list[str] = []
    loaded = ExtractiveSummarizer.load(CARD, "cpu", on_step=steps.append)
    assert "Reading the weights" in steps
    assert loaded.select(NEWS, "short").text.startswith("The town of Alder Bridge will close its main road to cars")


def test_a_report_becomes_its_main_sentences(summarizer: ExtractiveSummarizer) -> None:
    [piece] = summarizer.summarize(NEWS, "short")
    assert (piece.kind, piece.index, piece.total, piece.source) == ("whole", 0, 1, NEWS)
    assert piece.text == join([piece])
    assert piece.text.split(". ")[0] == (
        "The town of Alder Bridge will close its main road to cars for one year, "
        "the council decided on Tuesday evening after five hours of debate"
    )


def test_what_the_others_say_too_is_central(summarizer: ExtractiveSummarizer) -> None:
    text = (
        "The new bridge over the river was opened on Sunday. Thousands of people walked over the new bridge. "
        "My neighbour's cat is called Oscar. The bridge joins both parts of the town across the river. "
        "Until now a ferry carried people over the river."
    )
    sentences = summarizer.select(text).sentences
    cat = next(sentence for sentence in sentences if "cat" in sentence.text)
    assert cat.centrality == min(sentence.centrality for sentence in sentences) < 1
    assert cat.score == min(sentence.score for sentence in sentences)
    assert not cat.chosen


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("name", TEXTS)
def test_the_summary_is_made_of_the_chosen_sentences_in_order(
    summarizer: ExtractiveSummarizer, name: str, length: str
) -> None:
    text = TEXTS[name]
    selection = summarizer.select(text, length)
    for sentence in selection.sentences:
        assert sentence.text == " ".join(text[sentence.start : sentence.end].split())
    chosen = [sentence for sentence in selection.sentences if sentence.chosen]
    assert selection.text == " ".join(sentence.text for sentence in chosen)
    assert chosen == sorted(chosen, key=lambda sentence: sentence.start)
    budget = min(LENGTHS[length][0] * words(text), LENGTHS[length][1])
    longest = max(words(sentence.text) for sentence in selection.sentences)
    assert len(chosen) == 1 or abs(words(selection.text) - budget) <= longest
    assert words(selection.text) < words(text)


def test_a_longer_length_gives_more(summarizer: ExtractiveSummarizer) -> None:
    counts = [words(summarizer.select(NEWS, length).text) for length in ("short", "medium", "long")]
    assert counts == sorted(set(counts))


@pytest.mark.parametrize("text", ["One sentence only.", "  no mark at all ", "One sentence. And another one.", "***"])
def test_one_or_two_sentences_come_back_as_they_are(tiny: ExtractiveSummarizer, text: str) -> None:
    selection = tiny.select(text, even_if_unreadable=True)  # this small vocabulary has no “*”
    assert selection.text == " ".join(text.split())
    assert selection.made_of == "whole"


def test_a_long_text_does_not_become_a_long_summary(tiny: ExtractiveSummarizer) -> None:
    text = " ".join(f"Sentence number {number} says little more than its number." for number in range(600))
    for length, (_, most) in LENGTHS.items():
        assert words(tiny.select(text, length).text) == pytest.approx(most, abs=5)


def test_lines_without_words_are_not_chosen(tiny: ExtractiveSummarizer) -> None:
    text = "* * *\n\nThe train leaves at nine. It is late again. Nobody knows why.\n\n— — —"
    assert not any(
        "*" in sentence.text or "—" in sentence.text for sentence in tiny.select(text).sentences if sentence.chosen
    )


def test_a_spanish_text_is_cut_into_its_sentences(summarizer: ExtractiveSummarizer) -> None:
    text = (
        "El Sr. López abrió ayer la biblioteca en la Avda. de Goya. «¿Quién lee hoy?», preguntó. "
        "La biblioteca tiene 3.500 libros y 12,5 metros de mesas. Los niños leen gratis en la biblioteca."
    )
    selection = summarizer.select(text)
    assert len(selection.sentences) == 4
    assert "biblioteca" in selection.text


def test_in_bf16_it_chooses_alike(summarizer: ExtractiveSummarizer) -> None:
    exact = [sentence.score for sentence in summarizer.select(NEWS).sentences]
    rounded = ExtractiveSummarizer.load(CARD, "cpu", BF16).select(NEWS)
    assert [sentence.score for sentence in rounded.sentences] == pytest.approx(exact, abs=0.1)


def test_the_piece_is_plain_json(tiny: ExtractiveSummarizer) -> None:
    found = tiny.select("One is here. Two is there. Three is away.").as_dict()
    assert set(found["sentences"][0]) == {
        "text", "start", "end", "score", "centrality", "position", "repetition", "chosen",
    }  # fmt: skip
    assert [type(value) for value in found["sentences"][0].values()] == [
        str,
        int,
        int,
        float,
        float,
        float,
        float,
        bool,
    ]


@pytest.mark.parametrize(
    ("text", "length", "complaint"),
    [
        (" \n", "medium", "no text"),
        ("far " * 60_000, "medium", "200,000"),
        ("No. " * 6_000, "medium", "6,000 sentences; at most 5,000"),
        ("A text.", "endless", "short, medium, long"),
    ],
)
def test_what_cannot_be_summarized_is_refused_at_once(
    tiny: ExtractiveSummarizer, text: str, length: str, complaint: str
) -> None:
    with pytest.raises(InvalidInput, match=complaint):
        tiny.summarize(text, length)


def test_stop_is_heard(tiny: ExtractiveSummarizer) -> None:
    cancelled = threading.Event()
    cancelled.set()
    with pytest.raises(Cancelled):
        list(tiny.summarize(NEWS, cancelled=cancelled))
