"""A year of observations that never were, with known truth, to try things on.

They come from the built-in scenario `synthetic`: its path of seed 0, each balance observed with an
error of 0.02 %. Their file lies beside this one, so that reading them takes no simulation.
"""

from importlib import resources
from pathlib import Path

import numpy as np

import camjax

NAME = "synthetic"
OBSERVATION_ERROR = 0.0002
FILE = Path(str(resources.files("calibration.sources") / "synthetic.csv"))


def named_or_file(path: Path) -> Path:
    """Where observations are that a user names: a file, or the synthetic ones by their name."""
    return FILE if str(path) == NAME and not path.exists() else path


def synthetic_csv() -> str:
    """The text of the file, made anew: `time,venue,deposit,balance,yield_rate` for 365 days."""
    import jax

    camjax.configure("float64")
    scenario = camjax.load_scenario(NAME)
    key = jax.random.fold_in(jax.random.key(0), 0)
    path = camjax.simulate(scenario.model, scenario.sample_drivers(key))
    names = scenario.model.names
    start = np.array([[float(deposit.user_balance) for deposit in scenario.model.deposits]])
    held = np.vstack([start, np.asarray(path.balance)])
    errors = np.random.default_rng(0).normal(0.0, OBSERVATION_ERROR, held.shape)
    observed = held * np.exp(errors)
    yields = np.vstack([np.full((1, len(names)), np.nan), np.asarray(path.yield_rate)])
    lines = ["time,venue,deposit,balance,yield_rate"]
    first = np.datetime64(scenario.document.start_date)
    for day, (balances, rates) in enumerate(zip(observed, yields, strict=True)):
        for name, balance, rate in zip(names, balances, rates, strict=True):
            quoted = "" if np.isnan(rate) else f"{rate:.6f}"
            lines.append(f"{first + day},Synthetic {name},{name},{balance:.0f},{quoted}")
    return "\n".join(lines) + "\n"
