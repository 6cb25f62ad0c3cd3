"""Driver series are read off at the days of the observations, or refused with line and column."""

from pathlib import Path

import numpy as np
import pytest

from calibration.clock import Clock
from calibration.driver_series import read_driver_table
from calibration.missing_days import CarryForward, Interpolate, Refuse
from camjax.domains import Interval
from camjax.errors import CamjaxError

KNOWN = {"price": Interval("(0, inf)"), "rate": Interval("(-inf, inf)")}
JANUARY = Clock.at(18993.0)
"""Day 0 is 2022-01-01."""

DATED = """time,rate,other,price
2022-01-05,,x,14
2022-01-01,-0.5,y,10
2022-01-03,0.5,,12
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "drivers.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_rows_are_found_by_date_in_any_order(tmp_path: Path) -> None:
    table = read_driver_table(write(tmp_path, DATED), KNOWN, 1.0)
    assert table.unused == ("other",)
    found = table.at(np.array([0.0, 2.0]), JANUARY, Refuse())
    assert {name: values.tolist() for name, values in found.items()} == {
        "rate": [-0.5, 0.5],
        "price": [10.0, 12.0],
    }
    carried = table.at(np.arange(5.0), JANUARY, CarryForward(2))
    assert carried["rate"].tolist() == [-0.5, -0.5, 0.5, 0.5, 0.5]
    between = table.at(np.arange(3.0), JANUARY, Interpolate())
    assert between["price"].tolist() == [10.0, 11.0, 12.0]


def test_rows_are_found_by_days_steps_or_order(tmp_path: Path) -> None:
    grid = np.array([2.0, 4.0])
    for text in ("time,price\n0,1\n2,2\n4,3\n", "step,price\n0,1\n2,3\n1,2\n", "price\n1\n2\n3\n"):
        table = read_driver_table(write(tmp_path, text), KNOWN, 2.0)
        assert table.at(grid, Clock(), Refuse())["price"].tolist() == [2.0, 3.0]


def test_days_without_a_value_are_named(tmp_path: Path) -> None:
    table = read_driver_table(write(tmp_path, DATED), KNOWN, 1.0)
    with pytest.raises(CamjaxError, match=r"2022-01-02 \(day 1\): expected a value of rate.*later"):
        table.at(np.arange(5.0), JANUARY, Refuse())
    with pytest.raises(CamjaxError, match="expected counts of days"):
        table.at(np.array([0.0]), Clock(), Refuse())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("time,price\n", "a header and rows"),
        ("time,gas\n0,1\n", "at least one of price, rate"),
        ("time,price,price\n0,1,1\n", "different names"),
        ("time,price\n0,1,2\n", "line 2: expected 2 fields"),
        ("time,price\n0,-1\n", "line 2, price: expected a number > 0, got -1"),
        ("time,price\n0,high\n", "line 2, price: expected a finite number"),
        ("time,price\n0,1\n0,2\n", "line 3.*the time of line 2"),
        ("time,price\n0,1\n2022-01-01,2\n", "line 3.*dates and counts"),
        ("step,price\n,1\n", "line 2, step"),
        ("time,price\nsoon,1\n", "line 2, time"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_where_it_is_wrong(
    text: str, message: str, tmp_path: Path
) -> None:
    with pytest.raises(CamjaxError, match=message):
        read_driver_table(write(tmp_path, text), KNOWN, 1.0)
