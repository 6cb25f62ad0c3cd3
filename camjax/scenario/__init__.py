"""From a built-in name, a TOML file or a mapping to a validated scenario: model plus drivers.

Reading and checking a scenario needs no JAX; only building its arrays does.
"""

from camjax.scenario.overrides import parse_overrides
from camjax.scenario.parameters import Parameters, list_parameters, parameters
from camjax.scenario.register import register_deposit
from camjax.scenario.scenario import Scenario, as_scenario, load_scenario
from camjax.scenario.sources import list_builtin
from camjax.scenario.sweep import Sweep, load_sweep
from camjax.scenario.sweep_values import parse_axes

__all__ = [
    "Parameters",
    "Scenario",
    "Sweep",
    "as_scenario",
    "list_builtin",
    "list_parameters",
    "load_scenario",
    "load_sweep",
    "parameters",
    "parse_axes",
    "parse_overrides",
    "register_deposit",
]
