"""What a forecaster may see: observations up to a moment, in arrays of their own."""

import dataclasses
import functools
from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from calibration.clock import Clock
from calibration.forecast.coordinates import to_ilr
from calibration.forecast.spacing import Spacing, require_even, spacing_of
from calibration.observations import Observations, implied_weights
from camjax.errors import CamjaxError, refusal


class HistoryTooShort(CamjaxError):
    """A method needs more rows than it sees.

    Attributes:
      needed: rows.
      purpose: what they are for.
      got: rows there are.
    """

    def __init__(self, needed: int, purpose: str, got: int, remedy: str) -> None:
        self.needed, self.purpose, self.got = needed, purpose, got
        super().__init__(refusal("history", f"at least {needed} rows for {purpose}", got, remedy))


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class History:
    """Observations of D deposits, N of them under allocation, at t moments up to an origin.

    Arrays are copies and read-only: there is no way from them to anything later.

    Attributes:
      times_days: [t] ascending.
      balances: [t, D] tokens, ≥ 0.
      yield_rates: [t, D] 1/year; NaN where not known.
      names: the D deposits.
      allocated: D flags, whether a deposit is under allocation.
      is_observed: [t] True where every balance was observed, False where one was filled in.
      drivers: observed driver series by column name, [t] or longer: then they begin before the
        balances, and all end at the origin; NaN where not known.
      floor: the share that stands for an empty deposit in log-ratios; None refuses zeros there.
      clock: where day 0 lies.
    """

    times_days: np.ndarray
    balances: np.ndarray
    yield_rates: np.ndarray
    names: tuple[str, ...]
    allocated: tuple[bool, ...]
    is_observed: np.ndarray
    drivers: Mapping[str, np.ndarray] = dataclasses.field(default_factory=dict)
    floor: float | None = None
    clock: Clock = dataclasses.field(default_factory=Clock)

    def __post_init__(self) -> None:
        """Take copies of the arrays, and refuse those that do not fit together."""
        num_rows = len(self.times_days)
        for name in ("times_days", "balances", "yield_rates", "is_observed"):
            object.__setattr__(self, name, _frozen(getattr(self, name)))
        drivers = {column: _frozen(values) for column, values in self.drivers.items()}
        object.__setattr__(self, "drivers", drivers)
        table = (num_rows, len(self.names))
        expected = {"balances": table, "yield_rates": table, "is_observed": (num_rows,)}
        shapes = {name: getattr(self, name).shape for name in expected}
        expected |= {name: (max(len(values), num_rows),) for name, values in drivers.items()}
        shapes |= {name: values.shape for name, values in drivers.items()}
        if shapes != expected or num_rows == 0 or len(self.allocated) != len(self.names):
            raise CamjaxError(
                refusal("history", f"at least one row, and arrays of shapes {expected}", shapes)
            )

    @classmethod
    def of(
        cls,
        observations: Observations,
        drivers: Mapping[str, ArrayLike] | None = None,
        floor: float | None = None,
    ) -> "History":
        """All there is in a table of observations.

        Args:
          observations: balances at the model's steps.
          drivers: observed series at the same moments, or from earlier ones on, by driver column.
          floor: see the class.

        Raises:
          CamjaxError: rows are not evenly spaced.
        """
        require_even(observations.times_days)
        return cls(
            times_days=observations.times_days,
            balances=observations.balances,
            yield_rates=observations.yield_rates,
            names=observations.names,
            allocated=observations.allocated,
            is_observed=np.asarray(observations.mask.all(axis=1)),
            drivers={name: np.asarray(values) for name, values in (drivers or {}).items()},
            floor=floor,
            clock=observations.clock,
        )

    @classmethod
    def of_weights(cls, weights: ArrayLike, floor: float | None = None) -> "History":
        """A series of compositions [t, N], one a day, of which nothing else is known."""
        parts = np.asarray(weights, dtype=np.float64)
        num_rows, num_parts = parts.shape
        return cls(
            times_days=np.arange(num_rows, dtype=np.float64),
            balances=parts,
            yield_rates=np.full_like(parts, np.nan),
            names=tuple(f"part_{part}" for part in range(num_parts)),
            allocated=(True,) * num_parts,
            is_observed=np.ones(num_rows, bool),
            floor=floor,
        )

    @property
    def num_rows(self) -> int:
        """How many moments there are, t."""
        return len(self.times_days)

    @property
    def deposits(self) -> tuple[str, ...]:
        """Names of the N deposits under allocation."""
        return tuple(
            name for name, allocated in zip(self.names, self.allocated, strict=True) if allocated
        )

    @functools.cached_property
    def weights(self) -> np.ndarray:
        """[t, N] implied weights of the deposits under allocation."""
        weights = implied_weights(self.balances, self.allocated)[:, np.array(self.allocated)]
        return _frozen(weights)

    @functools.cached_property
    def coordinates(self) -> np.ndarray:
        """[t, N−1] isometric log-ratios of the weights.

        Raises:
          CamjaxError: there is but one deposit, or one is empty and there is no floor.
        """
        self.require_choice()
        return _frozen(to_ilr(self.weights, self.floor))

    @property
    def dt_days(self) -> float:
        """Days between rows: the median, since a few may be missing; 1 where there is but one."""
        return float(np.median(np.diff(self.times_days))) if self.num_rows > 1 else 1.0

    @property
    def spacing(self) -> Spacing:
        """Shortest and longest time between rows."""
        return spacing_of(self.times_days)

    def evenly(self) -> "History":
        """The same rows as steps of `dt_days` from day 0, as a scenario of their own has them."""
        return dataclasses.replace(self, times_days=self.dt_days * np.arange(self.num_rows))

    def until(self, row: int) -> "History":
        """What was known at that row: rows 0…row, and nothing later."""
        if not 0 <= row < self.num_rows:
            raise CamjaxError(refusal("origin", f"a row from 0 to {self.num_rows - 1}", row))
        return self._rows(0, row + 1)

    def recent(self, rows: int) -> "History":
        """The last rows, or all where there are fewer."""
        return self._rows(max(self.num_rows - rows, 0), self.num_rows)

    def require(self, rows: int, purpose: str) -> None:
        """Refuse a history that is too short for a purpose.

        Raises:
          HistoryTooShort: there are fewer rows.
        """
        if self.num_rows < rows:
            remedy = "Observe longer, or choose another method."
            raise HistoryTooShort(rows, purpose, self.num_rows, remedy)

    def require_choice(self) -> None:
        """Refuse a history of one deposit.

        Raises:
          CamjaxError: fewer than two deposits are under allocation.
        """
        if len(self.deposits) < 2:
            expected, got = "two or more deposits under allocation", ", ".join(self.deposits)
            remedy = "One alone has weight 1."
            raise CamjaxError(refusal("observations", expected, got, remedy))

    def generator(self, seed: int) -> np.random.Generator:
        """Random numbers that depend on the seed and on the moment of the origin alone."""
        seconds = round(float(self.times_days[-1]) * 86400)
        return np.random.default_rng([seed, seconds])

    def _rows(self, first: int, end: int) -> "History":
        """Rows first…end − 1; of drivers what came before the first row too, if that is row 0."""
        rows = slice(first, end)
        later = self.num_rows - end
        drivers = {name: v[: len(v) - later] for name, v in self.drivers.items()}
        if first:
            drivers = {name: v[first - end :] for name, v in drivers.items()}
        return dataclasses.replace(
            self,
            times_days=self.times_days[rows],
            balances=self.balances[rows],
            yield_rates=self.yield_rates[rows],
            is_observed=self.is_observed[rows],
            drivers=drivers,
        )


def _frozen(values: np.ndarray) -> np.ndarray:
    """A read-only copy: a view would lead back to the whole."""
    copy = np.array(values)
    copy.flags.writeable = False
    return copy
