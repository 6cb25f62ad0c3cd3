"""Pictures of observed and simulated weights, drawn by matplotlib without a display."""

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from calibration.backtest.run import MODEL, Backtest
from calibration.backtest.scores import REFERENCE, intervals
from calibration.observations import Observations

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FORMATS = ("svg", "png")

COLOURS = {"observed": "black", MODEL: "#0072b2", REFERENCE: "#d55e00"}
"""Of the Okabe-Ito palette, told apart by colour-blind readers too."""

PANEL_INCHES = (8.0, 2.2)
PNG_DOTS_PER_INCH = 150


def render(figure: "Figure", kind: str) -> bytes:
    """A figure as a file: the same figure gives the same bytes.

    Args:
      figure: any figure.
      kind: one of `FORMATS`.
    """
    from matplotlib import rc_context

    file = io.BytesIO()
    metadata = {"Date": None} if kind == "svg" else {"Software": None}
    with rc_context({"svg.hashsalt": "camjax"}):
        figure.savefig(file, format=kind, dpi=PNG_DOTS_PER_INCH, metadata=metadata)
    return file.getvalue()


def observed_figure(observations: Observations) -> "Figure":
    """Observed weights of every deposit under allocation."""
    flags = np.array(observations.allocated)
    names = [name for name, flag in zip(observations.names, flags, strict=True) if flag]
    times, label = times_of(observations)
    figure, (axes,) = stacked_panels(["observed weight"], label)
    for name, weights in zip(names, observations.weights[:, flags].T, strict=True):
        axes.plot(times, weights, label=name)
    axes.set_ylim(-0.02, 1.02)
    axes.legend(loc="best", frameon=False)
    return figure


def weights_figure(result: Backtest) -> "Figure":
    """Observed weights and predictions, one panel a deposit; bands are intervals over paths.

    In one-step mode persistence is the observed line a row later, and is left out.
    """
    times, label = times_of(result.observations)
    figure, panels = stacked_panels([f"weight of {name}" for name in result.scored_names], label)
    bands = intervals(result)
    for column, axes in enumerate(panels):
        axes.plot(times, result.observed[:, column], color=COLOURS["observed"], label="observed")
        models = (MODEL,) if result.mode == "one-step" else (MODEL, REFERENCE)
        for model in models:
            values = result.predictions[model][:, column]
            axes.plot(times[1:], values, color=COLOURS[model], linewidth=1, label=model)
        for level, shade in (("95", 0.15), ("80", 0.25)):
            if f"lower_{level}" not in bands or np.isnan(bands[f"lower_{level}"]).all():
                continue
            axes.fill_between(
                times[1:],
                bands[f"lower_{level}"][:, column],
                bands[f"upper_{level}"][:, column],
                label=f"{level} % of paths",
                color=COLOURS[MODEL],
                alpha=shade,
                linewidth=0,
            )
    panels[0].legend(loc="best", frameon=False, fontsize="small")
    figure.suptitle(f"{result.scenario.name}, {result.mode}")
    return figure


def errors_figure(result: Backtest) -> "Figure":
    """Errors of the model and of persistence, and where the one gained on the other.

    The last panel adds up how much less than persistence the model erred, |e| as a mean over
    deposits: it rises where the model is better and falls where it is worse.
    """
    times, label = times_of(result.observations)
    titles = [f"error, {name}" for name in result.scored_names]
    figure, panels = stacked_panels([*titles, f"gain on {REFERENCE}"], label)
    errors = result.errors
    for column, axes in enumerate(panels[:-1]):
        for model in (REFERENCE, MODEL):
            values = errors[model][:, column]
            axes.plot(times[1:], values, color=COLOURS[model], linewidth=1, label=model)
        axes.axhline(0, color="black", linewidth=0.5)
    losses = {model: np.abs(errors[model]).mean(axis=1) for model in (REFERENCE, MODEL)}
    gain = np.where(result.counts, losses[REFERENCE] - losses[MODEL], 0).cumsum()
    panels[-1].plot(times[1:], gain, color="black", linewidth=1)
    panels[-1].axhline(0, color="black", linewidth=0.5)
    panels[0].legend(loc="best", frameon=False, fontsize="small")
    figure.suptitle(f"{result.scenario.name}, {result.mode}: predicted less observed weight")
    return figure


def times_of(observations: Observations) -> tuple[np.ndarray, str]:
    """Where rows lie on the horizontal axis, and its name."""
    dates = observations.clock.dates(observations.times_days)
    return (observations.times_days, "day") if dates is None else (dates, "")


def stacked_panels(titles: Sequence[str], label: str) -> tuple["Figure", list["Axes"]]:
    """A figure with panels over each other that share the horizontal axis."""
    from matplotlib.figure import Figure

    width, height = PANEL_INCHES
    figure = Figure(figsize=(width, 0.6 + height * len(titles)), layout="constrained")
    panels = figure.subplots(len(titles), 1, sharex=True, squeeze=False)[:, 0]
    for axes, title in zip(panels, titles, strict=True):
        axes.set_ylabel(title)
        axes.spines[["top", "right"]].set_visible(False)
    panels[-1].set_xlabel(label)
    return figure, list(panels)
