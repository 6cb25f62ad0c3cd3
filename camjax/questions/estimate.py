"""From what paths gave to an estimate and its interval, for sums of expectations too."""

import dataclasses
import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from camjax.intervals import (
    LEVEL,
    half_width,
    is_skewed,
    order_statistic,
    paths_for_quantile,
    probability_interval,
    quantile_ranks,
    student_interval,
)
from camjax.questions.evaluate import SIGNS
from camjax.questions.tree import Arithmetic, Negative, Node, Number, Term, terms_of


@dataclasses.dataclass(frozen=True)
class Estimated:
    """A number and the ends of its interval; NaN for an end that paths cannot tell."""

    value: float
    low: float
    high: float

    @property
    def lowest(self) -> float:
        """The least that it can be: the lower end, where there is one."""
        return -math.inf if math.isnan(self.low) else self.low

    @property
    def highest(self) -> float:
        """The most that it can be: the upper end, where there is one."""
        return math.inf if math.isnan(self.high) else self.high

    @property
    def half_width(self) -> float:
        """Half of the interval's width; infinite where paths cannot tell."""
        return half_width(self.low, self.high)


def estimate(question: Node, values: Mapping[Term, NDArray], level: float = LEVEL) -> Estimated:
    """The answer to a question, with an interval.

    One expectation has its own interval: Clopper and Pearson's for a probability, Student's for a
    mean, order statistics for a quantile. What joins several has the interval that these imply:
    with slopes c_i = ∂f/∂θ_i and distances d_i from θ_i to the end towards which f falls,

    low = f - √(Σ_i Σ_j sgn(c_i c_j) ρ_ij d_i d_j c_i c_j),  and so for high;

    ρ is the correlation over paths, which are the same for all expectations. For the difference
    of two means it is the paired t interval. An end that takes an open one is open; one that takes
    an infinite one is infinite.

    Args:
      question: expectations, and arithmetic between them.
      values: [P] by expectation, path by path.
      level: of the interval.

    References:
      Zou & Donner 2008, Construction of confidence limits about effect measures.
    """
    if isinstance(question, Term):
        return _of_term(question, values[question], level)
    terms = terms_of(question)
    own = {term: _of_term(term, values[term], level) for term in terms}
    value, slopes = _with_slopes(question, {term: each.value for term, each in own.items()})
    if not math.isfinite(value):
        return Estimated(value, math.nan, math.nan)
    signals = [_signal(term, values[term], own[term].value) for term in terms]
    correlation = _correlation(signals)
    weights = np.array([slopes.get(term, 0.0) for term in terms])
    below = np.array([own[term].value - own[term].low for term in terms])
    above = np.array([own[term].high - own[term].value for term in terms])
    counts, rises = weights != 0, weights > 0  # what cancels leaves no trace, however unsure
    down, up = (
        np.multiply(weights, ends, where=counts, out=np.zeros(len(terms)))
        for ends in (np.where(rises, below, above), np.where(rises, above, below))
    )
    reach = [_together(side, correlation) for side in (down, up)]
    return Estimated(value, value - reach[0], value + reach[1])


def paths_for(question: Node, level: float = LEVEL) -> int:
    """The fewest paths that can tell both ends of a question's interval."""
    terms = terms_of(question)
    quantiles = [paths_for_quantile(term.level, level) for term in terms if term.kind == "quantile"]
    means = [2 for term in terms if term.kind == "E"]
    return max([1, *means, *quantiles])


def skewed_mean(question: Node, values: Mapping[Term, NDArray]) -> bool:
    """Whether few paths carry a mean, so that its interval is likely too narrow."""
    means = [values[term] for term in terms_of(question) if term.kind == "E"]
    return any(bool(is_skewed(each)) for each in means if np.isfinite(each).all())


def mean_of(values: NDArray, level: float) -> Estimated:
    """Mean with Student's interval; infinite where a path is."""
    mean = float(values.mean())
    if len(values) < 2 or not math.isfinite(mean):
        return Estimated(mean, math.nan, math.nan)
    low, high = student_interval(mean, values.std(ddof=1), len(values), level)
    return Estimated(mean, float(low), float(high))


def quantile_of(values: NDArray, quantile: float, level: float) -> Estimated:
    """Quantile with the interval between two order statistics.

    The quantile is the smallest value that at least this share of paths does not exceed. An end is
    open where paths are too few to tell it (`camjax.intervals.quantile_ranks`); it is infinite
    where it is a time that never comes.
    """
    ordered, number = np.sort(values), len(values)
    place = max(math.ceil(quantile * number - 1e-9), 1)
    ends = (order_statistic(ordered, rank) for rank in quantile_ranks(number, quantile, level))
    return Estimated(float(ordered[place - 1]), *map(float, ends))


def _of_term(term: Term, values: NDArray, level: float) -> Estimated:
    if term.kind == "quantile":
        return quantile_of(values, term.level, level)
    if term.kind == "E":
        return mean_of(values, level)
    happened = int(np.count_nonzero(values > 0.5))
    low, high = probability_interval(happened, len(values), level)
    return Estimated(happened / len(values), float(low), float(high))


def _together(distances: NDArray, correlation: NDArray) -> float:
    """√(dᵀ ρ d) of distances d to ends; NaN where one is open, infinite where one is."""
    if not np.isfinite(distances).all():
        return math.nan if np.isnan(distances).any() else math.inf
    return math.sqrt(max(float(distances @ correlation @ distances), 0.0))


def _signal(term: Term, values: NDArray, estimated: float) -> NDArray:
    """What moves an estimate, path by path, up to a factor."""
    return -(values <= estimated).astype(np.float64) if term.kind == "quantile" else values


def _correlation(signals: Sequence[NDArray]) -> NDArray:
    """Correlation of signals over paths; none with one that never changes."""
    finite = [np.where(np.isfinite(signal), signal, 0.0) for signal in signals]
    centred = np.stack([signal - signal.mean() for signal in finite])
    spread = np.sqrt((centred * centred).sum(1))
    scaled = centred / np.where(spread > 0, spread, 1)[:, None]
    found: NDArray = scaled @ scaled.T
    np.fill_diagonal(found, 1.0)
    return found


def _with_slopes(node: Node, values: Mapping[Term, float]) -> tuple[float, dict[Term, float]]:
    """A question's value, and its derivative by each expectation."""
    match node:
        case Number(value):
            return value, {}
        case Term():
            return values[node], {node: 1.0}
        case Negative(child):
            value, slopes = _with_slopes(child, values)
            return -value, {term: -slope for term, slope in slopes.items()}
        case Arithmetic(sign, first, second):
            (a, by_a), (b, by_b) = _with_slopes(first, values), _with_slopes(second, values)
            if sign == "/" and b == 0:
                return math.nan, {}
            factors = {"+": (1.0, 1.0), "-": (1.0, -1.0), "*": (b, a)}
            left, right = factors.get(sign) or (1 / b, -a / (b * b))
            slopes = {term: left * slope for term, slope in by_a.items()}
            for term, slope in by_b.items():
                slopes[term] = slopes.get(term, 0.0) + right * slope
            return float(SIGNS[sign](a, b)), slopes
    raise TypeError(f"{node} is no question")
