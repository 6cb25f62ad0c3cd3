"""Weights as what they are, compositions: only the ratios between parts carry information.

A composition is an array [..., N] of non-negative parts; its total is irrelevant. The log-ratio
coordinates here map it to a Euclidean space and back (Aitchison, The Statistical Analysis of
Compositional Data, 1986; Egozcue et al., Mathematical Geology 35, 2003).

Zeros. A logarithm has no value at 0, and nothing here invents one silently:

- a deposit that cannot hold anything by construction (a *structural* zero) is not part of the
  composition: leave it out with `subcomposition`, bring it back with `with_absent_parts`;
- a deposit that happens to be empty is refused by every log-ratio function, unless the caller
  says how small a share stands for "empty" with `floor`.

Values inside `jax.jit`, `jax.grad` or `jax.vmap` are not known while tracing and cannot be refused;
there a zero comes out as an infinite or NaN coordinate, never as a plausible number.
"""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from calibration._arrays import as_floating, as_floating_pair, norm
from camjax.errors import CamjaxError, refusal

_ZERO_REMEDY = (
    "A deposit absent by construction is left out with subcomposition(); "
    "for one that is empty pass floor=, the share that stands for empty, such as 1e-6."
)


def closure(parts: ArrayLike) -> Array:
    """Shares of a total: the representative of a composition that sums to 1.

    C(x)_i = x_i / Σ_j x_j

    Args:
      parts: [..., N] non-negative, any one unit, not all zero.

    Returns:
      [..., N] dimensionless, non-negative, sums to 1. Zeros stay zeros.

    Raises:
      CamjaxError: a part is negative or not finite, or all parts are zero.

    References:
      Specification, 5.

    >>> closure([1.0, 3.0]).tolist()
    [0.25, 0.75]
    """
    array = _parts(parts, "closure")
    _refuse_unless(array >= 0, array, "closure", "a non-negative number")
    total = array.sum(axis=-1, keepdims=True)
    remedy = "An empty composition has no weights: leave that row out."
    _refuse_unless(total > 0, total, "closure, total of the parts", "a positive number", remedy)
    return array / total


def floored(parts: ArrayLike, floor: float) -> Array:
    """Shares in which none is smaller than `floor` before they are closed again.

    F(x) = C(max(C(x), floor)); the ratios between parts above the floor do not change.

    Args:
      parts: [..., N] non-negative, not all zero.
      floor: in (0, 1/N), the share that stands for "empty".

    Returns:
      [..., N] dimensionless, positive, sums to 1. The gradient is 0 for parts below the floor.

    Raises:
      CamjaxError: the floor is out of range, or as `closure`.
    """
    shares = closure(parts)
    num_parts = shares.shape[-1]
    if not 0 < floor < 1 / num_parts:
        raise CamjaxError(
            refusal(
                "floor",
                f"a share in (0, 1/{num_parts})",
                repr(floor),
                "Take one well below the smallest share that was really observed.",
            )
        )
    return closure(jnp.maximum(shares, floor))


def clr(parts: ArrayLike, floor: float | None = None) -> Array:
    """Centred log-ratios.

    clr(x)_i = ln x_i − (1/N) Σ_j ln x_j

    Args:
      parts: [..., N] positive; zeros only together with `floor`.
      floor: see `floored`; None refuses zeros.

    Returns:
      [..., N] dimensionless, sums to 0.

    Raises:
      CamjaxError: a part is zero and no floor is given, or is negative or not finite.
    """
    logarithms = _log_parts(parts, floor, "clr")
    return logarithms - logarithms.mean(axis=-1, keepdims=True)


def clr_inverse(coordinates: ArrayLike) -> Array:
    """Composition of centred log-ratios.

    x = C(exp(c)), evaluated without overflow

    Args:
      coordinates: [..., N] dimensionless; a constant added to all changes nothing.

    Returns:
      [..., N] dimensionless, positive, sums to 1.
    """
    return jax.nn.softmax(as_floating(coordinates, "clr_inverse"), axis=-1)


def ilr_basis(num_parts: int) -> np.ndarray:
    """Helmert basis of the log-ratio plane, the one `ilr` uses.

    Row k (k = 1…N−1) is (1, …, 1, −k, 0, …, 0) / √(k(k+1)) with k leading ones. Rows are
    orthonormal and sum to 0, as the rows of `scipy.linalg.helmert`.

    Args:
      num_parts: N, at least 1.

    Returns:
      [N−1, N] dimensionless, float64.

    Raises:
      CamjaxError: there are no parts.
    """
    if num_parts < 1:
        raise CamjaxError(refusal("num_parts", "at least 1", num_parts))
    row = np.arange(1, num_parts, dtype=np.float64)[:, None]
    column = np.arange(num_parts)[None, :]
    entries = np.where(column < row, 1.0, np.where(column == row, -row, 0.0))
    return entries / np.sqrt(row * (row + 1))


