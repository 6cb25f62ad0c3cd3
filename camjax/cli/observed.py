"""The table of observations and the scenario it is read for, as a command line names them."""

import dataclasses
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from calibration.forecast.spacing import common_step
from calibration.missing_days import MissingDays, parse_missing_days
from calibration.observations import Observations, observe
from calibration.observed_file import read_observed
from calibration.sources.synthetic import named_or_file
from camjax.config import configure
from camjax.memory import check_fits
from camjax.scenario import parse_overrides
from camjax.scenario.messages import located
from camjax.scenario.scenario import checked
from camjax.scenario.schema import Document
from camjax.scenario.sources import read_source


@dataclasses.dataclass(frozen=True)
class ObservedOptions:
    """How to read a table of observations, as the command line says it.

    Attributes:
      file: observed.csv.
      missing: what to do about days without an observation: refuse, carry:K or interpolate.
      residual: the deposit that holds what the others leave of the total supply.
      supply: a file with the series total_supply, where it is not in the first.
      as_is: take figures that look like another unit as they stand.
    """

    file: Path
    missing: str = "refuse"
    residual: str | None = None
    supply: Path | None = None
    as_is: bool = False

    @property
    def policy(self) -> MissingDays:
        """What to do about missing days."""
        return parse_missing_days(self.missing)

    def read(
        self, document: Document | None, left_out: Sequence[str] = (), *, fill: bool = False
    ) -> Observations:
        """The observations, at the steps of a scenario if there is one.

        Args:
          document: the scenario, checked; None takes the table's own deposits and moments.
          left_out: deposits to be taken out of allocation.
          fill: without a scenario, whether days between that are missing become rows as well.

        Raises:
          CamjaxError: see `calibration.observations.observe`.
        """
        table = read_observed(named_or_file(self.file), as_is=self.as_is)
        step = None if document is None else document.dt_days
        if document is None and fill and self.policy.uses_samples_between_steps:
            step = common_step(table.moments)
        deposits = [] if document is None else document.deposits
        allocated = [d.allocated and d.name not in left_out for d in deposits]
        return observe(
            table,
            deposits=[deposit.name for deposit in deposits] or None,
            allocated=allocated or None,
            start=None if document is None else document.start_date,
            dt_days=step,
            missing=self.policy,
            residual=self.residual,
            supply=None if self.supply is None else read_observed(self.supply, as_is=self.as_is),
        )


def steps_to_last(observations: Observations, dt_days: float) -> int:
    """Steps from a scenario's start to the last observation.

    Raises:
      CamjaxError: a series of so many does not fit in memory.
    """
    steps = round(observations.times_days[-1] / dt_days)
    what = f"{steps:,} steps from the scenario's start to the last observation"
    check_fits(8 * steps, what, "Choose a larger dt_days, or a later start_date.")
    return steps


def read_document(
    source: str, assignments: Iterable[str] | None
) -> tuple[Document, dict[str, Any]]:
    """A scenario checked but for its drivers, and the overrides it was checked with.

    Raises:
      CamjaxError: the scenario or an assignment cannot be used.
    """
    configure("float64")
    overrides = {**parse_overrides(assignments or []), "precision": "float64"}
    raw = read_source(source)
    with located(raw.label):
        return checked(raw, overrides), overrides
