"""Results that lack what is read off them."""

import contextlib
from collections.abc import Iterator

from camjax.errors import CamjaxError, refusal
from camjax.results.variables import VARIABLES


@contextlib.contextmanager
def told_what_is_lacking(what: str) -> Iterator[None]:
    """Refuse results without a variable, as runs with --variable leave them.

    Args:
      what: is read off them.

    Raises:
      CamjaxError: a variable is not there.
    """
    try:
        yield
    except AttributeError as error:
        if error.name not in VARIABLES:
            raise
        remedy = f"Run again and keep it: --variable {error.name}."
        missing = refusal("results", f"{error.name}, for {what}", "none", remedy)
        raise CamjaxError(missing) from error
