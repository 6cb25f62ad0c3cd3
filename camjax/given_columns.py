"""Driver columns as they are given: what each may hold, checked where the values are known."""

from collections.abc import Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from camjax.domains import COLUMN_DOMAINS, SUM_TOLERANCE, Domain
from camjax.errors import CamjaxError, refusal

Columns = dict[str, Array]


def as_series(columns: Mapping[str, ArrayLike], dtype: Any) -> Columns:
    """Columns as arrays of numbers; whole numbers and lists in a type of their own.

    Raises:
      CamjaxError: a column does not hold numbers.
    """
    return {name: _as_numbers(name, values, dtype) for name, values in columns.items()}


def check_columns(columns: Columns, names: Sequence[str], allocated: Sequence[str]) -> Columns:
    """Refuse columns that drivers.csv would be refused for; prescribed weights normalised.

    What is only known when a program runs, under `jax.jit` and its like, is not looked at.

    Args:
      columns: [T+1] each.
      names: of all deposits.
      allocated: of those under allocation.

    Raises:
      CamjaxError: naming the first column and step that cannot be used.
    """
    known = {name: values for name, values in columns.items() if _is_known(values)}
    for name, values in known.items():
        _check_column(name, values, names)
    for stem in ("dirichlet", "target"):
        own = [f"{stem}_{name}" for name in allocated]
        if all(name in known for name in own):
            known |= dict(zip(own, _on_simplex(stem, [known[name] for name in own]), strict=True))
    return columns | known


def _as_numbers(name: str, values: ArrayLike, dtype: Any) -> Array:
    if isinstance(values, jax.Array) and jnp.issubdtype(values.dtype, jnp.floating):
        return values
    try:
        array = np.asarray(values)
        floating = np.issubdtype(array.dtype, np.floating)
        return jnp.asarray(array if floating else array.astype(dtype))
    except (TypeError, ValueError):
        raise CamjaxError(refusal(f"drivers.{name}", "a series of numbers", "others")) from None


def _is_known(values: Array) -> bool:
    return not isinstance(values, jax.core.Tracer)


def _check_column(name: str, values: Array, names: Sequence[str]) -> None:
    domain = _domain(name, names)
    if domain is None:
        return
    numbers = np.asarray(values, np.float64)
    outside = np.flatnonzero(~domain.contains(numbers))
    if outside.size:
        step = int(outside[0])
        raise CamjaxError(refusal(f"drivers.{name}, step {step}", str(domain), numbers[step]))


def _domain(name: str, names: Sequence[str]) -> Domain | None:
    """Of a column, which may be one deposit's; None: nothing is known of it."""
    if name in COLUMN_DOMAINS:
        return COLUMN_DOMAINS[name]
    stems = [name.removesuffix(f"_{deposit}") for deposit in names if name.endswith(f"_{deposit}")]
    return next((COLUMN_DOMAINS[stem] for stem in stems if stem in COLUMN_DOMAINS), None)


def _on_simplex(stem: str, columns: Sequence[Array]) -> list[Array]:
    """Shares that sum to 1 at every step; normalised where that is not rounding."""
    sums = np.sum([np.asarray(values, np.float64) for values in columns], axis=0)
    wrong = np.flatnonzero(~(np.abs(sums - 1.0) <= SUM_TOLERANCE))
    if wrong.size:
        step = int(wrong[0])
        where = f"drivers.{stem}_*, step {step}"
        expected = f"numbers that sum to 1 within {SUM_TOLERANCE:g}"
        remedy = "They are shares of the FEI under allocation."
        raise CamjaxError(refusal(where, expected, f"a sum of {sums[step]:.9g}", remedy))
    rounding = len(columns) * float(jnp.finfo(columns[0].dtype).eps)
    if np.abs(sums - 1.0).max() <= rounding:
        return list(columns)
    return [values / jnp.asarray(sums, values.dtype) for values in columns]
