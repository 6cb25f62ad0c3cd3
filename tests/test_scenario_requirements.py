"""What the keys of a scenario ask of each other and of the drivers, and how that is told."""

from pathlib import Path
from typing import Any

import pytest
from scenario_documents import MISSING, assert_refused, changed

from camjax.cli.load import load
from camjax.scenario import load_scenario
from camjax.scenario.text import to_toml

PRESCRIBED = {
    "weights.rule": "prescribed",
    "drivers.target_pool": {"process": "constant", "value": 0.25},
    "drivers.target_market": {"process": "constant", "value": 0.25},
    "drivers.target_savings": {"process": "constant", "value": 0.25},
}


CASES: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    # Keys that do not fit together.
    "duplicate names": ({"deposits.savings.name": "idle"}, ("deposits[3].name", "of its own")),
    "one allocated deposit": (
        {f"deposits.{name}.allocated": False for name in ("pool", "market", "savings")},
        ("deposits: expected at least two under allocation, got idle",),
    ),
    "nothing to allocate": (
        {f"deposits.{name}.user_balance": 0 for name in ("pool", "market", "idle")},
        ("user_balance > 0", "got zero in all"),
    ),
    "all balances outside the allocation": (
        {
            "deposits.pool.user_balance": 0,
            "deposits.market.user_balance": 0,
            "deposits.idle.allocated": False,
        },
        ("user_balance > 0",),
    ),
    "duration shorter than a step": (
        {"dt_days": 7, "rebalancing.duration_days": 5},
        ("rebalancing.duration_days: expected at least dt_days, 7, got 5.0", "exponential"),
    ),
    "cap below 1/N": ({"weights.cap": 0.2}, ("weights.cap: expected at least 1/4",)),
    "cap below 1/(N-1) without idle": (
        {"weights.cap": 0.3, "weights.idle_weight": "zero"},
        ("weights.cap: expected at least 1/3",),
    ),
    "preference of an unknown deposit": (
        {"weights.factor.markt": 2},
        ("weights.factor.markt", 'Did you mean "market"?'),
    ),
    "preference of a deposit left alone": (
        {"weights.exposure.savings": 2, "deposits.savings.allocated": False},
        ("weights.exposure.savings", "pool, market, idle"),
    ),
    "all factors zero": (
        {f"weights.factor.{name}": 0 for name in ("pool", "market", "savings", "idle")},
        ("weights.factor", "zero for all"),
    ),
    "two memories": (
        {"weights.yield_window": 3, "weights.yield_half_life_days": 2.0},
        ("weights: expected yield_window or yield_half_life_days, got both",),
    ),
    "gain without pairs": (
        {"weights.gain": 2.0},
        ("weights.gain", "left out under the endogenous rule", "pairwise"),
    ),
    "cap under the pairwise rule": (
        {"weights.rule": "pairwise", "weights.cap": 0.5},
        ("weights.cap", "left out under the pairwise rule"),
    ),
    "concentration too short": (
        {"weights.rule": "exogenous", "weights.concentration": [1, 1]},
        ("weights.concentration: expected 4 numbers", "pool, market, savings, idle", "got 2"),
    ),
    "concentration not positive": (
        {"weights.rule": "exogenous", "weights.concentration": [1, 1, 0, 1]},
        ("weights.concentration[2]: expected a number > 0, got 0",),
    ),
    "pairs that do not connect": (
        {"rebalancing.pairs": [["pool", "market"], ["savings", "idle"]]},
        ("rebalancing.pairs", "no way from pool to savings, idle"),
    ),
    "pairs twice": (
        {"rebalancing.pairs": [["pool", "market"], ["market", "pool"]]},
        ("rebalancing.pairs: expected each pair once",),
    ),
    "pair of an unknown deposit": (
        {"rebalancing.pairs": [["pool", "markets"]]},
        ("rebalancing.pairs", 'Did you mean "market"?'),
    ),
    "pair of one": (
        {"rebalancing.pairs": [["pool", "pool"]]},
        ("rebalancing.pairs[0]: expected two different deposits",),
    ),
    "pairs with constrained transfers": (
        {
            "rebalancing.pairs": [["pool", "market"], ["market", "idle"], ["idle", "savings"]],
            "rebalancing.transfers": "constrained",
        },
        ("rebalancing.transfers", '"minimum_norm"'),
    ),
    "conductance above 1": (
        {"weights.rule": "pairwise", "weights.conductance": [["pool", "idle", 2]]},
        ("weights.conductance[0]: expected two different deposits and a number in [0, 1]",),
    ),
    "conductance of no pair": (
        {
            "weights.rule": "pairwise",
            "weights.conductance": [["pool", "idle", 0.5]],
            "rebalancing.pairs": [["pool", "market"], ["market", "idle"], ["idle", "savings"]],
        },
        ("weights.conductance", "rebalancing.pairs", '["pool", "idle"]'),
    ),
    "correlation of no gaussian process": (
        {"drivers.correlation": [["volatile_asset_price", "utilization", 0.5]]},
        ("drivers.correlation", "volatile_asset_price"),
    ),
    "correlation of 1": (
        {"drivers.correlation": [["volatile_asset_price", "utilization", 1]]},
        ("drivers.correlation[0]", "a number in (-1, 1)"),
    ),
    "schedule without values": (
        {"drivers.savings_rate": {"process": "schedule", "values": [0.1], "days": [0, 1]}},
        ("drivers.savings_rate: expected as many days as values",),
    ),
    "schedule with falling days": (
        {"drivers.savings_rate": {"process": "schedule", "values": [0.1, 0], "days": [1, 0]}},
        ("drivers.savings_rate.days: expected increasing days",),
    ),
    # Drivers that deposits need.
    "no utilization": (
        {"drivers.utilization": MISSING},
        ('deposits.market: expected "utilization" or "borrow_demand"', "got neither"),
    ),
    "utilization and demand": (
        {"drivers.borrow_demand": {"process": "constant", "value": 1e6}},
        ("deposits.market", "got utilization and borrow_demand", "Leave one out."),
    ),
    "no savings rate": (
        {"deposits.savings.rate": MISSING},
        ("deposits.savings.rate", "savings_rate_savings", "got nothing"),
    ),
    "no yield of an external venue": (
        {"deposits.savings.type": "external", "deposits.savings.rate": MISSING},
        ("deposits.savings.rate", "yield_rate_savings"),
    ),
    "no price for a pool": (
        {"drivers.volatile_asset_price": MISSING},
        ("drivers.volatile_asset_price", "since pool depends on it"),
    ),
    "no price for an exposed deposit": (
        {
            "deposits.pool.type": "idle",
            "deposits.pool.protocol_tvl_usd": MISSING,
            "drivers.volatile_asset_price": MISSING,
        },
        ("since market depends on it", "weights.exposure.market = 0"),
    ),
    "minting without idle": (
        {
            "deposits.idle.type": "external",
            "deposits.idle.rate": 0.0,
            "drivers.mint_redeem": {"process": "constant", "value": 1.0},
        },
        ("drivers.mint_redeem: expected an idle deposit",),
    ),
    "no prescribed weights": (
        {"weights.rule": "prescribed"},
        ("drivers.target_*: expected columns target_pool", "got no target_pool"),
    ),
    "one prescribed weight missing": (PRESCRIBED, ("got no target_idle",)),
    "prescribed weights that miss 1": (
        {**PRESCRIBED, "drivers.target_idle": {"process": "constant", "value": 0.3}},
        ("drivers.target_*, step 0", "sum to 1 within 1e-06, got a sum of 1.05"),
    ),
    "random prescribed weights": (
        {"drivers.target_idle": {"process": "gaussian_noise", "mean": 0.3, "std": 0.1}},
        ("drivers.target_idle.process", '"constant" or "schedule"'),
    ),
    "draws from a process": (
        {"drivers.dirichlet_idle": {"process": "constant", "value": 0.3}},
        ("drivers.dirichlet_idle: expected no process", "drivers.csv"),
    ),
    "half open": (
        {"drivers.available_idle": {"process": "constant", "value": 0.5}},
        ("drivers.available_idle.value: expected 0 or 1", "0.5"),
    ),
    "all closed": (
        {
            f"drivers.available_{name}": {"process": "schedule", "values": [1, 0], "days": [0, 2]}
            for name in ("pool", "market", "savings", "idle")
        },
        ("drivers.available_*, step 2", "all closed"),
    ),
    "price that starts at zero": (
        {"drivers.volatile_asset_price.value": 0.0},
        ("drivers.volatile_asset_price.value: expected a number > 0",),
    ),
    "utilization around 70": (
        {"drivers.utilization.mean": 70.0},
        ("drivers.utilization.mean: expected a number in [0, 1], as utilization is, got 70.0",),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_document_whose_keys_do_not_fit_is_refused(case: str) -> None:
    changes, fragments = CASES[case]
    assert_refused(changed(changes), fragments)


MARKET = {"type": "money_market", "user_balance": 1.0, "protocol_balance": 0.0}
WITHOUT_PRICE: dict[str, Any] = {
    "steps": 2,
    "deposits": [
        {"name": "aave", **MARKET},
        {"name": "flat", **MARKET, "risk_discount": 0.0},
        {"name": "idle", "type": "idle", "user_balance": 1.0},
    ],
    "weights": {"exposure": {"aave": 0.0, "flat": 0.0}},
    "drivers": {"utilization": {"process": "constant", "value": 0.7}},
}


def test_a_discount_for_the_risk_of_no_price_is_told_of() -> None:
    (note,) = load_scenario(WITHOUT_PRICE).notes
    assert "the risk_discount of aave has no effect" in note
    assert load_scenario(WITHOUT_PRICE, {"deposits.aave.risk_discount": 0.0}).notes == ()
    price = {"drivers.volatile_asset_price": {"process": "constant", "value": 2000.0}}
    assert load_scenario(WITHOUT_PRICE, price).notes == ()


STILL = {"process": "constant", "value": 0.5}


def test_columns_that_nothing_reads_are_told_of() -> None:
    """Of risk under the logit rule, of weights under another, and of what own columns stand for."""
    drivers = {"risk_aave": STILL, "available_idle": {**STILL, "value": 1.0}, "target_idle": STILL}
    own = {f"utilization_{name}": STILL for name in ("aave", "flat")}
    document = WITHOUT_PRICE | {"weights": {"rule": "logit"}, "drivers": drivers | own}
    found = load_scenario(document)
    assert found.unread == ("risk_aave", "target_idle")
    said = "No deposit reads risk_aave, target_idle, nor does the logit rule"
    assert any(said in note for note in found.notes)
    calm = {"weights": WITHOUT_PRICE["weights"]}
    assert load_scenario(document | calm).unread == ("target_idle",)
    shared = {f"drivers.{name}": STILL for name in ("utilization", "savings_rate")}
    found = load_scenario(document | calm, shared)
    assert found.unread == ("target_idle", "utilization", "savings_rate")
    left = {"deposits.flat.allocated": False, "weights.exposure": {"aave": 0.0}}
    found = load_scenario(document | calm, {**left, "drivers.risk_flat": STILL})
    assert found.unread == ("target_idle", "risk_flat")


def test_a_file_has_columns_that_nothing_reads_too(tmp_path: Path) -> None:
    file = tmp_path / "drivers.csv"
    file.write_text("utilization,risk_aave,target_aave\n" + "0.7,0.1,0.9\n" * 3)
    rule = {"rule": "logit", "exposure": {"aave": 0.0, "flat": 0.0}}
    document = WITHOUT_PRICE | {"drivers": {"file": str(file)}, "weights": rule}
    assert load_scenario(document).unread == ("risk_aave", "target_aave")


def test_the_command_tells_of_it_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "scenario.toml"
    file.write_text(to_toml(load_scenario(WITHOUT_PRICE).document))
    for _ in range(2):
        load(str(file), None)
    said = capsys.readouterr()
    assert said.err.count("the risk_discount of aave has no effect") == 1
    assert said.out == ""
