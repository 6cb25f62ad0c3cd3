"""Differences of rounding are told as none: in comparisons, questions, sensitivities, headlines."""

import jax
import numpy as np
import pytest
import xarray
from numpy.typing import NDArray

import camjax
from calibration.sensitivity.box import Box
from calibration.sensitivity.dgsm import dgsm
from calibration.sensitivity.local import local
from calibration.sensitivity.morris import morris
from calibration.sensitivity.sobol import sobol
from camjax.analysis import compare
from camjax.cli.app import main
from camjax.questions import Evaluations, Outputs, parse
from camjax.questions.rounded import paired
from camjax.questions.tree import terms_of
from camjax.report import build_report
from camjax.rounding import tolerance

BOX = Box(("a", "b", "c"), np.zeros(3), np.ones(3))


@pytest.fixture(scope="module")
def twins() -> xarray.Dataset:
    """A setting, the same but for how its numbers round, and one that differs by a little."""
    axes = {"deposits.savings.rate": [0.01, 0.02, 0.03]}
    found = camjax.sweep("fei", axes, paths=8, overrides={"steps": 4}).copy(deep=True)
    noise = np.random.default_rng(0).uniform(-1, 1, found.balance[0].shape)
    found.balance[1] = found.balance[0] + 1e-10 * 225e6 * noise
    found.balance[2] = found.balance[0]
    found.balance[2, :, :, 2] += 1e3
    return found


def test_settings_that_differ_by_rounding_are_equal_on_every_path(twins: xarray.Dataset) -> None:
    base, same, more = twins.setting.values
    for of in ("balance", "share"):
        for step in (None, 2, "last"):
            found = compare(twins, same, base, of, step)
            assert (found.difference == 0).all() and (found.ties == 1).all()
            assert (found.exceeds == 0).all()
    savings = compare(twins, more, base, "balance[savings]")
    np.testing.assert_allclose(savings.difference, 1e3, rtol=1e-6)
    assert float(savings.ties) == 0


def test_what_float32_cannot_tell_apart_is_equal(twins: xarray.Dataset) -> None:
    base, _, more = twins.setting.values
    found = compare(twins.assign_attrs(precision="float32"), more, base, "balance[savings]")
    assert float(found.ties) == 1, "1000 of 225 million are less than float32 rounds by"


def test_a_headline_says_of_rounding_that_nothing_differs(twins: xarray.Dataset) -> None:
    sentences = build_report(twins).sentences
    assert any("savings.rate=0.02 the share of savings is on every path as" in s for s in sentences)
    both = build_report(twins.isel(setting=[0, 1])).sentences
    assert "holds the same share under every setting" in both[0]
    assert not any("0.0\u00a0points" in sentence for sentence in sentences)


def test_what_settings_share_is_looked_up(twins: xarray.Dataset) -> None:
    def text(results: xarray.Dataset) -> str:
        sections = {section.key: section for section in build_report(results).sections}
        return sections["comparison-section"].text

    assert "The same on a path under every setting: prices and utilization." in text(twins)
    other = twins.copy(deep=True)
    other.volatile_asset_price[1] *= 1.01
    assert "Not the same: prices;" in text(other)
    assert "every setting: utilization." in text(other)


def test_questions_of_settings_that_differ_by_rounding_answer_none() -> None:
    asked = parse("E(balance[idle] | steps=3) - E(balance[idle])")
    terms = terms_of(asked)
    scenario = camjax.load_scenario("fei")
    values = np.linspace(0, 1e6, 8)
    found = paired(
        {terms[0]: values, terms[1]: values + 0.01},
        dict.fromkeys(((), terms[0].settings), scenario),
    )
    assert (found[terms[0]] == found[terms[1]]).all(), "users hold 225 million"
    apart = paired(
        {terms[0]: values, terms[1]: values + 1.0}, dict.fromkeys(((), terms[0].settings), scenario)
    )
    assert (apart[terms[0]] != apart[terms[1]]).all()


def noisy(points: NDArray) -> NDArray:
    """A constant, what depends on one parameter, and what is not a number somewhere, in float32."""
    noise = 3e-7 * np.sin(1e6 * points.sum(1))
    hole = np.where(points[:, 0] > 0.9, np.nan, points[:, 0])
    return np.stack([0.4 + noise, points[:, 0] + noise, hole], axis=1)


def float32(values: NDArray) -> NDArray:
    return tolerance(np.ones(values.shape[1]), "float32")


def test_parts_of_variance_of_rounding_are_none() -> None:
    constant, one, hole = sobol(BOX, noisy, 1024, rounding=float32).outputs
    assert constant.variance == 0 and np.isnan(constant.total.value).all()
    assert (one.total.value[1:] == 0).all() and (one.total.reach[1:] == 0).all()
    np.testing.assert_allclose(one.total.value[0], 1, atol=0.05)
    assert np.isnan(hole.variance) and hole.not_finite > 0, "it is not said to be constant"


def test_effects_of_rounding_are_none() -> None:
    found = morris(BOX, noisy, 8, rounding=float32)
    assert (found.mean_absolute[0] == 0).all() and (found.reach[0] == 0).all()
    assert (found.mean_absolute[1, 1:] == 0).all()
    np.testing.assert_allclose(found.mean_absolute[1, 0], 1, atol=1e-4)
    assert found.not_finite.tolist()[:2] == [0, 0] and found.not_finite[2] > 0


def test_derivatives_of_rounding_are_none() -> None:
    def both(points: NDArray) -> tuple[NDArray, NDArray]:
        values = noisy(points)[:, :2]
        slopes = np.full((len(points), 2, 3), 1e-7)
        slopes[:, 1, 0] = 1
        return values, slopes

    found = dgsm(BOX, both, 64, rounding=float32)
    assert np.isnan(found.bound[0].value).all() and (found.measure[0].value == 0).all()
    assert (found.bound[1].value[1:] == 0).all() and found.bound[1].value[0] > 0


def test_local_responses_of_rounding_are_none() -> None:
    scenario = camjax.load_scenario("fei", {"steps": 2, "precision": "float32"})
    chosen = camjax.parameters(scenario, ["deposits.money_market.kink", "deposits.savings.rate"])
    found = local(Evaluations(chosen, Outputs(scenario, ("user_balance", "share[savings]")), 64))
    assert (found.derivative[0] == 0).all(), "what users hold in total is moved by nothing"
    assert (found.derivative_reach[0] == 0).all()
    assert found.derivative[1, 1] > 0


def test_notes_of_a_sensitivity_are_so(tmp_path, capsys) -> None:
    options = ["--parameters", "deposits.savings.rate", "--set", "steps=2", "--samples", "8"]
    common = ["sensitivity", "fei", "--method", "sobol", *options, "--paths", "4"]
    assert main([*common, "--outputs", "user_balance", "--scramblings", "1"]) == 0
    text = capsys.readouterr().out
    assert "does not vary but for rounding: user_balance" in text
    assert "exact" not in text and "without --scramblings share points" in text


def test_a_sweep_of_precisions_bears_the_coarser(capsys) -> None:
    with jax.enable_x64(True):
        found = camjax.sweep("fei", {"precision": ["float64", "float32"]}, paths=2,
                             overrides={"steps": 2})  # fmt: skip
    assert found.attrs["precision"] == "float32"
    first, second = found.setting.values
    assert (compare(found, second, first).ties == 1).all()
