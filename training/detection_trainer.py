"""Ultralytics' trainer, held to a budget, and made fast on a CPU. Knows nothing of where its pictures come from."""

import contextlib
import io
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from models.pictures.ultralytics_setup import prepare_ultralytics
from training.budget import Budget, learning_rate_factor
from training.events import Events

prepare_ultralytics()  # before the imports below

from ultralytics import __version__  # noqa: E402
from ultralytics.models.yolo.detect import DetectionTrainer  # noqa: E402
from ultralytics.nn.tasks import load_checkpoint  # noqa: E402
from ultralytics.utils.loss import v8DetectionLoss  # noqa: E402
from ultralytics.utils.torch_utils import unwrap_model  # noqa: E402

NETWORK = "yolov5n.yaml"
# In the run folder: ultralytics' checkpoints of the averaged weights, and the others with the optimizer's state.
LAST, BEST, STATE = Path("weights/last.pt"), Path("weights/best.pt"), Path("weights/state.pt")
SMALLEST_SIZE, SMALLEST_SIZE_OF_TRAINED = 192, 256  # pixels at the start, of new weights and of trained ones
WITHOUT_MOSAIC = 0.6  # part of the budget after which all pictures are shown whole, as they will be later
EVALUATIONS = 10
AVERAGED_STEPS = 500  # the weights that are kept are a running mean over about so many steps
SETTINGS = {
    "epochs": 10**6,  # the budget decides
    "patience": 0,
    "warmup_epochs": 0,
    "close_mosaic": 0,
    "mosaic": 0.5,
    "momentum": 0.9,
    "amp": False,
    "cache": "ram",
    "plots": False,
    "val": False,
    "verbose": False,
    "deterministic": False,
    "exist_ok": True,
}


class FloatLoss(v8DetectionLoss):
    """The loss in single precision: bfloat16 would place the edges of boxes an eighth of a cell off."""

    def loss(self, preds: dict[str, Any], batch: dict[str, Any]) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        floats = {name: value.float() if torch.is_tensor(value) else value for name, value in preds.items()}
        with torch.autocast(self.device.type, enabled=False):
            return super().loss(floats, batch)


class Autocast(torch.nn.Module):
    """Runs a model in bfloat16, which ultralytics refuses on a CPU; it unwraps this as it does parallel models."""

    def __init__(self, module: torch.nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, batch: dict[str, Any]) -> Any:
        """Loss and its parts for a batch with `img` of shape (pictures, 3, height, width)."""
        with torch.autocast(batch["img"].device.type, torch.bfloat16):
            return self.module(batch)


