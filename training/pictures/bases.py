"""A picture model that learns new classes: its base under a new head, and what of it learns.

With the head alone, the base stays as it is, so each picture's features are computed once and the rest takes seconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.catalog import ModelCard, Task, card_of
from models.errors import InvalidInput, UnsupportedCheckpoint
from models.weights import hub
from models.weights.cards import find_card

if TYPE_CHECKING:
    from models.image_classification import ImageClassifier

BASE = "aula/efficientnet-lite0"
METHODS = {"head": "head only", "block": "head and last block", "all": "everything"}
_DARING = 30  # times a recipe's learning rate


@dataclass(frozen=True)
class Recipe:
    """How a method learns well; `epochs` are passes. `augment`: whether it learns from altered copies, too.

    `batch` is how many pictures make one step.
    """

    learning_rate: float
    epochs: float
    weight_decay: float
    batch: int
    augment: bool
    evaluations: int = 10


RECIPES = {
    "head": Recipe(learning_rate=1e-3, epochs=40, weight_decay=0.1, batch=32, augment=False),
    "block": Recipe(learning_rate=5e-4, epochs=8, weight_decay=0.05, batch=16, augment=True),
    "all": Recipe(learning_rate=2e-4, epochs=6, weight_decay=0.05, batch=16, augment=True, evaluations=6),
}


@dataclass(frozen=True)
class Learner:
    """A base with a new head, the layer that `head` names; `classifier` runs it on pictures as it is at that moment."""

    card: ModelCard
    method: str
    classifier: "ImageClassifier"
    head: str

    @property
    def model(self) -> Any:
        """The network."""
        return self.classifier.model

    @property
    def layer(self) -> Any:
        """The head itself."""
        return self.model.get_submodule(self.head)

    @property
    def labels(self) -> list[str]:
        """In the order of the model's outputs."""
        return list(self.classifier.labels)


def find_base(model_id: str) -> ModelCard:
    """The card of a base: a picture model of the catalog, an id on the hub, or a folder. Raises UnknownModel."""
    return card_of(model_id) or find_card(model_id, Task.IMAGE_CLASSIFICATION)


def require_base(model_id: str, method: str) -> ModelCard:
    """Check what a training would trip over, without loading anything; the base's card.

    Raises:
        InvalidInput: no such method, or a base that is not for pictures.
        UnknownModel, ModelNotHere: no such base, or one that is not on this machine.
    """
    if method not in METHODS:
        raise InvalidInput(f"There is no method “{method}”. Choose one of: {', '.join(METHODS)}.")
    card = find_base(model_id)
    if card.task != Task.IMAGE_CLASSIFICATION:
        raise InvalidInput(
            f"{model_id} is a model for {card.task.label}, not for pictures as a whole. Choose an {_KIND}, for "
            f"instance {BASE}."
        )
    hub.require(card)
    return card


_KIND = "image classification model"


def doubt_about(method: str, learning_rate: float | None) -> str | None:
    """What is to be said before a training whose learning rate is far above the one that suits its method."""
    usual = RECIPES[method].learning_rate
    if learning_rate is None or learning_rate <= _DARING * usual:
        return None
    return (
        f"A learning rate of {learning_rate:g} is {learning_rate / usual:,.0f} times the one that suits this method "
        f"({usual:g}). The training may diverge and learn nothing."
    )


def prepare(base: str, labels: Sequence[str], method: str = "head", device: str = "cpu") -> Learner:
    """Load `base` with a new head for `labels`, and choose what learns. Seed torch before: the head is random.

    Raises:
        UnsupportedCheckpoint: the model has no last layer of its own, or no blocks where the last one should learn.
        What `require_base` and `load_pretrained` raise.
    """
    import torch

    from models.image_classification import ImageClassifier
    from models.pictures.features import head_of
    from models.pictures.prepared import require_sensible
    from models.weights.pretrained import load_pretrained

    card = require_base(base, method)
    loader: Any = _WithNewHead(card, list(labels))
    pretrained = load_pretrained(loader, card, device)
    require_sensible(card.model_id, pretrained.processor)
    head = head_of(card.model_id, pretrained.model, len(labels))
    name = next(name for name, module in pretrained.model.named_modules() if module is head)
    _choose(card, pretrained.model, method, name)
    pretrained.model.to(memory_format=torch.channels_last)  # which convolutions like, as in `ImageClassifier.load`
    return Learner(card, method, ImageClassifier(pretrained), name)


