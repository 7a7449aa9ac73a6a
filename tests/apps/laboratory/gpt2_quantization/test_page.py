"""The page that measures several precisions, with a tiny GPT-2."""

import csv
import io
import json
import threading

import pytest
from streamlit.testing.v1 import AppTest

from apps.laboratory.gpt2_quantization.results import claimed_ratios
from apps.ui import run, visitor
from apps.ui.run import Outcome, shared_experiments
from models.catalog import Task
from models.folders import trained_folder
from models.weights import hub
from models.weights.cards import find_card
from quantization.experiments.compare import STOPPED, rows_of
from quantization.experiments.comparison_report import report
from quantization.experiments.row import Row
from quantization.experiments.steps import Step
from tests.apps.classroom import open_after, open_page, press, put_in_cache, sentences
from tests.tiny.text_generation import save_few_words

MODEL = "datificate/gpt2-small-spanish"
PROMPT = "Me gusta mucho el fútbol"


def measure(page: AppTest, *precisions: str, peak: bool = False) -> list[Row]:
    """Run the experiment on a short text; the rows that the session then holds."""
    page.pills(key="precisions").set_value(list(precisions))
    page.toggle(key="peak").set_value(peak)
    page.text_area(key="measured-text").set_value("La niña leyó un cuento sobre un pingüino que quería volar.")
    page.slider(key="max-new-tokens").set_value(10)
    press(page, "Run")
    return [item for item in page.session_state["quantization-outcome"].items if isinstance(item, Row)]


def row(precision: str, **values) -> Row:
    facts = {
        "file_bytes": 498_000_000, "footprint": 500_000_000, "load_seconds": 1.5, "tokens_per_second": 20.0,
        "slowest": 19.0, "fastest": 21.0, "perplexity": 40.0, "bits_per_byte": 1.2, "sample": f" y {precision}",
    }  # fmt: skip
    if precision != "fp32":  # in turns with fp32's 20 tokens per second
        ratio = values.get("tokens_per_second", 20.0) / 20.0
        facts |= {"ratio": ratio, "ratio_low": 0.9 * ratio, "ratio_high": 1.1 * ratio, "busy": 0.01}
    return Row(precision, **facts | values)


def page_showing(*items: Row | Step) -> AppTest:
    """The page after an experiment that was stopped when it had given these items."""
    request = {"prompt": PROMPT, "text": "Una frase.", "seed": 0, "max_new_tokens": 60, "model": MODEL, "device": "cpu"}
    begun = report(find_card(MODEL, Task.TEXT_GENERATION), "cpu", PROMPT, 0, text="Una frase.")
    return open_after("gpt2_quantization", "quantization", begun, *items, request=request)


@pytest.fixture
def laboratory(tiny_models) -> AppTest:
    put_in_cache(MODEL, tiny_models.gpt2())
    return open_page("gpt2_quantization")


def test_the_page_opens_with_the_prompt_of_the_course_and_a_spanish_text() -> None:
    page = open_page("gpt2_quantization")
    assert page.text_input(key="prompt").value == PROMPT
    assert page.text_area(key="measured-text").value.startswith("El domingo por la mañana")
    assert page.pills(key="precisions").value == ["fp32", "bf16", "int8"]


def test_only_precisions_of_the_chosen_device_are_offered(laboratory: AppTest) -> None:
    laboratory.selectbox(key="text-generation-device").set_value("cpu").run()
    assert "fp16" not in laboratory.pills(key="precisions").options
    assert {"fp32", "int8"} <= set(laboratory.pills(key="precisions").options)


def test_an_english_example_brings_an_english_text() -> None:
    page = open_page("gpt2_quantization")
    page.pills[0].set_value("English (for gpt2)").run()
    assert page.text_area(key="measured-text").value.startswith("On Sunday morning")
    assert "football" in page.text_input(key="prompt").value


