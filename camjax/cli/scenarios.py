"""`camjax scenarios`: look at scenarios without running them."""

import typer

from camjax.cli.load import load
from camjax.cli.once import Once
from camjax.cli.options import JsonOption, ScenarioArgument, SetOption
from camjax.runs.plain import as_document

app = typer.Typer(
    help="List, show and check scenarios.", rich_markup_mode=None, pretty_exceptions_enable=False
)


@app.command(name="list", cls=Once)
def list_scenarios(as_json: JsonOption = False) -> None:
    """List the built-in scenarios."""
    from camjax.scenario import list_builtin

    builtin = list_builtin()
    if as_json:
        typer.echo(as_document([{"name": name, "about": about} for name, about in builtin]))
        return
    width = max(len(name) for name, _ in builtin)
    for name, about in builtin:
        typer.echo(f"{name:<{width}}  {about}")


@app.command(cls=Once)
def show(
    scenario: ScenarioArgument = "fei", overrides: SetOption = None, as_json: JsonOption = False
) -> None:
    """Print a scenario with every key it has, defaults and overrides included."""
    import tomllib

    text = load(scenario, overrides).toml
    typer.echo(as_document(tomllib.loads(text)) if as_json else text.rstrip())


@app.command(cls=Once)
def validate(
    scenario: ScenarioArgument = "fei", overrides: SetOption = None, as_json: JsonOption = False
) -> None:
    """Check a scenario and its driver file; exit status 2 says where it is wrong."""
    valid = load(scenario, overrides)
    if as_json:
        typer.echo(as_document({"name": valid.name, "valid": True}))
    else:
        typer.echo(f"{valid.name} is valid.")
