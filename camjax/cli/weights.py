"""`camjax weights`: the weights that observed balances imply."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from camjax.cli.options import (
    AsIsOption,
    JsonOption,
    MissingOption,
    ObservedArgument,
    ResidualOption,
    SupplyOption,
)
from camjax.runs.plain import as_document

if TYPE_CHECKING:
    from calibration.observations import Observations
    from calibration.score_table import Score

STATISTICS = ("mean", "std", "min", "max", "first", "last")
"""Columns of the table."""


def weights(
    observed: ObservedArgument,
    scenario: Annotated[
        str | None,
        typer.Option(
            metavar="SCENARIO",
            help="Read the table at this scenario's steps, for its deposits. [default: as it is]",
        ),
    ] = None,
    missing: MissingOption = "refuse",
    residual: ResidualOption = None,
    supply: SupplyOption = None,
    as_is: AsIsOption = False,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Write weights.csv, metrics.csv, results.nc and figures. [default: nothing]",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Turn observed balances into weights and describe them."""
    from calibration.observed_weights import describe, observations_dataset, weights_csv
    from calibration.score_table import scores_csv
    from camjax.cli import outputs
    from camjax.cli.leftovers import check_leftovers
    from camjax.cli.observed import ObservedOptions, read_document
    from camjax.config import configure

    configure("float64")
    document = None if scenario is None else read_document(scenario, None)[0]
    found = ObservedOptions(observed, missing, residual, supply, as_is).read(document)
    scores = describe(found)
    files = []
    if out is not None:
        names = (outputs.WEIGHTS, outputs.METRICS, outputs.RESULTS)
        check_leftovers(out, (*names, *outputs.pictures("weights")))
        outputs.check_folder(out, names)
        figures = {}
        if outputs.can_draw():
            from calibration.figures import observed_figure

            figures["weights"] = observed_figure(found)
        tables = {outputs.WEIGHTS: weights_csv(found), outputs.METRICS: scores_csv(scores)}
        token = "FEI" if document is None else document.token
        dataset = observations_dataset(found, token)
        files = outputs.write_all(out, tables, dataset, figures)
    if as_json:
        typer.echo(as_document(_answer(found, scores, files)))
        return
    typer.echo(_text(observed.name, found, scores))
    if out is not None:
        typer.echo(f"\n{outputs.written(files)}")


def _answer(observations: "Observations", scores: list["Score"], files: list[str]) -> object:
    """What is said, for machines."""
    from camjax.runs.plain import plain

    clock, days = observations.clock, observations.times_days
    return plain(
        {
            "rows": len(days),
            "first": clock.stamp(days[0]),
            "last": clock.stamp(days[-1]),
            "deposits": observations.names,
            "allocated": [bool(flag) for flag in observations.allocated],
            "not_observed": observations.absent,
            "filled_in": int((~observations.mask).sum()),
            "metrics": [score._asdict() for score in scores],
            "files": files,
        }
    )


def _text(name: str, observations: "Observations", scores: list["Score"]) -> str:
    """What is said, for people."""
    from calibration.score_table import POOLED
    from camjax.runs.columns import aligned

    value = {(score.deposit, score.metric): score.value for score in scores}
    deposits = list(dict.fromkeys(deposit for deposit, _ in value if deposit != POOLED))
    table = [("weights", *STATISTICS)] + [
        (deposit, *(f"{value[deposit, metric]:.2%}" for metric in STATISTICS))
        for deposit in deposits
    ]
    clock, days = observations.clock, observations.times_days
    notes = [
        f"Herfindahl-Hirschman index {value[POOLED, 'herfindahl_hirschman']:.4f},"
        f" entropy {value[POOLED, 'entropy']:.4f} nats, as means over rows."
    ]
    if observations.absent:
        notes.append(f"Not observed: {', '.join(observations.absent)}.")
    if not observations.mask.all():
        filled = (~observations.mask).sum()
        notes.append(f"Filled in: {filled} of {observations.mask.size} balances.")
    heading = f"{name}: {len(days)} rows, {clock.stamp(days[0])} to {clock.stamp(days[-1])}"
    return "\n\n".join([heading, aligned(table), "\n".join(notes)])
