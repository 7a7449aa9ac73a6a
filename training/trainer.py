"""What trainings share: the Hugging Face Trainer, held to a budget. Knows nothing of any task."""

import math
import shutil
import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import KW_ONLY, dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from torch.utils.data import DataLoader
from transformers import PrinterCallback, Trainer, TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from transformers.trainer_utils import get_last_checkpoint

from models.errors import InvalidInput
from training.budget import NAME as BUDGET
from training.budget import Budget, learning_rate_factor
from training.events import NAME as EVENTS
from training.events import Events
from training.muon import MuonWithAdamW
from training.options import Run
from training.speed import SpeedWatch, keep_memory

Evaluate = Callable[[Any], dict[str, float]]


class Examples(Protocol):
    """What is trained on: a list, or rows of an array."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> Any: ...


SHARE_WORTH_TELLING = 0.01
_NEVER = 10**9  # steps between evaluations: the callback below decides


@dataclass(frozen=True)
class Schedule:
    """How a model is trained: peak learning rate, regularization, and how often it is evaluated within the budget.

    `half`: in bfloat16 where that is exact enough. Convolutions are slower so, on most processors. With a `muon_rate`,
    Muon moves the matrices at that rate, and AdamW the rest at `learning_rate`.
    """

    learning_rate: float
    weight_decay: float = 0.01
    _: KW_ONLY
    muon_rate: float | None = None
    warmup: float = 0.03
    label_smoothing: float = 0.0
    adam_beta2: float = 0.999
    evaluations: int = 8
    metric: str = "f1"
    greater_is_better: bool = True
    logging_steps: int = 20
    half: bool = True


class TokenBatches:
    """Batches of about `tokens` padded tokens, of examples of like length, in a new order every epoch.

    `noise` is how far lengths may differ for neighbours, as a share: the more, the more padding, and the more mixture.
    """

    def __init__(self, lengths: Sequence[float] | torch.Tensor, tokens: int, seed: int = 0, noise: float = 0.1) -> None:
        self.lengths = torch.as_tensor(lengths)
        self.tokens = tokens
        self.seed = seed
        self.noise = noise
        self.epoch = 0
        self.count = len(self._batches())

    def set_epoch(self, epoch: int) -> None:
        """Choose the order of an epoch; a resumed training finds the one it left."""
        self.epoch = epoch

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[list[int]]:
        batches = self._batches()
        order = torch.randperm(len(batches), generator=self._generator()).tolist()
        # Every epoch gives the same number of batches, because the Trainer counts them once.
        for index in range(self.count):
            yield batches[order[index % len(order)]]

    def _generator(self) -> torch.Generator:
        return torch.Generator().manual_seed(self.seed * 100_003 + self.epoch)

    def _batches(self) -> list[list[int]]:
        # Noise on the lengths makes other neighbours each epoch, at the price of a little padding.
        noise = torch.rand(len(self.lengths), generator=self._generator())
        by_length = torch.argsort(self.lengths * (1 + self.noise * noise)).tolist()
        batches: list[list[int]] = []
        batch: list[int] = []
        longest = 0
        for index in by_length:
            longest = max(longest, int(self.lengths[index]))
            if batch and longest * (len(batch) + 1) > self.tokens:
                batches.append(batch)
                batch, longest = [], int(self.lengths[index])
            batch.append(index)
        return [*batches, batch]


class _Watch(TrainerCallback):
    """Evaluates at equal parts of the budget, ends at its end or on a signal, and tells how far the training is."""

    def __init__(self, budget: Budget, schedule: Schedule, folder: Path, speed: SpeedWatch) -> None:
        self.budget, self.schedule, self.folder = budget, schedule, folder
        self.events = Events(folder)
        self.speed = speed
        self.done_evaluations = 0
        self.stopped_by_signal = False
        self.handlers: dict[int, Any] = {}

    def on_train_begin(self, args: Any, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            self.handlers[number] = signal.signal(number, self._on_signal)
        self.done_evaluations = int(self.budget.fraction(state.global_step) * self.schedule.evaluations)

    def give_signals_back(self) -> None:
        """Let Ctrl-C mean again what it meant before the training."""
        for number, handler in self.handlers.items():
            signal.signal(number, handler)

    def _on_signal(self, number: int, frame: object) -> None:
        self.stopped_by_signal = True

    def on_step_end(self, args: Any, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        fraction = self.budget.fraction(state.global_step)
        ended = fraction >= 1.0 or self.stopped_by_signal
        due = int(fraction * self.schedule.evaluations)
        if ended or due > self.done_evaluations:
            self.done_evaluations = due
            control.should_evaluate = control.should_save = control.should_log = True
        control.should_training_stop = ended

    def on_save(self, args: Any, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        self.budget.save(self.folder)

    def on_log(self, args: Any, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        step, logs = state.global_step, kwargs["logs"]
        if "loss" in logs:
            if not math.isfinite(logs["loss"]):
                raise diverged(args.learning_rate, step)
            self.events.step(step, logs["loss"], self.budget.fraction(step), self.budget.seconds_left(step))

    def on_evaluate(self, args: Any, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        figures = {name.removeprefix("eval_"): value for name, value in kwargs["metrics"].items()}
        # Of a head of a few hundred numbers there is nothing to tell.
        if (speed := self.speed.speed()) is not None and speed.share >= SHARE_WORTH_TELLING:
            self.events.speed(state.global_step, speed.operations, speed.share, speed.seconds_a_step)
        self.events.evaluation(state.global_step, figures, self.budget.fraction(state.global_step))


def diverged(learning_rate: float, step: int | None = None) -> InvalidInput:
    """What to say where weights have grown beyond every number: there is nothing to keep."""
    after = "" if step is None else f" after {step} steps"
    return InvalidInput(
        f"The training diverged{after}: its loss is no longer a number. "
        f"Choose a learning rate well below {learning_rate:g}."
    )


class _BudgetTrainer(Trainer):
    """The Trainer with batches by tokens, a learning rate that follows the budget, and the task's own evaluation."""

    # The Trainer annotates what it may lack before a training; here each is given.
    model: Any
    train_dataset: Any
    optimizer: Any

    def __init__(self, budget: Budget, schedule: Schedule, batches: TokenBatches, score: Evaluate, **rest: Any) -> None:
        super().__init__(**rest)
        self.budget, self.schedule, self.batches, self.score = budget, schedule, batches, score

    def get_train_dataloader(self) -> DataLoader:
        loader = DataLoader(self.train_dataset, batch_sampler=self.batches, collate_fn=self.data_collator)
        # Only a prepared one passes the number of the epoch on to its batches.
        return self.accelerator.prepare(loader)

    def create_optimizer(self, model: Any = None) -> torch.optim.Optimizer:
        schedule = self.schedule
        if schedule.muon_rate is None:
            return super().create_optimizer(model)
        self.optimizer = MuonWithAdamW(
            model or self.model, schedule.muon_rate, schedule.learning_rate, schedule.adam_beta2, schedule.weight_decay
        )
        return self.optimizer

    def create_scheduler(self, num_training_steps: int, optimizer: Any = None) -> Any:
        def factor(step: int) -> float:
            return learning_rate_factor(self.budget.fraction(step), self.schedule.warmup)

        self.lr_scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer or self.optimizer, factor)
        return self.lr_scheduler

    def evaluate(self, *args: Any, **kwargs: Any) -> dict[str, float]:
        self.model.eval()
        with torch.inference_mode(), torch.autocast(self.args.device.type, torch.bfloat16, self.schedule.half):
            figures = self.score(self.model)
        metrics = {f"eval_{name}": value for name, value in figures.items()}
        self.model.train()
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics


