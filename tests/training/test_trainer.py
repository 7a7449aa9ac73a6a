"""The Trainer held to a budget: batches, interruptions, resuming, signals, and what it prints."""

import signal
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

from models.errors import InvalidInput
from tests.training.runs import assert_same_weights, interrupting
from training import trainer
from training.events import read
from training.muon import MuonWithAdamW
from training.options import Run
from training.trainer import Schedule, TokenBatches, fit

SIGNALS = (signal.SIGINT, signal.SIGTERM)
Batch = dict[str, torch.Tensor]


class Line(nn.Module):
    """y = a · x + b with dropout, so that a resumed training must also find its random numbers again."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(7)
        self.drop, self.line = nn.Dropout(0.3), nn.Linear(4, 1)

    def forward(self, x: torch.Tensor, y: torch.Tensor) -> Batch:
        return {"loss": (self.line(self.drop(x)).squeeze(-1) - y).square().mean()}


def examples() -> list[tuple[torch.Tensor, torch.Tensor]]:
    generator = torch.Generator().manual_seed(3)
    x = torch.randn(24, 4, generator=generator)
    return list(zip(x, x.sum(dim=1), strict=True))


def collate(rows: list[tuple[torch.Tensor, torch.Tensor]]) -> Batch:
    return {"x": torch.stack([x for x, _ in rows]), "y": torch.stack([y for _, y in rows])}


def error(model: Line) -> dict[str, float]:
    with torch.no_grad():
        return {"error": float(model(**collate(examples()))["loss"])}


def train(
    folder: Path, collate: Callable = collate, score: Callable = error, evaluations: int = 2, **options: object
) -> Line:
    """Three batches an epoch, and unless `options` say otherwise so many minutes that only steps move the rate."""
    model = Line()
    schedule = Schedule(0.05, evaluations=evaluations, metric="error", greater_is_better=False)
    run = Run(folder, **{"minutes": 10_000, "threads": 1, **options})
    fit(model, examples(), collate, TokenBatches([1] * 24, 8), schedule, run, score)
    return model


def ended(folder: Path) -> dict:
    return read(folder)[-1]


LENGTHS = [int(length) for length in torch.randint(3, 60, (500,), generator=torch.Generator().manual_seed(1))]


@pytest.mark.parametrize("epoch", range(4))
def test_every_example_is_seen_once_an_epoch_within_the_tokens(epoch) -> None:
    batches = TokenBatches(LENGTHS, tokens=400, seed=5)
    batches.set_epoch(epoch)
    found = list(batches._batches())
    assert sorted(index for batch in found for index in batch) == list(range(500))
    assert all(len(batch) * max(LENGTHS[index] for index in batch) <= 400 for batch in found)


def test_every_epoch_has_as_many_batches_as_the_first() -> None:
    batches = TokenBatches(LENGTHS, tokens=400, seed=5)
    for epoch in range(6):
        batches.set_epoch(epoch)
        found, whole = list(batches), batches._batches()
        assert len(found) == len(batches)
        # One more or less than in the first epoch is left out, or comes twice.
        assert abs(len(whole) - len(found)) <= 2
        assert len({tuple(batch) for batch in found}) == min(len(whole), len(found))


def test_batches_hold_examples_of_like_length() -> None:
    batches = TokenBatches(LENGTHS, tokens=400)
    padded = sum(len(batch) * max(LENGTHS[index] for index in batch) for batch in batches._batches())
    assert sum(LENGTHS) / padded > 0.85


def test_each_epoch_has_its_own_order_and_the_same_one_again() -> None:
    batches, again = TokenBatches(LENGTHS, 400, seed=5), TokenBatches(LENGTHS, 400, seed=5)
    first = list(batches)
    batches.set_epoch(1)
    assert list(batches) != first
    batches.set_epoch(0)
    assert list(batches) == list(again) == first
    assert list(TokenBatches(LENGTHS, 400, seed=6)) != first


def test_an_example_that_is_too_long_is_a_batch_of_its_own() -> None:
    assert sorted(map(sorted, TokenBatches([10, 900, 10], tokens=100))) == [[0, 2], [1]]


def test_training_learns_and_says_so(tmp_path) -> None:
    before = error(Line().eval())["error"]
    model = train(tmp_path, steps=40)
    assert error(model.eval())["error"] < before / 2
    events = read(tmp_path)
    assert [event["step"] for event in events if event["event"] == "evaluation"] == [20, 40]
    assert [event["step"] for event in events if event["event"] == "step"] == [20, 40]
    assert ended(tmp_path)["reason"] == "budget"
    assert ended(tmp_path)["figures"] == {
        "error": min(e["figures"]["error"] for e in events if e["event"] == "evaluation")
    }


@pytest.mark.parametrize("batch", [2, 5, 7])
def test_an_interrupted_training_resumes_to_the_same_weights(tmp_path, batch) -> None:
    """In the first epoch, in the middle of the second, and at its end."""
    whole = train(tmp_path / "whole", steps=10)
    train(tmp_path / "parts", collate=interrupting(collate, batch), steps=10)
    assert ended(tmp_path / "parts")["reason"] == "stopped"
    assert ended(tmp_path / "parts")["step"] < 10
    parts = train(tmp_path / "parts", steps=10, resume=True)
    assert (ended(tmp_path / "parts")["reason"], ended(tmp_path / "parts")["step"]) == ("budget", 10)
    assert_same_weights(parts, whole, rtol=0, atol=0)


def test_resuming_where_nothing_was_begun_begins(tmp_path) -> None:
    train(tmp_path / "new", steps=1, resume=True)
    assert (ended(tmp_path / "new")["reason"], ended(tmp_path / "new")["step"]) == ("budget", 1)


def test_each_epoch_brings_other_batches(tmp_path) -> None:
    seen: list[tuple[float, ...]] = []

    def remember(rows: list) -> Batch:
        seen.append(tuple(sorted(float(y) for _, y in rows)))
        return collate(rows)

    train(tmp_path, collate=remember, steps=9)
    epochs = [seen[start : start + 3] for start in (0, 3, 6)]
    assert len({frozenset(epoch) for epoch in epochs}) == 3
    assert len({tuple(sorted(y for batch in epoch for y in batch)) for epoch in epochs}) == 1


def test_time_ends_a_training(tmp_path) -> None:
    train(tmp_path, minutes=1e-9)
    assert (ended(tmp_path)["reason"], ended(tmp_path)["step"]) == ("budget", 1)
    assert (tmp_path / "checkpoint-1").is_dir()


def test_the_time_of_the_first_part_counts_in_the_second(tmp_path) -> None:
    train(tmp_path, collate=interrupting(collate, 2))
    (tmp_path / "budget.json").write_text('{"spent_seconds": 6e5}', encoding="utf-8")
    steps = ended(tmp_path)["step"]
    train(tmp_path, resume=True)
    assert (ended(tmp_path)["reason"], ended(tmp_path)["step"]) == ("budget", steps + 1)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_ends_a_training_with_the_best_weights_kept(tmp_path, number) -> None:
    kept: list[torch.Tensor] = []

    def worse_and_worse(model: Line) -> dict[str, float]:
        kept.append(model.line.weight.detach().clone())
        return {"error": float(len(kept))}

    model = train(tmp_path, collate=interrupting(collate, 8, number), score=worse_and_worse, evaluations=5, steps=20)
    assert len(kept) > 1
    torch.testing.assert_close(model.line.weight, kept[0])
    assert ended(tmp_path).items() >= {"reason": "stopped", "figures": {"error": 1.0}}.items()


def test_signals_mean_afterwards_what_they_meant_before(tmp_path) -> None:
    def mine(number: int, frame: object) -> None: ...

    before = {number: signal.signal(number, mine) for number in SIGNALS}
    try:
        train(tmp_path / "well", steps=1)
        assert [signal.getsignal(number) for number in SIGNALS] == [mine, mine]
        with pytest.raises(ZeroDivisionError):
            train(tmp_path / "badly", score=lambda model: {"error": 1 / 0}, steps=1)
        assert [signal.getsignal(number) for number in SIGNALS] == [mine, mine]
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def test_a_signal_while_the_best_weights_are_read_does_not_lose_them(tmp_path) -> None:
    heard: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: heard.append(number))
    schedule = Schedule(0.05, evaluations=1, metric="error", greater_is_better=False)
    run = Run(tmp_path, minutes=10_000, threads=1, steps=2)
    try:
        fit(Line(), examples(), collate, TokenBatches([1] * 24, 8), schedule, run, error,
            lambda checkpoint: signal.raise_signal(signal.SIGINT))  # fmt: skip
    finally:
        signal.signal(signal.SIGINT, before)
    assert heard == []
    assert ended(tmp_path)["reason"] == "stopped"


def test_a_new_training_begins_with_an_empty_folder(tmp_path) -> None:
    train(tmp_path, steps=9)
    train(tmp_path, steps=2)
    assert [event["step"] for event in read(tmp_path) if event["event"] == "evaluation"] == [1, 2]
    assert {path.name for path in tmp_path.glob("checkpoint-*")} == {"checkpoint-1", "checkpoint-2"}


def test_a_training_prints_its_events_and_nothing_else(tmp_path, capsys) -> None:
    train(tmp_path, steps=2)
    lines = capsys.readouterr().out.splitlines()
    assert all(line.startswith((" 50.0%", "50.0%", "100.0%", "Ended")) for line in lines), lines


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_loss_that_is_no_number_ends_a_training_with_a_sentence(tmp_path, number) -> None:
    def spoiled(rows: list) -> Batch:
        batch = collate(rows)
        return batch | {"y": batch["y"] + number}

    with pytest.raises(InvalidInput, match=r"diverged after \d+ steps.*well below 0\.05"):
        train(tmp_path, spoiled, steps=4)
    assert not any(event["event"] == "end" for event in read(tmp_path))


def test_muon_is_used_only_where_it_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    monkeypatch.setattr(trainer, "MuonWithAdamW", lambda *settings: made.append(settings) or MuonWithAdamW(*settings))
    assert (Schedule(0.05, 0.1).weight_decay, Schedule(0.05, 0.1).muon_rate) == (0.1, None)
    train(tmp_path / "adamw", steps=2)
    assert made == []

    schedule = Schedule(0.05, 0.1, muon_rate=0.02, evaluations=1, metric="error", greater_is_better=False)
    run = Run(tmp_path / "muon", minutes=10_000, threads=1, steps=2)
    fit(Line(), examples(), collate, TokenBatches([1] * 24, 8), schedule, run, error)
    assert [settings[1:] for settings in made] == [(0.02, 0.05, schedule.adam_beta2, 0.1)]
