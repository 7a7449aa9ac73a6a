"""Which precision “auto” takes for a model, and why, in a sentence."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from models.catalog import ModelCard
from models.precision import FP32, Precision
from quantization.automatic import speeds
from quantization.automatic.losses import costs_little, known_losses
from quantization.recipes import is_exact, offered, own_precision, slow_here

AUTO = "auto"
DEFAULT = AUTO  # of whoever wants a model's answers and has not chosen: every page and command, but for the next line
AS_SAVED = None  # where a model's own numbers are the subject, or models are compared: as it was saved, else fp32
EXPLANATION = (
    "the fastest precision on this machine among those known to cost this model at most a point (2 % of perplexity), "
    "or one with the same answers where that one is not half as fast again; fp32 where none is known to. Which one is "
    "fastest is measured once, after the first use, when nobody computes; until then it is fp32."
)
LEAST_GAIN = 1.1  # times as fast as fp32: less is not worth the time of loading
# Times as fast as the fastest that gives the same answers: less is not worth other ones. Nor, in a class, being
# computed alone: what several people ask of a model that writes shares a run only where it is exact.
WORTH_OTHER_ANSWERS = 1.5


@dataclass(frozen=True)
class Choice:
    """The precision, the sentence that says why, and whether a measurement is missing that could lead to another."""

    precision: Precision
    reason: str
    unmeasured: bool = False


def choose(card: ModelCard, device: str) -> Choice:
    """What “auto” means for this model on `cpu` or `cuda` now. Reads small files, and no library.

    Raises:
        ModelNotHere: its weights are not on this machine.
        UnsupportedCheckpoint: as `own_precision`.
    """
    if card.saved_in is not None:
        own = own_precision(card)
        if card.precision is None and (reason := _against(own, card, device)) is not None:
            return Choice(FP32, f"auto took fp32: this model was saved in {own.name}, which {reason}.")
        return Choice(own, f"auto took {own.name}, in which this model was saved.")
    able = candidates(card, device)
    if len(able) == 1:
        return Choice(FP32, "auto took fp32: of no other precision is it known that it costs this model little here.")
    seconds = speeds.remembered(card, [each.name for each in able])
    if seconds is None:
        return Choice(FP32, "auto took fp32: it is not measured yet which precision is fastest here.", unmeasured=True)
    fastest = _fastest(able, seconds)
    ratio = seconds[FP32.name] / seconds[fastest.name]
    if ratio < LEAST_GAIN:
        others = " and ".join(each.name for each in able[1:])
        return Choice(FP32, f"auto took fp32: {others} would not be much faster here.")
    return Choice(fastest, f"auto took {fastest.name}: {ratio:.1f} × as fast as fp32 here, {_cost(card, fastest)}.")


def _against(own: Precision, card: ModelCard, device: str) -> str | None:
    """Why not to load weights, which any precision takes, in the one that they were saved in: “is slow …”, or None."""
    if own not in offered(device, card.task):  # saved on another machine, with a graphics card or other units
        return "does not run here"
    return "is slow on this processor" if slow_here(own.name, device) else None


def _fastest(able: Sequence[Precision], seconds: Mapping[str, float]) -> Precision:
    """The fastest of all, or the fastest with the same answers where that is not much slower."""

    def shortest(some: Iterable[Precision]) -> Precision:
        return min(some, key=lambda each: seconds[each.name])

    exact, fastest = shortest(filter(is_exact, able)), shortest(able)
    is_worth_it = seconds[exact.name] >= WORTH_OTHER_ANSWERS * seconds[fastest.name]
    return fastest if is_worth_it else exact


def candidates(card: ModelCard, device: str) -> list[Precision]:
    """fp32, and what is known to cost the model little; on CUDA, whose precisions nobody has examined, fp32 alone."""
    if device != "cpu":
        return [FP32]
    others = (each for each in offered(device, card.task) if each is not FP32 and not slow_here(each.name, device))
    return [FP32, *(each for each in others if costs_little(card, each))]


def _cost(card: ModelCard, precision: Precision) -> str:
    return "with the same answers" if is_exact(precision) else str(known_losses(card)[precision.name])