def ilr(parts: ArrayLike, floor: float | None = None) -> Array:
    """Isometric log-ratios: N − 1 unconstrained coordinates in which distances are Aitchison's.

    z_k = √(k/(k+1)) ln( (x_1 ⋯ x_k)^(1/k) / x_{k+1} ), k = 1…N−1 (see `ilr_basis`)

    Args:
      parts: [..., N] positive; zeros only together with `floor`.
      floor: see `floored`; None refuses zeros.

    Returns:
      [..., N−1] dimensionless.

    Raises:
      CamjaxError: as `clr`.
    """
    logarithms = _log_parts(parts, floor, "ilr")
    basis = jnp.asarray(ilr_basis(logarithms.shape[-1]), dtype=logarithms.dtype)
    return jnp.matmul(logarithms, basis.T, precision="highest")


def ilr_inverse(coordinates: ArrayLike) -> Array:
    """Composition of isometric log-ratios.

    x = C(exp(z V)) with V of `ilr_basis`, evaluated without overflow

    Args:
      coordinates: [..., N−1] dimensionless.

    Returns:
      [..., N] dimensionless, positive, sums to 1.
    """
    array = as_floating(coordinates, "ilr_inverse")
    basis = jnp.asarray(ilr_basis(array.shape[-1] + 1), dtype=array.dtype)
    return jax.nn.softmax(jnp.matmul(array, basis, precision="highest"), axis=-1)


def aitchison_distance(first: ArrayLike, second: ArrayLike, floor: float | None = None) -> Array:
    """Distance between compositions, blind to their totals.

    d(x, y) = ‖clr(x) − clr(y)‖₂ = ‖ilr(x) − ilr(y)‖₂

    Args:
      first: [..., N] positive; zeros only together with `floor`.
      second: [..., N] as `first`.
      floor: see `floored`; None refuses zeros.

    Returns:
      [...] dimensionless, ≥ 0. Its gradient is 0 where the two are equal.

    Raises:
      CamjaxError: as `clr`.
    """
    first, second = as_floating_pair(first, second, "aitchison_distance")
    return norm(clr(first, floor) - clr(second, floor))


def subcomposition(parts: ArrayLike, present: Sequence[bool]) -> Array:
    """Close a composition over some of its parts; the ratios between those do not change.

    Args:
      parts: [..., N] non-negative.
      present: N flags; False leaves a part out (a structural zero, or a deposit taken away).

    Returns:
      [..., number of parts present] dimensionless, sums to 1.

    Raises:
      CamjaxError: not one flag a part, no part present, or as `closure`.

    >>> subcomposition([2.0, 0.0, 6.0], (True, False, True)).tolist()
    [0.25, 0.75]
    """
    array = as_floating(parts, "subcomposition")
    return closure(array[..., _present_indices(present, array.shape[-1])])


def with_absent_parts(parts: ArrayLike, present: Sequence[bool]) -> Array:
    """Put structural zeros back where `subcomposition` took them out.

    Args:
      parts: [..., number of parts present].
      present: N flags, as given to `subcomposition`.

    Returns:
      [..., N], exactly 0 where a part is absent.

    Raises:
      CamjaxError: there are not as many parts as flags that are True.
    """
    array = as_floating(parts, "with_absent_parts")
    indices = _present_indices(present, len(present))
    if array.shape[-1] != len(indices):
        raise CamjaxError(
            refusal("with_absent_parts", f"{len(indices)} parts, one a True flag", array.shape[-1])
        )
    empty = jnp.zeros((*array.shape[:-1], len(present)), array.dtype)
    return empty.at[..., indices].set(array)


def _parts(parts: ArrayLike, where: str) -> Array:
    """Check that there is a last axis with at least one part on it."""
    array = as_floating(parts, where)
    if array.ndim == 0 or array.shape[-1] == 0:
        got = f"an array of shape {array.shape}"
        raise CamjaxError(refusal(where, "an array [..., N] with N of at least 1", got))
    return array


def _log_parts(parts: ArrayLike, floor: float | None, where: str) -> Array:
    """Logarithms of parts that are positive, or made so by the caller's floor."""
    array = _parts(parts, where) if floor is None else floored(parts, floor)
    _refuse_unless(array > 0, array, where, "a positive number", _ZERO_REMEDY)
    return jnp.log(array)


def _refuse_unless(
    holds: Array, values: Array, where: str, expected: str, remedy: str = ""
) -> None:
    """Refuse the first value that breaks a condition or is infinite, if values are known."""
    if isinstance(values, jax.core.Tracer):
        return
    known = np.asarray(values)
    bad = np.argwhere(~(np.asarray(holds) & np.isfinite(known)))
    if len(bad):
        entry = tuple(bad[0].tolist())
        raise CamjaxError(refusal(f"{where}, entry {list(entry)}", expected, known[entry], remedy))


def _present_indices(present: Sequence[bool], num_parts: int) -> np.ndarray:
    """Indices of the parts that are present."""
    flags = np.asarray(present, dtype=bool)
    if flags.shape != (num_parts,) or not flags.any():
        expected = f"{num_parts} flags, at least one of them True"
        raise CamjaxError(refusal("present", expected, list(present)))
    return np.flatnonzero(flags)
