"""Models in memory: shared, queued for, bounded in bytes, and really gone when they go."""

import gc
import sys
import threading
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from models.catalog import Task
from models.errors import Cancelled, DamagedFile, InvalidInput, ModelNotHere, OutOfMemory
from models.memory import machine_memory
from models.precision import write_saved
from serving.loading import ModelKey
from serving.model_store import MEMORY_VARIABLE, ModelStore, capacity_from_environment, expected_bytes

NAMES = ("fp32", "int8", "openvino", "openvino-int8")
LONG = 120.0  # how long a test waits for what must happen, on a slow machine; nothing here measures speed


class Model:
    """A stand-in for a wrapper: the store asks for nothing but its footprint, and how many may use it at once."""

    def __init__(self, footprint: int, people: int = 1):
        self.footprint, self.people = footprint, people


@dataclass
class Loader:
    """Loads models whose names are their sizes, and remembers what it has loaded."""

    loads: list[str] = field(default_factory=list)
    larger_by: int = 0
    before: Callable[[str], None] = lambda name: None

    def __call__(self, key: ModelKey, on_step: Callable[[str], None]) -> Model:
        on_step("Loading")
        self.loads.append(key.model_id)
        self.before(key.model_id)
        return Model(size_of(key) + self.larger_by)


def size_of(key: ModelKey) -> int:
    return int(key.model_id.split("-")[0])


def key_of(name: str, **other: str) -> ModelKey:
    return ModelKey(Task.TEXT_GENERATION, name, **{"device": "cpu", "precision": "fp32", **other})


def store_of(capacity: int, loader: Loader | None = None) -> ModelStore:
    return ModelStore(capacity, loader or Loader(), size_of)


def names(store: ModelStore) -> list[str]:
    return [key.model_id for key in store.loaded()]


def use_once(store: ModelStore, name: str) -> None:
    with store.use(key_of(name)):
        pass


class Borrower:
    """Somebody who borrows a model, in a thread of their own, until told to give it back."""

    def __init__(self, store: ModelStore, name: str):
        self.cancelled, self.give_back = threading.Event(), threading.Event()
        self.has_it, self.waits, self.gone = threading.Event(), threading.Event(), threading.Event()
        self.steps: list[str] = []
        self.model: Any = None
        self.error: Exception | None = None
        threading.Thread(target=self._live, args=(store, key_of(name)), daemon=True).start()

    def _live(self, store: ModelStore, key: ModelKey) -> None:
        try:
            with store.use(key, self.cancelled, lambda ahead: self.waits.set(), self._step) as self.model:
                self.has_it.set()
                self.give_back.wait(LONG)
        except Exception as error:
            self.error = error
        self.gone.set()

    def _step(self, step: str) -> None:
        self.steps.append(step)
        if step.startswith("Waiting"):
            self.waits.set()


def test_two_sessions_share_one_load() -> None:
    loader = Loader()
    store = store_of(100, loader)
    first = Borrower(store, "10-a")
    assert first.has_it.wait(LONG)
    second = Borrower(store, "10-a")
    assert second.waits.wait(LONG)
    assert not second.has_it.is_set()
    first.give_back.set()
    assert second.has_it.wait(LONG)
    second.give_back.set()
    assert loader.loads == ["10-a"]
    assert second.model is first.model


def test_who_arrives_during_loading_waits_for_that_load() -> None:
    loading, go_on = threading.Event(), threading.Event()

    def slowly(name: str) -> None:
        loading.set()
        assert go_on.wait(LONG)

    loader = Loader(before=slowly)
    store = store_of(100, loader)
    first = Borrower(store, "10-a")
    assert loading.wait(LONG)
    second = Borrower(store, "10-a")
    assert second.waits.wait(LONG)
    go_on.set()
    first.give_back.set()
    second.give_back.set()
    assert second.gone.wait(LONG)
    assert loader.loads == ["10-a"]


