"""QuestionAnswerer against the recorded answers of the old pipeline, a slow search of our own, and sums by hand."""

import json
import math
import re
import shutil
import threading
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import torch
from transformers import AutoTokenizer, DistilBertConfig, DistilBertForQuestionAnswering

from models import question_answering
from models.catalog import ModelCard, Task
from models.errors import Cancelled, InvalidInput, PrecisionNotApplicable, UnsupportedCheckpoint
from models.precision import BF16, FP32, PlainPrecision
from models.question_answering import QuestionAnswerer
from models.text.answers import Reading
from tests.at_once import at_once

QUESTION = "¿Dónde nació Marie Curie?"
SHORT = "Marie Curie nació en Warsaw (1867); luego fue a Paris. Paris was her home."
LONG = " ".join(
    f"{name} was born in {city} in {year}, y en {year + 24} se fue a Paris para estudiar física."
    for year, name, city in zip(
        range(1801, 1813),
        ["Marie", "Miguel", "Ana", "Curie", "Brazil", "Peru", "Pablo", "Henares", "Quijote", "Lisboa", "Nobel", "Eva"],
        ["Warsaw", "Alcalá", "Lisboa", "Madrid", "Peru", "Amazon", "Paris", "Toledo", "Roma", "Wien", "Genf", "Oslo"],
        strict=True,
    )
)


def card(folder: Path, answers_no_answer: bool | None = None) -> ModelCard:
    return ModelCard("tiny", Task.QUESTION_ANSWERING, path=folder, answers_no_answer=answers_no_answer)


@pytest.fixture(scope="module")
def roberta(tiny_models) -> QuestionAnswerer:
    return QuestionAnswerer.load(card(tiny_models.roberta_qa()), "cpu")


@pytest.fixture(scope="module")
def bert(tiny_models) -> QuestionAnswerer:
    return QuestionAnswerer.load(card(tiny_models.bert_qa()), "cpu")


@pytest.fixture(params=["roberta", "bert"])
def answerer(request: pytest.FixtureRequest) -> QuestionAnswerer:
    return request.getfixturevalue(request.param)


@pytest.fixture
def seen(answerer: QuestionAnswerer):
    """What each run of the model was given, by name."""
    runs: list[dict] = []
    hook = answerer.model.register_forward_pre_hook(lambda _, args, given: runs.append(given), with_kwargs=True)
    yield runs
    hook.remove()


# The recorded reference


@pytest.fixture(scope="module")
def reference(shared: Path) -> QuestionAnswerer:
    return QuestionAnswerer.load(card(shared / "weights" / "qa-reference"), "cpu")


def test_the_recorded_answers_of_the_old_pipeline(shared: Path, reference: QuestionAnswerer) -> None:
    rows = json.loads((shared / "data" / "qa_reference.json").read_text(encoding="utf-8"))["rows"]
    windows = set()
    for row in rows:
        no_answer = row["options"].get("handle_impossible_answer", False)
        reading = reference.read(row["question"], row["context"], top_k=3, no_answer=no_answer, rank_by="score")
        windows.add(reading.windows)
        found = [(answer.text, answer.start, answer.end) for answer in reading.answers]
        assert found == [(answer["answer"], answer["start"], answer["end"]) for answer in row["answers"]]
        recorded = [answer["score"] for answer in row["answers"]]
        assert [answer.score for answer in reading.answers] == pytest.approx(recorded, abs=1e-5)
    assert windows == {1, 2, 3}


# A slow search of our own: plain Python, one span after the other


@dataclass
class SlowWindow:
    encoding: object
    start: list[float]
    end: list[float]


def softmax(logits: list[float], over: list[float] | None = None) -> list[float]:
    total = math.fsum(math.exp(other) for other in (logits if over is None else over))
    return [math.exp(logit) / total for logit in logits]


