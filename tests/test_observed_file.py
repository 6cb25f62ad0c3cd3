"""Any file either is a table of observations or is refused with its line and a remedy."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration.observations import observe
from calibration.observed_file import read_observed
from camjax.errors import CamjaxError


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "a header and rows, got an empty file"),
        ("time,pool\n", "rows below the header, got none"),
        ("time\n0\n", "line 1 (header): expected time, one column for each deposit"),
        ("pool,idle\n0,1\n", "line 1 (header): expected time, one column"),
        ("time,pool,pool\n0,1,2\n", "columns with different names"),
        ("time,pool,\n0,1,2\n", "columns with different names"),
        ("time,pool,yield_rate_idle\n0,1,2\n", "yield_rate_<deposit>"),
        ("time,deposit,balance\n0,pool,1\n", "expected time,venue,deposit,balance[,yield_rate]"),
        ("time,venue,deposit,balance,apr\n0,a,b,1,2\n", "got time,venue,deposit,balance,apr"),
        ("time,venue,deposit,balance\n0,a,,1\n", "line 2, deposit: expected a name, got a blank"),
        ("time,venue,deposit,balance\n0,,b,1\n", "line 2, venue: expected a name, got a blank"),
        ("time,pool\n0,1\n1,2,3\n", "line 3: expected 2 fields, got 3"),
        ("time,pool\n0,1\n1,-2\n", "line 3, pool: expected a balance ≥ 0, got -2"),
        ("time,pool\n0,many\n", "line 2, pool: expected a finite number, got 'many'"),
        ("time,pool\n0,nan\n", "line 2, pool: expected a finite number, got 'nan'"),
        ('time,pool\n0,"1,000"\n', "no thousands separators"),
        ("time,pool,yield_rate_pool\n0,1,inf\n", "line 2, yield_rate_pool: expected a finite"),
        ("time,pool\nsoon,1\n", "line 2, time: expected an ISO-8601 date or a count of days"),
        ("time,pool\n20220130,1\n", "Write dates with hyphens, as 2022-01-30."),
        ("time,pool\nnan,1\n", "line 2, time: expected an ISO-8601 date"),
        ("time,pool\n0,1\n2022-01-30,1\n", "line 3, time: expected a count of days"),
        ("time,pool\n2022-01-30,1\n1,1\n", "line 3, time: expected a date, got '1'"),
        ("time,pool\n0,1\n1,1\n0,2\n", "line 4: expected one row for pool at 0, got a second one"),
        ('time,pool\n0,"1\n', "expected a CSV file in UTF-8"),
    ],
)
def test_table_that_is_none_is_refused_by_line(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "observed.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CamjaxError) as caught:
        read_observed(path)
    assert str(caught.value).startswith("observed.csv") and words in str(caught.value)


def test_files_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    with pytest.raises(
        CamjaxError, match=r"none\.csv: expected a file that can be read, got No such"
    ):
        read_observed(tmp_path / "none.csv")
    with pytest.raises(CamjaxError, match="expected a file that can be read"):
        read_observed(tmp_path)
    (tmp_path / "wide.csv").write_text("time,pool\n0,1\n", encoding="utf-16")
    with pytest.raises(CamjaxError, match=r"wide\.csv: expected a CSV file in UTF-8.*Save it as"):
        read_observed(tmp_path / "wide.csv")


def test_series_are_one_a_venue_in_order_of_time(tmp_path: Path) -> None:
    path = tmp_path / "observed.csv"
    path.write_text("deposit,time,balance,venue\npool,3,1e6,Curve\npool,1,,Curve\nidle,1,2,Curve\n")
    table = read_observed(path)
    assert [series.label for series in table.series] == ["Curve (pool)", "Curve (idle)"]
    pool = table.series[0]
    np.testing.assert_array_equal(pool.times_days, [1, 3])
    np.testing.assert_array_equal(pool.balances, [np.nan, 1e6])
    assert pool.lines == (3, 2) and np.isnan(pool.yield_rates).all() and not table.is_calendar


@settings(max_examples=150)
@given(
    cells=st.lists(
        st.lists(
            st.sampled_from(["0", "1", "2022-01-30", "", "-1", "x", '"', "1e999", "9" * 400, "\0"]),
            min_size=1,
            max_size=4,
        ),
        max_size=4,
    ),
    header=st.sampled_from(["time,a", "time,venue,deposit,balance", "time,a,total_supply"]),
)
def test_no_table_ends_in_another_error(
    tmp_path_factory: pytest.TempPathFactory, cells: list[list[str]], header: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "drawn.csv"
    path.write_text("\n".join([header, *(",".join(row) for row in cells)]), encoding="utf-8")
    try:
        found = observe(read_observed(path), dt_days=1.0)
    except CamjaxError as error:
        assert ": expected " in str(error)
    else:
        np.testing.assert_allclose(found.weights.sum(axis=1), 1)
