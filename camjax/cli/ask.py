"""`camjax ask`: a question in words, answered with an interval."""

import json
import math
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
    from camjax.cli.plain import plain
    from camjax.cli.progress import progress

    with progress() as report:
        answer = questions.ask(
            loaded, question, paths=paths, seed=seed, until_ci=until_ci, report=report
        )
    if as_json:
        keys = ("estimate", "low", "high", "paths", "seed")
        found = {key: getattr(answer, key) for key in keys}
        typer.echo(json.dumps(plain(found | {"flags": answer.flags})))
    else:
        typer.echo("\n".join([*answer.warnings, _sentence(answer)]))


def _sentence(answer: "Answer") -> str:
    """The whole answer of `camjax ask`."""
    known = not (math.isnan(answer.low) or math.isnan(answer.high))
    interval = ", no interval"
    if known:
        interval = f", 95 % interval {_number(answer.low)} to {_number(answer.high)}"
    paths = f"{answer.paths:,} path{'s' if answer.paths > 1 else ''}"
    ended = "" if answer.reached else " (not as precise as wanted)"
    text = f"{answer.question} = {_number(answer.estimate)}{interval}"
    return f"{text}; {paths}{ended}, seed {answer.seed}"


def _number(value: float) -> str:
    if math.isinf(value):
        return "never" if value > 0 else "-never"
    return f"{value:,.0f}" if abs(value) >= 1e5 else f"{value:.6g}"