@dataclass(frozen=True)
class _WithNewHead:
    """Takes the place of a class of transformers in `load_pretrained`: loads a base with a new head for `labels`."""

    card: ModelCard
    labels: list[str]

    def from_pretrained(self, folder: Path, **arguments: Any) -> tuple[Any, dict[str, Any]]:
        """The model, and the loading report without what is new and so cannot be in the files: the head."""
        from transformers import AutoConfig, AutoModelForImageClassification

        from models.pictures.features import head_of

        config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        _name_labels(config, self.labels)
        architecture: Any = AutoModelForImageClassification
        model, report = architecture.from_pretrained(folder, **(arguments | {"config": config}))
        head = head_of(self.card.model_id, model, len(self.labels))
        own = {f"{name}." for name, module in model.named_modules() if module is head}
        # A head of other labels has another shape, and is made anew; anything else of another shape is a fault.
        missing = {name for name in report["missing_keys"] if not name.startswith(tuple(own))}
        mismatched = {row for row in report.get("mismatched_keys", ()) if not row[0].startswith(tuple(own))}
        head.reset_parameters()  # also where the old one happens to have as many outputs
        return model, report | {"missing_keys": missing, "mismatched_keys": mismatched}


def _name_labels(config: Any, labels: list[str]) -> None:
    config.id2label = dict(enumerate(labels))
    config.label2id = {label: number for number, label in enumerate(labels)}
    config.problem_type = "single_label_classification"
    if hasattr(config, "label_names"):  # where timm's kinds have them
        config.label_names = list(labels)


def _choose(card: ModelCard, model: Any, method: str, head: str) -> None:
    """Let the head learn, and what the method says beside it."""
    first = 0 if method == "all" else _last_block(card, model, head) if method == "block" else None
    for number, (name, parameter) in enumerate(model.named_parameters()):
        parameter.requires_grad = name.startswith(f"{head}.") or (first is not None and number >= first)


def _last_block(card: ModelCard, model: Any, head: str) -> int:
    """The number of the first parameter of the last block; what stands behind it (norms, a pooler) counts as its own.

    Blocks are the outermost numbered modules: the layers of a ViT, the stages of a ResNet or an EfficientNet.
    """
    blocks = [None if name.startswith(f"{head}.") else block_of(name) for name, _ in model.named_parameters()]
    last = next((block for block in reversed(blocks) if block is not None), None)
    if last is None:
        raise UnsupportedCheckpoint(f"{card.model_id} has no numbered blocks. Train its head, or everything.")
    return blocks.index(last)


def block_of(parameter: str) -> str | None:
    """The name of the block that a parameter is in: “vit.layers.3” for “vit.layers.3.mlp.fc1.weight”; None: in none."""
    words = parameter.split(".")
    place = next((place for place, word in enumerate(words) if word.isdecimal()), None)
    return None if place is None else ".".join(words[: place + 1])


def parameters(learner: Learner) -> tuple[int, int]:
    """How many parameters learn, and how many there are."""
    counts = [(parameter.numel(), parameter.requires_grad) for parameter in learner.model.parameters()]
    return sum(count for count, learns in counts if learns), sum(count for count, _ in counts)


def save(learner: Learner, folder: Path) -> None:
    """Write the whole model in half precision, with its preprocessor. The learner's model is spent by that."""
    folder.mkdir(parents=True, exist_ok=True)
    learner.model.half().save_pretrained(folder)
    if not hasattr(learner.model.config, "pretrained_cfg"):  # timm keeps its preprocessor in config.json
        learner.classifier.processor.save_pretrained(folder)
