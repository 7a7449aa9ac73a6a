"""Times, counts and shares in words, the same on the pages and in the terminal; sizes are in models/wording.py."""

import re

from models.wording import count_text as count_text


def seconds_text(seconds: float) -> str:
    """Seconds with two significant digits below ten: 0.042 s, 1.3 s, 25 s, 2 min 5 s."""
    if 0 < seconds < 0.001:
        return "under 0.001 s"
    if seconds < 10:
        return f"{seconds:.2g} s"
    if seconds < 59.5:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"


def parameters_text(count: int) -> str:
    """A number of parameters as model cards print it: 768, 38.4 k, 124 M, 1.5 B."""
    if count >= 0.9995e9:
        return f"{count / 1e9:.1f} B"
    if count >= 0.9995e6:
        return f"{count / 1e6:.3g} M"
    return f"{count / 1e3:.3g} k" if count >= 1000 else str(count)


def left_text(seconds: float, fraction: float) -> str:
    """How long the rest of some work will take, guessed from the part that took `seconds`: About 25 s left."""
    if fraction < 0.03:  # what has been seen is too little to guess from
        return "Guessing how long it will take"
    return f"About {seconds_text(max(1.0, seconds * (1 - fraction) / fraction))} left"


def digits_text(value: float | None, most: int = 12) -> str:
    """A number with at most so many digits, as people write it: 0.1, −1e−8, −0, ∞, NaN; – for none at all."""
    if value is None:
        return "–"
    text = f"{value:.{most}g}".replace("nan", "NaN").replace("inf", "∞")
    return re.sub(r"e([+-])0*", lambda sign: "e" + sign[1].strip("+"), text).replace("-", "−").replace("−NaN", "NaN")


def percent_text(share: float, digits: int = 2) -> str:
    """A share (1 is the whole) in per cent with so many digits, or those before the point: 0.024 %, 1.5e−6 %, 100 %."""
    before_the_point = len(f"{100 * share:.0f}")
    return f"{digits_text(100 * share, max(digits, before_the_point))} %"
