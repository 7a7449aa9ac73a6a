"""A resumed training of the detector goes on with the weights and the optimizer that it stopped with."""

from pathlib import Path

from tests.training.tiny_data import SIZE, photographs
from training.budget import Budget
from training.detection_data import unpack
from training.events import Events
from training.object_detection import MEASURED, fit
from training.options import Run


def test_a_resumed_training_has_the_very_weights_and_optimizer_it_stopped_with(tmp_path: Path) -> None:
    import torch

    from training.detection_trainer import LAST, STATE, BudgetTrainer, safe_globals_kept, unwrap_model

    pictures = unpack(photographs(tmp_path), tmp_path / "dataset")
    fit(pictures, Run(tmp_path, minutes=10, steps=2, threads=1), SIZE)
    saved = torch.load(tmp_path / STATE, weights_only=True)
    with safe_globals_kept():
        settings = {"resume": str(tmp_path / LAST), "data": str(pictures.description)}
        trainer = BudgetTrainer(settings, Budget(10.0), Events(tmp_path), MEASURED)
        trainer._setup_train()
    weights, moments = unwrap_model(trainer.model).state_dict(), trainer.optimizer.state_dict()["state"]
    assert trainer.steps == 2
    assert all(weights[name].equal(tensor) for name, tensor in saved["model"].items())
    kept = saved["optimizer"]["state"]
    assert all(moments[number]["exp_avg_sq"].equal(kept[number]["exp_avg_sq"]) for number in kept)
    # In half precision, squares of small gradients would be zero and the next step far too long.
    assert all(moments[number]["exp_avg_sq"].dtype == torch.float32 for number in kept)
