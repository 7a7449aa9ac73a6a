"""What is known before the first step runs: which model in which precision, what it takes, how much of a text fits.

Everything that the wrappers refuse is refused here, too, and with the same sentences: the steps load a model with
plain lines of transformers, which would only warn of weights that are missing and fill them with random numbers.
"""

import inspect
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from models.catalog import ModelCard, Task, card_of
from models.device import Device, choose_device
from models.errors import InvalidInput, PrecisionNotApplicable, UnsupportedCheckpoint
from models.folders import EMBEDDED, read_json
from models.precision import FP32, Precision
from models.sentence_encoder import MEAN
from models.steps.asked import MOST_NEW_TOKENS, PRECISION_NAMES, TASKS, Asked
from models.steps.cells import STEP_NAMES
from models.text.answer_spans import MAX_ANSWER_TOKENS
from models.text.context_windows import WINDOW_TOKENS, require_context, require_question
from models.text.readable import Unreadable, require_all_readable
from models.text.sampling import require_between
from models.text.segmentation import require_text, sentences
from models.text.stated_tasks import Tasks, TaskSettings, prefix
from models.text.task_settings import TextToTextSettings, generate_arguments
from models.text.tokens import positions
from models.weights import hub
from models.weights.adapters import base_card, is_adapter
from models.weights.pretrained import dry_run, load_tokenizer
from models.wrapper import AnyDevice

MOST_CHARACTERS = 4_000  # more are cut: a cell with a long literal is not read by anybody
MOST_TOKENS = WINDOW_TOKENS
# Whose tokenizer is the wrong one: of another kind than the model's own, and always here.
OTHERS = {Task.TEXT_GENERATION: "minilm", Task.TEXT_TO_TEXT: "minilm"}
OTHER = "gpt2-mini-es"


@dataclass(frozen=True)
class Plan:
    """All that the cells are written from.

    `places` are the folders of this machine that the names MODEL, BASE and OTHER stand for while the steps run;
    `shown` what stands for them in code and notebook. `window` is how many tokens the model is given of a text.
    `options` go to the tokenizer. `pooled` models tell the label from the mean of all tokens. `cuts` are sentences
    about what of the text is left out. `translation` are the model's own settings for the language, as `generate`
    takes them, and `prefix` the words in front of the text.
    """

    asked: Asked
    card: ModelCard
    device: Device
    precision: Precision
    places: dict[str, Path]
    shown: dict[str, str]
    window: int
    options: dict[str, object]
    adapter: bool = False
    pooled: bool = False
    sigmoid: bool = False
    prefix: str = ""
    translation: dict[str, object] = field(default_factory=dict)
    cuts: tuple[str, ...] = ()
    lost: Unreadable = field(default_factory=Unreadable)


def make_plan(
    card: ModelCard,
    asked: Asked,
    device: AnyDevice = "auto",
    precision: Precision = FP32,
    even_if_unreadable: bool = False,
) -> Plan:
    """Look at the model's files and at the text; nothing is loaded but the tokenizer.

    Raises:
        InvalidInput: a text that the model cannot read, or a language that it does not offer.
        PrecisionNotApplicable: the precision does not exist outside the suite, or the model was saved in one.
        UnsupportedCheckpoint: the model's tokenizer cannot say which characters a token covers.
        What `models.weights.pretrained.dry_run` raises: the model is not here, or not whole.
    """
    require_usable(asked)
    require_plain(card, precision)
    pooled = read_json(hub.require(card) / "config.json").get("classifier_pooling") == MEAN
    tokenizer = load_tokenizer(card)
    if not tokenizer.is_fast:
        raise UnsupportedCheckpoint(
            f"The tokenizer of {card.model_id} cannot say which characters a token covers. Choose another model."
        )
    model = dry_run(_class_of(card.task, pooled), card, precision)
    if getattr(model.config, "problem_type", None) == "regression":
        raise UnsupportedCheckpoint(
            f"{card.model_id} gives each text a number, not a class. Choose a model that tells classes."
        )
    words, settings = _translation(card, asked)
    asked, cuts = _cut(asked, bool(settings.get("sentence_by_sentence")))
    texts = {"the text": asked.text} | ({"the question": asked.question} if asked.question else {})
    lost = require_all_readable(tokenizer, card.model_id, texts, even_if_unreadable)
    places, shown = _places(card, asked.task)
    window = _window(model, tokenizer, asked)
    plan = Plan(
        asked, card, choose_device(device), precision, places, shown, window,
        options=_options(model, tokenizer, asked), adapter="BASE" in places, pooled=pooled,
        sigmoid=_sigmoid(model.config), prefix=words, translation=_generate(settings), cuts=cuts, lost=lost,
    )  # fmt: skip
    return replace(plan, cuts=(*cuts, *_too_long(plan, tokenizer)))


