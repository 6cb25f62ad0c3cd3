"""What `camjax forecast` writes into its folder."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from calibration.forecast import Study, forecast_dataset, forecast_rows, prescribed
from calibration.forecast.rolling_origin import label_of
from calibration.forecast.tables import HEADER
from calibration.score_table import csv_text, score_array, scores_csv
from camjax._version import __version__
from camjax.cli import outputs
from camjax.cli.report import write_report
from camjax.results.undone import of_futures
from camjax.runs.requests import REPORT
from camjax.scenario import Scenario

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORECASTS = "forecasts.csv"
FILES = (outputs.METRICS, FORECASTS, outputs.RESULTS)
"""Files that every run writes; metrics only where there is something to score."""


def files_of(methods: Iterable[str], scored: Iterable[str], *, ex_post: bool) -> list[str]:
    """Names of the files that forecasts may leave, besides `FILES`.

    Args:
      methods: that look ahead.
      scored: methods that are scored.
      ex_post: whether camjax is scored as if it had known what came, too.
    """
    methods, scored = list(methods), list(scored)
    past = [*scored, *([label_of("camjax", "ex-post")] if scored and ex_post else [])]
    figures = [f"forecast_{name}" for name in methods] + [f"past_forecasts_{name}" for name in past]
    return [
        *(f"scenario_{name}.toml" for name in methods),
        *(f"drivers_{name}.csv" for name in methods),
        *outputs.pictures(*figures, *(["errors"] if scored else [])),
    ]


def write(
    result: Study, scenario: Scenario | None, folder: Path, seed: int, with_report: bool
) -> list[str]:
    """Write tables, labelled arrays, pictures, and for each method a scenario that prescribes it.

    Args:
      result: what was forecast.
      scenario: at whose steps, if any.
      folder: to write to.
      seed: of samples.
      with_report: whether the report is written too.

    Returns:
      The files written.

    Raises:
      CamjaxError: a file cannot be written.
    """
    history = result.history
    every = [*result.forecasts, *(made for made in result.past if made.mode == "ex-post")]
    tables = {
        FORECASTS: csv_text(HEADER, (row for made in every for row in forecast_rows(history, made)))
    }
    if result.scores:
        tables[outputs.METRICS] = scores_csv(result.scores)
    for made in result.present:
        tables |= prescribed(history, made.weights[0], scenario).files(made.label)
    attributes = {
        **({} if scenario is None else {"scenario": scenario.toml}),
        "seed": seed,
        "camjax_version": __version__,
        "failures": "\n".join(map(str, result.failures)),
    }
    dataset = forecast_dataset(history, result.forecasts, attributes)
    dataset = dataset.merge(of_futures(result.undone, scenario))
    if result.scores:
        labels = [label_of(score.model, score.mode) for score in result.scores]
        dataset = dataset.assign(score=score_array(result.scores, labels).rename(model="method"))
    figures = _figures(result) if outputs.can_draw() else {}
    files = outputs.write_all(folder, tables, dataset, figures)
    return files + (write_report(dataset, folder / REPORT)[1] if with_report else [])


def _figures(result: Study) -> dict[str, "Figure"]:
    """Pictures by file name."""
    from calibration.forecast.figures import error_figure, weights_figure

    history = result.history
    figures = {f"forecast_{m.label}": weights_figure(history, m) for m in result.present}
    figures |= {f"past_forecasts_{m.label}": weights_figure(history, m) for m in result.past}
    return figures | ({"errors": error_figure(result.past)} if result.past else {})
