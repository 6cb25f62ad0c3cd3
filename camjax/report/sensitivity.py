"""A sensitivity analysis: what matters most to each output, ranked, with intervals."""

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

from camjax.report.content import Cell, Estimate, Figure, Report, Section, Spread, Spreads, Table
from camjax.report.estimates import mean_text
from camjax.report.palette import SETTINGS
from camjax.report.units import DIGITS, NUMBER, Unit, words

MOST_BARS = 12
"""Parameters of an output that are drawn; its table has all."""
MOST_SENTENCES = 8
"""Outputs of which the top of the page speaks."""
NAMED_PART = 0.01
"""A parameter that matters less than this part of the first is not named beside it."""
PLACES = {"at": "at", "from": "from", "to": "to"}
"""Columns that say where parameters were, and their headings."""
TITLES = {"local": "local", "sobol": "Sobol", "morris": "Morris", "dgsm": "derivative-based"}
MODEL = (
    "What is shown follows from a model and from the scenario below: what matters to the model "
    "need not matter as much to holders."
)
METHOD = {
    "local": "The derivative of an output by a parameter is exact and holds at the scenario's own "
    "values; the elasticity is the change of the output in percent for one percent more.",
    "sobol": "The total order of a parameter is the part of an output's variance over the box that "
    "would be left if all others were known; the first order is the part that knowing it alone "
    "would take away. What total orders exceed first orders by is interaction.",
    "morris": "The mean absolute effect is that of moving one parameter across its whole range, "
    "from places spread over the box. A mean effect that is smaller has effects of both signs; a "
    "large deviation tells of interaction or of curvature.",
    "dgsm": "The bound is one that the mean square of the derivative by a parameter puts on its "
    "total order, which is the part of variance that would be left if all others were known.",
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Ranking:
    """What a method found, as plain values.

    Attributes:
      name: of the scenario.
      scenario: its TOML text.
      method: a key of `METHOD`.
      facts: names and values.
      notes: sentences on what was evaluated and on intervals.
      rows: with output, parameter, and numbers by name; NAME_low and NAME_high are the ends of
        the interval of NAME. The most important parameter of an output comes first.
      columns: numbers that tables show, and their headings.
      bars: those of them that are drawn; the first is the one that parameters are ranked by.
      flat: outputs that do not vary but for rounding.
      not_finite: outputs that are not a finite number somewhere.
    """

    name: str
    scenario: str
    method: str
    facts: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    rows: tuple[Mapping[str, Any], ...]
    columns: Mapping[str, str]
    bars: tuple[str, ...]
    flat: tuple[str, ...] = ()
    not_finite: tuple[str, ...] = ()

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Ranking":
        """From the values of sensitivity.json.

        Raises:
          KeyError, TypeError: they are not those of a sensitivity analysis.
        """
        rows = ({key: _known(value) for key, value in row.items()} for row in document["rows"])
        return cls(
            **{key: document[key] for key in ("name", "scenario", "method", "columns")},
            facts=tuple((name, value) for name, value in document["facts"]),
            notes=tuple(document["notes"]),
            bars=tuple(document["bars"]),
            rows=tuple(rows),
            flat=tuple(document.get("flat", ())),
            not_finite=tuple(document.get("not_finite", ())),
        )

    @property
    def outputs(self) -> tuple[str, ...]:
        """Questions in the order they were asked."""
        return tuple(dict.fromkeys(row["output"] for row in self.rows))

    @property
    def unit(self) -> Unit:
        """Of what is drawn: effects are in units of outputs, all else has none."""
        return DIGITS if self.method == "morris" else NUMBER

    def of(self, output: str) -> list[Mapping[str, Any]]:
        """Rows of one output."""
        return [row for row in self.rows if row["output"] == output]


def _known(value: Any) -> Any:
    """A number, NaN for one that JSON could not hold."""
    return math.nan if value is None else value


def sensitivity_report(found: Ranking) -> Report:
    """What there is to say of a sensitivity analysis."""
    outputs = found.outputs
    ranked = Section(
        key="ranked",
        title="What matters",
        text=" ".join(found.notes),
        items=(_tornado(found), *(_table(found, output) for output in outputs)),
    )
    return Report(
        title=f"{found.name}: {TITLES[found.method]} sensitivity",
        subtitle=f"What matters to {', '.join(outputs[:MOST_SENTENCES])}",
        facts=found.facts,
        sentences=tuple(_sentence(found, output) for output in outputs[:MOST_SENTENCES]),
        sections=(ranked,),
        method=(METHOD[found.method], MODEL),
        scenario=found.scenario,
    )


def _sentence(found: Ranking, output: str) -> str:
    """Which two parameters matter most, and how much."""
    measure = found.bars[0]
    if output in found.flat:
        return f"{output} does not vary but for rounding, whatever the parameters."
    if output in found.not_finite:
        return f"{output} is not a finite number everywhere, so that nothing ranks its parameters."
    known = [row for row in found.of(output) if math.isfinite(row[measure]) and row[measure] != 0]
    if not known:
        undefined = sum(not math.isfinite(row[measure]) for row in found.of(output))
        if undefined:
            return f"{output}: {found.columns[measure]} is not defined by {undefined} parameters."
        return f"{output} responds to none of the parameters but by rounding."
    least = NAMED_PART * abs(known[0][measure])
    named = [
        f"{row['parameter']}, {mean_text(_estimate(row, measure), found.unit)}"
        for row in known[:2]
        if abs(row[measure]) > least
    ]
    by = f"by {found.columns[measure]}" if found.method != "dgsm" else "by its bound of total order"
    return f"{output} depends most, {by}, on {'; then on '.join(named)}."


def _estimate(row: Mapping[str, Any], name: str) -> Estimate:
    nowhere = math.nan
    ends = (float(row.get(f"{name}_{end}", nowhere)) for end in ("low", "high"))
    return Estimate(float(row[name]), *ends)


def _tornado(found: Ranking) -> Figure:
    """A panel an output and measure, a bar a parameter, in the order of the first measure."""
    panels = []
    for output in found.outputs:
        for measure, colour in zip(found.bars, SETTINGS[1:], strict=False):
            heading = found.columns.get(measure, words(measure))
            rows = [
                Spread(row["parameter"], colour, one, one.low, one.high)
                for row in found.of(output)[:MOST_BARS]
                for one in (_estimate(row, measure),)
                if math.isfinite(one.value)
            ]
            if rows:
                panel = Spreads(
                    title=f"{output}: {heading}",
                    unit=found.unit,
                    rows=tuple(rows),
                    reach="95 % interval",
                    middle=heading,
                    bars=True,
                )
                panels.append(panel)
    most = max(len(found.of(output)) for output in found.outputs)
    left_out = f" The first {MOST_BARS} of {most} are drawn." if most > MOST_BARS else ""
    return Figure(
        key="tornado",
        title="Parameters ranked",
        caption=f"Bars from 0 to the value; strokes: its 95 % interval.{left_out}",
        panels=tuple(panels),
        table=_behind(found),
        wide=True,
    )


def _behind(found: Ranking) -> Table:
    names = [found.columns.get(measure, words(measure)) for measure in found.bars]
    return Table(
        title="Parameters ranked",
        columns=("output", "parameter", *names),
        units=(None, None, *[found.unit] * len(names)),
        rows=tuple(
            (row["output"], row["parameter"], *(_estimate(row, name) for name in found.bars))
            for row in found.rows
        ),
    )


def _table(found: Ranking, output: str) -> Table:
    """All numbers of one output, the most important parameter first."""
    rows = found.of(output)
    places = [name for name in PLACES if name in rows[0]]
    cells: list[tuple[Cell, ...]] = [
        (
            row["parameter"],
            *(_estimate(row, name) for name in found.columns),
            *(float(row[place]) for place in places),
        )
        for row in rows
    ]
    headings = (*found.columns.values(), *(PLACES[place] for place in places))
    return Table(
        title=output,
        columns=("parameter", *headings),
        units=(None, *[DIGITS] * len(headings)),
        rows=tuple(cells),
        note="Values with their 95 % intervals, where there are any.",
    )
