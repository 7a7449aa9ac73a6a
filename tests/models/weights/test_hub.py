"""Finding, fetching, listing and freeing models, with the real client against a hub on loopback."""

import json
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from models import errors
from models.catalog import ModelCard, Task
from models.folders import EMBEDDED, trained_folder
from models.weights import hub
from models.weights.cards import find_card
from models.weights.transfer import Progress
from tests.loopback_hub import LoopbackHub
from tests.models.weights.served import CARD, DETECTOR, REPOSITORY, content, content_of_served, ignore


def test_fetch_brings_the_needed_files_and_nothing_else(served: LoopbackHub) -> None:
    folder = hub.fetch(CARD, ignore)

    source = content_of_served(served)
    assert content(folder) == {
        name: source[name] for name in ("config.json", "vocab.json", "merges.txt", "model.safetensors")
    }
    assert folder == hub.locate(CARD)
    asked = {request.path.rsplit("/", 1)[-1] for request in served.requests if "/resolve/" in request.path}
    assert asked == {"config.json", "vocab.json", "merges.txt", "model.safetensors"}


def test_progress_counts_the_bytes_of_the_whole_model(served: LoopbackHub) -> None:
    seen: list[Progress] = []
    threads: set[threading.Thread] = set()
    served.bytes_per_second = 2_000_000  # slow enough for several steps

    hub.fetch(CARD, lambda progress: (seen.append(progress), threads.add(threading.current_thread())))

    total = sum(len(body) for name, body in content(hub.locate(CARD)).items())
    assert {progress.total_bytes for progress in seen} == {total}
    counts = [progress.done_bytes for progress in seen]
    assert counts == sorted(counts)
    assert counts[-1] == total
    assert len(counts) > 3
    assert threads == {threading.current_thread()}  # a page may only draw from its own thread


def test_what_is_here_is_not_fetched_again(served: LoopbackHub) -> None:
    hub.fetch(CARD, ignore)
    served.requests.clear()
    assert hub.fetch(CARD, ignore) == hub.locate(CARD)
    assert served.requests == []


def test_what_is_published_without_a_tokenizer_is_not_to_be_downloaded_again(served: LoopbackHub) -> None:
    (served.repositories[REPOSITORY] / "vocab.json").unlink()
    with pytest.raises(errors.UnsupportedCheckpoint, match=r"school/tiny-gpt2 is published without .* tokenizer"):
        hub.fetch(CARD, ignore)
    assert hub.free(REPOSITORY) > 0


def test_two_sessions_share_one_download(served: LoopbackHub) -> None:
    served.bytes_per_second = 1_000_000
    seen: list[Progress] = []
    folders: list[Path] = []
    other = threading.Thread(target=lambda: folders.append(hub.fetch(CARD, seen.append)))
    other.start()
    folders.append(hub.fetch(CARD, ignore))
    other.join()

    assert folders[0] == folders[1] == hub.locate(CARD)
    assert len(served.asked_for("model.safetensors")) == 1
    assert seen[-1].total_bytes is not None


def test_require_names_both_ways_to_get_a_model() -> None:
    with pytest.raises(errors.ModelNotHere, match=r"Press Download .* `python aula.py models fetch school/tiny-gpt2`"):
        hub.require(CARD)


def test_require_of_a_folder_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(errors.UnknownModel, match="any more"):
        hub.require(ModelCard("mine", Task.TEXT_GENERATION, path=tmp_path / "gone"))


def test_list_tells_size_task_and_revision(served: LoopbackHub) -> None:
    hub.fetch(CARD, ignore)
    hub.fetch(DETECTOR, ignore)
    gpt2, detector = hub.list_local()
    assert (gpt2.model_id, gpt2.task) == ("school/tiny-gpt2", Task.TEXT_GENERATION)
    assert gpt2.bytes >= sum(len(body) for body in content(gpt2.path).values())
    assert gpt2.as_dict()["revision"] == served.commit(REPOSITORY)
    assert (detector.model_id, detector.task, detector.revision) == ("yolov5su", Task.OBJECT_DETECTION, None)
    assert detector.bytes == served.files["yolov5su.pt"].stat().st_size


def test_models_of_other_kinds_are_not_listed(served: LoopbackHub) -> None:
    config = served.repositories[REPOSITORY] / "config.json"
    config.write_text('{"architectures": ["WhisperForConditionalGeneration"]}')
    hub.fetch(CARD, ignore)
    assert hub.list_local() == []


