"""The one place through which ultralytics enters the process.

Imported without care, ultralytics takes all but one thread from torch, looks up names on the internet, writes outside
our cache folder and replaces functions of torch and Pillow. Everything that uses it calls `prepare_ultralytics` first.
"""

import os
import sys
import threading
from importlib import import_module

from models.folders import cache_folder

_lock = threading.Lock()

ENVIRONMENT = {
    "YOLO_OFFLINE": "1",  # without it the import asks a name server whether there is an internet
    "YOLO_AUTOINSTALL": "0",  # without it a missing package is installed at run time
    "ULTRALYTICS_SAFE_LOAD": "1",  # without it its loader runs what a file says; ours never reach it: a second lock
    "YOLO_VERBOSE": "0",  # its log goes to standard output, which belongs to the terminal's results
}

# What would tell others of a training wherever it is installed: ultralytics' own server, and services of others.
TELLERS = ("sync", "clearml", "comet", "dvc", "mlflow", "raytune", "tensorboard", "wandb")


def prepare_ultralytics() -> None:
    """Import ultralytics so that nothing outside its own package and our cache folder changes.

    Sets its environment variables, gives it a settings folder inside `cache_folder()` with all TELLERS off, and puts
    back what the import replaces: the number of torch threads, `OMP_NUM_THREADS`, `torch.save` and `PIL.Image.open`.
    Idempotent; the first import wins, so call it before any other import of ultralytics.
    """
    with _lock:
        if "ultralytics.nn" in sys.modules:
            return
        os.environ.update(ENVIRONMENT)
        os.environ["YOLO_CONFIG_DIR"] = str(cache_folder() / "ultralytics")
        _import_and_restore()


def _import_and_restore() -> None:
    # torch first: it reads OMP_NUM_THREADS once, and ultralytics sets that variable to 1.
    import torch
    from PIL import Image

    threads, omp_threads = torch.get_num_threads(), os.environ.get("OMP_NUM_THREADS")
    torch_save, image_open = torch.save, Image.open
    try:
        import_module("ultralytics.nn")
        from ultralytics.utils import SETTINGS
    finally:
        torch.save, Image.open = torch_save, image_open
        torch.set_num_threads(threads)
        if omp_threads is None:
            os.environ.pop("OMP_NUM_THREADS", None)
    if on := [name for name in TELLERS if SETTINGS.get(name)]:
        SETTINGS.update(dict.fromkeys(on, False))  # type: ignore[no-untyped-call]  # ultralytics
