"""A model that becomes a classifier: its base with a new head, and what of it learns: the head, a LoRA, or everything.

LoRA (Hu et al. 2021, https://arxiv.org/abs/2106.09685) leaves each large matrix as it is and learns two thin ones
whose product is added to it.
"""

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from models.catalog import ModelCard, Task, card_of
from models.errors import InvalidInput, UnsupportedCheckpoint
from models.folders import read_json
from models.sentence_encoder import MEAN, SentenceClassifier
from models.text.readable import Unreadable, unreadable_in
from models.text.tokenizer_file import neither_cutting_nor_filling
from models.text.tokens import TokenReader
from models.weights import hub
from models.weights.adapters import is_adapter
from models.weights.cards import find_card
from models.weights.pretrained import load_pretrained, load_tokenizer
from models.wrapper import BUILDING, Pretrained
from training.saved_tokenizer import save_tokenizer

BASE = "aula/minilm"
METHODS = {"head": "head only", "lora": "LoRA", "all": "everything"}
LONGEST = 256  # tokens of a text; its end is cut off
RANK = 16  # of LoRA
_TABLES = ("embed", "wte.", "wpe.")  # in the names of the tables of tokens and of places; the last two are GPT-2's


@dataclass(frozen=True)
class Recipe:
    """How a method learns well, as tried with a thousand film sentences on `aula/minilm`; `epochs` are passes."""

    learning_rate: float
    epochs: float
    weight_decay: float = 0.01
    evaluations: int = 8


RECIPES = {
    "head": Recipe(learning_rate=1.5e-3, epochs=30, weight_decay=0.1, evaluations=10),
    "lora": Recipe(learning_rate=7e-4, epochs=4),
    "all": Recipe(learning_rate=1e-4, epochs=4, evaluations=6),
}


_DARING = 30  # times a recipe's learning rate


def doubt_about(method: str, learning_rate: float | None) -> str | None:
    """What is to be said before a training whose learning rate is far above the one that suits its method."""
    usual = RECIPES[method].learning_rate
    if learning_rate is None or learning_rate <= _DARING * usual:
        return None
    return (
        f"A learning rate of {learning_rate:g} is {learning_rate / usual:,.0f} times the one that suits this method "
        f"({usual:g}). The training may diverge and learn nothing."
    )


class Part(NamedTuple):
    """One part of a model: its name for a drawing, how many parameters it has, whether they learn."""

    name: str
    parameters: int
    trainable: bool


@dataclass(frozen=True)
class Learner:
    """A base with a new head, whose modules `head` names.

    `model` is what is trained, with LoRA around the base; `reader` runs the base on texts as it is at that moment.
    """

    card: ModelCard
    method: str
    model: Any
    reader: TokenReader
    head: tuple[str, ...]

    @property
    def labels(self) -> list[str]:
        """In the order of the model's outputs."""
        return list(self.reader.model.config.id2label.values())


def find_base(model_id: str) -> ModelCard:
    """The card of a base: any model of the catalog, id on the hub, or folder on this machine. Raises UnknownModel."""
    return card_of(model_id) or find_card(model_id, Task.SENTENCE_SIMILARITY)


def read_by(base: str, texts: Sequence[str]) -> Unreadable:
    """How much of these texts a base cannot read, judged from a sample of them. Raises as `load_tokenizer`."""
    return unreadable_in(load_tokenizer(find_base(base)), texts)


def prepare(base: str, labels: Sequence[str], method: str = "head", device: str = "cpu") -> Learner:
    """Load `base` with a new head for `labels`, and choose what learns. Seed torch before: the head is random.

    Raises:
        InvalidInput: no such method, or a base that is a LoRA itself.
        UnsupportedCheckpoint: the base is not made for whole texts, or its tokenizer cannot fill up short ones.
        What `find_base` and `load_pretrained` raise.
    """
    card = find_base(base)
    _check(card, method)
    loader: Any = _WithNewHead(card, list(labels))
    pretrained = load_pretrained(loader, card, device)
    head = _head(pretrained.model)
    tokenizer = pretrained.tokenizer
    _let_fill(tokenizer, pretrained.model.config.get_text_config())
    if tokenizer.pad_token is None:
        raise UnsupportedCheckpoint(
            f"{base} cannot be trained with texts of different lengths. Choose an encoder, for instance {BASE}."
        )
    tokenizer.model_max_length = min(LONGEST, tokenizer.model_max_length)
    reader = TokenReader(pretrained, LONGEST)  # before LoRA hides what the model accepts
    return Learner(card, method, _choose(pretrained, method, head), reader, head)


