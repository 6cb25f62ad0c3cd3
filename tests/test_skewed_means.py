"""Means that few paths carry are told wherever an interval of theirs is."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray
from analysis_worlds import PATHS, world, worlds
from scipy import stats

from camjax.analysis import bands, compare, key_figures, snapshot, total_transfers
from camjax.cli.analysis_table import as_records, format_analysis
from camjax.ensemble.quantities import Quantity
from camjax.ensemble.reducers import FinalMean
from camjax.intervals import FEW_CARRY, is_skewed
from camjax.report import build_report, page
from camjax.report.content import Estimate
from camjax.report.estimates import mean_text
from camjax.report.units import SHARE
from camjax.runs.summary import EstimateSummary
from camjax.runs.table import estimate_text

VALUE = Quantity("value")


def heavy(results: xarray.Dataset, factor: float = 2.0) -> xarray.Dataset:
    """Results of whose paths few hold nearly all."""
    number = results.sizes["path"]
    drawn = np.exp(factor * stats.norm.ppf((np.arange(number) + 0.5) / number))
    return results.assign(balance=results.balance * xarray.DataArray(drawn, dims="path"))


def test_values_that_are_not_finite_or_vary_by_rounding_alone_carry_nothing() -> None:
    drawn = np.exp(np.random.default_rng(0).normal(size=(60, 40)))
    some = np.where(np.arange(60)[:, None] % 2 == 0, drawn, np.nan)
    np.testing.assert_array_equal(is_skewed(some), is_skewed(drawn[::2]))
    assert is_skewed(some).any()
    rounded = 2e8 + 1e-3 * drawn
    assert not is_skewed(rounded).any()


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_skewness_of_blocks_is_that_of_all_paths(dtype: type) -> None:
    drawn = (3e6 * np.exp(1.5 * np.random.default_rng(1).normal(size=700))).astype(dtype)
    mean, partials = FinalMean(VALUE), []
    fold = jax.jit(lambda lanes, counted: mean.fold({VALUE.key: lanes}, counted))
    for block in (drawn[:512], drawn[512:]):
        lanes = np.zeros(512, dtype)
        lanes[: len(block)] = block
        counted = np.arange(512) < len(block)
        partials.append(fold(jnp.asarray(lanes), jnp.asarray(counted)))
    together = mean.merge(*partials)
    assert float(together["skewness"]) == pytest.approx(stats.skew(drawn), rel=1e-5)
    assert mean.finish(together).skewed == bool(is_skewed(drawn.astype(np.float64)))
    assert mean.finish(together).skewed


def test_analyses_tell_them_beside_their_intervals() -> None:
    found = bands(heavy(world()), "balance")
    assert found.skewed.dtype == np.float64 and found.skewed.attrs["units"] == "1"
    last = heavy(world()).balance.isel(step=-1).values
    np.testing.assert_array_equal(found.skewed.isel(step=-1), is_skewed(last))
    assert found.skewed.all() and not bands(world(), "yield_rate").skewed.all()
    assert key_figures(heavy(world())).skewed.sel(figure="mean").all()
    assert {"skewed", "net_skewed"} <= set(total_transfers(world()))
    assert compare(heavy(worlds()), "middle", "low", "balance").skewed.all()
    assert np.isnan(bands(world().isel(path=[0]), "balance").skewed).all()


def test_their_tables_mark_them() -> None:
    text = format_analysis("snapshot", snapshot(heavy(world()), "balance"))
    assert text.count("*") == 9 and text.endswith(f"* {FEW_CARRY}")
    assert "skewed" not in text
    even = snapshot(world(), "yield_rate")
    assert "*" not in format_analysis("snapshot", even)
    assert [record["skewed"] for record in as_records(even)] == [0.0] * 4


def test_the_report_marks_them_and_says_it_in_sentences() -> None:
    results = world().isel(step=[-1])
    assert f"* {FEW_CARRY}" in page(build_report(heavy(results)))
    even = results.assign(balance=1e6 + results.path + 0 * results.balance)
    assert FEW_CARRY not in page(build_report(even))
    told = mean_text(Estimate(0.5, 0.4, 0.6, skewed=True), SHARE)
    assert told.endswith("40.0 to 60.0\u00a0%, likely too narrow: few paths carry the mean)")


def test_a_mean_that_was_to_be_precise_says_it_below() -> None:
    told = EstimateSummary("cost", 2.0, 1.0, 3.0, skewed=True, reached=True)
    assert estimate_text(told, PATHS).endswith(f"took 40 paths.\n{FEW_CARRY}")
    alike = dataclasses.replace(told, skewed=False)
    assert FEW_CARRY not in estimate_text(alike, PATHS)
