"""The methods of `camjax sensitivity`: what is run, and what is said of it."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from calibration.sensitivity import figures, tables
from calibration.sensitivity.box import Box, Space
from calibration.sensitivity.dgsm import contradictions, dgsm
from calibration.sensitivity.local import local, smoothing_widths
from calibration.sensitivity.morris import morris
from calibration.sensitivity.posterior import Posterior
from calibration.sensitivity.sobol import SobolResult, sobol
from calibration.sensitivity.time_resolved import time_resolved
from camjax.cli.sensitivity_found import Found
from camjax.cli.sensitivity_order import Order
from camjax.progress import Report

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def run_local(order: Order, report: Report) -> Found:
    """Elasticities here."""
    report("differentiating", 0.0)
    result = local(order.evaluations)
    notes = ["Elasticity: percent for a percent. 95 % intervals (± half of one) are over paths."]
    not_finite = tuple(result.questions[q] for q in np.flatnonzero(~np.isfinite(result.value)))
    if not_finite:
        notes.append(f"Not a finite number, so without derivatives: {', '.join(not_finite)}.")
    if len(result.widths):
        widths = ", ".join(f"{width:.3g}" for width in result.widths)
        notes.append(f"Events are smoothed, by a width of {widths}, to have derivatives.")
    columns = {"elasticity": "elasticity", "derivative": "derivative"}
    label = "elasticity, with 95 % interval"
    rows = tables.local_rows(result)
    return Found(order, rows, columns, ("elasticity",), label, tuple(notes), not_finite=not_finite)


def run_sobol(order: Order, report: Report) -> Found:
    """Parts of variance over a box or a posterior."""
    box = _box(order)
    result = sobol(
        box,
        _values(order, report),
        order.samples,
        scramblings=order.scramblings,
        seed=order.seed,
        rounding=order.evaluations.outputs.rounding,
    )
    flat, not_finite, said = _without_indices(order, result)
    notes = (*_about(order, result.evaluations), _intervals(order, result.scramblings), *said)
    rows = tables.sobol_rows(result, order.questions)
    more = {"second.csv": tables.second_rows(result, order.questions)}
    columns = {"first": "first order", "total": "total order"}
    label = "part of variance, with 95 % interval"
    return Found(order, rows, columns, ("total", "first"), label, notes, more, flat, not_finite)


def run_morris(order: Order, report: Report) -> Found:
    """Elementary effects over a box."""
    box = _box(order)
    assert isinstance(box, Box)
    rounding = order.evaluations.outputs.rounding
    result = morris(box, _values(order, report), order.samples, seed=order.seed, rounding=rounding)
    note = "Effects of a whole range. 95 % intervals (± half of one): Student's t."
    columns = {"mean_absolute": "mean |effect|", "mean": "mean effect", "std": "deviation"}
    label = "mean absolute effect of the whole range, with 95 % interval"
    rows = tables.morris_rows(result, order.questions)
    not_finite, said = _not_finite(order, result.not_finite.tolist(), result.evaluations)
    notes = (*_about(order, result.evaluations), note, *said)
    return Found(order, rows, columns, ("mean_absolute",), label, notes, not_finite=not_finite)


def run_dgsm(order: Order, report: Report) -> Found:
    """Derivative-based measures, held against total indices."""
    box, evaluations = _box(order), order.evaluations
    evaluations.outputs.check_smooth()
    widths = smoothing_widths(evaluations)
    smooth = widths if len(widths) else None
    options: dict[str, Any] = {
        "scramblings": order.scramblings,
        "seed": order.seed,
        "rounding": evaluations.outputs.rounding,
    }
    measures = dgsm(
        box, lambda points: evaluations.gradients(points, smooth), order.samples, **options
    )
    indices = sobol(box, _values(order, report, smooth), order.samples, **options)
    found = contradictions(measures, indices)
    flat, not_finite, said = _without_indices(order, indices)
    notes = [
        *_about(order, indices.evaluations + order.samples),
        "Bound: of the total order, by the mean square of exact derivatives.",
        _intervals(order, measures.scramblings),
        *said,
    ]
    notes += [
        f"Contradiction: {order.questions[each.output]} by {each.parameter}: total order at "
        f"least {each.total_low:.3g}, but at most {each.bound_high:.3g} by derivatives."
        for each in found
    ]
    if not found and len(flat) + len(not_finite) < len(order.questions):
        notes.append("No total order lies above its bound.")
    if smooth is not None:
        notes.append("Events are smoothed to have derivatives.")
    columns = {"bound": "bound", "total": "total order", "measure": "mean square"}
    rows = tables.dgsm_rows(measures, indices, order.questions)
    label = "part of variance, with 95 % interval"
    bars = ("bound", "total")
    return Found(order, rows, columns, bars, label, tuple(notes), {}, flat, not_finite)


METHODS: dict[str, Callable[[Order, Report], Found]] = {
    "local": run_local,
    "sobol": run_sobol,
    "morris": run_morris,
    "dgsm": run_dgsm,
}
"""To add a method, add its function here and its name to the command's option."""


