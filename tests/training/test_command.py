"""Programs of ours end with a sentence where there is one."""

import subprocess
import sys

PROGRAM = "from models.errors import InvalidInput\nfrom training.command import run_command\n"


def command(body: str) -> subprocess.CompletedProcess[str]:
    program = f"{PROGRAM}def main(number: int = 1) -> None:\n    {body}\nrun_command(main)\n"
    return subprocess.run([sys.executable, "-c", program, "--number", "3"], capture_output=True, text=True, check=False)


def test_an_error_that_a_person_can_meet_is_one_sentence() -> None:
    done = command("raise InvalidInput('There is no data. Give --data a folder.')")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "There is no data. Give --data a folder.\n"


def test_a_defect_of_ours_shows_where_it_is() -> None:
    done = command("raise KeyError('a defect')")
    assert done.returncode == 1
    assert "Traceback" in done.stderr


def test_options_arrive() -> None:
    done = command("print(number)")
    assert (done.returncode, done.stdout) == (0, "3\n")
