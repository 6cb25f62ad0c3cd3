"""Laws of the simplex: totals do not matter, coordinates are isometric, zeros are not guessed."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.linalg
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from jax.test_util import check_grads

from calibration.composition import (
    aitchison_distance,
    closure,
    clr,
    clr_inverse,
    floored,
    ilr,
    ilr_basis,
    ilr_inverse,
    subcomposition,
    with_absent_parts,
)
from camjax.errors import CamjaxError

NUM_PARTS = 4
laws = settings(max_examples=40)
compositions = arrays(np.float64, NUM_PARTS, elements=st.floats(1e-9, 1e9))
coordinates = arrays(np.float64, NUM_PARTS - 1, elements=st.floats(-20, 20))
scales = st.floats(1e-6, 1e6)


@laws
@given(parts=compositions, scale=scales)
def test_total_carries_no_information(parts: np.ndarray, scale: float) -> None:
    for view in (closure, clr, ilr):
        np.testing.assert_allclose(view(parts * scale), view(parts), rtol=1e-12, atol=1e-12)


@laws
@given(parts=compositions)
def test_log_ratios_invert_to_the_closed_composition(parts: np.ndarray) -> None:
    shares = closure(parts)
    np.testing.assert_allclose(clr_inverse(clr(parts)), shares, rtol=1e-12)
    np.testing.assert_allclose(ilr_inverse(ilr(parts)), shares, rtol=1e-12)


@laws
@given(point=coordinates)
def test_isometric_coordinates_survive_the_simplex(point: np.ndarray) -> None:
    shares = ilr_inverse(point)
    assert abs(float(shares.sum()) - 1) < 1e-12
    np.testing.assert_allclose(ilr(shares), point, rtol=1e-11, atol=1e-11)


@laws
@given(first=compositions, second=compositions, third=compositions)
def test_aitchison_distance_is_a_metric_and_is_isometric(
    first: np.ndarray, second: np.ndarray, third: np.ndarray
) -> None:
    distance = float(aitchison_distance(first, second))
    log_ratios = np.log(first[:, None] / first) - np.log(second[:, None] / second)
    by_pairs = np.sqrt((log_ratios**2).sum() / (2 * NUM_PARTS))
    in_coordinates = np.linalg.norm(np.asarray(ilr(first)) - np.asarray(ilr(second)))
    np.testing.assert_allclose([by_pairs, in_coordinates], distance, rtol=1e-10, atol=1e-12)
    assert distance == float(aitchison_distance(second, first))
    detour = float(aitchison_distance(first, third) + aitchison_distance(third, second))
    assert distance <= detour * (1 + 1e-12) + 1e-12


@laws
@given(parts=compositions)
def test_leaving_a_part_out_keeps_the_ratios_of_the_others(parts: np.ndarray) -> None:
    present = (True, False, True, True)
    kept = np.asarray(subcomposition(parts, present))
    np.testing.assert_allclose(kept / kept[0], parts[[0, 2, 3]] / parts[0], rtol=1e-12)
    back = np.asarray(with_absent_parts(kept, present))
    assert back[1] == 0
    np.testing.assert_array_equal(back[[0, 2, 3]], kept)


@pytest.mark.parametrize("num_parts", [1, 2, 3, 7])
def test_basis_is_helmerts(num_parts: int) -> None:
    basis = ilr_basis(num_parts)
    np.testing.assert_allclose(basis, scipy.linalg.helmert(num_parts), atol=1e-15)
    np.testing.assert_allclose(basis @ basis.T, np.eye(num_parts - 1), atol=1e-15)


def test_first_coordinate_is_the_balance_of_the_first_two_parts() -> None:
    z = ilr([2.0, 8.0, 4.0])
    np.testing.assert_allclose(z[0], np.log(2 / 8) / np.sqrt(2), rtol=1e-14)
    np.testing.assert_allclose(z[1], np.sqrt(2 / 3) * np.log(4 / 4), atol=1e-15)


def test_one_part_has_no_coordinates() -> None:
    assert ilr([3.0]).shape == (0,)
    np.testing.assert_array_equal(ilr_inverse(jnp.zeros((2, 0))), np.ones((2, 1)))


@pytest.mark.parametrize("transform", [clr, ilr, lambda x: aitchison_distance(x, x)])
def test_zero_is_refused_with_a_way_out(transform) -> None:
    with pytest.raises(CamjaxError, match=r"entry \[1, 2\].*got 0\.0.*subcomposition.*floor="):
        transform([[0.2, 0.3, 0.5], [0.4, 0.6, 0.0]])


def test_zero_unseen_while_tracing_never_becomes_a_plausible_number() -> None:
    assert not np.isfinite(jax.jit(clr)(jnp.array([0.4, 0.6, 0.0]))).any()
    assert not np.isfinite(jax.jit(ilr)(jnp.array([0.4, 0.6, 0.0]))).all()


def test_floor_lifts_zeros_and_keeps_other_ratios() -> None:
    lifted = np.asarray(floored([30.0, 0.0, 10.0], 1e-4))
    np.testing.assert_allclose(lifted[0] / lifted[2], 3, rtol=1e-14)
    np.testing.assert_allclose(lifted[1], 1e-4 / (1 + 1e-4), rtol=1e-12)
    np.testing.assert_allclose(clr([30.0, 0.0, 10.0], floor=1e-4), clr(lifted), rtol=1e-12)


@pytest.mark.parametrize("floor", [0.0, -1e-3, 0.5, float("nan")])
def test_floor_outside_its_range_is_refused(floor: float) -> None:
    with pytest.raises(CamjaxError, match=r"floor: expected a share in \(0, 1/2\)"):
        clr([0.3, 0.7], floor=floor)


@pytest.mark.parametrize("parts", [[0.5, -0.1], [0.5, float("nan")], [float("inf"), 1.0]])
def test_closure_refuses_what_is_no_part(parts: list[float]) -> None:
    with pytest.raises(CamjaxError, match="expected a non-negative number"):
        closure(parts)


def test_closure_refuses_nothing_at_all() -> None:
    with pytest.raises(CamjaxError, match="expected a positive number"):
        closure([[0.5, 0.5], [0.0, 0.0]])
    with pytest.raises(CamjaxError, match="N of at least 1"):
        closure(jnp.zeros((3, 0)))


@pytest.mark.parametrize("present", [(True,), (False, False), (True, True, False)])
def test_subcomposition_refuses_flags_that_do_not_fit(present: tuple[bool, ...]) -> None:
    with pytest.raises(CamjaxError, match="present: expected 2 flags"):
        subcomposition([0.5, 0.5], present)
    with pytest.raises(CamjaxError, match="with_absent_parts|present"):
        with_absent_parts([0.2, 0.3, 0.5], present)


def test_gradients_are_finite_where_values_are() -> None:
    weights = jnp.array([0.2, 0.3, 0.5])
    at_rest = jax.grad(lambda x: aitchison_distance(x, weights))(weights)
    np.testing.assert_array_equal(at_rest, np.zeros(3))
    with_zero = jax.grad(lambda x: ilr(x, floor=1e-6).sum())(jnp.array([0.4, 0.0, 0.6]))
    assert np.isfinite(with_zero).all()
    assert np.isfinite(jax.grad(lambda z: ilr_inverse(z)[0])(jnp.array([800.0, -800.0]))).all()


def test_gradient_of_coordinates_matches_differences() -> None:
    def loss(x: jax.Array) -> jax.Array:
        return (ilr(x) ** 2).sum() + aitchison_distance(x, jnp.array([0.1, 0.6, 0.3]))

    check_grads(loss, (jnp.array([0.2, 0.3, 0.5]),), order=1)


def test_transformations_batch() -> None:
    parts = jnp.array([[0.2, 0.3, 0.5], [0.6, 0.3, 0.1]])
    np.testing.assert_allclose(jax.vmap(ilr)(parts), ilr(parts), rtol=1e-15)
    np.testing.assert_allclose(jax.jit(jax.vmap(closure))(parts), closure(parts), rtol=1e-15)


def test_dtype_follows_the_input() -> None:
    single = jnp.array([0.2, 0.8], dtype=jnp.float32)
    assert {f(single).dtype for f in (closure, clr, ilr)} == {jnp.dtype("float32")}
    assert aitchison_distance(single, np.array([0.5, 0.5])).dtype == jnp.float64
    assert closure([1, 3]).dtype == jnp.float64


def test_float64_without_x64_is_refused() -> None:
    jax.config.update("jax_enable_x64", False)
    try:
        with pytest.raises(CamjaxError, match="configure"):
            closure(np.array([0.5, 0.5]))
    finally:
        jax.config.update("jax_enable_x64", True)
