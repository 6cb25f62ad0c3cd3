"""Standard errors that hold where errors last longer than a row, from their slowest waves."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from calibration.fit.autocorrelation import memory
from calibration.mean_interval import num_waves, slow_waves


class Lasting(NamedTuple):
    """What errors that last make of the variance of K numbers."""

    variance: NDArray
    """[K]."""
    degrees: NDArray
    """[K] of Student's t, how surely the variance is known."""


def lasting_variance(
    influence: NDArray, residuals: NDArray, jacobian: NDArray, inverse: NDArray, counts: NDArray
) -> Lasting:
    """Variance of numbers that were fitted to rows whose errors are correlated in time.

    A number's error is Σ_t ψ_t · e_t, a sum of a series, with the variance of its slowest waves

    V = (n/ν) Σ_{j=1…ν} Λ_j²,  Λ_j = √(2/n) Σ_t ψ_t · r_t cos(π j (t − ½)/n).

    Residuals r = P e are smaller than errors e, the more so the longer these last, and where few
    rows tell a number V is known less well than from ν waves. Both are reckoned under a working
    law, autoregressive errors of φ from row to row: V is multiplied by its true over its expected
    value, and its degrees of freedom are Satterthwaite's, (Σ λ)²/Σ λ² with λ the eigenvalues of
    the quadratic form. Where the law is another, V is still consistent.

    Args:
      influence: [K, T, m] ψ, slopes of the numbers by the errors.
      residuals: [T, m] r, 0 in rows that do not count.
      jacobian: [T, m, D] slopes of residuals by coordinates.
      inverse: [D, D] (JᵀJ)⁻¹, with priors (JᵀJ + s² PᵀP)⁻¹.
      counts: [T] booleans.

    References:
      Lazarus, Lewis, Stock and Watson, HAR inference, 2018 (the waves). Bell and McCaffrey, Bias
      reduction in standard errors for linear regression with multi-stage samples, 2002 (bias and
      degrees under a working law).
    """
    rows = span(counts)
    influence, residuals, jacobian = influence[:, rows], residuals[rows], jacobian[rows]
    law = working_law(residuals, counts[rows], jacobian.shape[-1])
    waves = slow_waves(len(residuals), num_waves(len(residuals)))
    found = []
    for number in influence:
        shaped = waves[:, :, None] * number
        raw = np.square(np.einsum("jtk,tk->j", shaped, residuals)).sum()
        along = np.einsum("jtk,tkd->jd", shaped, jacobian) @ inverse
        seen = shaped - np.einsum("jd,tkd->jtk", along, jacobian)
        form = law.products(seen)
        true, expected = law.products(number[None])[0, 0], np.trace(form)
        told = expected > 0  # or nothing depends on the number
        variance = raw * true / expected if told else 0.0
        found.append((variance, expected**2 / np.square(form).sum() if told else np.inf))
    return Lasting(*np.array(found).T)


def shrinkage(jacobian: NDArray, inverse: NDArray, law: "WorkingLaw") -> float:
    """By what factor residuals are smaller than errors, as root mean squares.

    √(tr(P V)/tr V) with P = 1 − J (JᵀJ)⁻¹ Jᵀ; √(1 − D/M) where errors are independent and alike.

    Args:
      jacobian: [T, m, D].
      inverse: [D, D] (JᵀJ)⁻¹.
      law: V.
    """
    spread = law.products(np.moveaxis(jacobian, -1, 0))
    square = np.einsum("tkd,tke->de", jacobian, jacobian)
    lost = 2 * np.trace(inverse @ spread) - np.trace(inverse @ spread @ inverse @ square)
    share = 1 - lost / max(len(jacobian) * np.square(law.root).sum(), np.finfo(float).tiny)
    return float(np.sqrt(max(share, 1 / jacobian[..., 0].size)))


class WorkingLaw(NamedTuple):
    """Autoregressive errors, alike in all m coordinates: covariance φ^|t − s| Γ."""

    memory: float
    """φ."""
    root: NDArray
    """[m, m] Lᵀ of Γ = L Lᵀ."""

    def products(self, series: NDArray) -> NDArray:
        """Covariances [S, S] of Σ_t x_t · e_t for series x [S, T, m]."""
        own = np.einsum("stk,lk->tls", series, self.root)
        flat = own.reshape(len(own), -1)
        column = self.memory ** np.arange(len(own))
        spread = linalg.matmul_toeplitz(column, flat).reshape(own.shape)
        products: NDArray = np.einsum("tls,tlr->sr", own, spread)
        return products


def working_law(residuals: NDArray, counts: NDArray, num_fitted: int) -> WorkingLaw:
    """The autoregressive law that residuals [T, m] suggest.

    Args:
      residuals: 0 in rows that do not count.
      counts: [T] booleans.
      num_fitted: D.
    """
    values, vectors = np.linalg.eigh(residuals.T @ residuals / max(int(counts.sum()), 1))
    root = np.sqrt(np.maximum(values, 0))[:, None] * vectors.T
    return WorkingLaw(memory(residuals, counts, num_fitted), root)


def span(counts: NDArray) -> slice:
    """From the first row that counts to the last."""
    places = np.flatnonzero(counts)
    return slice(places[0], places[-1] + 1) if len(places) else slice(0)
