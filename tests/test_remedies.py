"""A remedy can be followed by whoever gets it."""

import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import xarray
from worlds_observed import SMALL

import camjax
from calibration.fit.drawn import drawn
from calibration.fit.windows import profile_windows
from calibration.forecast import History, RollingOrigin, rolling_origin
from calibration.forecast.history import HistoryTooShort
from camjax.analysis.quantities import check_paths
from camjax.cli import main
from camjax.errors import CamjaxError
from camjax.results.lacking import told_what_is_lacking

pytestmark = pytest.mark.usefixtures("folder")


def refusal_of(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What a command that must refuse says."""
    assert main(arguments) == 2
    return capsys.readouterr().err


def test_only_a_run_is_told_to_resume(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    (folder / "there.zarr").mkdir()
    merged = refusal_of(capsys, "merge", "a.zarr", "b.zarr", "--out", "there.zarr")
    assert "Choose another name." in merged and "--resume" not in merged
    run = refusal_of(capsys, "run", "fei", "--set", "steps=2", "--out", "there.zarr")
    assert "if it is of this run, --resume" in run


def test_fewer_variables_are_no_remedy_where_the_fewest_are_kept(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    usage = shutil.disk_usage(folder)._replace(free=0)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    run = ("run", "fei", "--set", "steps=2", "--paths", "1000", "--out", "new.zarr")
    said = refusal_of(capsys, *run, "--variable", "balance")
    assert "Run fewer paths." in said


def test_a_sweep_is_not_told_of_options_it_does_not_have() -> None:
    with pytest.raises(
        CamjaxError, match=r"--keep trajectories, fewer paths where they do not fit.$"
    ):
        check_paths(xarray.Dataset(coords={"setting": ["a", "b"]}))


def test_only_runs_choose_their_variables() -> None:
    balance = xarray.DataArray([1.0], dims="step")
    for results, chooses in (
        (xarray.Dataset({"balance": balance}), True),
        (xarray.Dataset({"balance": balance, "predicted_weight": balance}), False),
        (xarray.Dataset({"balance": balance}).expand_dims(setting=["a"]), False),
    ):
        with (
            pytest.raises(CamjaxError) as refused,
            told_what_is_lacking("total-transfers", results),
        ):
            _ = results.transfer
        assert ("--variable transfer" in str(refused.value)) == chooses


def test_a_half_life_is_not_left_out_where_there_is_none() -> None:
    for half_life, remedy in (
        (None, r"got none\.$"),
        (5.0, "Leave weights.yield_half_life_days out"),
    ):
        weights = SimpleNamespace(yield_half_life_days=half_life)
        scenario = SimpleNamespace(
            model=SimpleNamespace(weights=SimpleNamespace(rule=None)),
            document=SimpleNamespace(weights=weights),
        )
        problem: Any = SimpleNamespace(scenario=scenario)
        with pytest.raises(CamjaxError, match=remedy):
            profile_windows(problem, 3)


class Needy:
    """A forecaster that wants more rows than there may be."""

    name, mode = "needy", "ex-ante"

    def __init__(self, rows: int) -> None:
        self.rows = rows

    def fit(self, history: History, horizon: int) -> Any:
        del horizon
        history.require(self.rows, "a test")


@pytest.mark.parametrize(
    ("rows", "window", "remedy"),
    [
        (6, None, "Start later: --initial 6."),
        (6, 5, "Let it see more rows: --window 6."),
        (60, 5, "Observe longer"),
        (60, None, "Observe longer"),
    ],
)
def test_more_rows_are_seen_only_where_there_are_more(
    rows: int, window: int | None, remedy: str
) -> None:
    history = History.of_weights([[0.4, 0.6], [0.5, 0.5]] * 5)
    plan = RollingOrigin(horizon=1, initial=3, window=window)
    with pytest.raises(HistoryTooShort, match=remedy):
        rolling_origin(history, Needy(rows), plan)


def test_series_that_could_be_given_are_named_and_no_others() -> None:
    scenario = camjax.load_scenario(SMALL)
    problem: Any = SimpleNamespace(data=SimpleNamespace(keys=range(8)), scenario=scenario)
    (warning,) = drawn(problem)
    assert "Give the series of yield_rate_outside with --drivers." in warning
    still = {"process": "constant", "value": 0.03}
    uncertain = {"drivers.yield_rate_outside": still, "weights.dirichlet_precision": 50.0}
    problem.scenario = camjax.load_scenario(SMALL, uncertain)
    (warning,) = drawn(problem)
    assert "--drivers" not in warning, "no series says how uncertain holders are"


def test_forecasts_that_are_to_be_scored_are_not_told_to_go_unscored(
    capsys: pytest.CaptureFixture[str],
) -> None:
    command = ("forecast", "observed.csv", "--horizon", "1")
    said = refusal_of(capsys, *command, "--missing", "interpolate")
    assert "or add --no-evaluate" in said
    said = refusal_of(capsys, *command, "--missing", "interpolate", "--ex-post")
    assert "--missing carry:3" in said and "--no-evaluate" not in said
    said = refusal_of(capsys, *command, "--ex-post", "--no-evaluate")
    assert "--ex-post: expected no --no-evaluate beside it" in said
    for option in ("--initial", "--step", "--window", "--refit-every", "--embargo"):
        said = refusal_of(capsys, *command, option, "3", "--no-evaluate")
        assert f"{option}: expected no --no-evaluate beside it, got 3." in said


def test_profiles_are_of_likelihoods(capsys: pytest.CaptureFixture[str]) -> None:
    command = ("calibrate", "observed.csv", "--scenario", "fei", "--free", "weights.elasticity")
    said = refusal_of(capsys, *command, "--objective", "mae", "--profile")
    assert "--profile: expected --objective ilr" in said and "--bootstrap gives limits" in said
