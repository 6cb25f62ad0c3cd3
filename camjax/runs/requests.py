"""What `camjax run` was asked for, and which of its options go together."""

import dataclasses
import math
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from camjax.errors import CamjaxError, refusal

if TYPE_CHECKING:
    from camjax.scenario import Scenario

Keep = Literal["trajectories", "final", "statistics"]
"""What a run writes of its paths: every step, the last step, or statistics over paths."""

RESULTS = "results.nc"
REPORT = "report.html"
STORE = ".zarr"
"""How --out ends where it is not a folder but a Zarr store."""

RANDOM_PATHS = 1000
"""Paths of a scenario that draws anything at random, unless another number is asked for."""

TRAJECTORIES_FIT_BYTES = 512 * 2**20
"""Trajectories up to this size are kept, or held to make exact statistics of."""


def or_fewer_variables(kept: Iterable[str] | None, always: Iterable[str]) -> str:
    """How a remedy ends that asks for less, where more variables are kept than always are.

    Args:
      kept: their names; None: all that there are.
      always: those that are kept whatever is asked for.

    >>> or_fewer_variables(["balance", "transfer"], ["balance"])
    ', or keep fewer variables: --variable balance'
    """
    more = kept is None or {*kept} - {*always}
    return ", or keep fewer variables: --variable balance" if more else ""


@dataclasses.dataclass(frozen=True)
class Request:
    """The options of `camjax run`, None where they were left out."""

    out: Path | None
    paths: int | None
    seed: int
    keep: Keep | None
    variables: list[str] | None
    until_ci: float | None
    of: str | None
    shard: str | None
    resume: bool
    report: bool = False
    events: list[str] | None = None
    processes: int = 1
    """How many run it together."""

    def check(self) -> None:
        """Refuse options that do not go together.

        Raises:
          CamjaxError: some do not.
        """
        if (self.until_ci is None) != (self.of is None):
            given, missing = ("--of", "--until-ci") if self.of else ("--until-ci", "--of")
            raise CamjaxError(refusal(given, f"{missing} beside it", "none"))
        if self.until_ci is not None and not (math.isfinite(self.until_ci) and self.until_ci > 0):
            raise CamjaxError(refusal("--until-ci", "a number above 0", self.until_ci))
        for option, wanted in (("--resume", self.resume), ("--shard", self.shard is not None)):
            if wanted and self.out is None:
                raise CamjaxError(refusal(option, "--out beside it", "none"))
        if self.shard is not None and self.until_ci is not None:
            remedy = "A shard does not know what the others find."
            raise CamjaxError(refusal("--shard", "no --until-ci beside it", self.until_ci, remedy))
        if self.shard is not None and self.report:
            remedy = "`camjax report` makes one of the merged results."
            raise CamjaxError(refusal("--shard", "no --report beside it", "one", remedy))
        for option, value in (("--until-ci", self.until_ci), ("--shard", self.shard)):
            if self.processes > 1 and value is not None:
                expected = f"none where {self.processes} processes run together"
                raise CamjaxError(refusal(option, expected, value))
        if self.is_stored:
            self._check_store()
        elif self._is_streamed and self.keep not in (None, "statistics"):
            expected = (
                "statistics with --until-ci, --shard, --resume, --variable, --event or processes"
            )
            raise CamjaxError(refusal("--keep", expected, self.keep))

    def _check_store(self) -> None:
        """Refuse what does not go with trajectories that are kept in a store."""
        wanted = {
            "--until-ci": self.until_ci,
            "--event": None if self.events is None else self.events[0],
            "--report": self.report or None,
            "--num-processes": self.processes if self.processes > 1 else None,
            "--keep": None if self.keep == "trajectories" else self.keep,
        }
        for option, value in wanted.items():
            if value is not None:
                remedy = "A store keeps every step of every path, written by one process or shard."
                raise CamjaxError(refusal(option, f"none with --out {self.out}", value, remedy))

    def num_paths(self, scenario: "Scenario") -> int:
        """P; the most paths allowed where a precision is wanted."""
        from camjax.ensemble.blocks import MOST_PATHS

        if self.until_ci is not None:
            return self.paths or MOST_PATHS
        return self.paths or (RANDOM_PATHS if scenario.is_random else 1)

    def is_large(self, scenario: "Scenario") -> bool:
        """Whether paths are folded as they run, rather than held in memory until the end."""
        from camjax.runs.paths import trajectory_bytes

        if self._is_streamed or self.keep in ("trajectories", "final"):
            return self._is_streamed
        size = self.num_paths(scenario) * trajectory_bytes(scenario)
        return size > TRAJECTORIES_FIT_BYTES

    @property
    def is_stored(self) -> bool:
        """Whether trajectories go to a Zarr store as they finish."""
        return self.out is not None and self.out.suffix == STORE

    @property
    def _is_streamed(self) -> bool:
        """Whether an option asks for what only a streamed run has."""
        asked = self.until_ci or self.shard or self.resume or self.variables or self.events
        return bool(asked) or self.processes > 1
