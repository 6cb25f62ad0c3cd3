"""What a run says at its end, as data: the table and the JSON answer are two views of it."""

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray

from camjax.ensemble import raised_by
from camjax.flags import Raised
from camjax.runs.digest import PathDigest
from camjax.runs.paths import PathsRun
from camjax.runs.plain import plain
from camjax.scenario import Scenario

MOST_TRANSFERS = 5
"""Transfers that a summary names."""


@dataclasses.dataclass(frozen=True)
class Band:
    """Mean over paths, and the band between their 5 % and 95 % quantiles."""

    mean: float
    q05: float
    q95: float


@dataclasses.dataclass(frozen=True)
class DepositSummary:
    """A deposit at the end of the run."""

    name: str
    balance: Band
    share: Band | None
    """Of user FEI under allocation; none for a deposit that is not."""


@dataclasses.dataclass(frozen=True)
class TransferSummary:
    """Capital planned to move from one deposit to another."""

    source: str
    destination: str
    mean_per_step: float


@dataclasses.dataclass(frozen=True)
class EstimateSummary:
    """A statistic that was to be precise: its value, its 95 % interval, and whether it is."""

    of: str
    value: float
    low: float
    high: float
    skewed: bool
    """Whether few paths carry a mean, so that its interval is likely too narrow."""
    reached: bool


@dataclasses.dataclass(frozen=True)
class EventSummary:
    """An event: its probability at the end, that it never happens, and when it first does."""

    event: str
    probability: float
    low: float
    high: float
    """Ends of the 95 % interval of that probability."""
    never: float
    never_low: float
    never_high: float
    median_days: float | None
    """By which half of the paths have seen it; none: not within the run."""


@dataclasses.dataclass(frozen=True)
class Summary:
    """A run in short. Balances and transfers are in tokens, times in seconds."""

    scenario: str
    token: str
    steps: int
    dt_days: float
    num_paths: int
    seed: int
    precision: str
    deposits: tuple[DepositSummary, ...]
    transfers: tuple[TransferSummary, ...]
    remainder_steps: Band
    flags: tuple[Raised, ...]
    """What some paths could not do."""
    compile_seconds: float
    run_seconds: float
    results: str | None
    estimate: EstimateSummary | None = None
    report: str | None = None
    events: tuple[EventSummary, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Plain values for a JSON document, null where a value is not finite."""
        return plain(dataclasses.asdict(self))


def summarise(scenario: Scenario, run: PathsRun, seed: int, results: str | None) -> Summary:
    """Put a run in short."""
    return Summary(
        scenario=scenario.name,
        token=scenario.token,
        steps=scenario.steps,
        dt_days=scenario.dt_days,
        num_paths=len(run.digest.final_balance),
        seed=seed,
        precision=scenario.precision,
        deposits=_deposits(scenario, run.digest),
        transfers=largest_transfers(
            scenario, np.asarray(run.digest.mean_transfer, np.float64).mean(axis=0)
        ),
        remainder_steps=_band(np.asarray(run.digest.remainder_steps)),
        flags=raised_by(run.digest.undone, scenario.model.names),
        compile_seconds=run.compile_seconds,
        run_seconds=run.run_seconds,
        results=results,
    )


def _deposits(scenario: Scenario, digest: PathDigest) -> tuple[DepositSummary, ...]:
    """Balances and shares per deposit; where nothing is left the last shares there were."""
    allocated = np.asarray(scenario.model.allocated)
    balance = np.asarray(digest.final_balance, np.float64)
    total = balance[:, allocated].sum(axis=1, keepdims=True)
    share = np.where(total > 0, balance / np.where(total > 0, total, 1.0), digest.target_weight)
    return tuple(
        DepositSummary(name, _band(balance[:, i]), _band(share[:, i]) if allocated[i] else None)
        for i, name in enumerate(scenario.model.names)
    )


def largest_transfers(scenario: Scenario, mean: NDArray) -> tuple[TransferSummary, ...]:
    """The largest of the mean transfers [N, N] from source to destination."""
    names = scenario.model.names
    order = np.argsort(-mean, axis=None, kind="stable")[:MOST_TRANSFERS]
    pairs = [divmod(int(position), len(names)) for position in order]
    return tuple(
        TransferSummary(names[i], names[j], float(mean[i, j])) for i, j in pairs if mean[i, j] > 0
    )


def _band(values: NDArray) -> Band:
    low, high = np.quantile(values, [0.05, 0.95])
    return Band(float(values.mean()), float(low), float(high))
