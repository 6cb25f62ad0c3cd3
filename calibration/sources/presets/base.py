"""What a format that is recognised says of its files."""

from collections.abc import Callable
from dataclasses import dataclass

from calibration.sources.mapping import Mapping
from calibration.sources.sheet import Sheet


@dataclass(frozen=True)
class Preset:
    """A format that some service gives.

    Attributes:
      recognises: whether a sheet is of it.
      mapping: which columns mean what, and in which units.
      says: what a reader should know of it, in a sentence without a full stop.
    """

    recognises: Callable[[Sheet], bool]
    mapping: Mapping
    says: str