def require_usable(asked: Asked) -> None:
    """Raise InvalidInput for a task, a text or an option that cannot be used."""
    if asked.task not in TASKS:
        raise InvalidInput(f"{asked.task.label.capitalize()} is not shown step by step. Choose another task.")
    if asked.until is not None and asked.until not in STEP_NAMES:
        raise InvalidInput(f"There is no step “{asked.until}”. Choose one of: {', '.join(STEP_NAMES)}.")
    require_between("new_tokens", asked.new_tokens, 1, MOST_NEW_TOKENS)
    if asked.task == Task.QUESTION_ANSWERING:
        require_question(asked.question)
        require_context(asked.text)
    elif asked.question:
        raise InvalidInput("A question belongs to question-answering. Choose that task, or leave the question out.")
    else:
        require_text(asked.text, 1_000_000)


def require_plain(card: ModelCard, precision: Precision) -> None:
    """Raise PrecisionNotApplicable where plain lines of transformers cannot load the model so."""
    if card.precision is not None:
        raise PrecisionNotApplicable(
            f"{card.model_id} was saved in {card.precision} by this suite, and a notebook elsewhere cannot read that. "
            "Choose the model that it was made from."
        )
    if precision.name not in PRECISION_NAMES:
        raise PrecisionNotApplicable(
            f"The layers of {precision.name} are this suite's own, and a notebook elsewhere does not have them. "
            f"Choose one of: {', '.join(PRECISION_NAMES)}."
        )


def _class_of(task: Task, pooled: bool) -> type:
    """The class that looks whether the weights are whole: the one with which the wrapper loads them."""
    import transformers

    from models.sentence_encoder import SentenceClassifier

    found: type = SentenceClassifier if pooled else getattr(transformers, str(task.row.auto_class))
    return found


def _translation(card: ModelCard, asked: Asked) -> tuple[str, TaskSettings]:
    if asked.task != Task.TEXT_TO_TEXT:
        return "", {}
    tasks = Tasks.in_folder(card, hub.require(card))
    settings = tasks.translation(asked.target or tasks.usual_target)
    return prefix(settings), settings


def _generate(settings: TaskSettings) -> dict[str, object]:
    """What `generate` is told, without what says nothing: an empty list, a limit that is none."""
    if not settings:
        return {}
    found = generate_arguments(settings, TextToTextSettings())
    silent = {"do_sample": False, "min_length": 0, "no_repeat_ngram_size": 0, "length_penalty": 1.0}
    return {name: value for name, value in found.items() if name != "logits_processor" and silent.get(name) != value}


