"""Whether chains that do not agree are told apart from those that do."""

import numpy as np
import pytest

from calibration.fit.mixing import split_r_hat, spread_starts

DRAWS = np.random.default_rng(0).normal(size=(4, 500, 1))
CAUCHY = np.random.default_rng(1).standard_cauchy((4, 500, 1))
DRIFT = np.linspace(-1, 1, 500)[None, :, None]


def test_chains_that_agree_have_an_r_hat_of_one() -> None:
    assert split_r_hat(DRAWS) == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize(
    "apart",
    [
        DRAWS + np.array([0, 0, 0, 1])[:, None, None],
        DRAWS + DRIFT,  # all of one mean, each moving from one end to the other
        DRAWS * np.array([1, 1, 1, 3])[:, None, None],  # of other widths
        CAUCHY + np.array([0, 0, 0, 2.0])[:, None, None],  # their variance says nothing
    ],
    ids=["shifted", "drifting", "wider", "heavy-tailed"],
)
def test_chains_that_do_not_agree_are_told(apart: np.ndarray) -> None:
    assert split_r_hat(apart)[0] > 1.05


def test_chains_that_stand_still_apart_never_agree() -> None:
    still = np.broadcast_to(np.arange(4.0)[:, None, None], (4, 100, 1))
    assert np.isinf(split_r_hat(still)).all()


def test_starts_lie_wider_than_the_law_they_are_around() -> None:
    covariance = np.array([[4.0, 1.0], [1.0, 1.0]])
    starts = spread_starts(np.array([1.0, -1.0]), covariance, 20000, 3.0, 0)
    np.testing.assert_allclose(starts.mean(axis=0), [1, -1], atol=0.1)
    np.testing.assert_allclose(np.cov(starts.T), 9 * covariance, rtol=0.05)
