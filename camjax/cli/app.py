"""The roof of the command: what it is made of, and how it ends."""

import contextlib
import os
import sys
from collections.abc import Sequence
from typing import Annotated, NoReturn

import typer

from camjax._version import __version__
from camjax.arguments import as_options
from camjax.cli import scenarios
from camjax.cli.analyse import analyse
from camjax.cli.ask import ask
from camjax.cli.backtest import backtest
from camjax.cli.calibrate import calibrate
from camjax.cli.describe import describe
from camjax.cli.export import export
from camjax.cli.forecast import forecast
from camjax.cli.join import is_joined, let_others_end
from camjax.cli.merge import merge
from camjax.cli.net import cannot_write, caught
from camjax.cli.observe import observe
from camjax.cli.once import Once
from camjax.cli.report import report
from camjax.cli.run import run
from camjax.cli.sensitivity import sensitivity
from camjax.cli.signals import stoppable, stopped_by
from camjax.cli.solve import solve
from camjax.cli.statuses import BY_SIGNAL, INTERRUPTED, OK, REFUSED
from camjax.cli.streams import complain, mend_streams, output_error
from camjax.cli.sweep import sweep
from camjax.cli.told_by_parser import bounded
from camjax.cli.weights import weights
from camjax.errors import CamjaxError, QuestionError
from camjax.writing.held import until_the_end

app = typer.Typer(
    name="camjax",
    help="Simulate where the holders of a stablecoin keep it.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for command in (
    run,
    sweep,
    report,
    analyse,
    describe,
    export,
    merge,
    observe,
    weights,
    backtest,
    forecast,
    calibrate,
    ask,
    solve,
    sensitivity,
):
    app.command(cls=Once)(command)
app.add_typer(scenarios.app, name="scenarios")


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"camjax {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _command(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Where camjax itself fails, show where.")
    ] = False,
) -> None:
    del version, debug  # `main` reads it, since the command may not come so far
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command `camjax`.

    Args:
      arguments: what follows `camjax` on the command line; by default this process's own.

    Returns:
      Exit status: 0; 2 with one line on standard error for bad input; 1 with one line for a fault
      of camjax; 130 when interrupted, 143 when terminated.
    """
    mend_streams()
    with stoppable():
        try:
            with until_the_end(), as_options():
                status = _run(arguments)
        except KeyboardInterrupt:
            status = INTERRUPTED
        number = stopped_by()
    if number is not None:
        status = BY_SIGNAL + number
    stopped = number is not None or status == INTERRUPTED
    if arguments is None and (stopped or (status != OK and is_joined())):
        let_others_end()
        _leave_at_once(status)
    return status


def _run(arguments: Sequence[str] | None) -> int:
    """Run a command; its exit status."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    try:
        status = app(given, prog_name="camjax", standalone_mode=False)
        if (unwritten := output_error()) is not None:
            return cannot_write(unwritten)
    except QuestionError as error:
        return _refuse(error.sentence, error.pointer)
    except CamjaxError as error:
        return _refuse(str(error))
    except typer.TyperException as error:
        said = bounded(error.format_message(), given).rstrip(".")
        return _refuse(f"{said}. Try `camjax --help`.")
    except SystemExit:  # of typer, where nobody reads its output any more
        return cannot_write(BrokenPipeError())
    except Exception as error:
        return caught(error, debug=given[:1] == ["--debug"])
    return status if isinstance(status, int) else OK


def _leave_at_once(status: int) -> NoReturn:
    """End this process without taking down what still compiles in other threads: that crashes.

    And without waiting for the processes that it has met, which may not end for hours, or have.
    """
    with contextlib.suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(status)


def _refuse(message: str, *pointer: str) -> int:
    """Say on standard error, in one line, what cannot be used, and below it point at the place."""
    complain(f"camjax: {' '.join(message.split())}", *pointer)
    return REFUSED