def _check(card: ModelCard, method: str) -> None:
    if method not in METHODS:
        raise InvalidInput(f"There is no way “{method}” to train. Choose one of {', '.join(METHODS)}.")
    if is_adapter(hub.require(card)):
        raise InvalidInput(f"{card.model_id} is an addition to another model. Choose that model, for instance {BASE}.")


def _let_fill(tokenizer: Any, config: Any) -> None:
    """Let a base that writes, such as GPT-2, be filled up behind its texts, and know with what; as it will be saved.

    Its classifier judges a text by the last token that is not of the number in its config.
    """
    if tokenizer.cls_token is not None:  # an encoder, which is told by a mask
        return
    ends = [config.pad_token_id, tokenizer.eos_token_id]
    # What occurs in texts cannot fill them up. Some configs name another model's numbers.
    number = next((end for end in ends if end is not None and end in tokenizer.all_special_ids), None)
    if tokenizer.pad_token is None and number is not None:
        tokenizer.pad_token = tokenizer.convert_ids_to_tokens(number)
    config.pad_token_id = tokenizer.pad_token_id
    tokenizer.padding_side = "right"


@dataclass(frozen=True)
class _WithNewHead:
    """Takes the place of a class of transformers in `load_pretrained`: loads a base with a new head for `labels`."""

    card: ModelCard
    labels: list[str]

    def from_pretrained(self, folder: Path, **arguments: Any) -> tuple[Any, dict[str, Any]]:
        """The model, and the loading report without what is new and so cannot be in the files: the head."""
        from transformers import AutoConfig, AutoModelForSequenceClassification

        config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        config.id2label = dict(enumerate(self.labels))
        config.label2id = {label: number for number, label in enumerate(self.labels)}
        config.problem_type = "single_label_classification"
        pools_by_mean = _pools_by_mean(self.card, folder, config)
        architecture: Any = SentenceClassifier if pools_by_mean else AutoModelForSequenceClassification
        # Eager attention is the faster one here: with the others, a CPU pays for padding in the backward pass.
        more = {"config": config, "attn_implementation": "eager", "ignore_mismatched_sizes": True}
        model, report = architecture.from_pretrained(folder, **(arguments | more))
        head = _head(model)
        missing = {name for name in report["missing_keys"] if not _within(name, head)}
        # A head of other labels has another shape, and is made anew; anything else of another shape is a fault.
        mismatched = {row for row in report.get("mismatched_keys", ()) if not _within(row[0], head)}
        return model, report | {"missing_keys": missing, "mismatched_keys": mismatched}


def _head(model: Any) -> tuple[str, ...]:
    """The modules behind the base; a BERT's pooler, which an encoder may lack, is one of them."""
    inner = f"{model.base_model_prefix}."
    names = [name for name, _ in model.named_parameters()]
    behind = {name.split(".")[0] for name in names if not name.startswith(inner)}
    return tuple(sorted(behind | {f"{inner}pooler" for name in names if name.startswith(f"{inner}pooler.")}))


def _pools_by_mean(card: ModelCard, folder: Path, config: Any) -> bool:
    """Whether the base is a BERT whose texts are the mean of their tokens, as sentence-transformers says in a file."""
    stated = read_json(folder / "1_Pooling" / "config.json").get("pooling_mode_mean_tokens", False)
    ours = card.embedded is not None and card.task == Task.SENTENCE_SIMILARITY
    return config.model_type == "bert" and (stated or ours or getattr(config, "classifier_pooling", None) == MEAN)


def _within(parameter: str, modules: Sequence[str]) -> bool:
    return any(parameter.startswith(f"{module}.") for module in modules)


def _choose(pretrained: Pretrained, method: str, head: tuple[str, ...]) -> Any:
    model = pretrained.model
    if method == "lora":
        return _with_lora(pretrained, head)
    for name, parameter in model.named_parameters():
        parameter.requires_grad = method == "all" or _within(name, head)
    return model


