"""What a training tells while it runs: one line of JSON an event, and the same for a person."""

import json

from training.events import Events, read, readable


def test_events_come_back_as_they_were_written(tmp_path) -> None:
    events = Events(tmp_path / "run")
    events.step(20, loss=2.3456789, fraction=0.12345, seconds_left=100.4)
    events.evaluation(20, {"f1": 61.5}, fraction=0.2)
    events.end("budget", 40, {"f1": 61.5})
    step, evaluation, end = read(tmp_path / "run")
    assert (
        step.items() >= {"event": "step", "step": 20, "loss": 2.34568, "fraction": 0.1235, "seconds_left": 100}.items()
    )
    assert evaluation.items() >= {"event": "evaluation", "figures": {"f1": 61.5}, "fraction": 0.2}.items()
    assert end.items() >= {"event": "end", "reason": "budget", "step": 40}.items()


def test_the_terminal_says_the_same(tmp_path, capsys) -> None:
    events = Events(tmp_path)
    events.step(20, 2.3456, 0.5, 89)
    events.evaluation(20, {"f1": 61.54321, "exact": 0.5}, 0.5)
    events.end("stopped", 20, {"f1": 61.5})
    assert capsys.readouterr().out.splitlines() == [
        "50.0%  step 20  loss 2.346  89 s left",
        "50.0%  step 20  f1 61.54, exact 0.5",
        "Ended after 20 steps (stopped). Best: f1 61.5",
    ]


def test_minutes_are_minutes(tmp_path, capsys) -> None:
    Events(tmp_path).step(1, 1.0, 0.0, 5_400)
    assert "90 min left" in capsys.readouterr().out


def test_a_line_that_is_being_written_waits_for_the_next_time(tmp_path) -> None:
    Events(tmp_path).evaluation(1, {"f1": 1.0}, 0.1)
    with (tmp_path / "events.jsonl").open("a", encoding="utf-8") as out:
        out.write('{"event": "st')
        out.flush()
        assert len(read(tmp_path)) == 1
        out.write('ep"}\n')
    assert len(read(tmp_path)) == 2


def test_there_are_no_events_before_a_training(tmp_path) -> None:
    assert read(tmp_path / "nowhere") == []


def test_the_best_figures_are_those_of_the_best_evaluation(tmp_path) -> None:
    events = Events(tmp_path)
    assert events.best("f1", greater_is_better=True) == {}
    for f1 in (0.3, 0.5, 0.4):
        events.evaluation(1, {"f1": f1, "other": -f1}, 0.1)
    assert events.best("f1", greater_is_better=True) == {"f1": 0.5, "other": -0.5}
    assert Events(tmp_path).best("f1", greater_is_better=False)["f1"] == 0.3


def test_a_line_is_one_json_object(tmp_path) -> None:
    Events(tmp_path).evaluation(1, {"f1": 0.5}, 0.1)
    [line] = (tmp_path / "events.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["figures"] == {"f1": 0.5}
    assert readable({"f1": 0.123456}) == "f1 0.1235"
