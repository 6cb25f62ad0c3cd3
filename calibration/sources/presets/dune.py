"""Exports of Dune queries: times end in UTC, and columns are those of the query.

References:
  https://docs.dune.com, results as CSV and JSON.
"""

from calibration.sources.mapping import Mapping
from calibration.sources.presets.base import Preset
from calibration.sources.sheet import Sheet


def _is_dune(sheet: Sheet) -> bool:
    if sheet.envelope[-2:] == ("result", "rows"):
        return True
    first_row = (cells[0] for cells in sheet.columns.values())
    return any(isinstance(cell, str) and cell.endswith(" UTC") for cell in first_row)


PRESET = Preset(
    recognises=_is_dune,
    mapping=Mapping(),
    says="times are UTC; columns are told by their names",
)