def slow_windows(answerer: QuestionAnswerer, question: str, context: str) -> list[SlowWindow]:
    """Each window read alone, its logits cut to CLS and context in float64."""
    size = answerer.window_tokens
    encoded = answerer.tokenizer(
        question, context, truncation="only_second", max_length=size, stride=min(128, size // 2),
        return_overflowing_tokens=True,
    )  # fmt: skip
    windows = []
    for row, encoding in enumerate(encoded.encodings):
        names = [name for name in ("input_ids", "attention_mask", "token_type_ids") if name in encoded]
        with torch.no_grad():
            output = answerer.model(**{name: torch.tensor([encoded[name][row]]) for name in names})
        windows.append(SlowWindow(encoding, output.start_logits[0].tolist(), output.end_logits[0].tolist()))
    return windows


@dataclass(frozen=True)
class SlowSpan:
    """One span in one window."""

    start: int
    end: int
    score: float
    joint: float
    window: int


def slow_spans(answerer: QuestionAnswerer, question: str, context: str) -> list[SlowSpan]:
    """Every span of every window, from a loop over every pair of tokens; the best of each window first."""
    windows = slow_windows(answerer, question, context)
    places = [[0] + [i for i, part in enumerate(window.encoding.sequence_ids) if part == 1] for window in windows]
    all_starts = [window.start[i] for window, chosen in zip(windows, places, strict=True) for i in chosen]
    all_ends = [window.end[i] for window, chosen in zip(windows, places, strict=True) for i in chosen]
    found = []
    for number, (window, chosen) in enumerate(zip(windows, places, strict=True)):
        start = dict(zip(chosen, softmax([window.start[i] for i in chosen]), strict=True))
        end = dict(zip(chosen, softmax([window.end[i] for i in chosen]), strict=True))
        joint_start = dict(zip(chosen, softmax([window.start[i] for i in chosen], all_starts), strict=True))
        joint_end = dict(zip(chosen, softmax([window.end[i] for i in chosen], all_ends), strict=True))
        spans = []
        for first in chosen[1:]:
            for last in chosen[1:]:
                if first <= last <= first + 14 and has_text(window, context, first) and has_text(window, context, last):
                    begin = window.encoding.word_to_chars(window.encoding.token_to_word(first), 1)[0]
                    stop = window.encoding.word_to_chars(window.encoding.token_to_word(last), 1)[1]
                    begin, stop = widen(context, begin, stop)
                    joint = joint_start[first] * joint_end[last]
                    spans.append((start[first] * end[last], joint, first, last, begin, stop))
        found += [SlowSpan(*span[4:], *span[:2], number) for span in sorted(spans, reverse=True)]
    return found


def best_of_each_window(spans: list[SlowSpan], top_k: int) -> list[SlowSpan]:
    by_window: dict[int, list[SlowSpan]] = {}
    for span in spans:
        by_window.setdefault(span.window, []).append(span)
    return [span for each in by_window.values() for span in each[: 2 * top_k + 10]]


def as_transformers(spans: list[SlowSpan], context: str, top_k: int) -> list[tuple]:
    """(text, start, end, score), best first: the place is the first one found, the scores of equal texts are added."""
    found: dict[str, tuple] = {}
    for span in best_of_each_window(spans, top_k):
        text = context[span.start : span.end]
        old = found.get(text.lower(), (text, span.start, span.end, 0.0))
        found[text.lower()] = (*old[:3], old[3] + span.score)
    return sorted(found.values(), key=lambda answer: answer[3], reverse=True)[:top_k]


def bare(text: str) -> str:
    """What is left of an answer of these texts without its case, its white space and the marks around it."""
    return re.sub(r"\s+", "", text.casefold()).strip(".,;()¿?") or text


def jointly(spans: list[SlowSpan], context: str, top_k: int) -> list[tuple]:
    """(text, start, end, joint score), best first: every place once, in the window that is surest of it; then added."""
    wanted = {bare(context[span.start : span.end]) for span in best_of_each_window(spans, top_k)}
    answers: dict[str, dict[int, dict[int, dict[tuple, float]]]] = {}
    for span in spans:
        text = context[span.start : span.end]
        if bare(text) in wanted:
            core = span.start + len(text) - len(text.lstrip(" .,;()¿?")) if bare(text) != text else span.start
            place = answers.setdefault(bare(text), {}).setdefault(core, {}).setdefault(span.window, {})
            place[span.start, span.end] = place.get((span.start, span.end), 0.0) + span.joint
    found = []
    for places in answers.values():
        surest = [max(windows.values(), key=lambda variants: sum(variants.values())) for windows in places.values()]
        best = max(surest, key=lambda variants: sum(variants.values()))
        start, end = max(best, key=best.__getitem__)
        found.append((context[start:end], start, end, sum(sum(variants.values()) for variants in surest)))
    return sorted(found, key=lambda answer: answer[3], reverse=True)[:top_k]


def has_text(window: SlowWindow, context: str, token: int) -> bool:
    begin, stop = window.encoding.offsets[token]
    return context[begin:stop].strip() != ""


def widen(context: str, begin: int, stop: int) -> tuple[int, int]:
    """To the ends of a word of letters or digits that a window's edge cut."""
    while begin > 0 and context[begin - 1].isalnum() and context[begin].isalnum():
        begin -= 1
    while stop < len(context) and context[stop].isalnum() and context[stop - 1].isalnum():
        stop += 1
    return begin, stop


@pytest.mark.parametrize("context", [SHORT, LONG], ids=["one window", "several"])
@pytest.mark.parametrize("top_k", [1, 3, 7])
@pytest.mark.parametrize(("rank_by", "slow"), [("score", as_transformers), ("joint_score", jointly)])
def test_same_numbers_as_a_loop_over_every_span(
    answerer: QuestionAnswerer, context: str, top_k: int, rank_by: str, slow
) -> None:
    expected = slow(slow_spans(answerer, QUESTION, context), context, top_k)
    reading = answerer.read(QUESTION, context, top_k=top_k, rank_by=rank_by)
    assert (reading.windows > 1) == (context is LONG)
    assert [(a.text, a.start, a.end) for a in reading.answers] == [answer[:3] for answer in expected]
    assert [a.score for a in reading.answers] == pytest.approx([answer[3] for answer in expected], rel=1e-4)


def test_no_answer_is_the_smallest_over_the_windows(answerer: QuestionAnswerer) -> None:
    products = []
    for window in slow_windows(answerer, QUESTION, LONG):
        places = [0] + [i for i, part in enumerate(window.encoding.sequence_ids) if part == 1]
        start, end = softmax([window.start[i] for i in places]), softmax([window.end[i] for i in places])
        products.append(start[0] * end[0])
    reading = answerer.read(QUESTION, LONG, no_answer=True, rank_by="score")
    assert len(products) > 1
    assert reading.no_answer_score == pytest.approx(min(products), rel=1e-4)


def test_joint_scores_share_one_hundred_per_cent(answerer: QuestionAnswerer) -> None:
    reading = answerer.read(QUESTION, LONG, top_k=5000)
    assert sum(answer.score for answer in reading.answers) < 1
    # In windows of their own every window hands out nearly 100 % of its own.
    by_score = answerer.read(QUESTION, LONG, top_k=5000, rank_by="score")
    assert sum(answer.score for answer in by_score.answers) > sum(answer.score for answer in reading.answers)


def test_with_one_window_both_rankings_agree(answerer: QuestionAnswerer) -> None:
    text = "Marie Curie studied physics"  # no word twice, no marks
    by_score, jointly = (answerer.answer(QUESTION, text, 1000, rank_by=name) for name in ("score", "joint_score"))
    assert [answer.text for answer in by_score] == [answer.text for answer in jointly]
    for one, other in zip(by_score, jointly, strict=True):
        assert one.score == pytest.approx(other.score, rel=1e-9)


def test_each_ranking_is_in_its_own_order(answerer: QuestionAnswerer) -> None:
    for name in ("score", "joint_score"):
        scores = [answer.score for answer in answerer.answer(QUESTION, LONG, top_k=5, rank_by=name)]
        assert scores == sorted(scores, reverse=True)


def test_the_ranking_that_nobody_chose_is_the_joint_one(answerer: QuestionAnswerer) -> None:
    for answer in answerer.answer(QUESTION, LONG, top_k=5):
        assert answer.score == answer.joint_score


# Everywhere that an answer stands


@pytest.mark.parametrize("rank_by", ["score", "joint_score"])
def test_every_place_of_an_answer_is_listed_the_likeliest_first(answerer: QuestionAnswerer, rank_by: str) -> None:
    for answer in answerer.answer(QUESTION, LONG, top_k=200, rank_by=rank_by):
        places = [(place.start, place.end) for place in answer.occurrences]
        texts = {LONG[start:end].strip(" .,").lower() for start, end in places}
        assert texts == {answer.text.strip(" .,").lower()}
        assert len(places) == len(set(places))
        scores = [place.score for place in answer.occurrences]
        assert scores == sorted(scores, reverse=True)
        assert all(0 <= score <= 1 for score in scores)
        if answer.text.isalnum():  # each of its words in the text, none left out
            words = re.finditer(rf"\b{answer.text}\b", LONG, re.IGNORECASE)
            assert len(places) == len(list(words))


def test_an_answer_stands_where_it_is_likeliest_and_its_score_is_that_of_all_its_places(
    answerer: QuestionAnswerer,
) -> None:
    for answer in answerer.answer(QUESTION, LONG, top_k=200):
        best = answer.occurrences[0]
        assert (answer.start, answer.end) == (best.start, best.end)
        assert answer.score == pytest.approx(sum(place.score for place in answer.occurrences))
        assert answer.score <= 1


def test_one_answer_whatever_its_case_its_white_space_and_the_marks_around_it(answerer: QuestionAnswerer) -> None:
    text = "Marie Curie. (MARIE\n curie) «Marie Curie»"
    answers = answerer.answer("Who?", text, top_k=1000)
    [marie] = [answer for answer in answers if re.sub(r"\W+", " ", answer.text).strip().lower() == "marie curie"]
    assert len(marie.occurrences) == 3


# Probabilities by hand: a precision may change the model, and one that empties its head makes all tokens equal


@dataclass(frozen=True)
class ConstantHead(PlainPrecision):
    """A precision that leaves one number in the answering layer: all logits become equal to it."""

    value: float = 0.0

    def apply(self, model: torch.nn.Module, reader: object = None) -> torch.nn.Module:
        torch.nn.init.constant_(model.qa_outputs.weight, 0.0)
        torch.nn.init.constant_(model.qa_outputs.bias, self.value)
        return model


def test_equal_logits_give_each_span_the_same_score(tiny_models) -> None:
    equal = ConstantHead("equal", "float32", "")
    answerer = QuestionAnswerer.load(card(tiny_models.bert_qa()), "cpu", equal)
    reading = answerer.read("Who?", "El río Tajo", no_answer=True)
    tokens = len(reading.tokens)
    assert reading.no_answer_score == pytest.approx(1 / (tokens + 1) ** 2)
    assert [token.start_probability for token in reading.tokens] == pytest.approx([1 / (tokens + 1)] * tokens)
    assert answerer.precision == "equal"


def test_overflow_is_an_error_that_names_what_works(tiny_models) -> None:
    overflowing = ConstantHead("fp16", "float32", "", value=float("inf"))
    answerer = QuestionAnswerer.load(card(tiny_models.bert_qa()), "cpu", overflowing)
    with pytest.raises(PrecisionNotApplicable, match=r"overflow in fp16\. Load it in bf16 or fp32"):
        answerer.read(QUESTION, SHORT)


@pytest.mark.parametrize("builder", ["roberta_qa", "bert_qa"])
def test_bf16_gives_nearly_the_same(tiny_models, builder: str) -> None:
    folder = getattr(tiny_models, builder)()
    half, full = (QuestionAnswerer.load(card(folder), "cpu", precision) for precision in (BF16, FP32))
    assert half.footprint == pytest.approx(full.footprint / 2, rel=0.01)
    half_tokens, full_tokens = (model.read(QUESTION, LONG).tokens for model in (half, full))
    for seen_half, seen_full in zip(half_tokens, full_tokens, strict=True):
        assert (seen_half.start, seen_half.end) == (seen_full.start, seen_full.end)
        assert seen_half.start_probability == pytest.approx(seen_full.start_probability, abs=0.02)
    assert sum(token.end_probability for token in half_tokens) <= 1


# Tokens for the chart


@pytest.mark.parametrize("context", [SHORT, LONG], ids=["one window", "several"])
def test_tokens_carry_all_probability_that_is_not_no_answer(answerer: QuestionAnswerer, context: str) -> None:
    windows = slow_windows(answerer, QUESTION, context)
    starts, nothing = [], []
    for window in windows:
        places = [i for i, part in enumerate(window.encoding.sequence_ids) if part == 1]
        starts += [window.start[i] for i in places]
        nothing.append(window.start[0])
    left = sum(softmax(nothing, starts + nothing))
    reading = answerer.read(QUESTION, context)
    assert sum(token.start_probability for token in reading.tokens) == pytest.approx(1 - left, rel=1e-5)
    assert all(context[token.start : token.end] == token.text for token in reading.tokens)
    assert [token.start for token in reading.tokens] == sorted(token.start for token in reading.tokens)
    assert reading.tokens[0].text[0] == "M"
    assert reading.tokens[-1].text == "."


# No answer


@pytest.mark.parametrize(
    ("on_the_card", "asked", "competes"),
    [(True, None, True), (False, None, False), (None, None, False), (None, True, True), (True, False, False)],
)
def test_no_answer_competes_where_the_model_knows_it(bert, on_the_card, asked, competes: bool, monkeypatch) -> None:
    monkeypatch.setattr(bert, "card", replace(bert.card, answers_no_answer=on_the_card))
    reading = bert.read(QUESTION, SHORT, top_k=1000, no_answer=asked)
    assert (reading.no_answer_score is not None) == competes
    assert ("" in [answer.text for answer in reading.answers]) == competes


def test_no_answer_is_refused_to_a_model_that_never_saw_it(bert, monkeypatch) -> None:
    monkeypatch.setattr(bert, "card", replace(bert.card, answers_no_answer=False))
    with pytest.raises(InvalidInput, match=r"cannot tell when there is none\. Choose a model trained on SQuAD 2\.0"):
        bert.read(QUESTION, SHORT, no_answer=True)


@pytest.mark.parametrize("rank_by", ["score", "joint_score"])
def test_the_threshold_decides_when_no_answer_wins(answerer: QuestionAnswerer, rank_by: str) -> None:
    best = answerer.read(QUESTION, LONG, rank_by=rank_by).answers[0]
    nothing = answerer.read(QUESTION, LONG, no_answer=True, rank_by=rank_by).no_answer_score
    lead = nothing - getattr(best, rank_by)
    for threshold, wins in [(-1, True), (lead - 1e-9, True), (lead + 1e-9, False), (1, False)]:
        options = {"no_answer": True, "no_answer_threshold": threshold, "rank_by": rank_by}
        answers = answerer.answer(QUESTION, LONG, **options)
        assert (answers[0].text == "") == wins
        if wins:
            assert (answers[0].start, answers[0].end, getattr(answers[0], rank_by)) == (0, 0, nothing)
            assert answers[1] == best


# Texts


@pytest.mark.parametrize(
    "context",
    [
        "El 😀 fútbol 👩‍🏫 me gusta ❤️ mucho 🇪🇸",
        "First line\r\nSecond line\r\n\r\n\tThird\tline  with   spaces ",
        "cafe\u0301 ni\u00f1o nin\u0303o A\u030angstro\u0308m e\u0301",
        "¡Qué día! ¿Cuándo llegó «el niño» a Alcalá de Henares? —Mañana, dijo.",
        "Written <s> and </s> and [CLS] and [SEP] and <pad> in a text",
        "日本の首都は東京です。 Ελλάδα Россия العربية हिन्दी",
        "\u200bhidden\u00a0spaces\u2028and\ufeffmarks",
        "x",
    ],
    ids=["emoji", "line ends", "combining", "spanish", "special tokens", "scripts", "invisible", "one letter"],
)
def test_answers_are_cut_from_the_original_text(answerer: QuestionAnswerer, context: str) -> None:
    reading = answerer.read("What is it?", context, top_k=50, even_if_unreadable=True)
    assert reading.answers
    for answer in reading.answers:
        assert context[answer.start : answer.end] == answer.text
        assert answer.text.strip()
        assert answer.end == len(context) or context[answer.end] not in "\u0301\u0303\u030a\u0308\ufe0f"
    texts = [answer.text.lower() for answer in reading.answers]
    assert len(texts) == len(set(texts))


def test_equal_texts_are_one_answer_at_its_first_place(answerer: QuestionAnswerer) -> None:
    answers = answerer.answer("Where?", "Paris paris PARIS", top_k=100)
    assert [answer.text.lower() for answer in answers].count("paris") == 1


@pytest.mark.parametrize(
    ("question", "context", "message"),
    [
        ("", SHORT, "There is no question"),
        (" \n", SHORT, "There is no question"),
        (QUESTION, "", "There is no text"),
        (QUESTION, "\t\r\n ", "There is no text"),
        (QUESTION, "a" * 1_000_001, "1,000,001 characters, and at most 1,000,000"),
        ("Where? " * 300, SHORT, "The question is too long"),
        (QUESTION, "bytes \udcff", "bytes that are not UTF-8"),
    ],
    ids=["no question", "blank question", "no text", "blank text", "huge text", "long question", "surrogate"],
)
def test_texts_that_cannot_be_used(answerer: QuestionAnswerer, question: str, context: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        answerer.read(question, context)


@pytest.mark.parametrize(
    "option",
    [{"top_k": 0}, {"no_answer_threshold": 1.5}, {"no_answer_threshold": float("nan")}, {"rank_by": "luck"}],
    ids=["no answers", "threshold above 1", "threshold not a number", "unknown order"],
)
def test_options_that_cannot_be_used(bert: QuestionAnswerer, option: dict) -> None:
    with pytest.raises(InvalidInput, match="Choose"):
        bert.read(QUESTION, SHORT, **option)


# Windows, batches, model classes


def test_windows_shrink_to_the_positions_of_the_model(tiny_models, tmp_path: Path) -> None:
    for builder, positions in [("roberta_qa", 192), ("bert_qa", 128)]:
        folder = shutil.copytree(getattr(tiny_models, builder)(), tmp_path / builder)
        settings = folder / "tokenizer_config.json"
        changed = json.loads(settings.read_text()) | {"model_max_length": 10**30}  # as tokenizers without a limit say
        settings.write_text(json.dumps(changed))
        answerer = QuestionAnswerer.load(card(folder), "cpu")
        assert answerer.window_tokens == positions
        assert answerer.read(QUESTION, LONG).windows > 1


def test_a_batch_of_windows_gives_what_each_gives_alone(answerer: QuestionAnswerer, seen: list, monkeypatch) -> None:
    alone = answerer.read(QUESTION, LONG, top_k=10)
    assert {run["input_ids"].shape[0] for run in seen} == {1}
    monkeypatch.setitem(question_answering.WINDOWS_AT_ONCE, "cpu", 3)
    together = answerer.read(QUESTION, LONG, top_k=10)
    assert max(run["input_ids"].shape[0] for run in seen) == min(3, alone.windows)
    assert [a.text for a in together.answers] == [a.text for a in alone.answers]
    assert [a.score for a in together.answers] == pytest.approx([a.score for a in alone.answers], rel=1e-4)


def test_token_types_reach_the_models_that_have_them(answerer: QuestionAnswerer, seen: list) -> None:
    answerer.read(QUESTION, SHORT)
    assert ("token_type_ids" in seen[0]) == (answerer.model.config.model_type == "bert")


def test_distilbert_with_a_tokenizer_that_offers_token_types(tiny_models, tmp_path: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(tiny_models.bert_qa())
    torch.manual_seed(1)
    config = DistilBertConfig(
        vocab_size=len(tokenizer), dim=32, n_layers=1, n_heads=2, hidden_dim=64, max_position_embeddings=64
    )
    DistilBertForQuestionAnswering(config).save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    answerer = QuestionAnswerer.load(card(tmp_path), "cpu")
    reading = answerer.read(QUESTION, LONG)
    assert answerer.window_tokens == 64
    assert reading.windows > 3
    assert LONG[reading.answers[0].start : reading.answers[0].end] == reading.answers[0].text


def test_a_model_of_another_task_is_refused(tiny_models) -> None:
    with pytest.raises(UnsupportedCheckpoint):
        QuestionAnswerer.load(card(tiny_models.gpt2()), "cpu")


# Several questions, and Stop


def test_one_reading_for_each_question_as_it_is_ready(answerer: QuestionAnswerer, seen: list) -> None:
    questions = ["Who?", "¿Dónde?", "When?"]
    readings = answerer.answer_many(questions, SHORT, top_k=2)
    first = next(readings)
    assert isinstance(first, Reading)
    assert len(seen) == 1
    assert first == answerer.read("Who?", SHORT, top_k=2)
    readings.close()
    assert len(seen) == 2
    assert [reading.question for reading in answerer.answer_many(questions, SHORT)] == questions


def test_a_question_that_cannot_be_answered_is_named_and_the_others_are(answerer: QuestionAnswerer) -> None:
    questions = ["Who?", "Where? " * 300, " ", "bytes \udcff", "When?"]
    first, *failed, last = answerer.attempt_many(questions, SHORT, top_k=2)
    assert first == answerer.read("Who?", SHORT, top_k=2)
    assert last == answerer.read("When?", SHORT, top_k=2)
    assert [(failure.number, failure.text) for failure in failed] == list(enumerate(questions, start=1))[1:-1]
    assert [
        words for words, failure in zip(["too long", "no question", "not UTF-8"], failed, strict=True)
        if words in failure.error
    ] == ["too long", "no question", "not UTF-8"]  # fmt: skip


def test_a_question_of_letters_that_nobody_taught_it_is_named_unless_asked_for(bert: QuestionAnswerer) -> None:
    questions = ["Who?", "щщщ жжж", "When?"]
    first, failed, last = bert.attempt_many(questions, SHORT)
    assert [first.question, last.question] == ["Who?", "When?"]
    assert (failed.number, "of the question" in failed.error) == (2, True)
    asked = list(bert.attempt_many(questions, SHORT, even_if_unreadable=True))
    assert [reading.unreadable > 0.5 for reading in asked] == [False, True, False]
    assert set("щж") <= set(asked[1].unreadable_signs)


@pytest.mark.parametrize(
    ("context", "options"),
    [("", {}), ("щщщ жжж", {}), ("a" * 1_000_001, {}), (SHORT, {"top_k": 0}), (SHORT, {"rank_by": "luck"})],
)
def test_what_is_wrong_with_all_questions_is_said_once(bert: QuestionAnswerer, context: str, options: dict) -> None:
    with pytest.raises(InvalidInput):
        bert.attempt_many(["Who?", "When?"], context, **options)


def test_stop_ends_the_work_between_two_windows(answerer: QuestionAnswerer, seen: list) -> None:
    cancelled = threading.Event()
    hook = answerer.model.register_forward_hook(lambda *_: cancelled.set())
    try:
        with pytest.raises(Cancelled):
            answerer.read(QUESTION, LONG, cancelled=cancelled)
    finally:
        hook.remove()
    assert len(seen) == 1
    with pytest.raises(Cancelled):
        next(answerer.answer_many([QUESTION], SHORT, cancelled=cancelled))
    assert len(seen) == 1


def test_stop_keeps_the_readings_that_are_done(answerer: QuestionAnswerer) -> None:
    cancelled = threading.Event()
    readings = answerer.answer_many(["Who?", "When?"], SHORT, cancelled=cancelled)
    done = [next(readings).question]
    cancelled.set()
    with pytest.raises(Cancelled):
        next(readings)
    assert done == ["Who?"]


# What pages and terminal read


def test_a_reading_as_plain_json(bert: QuestionAnswerer) -> None:
    reading = bert.read(QUESTION, SHORT, no_answer=True)
    plain = json.loads(json.dumps(reading.as_dict()))
    assert list(plain) == ["question", "answers", "no_answer_score", "windows", "unreadable", "unreadable_signs"]
    assert list(plain["answers"][0]) == ["text", "score", "start", "end", "joint_score", "occurrences"]
    assert plain["answers"][0]["text"] == reading.answers[0].text


def test_loading_says_what_it_does_and_what_it_got(tiny_models) -> None:
    steps: list[str] = []
    answerer = QuestionAnswerer.load(card(tiny_models.bert_qa()), "cpu", on_step=steps.append)
    assert steps
    assert answerer.device.type == "cpu"
    assert answerer.precision == "fp32"
    assert answerer.footprint == 4 * sum(weight.numel() for weight in answerer.model.parameters())
    assert answerer.load_seconds > 0


def require_same_answers(found: Reading, alone: Reading) -> None:
    """Beside others, and with fewer threads, sums are added up in another order."""
    assert found.context == alone.context
    assert [answer.text for answer in found.answers] == [answer.text for answer in alone.answers]
    assert [answer.score for answer in found.answers] == pytest.approx([one.score for one in alone.answers], rel=1e-4)


def test_thirty_people_at_once_get_each_the_answers_that_they_get_alone(answerer: QuestionAnswerer) -> None:
    asked = [(f"Who has {number} boats?", f"Ann has {number} boats and Bob has {number + 1}.") for number in range(30)]
    alone = [answerer.read(*one) for one in asked]
    together, runs = at_once(answerer._reader._together, answerer.model, lambda one: answerer.read(*one), asked)
    assert runs < 15
    for mine, reading in zip(alone, together, strict=True):
        require_same_answers(reading, mine)


def test_thirty_people_with_the_same_question_need_two_runs(answerer: QuestionAnswerer) -> None:
    alone = answerer.read("Who?", "Ann and Bob.")
    together, runs = at_once(
        answerer._reader._together, answerer.model, lambda one: answerer.read("Who?", "Ann and Bob."), range(30)
    )
    assert runs == 2  # of the first to come, and of all others
    for reading in together:
        require_same_answers(reading, alone)
