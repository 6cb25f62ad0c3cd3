"""Files that tell when they are no longer as they were written."""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from camjax.errors import CamjaxError, refusal
from camjax.writing.whole import write_whole

MARK = b"\ncamjax blake2b "
"""Begins what is written behind a file's own content, which formats that end by themselves bear."""

DIGEST_BYTES = 32

DIGEST = "digest"
"""The key of a JSON document that holds a digest of all its others."""


def write_sealed(path: Path, content: bytes | memoryview) -> None:
    """Write a file whole, and a digest of its content behind that.

    Raises:
      CamjaxError: the place cannot be written; an earlier file of that name stays as it was.
    """
    write_whole(path, content, MARK + _digest(content))


def read_sealed(path: Path, expected: str, remedy: str = "", *, required: bool = False) -> bytes:
    """Read the content of a file as it was written.

    Args:
      path: of the file.
      expected: what it is to be, for a refusal.
      remedy: what helps where it is not.
      required: whether a file without a digest is refused; other programs write such.

    Raises:
      CamjaxError: there is none, it cannot be read, or it is not as it was written.
    """
    try:
        content = path.read_bytes()
    except (OSError, ValueError) as error:
        found = "no such file" if isinstance(error, FileNotFoundError) else _words(error)
        raise CamjaxError(refusal(str(path), expected, found, remedy)) from error
    at = max(len(content) - len(MARK) - 2 * DIGEST_BYTES, 0)
    if content[at:] == MARK + _digest(memoryview(content)[:at]):
        return content[:at]
    is_sealed = any(word in content[at:] for word in MARK.split())
    if is_sealed or required:
        found = "one that is damaged or was changed" if is_sealed else "another file"
        raise CamjaxError(refusal(str(path), expected, found, remedy))
    return content


def sealed_json(document: Mapping[str, Any]) -> str:
    """A document as JSON text, with a digest of the rest under `DIGEST`."""
    return json.dumps({**document, DIGEST: _digest_of(document)}, indent=1) + "\n"


def read_sealed_json(path: Path, expected: str) -> dict[str, Any]:
    """Read what `sealed_json` made, without the digest.

    Raises:
      CamjaxError: there is none, or it is not as it was written.
    """
    try:
        document = json.loads(read_sealed(path, expected))
        digest = document.pop(DIGEST)
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
        if isinstance(error, CamjaxError):
            raise
        raise CamjaxError(refusal(str(path), expected, "something else")) from error
    if digest != _digest_of(document):
        raise CamjaxError(refusal(str(path), expected, "one that is damaged or was changed"))
    return document


def _digest_of(document: Mapping[str, Any]) -> str:
    return _digest(json.dumps(document, sort_keys=True).encode()).decode()


def _digest(content: bytes | memoryview) -> bytes:
    return hashlib.blake2b(content, digest_size=DIGEST_BYTES).hexdigest().encode()


def _words(error: Exception) -> str:
    number = error.errno if isinstance(error, OSError) else None
    return os.strerror(number).lower() if number else str(error)
