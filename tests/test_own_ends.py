"""Settings of a sweep that differ in steps or in their length: each is read at its own end."""

import json

import numpy as np
import pytest
import xarray

import camjax
from camjax import analysis
from camjax.cli.app import main
from camjax.errors import CamjaxError
from camjax.report import build_report, page
from camjax.results import at_end, save_results, to_frame

LENGTHS = [1, 2, 4]
PATHS = 6


@pytest.fixture(scope="module")
def ragged() -> xarray.Dataset:
    """Settings of one, two and four steps."""
    return camjax.sweep("fei", {"steps": LENGTHS}, paths=PATHS)


def alone(ragged: xarray.Dataset, place: int) -> xarray.Dataset:
    """A setting as if it had been run for itself."""
    own = ragged.isel(setting=place, drop=True).isel(step=slice(LENGTHS[place]))
    return own.assign_coords(time=own.time.astype(float))


@pytest.mark.parametrize(
    "analyse",
    [
        analysis.final_split,
        analysis.key_figures,
        analysis.total_transfers,
        analysis.user_balance,
        lambda results: analysis.time_to_event(results, "share[savings] > 0.15"),
        lambda results: analysis.probability(results, "share[savings] > 0.15"),
        lambda results: analysis.deficit(results, 1000.0),
        lambda results: analysis.bands(results, analysis.so_far(analysis.savings_cost(results))),
    ],
)
def test_what_is_read_off_a_setting_does_not_depend_on_longer_ones(analyse, ragged) -> None:
    together = analyse(ragged)
    for place, length in enumerate(LENGTHS):
        expected, found = analyse(alone(ragged, place)), together.isel(setting=place)
        for name, values in expected.data_vars.items():
            own = found[name]
            if "step" in own.dims:
                assert own.isel(step=slice(length, None)).isnull().all(), name
                own = own.isel(step=slice(length))
            own = own.transpose(*values.dims)
            np.testing.assert_array_equal(own.values, values.values, err_msg=str(name))


def test_losses_and_correlations_are_those_of_the_setting_alone() -> None:
    found = camjax.sweep("fei", {"steps": [3, 6]}, paths=PATHS)
    short = found.isel(setting=0, drop=True).isel(step=slice(3))
    for analyse in (analysis.tail_risk, analysis.correlation_matrix):
        for name, values in analyse(short).data_vars.items():
            own = analyse(found)[name].isel(setting=0)
            np.testing.assert_array_equal(own.transpose(*values.dims).values, values.values)


def test_settings_are_compared_each_at_its_own_end(ragged: xarray.Dataset) -> None:
    found = analysis.compare(ragged, "steps=4", "steps=1", "balance", "last")
    expected = alone(ragged, 2).balance[:, -1] - alone(ragged, 0).balance[:, -1]
    np.testing.assert_allclose(found.difference, expected.mean("path"), rtol=1e-12)


def test_a_step_that_some_settings_lack_is_refused_where_it_is_asked_for(ragged) -> None:
    with pytest.raises(CamjaxError, match="a step from 1 to 1, which every setting has, got 3"):
        analysis.snapshot(ragged, step=3)
    with pytest.raises(CamjaxError, match="a step from 1 to 1, which every setting has, got 3"):
        analysis.compare(ragged, "steps=4", "steps=1", step=3)
    assert float(analysis.compare(ragged, "steps=4", "steps=2", step=2).ties.min()) == 1


def test_last_steps_alone_are_not_taken_for_a_series() -> None:
    final = camjax.sweep("fei", {"steps": [2, 3]}, paths=2, keep="final")
    assert at_end(final.balance).notnull().all()
    with pytest.raises(CamjaxError, match="every step"):
        analysis.key_figures(final)
    assert len(to_frame(final)) == 2 * 2


def test_a_table_has_no_rows_of_steps_that_were_not_run(ragged: xarray.Dataset) -> None:
    frame = to_frame(ragged)
    assert frame.groupby("subset").timestep.max().tolist() == LENGTHS
    assert len(frame) == PATHS * sum(LENGTHS)
    assert frame.savings_balance.notnull().all()


