"""What could not be done, before anything that was."""

import math
from collections.abc import Mapping, Sequence

from camjax.flags import FLAG_LABELS, Raised
from camjax.report.by_setting import by_label
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
    raised = dict(zip(source.settings, source.undone, strict=True))
    return what_could_not(raised, "setting", source.token)


def what_could_not(
    raised: Mapping[str, Sequence[Raised]], whose: str, token: str
) -> Section | None:
    """`could_not`, by whatever labels there are.

    Args:
      raised: by label.
      whose: heading of the labels.
      token: label of the stablecoin.
    """
    rows: list[tuple[Cell, ...]] = [
        (
            label,
            FLAG_LABELS[each.flag],
            *(
                math.nan if number is None else float(number)
                for number in (each.num_paths, each.of_paths, each.step, each.amount, each.asked)
            ),
        )
        for label, own in raised.items()
        for each in own
    ]
    if not rows:
        return None
    unit = amount(token)
    columns = {
        "what": None,
        "paths": COUNT,
        "of": COUNT,
        "first step": COUNT,
        "not paid": unit,
        "asked for": unit,
    }
    table = by_label(whose, list(raised), "What could not be done", columns, rows, NOTE)
    return Section(key="undone", title="What could not be done", text=TEXT, items=(table,))
