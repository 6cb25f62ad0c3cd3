"""Settings of a scenario run together: shared random numbers, as few programs as can be."""

from camjax.sweeps.run import SweepRun, run_sweep, sweep

__all__ = ["SweepRun", "run_sweep", "sweep"]
