"""`camjax ask`: a question in words, answered with an interval."""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from camjax.cli.load import load
from camjax.cli.options import JsonOption, Precision, ScenarioArgument, SetOption

if TYPE_CHECKING:
    from camjax.questions import Answer


def ask(
    scenario: ScenarioArgument,
    question: Annotated[
        str, typer.Argument(metavar="QUESTION", help='Such as "P(share[savings] > 0.6)".')
    ],
    overrides: SetOption = None,
    paths: Annotated[
        int | None,
        typer.Option(
            min=1, help="Random paths; with --until-ci the most. [default: 4096; 1 if not random]"
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Seed of all paths.")] = 0,
    until_ci: Annotated[
        float | None,
        typer.Option(metavar="W", help="Add paths until the answer is known ± W at 95 %."),
    ] = None,
    precision: Annotated[
        Precision | None, typer.Option(help="[default: the scenario's own]")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Answer a question: P(…), E(…), quantile(…, level) of shares, balances, yields and costs.

    A comparison of settings: E(share[savings] | deposits.savings.rate=0.03) - E(share[savings]).
    """
    loaded = load(scenario, overrides, precision)

    from camjax import questions
    from camjax.cli.progress import progress
    from camjax.runs.plain import as_document

    with progress() as report:
        answer = questions.ask(
            loaded, question, paths=paths, seed=seed, until_ci=until_ci, progress=report
        )
    if as_json:
        keys = ("estimate", "low", "high", "paths", "seed", "notes")
        found = {key: getattr(answer, key) for key in keys}
        typer.echo(as_document(found | {"flags": answer.flags}))
    else:
        typer.echo("\n".join([*answer.warnings, _sentence(answer)]))


def _sentence(answer: "Answer") -> str:
    """The whole answer of `camjax ask`."""
    number = days if answer.is_time else amount
    paths = f"{answer.paths:,} path{'s' if answer.paths > 1 else ''}"
    ended = "" if answer.reached else " (not as precise as wanted)"
    interval = f", {interval_of(answer.low, answer.high, number)}"
    text = f"{answer.question} = {number(answer.estimate)}{interval}"
    return "\n".join([f"{text}; {paths}{ended}, seed {answer.seed}", *answer.notes])


def interval_of(low: float, high: float, number: Callable[[float], str]) -> str:
    """An interval in words; NaN is an end that paths cannot tell.

    >>> interval_of(0.5, float("nan"), amount)
    '95 % interval from 0.5, no upper end'
    """
    match math.isnan(low), math.isnan(high):
        case True, True:
            return "no interval"
        case True, False:
            return f"95 % interval up to {number(high)}, no lower end"
        case False, True:
            return f"95 % interval from {number(low)}, no upper end"
    return f"95 % interval {number(low)} to {number(high)}"


def amount(value: float) -> str:
    """A number for people."""
    if math.isinf(value):
        return "infinity" if value > 0 else "-infinity"
    return f"{value:,.0f}" if abs(value) >= 1e5 else f"{value:.6g}"


def days(value: float) -> str:
    """A time for people; the one that does not come is never."""
    return "never" if value == math.inf else amount(value)
