"""How much of the processor others used while something was measured: programs, and this program's other visitors.

A speed that was measured beside another program says as much about that program. Knows nothing of models.
"""

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass

import psutil

# The part of the processor from which on others disturb. An idle desktop uses less; one busy program beside two cores
# uses half, and halves the speed of torch, whose threads wait for each other.
MOST_BUSY = 0.1
SHORTEST = 0.2  # seconds; the system's clocks tick every 10 ms on each core, so a shorter look says nothing

# Of all that systems count, what is work, or time that a host took away (`steal`); Windows and macOS know fewer.
WORKING = ("user", "nice", "system", "irq", "softirq", "steal")
RESTING = ("idle", "iowait")


@dataclass(frozen=True)
class Reading:
    """The clocks of one moment, in seconds.

    `used` and `idle` are of all cores together, `own` is what this process computed, and `other_threads` how much of
    that was done by threads which other visitors' work runs in.
    """

    clock: float
    used: float
    idle: float
    own: float
    other_threads: float = 0.0


@dataclass(frozen=True)
class Use:
    """What others used: `others` of `processor` seconds (of all cores together), within `seconds`."""

    others: float = 0.0
    processor: float = 0.0
    seconds: float = 0.0

    @property
    def share(self) -> float | None:
        """The part of the processor that others used, 0 to 1; None where the look was too short to tell."""
        if self.seconds < SHORTEST or self.processor <= 0:
            return None
        return min(1.0, self.others / self.processor)

    @property
    def disturbs(self) -> bool:
        """Whether others are known to have used more than MOST_BUSY."""
        return self.share is not None and self.share > MOST_BUSY


NO_USE = Use()


def read() -> Reading:
    """The clocks of now."""
    times, process = psutil.cpu_times(), psutil.Process()
    own = process.cpu_times()
    return Reading(
        clock=time.perf_counter(),
        used=sum(getattr(times, name, 0.0) for name in WORKING),
        idle=sum(getattr(times, name, 0.0) for name in RESTING),
        own=own.user + own.system,
        other_threads=_other_threads(process),
    )


def use_between(before: Reading, after: Reading) -> Use:
    """What others used between two moments.

    The system's clocks and the process's are not read at one instant, so what comes out below zero is none.
    """
    used, own = after.used - before.used, after.own - before.own
    visitors = max(0.0, after.other_threads - before.other_threads)  # a thread that has ended counts no more
    return Use(
        others=max(0.0, used - own) + min(visitors, max(0.0, own)),
        processor=max(0.0, used + after.idle - before.idle),
        seconds=after.clock - before.clock,
    )


def together(uses: Iterable[Use]) -> Use:
    """Several looks as one."""
    uses = list(uses)
    return Use(sum(use.others for use in uses), sum(use.processor for use in uses), sum(use.seconds for use in uses))


def _other_threads(process: psutil.Process) -> float:
    """Seconds that Python's threads beside this one computed: work of others in the same program.

    Torch's own threads are none of Python's. Where a system numbers threads otherwise than Python does, it is 0.
    """
    here = threading.get_native_id()
    others = {thread.native_id for thread in threading.enumerate()} - {here}
    if not others:
        return 0.0
    try:
        return sum(each.user_time + each.system_time for each in process.threads() if each.id in others)
    except (psutil.Error, OSError):
        return 0.0
