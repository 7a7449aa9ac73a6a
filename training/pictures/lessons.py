"""How pictures become training examples: as features that only the head reads, or as pixels that the network reads.

A frozen base gives each picture the same features every time, so for a head alone they are computed once, in evaluation
mode: in training mode, BatchNorm's statistics would drift towards the new pictures, and the model would grow worse.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from models.pictures.batches import run
from models.threads import pinned_threads, side_by_side
from models.wrapper import finite
from training.pictures.augmentation import altered
from training.pictures.bases import Learner
from training.pictures.data import Picture

AT_ONCE = 8  # pictures between two looks at the clock
COPIES = 2  # altered copies of each picture, where a head learns from these, too

Item = tuple[Any, int]  # what is read, and the number of its label
OnStep = Callable[[int, int], None]


def features(
    learner: Learner,
    pictures: Sequence[Picture],
    on_step: OnStep | None = None,
    seconds: float = float("inf"),
    threads: int = 1,
) -> Tensor:
    """What the base hands to the head for each picture: float32, (pictures, features), on the CPU.

    There are fewer rows where `seconds` do not suffice; `on_step` is told how many pictures are done, and of how many.
    """
    started = time.monotonic()
    rows: list[Tensor] = []
    done = side_by_side(partial(_features_of, learner), list(_batches(pictures)), threads)
    with _headless(learner), closing(done):
        for batch in done:
            rows.append(batch)
            if on_step is not None:
                on_step(sum(map(len, rows)), len(pictures))
            if time.monotonic() - started > seconds:
                break
    return torch.cat(rows)


def _features_of(learner: Learner, pictures: Sequence[Picture]) -> Tensor:
    pixels = [learner.classifier.prepare(picture.open()).pixels for picture in pictures]
    rows = run(learner.classifier, pixels, lambda batch: learner.model(batch).logits)
    return torch.stack([finite(row, learner.classifier) for row in rows])


@contextmanager
def _headless(learner: Learner) -> Iterator[None]:
    """Let the model pass on what goes into its head, as often at once as one likes: a hook would catch any thread's."""
    owner, _, name = learner.head.rpartition(".")
    module, layer = learner.model.get_submodule(owner), learner.layer
    setattr(module, name, nn.Identity())
    learner.model.eval()
    try:
        yield
    finally:
        setattr(module, name, layer)


def nearest_accuracy(train: Tensor, train_labels: Sequence[str], test: Tensor, test_labels: Sequence[str]) -> float:
    """The accuracy, 0 to 1, of giving each test picture the label of the training picture that is most like it.

    Alike are features with a large cosine. Needs no training at all, so it is what a training has to beat.
    """
    alike = nn.functional.normalize(test, dim=1) @ nn.functional.normalize(train, dim=1).T
    nearest = alike.argmax(1).tolist()
    right = [train_labels[number] == label for number, label in zip(nearest, test_labels, strict=True)]
    return sum(right) / len(right)


class PixelLesson:
    """Examples are pictures; `model` is what the Trainer trains: the network with its head."""

    def __init__(self, learner: Learner, augment: bool) -> None:
        self.learner = learner
        self.augment = augment
        self.model: nn.Module = learner.model
        self.labels = learner.labels
        # Before each pass, because the Trainer puts the whole network into training mode before each step.
        self.model.register_forward_pre_hook(lambda model, inputs: keep_statistics(model))

    def items(self, pictures: Sequence[Picture]) -> list[Item]:
        """The pictures with the numbers of their labels."""
        return [(picture, self.labels.index(picture.label)) for picture in pictures]

    def collate(self, items: Sequence[Item]) -> dict[str, Tensor]:
        """Tensors for the model, with its `labels`; every time other altered copies, where these are wanted."""
        images = [picture.open() for picture, _ in items]
        seen = [altered(image) if self.augment else image for image in images]
        pixels = torch.stack([self.learner.classifier.prepare(image).pixels for image in seen])
        return {"pixel_values": pixels, "labels": torch.tensor([label for _, label in items])}

    def probabilities(self, items: Sequence[Item]) -> Tensor:
        """The probability of each label: float32 on the CPU, (items, labels)."""
        self.model.eval()
        rows = [row for batch in _batches(items) for row in self._scores([picture for picture, _ in batch])]
        return torch.tensor(rows)

    def _scores(self, pictures: Sequence[Picture]) -> list[tuple[float, ...]]:
        judged = self.learner.classifier.classify([picture.open() for picture in pictures])
        return [one.scores for one in judged]

    def load_best(self, checkpoint: Path) -> None:
        """Put the weights of a checkpoint into the model, all of them, by the reading that knows their old names."""
        best = type(self.model).from_pretrained(checkpoint, local_files_only=True)  # type: ignore[attr-defined]
        self.model.load_state_dict(best.state_dict(), strict=True)

    def finish(self) -> None:
        """Nothing is left to do."""


