"""What memory remains, from the terminal, with a tiny GPT-2."""

import json

from tests.apps.commands import Aula
from tests.conftest import TinyModels


def test_freed_prints_a_row_for_each_cycle_and_the_verdict(aula: Aula, tiny_models: TinyModels) -> None:
    ended = aula("freed", tiny_models.gpt2(), "--cycles", "2", "--device", "cpu")

    assert ended.code == 0, ended.errors
    lines = ended.output.splitlines()
    assert lines[0].split("  ")[0] == "CYCLE"
    assert "AFTER UNLOAD" in lines[0]
    assert [line.split()[0] for line in lines[1:]] == ["1", "2"]
    assert "After unloading, " in ended.errors


def test_freed_in_json_and_its_refusals(aula: Aula, tiny_models: TinyModels) -> None:
    printed = json.loads(aula("freed", tiny_models.gpt2(), "--cycles", "1", "--device", "cpu", "--json").output)
    assert (printed["precision"], printed["cycles_asked"], len(printed["readings"]), len(printed["cycles"])) == (
        "fp32",
        1,
        4,
        1,
    )
    assert printed["verdict"].startswith("The first cycle left ")

    refused = aula("freed", tiny_models.gpt2(), "--cycles", "9", "--device", "cpu")
    assert (refused.code, refused.output) == (1, "")
    assert "from 1 to 5" in refused.errors