def test_a_model_that_computes_together_serves_several_and_stays_while_one_of_them_is_there() -> None:
    store = ModelStore(100, lambda key, on_step: Model(size_of(key), people=2), size_of)
    first, second = Borrower(store, "60-a"), Borrower(store, "60-a")
    assert first.has_it.wait(LONG)
    assert second.has_it.wait(LONG)
    assert first.model is second.model
    third = Borrower(store, "60-a")
    assert third.waits.wait(LONG)
    assert not third.has_it.is_set()
    first.give_back.set()
    assert third.has_it.wait(LONG)
    second.give_back.set()
    assert second.gone.wait(LONG)
    assert store.unload() == 0
    third.give_back.set()
    assert third.gone.wait(LONG)
    assert store.unload() == 60
    assert names(store) == []


def test_auto_and_the_device_it_means_are_one_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    loader = Loader()
    store = store_of(100, loader)
    with store.use(key_of("10-a", device="auto")):
        pass
    with store.use(key_of("10-a", device="cpu")):
        pass
    assert loader.loads == ["10-a"]


def test_another_precision_is_another_model() -> None:
    loader = Loader()
    store = store_of(100, loader)
    for precision in ("fp32", "int8"):
        with store.use(key_of("10-a", precision=precision)):
            pass
    assert loader.loads == ["10-a", "10-a"]
    assert sum(store.loaded().values()) == 20


def test_a_key_that_somebody_kept_does_not_serve_what_the_folder_was(tmp_path: Path) -> None:
    loaded: list[str | None] = []

    def load_model(key: ModelKey, on_step: Callable[[str], None]) -> Model:
        loaded.append(key.card.saved_in)
        return Model(10)

    store = ModelStore(100, load_model, lambda key: 10)
    kept = ModelKey(Task.TEXT_GENERATION, str(tmp_path), "cpu")
    assert kept.card.saved_in is None
    with store.use(kept):
        pass
    write_saved(tmp_path, "bf16", quantized=False)
    with store.use(kept):
        pass
    assert loaded == [None, "bf16"]
    assert [key.precision for key in store.loaded()] == ["bf16", "fp32"]


def test_the_least_recently_used_goes_first() -> None:
    store = store_of(100)
    for name in ("40-a", "40-b", "40-a", "40-c"):
        use_once(store, name)
    assert names(store) == ["40-c", "40-a"]


def test_several_go_when_one_is_not_enough() -> None:
    store = store_of(100)
    for name in ("30-a", "30-b", "30-c", "70-d"):
        use_once(store, name)
    assert names(store) == ["70-d", "30-c"]


def test_bytes_never_exceed_the_capacity_while_loading() -> None:
    held_while_loading = []
    loader = Loader()
    store = store_of(100, loader)
    loader.before = lambda name: held_while_loading.append(sum(store.loaded().values()) + int(name.split("-")[0]))
    for name in ("60-a", "50-b", "30-c", "100-d"):
        use_once(store, name)
    assert held_while_loading == [60, 50, 80, 100]


def test_one_in_use_is_never_dropped() -> None:
    store = store_of(100)
    with store.use(key_of("60-a")) as oldest:
        use_once(store, "40-b")
        use_once(store, "40-c")
        assert names(store)[0] == "40-c"
        assert "60-a" in names(store)
        assert "40-b" not in names(store)
        assert store.unload() == 40
        assert names(store) == ["60-a"]
        with pytest.raises(OutOfMemory):
            use_once(store, "101-d")
        assert oldest.footprint == 60


def test_one_that_somebody_waits_for_is_not_dropped() -> None:
    store = store_of(100)
    first = Borrower(store, "60-a")
    assert first.has_it.wait(LONG)
    second = Borrower(store, "60-a")
    assert second.waits.wait(LONG)
    first.give_back.set()
    assert second.has_it.wait(LONG)
    assert store.unload() == 0
    second.give_back.set()


