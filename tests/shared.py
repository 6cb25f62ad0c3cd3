"""Where tests find reference trajectories and real observations, and how they read them.

The reference trajectories are those of an independent implementation of the specification. Real
observations live beside the checkout, in `../shared/data`, or under the folder named by the
environment variable CAMJAX_SHARED. A test that needs them skips where they are absent.
"""

import csv
import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

REPOSITORY = Path(__file__).resolve().parents[1]
GOLDEN = REPOSITORY / "tests" / "golden"
CASES = REPOSITORY / "tests" / "cases"
"""Small inputs that once gave a wrong answer without a word."""
SHARED = Path(os.environ.get("CAMJAX_SHARED", REPOSITORY.parent / "shared"))


@dataclass(frozen=True, kw_only=True)
class GoldenCase:
    """One golden scenario with its drivers and the trajectories expected of it."""

    name: str
    scenario: dict[str, Any]
    columns: dict[str, np.ndarray]
    expected: dict[str, np.ndarray]

    @property
    def steps(self) -> int:
        """Number of steps T."""
        return int(self.scenario["steps"])


def golden_cases() -> list[str]:
    """Names of the golden cases, sorted."""
    return sorted(path.parent.name for path in GOLDEN.glob("*/scenario.toml"))


def read_columns(path: Path) -> dict[str, np.ndarray]:
    """Columns of a drivers.csv by name, each [T+1]."""
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: np.array([float(row[name]) for row in rows]) for name in rows[0]}


def load_golden(name: str) -> GoldenCase:
    """The golden case of that name."""
    folder = GOLDEN / name
    with np.load(folder / "expected.npz") as arrays:
        expected = dict(arrays)
    return GoldenCase(
        name=name,
        scenario=tomllib.loads((folder / "scenario.toml").read_text()),
        columns=read_columns(folder / "drivers.csv"),
        expected=expected,
    )
