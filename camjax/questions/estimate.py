"""From what paths gave to an estimate and its interval, for sums of expectations too."""

import dataclasses
import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from camjax.ensemble.intervals import half_width, wilson_interval
from camjax.questions.evaluate import SIGNS
from camjax.questions.tree import Arithmetic, Negative, Node, Number, Term, terms_of


@dataclasses.dataclass(frozen=True)
class Estimated:
    """A number and the ends of its interval."""

    value: float
    low: float
    high: float

    @property
    def half_width(self) -> float:
        """Half of the interval's width; infinite where paths cannot tell."""
        return half_width(self.low, self.high)


def estimate(question: Node, values: Mapping[Term, NDArray], level: float = 0.95) -> Estimated:
    """The answer to a question, with an interval.

    One expectation has its own interval: Wilson's for a probability, Student's t for a mean, order
    statistics for a quantile. What joins several has the interval that these imply: with slopes
    c_i = ∂f/∂θ_i and distances d_i from θ_i to the end towards which f falls,

    low = f - √(Σ_i Σ_j sgn(c_i c_j) ρ_ij d_i d_j c_i c_j),  and so for high;

    ρ is the correlation over paths, which are the same for all expectations. For the difference
    of two means it is the paired t interval.

    Args:
      question: expectations, and arithmetic between them.
      values: [P] by expectation, path by path.
      level: of the interval.

    References:
      Zou & Donner 2008, Construction of confidence limits about effect measures.
    """
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
    reach = [math.sqrt(max(float(side @ correlation @ side), 0.0)) for side in (down, up)]
    return Estimated(value, value - reach[0], value + reach[1])


def mean_of(values: NDArray, level: float) -> Estimated:
    """Mean with Student's interval, x̄ ± t s / √P; infinite where a path is."""
    mean = float(values.mean())
    if len(values) < 2 or not math.isfinite(mean):
        return Estimated(mean, math.nan, math.nan)
    error = values.std(ddof=1) / math.sqrt(len(values))
    reach = float(special.stdtrit(len(values) - 1, 0.5 + level / 2) * error)
    return Estimated(mean, mean - reach, mean + reach)


def quantile_of(values: NDArray, quantile: float, level: float) -> Estimated:
    """Quantile with the interval between two order statistics.

    The quantile is the smallest value that at least this share of paths does not exceed. How many
    of P values lie below the true one is Binomial(P, q), whatever they are distributed like; the
    interval leaves out at most half of 1 - level on each side, and is infinite where P is too
    small for that.

    References:
      Conover 1999, Practical nonparametric statistics, 3.2.
    """
    ordered, number = np.sort(values), len(values)
    place = max(math.ceil(quantile * number - 1e-9), 1)
    below, above = stats.binom.ppf([0.5 - level / 2, 0.5 + level / 2], number, quantile)
    lower, upper = int(below), int(above) + 1
    low = float(ordered[lower - 1]) if lower >= 1 else -math.inf
    high = float(ordered[upper - 1]) if upper <= number else math.inf
    return Estimated(float(ordered[place - 1]), low, high)


def _of_term(term: Term, values: NDArray, level: float) -> Estimated:
    if term.kind == "quantile":
        return quantile_of(values, term.level, level)
    if term.kind == "E":
        return mean_of(values, level)
    happened = int(np.count_nonzero(values > 0.5))
    low, high = wilson_interval(np.asarray(happened), len(values), level)
    return Estimated(happened / len(values), float(low), float(high))


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