def test_a_load_waits_until_there_is_room() -> None:
    store = store_of(100)
    first = Borrower(store, "60-a")
    assert first.has_it.wait(LONG)
    second = Borrower(store, "60-b")
    assert second.waits.wait(LONG)
    assert "Waiting until another model is no longer in use" in second.steps
    assert not second.has_it.is_set()
    first.give_back.set()
    assert second.has_it.wait(LONG)
    assert names(store) == ["60-b"]
    second.give_back.set()


def test_who_leaves_while_waiting_for_room_leaves_nothing_reserved() -> None:
    store = store_of(100)
    first = Borrower(store, "60-a")
    assert first.has_it.wait(LONG)
    second = Borrower(store, "60-b")
    assert second.waits.wait(LONG)
    second.cancelled.set()
    assert second.gone.wait(LONG)
    assert isinstance(second.error, Cancelled)
    use_once(store, "40-c")
    first.give_back.set()
    assert first.gone.wait(LONG)
    use_once(store, "100-d")


def test_a_model_that_is_too_large_is_refused_before_anything_is_dropped() -> None:
    loader = Loader()
    store = store_of(1_000_000_000, loader)
    use_once(store, "10-a")
    with pytest.raises(OutOfMemory, match=rf"2\.5 GB.*1\.0 GB.*{MEMORY_VARIABLE}"):
        use_once(store, "2500000000-b")
    assert names(store) == ["10-a"]
    assert loader.loads == ["10-a"]


def test_one_that_turned_out_larger_than_expected_pushes_out_the_idle() -> None:
    loader = Loader()
    store = store_of(100, loader)
    use_once(store, "50-a")
    loader.larger_by = 30  # a file of half-precision numbers becomes twice as large in fp32
    with store.use(key_of("40-b")):
        assert store.loaded() == {key_of("40-b"): 70}


def test_memory_returns_when_a_model_goes() -> None:
    store = store_of(100)
    with store.use(key_of("60-a")) as model:
        gone = weakref.ref(model)
        del model
    use_once(store, "60-b")
    assert gone() is None


def test_memory_returns_on_unload() -> None:
    store = store_of(100)
    with store.use(key_of("60-a")) as model:
        gone = weakref.ref(model)
        del model
    assert store.unload() == 60
    assert gone() is None
    assert store.loaded() == {}


def test_memory_returns_after_an_error_in_the_work() -> None:
    store = store_of(100)
    references: list[weakref.ref] = []

    def work() -> None:
        with store.use(key_of("60-a")) as model:
            references.append(weakref.ref(model))
            raise RuntimeError("in the work")

    with pytest.raises(RuntimeError, match="in the work"):
        work()
    store.unload()
    assert references[0]() is None


def test_a_failing_load_leaves_no_reservation_and_can_be_tried_again() -> None:
    loader = Loader()
    store = store_of(100, loader)

    def fail(name: str) -> None:
        raise DamagedFile("half a file")

    loader.before = fail
    with pytest.raises(DamagedFile, match="half a file"):
        use_once(store, "80-a")
    assert store.loaded() == {}
    loader.before = lambda name: None
    use_once(store, "90-b")
    use_once(store, "80-a")
    assert names(store) == ["80-a"]


def test_the_next_in_line_tries_again_after_a_failing_load() -> None:
    loading, go_on = threading.Event(), threading.Event()

    def fail_once(name: str) -> None:
        loading.set()
        assert go_on.wait(LONG)
        if loader.loads == [name]:
            raise DamagedFile("half a file")

    loader = Loader(before=fail_once)
    store = store_of(100, loader)
    first = Borrower(store, "80-a")
    assert loading.wait(LONG)
    second = Borrower(store, "80-a")
    assert second.waits.wait(LONG)
    go_on.set()
    assert second.has_it.wait(LONG)
    assert isinstance(first.error, DamagedFile)
    second.give_back.set()


def test_work_is_not_begun_for_who_left_during_loading() -> None:
    cancelled = threading.Event()
    store = store_of(100, Loader(before=lambda name: cancelled.set()))
    with pytest.raises(Cancelled), store.use(key_of("10-a"), cancelled):
        pytest.fail("worked for nobody")
    assert names(store) == ["10-a"]  # loaded all the same, for the next


