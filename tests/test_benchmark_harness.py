"""The benchmarks' harness: turns, medians, ratios, and what it reports."""

import json

import pytest

from benchmarks.harness import Race, Timing, as_json, race, table

RACE = Race(
    title="Walk",
    settings={"paths": 10},
    work=6e6,
    unit="steps",
    timings=(
        Timing(name="hare", first_call_seconds=9.0, seconds=(1.0, 3.0, 2.0)),
        Timing(name="tortoise", first_call_seconds=4.0, seconds=(4.0, 4.0, 4.0)),
    ),
)


def test_contenders_take_turns_after_one_warm_up_each() -> None:
    calls: list[str] = []
    contenders = {name: lambda name=name: calls.append(name) for name in ("a", "b")}
    result = race("Turns", contenders, work=1.0, settings={}, repeats=3)
    assert calls == ["a", "b"] * 4
    assert [len(timing.seconds) for timing in result.timings] == [3, 3]


def test_a_race_reports_medians_spreads_and_ratios() -> None:
    hare, tortoise = RACE.timings
    assert (hare.median_seconds, hare.spread, tortoise.spread) == (2.0, 1.0, 0.0)
    assert RACE.rate("hare") == 3e6
    assert RACE.ratio("hare", "tortoise") == 2.0


def test_the_table_has_a_column_of_ratios_per_baseline() -> None:
    lines = table(RACE, baselines=("tortoise",)).splitlines()
    assert lines[0] == "Walk (paths 10)"
    header, _, hare, tortoise = ([cell.strip() for cell in row.split("|")] for row in lines[2:])
    assert header[-2] == "× tortoise"
    assert (hare[1], hare[2], hare[-2]) == ("hare", "3.0", "2.00")
    assert tortoise[-2] == "1.00"


def test_json_names_the_machine_and_its_versions() -> None:
    report = json.loads(as_json("walk", [RACE]))
    assert report["races"][0]["contenders"][0]["median_seconds"] == 2.0
    assert report["machine"]["devices"] == ["cpu: cpu"] * len(report["machine"]["devices"])
    assert report["machine"]["versions"]["numpy"]
    assert report["machine"]["processor"]


def test_fewer_than_three_repeats_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 3"):
        race("Hurry", {}, work=1.0, settings={}, repeats=2)