def _cut(asked: Asked, one_sentence: bool) -> tuple[Asked, tuple[str, ...]]:
    """The text as the steps take it, and a sentence for each thing that is left out."""
    text, cuts = asked.text, []
    if len(text) > MOST_CHARACTERS:
        text = text.strip()  # blank lines in front would leave nothing to read
    if len(text) > MOST_CHARACTERS:
        cuts.append(f"The text has {len(text):,} characters; the steps take the first {MOST_CHARACTERS:,}.")
        text = text[:MOST_CHARACTERS]
    if asked.task == Task.TEXT_TO_TEXT:
        line = next(line for line in text.splitlines() if line.strip()).strip()
        first = sentences(line)[0] if one_sentence else line
        if first != " ".join(text.split()):
            what = "sentence" if one_sentence else "line"
            cuts.append(f"A translator is given one {what} at a time; the steps take the first one.")
        text = first
    return replace(asked, text=text), tuple(cuts)


def _places(card: ModelCard, task: Task) -> tuple[dict[str, Path], dict[str, str]]:
    """Where MODEL, BASE and OTHER are here, and what they are called elsewhere: never a path of this machine."""
    folder = hub.require(card)
    places, shown = {"MODEL": folder}, {"MODEL": _name_elsewhere(card)}
    if is_adapter(folder):
        base = base_card(folder)
        places["BASE"], shown["BASE"] = hub.present(base), _name_elsewhere(base)
    # A writer can be a judge as well, and its own kind of tokenizer would do nothing wrong.
    writes = read_json(folder / "config.json").get("model_type") == "gpt2"
    other = OTHERS[Task.TEXT_GENERATION] if writes else OTHERS.get(task, OTHER)
    places["OTHER"], shown["OTHER"] = EMBEDDED / other, f"models/embedded/{other}"
    return places, shown


def _name_elsewhere(card: ModelCard) -> str:
    if card.repository is not None:
        return card.repository
    if card.embedded is not None:
        return f"models/embedded/{card.embedded}"
    known = card_of(card.model_id)
    return known.model_id if known is not None else card.path.name if card.path is not None else card.model_id


def _window(model: Any, tokenizer: Any, asked: Asked) -> int:
    """How many tokens of a text the model is given: what it reads, at most MOST_TOKENS, new ones left room for."""
    most = min(tokenizer.model_max_length, positions(model) or MOST_TOKENS)
    if asked.task == Task.TEXT_GENERATION:
        most -= asked.new_tokens
    return int(min(most, MOST_TOKENS))


def _options(model: Any, tokenizer: Any, asked: Asked) -> dict[str, object]:
    """What the tokenizer must be told beside the length."""
    accepted = inspect.signature(model.forward).parameters
    takes_types = "token_type_ids" in accepted and getattr(model.config, "type_vocab_size", 0) > 1
    options: dict[str, object] = {}
    if "token_type_ids" in tokenizer.model_input_names and not takes_types:
        options["return_token_type_ids"] = False
    if re.search(r"[<\[]", asked.text + asked.question):  # “[SEP]” and “</s>” in a text mean these letters
        options["split_special_tokens"] = True
    return options


def _sigmoid(config: Any) -> bool:
    """Whether each label is told for itself; as `models.text_classification` has it."""
    problem = getattr(config, "problem_type", None)
    return bool(problem == "multi_label_classification" or config.num_labels == 1)


def _too_long(plan: Plan, tokenizer: Any) -> tuple[str, ...]:
    asked = plan.asked
    whole = tokenizer(plan.prefix + asked.text, add_special_tokens=False, verbose=False)["input_ids"]
    if not whole:
        raise InvalidInput("The model can read nothing in the text. Give it words.")
    around = tokenizer.num_special_tokens_to_add(pair=bool(asked.question))
    beside = 0
    if asked.question:
        beside = len(tokenizer(asked.question, add_special_tokens=False, verbose=False)["input_ids"])
        if beside + around + MAX_ANSWER_TOKENS > plan.window:
            raise InvalidInput(f"The question is too long: it has {beside} tokens. Ask a shorter question.")
    room = plan.window - around - beside
    if room < 1:
        raise InvalidInput(f"{plan.card.model_id} reads too few tokens for that. Ask for fewer new ones.")
    if len(whole) <= room:
        return ()
    return (f"The text has {len(whole):,} tokens; the steps read the first {room:,} of them.",)