def test_an_experiment_gives_table_charts_reading_and_samples(laboratory: AppTest) -> None:
    fp32, int8 = measure(laboratory, "int8", "fp32")
    assert [fp32.precision, int8.precision] == [
        "fp32",
        "int8",
    ]
    table = laboratory.dataframe[0].value
    assert list(table["Precision"]) == ["fp32", "int8"]
    assert list(table["Perplexity"]) == [fp32.perplexity, int8.perplexity]
    assert list(table["Layers changed"]) == ["0 of 9", "9 of 9"]
    assert list(table["Same next word"]) == [1.0, int8.top1_agreement]
    speeds = laboratory.dataframe[1].value
    assert list(speeds["Precision"]) == ["fp32", "int8"]
    assert list(speeds["Tokens/s"]) == [fp32.tokens_per_second, int8.tokens_per_second]
    assert len(laboratory.get("vega_lite_chart")) == 4
    assert [tab.label for tab in laboratory.tabs][:3] == ["Table", "Texts", "Report"]
    assert [text.value for text in laboratory.text] == [PROMPT + fp32.sample, PROMPT + int8.sample]
    assert f"**int8**: file {int8.file_bytes / fp32.file_bytes:.2f}× of fp32" in sentences(laboratory)
    assert "median of 5 runs of 32 tokens" in sentences(laboratory)
    assert "timed in turns, 9 short rounds" in sentences(laboratory)
    assert "(11 words)" in sentences(laboratory)
    assert "on cpu · memory in use" in sentences(laboratory)


def test_the_reading_is_computed_from_the_rows() -> None:
    int8 = row("int8", file_bytes=283_860_000, tokens_per_second=62.0, perplexity=40.32)
    page = page_showing(row("fp32"), int8, row("bf16", perplexity=40.001), row("bnb-nf4", perplexity=39.0))
    assert (
        "**int8**: file 0.57× of fp32, 3.10× its tokens per second (95 %: 2.79–3.41), perplexity +0.8 %"
        in sentences(page)
    )
    same = "no difference in speed could be measured (95 %: 0.90–1.10)"
    assert f"**bf16**: file 1.00× of fp32, {same}, perplexity unchanged" in sentences(page)
    assert "perplexity −2.5 %" in sentences(page)
    assert f":material/science: {MODEL}" in sentences(page)  # another model may be chosen above by now


def test_on_a_busy_machine_no_speed_is_compared_and_the_page_offers_to_measure_again() -> None:
    page = page_showing(row("fp32"), row("bf16", ratio=12.22, ratio_low=3.0, ratio_high=30.0), row("int8", busy=0.5))
    busy, unsteady = (warning.value for warning in page.warning)
    assert "The machine was busy: while the speed of int8 was measured, others used 50 % of the processor." in busy
    assert "bf16 (3.00 to 30.00 times fp32's) varied too much" in unsteady
    assert "12.22" not in sentences(page)
    assert "speed not comparable (the machine was busy)" in sentences(page)
    assert "Speeds do not count for it" in sentences(page)
    assert "Measure the speeds again" in [found.label for found in page.button]
    assert "proposed" not in sentences(page)


def test_no_ratio_of_speeds_is_drawn_that_is_not_claimed() -> None:
    rows = [
        row("fp32"), row("bf16", tokens_per_second=40.0), row("int8", tokens_per_second=31.0, busy=0.5),
        row("int8-tied", tokens_per_second=21.0, ratio=1.05, ratio_low=0.9, ratio_high=1.1),
    ]  # fmt: skip
    assert claimed_ratios(rows) == {"bf16": 2.0}
    charts = [chart.proto.spec for chart in page_showing(*rows).get("vega_lite_chart")]
    [speeds] = [spec for spec in charts if "Tokens per second" in spec and "subtitle" in spec]
    assert "not all can be compared here" in speeds


def test_speeds_are_measured_again_at_a_click(laboratory: AppTest) -> None:
    int8 = measure(laboratory, "fp32", "int8")[1]
    press(laboratory, "Measure the speeds again")
    rows = rows_of(laboratory.session_state["quantization-outcome"].items)
    assert [found.precision for found in rows] == ["fp32", "int8"]
    assert rows[1].sample == int8.sample
    assert rows[1].perplexity == int8.perplexity
    assert rows[1].load_seconds == int8.load_seconds
    assert rows[1].tokens_per_second != int8.tokens_per_second
    assert rows[1].ratio != int8.ratio
    assert len(laboratory.dataframe[0].value) == 2
    assert "Stopped" not in "".join(info.value for info in laboratory.info)


