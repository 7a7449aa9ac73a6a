"""A training's state in words."""

from apps.words.training_state import state_text
from training.job_folders import Standing

STEP = {"event": "step", "step": 1, "fraction": 0.1}
EVALUATION = {"event": "evaluation", "step": 9, "figures": {"accuracy": 0.5}, "fraction": 0.2}


def test_a_loss_that_grows_is_told_while_the_training_runs() -> None:
    losses = [STEP | {"loss": loss, "seconds_left": 9} for loss in (0.7, 2.4, 57.6)]
    assert "learning rate" not in state_text(Standing("running", fraction=0.1, events=losses[:2]))
    said = state_text(Standing("running", fraction=0.1, events=losses))
    assert said.endswith("the loss grew from 0.7 to 58: the learning rate may be too large")


def test_what_was_stopped_keeps_weights_only_where_there_were_any() -> None:
    kept = "the best weights so far are kept"
    for state in ("stopping", "stopped"):
        assert kept not in state_text(Standing(state))
        assert kept not in state_text(Standing(state, events=[STEP]))
        assert kept in state_text(Standing(state, events=[STEP, EVALUATION]))
    assert "nothing to keep" in state_text(Standing("stopped"))
