"""Devices, and how much memory a model takes."""

import gc
import subprocess
import sys
import weakref

import pytest
import torch
from torch import nn

from models import device
from models.errors import DeviceUnavailable, InvalidInput


def test_cpu_is_taken_as_asked() -> None:
    assert str(device.choose_device("cpu")) == "cpu"


def test_auto_falls_back_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    chosen = device.choose_device("auto")
    assert chosen.type == "cpu"
    assert "No CUDA device" in chosen.reason


def test_auto_takes_cuda_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "Test Card")
    assert device.choose_device("auto") == device.Device("cuda", "CUDA on Test Card.")


def test_cuda_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(DeviceUnavailable, match="Choose the device “cpu”, or “auto”"):
        device.choose_device("cuda")


def test_a_device_that_was_chosen_before_comes_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: pytest.fail("chosen again"))
    chosen = device.Device("cuda", "CUDA on Test Card.")
    assert device.choose_device(chosen) is chosen


def test_other_names_are_refused_with_the_choices() -> None:
    with pytest.raises(InvalidInput, match="auto, cpu, cuda"):
        device.choose_device("gpu")


@pytest.mark.serial
def test_memory_in_use_grows_with_what_is_held() -> None:
    device.release_memory()  # what earlier tests left must not go away between the two readings
    before = device.memory_in_use()
    held = torch.ones(500_000_000, dtype=torch.uint8)
    assert device.memory_in_use() - before > held.numel() - 100_000_000


def test_released_memory_returns_to_the_system() -> None:
    held = [torch.ones(20_000) for _ in range(2000)]  # 160 MB in pieces that glibc would keep
    before = device.memory_in_use()
    held.clear()
    device.release_memory()
    assert before - device.memory_in_use() > 100_000_000


def test_footprint_counts_bytes_of_each_tensor() -> None:
    model = nn.Sequential(nn.Linear(10, 20), nn.BatchNorm1d(20))
    # weight and bias; then weight, bias, mean, variance in fp32, and one 64-bit counter
    assert device.footprint(model) == 4 * (10 * 20 + 20) + 4 * 4 * 20 + 8


def test_footprint_counts_tied_weights_once() -> None:
    embedding, head = nn.Embedding(100, 8), nn.Linear(8, 100, bias=False)
    head.weight = embedding.weight
    assert device.footprint(nn.ModuleList([embedding, head])) == 4 * 100 * 8


def test_footprint_follows_the_precision() -> None:
    assert device.footprint(nn.Linear(10, 20).to(torch.bfloat16)) == 2 * (10 * 20 + 20)


@pytest.mark.filterwarnings(
    "ignore::DeprecationWarning:torch.*", "ignore:.*quantize_dynamic.*", "ignore:.*deprecated.*"
)
def test_footprint_counts_packed_quantized_weights() -> None:
    model = torch.ao.quantization.quantize_dynamic(nn.Sequential(nn.Linear(64, 32)), {nn.Linear}, dtype=torch.qint8)
    # int8 weights and fp32 bias are inside a packed object that is no parameter; scales add a little
    assert 64 * 32 + 4 * 32 <= device.footprint(model) <= 64 * 32 + 4 * 32 + 16 * 32 + 64


@pytest.mark.skipif(sys.platform != "linux", reason="reads what Linux tells")
def test_processor_has_a_name() -> None:
    assert device.processor_name().strip()


def test_graphics_cards_are_asked_without_torch() -> None:
    assert all(isinstance(card, str) for card in device.graphics_cards())


class Ring:
    """Garbage that only the collector finds: it refers to itself."""

    def __init__(self) -> None:
        self.itself = self


@pytest.mark.usefixtures("collector")
def test_what_is_set_aside_is_looked_through_when_memory_is_released() -> None:
    model = Ring()
    seen = weakref.ref(model)
    device.set_aside_what_lives()
    assert gc.get_freeze_count() > 0

    del model
    gc.collect()
    assert seen() is not None  # this is what setting aside means
    device.release_memory()

    assert seen() is None
    assert gc.get_freeze_count() > 0


@pytest.mark.usefixtures("collector")
def test_garbage_is_not_set_aside() -> None:
    seen = weakref.ref(Ring())

    device.set_aside_what_lives()

    assert seen() is None


@pytest.mark.usefixtures("collector")
def test_garbage_of_later_is_collected_by_itself() -> None:
    device.set_aside_what_lives()
    seen = weakref.ref(Ring())

    for _ in range(200_000):  # as containers that a few dozen runs of a page leave behind
        Ring()

    assert seen() is None


def test_at_the_end_nothing_is_set_aside_so_that_no_library_complains() -> None:
    program = (
        "import atexit, gc\n"
        "from models import device\n"
        "atexit.register(lambda: print(gc.get_freeze_count()))\n"  # what is registered first comes last
        "device.set_aside_what_lives()\n"
        "print(gc.get_freeze_count() > 0)\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ended.stdout.split() == ["True", "0"]


@pytest.mark.usefixtures("collector")
def test_without_a_server_nothing_is_set_aside() -> None:
    device.release_memory()

    assert gc.get_freeze_count() == 0