def test_agreement_is_read_as_words_and_one_layer_of_many_is_said() -> None:
    trap = row("int8-linear", file_bytes=536_000_000, top1_agreement=0.9873, layers_changed=1, layers=49)
    page = page_showing(row("fp32"), trap, row("int8", top1_agreement=0.97), row("bf16", top1_agreement=0.9999))
    assert "perplexity unchanged, 99 % of the next words the same; only 1 of 49 linear layers" in sentences(page)
    assert "changed, and **the file grew**" in sentences(page)
    assert "97 % of the next words the same" in sentences(page)
    assert "99.9 % of the next words the same" in sentences(page)


def test_a_precision_that_costs_much_is_warned_of() -> None:
    page = page_showing(row("fp32"), row("int8", perplexity=40.7), row("bnb-nf4", perplexity=43.2))
    assert [warning.value for warning in page.warning] == [
        "More than 2 % worse than fp32: **bnb-nf4** by 8.0 % (rise of perplexity). "
        "Take another precision where quality counts."
    ]


def test_the_precision_proposed_to_be_kept_is_one_that_costs_little(tiny_models) -> None:
    put_in_cache(MODEL, tiny_models.gpt2())
    page = page_showing(
        row("fp32"),
        row("int8", file_bytes=283_000_000),
        row("bnb-nf4", file_bytes=127_000_000, perplexity=43.2),
    )
    assert page.selectbox(key="keep-precision-text-generation-int8").value == "int8"
    assert page.selectbox(key="keep-precision-text-generation-int8").options == ["int8", "bnb-nf4"]
    assert "int8 is proposed" in sentences(page)


def test_the_proposal_of_an_earlier_experiment_does_not_stand_against_that_of_the_next(tiny_models) -> None:
    put_in_cache(MODEL, tiny_models.gpt2())
    page = page_showing(row("fp32"), row("bf16", file_bytes=250_000_000))
    assert page.selectbox(key="keep-precision-text-generation-bf16").value == "bf16"
    smaller = row("int8-embeddings", file_bytes=170_000_000)
    page.session_state["quantization-outcome"].items.append(smaller)
    page.run()
    assert page.selectbox(key="keep-precision-text-generation-int8-embeddings").value == "int8-embeddings"
    assert "int8-embeddings is proposed" in sentences(page)


def test_a_stopped_experiment_keeps_its_rows_and_what_was_begun() -> None:
    begun = Row("int8", file_bytes=283_000_000, error=STOPPED)
    page = page_showing(Step("fp32: loading", 0.0), row("fp32"), Step("int8: measuring speed", 0.5, begun))
    assert "Stopped before the end" in page.info[-1].value
    assert list(page.dataframe[0].value["Precision"]) == ["fp32", "int8"]
    assert page.warning[0].value == f"**int8**: {STOPPED}"


def test_a_stop_before_the_first_row_shows_nothing_to_choose_from() -> None:
    page = page_showing(Step("fp32: loading", 0.0))
    assert "Stopped before the end" in page.info[-1].value
    assert not page.dataframe
    assert "Table" not in [tab.label for tab in page.tabs]


def test_a_measured_precision_is_kept_under_a_name_and_can_be_chosen(laboratory: AppTest) -> None:
    measure(laboratory, "fp32", "int8")
    name = next(field for field in laboratory.text_input if field.key.startswith("keep-name"))
    assert name.value == "gpt2-small-spanish-int8"
    name.set_value("mine")
    press(laboratory, "Keep int8")
    assert "Kept as `trained/mine`" in laboratory.success[0].value
    assert any("trained/mine" in option for option in laboratory.selectbox(key="text-generation-model").options)
    card = (trained_folder() / "mine" / "README.md").read_text(encoding="utf-8")
    assert "Perplexity" in card
    laboratory.selectbox(key="text-generation-model").set_value("trained/mine").run()
    assert laboratory.pills[1].options == ["int8"]
    press(laboratory, "Run")
    (row_of_kept,) = [item for item in laboratory.session_state["quantization-outcome"].items if isinstance(item, Row)]
    assert (row_of_kept.precision, row_of_kept.error) == ("int8", None)
    assert not [found for found in laboratory.button if found.label.startswith("Keep")]  # it is kept already


