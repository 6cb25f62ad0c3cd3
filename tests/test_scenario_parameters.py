"""Numbers of a scenario as one vector: what is there, and that putting others in is rebuilding."""

import copy
import functools
import tomllib
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scenario_documents import BASE, EVERYTHING, PRICE

from camjax import CamjaxError, load_scenario, simulate
from camjax.scenario import Scenario, list_parameters, parameters

TEN_DEPOSITS: dict[str, Any] = {
    "steps": 3,
    "deposits": [
        {"name": f"venue{i}", "type": "external", "user_balance": 1.0 + i, "rate": 0.01 * i}
        for i in range(10)
    ],
    "drivers": {"volatile_asset_price": PRICE},
}
EXOGENOUS = BASE | {
    "weights": {"rule": "exogenous", "cap": 0.7, "dirichlet_precision": 50.0},
    "rebalancing": {"settlement": "sequential"},
}
DOCUMENTS: dict[str, Any] = {
    "the default": "fei",
    "everything": EVERYTHING,
    "vectors held as arrays": TEN_DEPOSITS,
    "the exogenous rule": EXOGENOUS,
    "float32": BASE | {"precision": "float32"},
}
RELATIVE_STEP = 2.0**-10


@functools.cache
def scenario(name: str) -> Scenario:
    return load_scenario(DOCUMENTS[name])


def rebuilt(base: Scenario, path: str, value: float) -> Scenario:
    """The scenario loaded again with another number at a path."""
    document = copy.deepcopy(tomllib.loads(base.toml))
    if path.startswith("weights.concentration."):
        document["weights"].setdefault("concentration", [1.0] * len(base.document.allocated))
    *parents, key = path.split(".")
    node: Any = document
    for depth, parent in enumerate(parents):
        if isinstance(node, dict):
            node = node.setdefault(parent, {})
        elif parents[depth - 1] == "deposits":
            node = next(entry for entry in node if entry["name"] == parent)
        else:
            node = node[int(parent)]
    node[int(key) if isinstance(node, list) else key] = value
    return load_scenario(document)


def leaves(model: Any, processes: Any) -> list[np.ndarray]:
    return [np.asarray(leaf) for leaf in jax.tree.leaves((model, processes))]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_putting_a_number_in_is_loading_the_scenario_with_it(name: str) -> None:
    base = scenario(name)
    own = leaves(base.model, base.processes)
    for path in list_parameters(base):
        found = parameters(base, [path])
        value = float(found.values[0]) * 0.875 + (path.endswith("volatile_asset_price.drift"))
        assert found.intervals[0].contains(value)
        other = rebuilt(base, path, value)
        put = leaves(*found.insert([value]))
        again = leaves(other.model, other.processes)
        ulp = float(np.finfo(own[0].dtype).eps)
        for ours, theirs, before in zip(put, again, own, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=ulp, atol=0)
            # What the path does not name is the same bit for bit.
            assert (ours[theirs == before] == before[theirs == before]).all(), path


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.slow] if name == "everything" else [])
        for name in DOCUMENTS
        if name != "float32"
    ],
)
def test_derivatives_by_the_files_numbers_are_those_of_loading_it_again(name: str) -> None:
    base = scenario(name)
    found = parameters(base, list_parameters(base))

    def weighed(model: Any, processes: Any) -> jax.Array:
        entries = [jnp.ravel(leaf) for leaf in jax.tree.leaves((model, processes))]
        together = jnp.concatenate(entries)
        return (together * (1.0 + np.arange(len(together)) % 7)).sum()

    gradient = jax.grad(lambda values: weighed(*found.insert(values)))(found.values)
    for path, value, slope in zip(found.names, found.values.tolist(), gradient, strict=True):
        step = RELATIVE_STEP * (abs(value) or 1.0)
        other = rebuilt(base, path, value + step)
        change = jax.tree.map(
            jnp.subtract, (other.model, other.processes), (base.model, base.processes)
        )
        np.testing.assert_allclose(slope, weighed(*change) / step, rtol=1e-9, err_msg=path)


