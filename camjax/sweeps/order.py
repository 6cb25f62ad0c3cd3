"""What is asked of a sweep, and how it is told what comes of it."""

import dataclasses

from camjax.arguments import Keep
from camjax.progress import Report
from camjax.scenario import Sweep


@dataclasses.dataclass(frozen=True)
class Order:
    """A sweep to be run.

    Args:
      sweep: the settings.
      num_paths: P, of each setting.
      seed: of all paths.
      keep: what is kept.
      report: is told of the progress.
    """

    sweep: Sweep
    num_paths: int
    seed: int
    keep: Keep
    report: Report

    def told(self, activity: str, settings_done: int) -> None:
        """Tell how many settings are done."""
        self.report(activity, settings_done / len(self.sweep.scenarios))


@dataclasses.dataclass
class Clock:
    """Seconds spent so far, and the programs they were spent on."""

    compile_seconds: float = 0.0
    run_seconds: float = 0.0
    num_programs: int = 0
