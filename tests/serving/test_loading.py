"""From a key to a loaded wrapper: what is looked up, how often, and what is refused before anything is read."""

from pathlib import Path

import pytest

from models.catalog import ModelCard, Task
from models.device import Device
from models.errors import AulaError, DeviceUnavailable, PrecisionNotApplicable, UnknownModel
from models.precision import write_saved
from serving import loading
from serving.loading import ModelKey, load, resolved
from tests.conftest import TinyModels


def key_of(folder: Path, device: str = "cpu", precision: str | None = None) -> ModelKey:
    return ModelKey(Task.TEXT_GENERATION, str(folder), device, precision)


@pytest.fixture
def looked_up(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was looked up: cards and devices, in their order."""
    found: list[str] = []
    find_card, choose_device = loading.find_card, loading.choose_device

    def find(model_id: str, task: Task) -> ModelCard:
        found.append("card")
        return find_card(model_id, task)

    def choose(name: str) -> Device:
        found.append("device")
        return choose_device(name)

    monkeypatch.setattr(loading, "find_card", find)
    monkeypatch.setattr(loading, "choose_device", choose)
    return found


def test_card_and_device_are_looked_up_once_on_the_way(tiny_models: TinyModels, looked_up: list[str]) -> None:
    key = key_of(tiny_models.gpt2())
    resolved(key)
    wrapper = load(key)
    assert sorted(looked_up) == ["card", "device"]
    assert wrapper.card is key.card
    assert wrapper.device is key.chosen_device


def test_what_a_key_has_looked_up_does_not_make_it_another_key(tmp_path: Path) -> None:
    used, fresh = key_of(tmp_path), key_of(tmp_path)
    assert used.card.path == tmp_path
    assert used.chosen_device.type == "cpu"
    assert used == fresh
    assert hash(used) == hash(fresh)
    assert repr(used) == repr(fresh)


def test_a_key_that_is_made_anew_sees_what_the_folder_is_now(tmp_path: Path) -> None:
    assert resolved(key_of(tmp_path)).precision == "fp32"
    write_saved(tmp_path, "bf16", quantized=False)
    assert resolved(key_of(tmp_path)).precision == "bf16"


def test_nothing_is_looked_up_before_it_is_needed(looked_up: list[str]) -> None:
    key = ModelKey(Task.TEXT_GENERATION, "no such model", "cpu", "int8")
    assert resolved(key).precision == "int8"
    assert looked_up == ["device"]
    with pytest.raises(UnknownModel, match="no such model"):
        load(key)


@pytest.mark.parametrize(
    ("device", "precision", "error"),
    [
        ("cpu", "fp16", PrecisionNotApplicable),
        ("cpu", "int3", PrecisionNotApplicable),
        ("cuda", None, DeviceUnavailable),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, device: str, precision: str | None, error: type[AulaError]
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    monkeypatch.setattr(loading, "wrapper_class", lambda task: pytest.fail("a wrapper was imported"))
    with pytest.raises(error):
        load(key_of(tmp_path, device, precision))


def test_a_refusal_names_what_the_suite_has_instead(tmp_path: Path) -> None:
    with pytest.raises(PrecisionNotApplicable, match=r"“fp16” does not apply on the device “cpu”.*int8.*bnb-nf4"):
        load(key_of(tmp_path, precision="fp16"))
