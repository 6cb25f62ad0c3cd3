"""How fast paths run, and what a long run will take."""

import logging
import time

from camjax.ensemble.engine import Progress
from camjax.memory import in_words
from camjax.progress import Report

LOG = logging.getLogger("camjax")
"""What a long run takes is said there; the command shows it."""

LONG_SECONDS = 60.0
"""A run that will take longer says beforehand what it takes."""

MEASURED_SECONDS = 2.0
"""How long a run goes before it tells how long it will take."""


def pace(report: Report, steps: int, memory_bytes: float, disk_bytes: float = 0.0) -> Progress:
    """What tells how far a run is, how fast, and once, where it is long, what it will take.

    Args:
      report: is told after every batch of paths.
      steps: of a path.
      memory_bytes: that the run takes at most.
      disk_bytes: that the run will take.
    """
    begun: list[tuple[float, int]] = []
    said: list[bool] = []
    takes = f"at most {in_words(memory_bytes)}"
    if disk_bytes:
        takes += f" of memory, {in_words(disk_bytes)} of disk"

    def tell(done: int, num_paths: int) -> None:
        if not begun:
            begun.append((time.monotonic(), done))
        started, first = begun[0]
        seconds = time.monotonic() - started
        rate = (done - first) / seconds if seconds > 0 else 0.0
        report(f"simulating, {rate * steps / 1e6:,.1f} million path-steps/s", done / num_paths)
        if seconds > MEASURED_SECONDS and rate > 0 and not said:
            said.append(True)
            left = (num_paths - done) / rate
            if left > LONG_SECONDS:
                message = f"{num_paths:,} paths: about {left / 60:,.0f} min, {takes}."
                LOG.info(message)

    return tell
