"""What was asked of a run, and which of its arguments go together."""

import dataclasses
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from camjax.arguments import Keep, argument
from camjax.errors import CamjaxError, refusal

if TYPE_CHECKING:
    from camjax.scenario import Scenario

RESULTS = "results.nc"
REPORT = "report.html"
STORE = ".zarr"
"""How `out` ends where it is not a folder but a Zarr store."""

ALL_STEPS = "A store keeps every step of every path, written by one process or shard."
"""Why a store does not go with other arguments."""

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
    ", or keep fewer variables: variables=['balance']"
    """
    more = kept is None or {*kept} - {*always}
    return f", or keep fewer variables: {argument('variables', ['balance'])}" if more else ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Request:
    """The arguments of `run`, None where they were left out."""

    out: Path | None
    paths: int | None
    seed: int
    keep: Keep | None
    variables: Sequence[str] | None
    until: tuple[float, str] | None
    events: Sequence[str] | None
    shard: str | None
    resume: bool
    processes: int = 1
    """How many run it together."""
    only_summary: bool = False
    """Whether nothing of it is wanted but what the table shows."""

    def check(self) -> None:
        """Refuse arguments that do not go together.

        Raises:
          CamjaxError: some do not.
        """
        width = None if self.until is None else self.until[0]
        if width is not None and not (math.isfinite(width) and width > 0):
            raise CamjaxError(refusal(argument("until"), "a number above 0", width))
        for name, wanted in (("resume", self.resume), ("shard", self.shard is not None)):
            if wanted and self.out is None:
                expected = f"{argument('out')} beside it"
                raise CamjaxError(refusal(argument(name), expected, "none"))
        if self.shard is not None and width is not None:
            expected = f"no {argument('until')} beside it"
            remedy = "A shard does not know what the others find."
            raise CamjaxError(refusal(argument("shard"), expected, width, remedy))
        for name, value in (("until", width), ("shard", self.shard)):
            if self.processes > 1 and value is not None:
                expected = f"none where {self.processes} processes run together"
                raise CamjaxError(refusal(argument(name), expected, value))
        if self.is_stored:
            self._check_store()
        elif self._is_streamed and self.keep not in (None, "statistics"):
            streamed = map(argument, ("until", "shard", "resume", "variables", "events"))
            expected = f"statistics with {', '.join(streamed)} or processes"
            raise CamjaxError(refusal(argument("keep"), expected, self.keep))

    def _check_store(self) -> None:
        """Refuse what does not go with trajectories that are kept in a store."""
        wanted = {
            "until": None if self.until is None else self.until[0],
            "events": None if self.events is None else self.events[0],
            "processes": self.processes if self.processes > 1 else None,
            "keep": None if self.keep == "trajectories" else self.keep,
        }
        for name, value in wanted.items():
            if value is not None:
                expected = f"none with {argument('out', str(self.out))}"
                raise CamjaxError(refusal(argument(name), expected, value, ALL_STEPS))

    def num_paths(self, scenario: "Scenario") -> int:
        """P; the most paths allowed where a precision is wanted.

        Raises:
          CamjaxError: more than can be numbered.
        """
        from camjax.ensemble.blocks import MOST_PATHS

        if self.paths is not None and self.paths > MOST_PATHS:
            raise CamjaxError(refusal(argument("paths"), f"1 to {MOST_PATHS}", self.paths))
        if self.until is not None:
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
    def file(self) -> Path | None:
        """Where results are written; None: nowhere, or to a store."""
        return None if self.out is None or self.is_stored else self.out / RESULTS

    @property
    def is_stored(self) -> bool:
        """Whether trajectories go to a Zarr store as they finish."""
        return self.out is not None and self.out.suffix == STORE

    @property
    def _is_streamed(self) -> bool:
        """Whether an argument asks for what only a streamed run has."""
        asked = self.until or self.shard or self.resume or self.variables or self.events
        return bool(asked) or self.processes > 1
