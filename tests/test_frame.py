"""Results as flat tables in the columns that users of radCAD know."""

from pathlib import Path

import numpy as np
import pandas
import pytest
import xarray
from analysis_worlds import DEPOSITS, PATHS, STEPS, world, worlds

from camjax.errors import CamjaxError
from camjax.results import save_frame, to_frame

ONE = world()
SWEEP = worlds().assign_coords({"deposits.savings.rate": ("setting", [0.0, 0.01, 0.03])})
SWEEP = SWEEP.assign_attrs(swept=["deposits.savings.rate"])


def test_a_row_is_a_step_of_a_path_of_a_setting() -> None:
    frame = to_frame(SWEEP)
    assert len(frame) == 3 * PATHS * STEPS
    row = frame[(frame.subset == 2) & (frame.run == 7) & (frame.timestep == 11)].iloc[0]
    results = SWEEP.isel(setting=2).sel(path=6, step=11)
    for name in DEPOSITS:
        own = results.sel(deposit=name)
        assert row[f"{name}_balance"] == float(own.balance)
        assert row[f"{name}_yield_rate"] == float(own.yield_rate)
        np.testing.assert_equal(row[f"{name}_weight"], float(own.target_weight))
    assert row["volatile_asset_price"] == float(results.volatile_asset_price)
    assert row["deposits.savings.rate"] == 0.03


def test_columns_are_radcads_in_their_order() -> None:
    columns = list(to_frame(SWEEP).columns)
    assert columns[:4] == ["simulation", "subset", "run", "timestep"]
    assert columns[4:8] == [f"{name}_balance" for name in DEPOSITS]
    assert columns[8:12] == [f"{name}_yield_rate" for name in DEPOSITS]
    assert columns[12:16] == [f"{name}_weight" for name in DEPOSITS]
    assert columns[-1] == "deposits.savings.rate"
    assert not any("transfer" in column for column in columns)


def test_runs_and_timesteps_begin_at_one_and_subsets_at_zero() -> None:
    frame = to_frame(ONE)
    assert frame[["simulation", "subset", "run", "timestep"]].iloc[0].tolist() == [0, 0, 1, 1]
    assert frame[["run", "timestep"]].iloc[-1].tolist() == [PATHS, STEPS]


def test_several_pools_have_columns_of_their_own() -> None:
    tvl = ONE.pool_trading_fees.expand_dims(pool=["uniswap", "curve"]).transpose(..., "pool")
    frame = to_frame(ONE.assign(pool_tvl=tvl))
    assert (frame.uniswap_pool_tvl == frame.pool_trading_fees).all()
    assert (frame.curve_pool_tvl == frame.pool_trading_fees).all()


def test_statistics_stand_in_the_place_of_runs() -> None:
    found = ONE[["balance"]].isel(path=slice(2)).rename(path="statistic")
    frame = to_frame(found.assign_coords(statistic=["mean", "std"]))
    assert list(frame.columns[:4]) == ["simulation", "subset", "statistic", "timestep"]
    assert frame.statistic.unique().tolist() == ["mean", "std"]


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_a_table_is_written_and_read_back(ending: str, tmp_path: Path) -> None:
    if ending == ".parquet":
        pytest.importorskip("pyarrow")
    file = save_frame(SWEEP, tmp_path / "new" / f"results{ending}")
    read = pandas.read_csv if ending == ".csv" else pandas.read_parquet
    pandas.testing.assert_frame_equal(read(file), to_frame(SWEEP))
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_another_ending_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CamjaxError, match=r"a name that ends in .csv or .parquet, got x.xlsx"):
        save_frame(ONE, tmp_path / "x.xlsx")
    assert not list(tmp_path.iterdir())


def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CamjaxError, match="expected a file that can be written"):
        save_frame(ONE.isel(path=[0]), tmp_path / "file" / "results.csv")


def test_results_without_deposits_make_a_table_too() -> None:
    found = xarray.Dataset({"x": (("path", "step"), np.eye(2))}, {"path": [0, 1], "step": [1, 2]})
    assert to_frame(found).x.tolist() == [1, 0, 0, 1]


def test_what_is_no_run_has_no_rows() -> None:
    fit = xarray.Dataset({"standard_error": ("number", np.ones(2))})
    with pytest.raises(CamjaxError, match=r"a run or a sweep, got an array over number\."):
        to_frame(fit)
