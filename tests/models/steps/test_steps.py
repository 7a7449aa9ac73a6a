"""From text to answer, step by step: the same as the wrappers say, and nothing is shown that did not run."""

import json
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from models.catalog import ModelCard, Task, card_of
from models.errors import Cancelled, DamagedFile, InvalidInput, PrecisionNotApplicable
from models.folders import EMBEDDED
from models.precision import BF16, FP32
from models.question_answering import QuestionAnswerer
from models.step_by_step import StepByStep, StepResult
from models.steps.asked import PRECISION_NAMES, Asked
from models.steps.cells import ANSWER, ATTENTION, LOGITS, OTHER, PIPELINE, START, STEP_NAMES, STRINGS, TOKENS
from models.steps.plan import MOST_CHARACTERS
from models.text.own_writing import OwnWriting
from models.text_classification import TextClassifier
from models.text_generation import GenerationSettings, TextGenerator
from models.text_to_text import TextToText, join
from models.weights.cards import local_card
from quantization.recipes import PRECISIONS
from training.classifier_models import prepare, save

REVIEW = "I don't like this phone: it is slow, and its battery is empty before noon."
LIGHTHOUSE = (
    "The lighthouse on Gannet Rock was built in 1874 by the engineer Margaret Halloran. Its lamp stands 41 metres "
    "above the sea. The last keeper, Tom Weller, wrote a diary every evening for nineteen years."
)
GREEDY = GenerationSettings(max_new_tokens=12, no_repeat_ngram=0, sample=False)


def run(card: ModelCard, asked: Asked, precision=FP32) -> dict[str, StepResult]:
    """All steps by their names."""
    return {step.cell.name: step for step in StepByStep.prepare(card, asked, "cpu", precision).run()}


def tiny(folder: Path, task: Task) -> ModelCard:
    return local_card(str(folder), folder, task)


@pytest.mark.parametrize("model", ["bert_classifier", "distilbert_classifier", "sentence_classifier"])
def test_labels_and_scores_are_those_of_the_classifier(tiny_models, model: str) -> None:
    card = tiny(getattr(tiny_models, model)(), Task.TEXT_CLASSIFICATION)
    steps = run(card, Asked(Task.TEXT_CLASSIFICATION, REVIEW))
    [expected] = TextClassifier.load(card, "cpu").classify([REVIEW])
    look = steps[LOGITS].look

    assert dict(zip(look.labels, look.scores, strict=True)) == pytest.approx(expected.scores, abs=1e-6)
    assert (steps[ANSWER].look.answer, steps[ANSWER].look.score) == (expected.label, pytest.approx(expected.score))
    assert steps[PIPELINE].look.same is True


def test_the_embedded_classifier_says_the_same_by_hand() -> None:
    card = card_of("aula/sentiment-minilm")
    text = "A warm, funny and beautifully acted film."
    steps = run(card, Asked(Task.TEXT_CLASSIFICATION, text))
    [expected] = TextClassifier.load(card, "cpu").classify([text])

    assert steps[ANSWER].look.score == pytest.approx(expected.score, abs=1e-6)
    assert steps[PIPELINE].look.same is True
    assert steps[OTHER].look.wrong_answer is not None


def test_a_writer_that_judges_gets_a_wrong_tokenizer_of_another_kind(tiny_models, tmp_path) -> None:
    save(prepare(str(tiny_models.gpt2()), ["bad", "good"]), tmp_path)
    card, text = tiny(tmp_path, Task.TEXT_CLASSIFICATION), "Me gusta mucho el parque."
    steps = run(card, Asked(Task.TEXT_CLASSIFICATION, text))
    [expected] = TextClassifier.load(card, "cpu").classify([text])

    assert list(steps) == list(STEP_NAMES)
    assert steps[ANSWER].look.score == pytest.approx(expected.score, abs=1e-6)
    assert steps[PIPELINE].look.same is True
    assert "models/embedded/minilm" in steps[START].cell.source


@pytest.mark.parametrize(
    "question", ["Who built the lighthouse?", "How high is the lamp?", "How many ships sank near Gannet Rock?"]
)
def test_answers_are_those_of_the_question_answerer(question: str) -> None:
    card = card_of("aula/qa-minilm")
    look = run(card, Asked(Task.QUESTION_ANSWERING, LIGHTHOUSE, question))[ANSWER].look
    expected = QuestionAnswerer.load(card, "cpu").answer(question, LIGHTHOUSE, rank_by="score")[0]

    assert (look.answer, look.start, look.end) == (expected.text, expected.start, expected.end)
    assert look.score == pytest.approx(expected.score, abs=1e-5)