def test_room_that_somebody_fills_without_the_store() -> None:
    store = store_of(100)
    use_once(store, "60-a")
    with store.room(70):
        assert store.loaded() == {}
        use_once(store, "30-b")
        waiting = Borrower(store, "80-c")
        assert waiting.waits.wait(LONG)
        assert not waiting.has_it.is_set()
    assert waiting.has_it.wait(LONG)
    waiting.give_back.set()
    with pytest.raises(OutOfMemory), store.room(101):
        pytest.fail("more room than there is")


@pytest.mark.usefixtures("collector")
@pytest.mark.parametrize(("modules", "aside"), [(5, False), (500, True)])
def test_libraries_that_a_load_reads_are_set_aside(modules: int, aside: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    def read_libraries(name: str) -> None:
        for number in range(modules):
            monkeypatch.setitem(sys.modules, f"library_{name}_{number}", sys)

    store = store_of(100, Loader(before=read_libraries))
    use_once(store, "10-a")
    assert (gc.get_freeze_count() > 0) == aside
    gc.unfreeze()
    use_once(store, "10-a")  # loaded already: nothing new has come
    assert gc.get_freeze_count() == 0


def test_steps_are_told_in_order() -> None:
    steps: list[str] = []
    with store_of(100).use(key_of("10-a"), on_step=steps.append):
        pass
    assert steps == ["Starting the libraries", "Making room in memory", "Loading"]


def test_capacity_is_what_the_setting_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MEMORY_VARIABLE, "2.5")
    assert capacity_from_environment() == 2_500_000_000
    monkeypatch.setenv(MEMORY_VARIABLE, "plenty")
    with pytest.raises(InvalidInput, match=r"plenty.*number of gigabytes"):
        capacity_from_environment()


@pytest.mark.parametrize("stated", ["-1", "0", "nan", "inf"])
def test_a_capacity_must_be_a_positive_number(monkeypatch: pytest.MonkeyPatch, stated: str) -> None:
    monkeypatch.setenv(MEMORY_VARIABLE, stated)
    with pytest.raises(InvalidInput, match="number of gigabytes"):
        capacity_from_environment()


def test_without_the_setting_capacity_is_a_part_of_the_machines_memory(monkeypatch: pytest.MonkeyPatch) -> None:

    monkeypatch.delenv(MEMORY_VARIABLE, raising=False)
    assert 0 < capacity_from_environment() < machine_memory().total


def test_expected_bytes_of_a_file_are_its_size(tmp_path: Path) -> None:
    file = tmp_path / "best.pt"
    file.write_bytes(bytes(12_345))
    assert expected_bytes(ModelKey(Task.OBJECT_DETECTION, str(file))) == 12_345


def test_expected_bytes_of_a_folder_count_each_weight_once(tmp_path: Path) -> None:
    for name, size in (
        ("a-1.safetensors", 300),
        ("a-2.safetensors", 200),
        ("pytorch_model.bin", 600),
        ("config.json", 9),
    ):
        (tmp_path / name).write_bytes(bytes(size))
    assert expected_bytes(ModelKey(Task.TEXT_GENERATION, str(tmp_path))) == 500
    for weights in tmp_path.glob("*.safetensors"):
        weights.unlink()
    assert expected_bytes(ModelKey(Task.TEXT_GENERATION, str(tmp_path))) == 600


