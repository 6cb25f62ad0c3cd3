"""Which ways of drawing paths there are, and which suit a scenario and a number of paths."""

from typing import Literal, get_args

from camjax.ensemble.variance_reduction.layout import Layout
from camjax.ensemble.variance_reduction.samplings import Antithetic, Sampling, Sobol
from camjax.errors import CamjaxError, refusal
from camjax.processes import DriverProcesses

SamplingName = Literal["plain", "antithetic", "sobol", "mirrored_sobol"]

SAMPLINGS: tuple[SamplingName, ...] = get_args(SamplingName)
"""How paths may be drawn; see `estimate_mean`."""

REPLICATES = 16
"""Replicates of Sobol points unless asked otherwise: intervals a tenth wider than of very many."""

MOST_DIMENSIONS = 21201
"""Dimensions for which Joe & Kuo (2008) give Sobol directions."""


def choose_sampling(
    processes: DriverProcesses, num_paths: int, name: SamplingName, replicates: int | None
) -> Sampling:
    """The sampling of a name, other than "plain", for so many paths of these drivers.

    Raises:
      CamjaxError: it cannot be; see `estimate_mean`.
    """
    if name not in SAMPLINGS:
        raise CamjaxError(refusal("sampling", f"one of {', '.join(SAMPLINGS)}", repr(name)))
    if not processes.gaussian_columns:
        remedy = "No driver of this scenario is made of normals, so there are none to choose."
        raise CamjaxError(refusal("sampling", '"plain"', repr(name), remedy))
    if name == "antithetic":
        refuse_replicates(name, replicates)
        if num_paths < 4 or num_paths % 2:
            raise CamjaxError(refusal("num_paths", "two pairs or more", num_paths))
        return Antithetic()
    return _sobol(processes, num_paths, REPLICATES if replicates is None else replicates, name)


def _sobol(
    processes: DriverProcesses, num_paths: int, replicates: int, name: SamplingName
) -> Sobol:
    if replicates < 2:
        remedy = "One replicate alone does not show how far it may be off."
        raise CamjaxError(refusal("replicates", "2 or more", replicates, remedy))
    unit = num_paths // replicates
    if unit < 2 or unit * replicates != num_paths or unit & (unit - 1):
        expected = f"{replicates} replicates times a power of two, as {replicates * 64}"
        raise CamjaxError(refusal("num_paths", expected, num_paths))
    layout = Layout.of(processes)
    if layout.num_dimensions > MOST_DIMENSIONS:
        raise CamjaxError(
            refusal(
                "sampling",
                f"at most {MOST_DIMENSIONS} normals a path",
                layout.num_dimensions,
                'Sobol points have no more dimensions; "antithetic" has no limit.',
            )
        )
    return Sobol(layout, unit, mirror=name == "mirrored_sobol")


def refuse_replicates(sampling: SamplingName, replicates: int | None) -> None:
    """Refuse a number of replicates where there are none."""
    if replicates is not None:
        remedy = "Only Sobol points come in replicates."
        raise CamjaxError(refusal("replicates", f"none with {sampling!r}", replicates, remedy))
