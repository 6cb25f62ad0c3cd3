"""From a built-in name, a TOML file or a mapping to a validated scenario: model plus drivers.

Reading and checking a scenario needs no JAX; only building its arrays does.
"""

from camjax.scenario.overrides import parse_overrides
from camjax.scenario.scenario import Scenario, load_scenario
from camjax.scenario.sources import list_builtin

__all__ = ["Scenario", "list_builtin", "load_scenario", "parse_overrides"]
