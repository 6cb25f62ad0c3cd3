"""What rounding may reach in the answers to questions."""

import itertools
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from camjax.questions.tree import (
    Arithmetic,
    At,
    Negative,
    Node,
    Over,
    Series,
    Settings,
    Term,
    is_event,
)
from camjax.results import describe
from camjax.rounding import RELATIVE, tolerance
from camjax.scenario import Scenario

AMOUNT, SHARE = "{token}", "1"
"""Units of what is held against all that users hold, and against 1."""

UNITS = {"user_balance": AMOUNT, "concentration": SHARE}
"""Of quantities that results do not hold."""


def unit_of(node: Node) -> str | None:
    """What a value is counted in; None where nothing but its size tells what it rounds by."""
    match node:
        case Term(kind="P"):
            return SHARE
        case Term(of=below) | Negative(of=below) | At(series=below) | Over(series=below):
            return SHARE if is_event(below) else unit_of(below)
        case Series(quantity=quantity):
            return UNITS.get(quantity.variable, describe(quantity.variable).unit)
        case Arithmetic(sign="+" | "-", left=left, right=right):
            return unit_of(left) if unit_of(left) == unit_of(right) else None
    return None


def rounding_of(node: Node, size: float, scenario: Scenario, precision: str) -> float:
    """Largest difference between two values that may be rounding alone.

    Args:
      node: what they are values of.
      size: the largest of them.
      scenario: of the paths; it tells what users hold.
      precision: of the paths.
    """
    held = sum(deposit.user_balance for deposit in scenario.document.deposits)
    least = {AMOUNT: held, SHARE: 1.0}.get(unit_of(node) or "", 0.0)
    return float(tolerance(max(size, least), precision))


def paired(
    values: Mapping[Term, NDArray], sources: Mapping[Settings, Scenario]
) -> dict[Term, NDArray]:
    """What paths give each expectation, where rounding alone tells two of them apart the same.

    So the difference of two settings that do the same is 0, and not how their numbers round.

    Args:
      values: [P] by expectation, path by path.
      sources: the scenario in each setting.
    """
    found = dict(values)
    for one, other in itertools.combinations(values, 2):
        alike = one.of == other.of or (unit_of(one.of) or one) == unit_of(other.of)
        if "P" in (one.kind, other.kind) or not alike:
            continue
        precisions = {sources[term.settings].precision for term in (one, other)}
        first, second = found[one], found[other]
        size = max(_largest(first), _largest(second))
        precision = max(precisions, key=RELATIVE.__getitem__)
        reach = rounding_of(one.of, size, sources[one.settings], precision)
        with np.errstate(invalid="ignore"):  # infinity less infinity
            found[other] = np.where(np.abs(second - first) <= reach, first, second)
    return found


def _largest(values: NDArray) -> float:
    """The largest finite size."""
    return float(np.max(np.abs(values), initial=0.0, where=np.isfinite(values)))
