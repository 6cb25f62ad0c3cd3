"""Files on disk: where they may be written, by whom, and whole or not at all."""

from camjax.writing.locks import locked
from camjax.writing.places import check_writable
from camjax.writing.seals import read_sealed, write_sealed
from camjax.writing.whole import write_whole, written_whole

__all__ = [
    "check_writable",
    "locked",
    "read_sealed",
    "write_sealed",
    "write_whole",
    "written_whole",
]
