"""What could not be done, before anything that was."""

import math

from camjax.flags import FLAG_LABELS
from camjax.report.by_setting import by_setting
from camjax.report.content import Cell, Section
from camjax.report.source import Source
from camjax.report.units import COUNT, amount

TEXT = (
    "Shortfall: redemption that could not be paid. Remainder: capital that settlement could not "
    "move as planned. Emptied: nothing was left to allocate; shares are then the last there were."
)
NOTE = "Amounts are of a whole path, on average over the paths on which it happened."


def could_not(source: Source) -> Section | None:
    """A row for each setting and thing that some path could not do; None where all was done."""
    rows: list[tuple[Cell, ...]] = [
        (
            setting,
            FLAG_LABELS[each.flag],
            *(
                math.nan if number is None else float(number)
                for number in (each.num_paths, each.of_paths, each.step, each.amount, each.asked)
            ),
        )
        for setting, own in zip(source.settings, source.undone, strict=True)
        for each in own
    ]
    if not rows:
        return None
    unit = amount(source.token)
    columns = {
        "what": None,
        "paths": COUNT,
        "of": COUNT,
        "first step": COUNT,
        "not paid": unit,
        "asked for": unit,
    }
    table = by_setting(source, "What could not be done", columns, rows, NOTE)
    return Section(key="undone", title="What could not be done", text=TEXT, items=(table,))