@pytest.mark.parametrize(
    "config",
    [
        b'{"architectures": {"a": "GPT2LMHeadModel"}}',
        b'{"architectures": "GPT2LMHeadModel"}',
        b'{"architectures": [["GPT2LMHeadModel"]]}',
        b'{"architectures": []}',
        b"[1]",
        b"\xff\xfe",
        b"{",
        b"[" * 100_000,
    ],
)
def test_a_config_that_cannot_be_understood_hides_its_model_and_no_other(served: LoopbackHub, config: bytes) -> None:
    odd = ModelCard("school/odd", Task.TEXT_GENERATION, repository="school/odd")
    served.repositories[odd.repository] = Path(
        shutil.copytree(served.repositories[REPOSITORY], served.repositories[REPOSITORY].parent / "odd")
    )
    (served.repositories[odd.repository] / "config.json").write_bytes(config)
    hub.fetch(CARD, ignore)
    hub.fetch(odd, ignore)
    assert [model.model_id for model in hub.list_local()] == [CARD.model_id]


def test_free_deletes_and_counts(served: LoopbackHub) -> None:
    hub.fetch(CARD, ignore)
    hub.fetch(DETECTOR, ignore)
    sizes = {model.model_id: model.bytes for model in hub.list_local()}
    assert {model_id: hub.free(model_id) for model_id in sizes} == sizes
    assert hub.list_local() == []
    assert list(hub.huggingface_cache().glob("models--*")) == []


def test_free_takes_half_a_download_too(served: LoopbackHub) -> None:
    served.truncate_at = 400_000
    with pytest.raises(errors.DamagedFile):
        hub.fetch(CARD, ignore)
    assert hub.free(CARD.model_id) > 400_000
    assert list(hub.huggingface_cache().glob("models--*")) == []


def test_free_leaves_the_users_own_files_alone(tmp_path: Path) -> None:
    own = tmp_path / "best.pt"
    own.write_bytes(b"mine")
    with pytest.raises(errors.InvalidInput, match="your own file"):
        hub.free(str(own))
    assert own.exists()


@pytest.mark.parametrize("model_id", ["school/nothing", "yolov5nu", "../../etc", "nonsense"])
def test_free_of_what_is_not_here(model_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises((errors.ModelNotHere, errors.InvalidInput)):
        hub.free(model_id)


def test_importing_loads_no_library_and_opens_no_socket() -> None:
    code = (
        "import sys\n"
        "sys.addaudithook(lambda event, args: event.startswith('socket.') and sys.exit(f'{event} {args}'))\n"
        "import models.catalog, models.weights.hub, models.device, models.precision, models.errors\n"
        "heavy = {'torch', 'transformers', 'ultralytics', 'huggingface_hub', 'httpx2'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(hub.__file__).parents[2], env=dict(os.environ))


def trained(name: str, architecture: str) -> Path:
    """A folder as a training leaves it, as far as the hub looks into it."""
    folder = trained_folder() / name
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps({"architectures": [architecture]}), encoding="utf-8")
    (folder / "model.safetensors").write_bytes(b"0" * 100)
    return folder


def test_trained_models_are_listed_by_task_and_freed() -> None:
    folder = trained("reviews", "SentenceClassifier")
    trained("stories", "GPT2LMHeadModel")
    assert [card.model_id for card in hub.trained_models(Task.TEXT_CLASSIFICATION)] == ["trained/reviews"]
    assert [model.model_id for model in hub.list_local()] == ["trained/reviews", "trained/stories"]
    assert hub.locate(hub.trained_models(Task.TEXT_CLASSIFICATION)[0]) == folder.resolve()
    assert hub.free("trained/reviews") > 100
    assert hub.trained_models(Task.TEXT_CLASSIFICATION) == []


def test_embedded_models_are_here_and_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    card = find_card("aula/minilm", Task.SENTENCE_SIMILARITY)
    assert hub.locate(card) == hub.fetch(card, lambda progress: None) == EMBEDDED / "minilm"
    with pytest.raises(errors.InvalidInput, match="comes with the suite and stays"):
        hub.free("aula/minilm")
    monkeypatch.setattr(hub, "EMBEDDED", tmp_path)
    with pytest.raises(errors.DamagedFile, match="Get the suite again"):
        hub.require(card)
