"""Scenarios as the command loads them."""

import dataclasses
import functools
import sys
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from camjax.scenario import Scenario


def load(
    scenario: str, assignments: Iterable[str] | None, precision: str | None = None
) -> "Scenario":
    """Load a scenario, with JAX set up for all cores and for the precision that it asks for.

    What one might not expect of it is said once, on standard error.

    Args:
      scenario: built-in name or file.
      assignments: `--set` options, KEY=VALUE.
      precision: wins over the scenario's own.

    Raises:
      CamjaxError: the scenario or an assignment cannot be used.
    """
    from camjax.config import configure
    from camjax.scenario import load_scenario, parse_overrides

    overrides = parse_overrides(assignments or [])
    if precision is not None:
        overrides["precision"] = precision
    # Float64 arrays need JAX's 64-bit types, and what the scenario asks for is known only later.
    configure("float64")
    loaded = load_scenario(scenario, overrides)
    if loaded.precision == "float32":
        configure("float32")
    say_notes(loaded)
    return loaded


def say_notes(scenario: "Scenario", told: Collection[str] = ()) -> None:
    """What one might not expect of a scenario, on standard error; each note once.

    Args:
      scenario: whose notes.
      told: columns of which the answer itself says that nothing reads them.
    """
    unread = tuple(column for column in scenario.unread if column not in told)
    for note in dataclasses.replace(scenario, unread=unread).notes:
        _say_once(note)


@functools.cache
def _say_once(note: str) -> None:
    """A note on a scenario, on standard error; the first of the scenarios that it holds for."""
    print(f"camjax: {note}", file=sys.stderr)
