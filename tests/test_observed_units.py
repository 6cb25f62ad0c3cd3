"""Names, numbers and units of observed tables are taken for what they are, or refused."""

from pathlib import Path

import numpy as np
import pytest

from calibration.observations import implied_weights, observe
from calibration.observed_file import read_observed
from camjax.cli.app import main
from camjax.errors import CamjaxError
from camjax.scenario import load_scenario

CALLED_VENUE = """
schema = 1
name = "two"
steps = 5

[[deposits]]
name = "venue"
type = "external"
user_balance = 0.6
rate = 0.03

[[deposits]]
name = "idle"
type = "idle"
user_balance = 0.4
"""


def table(folder: Path, text: str) -> Path:
    path = folder / "observed.csv"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", ["venue", "deposit", "balance"])
def test_a_deposit_may_be_called_as_a_column_of_the_other_table_is(tmp_path, name):
    read = read_observed(table(tmp_path, f"time,{name},idle\n0,1,1\n1,2,1\n2,,1\n"))
    assert [series.deposit for series in read.series] == [name, "idle"]
    np.testing.assert_array_equal(read.series[0].balances, [1, 2, np.nan])


def test_all_columns_of_a_long_table_may_be_deposits(tmp_path):
    read = read_observed(table(tmp_path, "time,venue,deposit,balance\n0,1,2,3\n1,1,2,3\n"))
    assert [series.deposit for series in read.series] == ["venue", "deposit", "balance"]


def test_a_deposit_called_venue_is_weighed(tmp_path, capsys):
    (tmp_path / "world.toml").write_text(CALLED_VENUE)
    observed = table(tmp_path, "time,venue,idle\n0,1,1\n1,2,1\n2,2,1\n")
    assert main(["weights", str(observed), "--scenario", str(tmp_path / "world.toml")]) == 0
    assert "66.67%" in capsys.readouterr().out


def test_a_yield_of_no_deposit_is_no_deposit(tmp_path):
    with pytest.raises(CamjaxError, match="yield_rate_<deposit>"):
        read_observed(table(tmp_path, "time,a,yield_rate\n0,1,0.03\n"))


@pytest.mark.parametrize(
    "cell", ["2_003", "٣", "１２", "0x10", "1e400", "Infinity", "nan", "1,5", "1 2"]
)
def test_what_only_a_programmer_would_read_as_a_number_is_refused(tmp_path, cell):
    for text in (f'time,a\n0,"{cell}"\n', f'time,a\n"{cell}",1\n'):
        with pytest.raises(CamjaxError, match="observed.csv, line 2"):
            read_observed(table(tmp_path, text))


@pytest.mark.parametrize("cell", ["2_003", "٣", "Infinity"])
def test_so_it_is_in_files_of_drivers(tmp_path, cell):
    path = tmp_path / "drivers.csv"
    path.write_text(f"step,utilization\n0,0.5\n1,{cell}\n", encoding="utf-8")
    with pytest.raises(CamjaxError, match="line 3, column utilization"):
        load_scenario("fei", {"steps": 1, "drivers.file": str(path)})


@pytest.mark.parametrize("time", ["9999-12-31", "4800-01-01T00:00"])
def test_dates_beyond_all_calendars_are_refused(tmp_path, time):
    with pytest.raises(CamjaxError, match="line 2, time"):
        read_observed(table(tmp_path, f"time,a\n{time},1\n"))


PERCENT = "time,venue,deposit,balance,yield_rate\n" + "".join(
    f"{day},Aave,aave,7e8,2.8\n{day},Fluid,fluid,2e8,0.05\n" for day in range(9)
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (PERCENT, '--percent-of "Aave"'),
        (PERCENT.replace(",0.05", ",4.9"), "`camjax observe` with --percent,"),
        ("time,a,yield_rate_a\n0,1,0.2\n1,1,6.2\n2,1,0.2\n", "at most 5 a year, got 6.2."),
        ("time,a,yield_rate_a\n0,1,0.2\n1,1,-0.01\n", "yields of 0 and above, got -0.01."),
        ("time,a,yield_rate_a\n0,7e26,0.03\n", "--unit 1e18 (or 1e6)"),
    ],
)
def test_units_that_look_wrong_are_refused_with_what_settles_them(tmp_path, capsys, text, words):
    path = table(tmp_path, text)
    assert main(["weights", str(path)]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert words in said.err and "or add --as-is if" in said.err
    assert main(["weights", str(path), "--as-is"]) == 0


def test_balances_without_a_finite_sum_are_refused(tmp_path):
    with pytest.raises(CamjaxError, match=r"line 2, a: expected a balance of at most 1e\+300"):
        read_observed(table(tmp_path, "time,a,b,c\n0,1e308,1e308,1e308\n"), as_is=True)


def test_a_single_day_of_high_yield_is_read(tmp_path):
    path = table(tmp_path, "time,a,yield_rate_a\n0,1,0.3\n1,1,4.2\n2,1,0.2\n")
    assert read_observed(path).series[0].yield_rates.max() == 4.2


def test_a_table_in_smallest_units_has_the_weights_of_one_in_tokens(tmp_path):
    path = table(tmp_path, "time,a,b\n0,3e26,1e27\n")
    found = observe(read_observed(path, as_is=True))
    np.testing.assert_allclose(found.weights, [[3 / 13, 10 / 13]])


def test_weights_of_balances_near_the_largest_number_sum_to_one():
    weights = implied_weights([[1e308, 1e308, 1e308], [1e-320, 2e-320, 1e-320]])
    np.testing.assert_allclose(weights.sum(axis=1), 1)
    np.testing.assert_allclose(weights[0], 1 / 3)


def test_scaling_rounds_nothing():
    balances = np.random.default_rng(0).uniform(0, 1e9, (200, 3))
    plain = balances / balances.sum(axis=1, keepdims=True)
    np.testing.assert_array_equal(implied_weights(balances), plain)


def test_a_table_of_weights_can_be_observed_again(tmp_path):
    found = observe(read_observed(table(tmp_path, "time,balance,deposit\n0,0.25,0.75\n")))
    np.testing.assert_array_equal(found.weights, [[0.25, 0.75]])
