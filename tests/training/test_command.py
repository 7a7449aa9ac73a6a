import subprocess
import sys

from training.command import sample

PROGRAM = "from models.errors import InvalidInput\nfrom training.command import run_command\n"


def command(body: str) -> subprocess.CompletedProcess[str]:
    program = f"{PROGRAM}def main(number: int = 1) -> None:\n    {body}\nrun_command(main)\n"
    return subprocess.run([sys.executable, "-c", program, "--number", "3"], capture_output=True, text=True, check=False)


def test_an_error_that_a_person_can_meet_is_one_sentence():
    done = command("raise InvalidInput('There is no data. Give --data a folder.')")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "There is no data. Give --data a folder.\n"


def test_a_defect_of_ours_shows_where_it_is():
    done = command("raise KeyError('a defect')")
    assert done.returncode == 1
    assert "Traceback" in done.stderr


def test_options_arrive():
    done = command("print(number)")
    assert (done.returncode, done.stdout) == (0, "3\n")


def test_a_sample_is_always_the_same_in_the_order_of_the_rows():
    rows = list(range(100))
    assert sample(rows, 10) == sample(rows, 10) == sorted(sample(rows, 10))
    assert len(sample(rows, 10)) == len(set(sample(rows, 10))) == 10
    assert sample(rows, None) == sample(rows, 100) == sample(rows, 200) == rows
    assert sample(rows, 10) != rows[:10]
