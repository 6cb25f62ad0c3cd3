"""A deposit of one's own, as the guide of deposits says, from a scenario file to results."""

import re
from pathlib import Path
from typing import Any, ClassVar, Literal

import jax
import numpy as np
import pytest

import camjax
from camjax.cli import main
from camjax.deposits import DEPOSITS
from camjax.deposits.plain import PlainDeposit
from camjax.domains import Interval
from camjax.errors import CamjaxError, ScenarioError
from camjax.results import load_results
from camjax.scenario import load_scenario, parameters, register_deposit
from camjax.scenario.deposit_tables import DEPOSIT_TABLES, DepositTable
from camjax.scenario.tables import NonNegative

GUIDE = Path(camjax.__file__).parent / "deposits" / "README.md"
STAKED: dict[str, Any] = {
    "name": "staked",
    "type": "staking",
    "user_balance": 1e6,
    "reward_per_year": 2e5,
}
IDLE = {"name": "idle", "type": "idle", "user_balance": 9e6}
WORLD: dict[str, Any] = {"steps": 20, "deposits": [STAKED, IDLE]}


def run_the_guide(names: dict[str, Any]) -> dict[str, Any]:
    """What its code defines."""
    for code in re.findall(r"```python\n(.*?)```", GUIDE.read_text(), flags=re.DOTALL):
        exec(code, names)
    return names


@pytest.fixture
def guide(own_types: None) -> dict[str, Any]:
    return run_the_guide({})


def test_every_type_of_the_registry_has_a_table_and_a_class() -> None:
    assert DEPOSITS.keys() == DEPOSIT_TABLES.keys()


def test_a_type_that_nobody_registered_is_refused() -> None:
    with pytest.raises(ScenarioError, match=r'deposits.staked.type: expected .*, got "staking"'):
        load_scenario(WORLD)


def test_the_guide_leads_from_a_file_to_results(guide: dict[str, Any], tmp_path: Path) -> None:
    loaded = guide["scenario"]
    assert type(loaded.model.deposits[0]) is guide["Staking"]
    assert float(loaded.model.deposits[0].reward_per_year) == 2e5
    file = tmp_path / "staking.toml"
    file.write_text(loaded.toml)
    again = load_scenario(str(file))
    trajectory = camjax.simulate(again.model, again.sample_drivers())
    np.testing.assert_array_equal(trajectory.balance, guide["trajectory"].balance)
    rates = 2e5 / np.r_[1e6, trajectory.balance[:-1, 0]]
    np.testing.assert_allclose(trajectory.yield_rate[:, 0], rates, rtol=1e-12)
    np.testing.assert_allclose(trajectory.staking_rate, rates, rtol=1e-12)
    assert main(["run", str(file), "--out", str(tmp_path / "out")]) == 0
    kept = load_results(tmp_path / "out")
    np.testing.assert_allclose(kept.staking_rate.squeeze(), rates, rtol=1e-12)
    assert kept.deposit.values.tolist() == ["staked", "idle"]


def test_a_class_that_is_defined_again_takes_the_place_of_the_earlier_one(
    guide: dict[str, Any],
) -> None:
    earlier = guide["Staking"]
    run_the_guide(guide)
    assert type(guide["scenario"].model.deposits[0]) is guide["Staking"] is not earlier


def test_keys_of_an_own_type_are_checked_and_are_numbers_of_the_model(
    guide: dict[str, Any],
) -> None:
    del guide
    with pytest.raises(ScenarioError, match=r"deposits.staked.reward_per_year: .* ≥ 0, got -1"):
        load_scenario(WORLD, {"deposits.staked.reward_per_year": -1})
    with pytest.raises(ScenarioError, match='Did you mean "reward_per_year"'):
        load_scenario({**WORLD, "deposits": [STAKED | {"reward_per_yaer": 1.0}, IDLE]})
    scenario = load_scenario(WORLD)
    found = parameters(scenario, ["deposits.staked.reward_per_year"])
    drivers = scenario.sample_drivers()

    def staked(values: jax.Array) -> jax.Array:
        return camjax.simulate(found.insert(values)[0], drivers).balance[-1, 0]

    slope = jax.grad(staked)(found.values)[0]
    quotient = (staked(found.values + 1.0) - staked(found.values - 1.0)) / 2
    assert float(slope) == pytest.approx(float(quotient), rel=1e-5)
    assert slope != 0


def test_an_own_type_reads_columns_of_its_own(guide: dict[str, Any], tmp_path: Path) -> None:
    @camjax.pytree
    class Farm(PlainDeposit):
        type: ClassVar[str] = "farm"
        series: ClassVar[tuple[str, ...]] = ("harvest",)
        dimension: ClassVar[str] = "farm"

        def evolve(self, state: Any, market: Any, series: Any) -> Any:
            return state, series["harvest"], {}

    class FarmTable(DepositTable):
        type: Literal["farm"]

    class FarmWithColumns(FarmTable):
        columns: ClassVar = {"harvest": Interval("[0, 1]")}

    with pytest.raises(CamjaxError, match="columns to say what harvest may hold"):
        register_deposit(Farm, FarmTable)
    register_deposit(Farm, FarmWithColumns)
    file = tmp_path / "drivers.csv"
    farm = {"name": "field", "type": "farm", "user_balance": 1.0}
    document = {"steps": 2, "deposits": [farm, IDLE], "drivers": {"file": str(file)}}
    file.write_text("harvest_field\n0.1\n0.2\n0.3\n")
    scenario = load_scenario(document)
    quoted = camjax.simulate(scenario.model, scenario.sample_drivers()).yield_rate[:, 0]
    np.testing.assert_array_equal(quoted, [0.2, 0.3])
    file.write_text("harvest_field\n0.1\n2\n0.3\n")
    with pytest.raises(ScenarioError, match=r"harvest_field: expected a number in \[0, 1\], got"):
        load_scenario(document)


def test_a_table_that_does_not_fit_its_deposit_is_refused(guide: dict[str, Any]) -> None:
    class TooFew(DepositTable):
        type: Literal["staking"]

    class OtherKey(DepositTable):
        type: Literal["staking"]
        reward: NonNegative

    @camjax.pytree
    class Impostor(PlainDeposit):
        type: ClassVar[str] = "idle"
        series: ClassVar[tuple[str, ...]] = ()
        dimension: ClassVar[str] = "idle"

    for table in (TooFew, OtherKey):
        with pytest.raises(CamjaxError, match="expected keys reward_per_year, got"):
            register_deposit(guide["Staking"], table)
    with pytest.raises(CamjaxError, match="a type of its own"):
        register_deposit(Impostor, TooFew)
