"""Answers: equal to what the paths themselves say, with intervals that cover."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

import camjax
from camjax.ensemble.lanes import LANES
from camjax.errors import CamjaxError, QuestionError
from camjax.intervals import probability_interval
from camjax.questions import Answer, ask, parse
from camjax.questions.estimate import estimate, quantile_of, skewed_mean
from camjax.questions.tree import terms_of

STEPS, PATHS = 12, 200
RATE = "deposits.savings.rate=0.05"


@functools.cache
def scenario(**overrides: object) -> camjax.Scenario:
    return camjax.load_scenario("fei", {"steps": STEPS})


@functools.cache
def paths(rate: float = 0.015) -> dict[str, np.ndarray]:
    """Every path's trajectories [P, T, deposits], simulated apart from the engine."""
    source = camjax.load_scenario("fei", {"steps": STEPS, "deposits.savings.rate": rate})
    keys = jax.vmap(lambda i: jax.random.fold_in(jax.random.key(0), i))(
        jnp.arange(PATHS, dtype=jnp.uint32)
    )
    run = jax.vmap(lambda key: camjax.simulate(source.model, source.sample_drivers(key)).variables)
    found = jax.device_get(run(keys))
    balance = found["balance"]
    return {
        **found,
        "share": balance / balance.sum(-1, keepdims=True),
        "cost": (balance * found["yield_rate"] / 365)[..., 2].cumsum(1),
    }


@functools.cache
def asked(question: str, num_paths: int = PATHS) -> Answer:
    return ask(scenario(), question, paths=num_paths)


def test_answers_are_what_the_paths_say() -> None:
    share, own = paths()["share"], paths()
    savings, idle = share[..., 2], own["balance"][..., 3]
    first = np.where((savings > 0.15).any(1), (savings > 0.15).argmax(1) + 1.0, np.inf)
    joined = (
        "E(share[savings]) + E(balance[idle] at step 3) + E(mean share[savings])"
        " + E(max share[money_market]) + E(min yield[money_market]) + E(concentration)"
        " + E(cost) + E(mean (share[savings] > 0.2)) + P(time to (share[savings] > 0.15) < 5)"
        " + E(share[savings] - share[idle] at step 2) + E(pool_tvl) + E(user_balance)"
        " + P(not (share[savings] > 0.3 or share[idle] > 0.2) and balance[idle] > 0)"
    )
    expected = (
        savings[:, -1]
        + idle[:, 2]
        + savings.mean(1)
        + share[..., 1].max(1)
        + own["yield_rate"][..., 1].min(1)
        + (share[:, -1] ** 2).sum(-1)
        + own["cost"][:, -1]
        + (savings > 0.2).mean(1)
        + (first < 5)
        + (savings[:, -1] - share[:, 1, 3])
        + own["pool_tvl"][:, -1]
        + own["balance"][:, -1].sum(-1)
        + (~((savings[:, -1] > 0.3) | (share[:, -1, 3] > 0.2)) & (idle[:, -1] > 0))
    ).mean()
    found = asked(joined)
    assert found.estimate == pytest.approx(expected, rel=1e-12)
    assert (found.paths, found.seed) == (PATHS, 0)


def test_each_expectation_has_its_own_interval() -> None:
    savings = paths()["share"][:, -1, 2]
    threshold = float(np.quantile(savings, 0.3))
    happens = int((savings > threshold).sum())
    found = asked(f"P(share[savings] > {threshold!r})")
    low, high = probability_interval(np.array(happens), PATHS)
    np.testing.assert_allclose((found.low, found.high), (low, high), rtol=1e-12)
    found = asked("E(share[savings])")
    expected = stats.ttest_1samp(savings, 0).confidence_interval()
    np.testing.assert_allclose((found.low, found.high), expected, rtol=1e-9)
    found = asked("quantile(share[savings], 0.25)")
    quartile = np.quantile(savings, 0.25, method="inverted_cdf")
    assert found.estimate == pytest.approx(quartile, rel=1e-12)
    expected = stats.quantile_test(savings, p=0.25).confidence_interval()
    np.testing.assert_allclose((found.low, found.high), expected, rtol=1e-9)


