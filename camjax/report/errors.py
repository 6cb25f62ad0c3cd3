"""How far predictions were off, beside persistence: scores as a table and in a sentence."""

import math
from collections.abc import Callable, Iterable, Sequence

from camjax.report.content import Cell, Estimate, Table
from camjax.report.estimates import mean_text
from camjax.report.units import DIGITS, POINTS, words

MODEL, REFERENCE, OBSERVED = "camjax", "persistence", "observed"
POOLED = "pooled"
"""All deposits together."""

SIGNIFICANT = 0.05
"""p-values above this are not told apart from chance."""

INTERVALS = (
    "Mean absolute error: mean over rows and deposits of |predicted − observed weight|. Below an "
    "error stands its 95 % interval, which allows for errors that last longer than a row (Lazarus "
    "and others 2018); a free run is one forecast and has none."
)

Scores = Callable[[str, str], float]
"""A score of a method by metric and deposit, NaN where there is none."""


def error_of(scores: Scores, metric: str, deposit: str = POOLED) -> Estimate:
    """An error with its interval."""
    ends = (scores(f"{metric}_{end}_95", deposit) for end in ("lower", "upper"))
    return Estimate(scores(metric, deposit), *ends)


def score_table(first: str, rows: Iterable[tuple[str, Scores]], deposits: Sequence[str]) -> Table:
    """MAE and RMSE, and the MAE of each deposit, a row a method.

    Args:
      first: heading of the first column.
      rows: the first column's entry, and scores.
      deposits: that were scored.
    """
    metrics = (("mae", POOLED), ("rmse", POOLED), *(("mae", name) for name in deposits))
    cells: list[tuple[Cell, ...]] = [
        (name, *(error_of(scores, *metric) for metric in metrics)) for name, scores in rows
    ]
    return Table(
        title="Scores",
        columns=(
            *(first, "mean absolute error", "root mean square error"),
            *(f"MAE, {words(name)}" for name in deposits),
        ),
        units=(None, *[POINTS] * len(metrics)),
        rows=tuple(cells),
        note="Below an error: its 95 % interval, where it has one.",
    )


def against_persistence(name: str, own: Scores, persistence: Scores, where: str = "") -> str:
    """How far a method is off on average beside persistence, and whether that could be chance.

    Args:
      name: of the method.
      own: its scores.
      persistence: those of persistence.
      where: in which rows, and a comma.
    """
    errors = [error_of(scores, "mae") for scores in (own, persistence)]
    mine, other = (mean_text(error, POINTS) for error in errors)
    start = f"{where}{name} is off by {mine} of weight on average, {REFERENCE} by {other}"
    start = start[0].upper() + start[1:] if where else start
    chance = own("dm_mae_p_value", POOLED)
    word = "better" if errors[0].value < errors[1].value else "worse"
    if math.isnan(chance):
        return f"{start}: {name} is {word}, by one run of which no test can be made."
    test = f"Diebold and Mariano's test: p = {DIGITS.text(chance)}"
    if chance >= SIGNIFICANT:
        return f"{start}: the difference may be chance ({test})."
    return f"{start}: {name} is {word} ({test})."
