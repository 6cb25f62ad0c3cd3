"""Sections 3.7, 3.8, 4.3 and 4.4: rate, planned transfers, settlement."""

import numpy as np

from .settings import Settings

# Singular values below this share of the largest are the zeros of an incidence matrix.
SINGULAR_VALUE_CUTOFF = 1e-10


def rebalancing_rate(settings: Settings) -> float:
    """4.3: r = √(Δt/τ) or 1 − exp(−Δt/τ)."""
    ratio = settings.dt_days / settings.rebalancing["duration_days"]
    rate = np.sqrt(ratio) if settings.rebalancing["law"] == "sqrt" else 1 - np.exp(-ratio)
    if rate > 1:
        raise ValueError(f"rate of rebalancing {rate} is above 1")
    return rate


def incidence(num_deposits: int, pairs: list[tuple[int, int]]) -> np.ndarray:
    """[N, E] A of 3.7: +1 at the first deposit of a pair, −1 at the second."""
    matrix = np.zeros((num_deposits, len(pairs)))
    for edge, (i, j) in enumerate(pairs):
        matrix[i, edge], matrix[j, edge] = 1.0, -1.0
    return matrix


def planned_transfers(
    changes: np.ndarray, pairs: list[tuple[int, int]], transfers: str
) -> np.ndarray:
    """[N, N] strictly upper triangular D with A d = Δ: 3.7's constrained ones, or 4.4's."""
    num_deposits = len(changes)
    planned = np.zeros((num_deposits, num_deposits), changes.dtype)
    if num_deposits == 1:
        return planned
    matrix = incidence(num_deposits, pairs)
    if np.linalg.matrix_rank(matrix) < num_deposits - 1:
        raise ValueError("the pairs do not connect all deposits under allocation")
    wanted = changes
    if transfers == "constrained":
        if num_deposits == 2:
            matrix = np.hstack([matrix, np.zeros((2, 1))])
        matrix = np.vstack([matrix, np.ones(matrix.shape[1])])
        wanted = np.append(changes, 0.0)
    flows = np.linalg.pinv(matrix, rcond=SINGULAR_VALUE_CUTOFF) @ wanted
    for edge, (i, j) in enumerate(pairs):
        planned[i, j] = flows[edge]
    return planned


def net_changes(planned: np.ndarray) -> np.ndarray:
    """[N] A d: what each deposit gains from all its transfers, D[i, j] > 0 being from j to i."""
    return planned.sum(axis=1) - planned.sum(axis=0)


def settle(
    balances: np.ndarray, changes: np.ndarray, planned: np.ndarray, settlement: str
) -> tuple[np.ndarray, np.ndarray]:
    """[N] balances after the transfers and [N] remainders."""
    if settlement == "netted":
        return balances + net_changes(planned), np.zeros(len(balances))
    settled = settle_one_by_one(balances, planned)
    return settled, balances + changes - settled


def settle_one_by_one(balances: np.ndarray, planned: np.ndarray) -> np.ndarray:
    """3.8: pair after pair in row-major order, each bounded by what its source then holds."""
    balances = balances.copy()
    for i, j in zip(*np.nonzero(planned), strict=True):
        source, destination = (j, i) if planned[i, j] > 0 else (i, j)
        moved = min(abs(planned[i, j]), balances[source])
        balances[source] -= moved
        balances[destination] += moved
    return balances


def by_source_and_destination(planned: np.ndarray) -> np.ndarray:
    """[N, N] FEI ≥ 0 planned to move from row to column, from the signed D of 3.7."""
    return np.maximum(planned, 0.0).T + np.maximum(-planned, 0.0)
