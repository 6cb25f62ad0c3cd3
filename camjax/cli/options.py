"""Options that several commands share, so that they read the same everywhere."""

from typing import Annotated, Literal

import typer

ScenarioArgument = Annotated[
    str, typer.Argument(metavar="SCENARIO", help="A built-in name, or a TOML file.")
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Override a key of the scenario, such as deposits.savings.rate=0.03. Repeatable.",
    ),
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Answer in JSON, for machines, on standard output.")
]
Keep = Literal["trajectories", "final", "statistics"]
"""What a run writes of its paths: every step, the last step, or statistics over paths."""

Precision = Literal["float32", "float64"]
