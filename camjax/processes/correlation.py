"""Correlated normals for the drivers that share shocks."""

from collections.abc import Collection, Sequence

import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import DTypeLike

from camjax._pytree import pytree, static
from camjax.errors import ScenarioError, refusal

WHERE = "drivers.correlation"


@pytree
class Correlation:
    """Cholesky factor of the correlation between the normals of some columns.

    Built by `correlation_factor`.
    """

    factor: Array  # [G, G] lower triangular, rows of length 1
    columns: tuple[str, ...] = static()  # [G]

    def apply(self, normals: dict[str, Array]) -> dict[str, Array]:
        """Correlate independent normals.

        Z'_i = Σ_{j ≤ i} L_ij Z_j

        Columns that are not named, and the first of those named, pass through unchanged.

        Args:
          normals: for each column independent standard normals of any one shape.

        Returns:
          For each column standard normals of that shape.
        """
        correlated = dict(normals)
        for i, column in enumerate(self.columns[1:], start=1):
            factor = jnp.asarray(self.factor, normals[column].dtype)
            parts = [factor[i, j] * normals[self.columns[j]] for j in range(i + 1)]
            correlated[column] = sum(parts[1:], start=parts[0])
        return correlated


def correlation_factor(
    columns: Collection[str],
    entries: Sequence[tuple[str, str, float]],
    dtype: DTypeLike | None = None,
) -> Correlation:
    """Correlation of the pairs of columns given; all other pairs are independent.

    R = L Lᵀ with R_ii = 1, R_ij as given and 0 elsewhere

    It correlates the normals of each step. Between Brownian motions and noises that is the
    correlation of their increments; between logarithmic processes, that of the increments of their
    logarithms.

    Args:
      columns: all columns whose process is Gaussian, the ones that can be correlated.
      entries: (column, other column, correlation in (-1, 1)).
      dtype: of the factor, JAX's default if left out. It is cast to that of the normals on use.

    Returns:
      The factor, over the columns that `entries` names in the order they are named.

    Raises:
      ScenarioError: a column is not among `columns`, a pair is named twice or with itself, a
        correlation is outside (-1, 1), or together they are the correlations of nothing.

    >>> shared = correlation_factor(["price", "demand"], [("price", "demand", 0.6)])
    >>> shared.columns
    ('price', 'demand')
    >>> shared.factor.round(3).tolist() == jnp.asarray([[1, 0], [0.6, 0.8]]).tolist()
    True
    """
    for entry in entries:
        _check_entry(columns, entry)
    named = tuple(dict.fromkeys(column for entry in entries for column in entry[:2]))
    matrix = np.eye(len(named))
    pairs: set[tuple[int, int]] = set()
    for column, other, value in entries:
        i, j = named.index(column), named.index(other)
        if {(i, j), (j, i)} & pairs:
            raise ScenarioError(
                refusal(WHERE, "each pair once", f"{column!r} with {other!r} again")
            )
        pairs.add((i, j))
        matrix[i, j] = matrix[j, i] = value
    try:
        factor = np.linalg.cholesky(matrix)
    except np.linalg.LinAlgError as error:
        raise ScenarioError(
            refusal(
                WHERE,
                f"a positive definite matrix over {', '.join(named)}",
                f"one whose smallest eigenvalue is {np.linalg.eigvalsh(matrix)[0]:.3g}",
                "No random variables have these correlations together: weaken some of them, or "
                "give the pairs that are left out, which count as 0.",
            )
        ) from error
    return Correlation(factor=jnp.asarray(factor, dtype), columns=named)


def _check_entry(columns: Collection[str], entry: tuple[str, str, float]) -> None:
    """Refuse an entry that cannot be meant, whatever the others are."""
    column, other, value = entry
    for name in (column, other):
        if name not in columns:
            raise ScenarioError(refuse_column(name, columns))
    if column == other:
        raise ScenarioError(refusal(WHERE, "two different columns", f"{column!r} twice"))
    if not -1 < value < 1:
        raise ScenarioError(
            refusal(
                WHERE,
                f"a number between -1 and 1 for {column!r} with {other!r}",
                value,
                "At -1 and 1 the two would be one driver.",
            )
        )


def refuse_column(column: str, gaussian_columns: Collection[str]) -> str:
    """Word the refusal to correlate a column that has no normals of its own."""
    return refusal(
        WHERE,
        f"columns drawn from a Gaussian process ({', '.join(gaussian_columns) or 'none here'})",
        repr(column),
        "Only processes made of one normal a step can be correlated, not constants, schedules, "
        "uniform noise, bootstraps or columns read from a file.",
    )
