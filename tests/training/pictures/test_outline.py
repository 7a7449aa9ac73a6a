"""The parts of a picture model, as a drawing shows them."""

import pytest

from tests.conftest import TinyModels
from training.pictures.bases import prepare
from training.pictures.outline import parts


@pytest.mark.parametrize("kind", ["timm", "vit", "resnet"])
@pytest.mark.parametrize("method", ["head", "block", "all"])
def test_the_parts_make_the_whole_and_say_what_learns(tiny_models: TinyModels, kind: str, method: str) -> None:
    base = str(getattr(tiny_models, kind)())
    model = prepare(base, ["a", "b", "c"], method).model
    learning = sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)

    found = parts(base, method, 3)

    assert sum(part.parameters for part in found) == sum(parameter.numel() for parameter in model.parameters())
    assert sum(part.parameters for part in found if part.trainable) == learning
    assert (found[-1].name, found[-1].trainable) == ("Head", True)
    blocks = [part for part in found if part.name.startswith("Block")]
    assert [part.name for part in blocks] == [f"Block {number + 1}" for number in range(len(blocks))]
    assert [part.trainable for part in blocks] == {
        "head": [False] * len(blocks),
        "block": [False] * (len(blocks) - 1) + [True],
        "all": [True] * len(blocks),
    }[method]