def test_settings_are_compared_path_by_path() -> None:
    question = f"E(share[savings] | {RATE}) - E(share[savings])"
    differences = paths(0.05)["share"][:, -1, 2] - paths()["share"][:, -1, 2]
    found = asked(question)
    assert found.estimate == pytest.approx(differences.mean(), rel=1e-10)
    expected = stats.ttest_1samp(differences, 0).confidence_interval()
    np.testing.assert_allclose((found.low, found.high), expected, rtol=1e-8)
    alone = asked("E(share[savings])")
    assert found.high - found.low < 0.6 * (alone.high - alone.low)
    nothing = asked("E(share[savings] | deposits.savings.rate=0.015) - E(share[savings])")
    assert (nothing.estimate, nothing.low, nothing.high) == (0, 0, 0)
    half = asked("E(share[savings] | deposits.savings.rate=0.015) / 2 - E(share[savings])")
    assert half.high - half.low == pytest.approx((alone.high - alone.low) / 2, rel=1e-9)
    # None of few paths saw either event; that does not make them equally probable.
    rare = asked(f"P(share[savings] > 0.99 | {RATE}) - P(share[savings] > 0.99)")
    assert rare.estimate == 0 and rare.high > 0.01


def test_settings_may_differ_in_structure() -> None:
    found = asked("E(share[savings] | weights.yield_window=1) / E(share[savings])")
    assert found.low < found.estimate < found.high


def test_paths_are_added_until_the_interval_is_narrow() -> None:
    found = ask(scenario(), "share[savings]", until_ci=0.0008)
    assert found.reached
    assert (found.high - found.low) / 2 <= 0.0008
    assert found.paths % LANES == 0
    again = ask(scenario(), "share[savings]", paths=found.paths)
    assert again.estimate == found.estimate
    assert not ask(scenario(), "share[savings]", until_ci=1e-9, paths=1024).reached


def test_a_time_that_is_never_reached_has_quantiles_but_no_mean() -> None:
    found = asked("quantile(time to (share[savings] > 0.999), 0.5)")
    assert found.estimate == np.inf
    assert asked("P(time to (share[savings] > 0.999) = never)").estimate == 1
    with pytest.raises(QuestionError, match="infinite"):
        asked("E(time to (share[savings] > 0.999))")


def test_what_the_scenario_does_not_have_is_pointed_at() -> None:
    for question, word in {
        "E(share[attic])": "share",
        "E(wealth)": "wealth",
        "E(share[savings]) + E(balance)": "balance",
        "E(pool_tvl[savings])": "pool_tvl",
        "E(concentration[idle])": "concentration",
        "E(cost[attic])": "cost",
        "E(share[savings] | deposits.attic.rate=1)": "E(",
        f"E(share[savings] at step {STEPS + 1})": str(STEPS + 1),
    }.items():
        with pytest.raises(QuestionError) as refused:
            asked(question)
        caret = str(refused.value).split("\n")[-1].index("^") - 2
        assert caret == question.rindex(word)
    with pytest.raises(CamjaxError, match="divided by 0"):
        asked("1 / P(share[savings] > 2)")


def normal_paths(generator: np.random.Generator) -> np.ndarray:
    """[2, P] correlated values of a path."""
    common = generator.normal(size=(1, 150))
    return 0.5 + 0.3 * (0.8 * common + 0.6 * generator.normal(size=(2, 150)))


QUESTIONS = {
    "P(a > 0.9)": stats.norm.sf(4 / 3),
    "E(a)": 0.5,
    "quantile(a, 0.2)": 0.5 + 0.3 * stats.norm.ppf(0.2),
    "E(a) - E(b)": 0.0,
    "E(a) / E(b)": 1.0,
    "P(a > 0.9) - P(b > 0.5)": stats.norm.sf(4 / 3) - 0.5,
    "2 * quantile(a, 0.5) - E(b)": 0.5,
}


