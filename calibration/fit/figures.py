"""Pictures of a fit: weights, residuals, starts, correlations."""

from typing import TYPE_CHECKING

import numpy as np

from calibration.backtest.run import MODEL
from calibration.figures import COLOURS, stacked_panels, times_of
from calibration.fit.autocorrelation import Whiteness
from calibration.fit.identifiability import correlations
from calibration.fit.naming import word
from calibration.fit.objectives import RESIDUALS
from calibration.fit.profile import Profile
from calibration.fit.search import Fit
from calibration.fit.uncertainty import NORMAL_97_5, Uncertainty, whiteness_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def fit_figure(result: Fit) -> "Figure":
    """Observed and fitted weights, one panel a deposit; rows held out are shaded."""
    problem = result.problem
    times, label = times_of(problem.observations)
    figure, axes = stacked_panels([f"weight of {name}" for name in problem.names], label)
    observed = np.vstack([problem.observed_start, np.asarray(problem.data.observed)])
    for column, panel in enumerate(axes):
        panel.plot(times, observed[:, column], color=COLOURS["observed"], label="observed")
        fitted = np.asarray(result.compared.weights)[:, column]
        panel.plot(times[1:], fitted, color=COLOURS[MODEL], linewidth=1, label="fitted")
        if problem.held_out.any():
            first = times[1:][np.flatnonzero(problem.held_out)[0]]
            panel.axvspan(first, times[-1], color="black", alpha=0.06, label="held out")
    axes[0].legend(loc="best", frameon=False, fontsize="small")
    figure.suptitle(f"{problem.scenario.name}, {problem.mode}, {result.objective}")
    return figure


def residuals_figure(result: Fit) -> "Figure":
    """Log-ratio residuals over time."""
    times, label = times_of(result.problem.observations)
    values = np.asarray(RESIDUALS["ilr"](result.compared))
    counts = np.asarray(result.problem.data.counts)
    figure, axes = stacked_panels([f"residual {k + 1}" for k in range(values.shape[1])], label)
    for column, panel in enumerate(axes):
        shown = np.where(counts, values[:, column], np.nan)
        panel.plot(times[1:], shown, color=COLOURS[MODEL], linewidth=1)
        panel.axhline(0, color="black", linewidth=0.5)
    figure.suptitle("fitted − observed, isometric log-ratios")
    return figure


def autocorrelation_figure(tested: Whiteness) -> "Figure":
    """Autocorrelation of residuals, and where independent ones lie 19 times in 20."""
    count, size = tested.autocorrelation.shape
    figure, axes = stacked_panels([f"residual {k + 1}" for k in range(size)], "lag, rows")
    within = NORMAL_97_5 / np.sqrt(tested.rows)
    for panel, values in zip(axes, tested.autocorrelation.T, strict=True):
        panel.bar(np.arange(1, count + 1), np.nan_to_num(values), color=COLOURS[MODEL], width=0.3)
        panel.axhspan(-within, within, color="black", alpha=0.06)
        panel.axhline(0, color="black", linewidth=0.5)
        panel.set_ylim(-1, 1)
    figure.suptitle(f"autocorrelation of residuals, Ljung-Box p = {tested.p_value:.3g}")
    return figure


def starts_figure(result: Fit) -> "Figure":
    """Losses at which the starts ended, best first: a plateau is a minimum found again."""
    costs = np.array([lane.cost for lane in result.lanes])
    order = np.argsort(np.where(np.isfinite(costs), costs, np.inf))
    figure, (panel,) = stacked_panels(["loss at the end"], "start, best first")
    for status in dict.fromkeys(lane.status for lane in result.lanes):
        places = [i for i, lane in enumerate(order) if result.lanes[lane].status == status]
        panel.plot(places, costs[order][places], "o", label=status)
    if (costs[np.isfinite(costs)] > 0).all():
        panel.set_yscale("log")
    panel.legend(loc="best", frameon=False, fontsize="small")
    return figure


def correlations_figure(result: Fit, found: Uncertainty) -> "Figure":
    """Correlations of the estimates."""
    free = result.problem.free
    values = correlations(free, found, result.coordinates)
    names = [word(name) for name in free.names]
    figure, (panel,) = stacked_panels([""], "")
    figure.set_size_inches(2.5 + 0.6 * len(names), 2.0 + 0.6 * len(names))
    image = panel.imshow(values, vmin=-1, vmax=1, cmap="RdBu_r")
    panel.set_xticks(range(len(names)), names, rotation=60, ha="right")
    panel.set_yticks(range(len(names)), names)
    figure.colorbar(image, ax=panel, label="correlation")
    return figure


def profiles_figure(result: Fit, profiled: Profile) -> "Figure":
    """How the deviance rises along every number, and where it passes the 95 % limit."""
    names = result.problem.free.names
    figure, axes = stacked_panels([word(name) for name in names], "deviance")
    for panel, places, deviance, limits, rise in zip(
        axes, profiled.places, profiled.deviance, profiled.limits, profiled.rise, strict=True
    ):
        order = np.argsort(places)
        panel.plot(deviance[order], places[order], color=COLOURS[MODEL], marker=".")
        panel.axvline(rise, color="black", linewidth=0.5)
        for limit in limits[np.isfinite(limits)]:
            panel.axhline(limit, color="black", linewidth=0.5, linestyle="--")
    return figure


def all_figures(
    result: Fit, found: Uncertainty | None, profiled: Profile | None = None
) -> dict[str, "Figure"]:
    """Every picture by file name; correlations and profiles where there are any."""
    figures = {
        "fit": fit_figure(result),
        "residuals": residuals_figure(result),
        "starts": starts_figure(result),
    }
    tested = whiteness_of(result)
    if tested is not None:
        figures["autocorrelation"] = autocorrelation_figure(tested)
    if found is not None:
        figures["correlations"] = correlations_figure(result, found)
    if profiled is not None:
        figures["profiles"] = profiles_figure(result, profiled)
    return figures
