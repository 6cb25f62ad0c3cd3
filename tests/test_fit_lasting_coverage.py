"""Whether intervals hold the truth where errors last: heavy, run with `pytest -m slow -s`.

Two deposits, a duration and a factor free, a free run of 120 or 480 rows observed with errors of
2 % in the log-ratio that leave a part of themselves to the next row. Fits begin at the truth.
"""

import dataclasses
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.signal import lfilter
from test_fit_uncertainty import TRUTH, small

from calibration.composition import ilr, ilr_inverse
from calibration.fit import Problem
from calibration.fit.autocorrelation import whiteness
from calibration.fit.blocks import block_length
from calibration.fit.bootstrap import draw_errors, errors_of
from calibration.fit.levenberg_marquardt import Options, least_squares
from calibration.fit.sandwich import lasting_variance
from calibration.fit.uncertainty import NORMAL_97_5, errors_along, inverse_square
from camjax.intervals import student_reach

pytestmark = pytest.mark.slow

NOISE, REPLICATES, RESAMPLES = 0.02, 1000, 199
RESAMPLED = 400
"""Replicates that are resampled."""


def fitter(problem: Problem) -> Any:
    """Histories [R, T, K] -> coordinates, Jacobians and residuals of their fits."""
    data, truth = problem.data, problem.free.unconstrain(jnp.asarray(TRUTH))

    @jax.jit
    def lanes(observed: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
        def lane(observed: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
            seen = dataclasses.replace(data, observed=observed)
            residuals = partial(problem.residuals, data=seen)
            end = least_squares(residuals, truth, Options(tolerance=1e-9)).coordinates
            return end, jax.jacfwd(residuals)(end), residuals(end)

        return jax.vmap(lane)(observed)

    return lanes


def holder(problem: Problem) -> Any:
    """Histories [R, T, K] and ends [R, D] -> least squares [R, D], each coordinate at the truth."""
    data, truth = problem.data, problem.free.unconstrain(jnp.asarray(TRUTH))
    others = np.stack([np.delete(np.eye(len(truth)), k, axis=0) for k in range(len(truth))])

    @jax.jit
    def lanes(observed: jax.Array, ends: jax.Array) -> jax.Array:
        def lane(observed: jax.Array, end: jax.Array, k: jax.Array, basis: jax.Array) -> jax.Array:
            seen, start = dataclasses.replace(data, observed=observed), end.at[k].set(truth[k])
            found = least_squares(
                lambda inside: problem.residuals(start + inside @ basis, seen),
                jnp.zeros(len(basis)),
                Options(tolerance=1e-9),
            )
            return 2 * found.cost

        each = jax.vmap(lane, in_axes=(None, None, 0, 0))
        places, bases = jnp.arange(len(truth)), jnp.asarray(others)
        return jax.vmap(lambda observed, end: each(observed, end, places, bases))(observed, ends)

    return lanes


def held(intervals: list[np.ndarray], truth: np.ndarray) -> np.ndarray:
    """How often intervals [D, 2] hold the truth [D]."""
    inside = [(ends[:, 0] <= truth) & (truth <= ends[:, 1]) for ends in intervals]
    found: np.ndarray = np.mean(inside, axis=0)
    return found


@pytest.mark.parametrize("rows", [120, 480])
@pytest.mark.parametrize("memory", [0.0, 0.5, 0.8])
def test_intervals_hold_the_truth_whether_errors_last_or_not(
    tmp_path: Path, rows: int, memory: float
) -> None:
    problem = small(tmp_path, steps=rows)
    truth = np.asarray(problem.free.unconstrain(jnp.asarray(TRUTH)))
    true_weights = problem.compare(jnp.asarray(truth), problem.data).weights
    places, counts = np.asarray(ilr(true_weights)), np.ones(rows, bool)
    rng = np.random.default_rng(rows + int(10 * memory))
    drawn = rng.normal(size=(REPLICATES, rows + 200, 1)) * np.sqrt(1 - memory**2)
    errors = lfilter([1.0], [1.0, -memory], drawn, axis=1)[:, 200:]
    fitted = fitter(problem)
    seen = jnp.asarray(ilr_inverse(places[None] + NOISE * errors))
    found = fitted(seen)
    least = np.asarray(holder(problem)(seen, found[0]))
    profiled: list[np.ndarray] = []
    told: dict[str, list[np.ndarray]] = {"independent": [], "lasting": [], "default": []}
    told |= {"bootstrap": []}
    spoke, blocks = 0, []
    for i, (end, jacobian, residuals) in enumerate(zip(*map(np.asarray, found), strict=True)):
        inverse, by_row = inverse_square(jacobian), jacobian.reshape(rows, 1, -1)
        left = residuals.reshape(rows, 1)
        noise = np.sqrt(residuals @ residuals / (rows - len(end)))
        wald = NORMAL_97_5 * noise * errors_along(np.eye(len(end)), inverse)
        influence = np.einsum("kd,tmd->ktm", inverse, by_row)
        lasts = lasting_variance(influence, left, by_row, inverse, counts)
        wide = student_reach(lasts.degrees) * np.sqrt(lasts.variance)
        speaks = whiteness(left, counts).speaks  # type: ignore[union-attr]
        spoke += speaks
        for name, reach in {
            "independent": wald,
            "lasting": wide,
            "default": wide if speaks else wald,
        }.items():
            told[name].append(np.stack([end - reach, end + reach], axis=1))
        # A profile holds the truth where the deviance there has not risen beyond its limit.
        rise = np.square(
            (wide if speaks else wald) / (noise * errors_along(np.eye(len(end)), inverse))
        )
        profiled.append(rows * np.log(least[i] / (residuals @ residuals)) <= rise)
        if i < RESAMPLED:
            own, kept = errors_of(left, by_row, speaks)
            blocks.append(block_length(own[1:] - kept * own[:-1]))
            predicted = places + NOISE * errors[i] + left
            histories = predicted[None] - draw_errors(own, kept, (RESAMPLES, rows), blocks[-1], i)
            again = np.asarray(fitted(jnp.asarray(ilr_inverse(histories)))[0])
            ends = np.quantile(again, [0.025, 0.975], axis=0, method="weibull").T
            told["bootstrap"].append(ends)
    print(f"\n{rows} rows, φ = {memory}: test speaks {spoke / REPLICATES:.3f}, blocks", end=" ")
    print(f"{np.mean(blocks):.1f} rows")
    share = {name: held(intervals, truth) for name, intervals in told.items()}
    share["profile"] = np.mean(profiled, axis=0)
    for name, values in share.items():
        print(f"  {name}: {(100 * values).round(1).tolist()}")
    # Three standard errors of 1000 replicates are 2.1 points, of 400 they are 3.3.
    assert (share["default"] > 0.92).all()
    assert (share["profile"] > 0.92).all()
    assert (share["bootstrap"] > 0.88).all()
