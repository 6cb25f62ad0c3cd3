"""Section 6.1: capital that lies where it was."""

from math import exp

import numpy as np

from .settings import Columns, Settings


def inert_part(settings: Settings) -> float:
    """1 - k."""
    return 1.0 - settings.rebalancing.get("active_share", 1.0)


def moves_everything(settings: Settings) -> bool:
    """Whether the rule prescribes an allocation."""
    weights = settings.weights
    return weights["rule"] == "prescribed" and weights["prescribed_as"] == "allocation"


def in_proportion(inert: np.ndarray, before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """[N] a times user FEI after over before, 0 where before is 0."""
    return np.where(before > 0, inert * after / np.where(before > 0, before, 1.0), 0.0)


def after_minting(
    settings: Settings, inert: np.ndarray, before: np.ndarray, after: np.ndarray
) -> np.ndarray:
    """[N] a once supply has changed: a mint adds 1 - k of itself, a redemption takes all alike."""
    brought = inert + inert_part(settings) * (after - before)
    return np.where(after > before, brought, in_proportion(inert, before, after))


def after_step(
    settings: Settings, inert: np.ndarray, balances: np.ndarray, is_closed: np.ndarray
) -> np.ndarray:
    """[N] a at the end of a step: at rest after an allocation, else habits follow."""
    at_rest = inert_part(settings) * balances
    habit_days = settings.rebalancing.get("habit_days", np.inf)
    followed = 1.0 if moves_everything(settings) else 1.0 - exp(-settings.dt_days / habit_days)
    return np.where(is_closed, 0.0, inert + followed * (at_rest - inert))


def closed_deposits(settings: Settings, columns: Columns, step: int) -> np.ndarray:
    """[N] bool, deposits whose `available` is 0 at a step."""
    everywhere = np.ones(step + 1)
    names = [deposit["name"] for deposit in settings.allocated_deposits]
    rows = [columns.get(f"available_{name}", everywhere)[step] for name in names]
    return np.array(rows) == 0


def recorded_inert(settings: Settings, inert: np.ndarray) -> dict[str, np.ndarray]:
    """The variable `inert`, NaN for deposits not under allocation; none where all moves."""
    if "active_share" not in settings.rebalancing:
        return {}
    everywhere = np.full(len(settings.deposits), np.nan)
    everywhere[settings.allocated] = inert
    return {"inert": everywhere}
