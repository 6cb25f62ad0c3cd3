"""What `camjax calibrate` was asked for, and the fit that comes of it."""

import dataclasses
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from calibration.backtest import Mode
from calibration.fit import Fit, Problem, Uncertainty, fit, pose, report, uncertainty
from calibration.fit.bootstrap import Bootstrap, block_bootstrap
from calibration.fit.checkpoint import Checkpoint, Unsaved
from calibration.fit.objectives import LIKELIHOODS
from calibration.fit.profile import Profile, profile_limits
from calibration.fit.settlement import SEQUENTIAL, SettledFit, fit_settled
from calibration.fit.size import check_copies_fit
from calibration.fit.windows import profile_windows
from camjax.cli.history import History, load_history
from camjax.cli.observed import ObservedOptions
from camjax.errors import CamjaxError, each_once, refusal
from camjax.numerals import read_number
from camjax.progress import Report
from camjax.runs.plain import plain
from camjax.scenario import parse_overrides

SAVED = "fit.npz"
"""File in the folder of a fit under way that holds how far it has come."""


@dataclasses.dataclass(frozen=True)
class Request:
    """The options of `camjax calibrate` that say what is fitted, and how."""

    observed: ObservedOptions
    scenario: str
    overrides: tuple[str, ...]
    drivers: Path | None
    without: tuple[str, ...]
    free: str
    mode: Mode
    objective: str
    bounds: tuple[str, ...]
    priors: tuple[str, ...]
    starts: int
    seed: int
    hold_out: float
    windows: int
    profile: bool
    bootstrap: int
    out: Path | None
    resume: bool

    def load(self, *assignments: str) -> tuple[History, Problem]:
        """The scenario held against the observations.

        Args:
          assignments: KEY=VALUE, beside those asked for.

        Raises:
          CamjaxError: anything of it that cannot be used.
        """
        if self.windows and "weights.yield_window" in parse_overrides(self.overrides):
            remedy = "It looks for the best of all windows."
            expected = "no --set weights.yield_window beside it"
            raise CamjaxError(refusal("--windows", expected, "one", remedy))
        if self.profile and self.objective not in LIKELIHOODS:
            remedy = "--bootstrap gives limits under any."
            expected = f"--objective {' or '.join(LIKELIHOODS)} beside it"
            raise CamjaxError(refusal("--profile", expected, self.objective, remedy))
        history = load_history(
            self.scenario,
            self.observed,
            assignments=[*self.overrides, *assignments],
            drivers=self.drivers,
            left_out=self.without,
        )
        problem = pose(
            history.scenario,
            history.observations,
            [path.strip() for path in self.free.split(",") if path.strip()],
            mode=self.mode,
            bounds=_pairs("--bounds", "LOW:HIGH", "5:200", self.bounds),
            priors=_pairs("--prior", "MEDIAN:SIGMA", "30:0.5", self.priors),
            held_out=self.hold_out,
            seed=self.seed,
        )
        return history, problem

    def about(self) -> dict[str, str | int]:
        """Attributes of results.nc."""
        return {"data": self.observed.file.name, "seed": self.seed}

    def checkpoint(self) -> Unsaved:
        """Where the fit is saved as it goes: in the folder, if there is one.

        Raises:
          CamjaxError: there is nothing to resume, or something where a fit begins.
        """
        if self.out is not None:
            checkpoint = Checkpoint(self.out / SAVED, self.resume)
            checkpoint.check()
            return checkpoint
        if self.resume:
            raise CamjaxError(refusal("--resume", "--out beside it", "none"))
        return Unsaved()


class Fitted(NamedTuple):
    """A fit, and all that was asked about it; None where it was not."""

    history: History
    result: Fit
    found: Uncertainty | None
    settled: SettledFit | None
    profiled: Profile | None
    resampled: Bootstrap | None
    losses: list[float] | None
    """Of every yield window."""

    def answer(self) -> dict[str, Any]:
        """The values of fit.json."""
        told = report(self.result, self.found, self.settled, self.profiled, self.resampled)
        values: dict[str, Any] = plain(told)
        return values | {"yield_windows": self.losses}


def fitted(
    request: Request, history: History, problem: Problem, checkpoint: Unsaved, show: Report
) -> Fitted:
    """Fit as asked: windows first, then numbers, then how sure they are.

    Args:
      request: what was asked for.
      history: from `Request.load`.
      problem: likewise.
      checkpoint: where searches are saved and continued from.
      show: told how far it is.

    Raises:
      CamjaxError: see `calibration.fit.fit` and what follows it.
    """
    check_copies_fit(problem, request.starts, "starts")
    check_copies_fit(problem, request.bootstrap, "resamples")
    losses = None
    if request.windows:
        found = profile_windows(
            problem, request.windows, objective=request.objective, seed=request.seed
        )
        losses = found.tolist()
        history, problem = request.load(f"weights.yield_window={found.argmin() + 1}")
    how: dict[str, Any] = {
        "objective": request.objective,
        "num_starts": request.starts,
        "seed": request.seed,
        "progress": show,
        "checkpoint": checkpoint,
    }
    sequential = history.scenario.model.rebalancing.settlement == SEQUENTIAL
    settled = fit_settled(problem, **how) if sequential else None
    result = fit(problem, **how) if settled is None else settled.exact
    sure = uncertainty(result) if request.objective in LIKELIHOODS else None
    profiled = profile_limits(result, sure) if request.profile and sure is not None else None
    resampled = None
    if request.bootstrap:
        resampled = block_bootstrap(result, request.bootstrap, seed=request.seed)
    return Fitted(history, result, sure, settled, profiled, resampled, losses)


def _pairs(
    option: str, form: str, example: str, entries: Iterable[str]
) -> dict[str, tuple[float, float]]:
    """Several PATH=A:B as two numbers by path."""
    return each_once(option, (_pair(option, form, example, entry) for entry in entries))


def _pair(option: str, form: str, example: str, entry: str) -> tuple[str, tuple[float, float]]:
    """PATH=A:B as a path and two numbers."""
    path, _, ends = entry.partition("=")
    try:
        first, second = map(read_number, ends.split(":"))
    except ValueError:
        remedy = f"For example rebalancing.duration_days={example}."
        raise CamjaxError(refusal(option, f"PATH={form}", entry, remedy)) from None
    return path.strip(), (first, second)