def test_a_batch_of_numbers_runs_as_each_alone() -> None:
    base = scenario("the default")
    found = parameters(base, ["rebalancing.duration_days", "drivers.utilization.std"])

    @jax.jit
    def final(values: jax.Array) -> jax.Array:
        run = base.with_leaves(*found.insert(values))
        return simulate(run.model, run.sample_drivers(jax.random.key(1)), record=()).final_state

    batch = jnp.asarray([[30.0, 0.05], [60.0, 0.02]])
    together = jax.vmap(final)(batch)
    for i, values in enumerate(batch):
        alone = final(values)
        for a, b in zip(jax.tree.leaves(together), jax.tree.leaves(alone), strict=True):
            np.testing.assert_allclose(a[i], b, rtol=1e-12)


def test_no_numbers_put_in_is_the_scenario_itself() -> None:
    base = scenario("everything")
    model, processes = parameters(base, []).insert(jnp.zeros(0))
    for ours, own in zip(
        jax.tree.leaves((model, processes)),
        jax.tree.leaves((base.model, base.processes)),
        strict=True,
    ):
        assert ours is own


@pytest.mark.parametrize(
    ("name", "path", "fragment"),
    [
        ("the default", "steps", "structure"),
        ("the default", "dt_days", "structure"),
        ("the default", "weights.yield_window", "structure"),
        ("the default", "market.risk_window", "structure"),
        ("the default", "rebalancing.law", "structure"),
        ("the default", "rebalancing", "structure"),
        ("the default", "weights.cap", "--set weights.cap=…"),
        ("everything", "weights.elasticty", 'Did you mean "weights.elasticity"'),
        ("the default", "nowhere", "There are deposits.liquidity_pool.…"),
        ("the exogenous rule", "weights.asset_risk_aversion", "nothing reads"),
        ("everything", "drivers.correlation.0.2", "structure"),
        ("everything", "deposits.dsr.rate.1.0", "structure"),
        ("everything", "drivers.available_curve.days.1", "structure"),
        ("everything", "drivers.available_curve.values.1", "structure"),
    ],
)
def test_what_is_no_number_of_the_model_is_refused(name: str, path: str, fragment: str) -> None:
    with pytest.raises(CamjaxError) as refused:
        parameters(scenario(name), [path])
    message = str(refused.value)
    assert message.startswith(f"{path}: expected a number of the model")
    assert fragment in message
    assert "\n" not in message


def test_a_path_is_named_once_and_values_fit() -> None:
    base = scenario("the default")
    path = "rebalancing.duration_days"
    with pytest.raises(CamjaxError, match="each path once"):
        parameters(base, [path, path])
    with pytest.raises(CamjaxError, match=r"an array of shape \(1,\)"):
        parameters(base, [path]).insert([1.0, 2.0])


def test_numbers_of_a_process_whose_series_is_given_are_refused(tmp_path: Any) -> None:
    series = "\n".join(["utilization", *["0.5"] * 5])
    (tmp_path / "drivers.csv").write_text(series)
    file = {"drivers": BASE["drivers"] | {"file": str(tmp_path / "drivers.csv")}}
    base = load_scenario(BASE | file)
    assert not any(path.startswith("drivers.utilization") for path in list_parameters(base))
    with pytest.raises(CamjaxError, match="series is given"):
        parameters(base, ["drivers.utilization.mean"])


def test_a_bootstrap_starts_where_it_is_told(tmp_path: Any) -> None:
    (tmp_path / "prices.csv").write_text("price\n1.0\n2.0\n4.0\n")
    process = {
        "process": "block_bootstrap",
        "history": str(tmp_path / "prices.csv"),
        "column": "price",
        "block_steps": 1,
        "kind": "log_return",
        "initial": 3.0,
    }
    base = load_scenario(BASE | {"drivers": BASE["drivers"] | {"volatile_asset_price": process}})
    model, processes = parameters(base, ["drivers.volatile_asset_price.initial"]).insert([5.0])
    assert model is not base.model
    assert float(processes.processes["volatile_asset_price"].initial) == 5.0
    np.testing.assert_array_equal(
        processes.processes["volatile_asset_price"].history, [1.0, 2.0, 4.0]
    )