@pytest.mark.parametrize(
    ("name", "words"), [("../x", "cannot be a model's name"), ("", "cannot be"), ("taken", "already")]
)
def test_a_name_that_cannot_be_used_gets_a_sentence(tiny_models, name: str, words: str) -> None:
    put_in_cache(MODEL, tiny_models.gpt2())
    (trained_folder() / "taken").mkdir(parents=True)
    page = page_showing(row("fp32"), row("int8", file_bytes=1))
    next(field for field in page.text_input if field.key.startswith("keep-name")).set_value(name)
    press(page, "Keep int8")
    assert words in page.error[0].value
    assert not page.success


def test_a_stranger_keeps_nothing_on_this_machine(tiny_models, monkeypatch: pytest.MonkeyPatch) -> None:
    put_in_cache(MODEL, tiny_models.gpt2())
    monkeypatch.setattr(visitor, "is_at_this_machine", lambda: False)
    page = page_showing(row("fp32"), row("int8", file_bytes=1))
    assert not [found for found in page.button if found.label.startswith("Keep")]


def test_peak_memory_and_threads_are_measured_as_asked(
    laboratory: AppTest, peaks: list[tuple[str, int | None]]
) -> None:
    laboratory.number_input(key="threads").set_value(1)
    (fp32,) = measure(laboratory, "fp32", peak=True)
    assert fp32.peak_bytes == 60_000_000
    assert peaks == [("fp32", 1)]
    assert "1 thread," in sentences(laboratory)


def test_date_and_threads_are_those_of_the_experiment_not_of_the_redrawing(
    laboratory: AppTest, downloads: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    measure(laboratory, "fp32")
    begun = json.loads(downloads["quantization.json"])
    monkeypatch.setattr("quantization.measure.conditions.date", None)  # a second report would need it
    monkeypatch.setattr("torch.get_num_threads", lambda: 99)
    laboratory.run()
    assert not laboratory.exception
    assert json.loads(downloads["quantization.json"]) == begun


def test_a_precision_that_failed_shows_its_sentence_beside_the_others() -> None:
    page = page_showing(row("fp32"), Row("bnb-int8", error="bitsandbytes does not work on this machine."))
    assert page.warning[0].value == "**bnb-int8**: bitsandbytes does not work on this machine."
    assert list(page.dataframe[0].value["Precision"]) == ["fp32"]


def test_when_every_precision_fails_there_is_no_empty_chart() -> None:
    page = page_showing(*(Row(name, error="It does not fit into memory.") for name in ("fp32", "bf16")))
    told = [f"**{name}**: It does not fit into memory." for name in ("fp32", "bf16")]
    assert [warning.value for warning in page.warning] == told
    assert not page.get("vega_lite_chart")


def test_a_prompt_too_long_for_the_model_is_refused_before_anything_is_measured(laboratory: AppTest) -> None:
    laboratory.text_input(key="prompt").set_value("El agua del río. " * 100)
    assert measure(laboratory, "fp32", "bf16") == []
    outcome = laboratory.session_state["quantization-outcome"]
    assert "Shorten the prompt" in outcome.error
    assert [item.text for item in outcome.items if isinstance(item, Step)] == ["fp32: loading"]


def test_without_the_baseline_nothing_is_compared_with_it() -> None:
    page = page_showing(row("bf16"), row("int8"))
    assert "Choose fp32 too" in sentences(page)
    assert "×" not in "".join(element.value for element in page.markdown)


def test_a_baseline_that_failed_is_not_asked_for_again() -> None:
    page = page_showing(Row("fp32", error="It does not fit into memory."), row("int8"))
    assert page.warning[0].value == "**fp32**: It does not fit into memory."
    assert "Choose fp32 too" not in sentences(page)


def test_rows_can_be_taken_home(laboratory: AppTest, downloads: dict[str, str]) -> None:
    (fp32,) = measure(laboratory, "fp32")
    (line,) = csv.DictReader(io.StringIO(downloads["quantization.csv"]))
    assert (line["precision"], float(line["perplexity"])) == ("fp32", fp32.perplexity)
    assert (line["model_id"], line["device"], line["prompt"]) == (MODEL, "cpu", PROMPT)
    details = json.loads(downloads["quantization.json"])
    assert details["rows"] == [fp32.as_dict()]
    assert details["text"].startswith("La niña")
    assert details["text_start"] == details["text"]  # short enough to be its own beginning
    assert details["max_new_tokens"] == 10


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("prompt", " ", "The prompt: There is no text"),
        ("measured-text", "", "The measured text: There is no text"),
        ("measured-text", "palabra " * 3_000, "20,000"),
    ],
)
def test_a_request_that_cannot_be_used_gets_a_sentence(laboratory: AppTest, key: str, value: str, words: str) -> None:
    laboratory.session_state["quantization-outcome"] = Outcome({"model": MODEL})  # of an earlier request
    (laboratory.text_input if key == "prompt" else laboratory.text_area)(key=key).set_value(value)
    press(laboratory, "Run")
    assert words in laboratory.warning[0].value
    assert "quantization-outcome" not in laboratory.session_state