@pytest.mark.parametrize(("text", "truth"), QUESTIONS.items(), ids=QUESTIONS)
def test_intervals_cover_the_truth(text: str, truth: float) -> None:
    """In 1000 repeats; 95 % ± 2.5 standard deviations, and more where values are discrete."""
    generator, question = np.random.default_rng(5), parse(text)
    covered = 0
    for _ in range(1000):
        a, b = normal_paths(generator)
        values = {}
        for term in terms_of(question):
            inside = str(term)
            of = a if "variable='a'" in inside else b
            threshold = 0.9 if "0.9" in inside else 0.5
            values[term] = (of > threshold).astype(float) if term.kind == "P" else of
        found = estimate(question, values)
        covered += found.low <= truth <= found.high
    assert 0.93 <= covered / 1000 <= 0.985


def test_quantiles_of_few_paths_have_no_end() -> None:
    found = quantile_of(np.arange(5.0), 0.05, 0.95)
    assert found.value == 0.0 and np.isnan(found.low)
    assert np.isfinite(found.high)


def test_an_interval_that_paths_are_too_few_for_is_open_on_that_side() -> None:
    question = parse("quantile(share[a], 0.95) - quantile(share[b], 0.95)")
    first, second = terms_of(question)
    values = np.random.default_rng(0).normal(size=(2, 30))
    found = estimate(question, {first: values[0], second: values[1]})
    assert np.isfinite(found.value)
    assert np.isnan(found.low) and np.isnan(found.high), "both quantiles are open above"
    alone = estimate(first, {first: values[0]})
    assert np.isfinite(alone.low) and np.isnan(alone.high)
    assert (alone.lowest, alone.highest) == (alone.low, np.inf)
    twice = estimate(parse("2 * quantile(share[a], 0.95) - 1"), {first: values[0]})
    assert twice.low == pytest.approx(2 * alone.low - 1) and np.isnan(twice.high)
    less = estimate(parse("-quantile(share[a], 0.95)"), {first: values[0]})
    assert less.high == pytest.approx(-alone.low) and np.isnan(less.low)


def test_a_time_may_be_never_and_its_interval_end_there() -> None:
    (term,) = terms_of(parse("quantile(time to (share[a] > 0.5), 0.5)"))
    days = np.where(np.arange(100) < 45, np.arange(100.0), np.inf)
    found = estimate(term, {term: days})
    assert (found.value, found.high) == (np.inf, np.inf) and np.isfinite(found.low)
    other = parse("quantile(time to (share[a] > 0.5), 0.4) - quantile(share[b], 0.5)")
    late, share = terms_of(other)
    joined = estimate(other, {late: days, share: np.random.default_rng(1).normal(size=100)})
    assert np.isfinite(joined.value) and joined.high == np.inf and np.isfinite(joined.low)


def test_a_mean_that_few_paths_carry_is_said() -> None:
    (term,) = terms_of(parse("E(share[a])"))
    normal = np.random.default_rng(0).normal(size=30)
    assert skewed_mean(term, {term: np.exp(2 * normal)})
    assert not skewed_mean(term, {term: normal})


def test_long_questions_are_answered_and_longer_ones_refused() -> None:
    joined = " + ".join(["E(share[savings])"] * 150)
    assert asked(joined).estimate == pytest.approx(150 * asked("E(share[savings])").estimate)
    inside = "+".join(["share[savings]"] * 150)
    assert asked(f"E({inside})").estimate == pytest.approx(asked(joined).estimate)
    for text in (
        " + ".join(["E(share[savings])"] * 332),
        "(" * 141 + "E(share[savings])" + ")" * 141,
        f"E({'(' * 141}share[savings]{')' * 141})",
        "-" * 400 + "E(share[savings])",
        f"P({'not ' * 400}share[savings] > 1)",
    ):
        with pytest.raises(QuestionError, match="expected at most (32|150)"):
            asked(text)
