"""Drivers drawn together: keys, correlation, domains and series that are given."""

import dataclasses
import zlib
from collections.abc import Iterable

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array

from camjax.errors import CamjaxError, ScenarioError
from camjax.processes import (
    PRICE_FLOOR,
    BlockBootstrap,
    BrownianMotion,
    Constant,
    Correlation,
    DriverProcesses,
    GaussianNoise,
    GeometricBrownianMotion,
    JumpDiffusion,
    Process,
    UniformNoise,
    correlation_factor,
    sample_path,
)

STEPS, DT_DAYS = 3, 0.5  # as in test_processes.py, which spares compiling paths again
KEY = jax.random.key(11)
PAIR = ("volatile_asset_price", "utilization")


def leaf(value, dtype=jnp.float64):
    return jnp.asarray(value, dtype)


def price(dtype=jnp.float64, drift: float = 0.0, volatility: float = 0.1) -> BrownianMotion:
    return BrownianMotion(
        initial=leaf(1.0, dtype), drift=leaf(drift, dtype), volatility=leaf(volatility, dtype)
    )


def noise(dtype=jnp.float64, mean: float = 0.5, std: float = 0.05) -> GaussianNoise:
    return GaussianNoise(mean=leaf(mean, dtype), std=leaf(std, dtype))


def every_kind() -> dict:
    jumps = JumpDiffusion(
        initial=leaf(1.0),
        drift=leaf(0.0),
        volatility=leaf(0.1),
        jump_intensity=leaf(0.5),
        jump_mean=leaf(-0.1),
        jump_std=leaf(0.1),
    )
    history = BlockBootstrap(
        initial=leaf(1.0),
        history=leaf([1.0, 2.0, 3.0]),
        block_steps=2,
        kind="level",
    )
    return {
        "volatile_asset_price": price(),
        "fei_price": jumps,
        "utilization": noise(),
        "savings_rate": Constant(value=leaf(0.015)),
        "borrow_demand": history,
    }


def drivers(processes: dict, steps: int = STEPS, **fields) -> DriverProcesses:
    return DriverProcesses(processes=processes, steps=steps, dt_days=DT_DAYS, **fields)


def three(**fields) -> DriverProcesses:
    """Three drivers, the structure that most tests share so that it compiles once."""
    processes = {"volatile_asset_price": price(), "utilization": noise(), "risk_pool": noise()}
    return drivers(processes, **fields)


def shocks(columns: Iterable[str], *shape: int) -> dict[str, Array]:
    """Normals drawn at once, to hand to `sample`: one compilation for many columns."""
    names = tuple(columns)
    return dict(zip(names, jax.random.normal(KEY, (len(names), *shape), jnp.float64), strict=True))


def alone(column: str, process: Process, key, steps: int):
    """The path that a process draws by itself from the key of its column's name."""
    key = jax.random.fold_in(key, np.uint32(zlib.crc32(column.encode())))
    return sample_path(process, key, steps, DT_DAYS)


def test_every_column_is_what_its_process_draws_alone_from_the_key_of_its_name():
    sample = drivers(every_kind()).sample(KEY)
    assert set(sample) == set(every_kind())
    for column, process in every_kind().items():
        assert sample[column].dtype == jnp.float64
        np.testing.assert_allclose(sample[column], alone(column, process, KEY, STEPS), rtol=1e-13)


def test_draws_of_a_column_do_not_change_when_another_is_added():
    few = drivers({"utilization": noise()}).sample(KEY)
    many = drivers(every_kind()).sample(KEY)
    np.testing.assert_allclose(few["utilization"], many["utilization"], rtol=1e-15)


def test_columns_with_one_law_are_drawn_apart():
    sample = three().sample(KEY)
    assert jnp.all(sample["utilization"] != sample["risk_pool"])


def test_one_scan_makes_the_rows_of_all_processes():
    text = str(jax.make_jaxpr(drivers(every_kind()).sample)(KEY))
    assert text.count("scan[") == 1


def test_drivers_have_the_dtype_of_their_parameters():
    processes = {PAIR[0]: price(jnp.float32), PAIR[1]: noise(jnp.float32)}
    correlation = correlation_factor(PAIR, [(*PAIR, -0.3)], jnp.float64)
    for rows in drivers(processes, correlation=correlation).sample(KEY).values():
        assert rows.shape == (STEPS + 1,)
        assert rows.dtype == jnp.float32


def test_a_sample_is_the_same_in_any_batch():
    laws = three()
    keys = jax.random.split(KEY, 2)
    batch = jax.vmap(laws.sample)(keys)
    for column, rows in laws.sample(keys[1]).items():
        np.testing.assert_allclose(batch[column][1], rows, rtol=1e-13)


