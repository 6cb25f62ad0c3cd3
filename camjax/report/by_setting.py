"""Tables whose rows belong to settings."""

from collections.abc import Iterable, Mapping, Sequence

from camjax.report.content import Cell, Table
from camjax.report.source import Source
from camjax.report.units import Unit


def by_setting(
    source: Source,
    title: str,
    columns: Mapping[str, Unit | None],
    rows: Iterable[tuple[Cell, ...]],
    note: str = "",
) -> Table:
    """A table with the setting in front; a run, having but one, goes without that column.

    Args:
      source: whose settings they are.
      title: of the table.
      columns: names and units behind the setting's.
      rows: the setting's label first.
      note: below the table.
    """
    return by_label("setting", source.settings, title, columns, rows, note)


def by_label(
    whose: str,
    labels: Sequence[str],
    title: str,
    columns: Mapping[str, Unit | None],
    rows: Iterable[tuple[Cell, ...]],
    note: str = "",
) -> Table:
    """`by_setting` for what goes by another name: its heading, and which there are."""
    first = 0 if len(labels) > 1 else 1
    return Table(
        title=title,
        columns=(whose, *columns)[first:],
        units=(None, *columns.values())[first:],
        rows=tuple(row[first:] for row in rows),
        note=note,
    )
