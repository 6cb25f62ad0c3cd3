"""Stochastic drivers: each process maps (key, steps, step length) to a series of rows 0…T.

Sizes: T steps, K entries of a schedule, H values of history, G correlated columns.
"""

from camjax.processes.base import Process
from camjax.processes.block_bootstrap import BlockBootstrap
from camjax.processes.brownian_motion import BrownianMotion
from camjax.processes.constant import Constant
from camjax.processes.correlation import Correlation, correlation_factor
from camjax.processes.domains import PRICE_FLOOR
from camjax.processes.gaussian_noise import GaussianNoise
from camjax.processes.geometric_brownian_motion import GeometricBrownianMotion
from camjax.processes.joint import DriverProcesses
from camjax.processes.jump_diffusion import JumpDiffusion
from camjax.processes.ornstein_uhlenbeck import OrnsteinUhlenbeck
from camjax.processes.path import sample_path
from camjax.processes.schedule import Schedule
from camjax.processes.stream import DriverStream
from camjax.processes.uniform_noise import UniformNoise

PROCESSES: dict[str, type] = {
    "constant": Constant,
    "schedule": Schedule,
    "brownian_motion": BrownianMotion,
    "geometric_brownian_motion": GeometricBrownianMotion,
    "ornstein_uhlenbeck": OrnsteinUhlenbeck,
    "jump_diffusion": JumpDiffusion,
    "gaussian_noise": GaussianNoise,
    "uniform_noise": UniformNoise,
    "block_bootstrap": BlockBootstrap,
}

__all__ = [
    "PRICE_FLOOR",
    "PROCESSES",
    "BlockBootstrap",
    "BrownianMotion",
    "Constant",
    "Correlation",
    "DriverProcesses",
    "DriverStream",
    "GaussianNoise",
    "GeometricBrownianMotion",
    "JumpDiffusion",
    "OrnsteinUhlenbeck",
    "Process",
    "Schedule",
    "UniformNoise",
    "correlation_factor",
    "sample_path",
]