def time_tables(order: Order) -> tuple[dict[str, str], Callable[[], dict[str, "Figure"]]]:
    """The time-resolved response of every share: its table, and its picture when wanted."""
    result = time_resolved(order.evaluations)
    table = tables.as_csv(list(tables.time_rows(result)))
    return {"over-time.csv": table}, lambda: {"over-time": figures.responses(result)}


def _box(order: Order) -> Space:
    assert order.box is not None
    return order.box


def _values(order: Order, report: Report, widths: Any = None) -> Callable[[Any], Any]:
    def tell(done: int, number: int) -> None:
        report("evaluating", done / number)

    return lambda points: order.evaluations.values(points, widths, progress=tell)


def _about(order: Order, evaluations: int) -> list[str]:
    """What was evaluated, and over what."""
    if not isinstance(order.box, Posterior):
        over = "over a box of independent, uniform parameters"
        return [f"{evaluations:,} evaluations {over}; outputs are of the common paths."]
    over = "over the posterior of a fit: each number normal on its unbounded scale"
    notes = [f"{evaluations:,} evaluations {over}; outputs are of the common paths."]
    named = [f"{a} and {b} {r:+.2f}" for a, b, r in order.box.correlated]
    if named:
        notes.append(
            f"Parts of variance need independent numbers, so correlations of the fit are left out: "
            f"{', '.join(named)}."
        )
    return notes


def _intervals(order: Order, scramblings: int) -> str:
    if scramblings > 1:
        return f"95 % intervals (± half of one) are over {scramblings} scramblings."
    remedy = "more --samples share" if order.scramblings is None else "without --scramblings share"
    return (
        "95 % intervals (± half of one) are by bootstrap of points: too wide rather than too "
        f"narrow; {remedy} points among several scramblings, whose intervals are not."
    )


def _without_indices(
    order: Order, result: SobolResult
) -> tuple[tuple[str, ...], tuple[str, ...], list[str]]:
    """Outputs that do not vary, those that are not always finite, and what to say of both."""
    found = list(zip(order.questions, result.outputs, strict=True))
    flat = tuple(question for question, one in found if one.variance == 0)
    counts = [one.not_finite for one in result.outputs]
    not_finite, notes = _not_finite(order, counts, result.evaluations)
    if flat:
        notes = [f"It does not vary but for rounding: {', '.join(flat)}.", *notes]
    return flat, not_finite, notes


def _not_finite(
    order: Order, counts: Sequence[int], evaluations: int
) -> tuple[tuple[str, ...], list[str]]:
    """Outputs that are not finite at some of the points, and what to say of them."""
    found = {name: count for name, count in zip(order.questions, counts, strict=True) if count}
    return tuple(found), [
        f"Not a finite number at {count:,} of {evaluations:,} points, so without measures: {name}."
        for name, count in found.items()
    ]
