"""Rows of text as lines of a table."""

from collections.abc import Sequence


def aligned(rows: Sequence[Sequence[str]], left: int = 1) -> str:
    """Rows as lines: the first columns to the left, the others to the right.

    Args:
      rows: of as many cells each.
      left: how many columns are text.

    >>> print(aligned([("weights", "mean"), ("idle", "62.0%")]))
    weights   mean
    idle     62.0%
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = zip(row, widths, strict=True)
        lines.append(
            "  ".join(
                cell.ljust(width) if column < left else cell.rjust(width)
                for column, (cell, width) in enumerate(cells)
            ).rstrip()
        )
    return "\n".join(lines)
