"""Observed tables become weights exactly as chosen, or are refused with line, reason and remedy."""

import datetime
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shared import SHARED

from calibration.missing_days import CarryForward, Interpolate, Refuse, parse_missing_days
from calibration.observations import Observations, implied_weights, observe
from calibration.observed_file import ObservedTable, read_observed
from camjax.errors import CamjaxError

DATA = SHARED / "data"
laws = settings(max_examples=60)

LONG = """time,venue,deposit,balance,yield_rate
2022-01-30,Curve,pool,30,0.02
2022-01-30,Uniswap,pool,10,0.06
2022-01-30,wallets,idle,60,
2022-02-01,Curve,pool,0,0.02
2022-02-01,Uniswap,pool,0,0.06
2022-02-01,wallets,idle,50,
2022-02-03,Curve,pool,25,
2022-02-03,Uniswap,pool,25,0.04
2022-02-03,wallets,idle,50,
"""

Read = Callable[[str], ObservedTable]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Read a table given as text."""

    def read_text(text: str, name: str = "observed.csv") -> ObservedTable:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return read_observed(path)

    return read_text


def test_venues_are_added_and_their_yields_averaged_by_balance(read: Read) -> None:
    found = observe(read(LONG), dt_days=2.0)
    assert found.names == ("pool", "idle") and found.absent == ()
    np.testing.assert_array_equal(found.times_days, [0, 2, 4])
    np.testing.assert_array_equal(found.balances, [[40, 60], [0, 50], [50, 50]])
    np.testing.assert_allclose(found.weights, [[0.4, 0.6], [0, 1], [0.5, 0.5]])
    assert found.mask.all()
    assert found.clock.start == datetime.datetime(2022, 1, 30, tzinfo=datetime.UTC)


def test_yield_of_a_deposit_is_over_venues_that_have_one(read: Read) -> None:
    pool, idle = observe(read(LONG)).yield_rates.T
    by_balance, plain_where_all_are_empty, only_known = pool
    assert by_balance == pytest.approx((30 * 0.02 + 10 * 0.06) / 40)
    assert plain_where_all_are_empty == pytest.approx(0.04)
    assert only_known == pytest.approx(0.04)
    assert np.isnan(idle).all()


def test_wide_table_says_the_same_as_the_long_one(read: Read) -> None:
    wide = observe(
        read(
            "idle, time ,pool,yield_rate_pool\n60,2022-01-30,40,0.03\n\n"
            "50,2022-02-03,50,0.04\n50,2022-02-01,0,0.04\n"
        ),
        deposits=("pool", "idle"),
    )
    long = observe(read(LONG))
    for field in ("times_days", "balances", "weights", "mask"):
        np.testing.assert_array_equal(getattr(wide, field), getattr(long, field))
    np.testing.assert_allclose(wide.yield_rates, long.yield_rates, rtol=1e-15)


def test_order_of_rows_and_byte_order_mark_do_not_matter(read: Read) -> None:
    header, *rows = LONG.splitlines()
    shuffled = read("\ufeff" + "\r\n".join([header, *rows[::-1]]))
    found = observe(shuffled, deposits=("pool", "idle"))
    np.testing.assert_array_equal(found.balances, observe(read(LONG)).balances)


def test_empty_deposit_is_told_apart_from_an_absent_one(read: Read) -> None:
    found = observe(read(LONG), deposits=("savings", "pool", "idle"))
    assert found.names == ("pool", "idle") and found.absent == ("savings",)
    assert found.weights[1, 0] == 0


def test_weights_are_over_observed_deposits_under_allocation(read: Read) -> None:
    table = read("time,pool,locked,idle\n0,30,500,10\n1,10,500,30\n")
    names = ("pool", "savings", "locked", "idle")
    found = observe(table, deposits=names, allocated=(True, True, False, True))
    assert found.allocated == (True, False, True)
    np.testing.assert_allclose(found.weights[:, [0, 2]], [[0.75, 0.25], [0.25, 0.75]])
    assert np.isnan(found.weights[:, 1]).all()


@laws
@given(
    balances=st.lists(st.tuples(*[st.floats(0, 1e12)] * 3), min_size=1, max_size=6).filter(
        lambda rows: all(sum(row) > 0 for row in rows)
    )
)
def test_implied_weights_are_shares_of_the_total(balances: list[tuple[float, ...]]) -> None:
    weights = implied_weights(balances)
    np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=1e-12)
    np.testing.assert_allclose(
        weights * np.sum(balances, axis=1, keepdims=True), balances, atol=1e-300
    )


GAPS = "time,pool,idle\n0,10,90\n1,20,80\n2,,70\n4,50,\n6,40,60\n"


def test_missing_days_are_refused_unless_told_otherwise(read: Read) -> None:
    with pytest.raises(
        CamjaxError,
        match=r"observed.csv, day 2: expected a balance of pool, got none.*Write 0.*carry",
    ):
        observe(read(GAPS))


def test_carrying_forward_reaches_so_many_days_and_is_marked(read: Read) -> None:
    found = observe(read(GAPS), dt_days=1.0, missing=CarryForward(3))
    np.testing.assert_array_equal(found.balances[:, 0], [10, 20, 20, 20, 50, 50, 40])
    np.testing.assert_array_equal(found.balances[:, 1], [90, 80, 70, 70, 70, 70, 60])
    np.testing.assert_array_equal(found.mask[:, 0], [1, 1, 0, 0, 1, 0, 1])
    np.testing.assert_array_equal(found.mask[:, 1], [1, 1, 1, 0, 0, 0, 1])


def test_carrying_forward_stops_at_its_limit(read: Read) -> None:
    with pytest.raises(CamjaxError, match=r"day 3: expected a balance of pool, got none"):
        observe(read(GAPS), dt_days=1.0, missing=CarryForward(1))


def test_interpolation_is_linear_between_observations(read: Read) -> None:
    found = observe(read(GAPS), dt_days=1.0, missing=Interpolate())
    days = np.arange(7.0)
    np.testing.assert_array_equal(found.times_days, days)
    np.testing.assert_allclose(
        found.balances[:, 0], np.interp(days, [0, 1, 4, 6], [10, 20, 50, 40])
    )
    np.testing.assert_allclose(
        found.balances[:, 1], np.interp(days, [0, 1, 2, 6], [90, 80, 70, 60])
    )


@pytest.mark.parametrize("missing", [CarryForward(100), Interpolate()])
def test_nothing_is_invented_before_the_first_observation(read: Read, missing) -> None:
    table = read(
        "time,venue,deposit,balance\n0,a,pool,1\n1,a,pool,1\n2,a,pool,1\n1,b,idle,5\n2,b,idle,5\n"
    )
    with pytest.raises(CamjaxError, match=r"day 0: expected a balance of b \(idle\).*rite 0"):
        observe(table, missing=missing)


def test_interpolation_does_not_reach_beyond_the_last_observation(read: Read) -> None:
    with pytest.raises(CamjaxError, match=r"day 2: expected a balance of idle.*extrapolated"):
        observe(read("time,pool,idle\n0,1,1\n1,1,1\n2,1,\n"), missing=Interpolate())


def test_yield_travels_with_its_observation(read: Read) -> None:
    table = read("time,pool,yield_rate_pool\n0,10,0.02\n2,30,0.04\n4,30,\n")
    carried = observe(table, dt_days=1.0, missing=CarryForward(1)).yield_rates[:, 0]
    np.testing.assert_array_equal(carried, [0.02, 0.02, 0.04, 0.04, np.nan])
    between = observe(table, dt_days=1.0, missing=Interpolate()).yield_rates[:, 0]
    np.testing.assert_allclose(between, [0.02, 0.03, 0.04, np.nan, np.nan], rtol=1e-14)


@laws
@given(
    times=st.lists(st.integers(0, 60), min_size=2, max_size=9, unique=True).map(sorted),
    reach=st.integers(0, 15),
)
def test_policies_agree_with_a_plain_search(times: list[int], reach: int) -> None:
    samples = np.array(times, dtype=float) / 4
    values = np.cos(samples) + 2
    grid = np.arange(np.ceil(samples[0]), samples[-1] + 1e-9)

    def carried(day: float) -> float:
        past = [v for t, v in zip(samples, values, strict=True) if 0 <= day - t <= reach / 2]
        return past[-1] if past else np.nan

    found = CarryForward(reach / 2).place(samples, grid).of(values)
    np.testing.assert_array_equal(found, [carried(day) for day in grid])
    exact = Refuse().place(samples, grid).of(values)
    expected = [values[samples == day][0] if day in samples else np.nan for day in grid]
    np.testing.assert_array_equal(exact, expected)
    np.testing.assert_allclose(
        Interpolate().place(samples, grid).of(values), np.interp(grid, samples, values), rtol=1e-12
    )


def test_irregular_moments_stay_as_they_are_without_a_step(read: Read) -> None:
    found = observe(read("time,pool\n0,1\n1,2\n5,3\n5.5,4\n"))
    np.testing.assert_array_equal(found.times_days, [0, 1, 5, 5.5])


def test_moments_that_differ_by_rounding_are_one(read: Read) -> None:
    rows = "2022-01-30T00:00:00.01,a,pool,1\n2022-01-30,b,idle,2\n"
    found = observe(read(f"time,venue,deposit,balance\n{rows}"))
    np.testing.assert_array_equal(found.balances, [[1, 2]])
    assert found.mask.all()


def test_time_is_counted_from_the_scenarios_start(read: Read) -> None:
    found = observe(read(LONG), start=datetime.date(2022, 1, 26), dt_days=2.0)
    np.testing.assert_array_equal(found.times_days, [4, 6, 8])
    counted = observe(read("time,pool\n3,1\n4,2\n"), start=datetime.date(2022, 1, 26))
    np.testing.assert_array_equal(counted.times_days, [3, 4])
    assert counted.clock.name(3) == "2022-01-29 (day 3)"


def test_times_of_day_and_offsets_are_understood(read: Read) -> None:
    table = read("time,pool\n2022-01-30T06:00+06:00,1\n2022-01-30T12:00Z,2\n2022-01-31,3\n")
    np.testing.assert_allclose(observe(table, dt_days=0.5).times_days, [0, 0.5, 1])


def test_venues_sampled_on_different_days_meet_on_the_steps(read: Read) -> None:
    rows = [f"{t},a,pool,{t + 1}" for t in (0, 2, 4)] + [
        f"{t},b,pool,{t + 1}" for t in (0, 1, 3, 4)
    ]
    table = read("time,venue,deposit,balance\n" + "\n".join(rows))
    found = observe(table, dt_days=1.0, missing=Interpolate())
    np.testing.assert_allclose(found.balances[:, 0], 2 * np.arange(1.0, 6.0))
    np.testing.assert_array_equal(found.mask[:, 0], [1, 0, 0, 0, 1])


def test_observations_off_the_steps_are_refused_or_used(read: Read) -> None:
    table = read("time,pool\n0,1\n1.5,4\n2,5\n")
    with pytest.raises(CamjaxError, match=r"observed.csv, line 3: expected a time at a step"):
        observe(table, dt_days=1.0)
    found = observe(table, dt_days=1.0, missing=Interpolate())
    np.testing.assert_allclose(found.balances[:, 0], [1, 3, 5])
    with pytest.raises(CamjaxError, match="expected a step of 7 days within"):
        observe(read("time,pool\n1,1\n2,1\n"), dt_days=7.0, missing=Interpolate())


def test_observations_before_the_start_are_refused(read: Read) -> None:
    with pytest.raises(CamjaxError, match=r"line 2: expected a time at or after the start"):
        observe(read(LONG), start=datetime.date(2022, 2, 1))
    with pytest.raises(CamjaxError, match=r"line 3: .*got day -1"):
        observe(read("time,pool\n0,1\n-1,1\n"))


SUPPLY = "time,total_supply\n2022-01-30,100\n2022-01-31,1\n2022-02-01,120\n2022-02-03,100\n"
POOL = "time,pool\n2022-01-30,40\n2022-02-01,30\n2022-02-03,100\n"


def test_residual_deposit_is_what_the_others_leave_of_the_supply(read: Read) -> None:
    separate = observe(read(POOL), supply=read(SUPPLY, "supply.csv"), residual="idle")
    np.testing.assert_array_equal(separate.balances, [[40, 60], [30, 90], [100, 0]])
    assert separate.names == ("pool", "idle") and separate.mask.all()
    assert np.isnan(separate.yield_rates[:, 1]).all()
    together = read("time,total_supply,pool\n0,100,40\n1,120,30\n")
    found = observe(together, residual="idle", deposits=("idle", "savings", "pool"))
    np.testing.assert_array_equal(found.balances, [[60, 40], [90, 30]])
    assert found.absent == ("savings",)


def test_residual_is_observed_only_where_everything_is(read: Read) -> None:
    table = read("time,total_supply,pool\n0,100,40\n1,120,\n2,100,20\n")
    found = observe(table, residual="idle", missing=CarryForward(1))
    np.testing.assert_array_equal(found.mask, [[1, 1], [0, 0], [1, 1]])
    np.testing.assert_array_equal(found.balances[1], [40, 80])
    carried = observe(
        read("time,total_supply,pool\n0,100,40\n1,,30\n"), residual="idle", missing=CarryForward(1)
    )
    np.testing.assert_array_equal(carried.mask, [[1, 1], [1, 0]])


def test_gap_in_the_supply_names_its_file(read: Read) -> None:
    supply = read("time,total_supply\n0,100\n", "supply.csv")
    with pytest.raises(
        CamjaxError, match=r"supply\.csv, day 1: expected a balance of total_supply"
    ):
        observe(read("time,pool\n0,1\n1,1\n"), supply=supply, residual="idle")


def test_supply_smaller_than_the_balances_is_refused_but_rounding_is_not(read: Read) -> None:
    with pytest.raises(CamjaxError, match=r"day 1, total_supply: expected at least the 50 tokens"):
        observe(read("time,total_supply,pool\n0,100,40\n1,49,50\n"), residual="idle")
    found = observe(read("time,total_supply,pool\n0,99.99999999,100\n"), residual="idle")
    assert found.balances[0, 1] == 0


def refused(found: Callable[[], Observations | ObservedTable], *words: str) -> None:
    """Assert that something is refused in words that include these."""
    with pytest.raises(CamjaxError) as caught:
        found()
    for word in words:
        assert word in str(caught.value)


def test_supply_and_residual_come_together_or_not_at_all(read: Read) -> None:
    pool, supply = read(POOL), read(SUPPLY, "supply.csv")
    both = read("time,total_supply,pool\n0,100,40\n")
    refused(lambda: observe(pool, supply=supply), "residual deposit together", "only the series")
    refused(lambda: observe(pool, residual="idle"), "only the deposit, 'idle'")
    refused(lambda: observe(both, supply=both, residual="idle"), "total_supply: expected one")
    refused(lambda: observe(pool, supply=both, residual="idle"), "also pool")
    refused(
        lambda: observe(read("time,pool\n0,1\n"), supply=supply, residual="idle"), "dates in one"
    )
    refused(lambda: observe(pool, supply=supply, residual="pool"), "no balances of the residual")
    refused(
        lambda: observe(pool, supply=supply, residual="idle", deposits=("pool", "savings")),
        "one of the scenario's deposits (pool, savings), got 'idle'",
    )
    refused(lambda: observe(supply, residual="idle"), "balances of at least one deposit")


def test_deposits_must_be_the_scenarios(read: Read) -> None:
    table = read(LONG)
    refused(lambda: observe(table, deposits=("pool",)), "line 4, deposit", "(pool)", "'idle'")
    refused(lambda: observe(table, deposits=("pool", "idle"), allocated=(True,)), "2 flags")
    refused(
        lambda: observe(
            table, deposits=("pool", "idle", "savings"), allocated=(False, False, True)
        ),
        "a deposit that is under allocation, got only pool, idle",
    )


def test_row_in_which_everything_is_empty_has_no_weights(read: Read) -> None:
    refused(lambda: observe(read("time,a,b\n0,1,1\n1,0,0\n")), "day 1", "only zeros", "leave")
    refused(lambda: observe(read("time,a,b\n0,1,1\n"), dt_days=0.0), "dt_days", "positive")


def test_implied_weights_refuse_what_has_none() -> None:
    refused(lambda: implied_weights([[1.0, -1.0]]), "row 0, deposit 1", "a balance ≥ 0")
    refused(lambda: implied_weights([[1.0, 1.0]], (False, False)), "at least one of them True")
    refused(lambda: implied_weights([1.0, 2.0]), "balances [T, N]")


def test_policies_are_read_from_words() -> None:
    assert parse_missing_days("refuse") == Refuse()
    assert parse_missing_days("interpolate") == Interpolate()
    assert parse_missing_days("carry:2.5") == CarryForward(2.5)
    for text in ("carry", "carry:", "carry:-1", "carry:x", "guess", "carry:."):
        refused(lambda text=text: parse_missing_days(text), "refuse, carry:<days> or interpolate")
    refused(lambda: CarryForward(-1), "a number ≥ 0")


needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="real observations are not here")


@needs_data
def test_fei_series_is_read_every_two_days() -> None:
    found = observe(read_observed(DATA / "fei-2022.csv"), dt_days=2.0)
    assert found.names == ("liquidity_pool", "other") and found.weights.shape == (81, 2)
    np.testing.assert_array_equal(found.times_days, np.arange(0, 162, 2))
    pool = 95709635 + 35549721 + 126762171 + 14614907
    assert 0 <= found.balances[0, 0] - pool < 0.01 * pool
    assert found.yield_rates[0, 1] == 0.04008 and np.isnan(found.yield_rates[:, 0]).all()


@needs_data
def test_fei_series_fills_every_other_day_only_when_told_to() -> None:
    table = read_observed(DATA / "fei-2022.csv")
    with pytest.raises(CamjaxError, match=r"2022-01-31 \(day 1\).*79 later"):
        observe(table, dt_days=1.0)
    found = observe(table, dt_days=1.0, missing=CarryForward(1))
    assert found.mask[::2].all() and not found.mask[1::2].any()
    np.testing.assert_array_equal(found.weights[1::2], found.weights[:-1:2])


@needs_data
def test_dai_series_is_complete() -> None:
    found = observe(read_observed(DATA / "dai-compound-aave-2021.csv"), dt_days=1.0)
    assert found.names == ("compound", "aave") and found.weights.shape == (516, 2)
    np.testing.assert_allclose(found.weights.sum(axis=1), 1, rtol=1e-12)
    assert found.mask.all() and np.isfinite(found.yield_rates).all()