def fit(
    model: Any,
    examples: Examples,
    collate: Callable[[list[Any]], dict[str, Any]],
    batches: TokenBatches,
    schedule: Schedule,
    run: Run,
    evaluate: Evaluate,
    load_best: Callable[[Path], None] | None = None,
    begun: bool = False,
) -> dict[str, float]:
    """Train `model` in place until the budget is spent or a signal comes; it ends with the best weights seen.

    Returns the figures of those weights, as `evaluate` gave them. A resumed training goes on from its last checkpoint.
    `load_best` puts the weights of a checkpoint into the model where the Trainer would load some of them under other
    names, and only log that: then it ends as a mixture of two checkpoints (transformers 5.23, ViT and DeiT). `begun`:
    the run folder has been cleaned already (`forget`), and holds events of this training.
    """
    if run.threads:
        torch.set_num_threads(run.threads)
    keep_memory()
    budget = Budget(run.minutes, run.steps)
    if run.resume:
        budget.resume(run.folder)
    elif not begun:
        forget(run.folder)
    speed = SpeedWatch(torch.bfloat16 if schedule.half else torch.float32, run.device)
    watch = _Watch(budget, schedule, run.folder, speed)
    # The Trainer agrees to evaluate only with a data set for it; `evaluate` brings its own.
    trainer = _BudgetTrainer(
        budget, schedule, batches, evaluate, model=model, args=_arguments(schedule, run, load_best is None),
        train_dataset=examples, eval_dataset=examples, data_collator=collate,
        compute_loss_func=_smoothed(schedule.label_smoothing) if schedule.label_smoothing else None,
        callbacks=[watch, speed],
    )  # fmt: skip
    trainer.remove_callback(PrinterCallback)  # the events are printed already
    try:
        trainer.train(resume_from_checkpoint=get_last_checkpoint(str(run.folder)) if run.resume else None)
        if load_best is not None and trainer.state.best_model_checkpoint:
            load_best(Path(trainer.state.best_model_checkpoint))
        figures = watch.events.best(schedule.metric, schedule.greater_is_better)
        watch.events.end("stopped" if watch.stopped_by_signal else "budget", trainer.state.global_step, figures)
    finally:
        watch.give_signals_back()  # not before: a Stop while the best weights are read would lose them
    return figures


