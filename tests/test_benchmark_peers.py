"""The benchmark's peers compute the model that they are compared with."""

from types import ModuleType

import numpy as np
import pytest
from oracle import run as run_oracle
from shared import GoldenCase, load_golden

from benchmarks.peers import vectorised_numpy
from benchmarks.peers.workload import DEFAULT, Parameters, Series, draw_series

NUM_PATHS, STEPS = 5, 60


@pytest.fixture(scope="module")
def parallel_numba() -> ModuleType:
    pytest.importorskip("numba")
    from benchmarks.peers import parallel_numba

    return parallel_numba


@pytest.fixture(scope="module")
def series() -> Series:
    return draw_series(NUM_PATHS, STEPS, np.float64, seed=1)


def parameters_of(case: GoldenCase) -> Parameters:
    return DEFAULT._replace(
        yield_window=case.scenario["weights"]["yield_window"],
        rebalance_duration_days=case.scenario["rebalancing"]["duration_days"],
    )


def assert_reproduces(peer: ModuleType, name: str) -> None:
    case = load_golden(name)
    result = peer.run(
        1,
        case.steps,
        settlement="sequential",
        drivers=(case.columns["volatile_asset_price"][None], case.columns["utilization"][None]),
        record_mean=True,
        parameters=parameters_of(case),
    )
    expected = case.expected["balance"]
    tolerance = 1e-9 * expected.sum(axis=1).min()
    np.testing.assert_allclose(result.mean_balances, expected, rtol=0, atol=tolerance)
    np.testing.assert_allclose(result.final_balances[0], expected[-1], rtol=0, atol=tolerance)


@pytest.mark.parametrize("name", ["default", "default_run2", "window1_duration7"])
def test_numpy_peer_reproduces_golden_case(name: str) -> None:
    assert_reproduces(vectorised_numpy, name)


@pytest.mark.slow
def test_numba_peer_reproduces_golden_case(parallel_numba: ModuleType) -> None:
    assert_reproduces(parallel_numba, "default")


def test_numpy_peer_agrees_with_the_oracle_when_settlement_is_netted(series: Series) -> None:
    scenario = load_golden("default").scenario
    scenario["rebalancing"] |= {"settlement": "netted", "accounting": "conserving"}
    final_balances = vectorised_numpy.run(NUM_PATHS, STEPS, drivers=series).final_balances
    for path in range(2):
        columns = {
            "volatile_asset_price": series[0][path],
            "utilization": series[1][path],
            "savings_rate": np.full(STEPS + 1, DEFAULT.savings_rate),
        }
        expected = run_oracle(scenario, columns, STEPS)["balance"][-1]
        np.testing.assert_allclose(
            final_balances[path], expected, rtol=0, atol=1e-9 * expected.sum()
        )


def test_peers_agree_when_settlement_is_netted(parallel_numba: ModuleType, series: Series) -> None:
    ours = vectorised_numpy.run(NUM_PATHS, STEPS, drivers=series, record_mean=True)
    theirs = parallel_numba.run(NUM_PATHS, STEPS, drivers=series, record_mean=True)
    tolerance = 1e-9 * ours.final_balances[0].sum()
    np.testing.assert_allclose(ours.final_balances, theirs.final_balances, rtol=0, atol=tolerance)
    np.testing.assert_allclose(ours.mean_balances, theirs.mean_balances, rtol=0, atol=tolerance)


def test_peers_end_in_the_same_distribution(parallel_numba: ModuleType) -> None:
    ours = vectorised_numpy.run(4096, STEPS, seed=1).final_balances
    theirs = parallel_numba.run(4096, STEPS, seed=2).final_balances
    standard_error = np.sqrt((ours.var(axis=0) + theirs.var(axis=0)) / 4096)
    assert np.all(np.abs(ours.mean(axis=0) - theirs.mean(axis=0)) < 5 * standard_error)
    assert np.all(np.abs(ours.std(axis=0) / theirs.std(axis=0) - 1) < 0.1)


