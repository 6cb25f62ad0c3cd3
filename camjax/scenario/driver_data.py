"""Driver series and histories, read from the files a scenario names."""

import dataclasses
from pathlib import Path

import numpy as np

from camjax.domains import Domain, Interval
from camjax.scenario.columns import known_columns
from camjax.scenario.drivers_file import read_history, read_series
from camjax.scenario.process_tables import BlockBootstrapTable
from camjax.scenario.schema import Document


@dataclasses.dataclass(frozen=True)
class DriverData:
    """What a scenario's files say.

    Args:
      series: [T+1] by column, from drivers.csv.
      histories: observed values by the column that a block bootstrap drives.
    """

    series: dict[str, np.ndarray]
    histories: dict[str, np.ndarray]


def read_driver_data(document: Document) -> DriverData:
    """Read the files that a checked document names.

    Raises:
      ScenarioError: a file cannot be used; the message names the file, not the scenario.
    """
    known = known_columns(document.deposits)
    file = document.drivers.file
    num_rows = document.steps + 1
    series = {} if file is None else read_series(Path(file), known, num_rows, document.dt_days)
    histories = {
        column: _read_history(process, known[column].domain)
        for column, process in document.drivers.processes.items()
        if isinstance(process, BlockBootstrapTable) and column not in series
    }
    return DriverData(series, histories)


def _read_history(process: BlockBootstrapTable, domain: Domain) -> np.ndarray:
    """The history of a block bootstrap, each value such that its blocks mean something."""
    domains: dict[str, Domain] = {
        "level": domain,
        "difference": Interval("(-inf, inf)"),
        "log_return": Interval("(0, inf)"),
    }
    return read_history(Path(process.history), process.column, domains[process.kind])
