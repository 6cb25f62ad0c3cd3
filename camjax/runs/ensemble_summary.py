"""What an ensemble says at its end: the same summary as of paths that were kept."""

import numpy as np
from numpy.typing import NDArray

from camjax.ensemble import Ensemble, PreciseEnsemble
from camjax.ensemble.quantities import SHARE
from camjax.ensemble.reducers import BandsResult, FirstTimeResult
from camjax.runs.digests import DigestsResult
from camjax.runs.summary import (
    Band,
    DepositSummary,
    EstimateSummary,
    EventSummary,
    Summary,
    largest_transfers,
)
from camjax.scenario import Scenario


def summarise_ensemble(
    scenario: Scenario, found: Ensemble, seed: int, results: str | None
) -> Summary:
    """Put an ensemble in short."""
    digests: DigestsResult = found["digests"]
    return Summary(
        scenario=scenario.name,
        token=scenario.token,
        steps=scenario.steps,
        dt_days=scenario.dt_days,
        num_paths=found.num_paths,
        seed=seed,
        precision=scenario.precision,
        deposits=_deposits(scenario, found),
        transfers=largest_transfers(scenario, np.asarray(digests.mean_transfer, np.float64)),
        remainder_steps=_counted(digests.remainder_steps),
        flags=found["undone"],
        compile_seconds=found.compile_seconds,
        run_seconds=found.run_seconds,
        results=results,
        estimate=_estimate(found) if isinstance(found, PreciseEnsemble) else None,
        events=_events(scenario, found),
    )


def _deposits(scenario: Scenario, found: Ensemble) -> tuple[DepositSummary, ...]:
    balance, share = found["bands(balance)"], found[f"bands({SHARE})"]
    named = zip(scenario.model.names, scenario.model.allocated, strict=True)
    return tuple(
        DepositSummary(name, _band(balance, i), _band(share, i) if allocated else None)
        for i, (name, allocated) in enumerate(named)
    )


def _events(scenario: Scenario, found: Ensemble) -> tuple[EventSummary, ...]:
    """What was asked of events."""
    summaries = []
    for event in found.statistics.values():
        if isinstance(event, FirstTimeResult):
            low, high = (float(end[-1]) for end in event.interval())
            never_low, never_high = (float(end) for end in event.never_interval())
            step = event.quantile_step(0.5)
            summaries.append(
                EventSummary(
                    event=event.event,
                    probability=float(event.probability()[-1]),
                    low=low,
                    high=high,
                    never=event.never,
                    never_low=never_low,
                    never_high=never_high,
                    median_days=None if step is None else step * scenario.dt_days,
                )
            )
    return tuple(summaries)


def _band(bands: BandsResult, deposit: int) -> Band:
    """Mean and band of a deposit at the last step."""
    low, high = (bands.quantiles[bands.levels.index(level), -1, deposit] for level in (0.05, 0.95))
    return Band(float(bands.mean[-1, deposit]), float(low), float(high))


def _counted(paths: NDArray) -> Band:
    """Mean and band of a whole number, from the paths on which it is 0, 1, and so on."""
    share = paths.cumsum() / paths.sum()
    low, high = (float(np.searchsorted(share, level)) for level in (0.05, 0.95))
    return Band(float(np.arange(len(paths)) @ paths / paths.sum()), low, high)


def _estimate(found: PreciseEnsemble) -> EstimateSummary:
    estimate = found.estimate
    return EstimateSummary(
        of=estimate.of,
        value=estimate.value,
        low=estimate.low,
        high=estimate.high,
        skewed=estimate.skewed,
        reached=found.reached,
    )