def test_expected_bytes_are_twice_those_where_weights_are_held_twice(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(bytes(500))
    expected = {name: expected_bytes(ModelKey(Task.TEXT_GENERATION, str(tmp_path), "cpu", name)) for name in NAMES}
    assert expected == {"fp32": 500, "int8": 500, "openvino": 1000, "openvino-int8": 1000}


def test_other_weights_under_the_name_of_those_in_memory_are_loaded(tmp_path: Path) -> None:
    """As where somebody trains once more, and keeps the result under the same name."""
    key = ModelKey(Task.TEXT_GENERATION, str(tmp_path), "cpu", "fp32")
    loads: list[bytes] = []

    def load(key: ModelKey, on_step: Callable[[str], None]) -> Model:
        loads.append((tmp_path / "model.safetensors").read_bytes())
        return Model(10)

    store = ModelStore(100, load, lambda key: 10)
    for weights in (b"one", b"one", b"another", b"another"):
        if not loads or loads[-1] != weights:
            (tmp_path / "model.safetensors").write_bytes(weights)
        with store.use(key):
            pass
    assert loads == [b"one", b"another"]
    assert list(store.loaded().values()) == [10]


def test_once_several_people_came_at_once_models_are_made_ready_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    ready: list[int] = []
    monkeypatch.setattr("serving.model_store.ready_for_several", lambda model: ready.append(model.footprint))
    store = store_of(100)
    use_once(store, "10-alone")
    use_once(store, "11-again-alone")
    first, second = Borrower(store, "20-a"), Borrower(store, "20-a")
    assert first.has_it.wait(LONG) or second.has_it.wait(LONG)
    for one in (first, second):
        one.give_back.set()
        assert one.gone.wait(LONG)
    use_once(store, "30-of-a-class")
    assert 30 in ready
    assert not {10, 11} & set(ready)


def test_a_model_that_is_not_here_says_so_and_leaves_nothing() -> None:
    store = ModelStore(10**9)
    with pytest.raises(ModelNotHere), store.use(ModelKey(Task.OBJECT_DETECTION, "yolov5su", "cpu")):
        pytest.fail("a model out of nothing")
    assert store.loaded() == {}


def test_spare_room_drops_no_model_and_is_refused_where_there_is_none() -> None:
    store = store_of(100)
    use_once(store, "60-a")
    with pytest.raises(OutOfMemory), store.spare(41):
        pass
    with store.spare(40) as wanted:
        assert not wanted.is_set()
    assert names(store) == ["60-a"]


def test_spare_room_is_for_nobody_while_somebody_is_here() -> None:
    store = store_of(100)
    with store.use(key_of("10-a")), pytest.raises(Cancelled), store.spare(1):
        pass
    with store.room(1), pytest.raises(Cancelled), store.spare(1):
        pass
    with store.spare(1):
        pass


@pytest.mark.parametrize("name", ["60-b", "10-c"], ids=["needs-it", "needs-it-not"])
def test_whoever_comes_is_heard_by_who_has_spare_room_and_loses_no_model_to_it(name: str) -> None:
    store = store_of(100)
    use_once(store, "20-a")
    with store.spare(60) as wanted:
        visitor = Borrower(store, name)
        assert wanted.wait(LONG)
        if name == "60-b":
            assert visitor.waits.wait(LONG)
            assert not visitor.has_it.is_set()
            assert names(store) == ["20-a"]
    assert visitor.has_it.wait(LONG)
    visitor.give_back.set()
    assert visitor.gone.wait(LONG)
    assert set(names(store)) == {"20-a", name}


def test_an_experiment_begins_when_nobody_measures_in_the_background() -> None:
    store, begun, waits = store_of(100), threading.Event(), threading.Event()

    def experiment() -> None:
        with store.room(1, on_step=lambda step: waits.set()):
            begun.set()

    with store.spare(60) as wanted:
        threading.Thread(target=experiment, daemon=True).start()
        assert wanted.wait(LONG)
        assert waits.wait(LONG)
        assert not begun.is_set()
    assert begun.wait(LONG)


def test_the_store_knows_for_how_long_nobody_was_here(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr("serving.model_store.time.monotonic", lambda: now[0])
    store = store_of(100)
    now[0] += 7
    assert store.idle_seconds == 7
    with store.use(key_of("10-a")):
        now[0] += 7
        assert store.idle_seconds == 0
    assert store.idle_seconds == 0
    now[0] += 3
    assert store.idle_seconds == 3