def _smoothed(smoothing: float) -> Callable[..., torch.Tensor]:
    """Cross-entropy with label smoothing (Szegedy et al. 2016), in one step instead of the Trainer's five."""

    def loss(outputs: Any, labels: torch.Tensor, num_items_in_batch: Any = None) -> torch.Tensor:
        logits = outputs["logits"]  # (texts, tokens, vocabulary)
        return torch.nn.functional.cross_entropy(logits.flatten(0, 1), labels.flatten(), label_smoothing=smoothing)

    return loss


def forget(folder: Path) -> None:
    """Remove what an earlier training left in the run folder: its checkpoints and figures would be taken for ours."""
    for checkpoint in folder.glob("checkpoint-*"):
        shutil.rmtree(checkpoint)
    for name in (EVENTS, BUDGET):
        (folder / name).unlink(missing_ok=True)


def _arguments(schedule: Schedule, run: Run, load_best: bool) -> TrainingArguments:
    return TrainingArguments(
        output_dir=str(run.folder),
        max_steps=run.steps or _NEVER,
        seed=run.seed,
        use_cpu=run.device == "cpu",
        bf16=schedule.half,
        learning_rate=schedule.learning_rate,
        weight_decay=schedule.weight_decay,
        adam_beta2=schedule.adam_beta2,
        max_grad_norm=1.0,
        eval_strategy="steps",
        save_strategy="steps",
        eval_steps=_NEVER,
        save_steps=_NEVER,
        save_total_limit=2,
        load_best_model_at_end=load_best,
        metric_for_best_model=schedule.metric,
        greater_is_better=schedule.greater_is_better,
        logging_steps=schedule.logging_steps,
        logging_nan_inf_filter=False,  # else a loss that is no number is told as the mean of those before
        disable_tqdm=True,
        report_to=[],
        remove_unused_columns=False,
        average_tokens_across_devices=False,
    )