def best_by_trying_all(folder: Path, question: str, text: str) -> tuple[str, float]:
    """The likeliest piece of at most 15 tokens, found by trying each one; the model is called by transformers alone."""
    from transformers import AutoModelForQuestionAnswering, AutoTokenizer

    inputs = AutoTokenizer.from_pretrained(folder)(question, text, return_offsets_mapping=True, return_tensors="pt")
    offsets, parts = inputs.pop("offset_mapping")[0].tolist(), inputs.sequence_ids(0)
    output = AutoModelForQuestionAnswering.from_pretrained(folder)(**inputs)
    places = [0, *(place for place, part in enumerate(parts) if part == 1)]
    starts, ends = ([float(logits[0, place].exp()) for place in places]
                    for logits in (output.start_logits.detach(), output.end_logits.detach()))  # fmt: skip
    pairs = [(one, other) for one in range(1, len(places)) for other in range(one, min(one + 15, len(places)))]
    first, last = max(pairs, key=lambda pair: starts[pair[0]] * ends[pair[1]])
    score = starts[first] * ends[last] / (sum(starts) * sum(ends))
    return text[offsets[places[first]][0] : offsets[places[last]][1]], score


@pytest.mark.parametrize("model", ["roberta_qa", "bert_qa"])
def test_every_architecture_that_answers_goes_through_all_steps(tiny_models, model: str) -> None:
    card = tiny(getattr(tiny_models, model)(), Task.QUESTION_ANSWERING)
    text = "Marie Curie was born in Warsaw in 1867 and moved to Paris in 1891 to study physics."
    steps = run(card, Asked(Task.QUESTION_ANSWERING, text, "Where was she born?"))
    answer, score = best_by_trying_all(card.path, "Where was she born?", text)

    assert list(steps) == list(STEP_NAMES)
    assert (steps[ANSWER].look.answer, steps[ANSWER].look.score) == (answer, pytest.approx(score, rel=1e-4))
    assert "removed from transformers" in steps[PIPELINE].ran.printed


def test_a_continuation_is_that_of_the_generator_and_of_the_pipeline(tiny_models) -> None:
    card = tiny(tiny_models.gpt2(), Task.TEXT_GENERATION)
    steps = run(card, Asked(Task.TEXT_GENERATION, "Me gusta mucho"))

    assert steps[ANSWER].look.answer == TextGenerator.load(card, "cpu").complete("Me gusta mucho", GREEDY).text
    assert steps[PIPELINE].look.same is True


def test_a_model_that_says_how_it_is_drawn_from_is_read_without_that() -> None:
    card = card_of("aula/gpt2-mini-es")
    steps, generator = run(card, Asked(Task.TEXT_GENERATION, "Me gusta mucho")), TextGenerator.load(card, "cpu")
    assert steps[PIPELINE].look.same is True

    generator._own = OwnWriting.of(None)
    assert steps[ANSWER].look.answer == generator.complete("Me gusta mucho", GREEDY).text


@pytest.mark.parametrize("text", ["Where is the station?", "I am very tired today."])
def test_a_translation_is_that_of_the_translator(text: str) -> None:
    card = card_of("aula/t5-mini")
    steps = run(card, Asked(Task.TEXT_TO_TEXT, text))

    assert steps[ANSWER].look.answer == join(TextToText.load(card, "cpu").translate(text))
    assert "IndexError" in steps[OTHER].ran.printed
    assert set(steps[ATTENTION].look.tables) == {"what is written, at what was read", "what was read, at itself"}


def test_text_instead_of_tokens_really_fails(tiny_models) -> None:
    card = tiny(tiny_models.bert_classifier(), Task.TEXT_CLASSIFICATION)

    assert run(card, Asked(Task.TEXT_CLASSIFICATION, REVIEW))[STRINGS].ran.printed.startswith("AttributeError: 'str'")


def test_attention_is_that_of_the_model_and_each_row_adds_up_to_one(tiny_models) -> None:
    import torch
    from transformers import AutoModel, AutoTokenizer

    folder = tiny_models.bert_classifier()
    [table] = run(tiny(folder, Task.TEXT_CLASSIFICATION), Asked(Task.TEXT_CLASSIFICATION, "a good film"))[
        ATTENTION
    ].look.tables.values()
    model = AutoModel.from_pretrained(folder, attn_implementation="eager")
    with torch.inference_mode():
        inputs = AutoTokenizer.from_pretrained(folder)("a good film", return_tensors="pt")
        expected = torch.cat(model(**inputs, output_attentions=True).attentions)

    assert table.weights.shape == (2, 4, 5, 5)
    assert table.weights == pytest.approx(expected.numpy(), abs=1e-3)
    assert table.weights.astype(float).sum(axis=-1) == pytest.approx(1, abs=0.01)