def _batches(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (items[begin : begin + AT_ONCE] for begin in range(0, len(items), AT_ONCE))


def keep_statistics(model: nn.Module) -> None:
    """Let BatchNorm go on with the statistics that it has: those of a batch of 16 pictures are worse."""
    for module in model.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            module.eval()


class HeadOnFeatures(nn.Module):
    """The head alone, on features that are shifted and scaled to be about 0 and 1; its layer is the whole model's."""

    mean: Tensor
    scale: Tensor

    def __init__(self, layer: nn.Linear, seen: Tensor) -> None:
        super().__init__()
        self.layer = layer
        self.register_buffer("mean", seen.mean(0))
        self.register_buffer("scale", (seen - seen.mean(0)).square().mean().sqrt().clamp_min(1e-6))

    def forward(self, features: Tensor, labels: Tensor | None = None) -> dict[str, Tensor]:
        """Logits of shape (pictures, labels), and the loss where labels are given."""
        logits = self.layer((features - self.mean) / self.scale)
        return {"logits": logits} | ({} if labels is None else {"loss": nn.functional.cross_entropy(logits, labels)})

    @torch.no_grad()
    def fold(self) -> None:
        """Give the layer what it needs to read features as they are: the same logits, without shift and scale."""
        self.layer.weight.div_(self.scale)
        self.layer.bias.sub_(self.layer.weight @ self.mean)
        self.mean.zero_()
        self.scale.fill_(1)


class FeatureLesson:
    """Examples are the features that the frozen base hands to its head."""

    def __init__(self, learner: Learner, seen: Tensor) -> None:
        self.labels = learner.labels
        self.head = HeadOnFeatures(learner.layer, seen.to(learner.classifier.device.type))
        self.model: nn.Module = self.head
        self.load_best = None  # the Trainer's own way knows these names

    def items(self, pictures: Sequence[Picture], rows: Tensor) -> list[Item]:
        """The features, of which there are `rows`, with the numbers of their pictures' labels."""
        return [(row, self.labels.index(one.label)) for row, one in zip(rows, pictures, strict=True)]

    def collate(self, items: Sequence[Item]) -> dict[str, Tensor]:
        """Tensors for the head, with its `labels`."""
        return {
            "features": torch.stack([row for row, _ in items]),
            "labels": torch.tensor([label for _, label in items]),
        }

    @torch.inference_mode()
    def probabilities(self, items: Sequence[Item]) -> Tensor:
        """As those of `PixelLesson`."""
        self.model.eval()
        rows = torch.stack([row for row, _ in items]).to(self.head.mean.device)
        logits: Tensor = self.head(rows)["logits"]
        return logits.float().softmax(-1).cpu()

    def finish(self) -> None:
        """Make the whole model's head what the lesson learned."""
        self.head.fold()


def altered_copies(
    learner: Learner, pictures: Sequence[Picture], on_step: OnStep | None = None
) -> tuple[list[Picture], Tensor]:
    """Features of altered copies of pictures, two of each, and the picture that each row is of."""
    every = [picture for picture in pictures for _ in range(COPIES)]
    rows: list[Tensor] = []
    with pinned_threads(1):  # one after the other, so that the seed decides which copy is altered how
        for batch in _batches(every):
            rows.append(learner.classifier.features([altered(picture.open()) for picture in batch]))
            if on_step is not None:
                on_step(sum(map(len, rows)), len(every))
    return every, torch.cat(rows)
