"""Fixtures for every test: no network, caches of our own, and tiny seeded checkpoints of the real architectures."""

import gc
import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

# Before any library reads them: a test must neither see this machine's models nor reach a hub.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
os.environ["AULA_PRELOAD"] = "0"  # each test loads what it needs
os.environ["AULA_RACE"] = "0"  # nothing is measured behind a test; those of the measurement turn it on
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

# Tests that ask for these take long. The houses are those of tests/test_aula.py: each is set up by pip.
FIXTURES_OF_MARKERS = {
    "shared": "weights",
    "house": "process",
    "bare_house": "process",
    "unstamped_house": "process",
    "disturber": "process",
    "ray_here": "process",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give the markers that follow from where a test is and what it asks for; the others stand at the tests."""
    for item in items:
        if "journeys" in item.path.parts:
            item.add_marker("journey")
        if {"training", "transfer_learning", "teach_pictures"} & set(item.path.parts):
            item.add_marker("training")
        for fixture in FIXTURES_OF_MARKERS.keys() & set(getattr(item, "fixturenames", ())):
            item.add_marker(FIXTURES_OF_MARKERS[fixture])


def pytest_collection_finish() -> None:
    """Spare the garbage collector what the tests import: half a million objects, a quarter of a second each time.

    Tests and what they test ask it to run a thousand times. What is made from now on is looked through as always.
    """
    spare_what_was_imported()


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Spare it also what a file of tests has left behind: the libraries that they were the first to ask for.

    Every run of a page and every unloading collects garbage, and after 400 tests that was a tenth of their time. Once a
    file's fixtures have gone, what lives on is what the whole run keeps.
    """
    if nextitem is not None and nextitem.path != item.path:
        gc.collect()
        gc.freeze()


def pytest_unconfigure() -> None:
    """Let libraries go as they came: some complain at the end of what the garbage collector did not give back."""
    gc.unfreeze()


def spare_what_was_imported() -> None:
    """Set all aside that lives now; also for the end of a test that has taken back what was set aside."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def no_server_has_set_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test stands for a fresh process: what a page of another test has set aside is not looked through again."""
    monkeypatch.setattr("models.device._has_set_aside", False)


@pytest.fixture
def collector() -> Iterator[None]:
    """The garbage collector as it is in a fresh process, nothing set aside; for tests of what is."""
    gc.unfreeze()
    yield
    spare_what_was_imported()


@pytest.fixture(autouse=True)
def own_caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Empty caches for each test, so that nothing is found that the test did not put there."""
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "huggingface"))
    monkeypatch.setenv("AULA_HOME", str(tmp_path / "aula"))


@pytest.fixture
def peaks(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int | None]]:
    """What the fresh processes were asked for, precision and threads, whose memory a comparison measures.

    A peak of 60 MB stands in for each, because every one of them reads torch and transformers anew. They themselves
    are tested in tests/quantization/measure/test_load_peak.py.
    """
    from quantization.measure.load_peak import LoadPeak

    asked = []

    def pretend(card, precision, where, threads, cancelled):
        asked.append((precision.name, threads))
        return LoadPeak(peak_bytes=60_000_000, before_bytes=500_000_000, footprint=1, seconds=0.1)

    monkeypatch.setattr("quantization.experiments.one_precision.load_peak", pretend)
    return asked


@pytest.fixture(scope="session")
def shared() -> Iterator[Path]:
    """Reference weights and data that are not part of the suite, in the folder that AULA_SHARED names."""
    folder = os.environ.get("AULA_SHARED")
    if not folder:
        pytest.skip("NOT RUN: reference weights and data are not on this machine. AULA_SHARED names their folder.")
    assert Path(folder).is_dir(), f"AULA_SHARED names {folder}, which is not a folder"
    return Path(folder).resolve()


@pytest.fixture(scope="session")
def diffusers_extra() -> None:
    """The extra of one page. Without it, tests of pipelines are reported as not run, and in CI that is a failure."""
    install = "pip install -r requirements-image.txt"
    if find_spec("diffusers") is None and os.environ.get("CI"):
        pytest.fail(f"The pipelines need diffusers: {install}", pytrace=False)
    if find_spec("diffusers") is None:
        pytest.skip(f"PIPELINES NOT RUN: diffusers is not installed. To run them: {install}")


@pytest.fixture(scope="session")
def stable_diffusion(tiny_models: "TinyModels", diffusers_extra: None) -> Path:
    """A tiny Stable Diffusion with a safety checker that finds nothing."""
    return tiny_models.stable_diffusion()


@pytest.fixture(scope="session")
def ray_here() -> Iterator[Path]:
    """Ray on this machine, for the whole run; the folder in which it keeps its own."""
    from tests.serving.cluster.ray_here import started

    with started() as folder:
        yield folder


@pytest.fixture(scope="session")
def tiny_models(tmp_path_factory: pytest.TempPathFactory) -> "TinyModels":
    """Tiny checkpoints, each built on first use and shared by the whole run."""
    return TinyModels(tmp_path_factory.mktemp("tiny"))


class TinyModels:
    """Seeded checkpoints of the real architectures with random weights, one folder or file each."""

    def __init__(self, root: Path):
        self.root = root

    def roberta_qa(self) -> Path:
        from tests.tiny.question_answering import save_roberta

        return self._once("roberta-qa", save_roberta)

    def bert_qa(self) -> Path:
        from tests.tiny.question_answering import save_bert

        return self._once("bert-qa", save_bert)

    def t5(self) -> Path:
        from tests.tiny.text_to_text import save_t5

        return self._once("t5", save_t5)

    def bart(self) -> Path:
        from tests.tiny.text_to_text import save_bart

        return self._once("bart", save_bart)

    def pegasus(self) -> Path:
        from tests.tiny.text_to_text import save_pegasus

        return self._once("pegasus", save_pegasus)

    def marian(self) -> Path:
        """From English to French."""
        from tests.tiny.text_to_text import save_marian

        return self._once("marian", save_marian)

    def gpt2(self) -> Path:
        from tests.tiny.text_generation import save_gpt2

        return self._once("gpt2", save_gpt2)

    def yolov5_original(self) -> Path:
        from tests.tiny.object_detection import save_original

        return self._once("yolov5-original.pt", save_original)

    def yolov5u(self) -> Path:
        from tests.tiny.object_detection import save_u

        return self._once("yolov5nu.pt", save_u)

    def bert_classifier(self) -> Path:
        from tests.tiny.text_classification import save_bert_classifier

        return self._once("bert-classifier", save_bert_classifier)

    def bert_nli(self) -> Path:
        from tests.tiny.text_classification import save_bert_nli

        return self._once("bert-nli", save_bert_nli)

    def distilbert_classifier(self) -> Path:
        from tests.tiny.text_classification import save_distilbert_classifier

        return self._once("distilbert-classifier", save_distilbert_classifier)

    def sentence_classifier(self) -> Path:
        from tests.tiny.text_classification import save_sentence_classifier

        return self._once("sentence-classifier", save_sentence_classifier)

    def sentence_encoder(self) -> Path:
        from tests.tiny.text_classification import save_sentence_encoder

        return self._once("sentence-encoder", save_sentence_encoder)

    def vit(self) -> Path:
        from tests.tiny.image_classification import save_vit

        return self._once("vit", save_vit)

    def resnet(self) -> Path:
        from tests.tiny.image_classification import save_resnet

        return self._once("resnet", save_resnet)

    def timm(self) -> Path:
        from tests.tiny.image_classification import save_timm

        return self._once("timm", save_timm)

    def stable_diffusion(self) -> Path:
        from tests.tiny.text_to_image import save_stable_diffusion

        return self._once("stable-diffusion", save_stable_diffusion)

    def stable_diffusion_xl(self) -> Path:
        from tests.tiny.text_to_image import save_stable_diffusion_xl

        return self._once("stable-diffusion-xl", save_stable_diffusion_xl)

    def _once(self, name: str, save) -> Path:
        target = self.root / name
        if not target.exists():
            save(target)
        return target