def test_bf16_is_what_the_model_is_loaded_in(tiny_models) -> None:
    card = tiny(tiny_models.bert_classifier(), Task.TEXT_CLASSIFICATION)
    steps = run(card, Asked(Task.TEXT_CLASSIFICATION, REVIEW), BF16)
    [expected] = TextClassifier.load(card, "cpu", BF16).classify([REVIEW])

    assert {value.dtype for value in steps["model"].ran.values} == {"bfloat16"}
    assert steps[ANSWER].look.score == pytest.approx(expected.score, abs=1e-6)


def test_precisions_of_the_suite_alone_are_refused_with_those_that_there_are(tiny_models) -> None:
    card = tiny(tiny_models.bert_classifier(), Task.TEXT_CLASSIFICATION)
    others = [precision for precision in PRECISIONS if precision.name not in PRECISION_NAMES]
    for precision in others:
        with pytest.raises(PrecisionNotApplicable, match="Choose one of: fp32"):
            StepByStep.prepare(card, Asked(Task.TEXT_CLASSIFICATION, REVIEW), "cpu", precision)
    assert {precision.name for precision in PRECISIONS} >= set(PRECISION_NAMES)


def test_steps_end_at_the_one_that_was_asked_for(tiny_models) -> None:
    card = tiny(tiny_models.bert_classifier(), Task.TEXT_CLASSIFICATION)

    assert list(run(card, Asked(Task.TEXT_CLASSIFICATION, REVIEW, until=TOKENS))) == [START, "tokenizer", TOKENS]


def test_a_long_text_is_cut_with_a_word(tiny_models) -> None:
    card = tiny(tiny_models.bert_classifier(), Task.TEXT_CLASSIFICATION)
    steps = StepByStep.prepare(card, Asked(Task.TEXT_CLASSIFICATION, f"{REVIEW} " * 10_000, until=TOKENS), "cpu")

    assert f"the first {MOST_CHARACTERS:,}" in steps.plan.cuts[0]
    assert "the steps read the first 62" in steps.plan.cuts[1]  # of 64, with two put around them
    assert list(steps.run())[-1].look.total == 64


@pytest.mark.parametrize("model", ["aula/sentiment-minilm", "aula/t5-mini"])
def test_a_text_behind_more_blank_lines_than_are_taken_is_read(model: str) -> None:
    card = card_of(model)
    plan = StepByStep.prepare(card, Asked(card.task, "\n" * (MOST_CHARACTERS + 1) + "Hello."), "cpu").plan

    assert plan.asked.text == "Hello."
    assert plan.cuts == ()  # nothing but blank lines was left out


@pytest.mark.parametrize(
    "asked",
    [
        Asked(Task.TEXT_CLASSIFICATION, " \n"),
        Asked(Task.TEXT_CLASSIFICATION, "A text.", "Who?"),
        Asked(Task.QUESTION_ANSWERING, "A text."),
        Asked(Task.OBJECT_DETECTION, "A text."),
        Asked(Task.TEXT_CLASSIFICATION, "A text.", until="dessert"),
        Asked(Task.TEXT_CLASSIFICATION, "\ud800"),
        Asked(Task.TEXT_CLASSIFICATION, "\x00\x01"),
        Asked(Task.TEXT_CLASSIFICATION, "ありがとうございます"),
    ],
)
def test_what_cannot_be_used_is_refused_before_anything_runs(tiny_models, asked: Asked) -> None:
    with pytest.raises(InvalidInput):
        StepByStep.prepare(tiny(tiny_models.bert_classifier(), Task.TEXT_CLASSIFICATION), asked, "cpu")


