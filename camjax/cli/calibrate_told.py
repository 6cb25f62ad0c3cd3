"""What both ways to fit tell alike: numbers, estimates with intervals, and what frames them."""

import math
from collections.abc import Sequence
from typing import Any

from camjax.cli.told import told_unused
from camjax.runs.columns import aligned


def framed(
    heading: str,
    answer: dict[str, Any],
    tables: Sequence[str],
    ending: Sequence[str],
    unused: Sequence[str],
) -> str:
    """The whole answer: what it is of, warnings, tables, and last lines.

    Args:
      heading: one line.
      answer: the values of fit.json.
      tables: in their order.
      ending: lines.
      unused: columns of files that are no drivers of the scenario.
    """
    warned = "\n".join(f"Warning: {warning}" for warning in answer["warnings"])
    last = "\n".join([*ending, *told_unused(unused)])
    return "\n\n".join([heading, *([warned] if warned else []), *tables, last])


def estimates(answer: dict[str, Any]) -> str:
    """The table of estimates, from the values of fit.json."""
    header = ("estimate", "value", "std error", "95 % interval", "scenario")
    rows = [
        (
            name,
            number(found["value"]),
            number(found["standard_error"]),
            f"{number(found['lower_95'])} to {number(found['upper_95'])}",
            number(found["scenario"]),
        )
        for name, found in answer["estimates"].items()
    ]
    return aligned([header, *rows])


def number(value: float | None) -> str:
    """To four digits; a dash where it is not known.

    >>> number(0.123456), number(None)
    ('0.1235', '-')
    """
    if value is None or math.isnan(value):
        return "-"
    return f"{value:.4g}"