def test_a_given_series_wins_over_a_process_and_is_returned_as_it_is():
    given = {"utilization": jnp.linspace(0.0, 9.0, STEPS + 1)}  # outside its domain: left alone
    laws = three(given=given)
    assert laws.sample(KEY)["utilization"] is given["utilization"]
    assert "utilization" not in laws.normals(KEY)


def test_drivers_are_random_exactly_if_a_process_in_use_is():
    constant = {"savings_rate": Constant(value=leaf(0.01))}
    assert not drivers(constant).is_random
    assert drivers({**constant, "utilization": noise()}).is_random
    given = {"utilization": jnp.zeros(STEPS + 1)}
    assert not drivers({**constant, "utilization": noise()}, given=given).is_random
    assert drivers({"utilization": UniformNoise(low=leaf(0.0), high=leaf(1.0))}).is_random


def test_only_random_drivers_need_a_key():
    rows = drivers({"savings_rate": Constant(value=leaf(0.01))}).sample()
    assert rows["savings_rate"].tolist() == [0.01] * (STEPS + 1)
    assert drivers({}).sample() == {}
    with pytest.raises(CamjaxError, match="key: expected a key"):
        drivers({"utilization": noise()}).sample()


def test_normals_may_be_replaced():
    laws = three()
    normals = laws.normals(KEY)
    sample, same = laws.sample(KEY), laws.sample(KEY, normals)
    opposite = laws.sample(KEY, jax.tree.map(jnp.negative, normals))
    for column, mean in (("volatile_asset_price", 1.0), ("utilization", 0.5)):
        np.testing.assert_allclose(sample[column], same[column], rtol=1e-15)
        np.testing.assert_allclose((sample[column] + opposite[column]) / 2, mean, rtol=1e-13)


def test_replacing_only_some_normals_is_refused():
    laws = three()
    with pytest.raises(
        CamjaxError, match=r"normals: expected an array for each .*\['utilization'\]"
    ):
        laws.sample(
            KEY, {column: jnp.zeros(STEPS + 1) for column in ("volatile_asset_price", "risk_pool")}
        )


# Domains


def test_a_price_that_reaches_its_floor_stays_there():
    laws = drivers({"volatile_asset_price": price(volatility=0.6)}, steps=30)
    normals = shocks(laws.processes, 64, 31)
    rows = jax.vmap(laws.sample, (None, 0))(KEY, normals)
    moves = 0.6 * np.sqrt(DT_DAYS) * np.asarray(normals["volatile_asset_price"])
    moves[:, 0] = 0.0
    free = 1 + np.cumsum(moves, axis=1)
    reached = np.maximum.accumulate(free <= PRICE_FLOOR, axis=1)
    assert np.any(reached & (free > PRICE_FLOOR)), "no path would have come back by itself"
    held = np.where(reached, PRICE_FLOOR, free)
    np.testing.assert_allclose(rows["volatile_asset_price"], held, rtol=1e-9)


def test_the_floor_is_relative_to_row_zero():
    falling = BrownianMotion(initial=leaf(2000.0), drift=leaf(-3000.0), volatility=leaf(0.0))
    rows = drivers({"fei_price": falling}).sample(KEY)["fei_price"]
    np.testing.assert_allclose(rows, [2000.0, 500.0] + [2000.0 * PRICE_FLOOR] * (STEPS - 1))


def test_each_driver_is_clipped_to_its_domain():
    domains = {
        "utilization": (0, 1),
        "utilization_aave": (0, 1),
        "borrow_demand": (0, np.inf),
        "borrow_demand_aave": (0, np.inf),
        "risk_pool": (0, np.inf),
        "savings_rate": (-np.inf, np.inf),
        "mint_redeem": (-np.inf, np.inf),
    }
    laws = drivers({column: noise(std=2.0) for column in domains}, steps=40)
    normals = shocks(domains, 41)
    rows = laws.sample(KEY, normals)
    for column, (low, high) in domains.items():
        free = 0.5 + 2.0 * normals[column]
        assert free.min() < 0 and free.max() > 1
        np.testing.assert_allclose(rows[column], jnp.clip(free, low, high), rtol=1e-13)


def test_gradient_survives_floor_and_bounds():
    @jax.jit
    @jax.value_and_grad
    def total(processes):
        laws = drivers(processes, steps=20)
        return sum(rows.sum() for rows in laws.sample(KEY, normals).values())

    processes = {
        "volatile_asset_price": price(drift=-0.2),
        "fei_price": GeometricBrownianMotion(
            initial=leaf(1.0), drift=leaf(-3.0), volatility=leaf(0.1)
        ),
        "utilization": noise(std=3.0),
    }
    normals = shocks(processes, 21)
    value, gradient = total(processes)
    assert all(np.isfinite(derivative) for derivative in jax.tree.leaves(gradient))
    reach = 1e-7
    steeper = {**processes, "volatile_asset_price": price(drift=-0.2 + reach)}
    slope = (total(steeper)[0] - value) / reach
    np.testing.assert_allclose(gradient["volatile_asset_price"].drift, slope, rtol=1e-6)


