"""Results that lack what is read off them."""

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from camjax.errors import CamjaxError, refusal
from camjax.results.variables import VARIABLES

if TYPE_CHECKING:
    import xarray

OF_HISTORY = ("predicted_weight", "target_time", "observed_weight")
"""Variables that results held against observations have, and runs have not."""


@contextlib.contextmanager
def told_what_is_lacking(what: str, results: "xarray.Dataset") -> Iterator[None]:
    """Refuse results without a variable, as runs with --variable leave them.

    Args:
      what: is read off them.
      results: that are read.

    Raises:
      CamjaxError: a variable is not there.
    """
    try:
        yield
    except AttributeError as error:
        if error.name is None or error.name not in VARIABLES:
            raise
        raise lacking(what, results, error.name) from error


def lacking(what: str, results: "xarray.Dataset", name: str) -> CamjaxError:
    """What to say of a variable that is not there."""
    remedy = f"Run again and keep it: --variable {name}."
    if "setting" in results.dims or any(mark in results for mark in OF_HISTORY):
        remedy = "Results of `camjax run` hold it."
    return CamjaxError(refusal("results", f"{name}, for {what}", "none", remedy))
