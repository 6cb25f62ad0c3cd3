"""The file of drivers that a command line names beside its observations."""

from pathlib import Path

from calibration.driver_series import DriverTable, read_driver_table
from camjax.errors import CamjaxError, refusal, shortened
from camjax.scenario.columns import is_yield, known_columns
from camjax.scenario.schema import Document
from camjax.yield_units import doubts


def read_drivers(file: Path, document: Document, as_is: bool) -> DriverTable:
    """Read `--drivers`; of its yields what is asked of a table of observations.

    Args:
      file: CSV, rows by time.
      document: the scenario whose drivers they are.
      as_is: take yields as they stand that look wrong.

    Raises:
      CamjaxError: the file cannot be used, or yields look like another unit or are below 0.
    """
    known = {name: kind.domain for name, kind in known_columns(document.deposits).items()}
    table = read_driver_table(file, known, document.dt_days)
    names = [] if as_is else [name for name in table.columns if is_yield(name)]
    for found in doubts([table.columns[name] for name in names], lowest=0.0):
        whose = ", ".join([names[place] for place in found.places] or names)
        mend = "Divide it by 100" if found.is_percent else "Mend it"
        remedy = f"{mend}, or add --as-is if the figures are right as they stand."
        where = f"{table.source}, column {shortened(whose)}"
        raise CamjaxError(refusal(where, found.expected, found.got, remedy))
    return table