def test_choosing_no_precision_gets_a_sentence(laboratory: AppTest) -> None:
    laboratory.pills(key="precisions").set_value([])
    press(laboratory, "Run")
    assert "at least one precision" in laboratory.warning[0].value


def test_a_second_experiment_waits_for_the_first_and_says_so(
    laboratory: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, first_begun, second_waits = [], threading.Event(), threading.Event()

    def tell(ahead: int) -> str:
        seen.append(ahead)
        second_waits.set()
        return f"{ahead} ahead"

    def first() -> None:
        with shared_experiments().turn():
            first_begun.set()
            second_waits.wait(60)

    monkeypatch.setattr(run, "ahead_text", tell)
    thread = threading.Thread(target=first)
    thread.start()
    first_begun.wait(60)
    rows = measure(laboratory, "fp32")
    thread.join()
    assert set(seen) == {1}
    assert [row.precision for row in rows] == ["fp32"]


def test_a_prompt_that_cannot_be_read_is_measured_only_where_it_is_wanted(tiny_models, tmp_path) -> None:
    save_few_words(tiny_models.gpt2(), tmp_path / "few")
    put_in_cache(MODEL, tmp_path / "few")
    page = open_page("gpt2_quantization")
    page.text_input(key="prompt").set_value("Мне нравится")
    page.pills(key="precisions").set_value(["fp32"])
    page.toggle(key="peak").set_value(False)
    page.text_area(key="measured-text").set_value("me gusta mucho el mar y la casa del río " * 4)
    page.slider(key="max-new-tokens").set_value(10)
    press(page, "Run")
    assert "cannot read 100 % of the prompt" in " ".join(found.value for found in (*page.error, *page.warning))

    page.toggle(key="quantization-unreadable").set_value(True)
    press(page, "Run")
    [row] = [item for item in page.session_state["quantization-outcome"].items if isinstance(item, Row)]
    assert (row.error, row.unreadable) == (None, 1)
    assert any("of the prompt or the measured text" in found.value for found in page.warning)


def test_a_model_that_broke_after_it_was_measured_is_not_kept(laboratory: AppTest) -> None:
    measure(laboratory, "fp32", "int8")
    weights = hub.require(find_card(MODEL, Task.TEXT_GENERATION)) / "model.safetensors"
    content = weights.read_bytes()
    weights.unlink()
    weights.write_bytes(content[:2_000])
    press(laboratory, "Keep int8")
    assert "model.safetensors is cut off" in " ".join(found.value for found in laboratory.error)
    assert not list(trained_folder().glob("*"))


def test_a_prompt_in_another_language_is_named_before_anything_is_measured(laboratory: AppTest) -> None:
    assert "reads only" not in sentences(laboratory)
    laboratory.text_input(key="prompt").set_value("The weather is nice and").run()
    assert f"This looks English, and {laboratory.session_state['text-generation-model']} reads only Spanish" in "".join(
        info.value for info in laboratory.info
    ).replace("\\", "")
