"""Which blocks of paths an ensemble has, and which of them a shard runs."""

import dataclasses
import math
import re

from camjax.arguments import argument
from camjax.ensemble.lanes import LANES
from camjax.errors import CamjaxError, refusal

MOST_PATHS = 2**32 - LANES
"""Paths are numbered by 32 bits."""


def check_num_paths(num_paths: int) -> None:
    """Refuse a number of paths below 1, or more than can be numbered.

    Raises:
      CamjaxError: it is.
    """
    if not 1 <= num_paths <= MOST_PATHS:
        raise CamjaxError(refusal("num_paths", f"1 to {MOST_PATHS}", num_paths))


def blocks_of(num_paths: int) -> range:
    """Blocks that hold paths 0…P-1.

    Raises:
      CamjaxError: a number of paths below 1, or more than 32 bits can number.
    """
    check_num_paths(num_paths)
    return range(math.ceil(num_paths / LANES))


@dataclasses.dataclass(frozen=True)
class Shard:
    """One of several parts of an ensemble.

    >>> Shard.parse("2/8")
    Shard(number=2, of=8)
    """

    number: int
    """From 1."""
    of: int

    @classmethod
    def parse(cls, text: str) -> "Shard":
        """Read `number/of`.

        Raises:
          CamjaxError: anything else.
        """
        match = re.fullmatch(r"\s*(\d{1,9})\s*/\s*(\d{1,9})\s*", text)
        if match is None or not 1 <= int(match[1]) <= int(match[2]):
            raise CamjaxError(
                refusal(argument("shard"), "1/n to n/n", repr(text), "The second of eight: 2/8.")
            )
        return cls(int(match[1]), int(match[2]))

    def blocks(self, num_paths: int) -> range:
        """Its blocks of an ensemble: all shards' together are all, in order, of like number.

        Raises:
          CamjaxError: there are fewer blocks than shards.
        """
        total = len(blocks_of(num_paths))
        if total < self.of:
            expected = f"at most {total} shards of {num_paths} paths"
            raise CamjaxError(refusal(argument("shard"), expected, self.of))
        return range(total * (self.number - 1) // self.of, total * self.number // self.of)
