"""camjax: how holders of a stablecoin spread their capital, simulated in JAX.

Sizes in shapes: N allocated deposits, E pairs of them, T steps, W window, P paths, G deposits of
one group. Balances are in FEI (units of the stablecoin), prices in USD, yield rates in 1/year.

Names are loaded when they are first used, so that the command answers before JAX is imported.
"""

import importlib
from typing import TYPE_CHECKING, Any

from camjax._version import __version__

if TYPE_CHECKING:
    from camjax._pytree import pytree, static
    from camjax.config import configure
    from camjax.deposits import Deposit, External, Idle, LiquidityPool, MoneyMarket, Savings
    from camjax.dynamics import initial_state, observe, step
    from camjax.errors import CamjaxError, ScenarioError
    from camjax.inertia import Inertia
    from camjax.market import Drivers, Market, Row
    from camjax.model import Model, Record, State
    from camjax.network import Network
    from camjax.processes import (
        BlockBootstrap,
        BrownianMotion,
        Constant,
        DriverProcesses,
        GaussianNoise,
        GeometricBrownianMotion,
        JumpDiffusion,
        OrnsteinUhlenbeck,
        Process,
        Schedule,
        UniformNoise,
    )
    from camjax.questions import Answer, Evaluations, Outputs, ask
    from camjax.rebalancing import Rebalancing
    from camjax.results import load_results
    from camjax.runs.outcome import Run
    from camjax.runs.run import run
    from camjax.scenario import Parameters, Scenario, load_scenario, parameters
    from camjax.simulation import simulate
    from camjax.sweeps import sweep
    from camjax.trajectory import Trajectory
    from camjax.vector import Vector
    from camjax.weights import (
        AnyWindowMemory,
        EndogenousRule,
        ExogenousRule,
        HalfLifeMemory,
        LogitRule,
        PairwiseRule,
        Preferences,
        PrescribedRule,
        Target,
        View,
        WeightRule,
        Weights,
        WindowMemory,
        capped,
        entropy,
        herfindahl_hirschman,
    )

_HOMES = {
    "_pytree": "pytree static",
    "config": "configure",
    "deposits": "Deposit External Idle LiquidityPool MoneyMarket Savings",
    "errors": "CamjaxError ScenarioError",
    "inertia": "Inertia",
    "market": "Drivers Market Row",
    "dynamics": "initial_state observe step",
    "model": "Model Record State",
    "network": "Network",
    "processes": "BlockBootstrap BrownianMotion Constant DriverProcesses GaussianNoise"
    " GeometricBrownianMotion JumpDiffusion OrnsteinUhlenbeck Process Schedule UniformNoise",
    "questions": "Answer Evaluations Outputs ask",
    "rebalancing": "Rebalancing",
    "results": "load_results",
    "runs.outcome": "Run",
    "runs.run": "run",
    "scenario": "Parameters Scenario load_scenario parameters",
    "simulation": "simulate",
    "sweeps": "sweep",
    "trajectory": "Trajectory",
    "vector": "Vector",
    "weights": "AnyWindowMemory EndogenousRule ExogenousRule HalfLifeMemory LogitRule PairwiseRule"
    " Preferences PrescribedRule Target View WeightRule Weights WindowMemory capped entropy"
    " herfindahl_hirschman",
}
_MODULES = {name: module for module, names in _HOMES.items() for name in names.split()}

__all__ = [
    "Answer",
    "AnyWindowMemory",
    "BlockBootstrap",
    "BrownianMotion",
    "CamjaxError",
    "Constant",
    "Deposit",
    "DriverProcesses",
    "Drivers",
    "EndogenousRule",
    "Evaluations",
    "ExogenousRule",
    "External",
    "GaussianNoise",
    "GeometricBrownianMotion",
    "HalfLifeMemory",
    "Idle",
    "Inertia",
    "JumpDiffusion",
    "LiquidityPool",
    "LogitRule",
    "Market",
    "Model",
    "MoneyMarket",
    "Network",
    "OrnsteinUhlenbeck",
    "Outputs",
    "PairwiseRule",
    "Parameters",
    "Preferences",
    "PrescribedRule",
    "Process",
    "Rebalancing",
    "Record",
    "Row",
    "Run",
    "Savings",
    "Scenario",
    "ScenarioError",
    "Schedule",
    "State",
    "Target",
    "Trajectory",
    "UniformNoise",
    "Vector",
    "View",
    "WeightRule",
    "Weights",
    "WindowMemory",
    "__version__",
    "ask",
    "capped",
    "configure",
    "entropy",
    "herfindahl_hirschman",
    "initial_state",
    "load_results",
    "load_scenario",
    "observe",
    "parameters",
    "pytree",
    "run",
    "simulate",
    "static",
    "step",
    "sweep",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module 'camjax' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"camjax.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
