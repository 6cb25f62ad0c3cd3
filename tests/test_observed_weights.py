"""Observed weights described, tabled and drawn as they are."""

import csv
import io
from pathlib import Path

import numpy as np
import pytest

from calibration.missing_days import CarryForward
from calibration.observations import Observations, observe
from calibration.observed_file import read_observed
from calibration.observed_weights import describe, observations_dataset, weights_csv
from calibration.score_table import csv_text, find

TABLE = """time,pool,idle,savings
2022-01-30,30,70,5
2022-02-01,1,2,5
2022-02-03,50,50,
"""


@pytest.fixture
def observations(tmp_path: Path) -> Observations:
    """Three rows; savings is not under allocation and missed once."""
    path = tmp_path / "observed.csv"
    path.write_text(TABLE)
    names = ("idle", "pool", "savings", "market")
    flags = (True, True, False, True)
    return observe(read_observed(path), deposits=names, allocated=flags, missing=CarryForward(2))


def test_description_is_of_the_weights_under_allocation(observations: Observations) -> None:
    scores = describe(observations)
    pool = np.array([0.3, 1 / 3, 0.5])
    expected = {"mean": pool.mean(), "std": pool.std(ddof=1), "first": 0.3, "last": 0.5}
    for metric, value in expected.items():
        assert find(scores, "observed", metric, "pool") == pytest.approx(value, rel=1e-12)
    concentration = np.mean(pool**2 + (1 - pool) ** 2)
    assert find(scores, "observed", "herfindahl_hirschman") == pytest.approx(concentration)
    entropy = -np.mean(pool * np.log(pool) + (1 - pool) * np.log(1 - pool))
    assert find(scores, "observed", "entropy") == pytest.approx(entropy)
    assert not any(score.deposit in ("savings", "market") for score in scores)


def test_table_has_every_digit(observations: Observations) -> None:
    rows = list(csv.DictReader(io.StringIO(weights_csv(observations))))
    assert list(rows[0]) == ["time", "idle", "pool"]
    assert [row["time"] for row in rows] == ["2022-01-30", "2022-02-01", "2022-02-03"]
    assert [float(row["pool"]) for row in rows] == observations.weights[:, 1].tolist()


def test_arrays_are_labelled(observations: Observations) -> None:
    dataset = observations_dataset(observations, token="DAI")
    assert dataset.deposit.values.tolist() == ["idle", "pool", "savings"]
    assert dataset.allocated.values.tolist() == [1, 1, 0]
    assert dataset.observed_balance.attrs["units"] == "DAI"
    assert dataset.was_observed.sel(deposit="savings").values.tolist() == [1, 1, 0]
    assert np.isnan(dataset.observed_weight.sel(deposit="savings")).all()
    assert dataset.date.values[1] == np.datetime64("2022-02-01")
    assert dataset.time.values.tolist() == [0, 2, 4]


def test_cells_read_back_as_they_were() -> None:
    values = [0.1 + 0.2, 1e-300, -0.0, np.float64(2) / 3, float("inf")]
    text = csv_text(("value",), [(value,) for value in values])
    assert [float(line) for line in text.splitlines()[1:]] == values
    blank = csv_text(("a", "b", "c"), [(float("nan"), None, 3)])
    assert blank.splitlines()[1] == ",,3"


def test_picture_shows_the_weights(observations: Observations) -> None:
    pytest.importorskip("matplotlib")
    from calibration.figures import observed_figure

    (axes,) = observed_figure(observations).axes
    drawn = {line.get_label(): np.asarray(line.get_ydata()) for line in axes.lines}
    assert list(drawn) == ["idle", "pool"]
    np.testing.assert_array_equal(drawn["pool"], observations.weights[:, 1])
