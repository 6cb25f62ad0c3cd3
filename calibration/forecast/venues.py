"""A scenario for observations that come without one: venues whose yields are observed."""

from typing import Any

import numpy as np

from calibration.forecast.history import History

DURATION_DAYS = 30.0
"""How long rebalancing takes unless a step is longer: the scenarios' default."""


def venues_scenario(history: History, steps: int) -> dict[str, Any]:
    """Every observed deposit as an external venue that goes on quoting its last known yield.

    Args:
      history: whose last balances the scenario starts from; a yield that was never observed counts
        as 0.
      steps: T.

    Returns:
      A document for `camjax.load_scenario`, defaults for everything else.

    Raises:
      CamjaxError: fewer than two deposits are under allocation.

    References:
      Specification, 4.9.
    """
    history.require_choice()
    deposits = [
        {
            "name": name,
            "type": "external",
            "user_balance": float(balance),
            "allocated": allocated,
            "rate": last_known(yields),
        }
        for name, allocated, balance, yields in zip(
            history.names,
            history.allocated,
            history.balances[-1],
            history.yield_rates.T,
            strict=True,
        )
    ]
    return {
        "schema": 1,
        "name": "observed-venues",
        "token": "tokens",
        "steps": steps,
        "dt_days": history.dt_days,
        # Not all capital can move within a step; nobody named a duration, so a step may be as long.
        "rebalancing": {"duration_days": max(DURATION_DAYS, history.dt_days)},
        "deposits": deposits,
    }


def last_known(values: np.ndarray) -> float:
    """The last of a series that is not NaN; 0 where all are."""
    known = values[~np.isnan(values)]
    return float(known[-1]) if len(known) else 0.0
