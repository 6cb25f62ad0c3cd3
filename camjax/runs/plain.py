"""Values as JSON can hold them."""

import json
import math
from typing import Any


def plain(value: Any) -> Any:
    """Dicts, lists and scalars; null where a number is not finite.

    >>> plain({"share": float("nan"), "names": ("pool", "idle")})
    {'share': None, 'names': ['pool', 'idle']}
    """
    if isinstance(value, dict):
        return {key: plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def as_document(value: Any) -> str:
    """The answer of a command to `--json`: null where a number is not finite, dates as text.

    >>> as_document({"share": float("inf")})
    '{"share": null}'
    """
    return json.dumps(plain(value), allow_nan=False, default=str)
