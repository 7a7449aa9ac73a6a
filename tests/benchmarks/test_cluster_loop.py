"""What follows from the times of the plain loop and of the cluster."""

import subprocess

import pytest

from benchmarks import cluster_loop
from benchmarks.cluster_loop import CLUSTER, PLAIN, line, pays_from
from models.errors import AulaError, InvalidInput


def test_start_and_picture_are_told_apart_and_where_the_lines_cross() -> None:
    plain = line({100: 5.0, 400: 14.0, 1600: 50.0})  # 2 s and 30 ms
    cluster = line({100: 14.0, 400: 20.0, 1600: 44.0})  # 12 s and 20 ms
    assert plain == pytest.approx((2.0, 0.03))
    assert cluster == pytest.approx((12.0, 0.02))
    assert pays_from((2.0, 0.030), (12.0, 0.020)) == pytest.approx(1000, abs=1)
    assert pays_from((2.0, 0.020), (12.0, 0.030)) is None


def test_both_sides_take_turns_and_the_table_says_who_wins(monkeypatch, capsys) -> None:
    asked = []

    def seconds(side, folder, number, settings, workers) -> float:
        asked.append((number, side))
        return (2 + 0.03 * number) if side == PLAIN else (12 + 0.02 * number)

    monkeypatch.setattr(cluster_loop, "_seconds", seconds)
    cluster_loop.main(pictures="2,4", repeats=2)

    assert asked == [(n, side) for n in (2, 4) for side in (PLAIN, CLUSTER, CLUSTER, PLAIN)]
    printed = capsys.readouterr().out
    assert "| 4 " in printed
    assert "The cluster pays: from 10" in printed


@pytest.mark.parametrize("pictures", ["100", "0,5", "many"])
def test_fewer_than_two_numbers_are_refused(pictures: str) -> None:
    with pytest.raises(InvalidInput, match="two numbers or more"):
        cluster_loop.main(pictures=pictures)


@pytest.mark.parametrize(
    ("code", "printed", "said"), [(1, "", "ended with an error"), (0, "3\n", "did 3 of 4 pictures")]
)
def test_a_side_that_did_not_do_all_is_a_sentence(code: int, printed: str, said: str, monkeypatch) -> None:
    def ended(command: list[str], **how: object) -> subprocess.CompletedProcess[str]:
        if how.get("check") and code:
            raise subprocess.CalledProcessError(code, command)
        return subprocess.CompletedProcess(command, code, printed)

    monkeypatch.setattr(cluster_loop.subprocess, "run", ended)
    with pytest.raises(AulaError, match=f"Nothing was measured: the side “plain” {said}"):
        cluster_loop.main(pictures="4,8")
