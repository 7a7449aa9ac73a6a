"""The tree of errors."""

import inspect

import pytest
import torch

from models import errors


def drawn_tree() -> list[tuple[int, str]]:
    """Depth and name of each class in the module's docstring."""
    tree = []
    for line in errors.__doc__.splitlines():
        name = line.lstrip(" │├└─").split(" ")[0]
        if inspect.isclass(getattr(errors, name or "-", None)):
            tree.append(((len(line) - len(line.lstrip(" │├└─"))) // 4 - 1, name))
    return tree


def real_tree(parent: type = errors.AulaError, depth: int = 0) -> list[tuple[int, str]]:
    """The same of the classes themselves, in the order of the file."""
    children = [kind for kind in vars(errors).values() if inspect.isclass(kind) and kind.__bases__[0] is parent]
    return [(depth, parent.__name__)] + [entry for child in children for entry in real_tree(child, depth + 1)]


def test_the_docstring_draws_the_classes() -> None:
    assert drawn_tree() == real_tree()


@pytest.mark.parametrize("name", [name for _, name in real_tree()])
def test_each_error_carries_its_message_and_says_what_it_means(name: str) -> None:
    kind = getattr(errors, name)
    assert str(kind("What happened. What to do.")) == "What happened. What to do."
    assert issubclass(kind, errors.AulaError)
    assert kind.__doc__


def test_a_stop_needs_no_message() -> None:
    assert str(errors.Cancelled()) == "Stopped."


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError("[enforce fail at alloc_cpu.cpp:117] DefaultCPUAllocator: can't allocate memory"),
        RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB"),
        RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 9"),
        RuntimeError("unable to mmap 8 bytes from file <model>: Cannot allocate memory (12)"),
        torch.OutOfMemoryError("CUDA error: out of memory"),
    ],
)
def test_full_memory_has_a_next_step_wherever_it_fills_up(error: Exception) -> None:
    assert "smaller" in errors.sentence_for(error)


@pytest.mark.parametrize(
    "words",
    ["shapes do not match", "CUDA error: an illegal memory access was encountered", "Unsupported memory format option"],
)
def test_an_unforeseen_error_has_no_sentence(words: str) -> None:
    assert errors.sentence_for(RuntimeError(words)) is None
