"""The options of `camjax analyse`, and what they come to."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    import xarray


NO_FILE = re.compile(r"[+-]?(nan|inf|infinity|[0-9.]+(e[+-]?[0-9]+)?)", re.IGNORECASE)
"""What is meant as a number, though it is no finite one."""


def _list(wanted: bool) -> None:
    if wanted:
        from camjax.cli.analyses import list_analyses

        typer.echo(list_analyses())
        raise typer.Exit


ListOption = Annotated[
    bool,
    typer.Option("--list", callback=_list, is_eager=True, help="Name all analyses and end."),
]
WhatOption = Annotated[
    list[str] | None,
    typer.Option("--what", metavar="NAME", help="Which analysis; --list names them. Repeatable."),
]
OfOption = Annotated[
    str | None, typer.Option(metavar="QUANTITY", help='Such as balance or "share[savings]".')
]
EventOption = Annotated[
    str | None, typer.Option(metavar="EVENT", help='Such as "share[savings] > 0.6".')
]
StepOption = Annotated[int | None, typer.Option(min=1, help="At this step. [default: the last]")]
FirstOption = Annotated[
    str | None, typer.Option(metavar="NAME", help="A setting or a deposit, to compare.")
]
SecondOption = Annotated[
    str | None, typer.Option(metavar="NAME", help="The one it is held against.")
]
WindowOption = Annotated[
    int | None, typer.Option(min=2, metavar="STEPS", help="Of rolling figures. [default: 30]")
]
HorizonOption = Annotated[
    int | None, typer.Option(min=1, metavar="STEPS", help="Of losses. [default: all]")
]
ProbabilityOption = Annotated[float | None, typer.Option(help="Of value at risk. [default: 0.95]")]
RateOption = Annotated[float | None, typer.Option(help="Another savings rate, balances fixed.")]
RevenueOption = Annotated[
    str | None,
    typer.Option(
        metavar="NUMBER|FILE|protocol",
        help="A step's; a CSV column `revenue`; or what the scenario declares, the default.",
    ),
]
PayerOption = Annotated[
    str | None, typer.Option("--deposit", help="Whose rate is paid. [default: the savings deposit]")
]
LevelOption = Annotated[float | None, typer.Option(help="Of intervals. [default: 0.95]")]
FolderOption = Annotated[
    Path | None, typer.Option(metavar="DIR", help="Write each as DIR/NAME.csv.")
]


def read_options(results: "xarray.Dataset", **options: Any) -> dict[str, Any]:
    """The options that were given, by the parameters of analyses that they stand for.

    Raises:
      CamjaxError: a level or a revenue that cannot be.
    """
    from camjax.errors import CamjaxError, refusal

    given = {name: value for name, value in options.items() if value is not None}
    level = given.get("level", 0.5)
    if not 0 < level < 1:
        raise CamjaxError(refusal("--level", "a number in (0, 1)", level))
    if "revenue" in given:
        given["revenue"] = _revenue(given["revenue"], results)
    return given


def _revenue(text: str, results: "xarray.Dataset") -> Any:
    """A revenue from its option: a number, what the scenario declares, or a column of a file."""
    from camjax.analysis import protocol_revenue
    from camjax.errors import CamjaxError, refusal
    from camjax.numerals import read_number
    from camjax.scenario.revenue_file import read_revenue

    if text == "protocol":
        return protocol_revenue(results)
    expected = "a finite number, protocol, or a CSV file"
    try:
        return read_number(text)
    except ValueError:
        if NO_FILE.fullmatch(text.strip()):
            raise CamjaxError(refusal("--revenue", expected, text)) from None
    return read_revenue(Path(text), "--revenue", expected)
