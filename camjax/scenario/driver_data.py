"""Driver series and histories, read from the files a scenario names."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from camjax.domains import Domain, Interval
from camjax.errors import shortened
from camjax.scenario.columns import is_yield, known_columns
from camjax.scenario.drivers_file import read_history, read_series
from camjax.scenario.messages import located, refuse
from camjax.scenario.process_tables import BlockBootstrapTable
from camjax.scenario.schema import Document
from camjax.yield_units import doubts


@dataclasses.dataclass(frozen=True)
class DriverData:
    """What a scenario's files say.

    Args:
      series: [T+1] by column, from drivers.csv.
      histories: observed values by the column that a block bootstrap drives.
      unread: columns, of files and of processes, that nothing in the scenario reads.
    """

    series: dict[str, np.ndarray]
    histories: dict[str, np.ndarray]
    unread: tuple[str, ...] = ()


def read_driver_data(document: Document) -> DriverData:
    """Read the files that a checked document names.

    Raises:
      ScenarioError: a file cannot be used; the message names the file, not the scenario.
    """
    known = known_columns(document.deposits)
    file = document.drivers.file
    num_rows = document.steps + 1
    series = {} if file is None else read_series(Path(file), known, num_rows, document.dt_days)
    tables = {
        column: process
        for column, process in document.drivers.processes.items()
        if isinstance(process, BlockBootstrapTable) and column not in series
    }
    histories = {
        column: _read_history(process, known[column].domain) for column, process in tables.items()
    }
    if not document.drivers.as_is:
        _check_yields(series, file or "")
        for column, values in histories.items():
            _check_yields({column: values}, tables[column].history)
    return DriverData(series, histories)


def _check_yields(columns: Mapping[str, np.ndarray], file: str) -> None:
    """Refuse yields that look like percent, or are beyond what venues have paid.

    Yields below 0 are none of it: models take losses.

    Raises:
      ScenarioError: so they look.
    """
    names = [name for name in columns if is_yield(name)]
    for found in doubts([columns[name] for name in names]):
        whose = [names[place] for place in found.places] or names
        mend = "Divide it by 100" if found.is_percent else "Mend it"
        remedy = f"{mend}, or set drivers.as_is = true if the figures are right as they stand."
        with located(file):
            refuse(f"column {shortened(', '.join(whose))}", found.expected, found.got, remedy)


def _read_history(process: BlockBootstrapTable, domain: Domain) -> np.ndarray:
    """The history of a block bootstrap, each value such that its blocks mean something."""
    domains: dict[str, Domain] = {
        "level": domain,
        "difference": Interval("(-inf, inf)"),
        "log_return": Interval("(0, inf)"),
    }
    return read_history(Path(process.history), process.column, domains[process.kind])
