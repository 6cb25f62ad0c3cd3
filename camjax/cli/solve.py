"""`camjax solve`: the number of a scenario at which a condition begins to hold, or a goal peaks."""

import dataclasses
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from camjax.cli.ask import amount, interval_of
from camjax.cli.load import load
from camjax.cli.options import JsonOption, ScenarioArgument, SetOption
from camjax.numerals import read_number

if TYPE_CHECKING:
    from camjax.questions import Solution

VERDICTS = {
    "holds": "the condition holds",
    "fails": "the condition does not hold",
    "open": "the condition is held within what paths can tell",
}


def solve(
    scenario: ScenarioArgument,
    vary: Annotated[
        str,
        typer.Option(
            metavar="PATH[=LOW:HIGH]", help="The number to look for, such as deposits.savings.rate."
        ),
    ],
    find: Annotated[
        Literal["min", "max"] | None,
        typer.Option(help="The smallest or largest at which --such-that holds."),
    ] = None,
    such_that: Annotated[
        str | None,
        typer.Option(metavar="CONDITION", help='Such as "P(share[savings] > 0.6) >= 0.95".'),
    ] = None,
    maximise: Annotated[
        str | None,
        typer.Option(metavar="QUESTION", help='Such as "E(share[savings]) - E(cost) / 1e7".'),
    ] = None,
    overrides: SetOption = None,
    paths: Annotated[
        int | None, typer.Option(min=1, help="Random paths. [default: 1024; 1 if not random]")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Seed of all paths.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Find the number of a scenario that does what is wanted, and say how sure that is."""
    from camjax.errors import CamjaxError, refusal

    if (find is None) != (such_that is None) or (find is None) == (maximise is None):
        got = [
            name
            for name, given in (
                ("--find", find),
                ("--such-that", such_that),
                ("--maximise", maximise),
            )
            if given
        ]
        expected = "--find and --such-that, or --maximise"
        raise CamjaxError(refusal("solve", expected, " and ".join(got) or "none"))
    path, between = _range(vary)
    loaded = load(scenario, overrides)

    from camjax import questions
    from camjax.runs.plain import as_document

    options: dict[str, Any] = {"between": between, "paths": paths, "seed": seed}
    if find is not None and such_that is not None:
        found = questions.find(loaded, path, find, such_that, **options)
    else:
        found = questions.maximise(loaded, path, str(maximise), **options)
    if as_json:
        answer = dataclasses.asdict(found) | {"at_bound": found.at_bound}
        verdict = found.verdict if find is not None and found.check is not None else None
        flags = [] if found.check is None else found.check.flags
        typer.echo(as_document(answer | {"verdict": verdict, "flags": flags}))
    else:
        typer.echo(_words(found, find, such_that, maximise))


def _range(text: str) -> tuple[str, tuple[float, float] | None]:
    """A path, and the range behind it if there is one."""
    from camjax.errors import CamjaxError, refusal

    path, equals, ends = text.partition("=")
    if not equals:
        return path.strip(), None
    try:
        low, high = (read_number(end) for end in ends.split(":"))
    except ValueError:
        remedy = f"Such as {path.strip()}=0.01:0.05."
        raise CamjaxError(refusal("--vary", "path=low:high", repr(text), remedy)) from None
    return path.strip(), (low, high)


def _words(found: "Solution", find: str | None, such_that: str | None, goal: str | None) -> str:
    """The whole answer of `camjax solve`."""
    low, high = (f"{end:.6g}" for end in found.range)
    paths = f"{found.paths:,} path{'s' if found.paths > 1 else ''}, seed {found.seed}"
    if found.value is None:
        assert found.nearest is not None
        at, margin = found.nearest
        return (
            f"Infeasible: {such_that} holds nowhere for {found.parameter} from {low} to {high}; "
            f"it comes nearest at {at:.6g}, where it is missed by {-margin:.3g} ({paths})."
        )
    lines = [f"{found.parameter} = {found.value:.9g}{_interval(found)}; {paths}"]
    if found.at_bound:
        lines.append(f"This is an end of the range {low} to {high}: the answer may lie beyond it.")
    assert found.check is not None
    lines[:0] = found.check.warnings
    check = amount(found.check.estimate)
    if found.paths > 1:
        check = f"{check}, {interval_of(found.check.low, found.check.high, amount)}"
    fresh = f"On {found.check.paths:,} fresh paths" if found.paths > 1 else "There"
    what = f"{goal} = " if goal is not None else f"{VERDICTS[found.verdict]}, by "
    lines.append(f"{fresh} {what}{check}.")
    safe = found.high if find == "min" else found.low
    if find is not None and found.verdict != "holds" and safe is not None:
        lines.append(f"To be on the safe side take {safe:.6g}, the end of the interval.")
    lines.extend(found.check.notes)
    return "\n".join(lines)


def _interval(found: "Solution") -> str:
    if found.paths == 1:
        return ""
    low = "below the range" if found.low is None else f"{found.low:.6g}"
    high = "beyond the range" if found.high is None else f"{found.high:.6g}"
    return f", 95 % interval {low} to {high}"
