"""What a run of a page costs in a server that has loaded a model, and whether its memory creeps.

Starts the suite twice, as it is and with Streamlit's own habit of collecting all garbage after every run, and asks both
in turn: python -m benchmarks.page_runs [--runs 500] [--computations 100]. Talks to the servers as a browser does.
With --soak 2,000 runs and 500 computations, unless told otherwise, of the suite as it is: ends with exit code 1 where
memory leaves the level that it had after the first hundred.
"""

import argparse
import contextlib
import statistics
import sys
from collections.abc import Iterator

import psutil

from serving.visits.suite import running_suite
from serving.visits.visit import Visit

PAGES = ("text_classification", "question_answering", "number_formats", "object_detection")
COMPUTING = ("text_classification", "Classify")
RUNS_A_SESSION = 5
SOAK = {"runs": 2000, "computations": 500}
SOAK_ROUNDS = 10
_SETTLED = 100  # runs, and a fifth as many computations, until everything that is kept has been made
_CREEP = 0.05  # of the level


@contextlib.contextmanager
def server(collecting: bool) -> Iterator[tuple[int, psutil.Process]]:
    """The suite on a port of its own, with Streamlit's collection after each run or without."""
    habit = {"AULA_PRELOAD": "0"}  # which would still be reading while we measure
    if collecting:
        habit["STREAMLIT_RUNNER_POST_SCRIPT_GC"] = "true"
    with running_suite(habit) as suite:
        yield suite.port, suite.process


def compute(port: int, times: int) -> list[float]:
    """Press the button so many times in one tab; the seconds of each."""
    page, button = COMPUTING
    tab = Visit(port, page)
    tab.run()
    seconds = [tab.run(button) for _ in range(times)]
    assert not tab.problems, tab.problems
    tab.close()
    return seconds


def open_pages(port: int, runs: int) -> list[float]:
    """Open one page after the other, run each a few times and close it; the seconds of each run."""
    seconds = []
    for number in range(runs // RUNS_A_SESSION):
        tab = Visit(port, PAGES[number % len(PAGES)])
        seconds += [tab.run() for _ in range(RUNS_A_SESSION)]
        tab.close()
    return seconds


def megabytes(process: psutil.Process) -> int:
    """The memory in use."""
    return round(process.memory_info().rss / 1e6)


def race(rounds: int) -> None:
    """Print what a page costs with and without the collection, in turns, with a model in memory.

    Seconds of the processor, not of the clock: the collection comes after the page has been sent, so that not this
    person waits for it but the next ones, and other programs on the machine do not count.
    """
    with server(True) as collecting, server(False) as ours:
        costs: list[list[float]] = [[], []]
        for port, _ in (collecting, ours):
            compute(port, 1)
            open_pages(port, 20)  # the first run of a page reads what it needs
        for _ in range(rounds):
            for (port, process), seconds in zip((collecting, ours), costs, strict=True):
                seconds.append(cost(port, process, 20))
    ratios = [dear / cheap for dear, cheap in zip(*costs, strict=True)]
    dear, cheap = map(statistics.median, costs)
    print(f"A run of a page: {dear:.3f} s of a core with the collection, {cheap:.3f} s without, ", end="")
    print(f"{statistics.median(ratios):.1f} times ({min(ratios):.1f} to {max(ratios):.1f} in {rounds} rounds in turn)")


def cost(port: int, process: psutil.Process, runs: int) -> float:
    """Seconds of a core that a run of a page takes from the server."""
    before = sum(process.cpu_times()[:2])
    open_pages(port, runs)
    return (sum(process.cpu_times()[:2]) - before) / runs


def creep(runs: int, computations: int, collecting: bool) -> None:
    """Print the server's memory while pages run and models compute."""
    with server(collecting) as (port, process):
        compute(port, 2)
        open_pages(port, 20)
        memory = [megabytes(process)]
        for _ in range(5):
            open_pages(port, runs // 5)
            memory.append(megabytes(process))
        for _ in range(5):
            compute(port, computations // 5)
            memory.append(megabytes(process))
    how = "with" if collecting else "without"
    told = ", ".join(map(str, memory))
    print(f"Memory {how} the collection, at the start, in {runs} runs and in {computations} computations: {told} MB")


def soak(runs: int, computations: int) -> bool:
    """Print the server's memory in rounds of both; whether it kept within 5 % of its level after the first hundred."""
    with server(collecting=False) as (port, process):
        compute(port, _SETTLED // 5)
        open_pages(port, _SETTLED)
        level, memory = megabytes(process), []
        print(f"{level} MB after the first hundred, then", end=" ", flush=True)
        for _ in range(SOAK_ROUNDS):
            open_pages(port, runs // SOAK_ROUNDS)
            compute(port, computations // SOAK_ROUNDS)
            memory.append(megabytes(process))
            print(f"{memory[-1]} MB", end=" ", flush=True)
    stayed = all(abs(each - level) <= _CREEP * level for each in memory)
    lowest, highest = min(memory) / level - 1, max(memory) / level - 1
    print(f"\n{runs} runs of pages and {computations} computations: ", end="")
    print(f"{lowest:+.1%} to {highest:+.1%}, {'steady' if stayed else 'NOT steady'}")
    return stayed


def main() -> None:
    """Read the command line, and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--soak", action="store_true", help="only look whether memory creeps")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--runs", type=int)
    parser.add_argument("--computations", type=int)
    chosen = parser.parse_args()
    if chosen.soak:
        sys.exit(not soak(chosen.runs or SOAK["runs"], chosen.computations or SOAK["computations"]))
    race(chosen.rounds)
    for collecting in (False, True):
        creep(chosen.runs or 500, chosen.computations or 100, collecting)


if __name__ == "__main__":
    main()