def test_weights_that_are_missing_are_never_made_up(tiny_models, tmp_path: Path) -> None:
    import shutil

    from safetensors.torch import load_file, save_file

    folder = tmp_path / "half"
    shutil.copytree(tiny_models.bert_classifier(), folder)
    weights = load_file(folder / "model.safetensors")
    kept = {name: tensor for name, tensor in weights.items() if "layer.1.attention" not in name}
    save_file(kept, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(DamagedFile):
        StepByStep.prepare(tiny(folder, Task.TEXT_CLASSIFICATION), Asked(Task.TEXT_CLASSIFICATION, REVIEW), "cpu")


def test_stop_ends_the_work_between_two_steps(tiny_models) -> None:
    cancelled = threading.Event()
    card = tiny(tiny_models.bert_classifier(), Task.TEXT_CLASSIFICATION)
    steps = StepByStep.prepare(card, Asked(Task.TEXT_CLASSIFICATION, REVIEW), "cpu").run(cancelled)
    next(steps)
    cancelled.set()
    with pytest.raises(Cancelled):
        next(steps)


def test_results_are_plain_json_and_hold_no_path_of_this_machine(tiny_models) -> None:
    card = tiny(tiny_models.bert_classifier(), Task.TEXT_CLASSIFICATION)
    steps = StepByStep.prepare(card, Asked(Task.TEXT_CLASSIFICATION, REVIEW), "cpu")
    written = json.dumps([step.as_dict() for step in steps.run()]) + steps.notebook()

    assert str(card.path) not in written
    assert str(card.path.parent) not in written


# The notebook

EXECUTE = """
import json, os, sys
sys.path = [path for path in sys.path if path not in ("", {root!r})]
answers = []
for folder in {folders!r}:
    os.chdir(folder)
    names = {{}}
    for cell in json.load(open("steps.ipynb", encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), names)
    answers.append(names["answer"])
print(json.dumps(["ANSWERS", *answers]))
"""


def executed(notebooks: dict[Path, str]) -> list[str]:
    """The answers of notebooks, each by the folder it is run in, from a process that knows nothing of this suite."""
    for folder, notebook in notebooks.items():
        (folder / "steps.ipynb").write_text(notebook, encoding="utf-8")
    code = EXECUTE.format(root=str(Path.cwd()), folders=[*map(str, notebooks)])
    home = next(iter(notebooks))
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=home, capture_output=True, text=True, timeout=300, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr
    [line] = [line for line in done.stdout.splitlines() if line.startswith('["ANSWERS"')]
    return json.loads(line)[1:]


@pytest.mark.process
def test_notebooks_run_outside_the_suite_and_give_the_same_answers(tiny_models, tmp_path: Path) -> None:
    """Of tiny models copied beside them, and of an embedded one where its folder is."""
    review = Asked(Task.TEXT_CLASSIFICATION, REVIEW)
    here = {
        tiny_models.bert_classifier(): review,
        tiny_models.gpt2(): Asked(Task.TEXT_GENERATION, "Me gusta mucho"),
    }
    notebooks, answers = {}, []
    for folder, asked in here.items():
        steps = StepByStep.prepare(tiny(folder, asked.task), asked, "cpu")
        answers.append({step.cell.name: step for step in steps.run()}[ANSWER].look.answer)
        beside = tmp_path / f"of {folder.name}"
        shutil.copytree(folder, beside / folder.name)
        notebooks[beside] = steps.notebook()
    asked = Asked(Task.TEXT_CLASSIFICATION, "A dull and silly film.")
    notebooks[tmp_path] = StepByStep.prepare(card_of("aula/sentiment-minilm"), asked, "cpu").notebook()
    for name in ("sentiment-minilm", "minilm", "gpt2-mini-es"):
        shutil.copytree(EMBEDDED / name, tmp_path / "models" / "embedded" / name)

    assert executed(notebooks) == [*answers, "negative"]


def test_the_notebook_is_of_the_cells_that_ran_and_of_the_format_4_5(tiny_models) -> None:
    card = tiny(tiny_models.bert_classifier(), Task.TEXT_CLASSIFICATION)
    steps = StepByStep.prepare(card, Asked(Task.TEXT_CLASSIFICATION, REVIEW), "cpu")
    ran = [step.cell.source for step in steps.run()]
    notebook = json.loads(steps.notebook())
    cells = notebook["cells"]

    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    assert ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"] == ran
    assert len({cell["id"] for cell in cells}) == len(cells)
    # https://github.com/jupyter/nbformat/blob/main/nbformat/v4/nbformat.v4.5.schema.json: what each kind must have
    for cell in cells:
        needed = {"cell_type", "id", "metadata", "source"}
        assert cell.keys() == needed | ({"outputs", "execution_count"} if cell["cell_type"] == "code" else set())
        assert cell["id"].replace("-", "").isalnum()
        assert len(cell["id"]) <= 64
