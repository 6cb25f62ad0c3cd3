"""Units that cannot be meant: yields in percent, amounts in a token's smallest unit."""

from collections.abc import Sequence

import numpy as np

from camjax.errors import CamjaxError, refusal

MOST_TOKENS = 1e15
"""No venue holds more: this is some thousand times the largest stablecoin."""

HIGHEST_YIELD = 5.0
"""1/year. Pools have yielded 4.2 on a single day; 6 % written 6 is more."""

HIGH_YIELD = 1.0
"""1/year. No venue yields as much on most days; 2 % written 2 does."""

_TOKENS_REMEDY = (
    "Divide amounts in a token's smallest unit by 10^18, or what its decimals are (USDC and USDT:"
    " by 10^6)."
)
_LOSS_REMEDY = "A loss is no yield: write 0, or leave the cell blank."
_YIELD_REMEDY = (
    "Yields are shares a year, in every venue: write 3 % as 0.03, and leave cells blank where a"
    " yield is not known."
)


def check_units(
    venue: str, rows: Sequence[str], balances: np.ndarray, yield_rates: np.ndarray
) -> None:
    """Refuse balances and yields of a venue in another unit than tokens and 1/year.

    Args:
      venue: how messages call all of it.
      rows: how messages call each of the n samples.
      balances: [n] tokens; NaN where blank.
      yield_rates: [n] 1/year; NaN where blank.

    Raises:
      CamjaxError: a balance of more than 10^15 tokens, a yield below 0 or above 5 a year, or
        yields above 1 a year in most samples.
    """
    expected = f"a yield_rate from 0 to {HIGHEST_YIELD:g} a year"
    for wrong, values, should, remedy in (
        (balances > MOST_TOKENS, balances, f"at most {MOST_TOKENS:g} tokens", _TOKENS_REMEDY),
        (yield_rates < 0, yield_rates, expected, _LOSS_REMEDY),
        (yield_rates > HIGHEST_YIELD, yield_rates, expected, _YIELD_REMEDY),
    ):
        if wrong.any():
            first = int(np.argmax(wrong))
            raise CamjaxError(refusal(rows[first], should, f"{values[first]:g}", remedy))
    known = yield_rates[~np.isnan(yield_rates)]
    if len(known) and np.median(known) > HIGH_YIELD:
        expected = f"a yield_rate below {HIGH_YIELD:g} a year in most rows"
        got = f"{np.median(known):g} as its median"
        raise CamjaxError(refusal(venue, expected, got, _YIELD_REMEDY))