def test_a_sweep_says_how_long_each_setting_ran(capsys) -> None:
    arguments = ["sweep", "fei", "--set", "steps=1,2", "--set", "dt_days=0.5", "--paths", "2"]
    assert main([*arguments, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["steps"], answer["days"]) == (None, None)
    assert [(one["steps"], one["days"]) for one in answer["settings"]] == [(1, 0.5), (2, 1.0)]
    assert all(one["final_share"][2]["mean"] > 0 for one in answer["settings"])
    assert main(arguments) == 0
    text = capsys.readouterr().out
    assert "2 settings, 1 to 2 steps over 0.5 to 1 days" in text
    assert "after days" in text
    assert "nan" not in text


def test_settings_of_other_steps_are_not_said_to_last_as_long(capsys) -> None:
    assert main(["sweep", "fei", "--set", "dt_days=0.5,1", "--set", "steps=2", "--paths=2"]) == 0
    assert "2 steps over 1 to 2 days" in capsys.readouterr().out


def test_a_report_of_steps_of_two_lengths_is_refused_before_the_run(tmp_path, capsys) -> None:
    options = ["--set", "dt_days=0.5,1", "--set", "steps=200000", "--paths=9", "--report"]
    assert main(["sweep", "fei", *options, "--out", str(tmp_path)]) == 2
    assert "one by one" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_report_shows_each_setting_at_its_own_end(ragged: xarray.Dataset) -> None:
    report = build_report(ragged)
    assert dict(report.facts)["Steps"] == "1 to 4 of 1 day"
    assert "over 1 to 4 days" in report.subtitle
    tables = {item.title: item for section in report.sections for item in section.items}
    final = analysis.final_split(ragged)
    rows = [row for row in tables["Final split"].table.rows if row[1] == "savings"]
    found = [row[2].value for row in rows]
    np.testing.assert_array_equal(found, final["mean"].sel(deposit="savings"))
    area = {figure.key: figure for figure in report.figures}["allocation-area"]
    assert [panel.axis.days[-1] for panel in area.panels] == LENGTHS
    assert "nan" not in page(report).lower().replace("finance", "")


def test_a_written_sweep_is_analysed_at_its_own_ends(ragged, tmp_path, capsys) -> None:
    save_results(ragged, tmp_path / "results.nc")
    assert main(["analyse", str(tmp_path), "--what", "final-split", "--json"]) == 0
    records = json.loads(capsys.readouterr().out)["final-split"]
    assert all(record["mean"] is not None for record in records)
    assert len(records) == len(LENGTHS) * 4


def test_expectations_of_settings_of_two_lengths_are_each_at_its_own_end() -> None:
    scenario = camjax.load_scenario("fei", {"steps": 3})
    values = [
        camjax.ask(scenario, question, paths=8).estimate
        for question in ("E(balance[idle])", "E(balance[idle] | steps=5)")
    ]
    both = camjax.ask(scenario, "E(balance[idle] | steps=5) - E(balance[idle])", paths=8)
    np.testing.assert_allclose(both.estimate, values[1] - values[0], rtol=1e-9)


@pytest.mark.slow
def test_a_step_is_one_of_the_setting_that_it_is_asked_of() -> None:
    scenario = camjax.load_scenario("fei", {"steps": 3})
    asked = "E(balance[idle] at step 5 | steps=5) - E(balance[idle] | steps=2)"
    ends = [
        camjax.ask(scenario, f"E(balance[idle] | steps={number})", paths=4).estimate
        for number in (5, 2)
    ]
    found = camjax.ask(scenario, asked, paths=4).estimate
    np.testing.assert_allclose(found, ends[0] - ends[1], rtol=1e-9)
    with pytest.raises(CamjaxError, match="a step from 1 to 2, got 3"):
        camjax.ask(scenario, "E(balance[idle] at step 3 | steps=2)", paths=4)


@pytest.mark.slow
def test_what_keeps_paths_is_named_whatever_was_run(tmp_path, capsys) -> None:
    run = ["run", "fei", "--set", "steps=2", "--paths", "2", "--out", str(tmp_path)]
    assert main([*run, "--event", "share[savings] > 0.5"]) == 0
    assert main(["analyse", str(tmp_path), "--what", "key-figures"]) == 2
    assert "--keep trajectories" in (told := capsys.readouterr().err) and "--event" in told
    assert main([*run, "--keep", "trajectories"]) == 0
    assert main(["analyse", str(tmp_path), "--what", "key-figures"]) == 0
