"""Derivatives of ensembles against differences on the same paths."""

import functools

import numpy as np
import pytest

import camjax
from calibration.sensitivity.local import LocalResult, local
from camjax.errors import CamjaxError, QuestionError
from camjax.questions import Evaluations, Outputs

NAMES = (
    "deposits.savings.rate",
    "rebalancing.duration_days",
    "drivers.volatile_asset_price.volatility",
    "drivers.utilization.mean",
)
QUESTIONS = (
    "share[savings]",
    "E(mean share[money_market]) - 0.1 * E(concentration)",
    "P(share[savings] > 0.5)",
    "cost",
    "quantile(share[savings], 0.25)",
)
PATHS = 96


@functools.cache
def scenario() -> camjax.Scenario:
    return camjax.load_scenario("fei", {"steps": 8})


@functools.cache
def evaluations(num_paths: int = PATHS, seed: int = 0) -> Evaluations:
    varied = camjax.parameters(scenario(), NAMES)
    return Evaluations(varied, Outputs(scenario(), QUESTIONS), num_paths, seed)


@functools.cache
def result() -> LocalResult:
    return local(evaluations())


@pytest.mark.slow
def test_derivatives_of_ensembles_are_those_of_differences_on_the_same_paths() -> None:
    at, steps = result().at, 1e-5 * result().at
    shifted = np.concatenate([at + np.diag(steps), at - np.diag(steps)])
    values = evaluations().values(shifted, result().widths)
    differences = (values[:4] - values[4:]).T / (2 * steps)
    np.testing.assert_allclose(result().derivative, differences, rtol=1e-5)


def test_elasticities_are_derivatives_of_logarithms() -> None:
    expected = result().derivative * result().at / result().value[:, None]
    np.testing.assert_allclose(result().elasticity, expected, rtol=1e-12)


def test_gradients_in_a_batch_are_those_of_paths() -> None:
    found, slopes = evaluations().gradients(result().at[None], result().widths)
    np.testing.assert_allclose(found[0], result().value, rtol=1e-12)
    np.testing.assert_allclose(slopes[0], result().derivative, rtol=1e-9)


def test_smoothing_leaves_probabilities_nearly_as_they_are() -> None:
    (sharp,) = evaluations().values(result().at[None])
    assert abs(sharp[2] - result().value[2]) < 0.03
    assert sharp[[0, 1, 3]] == pytest.approx(result().value[[0, 1, 3]], rel=1e-12)


def test_values_are_what_asking_says() -> None:
    (values,) = evaluations().values(result().at[None])
    answer = camjax.ask(scenario(), QUESTIONS[1], paths=PATHS)
    assert values[1] == pytest.approx(answer.estimate, rel=1e-10)


def test_what_jumps_has_no_derivative_and_few_paths_no_interval() -> None:
    varied = camjax.parameters(scenario(), NAMES[:1])
    jumps = Outputs(scenario(), ("P(time to (share[savings] > 0.3) < 4)",))
    with pytest.raises(QuestionError, match="derivative"):
        local(Evaluations(varied, jumps, 64))
    with pytest.raises(CamjaxError, match="at least 64"):
        local(evaluations(8))


@pytest.mark.slow
def test_intervals_of_elasticities_cover_those_of_many_paths() -> None:
    truth = local(evaluations(8192, 999))
    smooth = [0, 1, 3]
    covered = []
    for seed in range(60):
        found = local(evaluations(128, seed))
        distance = np.abs(found.elasticity - truth.elasticity)[smooth]
        covered.append(distance <= found.elasticity_reach[smooth])
    assert np.mean(covered) > 0.9
