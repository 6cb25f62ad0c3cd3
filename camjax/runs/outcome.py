"""What a run comes to: in short, as labelled arrays, as a table."""

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from camjax.results import to_frame
from camjax.runs.summary import Summary
from camjax.runs.table import format_summary
from camjax.scenario import Scenario

if TYPE_CHECKING:
    import pandas
    import xarray


@dataclasses.dataclass(frozen=True, repr=False, eq=False)
class Run:
    """Paths of a scenario that have run; it prints as the table of `camjax run`.

    Of a shard it is the shard's own paths.
    """

    scenario: Scenario
    summary: Summary
    """What the table and `to_dict` say, as data."""
    results: "Callable[[], xarray.Dataset]"
    """What makes or opens the labelled arrays."""

    def to_xarray(self) -> "xarray.Dataset":
        """Trajectories, last steps or statistics over paths, as `out` holds them."""
        return self.results()

    def to_frame(self) -> "pandas.DataFrame":
        """The labelled arrays as a flat table, see `camjax.results.to_frame`."""
        return to_frame(self.to_xarray())

    def to_dict(self) -> dict[str, Any]:
        """What `camjax run --json` prints: plain values, None where one is not finite."""
        return self.summary.as_json()

    def __repr__(self) -> str:
        return format_summary(self.summary)
