"""Key figures and tail risks against loops, closed forms and simulation."""

import numpy as np
import pytest
import xarray
from analysis_worlds import DT_DAYS, PATHS, STEPS, world, worlds
from scipy import stats

from camjax.analysis import key_figures, tail_risk
from camjax.analysis.key_figures import max_drawdown, volatility
from camjax.cli.analysis_table import format_analysis
from camjax.errors import CamjaxError

ONE, SWEEP = world(), worlds()


def figure(name: str, of: str = "balance[savings]", **options: int) -> xarray.Dataset:
    return key_figures(ONE, of, **options).sel(figure=name)


def test_figures_are_those_of_each_path_then_their_mean() -> None:
    values = ONE.balance.values[..., 2]
    for name, expected in {
        "mean": values.mean(1),
        "std": values.std(1, ddof=1),
        "min": values.min(1),
        "max": values.max(1),
        "final": values[:, -1],
    }.items():
        found = figure(name)
        assert float(found["mean"]) == pytest.approx(expected.mean())
        assert float(found.q95) == pytest.approx(np.quantile(expected, 0.95))
        reach = stats.t.ppf(0.975, PATHS - 1) * stats.sem(expected)
        assert float(found.high) == pytest.approx(expected.mean() + reach)


def test_figures_are_given_by_setting_and_deposit_with_their_units() -> None:
    found = key_figures(SWEEP)
    assert found["mean"].dims == ("setting", "figure", "deposit")
    units = dict(zip(found.figure.values, found.unit.values, strict=True))
    assert units["max"] == "FEI" and units["volatility"] == "1/√year" and units["std"] == "FEI"


def test_volatility_is_yearly_and_relative_to_the_level() -> None:
    values = ONE.balance.values[..., 2]
    swings = np.diff(values, axis=1).std(1, ddof=1) / values.mean(1) * np.sqrt(365 / DT_DAYS)
    assert float(figure("volatility")["mean"]) == pytest.approx(swings.mean())


def test_volatility_of_a_geometric_random_walk_is_near_its_own() -> None:
    noise = np.random.default_rng(0).normal(0.0, 0.2 / np.sqrt(365), 365)
    assert volatility(np.exp(noise.cumsum()), 365) == pytest.approx(0.2, rel=0.15)


def test_volatility_does_not_explode_near_zero() -> None:
    nearly_empty = np.array([1e6] * 50 + [1e-9, 1e-3] * 5)
    assert volatility(nearly_empty, 365) < 5
    assert volatility(np.zeros(10), 365) == 0
    assert volatility(np.full(10, 3.0), 365) == 0


@pytest.mark.parametrize("window", [2, 5, 30, 31, 200])
def test_the_drawdown_is_the_worst_fall_within_a_window(window: int) -> None:
    values = ONE.balance.values[0, :, 2]
    falls = [
        1 - values[t] / values[max(0, t - window + 1) : t + 1].max() for t in range(len(values))
    ]
    assert max_drawdown(values, window) == pytest.approx(max(falls), rel=1e-12)


def test_what_only_rises_has_no_drawdown_and_what_is_empty_has_none() -> None:
    assert max_drawdown(np.arange(1.0, 50.0), 30) == 0
    assert max_drawdown(np.zeros(50), 30) == 0
    assert max_drawdown(np.array([4.0, 1.0, 4.0]), 30) == 0.75


def test_a_window_of_one_step_is_refused() -> None:
    with pytest.raises(CamjaxError, match="window: expected at least 2 steps, got 1"):
        figure("mean", window_steps=1)


def test_tail_risk_is_of_losses_over_the_horizon() -> None:
    found = tail_risk(ONE, "balance[idle]", probability=0.9, horizon_steps=10)
    losses = np.sort(ONE.balance.values[:, -11, 3] - ONE.balance.values[:, -1, 3])
    assert float(found.value_at_risk) == losses[35]
    assert float(found.expected_shortfall) == pytest.approx(losses[36:].mean())
    assert found.value_at_risk.attrs["units"] == "FEI"


def test_the_whole_run_is_the_horizon_where_none_is_named() -> None:
    whole = tail_risk(ONE, horizon_steps=STEPS - 1)
    xarray.testing.assert_equal(tail_risk(ONE), whole)


def losses_of(draws: np.ndarray) -> xarray.Dataset:
    """Results of which each trial (deposit) loses what was drawn for each path."""
    values = np.stack([np.zeros_like(draws), -draws], axis=1)
    array = xarray.DataArray(values, {"step": [1, 2]}, ("path", "step", "deposit"))
    return tail_risk(ONE.isel(step=[0, 1]), array, probability=0.9)


def test_intervals_of_tail_risk_cover_the_truth_of_normal_losses() -> None:
    found = losses_of(np.random.default_rng(0).normal(size=(500, 2000)))
    at_risk = stats.norm.ppf(0.9)
    shortfall = stats.norm.pdf(at_risk) / 0.1
    for name, truth in {"value_at_risk": at_risk, "expected_shortfall": shortfall}.items():
        low, high = found[f"{name}_low"], found[f"{name}_high"]
        covered = ((low <= truth) & (truth <= high)).values.mean()
        assert 0.92 < covered < 0.975, name


def test_too_few_paths_leave_the_upper_end_of_value_at_risk_open() -> None:
    found = losses_of(np.random.default_rng(0).normal(size=(10, 1)))
    assert found.value_at_risk_high.isnull().all()
    assert found.expected_shortfall_low.isnull().all()
    assert np.isfinite(found.value_at_risk).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"probability": 1.0}, r"probability: expected a number in \(0, 1\), got 1.0"),
        ({"horizon_steps": 60}, "horizon: expected 1 to 59 steps, got 60"),
        ({"horizon_steps": 0}, "horizon: expected 1 to 59 steps, got 0"),
    ],
)
def test_a_tail_that_cannot_be_is_refused(options: dict[str, float], message: str) -> None:
    with pytest.raises(CamjaxError, match=message):
        tail_risk(ONE, **options)


def test_an_end_that_paths_cannot_tell_is_said_to_be_open() -> None:
    few = losses_of(np.random.default_rng(0).normal(size=(30, 1)))
    said = format_analysis("tail-risk", few)
    assert "open: too few paths, 30, to tell this end." in said
    assert "nan" not in said and "inf" not in said
    many = losses_of(np.random.default_rng(0).normal(size=(500, 1)))
    assert "open" not in format_analysis("tail-risk", many)