def test_numpy_peer_does_not_depend_on_batches(series: Series) -> None:
    whole = vectorised_numpy.run(NUM_PATHS, STEPS, drivers=series, record_mean=True)
    parts = vectorised_numpy.run(NUM_PATHS, STEPS, drivers=series, record_mean=True, batch_size=2)
    np.testing.assert_allclose(whole.final_balances, parts.final_balances, rtol=1e-12)
    np.testing.assert_allclose(whole.mean_balances, parts.mean_balances, rtol=1e-12)


def test_float32_peer_stays_close_to_float64(series: Series) -> None:
    exact = vectorised_numpy.run(NUM_PATHS, STEPS, drivers=series).final_balances
    single = vectorised_numpy.run(NUM_PATHS, STEPS, drivers=series, dtype=np.float32).final_balances
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, exact, rtol=0, atol=2e-5 * exact[0].sum())


# A drift that a few paths can tell from none, and a price that falls to its floor.
DRIFTING = DEFAULT._replace(price_drift=-3.0)
WILD = DEFAULT._replace(price_volatility=2000.0)


def drawn_by_numpy(p: Parameters) -> Series:
    rng = np.random.default_rng(3)
    initial_price = np.full(400, p.initial_price)
    rows = [
        (price.copy(), u.copy())
        for price, u in vectorised_numpy._draw(rng, initial_price, STEPS, p)
    ]
    prices, utilizations = map(np.array, zip(*rows, strict=True))
    return np.vstack([initial_price, prices]).T, utilizations.T


def drawn_by_numba(peer: ModuleType, p: Parameters) -> Series:
    rng = np.random.default_rng(4)
    prices, utilizations = np.empty((2, 400, STEPS + 1))
    for price, utilization in zip(prices, utilizations, strict=True):
        peer._draw.py_func(rng, price, utilization, p, np.float64)
    return prices, utilizations[:, 1:]


def assert_has_the_moments_of_its_parameters(series: Series) -> None:
    increments, utilizations = np.diff(series[0], axis=1), series[1]
    tolerance = 5 / np.sqrt(increments.size)
    assert abs(increments.mean() - DRIFTING.price_drift) < tolerance * DEFAULT.price_volatility
    assert abs(increments.std() / DEFAULT.price_volatility - 1) < tolerance
    assert abs(utilizations.mean() - DEFAULT.mean_utilization) < tolerance * DEFAULT.std_utilization
    assert abs(utilizations.std() / DEFAULT.std_utilization - 1) < tolerance
    assert abs(np.corrcoef(increments.ravel(), utilizations.ravel())[0, 1]) < tolerance


def assert_held_at_the_floor_for_good(series: Series) -> None:
    prices, floor = series[0], 1e-6 * DEFAULT.initial_price
    assert prices.min() == floor < prices[:, -1].max()
    at_floor = prices == floor
    assert np.all(at_floor[:, 1:] >= at_floor[:, :-1])


def test_numpy_peer_draws_the_scenario() -> None:
    assert_has_the_moments_of_its_parameters(drawn_by_numpy(DRIFTING))
    assert_held_at_the_floor_for_good(drawn_by_numpy(WILD))


def test_numba_peer_draws_the_scenario(parallel_numba: ModuleType) -> None:
    assert_has_the_moments_of_its_parameters(drawn_by_numba(parallel_numba, DRIFTING))
    assert_held_at_the_floor_for_good(drawn_by_numba(parallel_numba, WILD))


@pytest.mark.parametrize("shape", [(NUM_PATHS, STEPS), (NUM_PATHS - 1, STEPS + 1)])
def test_series_that_do_not_cover_the_run_are_refused(shape: tuple[int, int]) -> None:
    series = np.ones(shape)
    with pytest.raises(ValueError, match="expected shape"):
        vectorised_numpy.run(NUM_PATHS, STEPS, drivers=(series, series))