# Correlation


def increments(rows: dict, column: str) -> np.ndarray:
    return np.diff(np.asarray(rows[column]), axis=1).ravel()


def test_correlations_are_reproduced_and_everything_else_is_independent():
    processes = {name: price(volatility=0.001) for name in ("fei_price", "mint_redeem", "x", "y")}
    entries = [("fei_price", "mint_redeem", 0.6), ("x", "mint_redeem", -0.4)]
    laws = drivers(processes, steps=20, correlation=correlation_factor(processes, entries))
    names = tuple(processes)
    rows = jax.vmap(laws.sample, (None, 0))(KEY, shocks(names, 500, 21))
    expected = np.eye(4)
    expected[0, 1] = expected[1, 0] = 0.6
    expected[1, 2] = expected[2, 1] = -0.4
    moves = np.stack([increments(rows, name) for name in names])
    error = (1 - expected**2) / np.sqrt(moves.shape[1])
    assert np.all(abs(np.corrcoef(moves) - expected) <= 5 * error + 1e-12)
    std = 0.001 * np.sqrt(DT_DAYS)
    np.testing.assert_allclose(moves.std(axis=1), std, rtol=5 / np.sqrt(2 * moves.shape[1]))


def test_correlation_leaves_the_first_column_named_and_those_not_named_alone():
    correlation = correlation_factor(three().processes, [(*PAIR, 0.9)])
    normals = shocks(three().processes, STEPS + 1)
    apart, together = (
        three().sample(KEY, normals),
        three(correlation=correlation).sample(KEY, normals),
    )
    changed = {column for column in apart if not np.allclose(apart[column], together[column])}
    assert changed == {"utilization"}


def test_the_correlation_is_a_parameter_of_the_sample():
    def last(factor):
        correlation = Correlation(factor=factor, columns=PAIR)
        return three(correlation=correlation).sample(KEY, normals)["utilization"][-1]

    normals = shocks(three().processes, STEPS + 1)
    factor, direction = jnp.eye(2), jnp.asarray([[0.0, 0.0], [1.0, 2.0]])
    _, derivative = jax.jvp(last, (factor,), (direction,))
    expected = 0.05 * (normals[PAIR[0]][-1] + 2 * normals[PAIR[1]][-1])
    np.testing.assert_allclose(derivative, expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([("a", "b", 0.9), ("b", "c", 0.9), ("a", "c", -0.9)], "positive definite .* eigenvalue"),
        ([("a", "rate", 0.1)], "drawn from a Gaussian process .a, b, c., got 'rate'"),
        ([("a", "a", 0.1)], "two different columns, got 'a' twice"),
        ([("a", "b", 0.1), ("b", "a", 0.2)], "each pair once, got 'b' with 'a' again"),
        ([("a", "b", 0.0), ("b", "a", 0.2)], "each pair once"),
        ([("a", "b", 1.0)], "between -1 and 1 for 'a' with 'b', got 1.0"),
        ([("a", "b", float("nan"))], "between -1 and 1 for 'a' with 'b', got nan"),
    ],
)
def test_correlations_of_nothing_are_refused(entries, message):
    with pytest.raises(ScenarioError, match=f"drivers.correlation: expected .*{message}"):
        correlation_factor(["a", "b", "c"], entries)


@pytest.mark.parametrize("second", ["given", "constant", "absent"])
def test_correlating_a_column_without_normals_is_refused(second):
    entries = [("volatile_asset_price", "utilization", 0.5)]
    correlation = correlation_factor(["volatile_asset_price", "utilization"], entries)
    processes: dict = {"volatile_asset_price": price()}
    given = {}
    if second == "given":
        given["utilization"] = jnp.zeros(STEPS + 1)
    if second == "constant":
        processes["utilization"] = Constant(value=leaf(0.7))
    with pytest.raises(ScenarioError, match=r"volatile_asset_price\), got 'utilization'"):
        drivers(processes, given=given, correlation=correlation).sample(KEY)


def test_a_path_is_the_same_noise_in_both_precisions():
    single = drivers({PAIR[1]: noise(jnp.float32)}).sample(KEY)[PAIR[1]]
    double = drivers({PAIR[1]: noise(jnp.float64)}).sample(KEY)[PAIR[1]]
    np.testing.assert_allclose(single, double, rtol=1e-6)


def test_normals_can_be_drawn_in_double_precision():
    fine = dataclasses.replace(drivers({PAIR[1]: noise()}), noise="float64")
    drawn = np.asarray(fine.normals(KEY)[PAIR[1]])
    assert (drawn != drawn.astype(np.float32)).any()
