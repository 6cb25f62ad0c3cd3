"""Files that people have become observations by the day, or one sentence says what is missing."""

import json
from pathlib import Path

import numpy as np
import pytest

from calibration.observed_file import read_observed as read_table
from calibration.sources.observed import read_observed
from calibration.sources.scenario import write_scenario
from calibration.sources.times import read_times
from camjax import CamjaxError, load_scenario

LONG = "time,venue,deposit,balance,yield_rate\n"
TWO_DAYS = LONG + (
    "2025-04-28,Aave v3,aave,700,0.028\n2025-04-28,Fluid,fluid,200,0.049\n"
    "2025-04-29,Aave v3,aave,710,0.027\n2025-04-29,Fluid,fluid,190,0.050\n"
)
CHART = [
    {"timestamp": "2025-04-28T23:01:12.345Z", "tvlUsd": 700, "apy": 2.85707, "apyReward": None},
    {"timestamp": "2025-04-29T22:59:58.000Z", "tvlUsd": 710, "apy": 2.79153, "apyReward": 1.0},
    {"timestamp": "2025-04-30T23:02:00.000Z", "tvlUsd": 720, "apy": 2.80662, "apyReward": None},
]


@pytest.fixture
def file(tmp_path: Path):
    def write(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def chart_csv() -> str:
    rows = [",".join(str(v) if v is not None else "" for v in row.values()) for row in CHART]
    return "\n".join([",".join(CHART[0]), *rows])


def test_a_table_of_our_own_is_read_as_it_stands(file, tmp_path):
    found = read_observed(file("o.csv", TWO_DAYS))
    assert found.to_csv() == TWO_DAYS.replace("0.050\n", "0.05\n")
    again = tmp_path / "again.csv"
    again.write_text(found.to_csv())
    assert [s.balances.tolist() for s in read_table(again).series] == [[700, 710], [200, 190]]


@pytest.mark.parametrize("kind", ["json", "csv"])
def test_a_chart_of_defillama_gives_simple_rates_by_the_day(file, kind):
    content = json.dumps({"status": "success", "data": CHART}) if kind == "json" else chart_csv()
    (venue,) = read_observed(file(f"aave.{kind}", content)).venues
    assert (venue.venue, venue.deposit, venue.gaps, venue.merged) == ("aave", "aave", 0, 0)
    # A job that ran a minute early, the next a minute late: three days all the same.
    assert venue.days.tolist() == [20206, 20207, 20208]
    expected = [365 * ((1 + apy / 100) ** (1 / 365) - 1) for apy in (2.85707, 2.79153, 2.80662)]
    np.testing.assert_allclose(venue.yield_rates, expected, rtol=1e-10)


def test_rewards_are_added_where_asked_for(file):
    found = read_observed(file("aave.csv", chart_csv()), yield_rate="apy", add=["apyReward"])
    with_rewards = found.venues[0].yield_rates[1]
    assert with_rewards == pytest.approx(365 * ((1 + 0.0379153) ** (1 / 365) - 1), rel=1e-10)


def test_a_dune_export_is_read_by_the_names_of_its_columns(file):
    content = "day,protocol,tvl,apr\n2024-01-01 00:00:00.000 UTC,a,10,0.01\n" + (
        "2024-01-01 00:00:00.000 UTC,b,20,0.02\n2024-01-02 00:00:00.000 UTC,a,11,0.01\n"
        "2024-01-02 00:00:00.000 UTC,b,21,0.02\n"
    )
    found = read_observed(file("query.csv", content))
    assert [venue.venue for venue in found.venues] == ["a", "b"]
    assert found.to_dict()["first"] == "2024-01-01"
    assert "read as dune" in found.notes[0]


@pytest.mark.parametrize("rate", ["3.1", "31000000000000000000000000"])
def test_a_subgraph_lends_in_percent_or_ray(file, rate):
    snapshots = [
        {
            "timestamp": str(1704067200 + 86400 * day),
            "inputTokenBalance": "700000000",
            "market": {"name": "aUSDC", "inputToken": {"decimals": 6}},
            "rates": [
                {"side": "BORROWER", "type": "VARIABLE", "rate": "9"},
                {"side": "LENDER", "type": "STABLE", "rate": "1"},
                {"side": "LENDER", "type": "VARIABLE", "rate": rate},
            ],
        }
        for day in range(2)
    ]
    content = json.dumps({"data": {"marketDailySnapshots": snapshots}})
    (venue,) = read_observed(file("answer.json", content)).venues
    assert venue.venue == "aUSDC"
    np.testing.assert_allclose(venue.balances, 700)
    np.testing.assert_allclose(venue.yield_rates, 0.031)


def test_parquet_says_what_csv_says(file, tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    columns = list(zip(*(line.split(",") for line in TWO_DAYS.splitlines()), strict=True))
    table = pyarrow.table({name: list(cells) for name, *cells in columns})
    parquet.write_table(table, tmp_path / "o.parquet")
    assert (
        read_observed(tmp_path / "o.parquet").to_csv()
        == read_observed(file("o.csv", TWO_DAYS)).to_csv()
    )


def test_excel_writes_semicolons_and_decimal_commas(file):
    content = (
        "\ufeffDate;Balance;Yield_rate\r\n28.04.2025;1.234.567,5;0,028\r\n29.04.2025;1.3;0,03\r\n"
    )
    (venue,) = read_observed(file("aave.csv", content.replace("1.3;", "1.300.000;"))).venues
    assert venue.balances.tolist() == [1234567.5, 1300000.0]
    assert venue.yield_rates.tolist() == [0.028, 0.03]


@pytest.mark.parametrize(
    "cells",
    [
        ["1745798400", "1745884800"],
        [1745798400000, 1745884800000],
        ["2025-04-28", "2025-04-29"],
        ["2025-04-28T02:00:00+02:00", "2025-04-29T00:00:00Z"],
        ["20250428", "20250429"],
        ["28.04.2025", "29.04.2025"],
        ["4/28/2025", "4/29/2025"],
        ["2025-04-28 00:00:00.000 UTC", "2025-04-29 00:00:00.000 UTC"],
    ],
    ids=str,
)
def test_times_of_any_kind_are_days(cells):
    days, is_calendar = read_times(cells, "time")
    assert is_calendar
    assert days.tolist() == [20206, 20207]


@pytest.mark.parametrize(
    ("daily", "balance"), [("last", 23.0), ("first", 0.0), ("mean", 11.5)], ids=str
)
def test_hours_become_days(file, daily, balance):
    rows = [f"2025-05-0{1 + h // 24}T{h % 24:02}:00:00,{h % 24}" for h in range(48)]
    (venue,) = read_observed(
        file("pool.csv", "\n".join(["time,balance", *rows])), daily=daily, as_is=True
    ).venues
    assert venue.days.tolist() == [20209, 20210]
    assert venue.balances.tolist() == [balance, balance]
    assert (venue.rows, venue.merged) == (48, 46)


def test_a_venue_that_appears_late_was_empty_or_closed(file, tmp_path):
    late = file(
        "o.csv", "\n".join(line for line in TWO_DAYS.splitlines() if "28,Fluid" not in line)
    )
    with pytest.raises(CamjaxError, match="--absent zero if it was empty then, --absent closed"):
        read_observed(late)
    empty = read_observed(late, absent="zero")
    assert "2025-04-28,Fluid,fluid,0,\n" in empty.to_csv()
    assert "Fluid: held 0 before 2025-04-29." in empty.notes
    closed = read_observed(late, absent="closed")
    write_scenario(closed, tmp_path / "s.toml", "USDC")
    scenario = load_scenario(tmp_path / "s.toml")
    assert scenario.processes.given["available_fluid"].tolist() == [0, 1]
    assert scenario.model.names == ("aave", "fluid")


SUSPICIOUS = {
    "yields in percent": (TWO_DAYS.replace(",0.0", ",10.0"), "--percent"),
    "one venue in percent": (
        TWO_DAYS.replace("0.028", "2.8").replace("0.027", "2.7"),
        '--percent-of "Aave v3"',
    ),
    "wei": (TWO_DAYS.replace("0,0.0", "0" * 19 + ",0.0"), "--unit 1e18"),
    "one venue in other units": (TWO_DAYS.replace("Fluid,fluid,", "Fluid,fluid,9999"), "--unit"),
    "a negative yield": (TWO_DAYS.replace("0.028", "-0.028"), "--as-is"),
    "a jump": (TWO_DAYS.replace("710", "71000").replace("190", "19000"), "tenfold"),
}


@pytest.mark.parametrize("name", SUSPICIOUS)
def test_units_that_look_wrong_are_asked_about(file, name):
    content, option = SUSPICIOUS[name]
    path = file("o.csv", content)
    with pytest.raises(CamjaxError, match=option):
        read_observed(path)
    assert len(read_observed(path, as_is=True).venues) == 2


def test_an_option_that_was_given_is_no_remedy(file):
    content = TWO_DAYS.replace(",0.0", ",900.0")
    with pytest.raises(CamjaxError, match=r"Mend the file, or --as-is"):
        read_observed(file("o.csv", content), percent=True)
    content = SUSPICIOUS["one venue in percent"][0].replace(",2.", ",280.")
    with pytest.raises(CamjaxError, match=r"Aave v3, yields: .* Mend the file, or --as-is"):
        read_observed(file("o.csv", content), percent_of=["aave"])


def test_what_settles_units_is_done(file):
    path = file("o.csv", SUSPICIOUS["one venue in percent"][0])
    yields = [venue.yield_rates[0] for venue in read_observed(path, percent_of=["aave"]).venues]
    np.testing.assert_allclose(yields, [0.028, 0.049])
    wei = read_observed(file("w.csv", SUSPICIOUS["wei"][0]), unit=1e18)
    assert wei.venues[0].balances[0] == pytest.approx(700)


REFUSED = {
    "nothing": ("", "rows of observations|a header and rows"),
    "binary": (b"\x00\x01\x02" * 40, "a binary file"),
    "an Excel workbook": (b"PK\x03\x04....", "Excel workbook"),
    "no times": ("a,b\nx,1\ny,2\n", "a column of times"),
    "a word for a number": (TWO_DAYS.replace("710", "many"), r"row 3, balance: expected a finite"),
    "digits of another script": (TWO_DAYS.replace("710", "٧١٠"), "a finite number"),
    "a debt": (TWO_DAYS.replace("710", "-710"), "balances of 0 and above"),
    "a venue without balances": (TWO_DAYS + "2025-04-30,New,new,,0.1\n", "only blanks"),
    "a broken document": ('{"data": [', "a JSON document"),
    "days or months": ("time,balance\n3/4/2025,1\n4/5/2025,2\n", "day and month can be told"),
    "a count among dates": (TWO_DAYS.replace("2025-04-29,Aave", "17,Aave"), "a date, as in the"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_ends_in_one_sentence(file, name):
    content, words = REFUSED[name]
    with pytest.raises(CamjaxError, match=words) as refused:
        read_observed(file("o.csv", content))
    assert len(str(refused.value)) < 500


def test_the_command_says_what_it_did(folder, answer, capsys):
    from camjax.cli import main

    Path("chart.csv").write_text(chart_csv())
    Path("o.csv").write_text(TWO_DAYS)
    found = answer("observe", "o.csv", "--out", "observed.csv", "--scenario-out", "fit.toml")
    assert found["files"] == ["observed.csv", "fit.toml"]
    assert [venue["days"] for venue in found["venues"]] == [2, 2]
    assert answer("run", "fit.toml")
    assert main(["observe", "chart.csv", "--format", "defillama"]) == 0
    assert "compounded daily" in capsys.readouterr().out
    assert main(["observe", "o.csv", "--balance", "tvl"]) == 2
    assert "one of its columns" in capsys.readouterr().err


def test_the_synthetic_year_is_what_its_scenario_says():
    from calibration.sources import synthetic

    made = [line.split(",") for line in synthetic.synthetic_csv().splitlines()]
    kept = [line.split(",") for line in synthetic.FILE.read_text().splitlines()]
    assert [row[:3] for row in made] == [row[:3] for row in kept]
    balances = [[float(row[3]) for row in rows[1:]] for rows in (made, kept)]
    np.testing.assert_allclose(*balances, rtol=1e-6)


def test_the_synthetic_year_goes_by_its_name(folder, answer):
    found = answer("weights", "synthetic")
    assert (found["rows"], found["deposits"]) == (365, ["lending", "savings", "wallets"])
