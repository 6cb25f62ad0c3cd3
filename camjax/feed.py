"""What a run reads: rows of drivers that lie ready, or that are made as the run comes to them."""

from typing import Any, Protocol

import jax
import jax.numpy as jnp
from jax import Array

from camjax._pytree import pytree, static
from camjax.drivers import Columns, first_row, is_held, row_of, sorted_columns
from camjax.groups import Groups
from camjax.market import Drivers, RiskState, Row, departed_prices, risk_step
from camjax.model import Model
from camjax.processes import DriverStream

PRICE = "volatile_asset_price"


class Feed(Protocol):
    """Rows 0…T of one path, in turn."""

    @property
    def rows(self) -> Any:
        """What a scan over steps 1…T takes along, [T, ...]."""
        ...

    def start(self) -> tuple[Any, Row]:
        """What step 1 needs of row 0, and the row."""
        ...

    def advance(self, state: Any, row: Any) -> tuple[Any, Row]:
        """What step t+1 needs of row t, and the row, from what step t needs and its `rows`."""
        ...


@pytree
class GivenFeed:
    """Series that lie ready."""

    model: Model
    drivers: Drivers

    @property
    def rows(self) -> Row:
        """Steps 1…T."""
        return self.model.rows(self.drivers)

    def start(self) -> tuple[None, Row]:
        """Nothing, and row 0."""
        return None, first_row(self.model.deposits, self.drivers)

    def advance(self, state: None, row: Row) -> tuple[None, Row]:
        """The row as it is."""
        return None, row


@pytree
class StreamFeed:
    """Rows made of a stream within the scan that reads them.

    Only prices are laid out first, since the risk metric looks back on them: the other drivers and
    the risk are never written.

    Args:
      model: whose rows they are.
      stream: what is drawn, but for the price.
      given: series [T+1] by column, but for the price.
      first_price: P_0; None without a price.
      prices: [T] P_1…P_T; None without.
      steps: T.
    """

    model: Model
    stream: DriverStream
    given: Columns
    first_price: Array | None
    prices: Array | None
    steps: int = static()

    @classmethod
    def of(cls, model: Model, stream: DriverStream, given: Columns, steps: int) -> "StreamFeed":
        """The feed of a stream and series of which one or the other may have the price.

        Args:
          model: whose rows they are.
          stream: what is drawn.
          given: series [T+1] by column.
          steps: T.
        """
        others = [name for name in stream.processes if name != PRICE]
        first_price = prices = None
        if PRICE in given:
            first_price, prices = given[PRICE][0], given[PRICE][1:]
        elif PRICE in stream.processes:
            first_price, prices = _first_and_later_prices(stream.only([PRICE]), steps)
        return cls(
            model=model,
            stream=stream.only(others),
            given={name: series for name, series in given.items() if name != PRICE},
            first_price=first_price,
            prices=prices,
            steps=steps,
        )

    @property
    def rows(self) -> tuple[Array, Any, Columns, Array | None, Array | None]:
        """Numbers of the steps, draws, series, and prices that come and that leave the window."""
        after = jax.tree.map(lambda rows: rows[1:], (self.stream.draws, self.given))
        departed = None
        if self.prices is not None:
            departed = departed_prices(self.prices, self.model.risk_window)
        return _numbers(self.steps), *after, self.prices, departed

    def start(self) -> tuple[Any, Row]:
        """The stream and the risk metric before step 1."""
        state, values = self.stream.start()
        values |= jax.tree.map(lambda rows: rows[0], self.given)
        risk = None
        if self.first_price is not None:
            values[PRICE], risk = self.first_price, RiskState.at(self.first_price)
        return (state, risk), self._row(values, jnp.int32(0), None, None)

    def advance(self, state: Any, row: Any) -> tuple[Any, Row]:
        """One row of the stream, and the risk that it brings."""
        (drawn, risk_state), (step, draws, given, price, departed) = state, row
        drawn, values = self.stream.advance(drawn, step, draws)
        values |= given
        if price is None or self.first_price is None:
            return (drawn, None), self._row(values, step, None, None)
        values[PRICE] = price
        number, window = step.astype(price.dtype), self.model.risk_window
        risk_state, risk = risk_step(risk_state, number, price, departed, window)
        held = is_held(price, self.first_price)
        return (drawn, risk_state), self._row(values, step, risk, held)

    def _row(self, values: Columns, step: Array, risk: Array | None, held: Array | None) -> Row:
        model = self.model
        drivers = sorted_columns(model.deposits, model.names, model.positions, values, self.steps)
        return row_of(Groups.of(model.deposits, drivers.deposits), drivers, step, risk, held)


def _first_and_later_prices(stream: DriverStream, steps: int) -> tuple[Array, Array]:
    """P_0 and P_1…P_T [T], apart, because to join them would cost a copy of all."""

    def advance(state: Any, at: tuple[Array, Any]) -> tuple[Any, Array]:
        state, values = stream.advance(state, *at)
        return state, values[PRICE]

    start, first = stream.start()
    draws = jax.tree.map(lambda rows: rows[1:], stream.draws)
    return first[PRICE], jax.lax.scan(advance, start, (_numbers(steps), draws))[1]


def _numbers(steps: int) -> Array:
    """Of steps 1…T."""
    return jnp.arange(1, steps + 1, dtype=jnp.int32)
