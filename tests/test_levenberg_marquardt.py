"""Levenberg-Marquardt against SciPy and on problems whose minimum is known."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import least_squares as scipy_least_squares

from calibration.fit.levenberg_marquardt import (
    STATUS,
    Options,
    advance,
    begin,
    least_squares,
)

TIMES = np.linspace(0, 4, 30)
NOISY = 2.5 * np.exp(-0.7 * TIMES) + 0.4 + 0.05 * np.random.default_rng(1).normal(size=30)


def rosenbrock(z: jax.Array) -> jax.Array:
    return jnp.stack([10 * (z[1] - z[0] ** 2), 1 - z[0]])


def decay(z: jax.Array) -> jax.Array:
    return z[0] * jnp.exp(-z[1] * TIMES) + z[2] - NOISY


def badly_scaled(z: jax.Array) -> jax.Array:
    return jnp.stack([1e6 * (z[0] - 1e-6), 1e-3 * (z[1] - 2e3), z[0] * z[1] - 2e-3])


@pytest.mark.parametrize(
    ("residuals", "start"),
    [
        (rosenbrock, [-1.2, 1.0]),
        (decay, [1.0, 0.1, 0.0]),
        (decay, [9.0, 3.0, -2.0]),
        (badly_scaled, [1.0, 1.0]),
    ],
)
def test_it_ends_where_scipy_ends(residuals, start) -> None:
    found = jax.jit(lambda z: least_squares(residuals, z))(jnp.asarray(start))
    oracle = scipy_least_squares(
        lambda z: np.asarray(residuals(jnp.asarray(z))),
        start,
        jac=lambda z: np.asarray(jax.jacfwd(residuals)(jnp.asarray(z))),
        method="lm",
        x_scale="jac",
        xtol=1e-15,
        ftol=1e-15,
        gtol=1e-15,
    )
    assert STATUS[found.status] == "converged"
    np.testing.assert_allclose(found.coordinates, oracle.x, rtol=1e-6)
    np.testing.assert_allclose(found.cost, oracle.cost, rtol=1e-9, atol=1e-20)


def test_a_batch_of_starts_ends_as_each_alone() -> None:
    starts = jnp.asarray([[1.0, 0.1, 0.0], [9.0, 3.0, -2.0], [0.1, 2.0, 1.0]])
    together = jax.jit(jax.vmap(lambda z: least_squares(decay, z)))(starts)
    for i, start in enumerate(starts):
        alone = least_squares(decay, start)
        np.testing.assert_allclose(alone.coordinates, together.coordinates[i], rtol=1e-6)


def test_it_is_never_worse_than_any_point_before() -> None:
    further = jax.jit(lambda search, limit: advance(rosenbrock, search, Options(), limit))
    search = begin(rosenbrock, jnp.asarray([-1.2, 1.0]))
    costs = [float(search.cost)]
    for limit in range(1, 40):
        search = further(search, limit)
        costs.append(float(search.cost))
        again = 0.5 * float(jnp.square(rosenbrock(search.coordinates)).sum())
        assert costs[-1] == pytest.approx(again, rel=1e-9, abs=1e-30)
    assert costs == sorted(costs, reverse=True)


def test_an_interrupted_search_goes_on_as_if_it_had_not_been() -> None:
    start = jnp.asarray([9.0, 3.0, -2.0])
    whole = least_squares(decay, start)
    half = advance(decay, begin(decay, start), Options(), 5)
    rest = advance(decay, half, Options(), Options().max_iterations)
    np.testing.assert_array_equal(whole.coordinates, rest.coordinates)
    assert int(whole.iterations) == int(rest.iterations)


def test_every_search_says_how_it_ended() -> None:
    def undefined(z: jax.Array) -> jax.Array:
        return jnp.log(z)

    def kinked(z: jax.Array) -> jax.Array:
        return jnp.stack([1 + jnp.abs(z[0]), 0 * z[0]])

    def ended(residuals, start, **options) -> str:
        return STATUS[least_squares(residuals, jnp.asarray(start), Options(**options)).status]

    assert ended(undefined, [-1.0]) == "nonfinite"
    assert ended(undefined, [3.0]) == "converged"
    assert ended(rosenbrock, [-1.2, 1.0], max_iterations=3) == "max_iter"
    assert ended(kinked, [2.0]) == "stalled"


def test_a_number_nothing_depends_on_stays_where_it_is() -> None:
    found = least_squares(lambda z: z[:1] ** 2 - 2, jnp.asarray([3.0, 5.0]))
    assert STATUS[found.status] == "converged"
    np.testing.assert_allclose(found.coordinates, [np.sqrt(2), 5.0], rtol=1e-12)