class BudgetTrainer(DetectionTrainer):
    """Learning rate, picture size, mosaic, evaluations and the end follow the budget instead of a count of epochs.

    The figure by which the best weights are kept is the mean AP50 of the classes `measured`. Set `stopped_by_signal`
    to end after the current step.
    """

    # Ultralytics sets these while it prepares and trains, and annotates them as None or as a path until then.
    model: Any
    lf: Any
    scheduler: Any
    optimizer: Any
    ema: Any
    validator: Any
    best_fitness: Any
    fitness: Any
    tloss: Any

    def __init__(self, overrides: dict[str, Any], budget: Budget, events: Events, measured: tuple[str, ...]) -> None:
        super().__init__(overrides={**SETTINGS, **overrides})
        self.budget, self.events, self.measured = budget, events, measured
        self.steps = 0
        self.stopped_by_signal = False
        self.mosaic_open = True
        self.smallest_size = SMALLEST_SIZE_OF_TRAINED if overrides.get("pretrained") else SMALLEST_SIZE
        self.evaluations_done = int(budget.fraction(0) * EVALUATIONS)
        for event, action in {
            "on_pretrain_routine_end": BudgetTrainer._prepare,
            "on_train_epoch_start": BudgetTrainer._begin_epoch,
            "on_train_batch_start": BudgetTrainer._begin_step,
            "on_train_batch_end": BudgetTrainer._end_step,
            "on_train_epoch_end": BudgetTrainer._end_epoch,
            "on_fit_epoch_end": BudgetTrainer._report,
            "on_model_save": BudgetTrainer._save_state,
        }.items():
            self.add_callback(event, action)

    @property
    def fraction(self) -> float:
        """How much of the budget is used up, 0–1."""
        return self.budget.fraction(self.steps)

    def get_dataloader(self, *arguments: Any, **options: Any) -> Any:
        """The pictures, without the bars that ultralytics draws while it reads them."""
        with contextlib.redirect_stdout(io.StringIO()):
            return super().get_dataloader(*arguments, **options)

    def set_model_attributes(self) -> None:
        """Prepare the network for bfloat16."""
        super().set_model_attributes()
        # Measured on a CPU with bfloat16 units: 26 ms a picture of 256 pixels, where NCHW in float32 takes 51.
        model = self.model.to(memory_format=torch.channels_last)
        model.criterion = FloatLoss(model)
        self.model = Autocast(model)

    def _setup_scheduler(self) -> None:
        self.lf = lambda epoch: learning_rate_factor(self.fraction)
        self.scheduler = torch.optim.lr_scheduler.LambdaLR(self.optimizer, lr_lambda=self.lf)

    def preprocess_batch(self, batch: dict[str, Any]) -> dict[str, Any]:
        """Small pictures first: what a cat is can be learned at 192 pixels in a third of the time of 320."""
        batch = super().preprocess_batch(batch)
        images, largest = batch["img"], self.args.imgsz
        smallest = min(self.smallest_size, largest)
        side = smallest + round((largest - smallest) * self.fraction**2 / self.stride) * self.stride
        if side != images.shape[-1]:
            images = torch.nn.functional.interpolate(images, (side, side), mode="bilinear", antialias=True)
        batch["img"] = images.contiguous(memory_format=torch.channels_last)
        return batch

    def validate(self) -> tuple[dict[str, float], float]:
        """The figures on the validation pictures, and the one that chooses the best weights."""
        metrics = self.validator(self)
        metrics.pop("fitness")
        box = self.validator.metrics.box
        by_name = {
            self.data["names"][number]: float(figure)
            for number, figure in zip(box.ap_class_index, box.ap50, strict=True)
        }
        precisions = [by_name[name] for name in self.measured if name in by_name]
        fitness = sum(precisions) / len(precisions) if precisions else 0.0
        self.best_fitness = fitness if self.best_fitness is None else max(self.best_fitness, fitness)
        return metrics, fitness

    def final_eval(self) -> None:
        """Nothing: it would strip the checkpoint that a resumed training needs."""

    def _save_state(self) -> None:
        model, optimizer = unwrap_model(self.model).state_dict(), self.optimizer.state_dict()
        torch.save({"steps": self.steps, "model": model, "optimizer": optimizer}, self.save_dir / STATE)
        self.budget.save(self.save_dir)

    def _load_state(self) -> None:
        """What ultralytics keeps is rounded to half precision, in which AdamW's small squares are 0: steps explode."""
        state = torch.load(self.save_dir / STATE, map_location=self.device, weights_only=True)
        self.steps = state["steps"]
        unwrap_model(self.model).load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])

    def _prepare(self) -> None:
        if self.resume:
            self._load_state()
        # The running mean is meant for 300 epochs; over 10,000 steps it would still remember the first ones.
        decay = 1 - 1 / AVERAGED_STEPS
        self.ema.decay = lambda updates: decay * (1 - math.exp(-updates / AVERAGED_STEPS))

    def _begin_epoch(self) -> None:
        if self.mosaic_open and self.fraction >= WITHOUT_MOSAIC:
            self.mosaic_open = False
            self._close_dataloader_mosaic()
            self.train_loader.reset()

    def _begin_step(self) -> None:
        factor = learning_rate_factor(self.fraction)
        for group in self.optimizer.param_groups:
            group["lr"] = group["initial_lr"] * factor

    def _end_step(self) -> None:
        self.steps += 1
        self.stop = self.stopped_by_signal or self.fraction >= 1.0

    def _end_epoch(self) -> None:
        due = int(self.fraction * EVALUATIONS)
        self.args.val = self.stop or due > self.evaluations_done
        self.evaluations_done = due
        if not self.args.val:
            self.fitness = None  # else the trainer takes the last figure for this epoch's

    def _report(self) -> None:
        fraction, left = self.fraction, self.budget.seconds_left(self.steps)
        self.events.step(self.steps, float(sum(self.tloss.values())), fraction, left)
        if self.args.val:
            self.events.evaluation(self.steps, {"mAP50": float(self.fitness)}, fraction)


@contextlib.contextmanager
def safe_globals_kept() -> Iterator[None]:
    """Whatever ultralytics reads in here, it may not add its classes for good to those that torch builds from files.

    Our own reader of checkpoints would be given them instead of its inert ones.
    """
    before = torch.serialization.get_safe_globals()
    try:
        yield
    finally:
        torch.serialization.clear_safe_globals()
        torch.serialization.add_safe_globals(before)


def save_weights(checkpoint: Path, file: Path, image_size: int) -> int:
    """Write only what a detector needs, in half precision: no optimizer, no path of this machine.

    The file is one that ultralytics reads too. Returns the number of parameters.
    """
    with safe_globals_kept():
        model, _ = load_checkpoint(checkpoint)
    settings = {"task": "detect", "imgsz": image_size}
    model.args, model.criterion = settings, None
    del model.pt_path
    model = model.half().to(memory_format=torch.contiguous_format).requires_grad_(False)
    file.parent.mkdir(parents=True, exist_ok=True)
    torch.save({"model": model, "train_args": settings, "version": __version__, "license": "AGPL-3.0"}, file)
    return sum(weight.numel() for weight in model.parameters())