def _with_lora(pretrained: Pretrained, head: tuple[str, ...]) -> Any:
    """The model with a LoRA in all linear layers of its base."""
    from peft import LoraConfig, get_peft_model
    from transformers.pytorch_utils import Conv1D

    chosen = _linear(pretrained.model, head)
    if not chosen:
        raise UnsupportedCheckpoint(
            f"{pretrained.card.model_id} has no layers for LoRA. Train its head, or everything."
        )
    settings = LoraConfig(
        r=RANK,
        lora_alpha=2 * RANK,
        target_modules=list(chosen),
        modules_to_save=list(head),
        fan_in_fan_out=any(isinstance(layer, Conv1D) for layer in chosen.values()),  # a model has one kind of them
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # peft 0.21 asks transformers by an old name
        return get_peft_model(pretrained.model, settings)


def _linear(model: Any, head: tuple[str, ...]) -> dict[str, Any]:
    """The linear layers in front of the head, by their names; GPT-2 has its own kind, whose weights lie crosswise."""
    from torch.nn import Linear
    from transformers.pytorch_utils import Conv1D

    return {
        name: module
        for name, module in model.named_modules()
        if isinstance(module, Linear | Conv1D) and not _within(f"{name}.", head)
    }


def save(learner: Learner, folder: Path) -> None:
    """Write what was trained in half precision: all weights, or with LoRA only the addition to a base with an id.

    The learner's model is spent by that.
    """
    folder.mkdir(parents=True, exist_ok=True)
    model, more = learner.model, {}
    if learner.method == "lora" and learner.card.path is None:
        # Named only now: while training, peft would ask the hub for the base's configuration at each checkpoint.
        model.peft_config["default"].base_model_name_or_path = learner.card.model_id
        more = {"save_embedding_layers": False}
    elif learner.method == "lora":
        model = model.merge_and_unload()  # the folder of the base may be elsewhere tomorrow
    model.half().save_pretrained(folder, **more)
    learner.reader.model.config.save_pretrained(folder)
    # Else it cuts and fills for everybody as it was last told to.
    neither_cutting_nor_filling(learner.reader.tokenizer.backend_tokenizer)
    save_tokenizer(learner.reader.tokenizer, folder)


def parts(base: str, method: str, labels: int = 2) -> list[Part]:
    """The parts of a base from its input to its output, the new head last. Reads its config only, no weights.

    Raises:
        What `prepare` raises.
    """
    model, head = outline(base, method, labels)
    counts: dict[str, int] = {}
    for name, parameter in model.named_parameters():
        counts[_part(name, head)] = counts.get(_part(name, head), 0) + parameter.numel()
    added = _lora_parameters(model, head) if method == "lora" else {}
    return list(_drawn(counts, added, method))


def outline(base: str, method: str, labels: int) -> tuple[Any, tuple[str, ...]]:
    """A base with a new head, but no memory for weights, and the names of the head's modules. Raises as `prepare`."""
    import torch
    from transformers import AutoConfig, AutoModelForSequenceClassification

    card = find_base(base)
    _check(card, method)
    folder = hub.require(card)
    config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    config.num_labels = labels
    with BUILDING, torch.device("meta"):
        if _pools_by_mean(card, folder, config):
            model = SentenceClassifier(config)
        else:
            model = AutoModelForSequenceClassification.from_config(config)
    return model, _head(model)


def _part(name: str, head: tuple[str, ...]) -> str:
    """“Layer 3” for what is in a numbered layer, else what stands before or after the layers."""
    if _within(name, head):
        return "Head"
    number = next((int(word) for word in name.split(".") if word.isdigit()), None)
    if number is not None:
        return f"Layer {number + 1}"
    return "Word table" if any(word in name for word in _TABLES) else "Other"


def _lora_parameters(model: Any, head: tuple[str, ...]) -> dict[str, int]:
    added: dict[str, int] = {}
    for name, module in _linear(model, head).items():
        part = _part(f"{name}.", head)
        added[part] = added.get(part, 0) + RANK * sum(module.weight.shape)
    return added


def _drawn(counts: dict[str, int], added: dict[str, int], method: str) -> Iterator[Part]:
    for name, count in counts.items():
        yield Part(name, count, method == "all" or name == "Head")
        if name in added:
            yield Part(f"LoRA of {name[0].lower()}{name[1:]}", added[name], True)
