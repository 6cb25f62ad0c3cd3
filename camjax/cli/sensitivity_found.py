"""What a method of `camjax sensitivity` found: tables, a picture, words."""

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from calibration.sensitivity import figures, tables
from camjax._version import __version__
from camjax.cli.report_source import RANKING
from camjax.cli.sensitivity_order import Order
from camjax.runs.columns import aligned
from camjax.runs.plain import plain
from camjax.writing.seals import sealed_json

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from camjax.report.sensitivity import Ranking

SHOWN = 12
"""Rows of each output that the terminal shows."""


@dataclasses.dataclass(frozen=True)
class Found:
    """What a method found."""

    order: Order
    rows: list[tables.Row]
    columns: Mapping[str, str]
    """Columns of the table in the terminal, and their headings."""
    bars: tuple[str, ...]
    """Numbers of a row that the picture shows."""
    label: str
    notes: tuple[str, ...]
    more: Mapping[str, list[tables.Row]] = dataclasses.field(default_factory=dict)
    """Further tables by file name."""
    flat: tuple[str, ...] = ()
    """Outputs that do not vary but for rounding."""
    not_finite: tuple[str, ...] = ()
    """Outputs that are not a finite number somewhere."""

    def tables(self) -> dict[str, str]:
        """Text by file name."""
        whole = sealed_json(plain(dataclasses.asdict(self.ranking())))
        return {"sensitivity.csv": tables.as_csv(self.rows), RANKING: whole} | {
            name: tables.as_csv(rows) for name, rows in self.more.items() if rows
        }

    def figure(self) -> "Figure":
        """The tornado picture."""
        return figures.tornado(self.rows, self.bars, self.label)

    def ranking(self) -> "Ranking":
        """What the report is made of."""
        from camjax.report.sensitivity import Ranking

        order = self.order
        return Ranking(
            name=order.scenario.name,
            scenario=order.scenario.toml,
            method=order.method,
            facts=(
                ("Method", order.method),
                ("Outputs", f"{len(order.questions)}"),
                ("Parameters", f"{len({row['parameter'] for row in self.rows})}"),
                ("Common paths", f"{order.evaluations.num_paths:,}"),
                ("Seed", f"{order.seed}"),
                ("Precision", order.scenario.precision),
                ("camjax", __version__),
            ),
            notes=self.notes,
            rows=tuple(map(_numbers, self.rows)),
            columns=self.columns,
            bars=self.bars,
            flat=self.flat,
            not_finite=self.not_finite,
        )

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        order = self.order
        return {
            "scenario": order.scenario.name,
            "method": order.method,
            "paths": order.evaluations.num_paths,
            "seed": order.seed,
            "notes": list(self.notes),
            "flat": list(self.flat),
            "not_finite": list(self.not_finite),
            "rows": [_numbers(row) for row in self.rows],
            **{
                name.removesuffix(".csv"): list(map(_numbers, rows))
                for name, rows in self.more.items()
            },
        }

    def text(self) -> str:
        """The whole answer in a terminal."""
        order = self.order
        parts = [
            f"{order.scenario.name}: {order.method}, {order.evaluations.num_paths:,} common "
            f"paths, seed {order.seed}, {order.scenario.precision}"
        ]
        for question in order.questions:
            shown = [row for row in self.rows if row["output"] == question][:SHOWN]
            lines = [(question, *self.columns.values())]
            lines += [
                (row["parameter"], *(_cell(row, name) for name in self.columns)) for row in shown
            ]
            parts.append(aligned(lines))
        return "\n\n".join([*parts, "\n".join(self.notes)]).rstrip()


def _numbers(row: tables.Row) -> tables.Row:
    return {name: value if isinstance(value, str) else float(value) for name, value in row.items()}


def _cell(row: tables.Row, name: str) -> str:
    value = row[name]
    if np.isnan(value):
        return "-"
    low = row.get(f"{name}_low", np.nan)
    return f"{value:.4g}" if np.isnan(low) else f"{value:.4g} ±{value - low:.2g}"
