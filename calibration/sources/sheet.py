"""A file as rows and columns: CSV with any separator, JSON or Parquet."""

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from camjax.errors import CamjaxError, refusal

Cell = Any
"""Text, a number, or None where nothing stands."""

DELIMITERS = ",;\t|"
ENCODINGS = ("utf-8-sig", "utf-16", "cp1252")
LARGEST_BYTES = 2**30


@dataclass(frozen=True)
class Sheet:
    """Rows of a file, all with the same columns.

    Attributes:
      source: the file's name, for messages.
      stem: the file's name without its ending, which names a venue where nothing else does.
      columns: names in order of appearance, each with one cell a row.
      decimal_comma: whether numbers are written 1.234,5.
      envelope: keys around the rows in a JSON answer, by which its kind is recognised.
    """

    source: str
    stem: str
    columns: Mapping[str, Sequence[Cell]]
    decimal_comma: bool = False
    envelope: tuple[str, ...] = ()

    @property
    def num_rows(self) -> int:
        """Rows below the header."""
        return len(next(iter(self.columns.values()), ()))

    def place(self, row: int, column: str) -> str:
        """Where a cell is, as messages say it; rows count from 1 below the header."""
        return f"{self.source}, row {row + 1}, {column}"


def read_sheet(path: Path) -> Sheet:
    """Read a file by what is in it, not by its ending.

    Raises:
      CamjaxError: it cannot be read, or is none of the formats.
    """
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise CamjaxError(refusal(str(path), "a file of at most 1 GiB", "a larger one"))
        content = path.read_bytes()
    except OSError as error:
        raise CamjaxError(
            refusal(str(path), "a file that can be read", error.strerror or "an error")
        ) from None
    if content.startswith(b"PAR1"):
        return _parquet(path)
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        remedy = "Save the sheet as CSV first; any separator will do."
        raise CamjaxError(refusal(path.name, "CSV, JSON or Parquet", "an Excel workbook", remedy))
    text = _decoded(content, path.name)
    sheet = _json(text, path) if text.lstrip()[:1] in ("{", "[") else _csv(text, path)
    if not sheet.num_rows:
        raise CamjaxError(refusal(path.name, "rows of observations", "none"))
    return sheet


def _decoded(content: bytes, source: str) -> str:
    if b"\0" in content[:4096] and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise CamjaxError(refusal(source, "CSV, JSON or Parquet", "a binary file"))
    for encoding in ENCODINGS:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise CamjaxError(refusal(source, "text in UTF-8", "bytes that are none"))


def _csv(text: str, path: Path) -> Sheet:
    """Comma-separated text, or separated by what stands most often in its first line."""
    first = text.lstrip("\n\r").partition("\n")[0]
    delimiter = max(DELIMITERS, key=first.count)
    try:
        lines = list(csv.reader(text.splitlines(), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise CamjaxError(refusal(path.name, "a CSV file", str(error))) from None
    rows = [[cell.strip() for cell in line] for line in lines if any(map(str.strip, line))]
    if not rows:
        raise CamjaxError(refusal(path.name, "a header and rows", "an empty file"))
    header, *rows = rows
    if len(set(header)) < len(header) or "" in header:
        raise CamjaxError(refusal(path.name, "columns with different names", ",".join(header)))
    for number, row in enumerate(rows):
        if len(row) != len(header):
            where = f"{path.name}, row {number + 1}"
            raise CamjaxError(refusal(where, f"{len(header)} fields", len(row)))
    cells = {name: [row[i] or None for row in rows] for i, name in enumerate(header)}
    return Sheet(
        source=path.name, stem=path.stem, columns=cells, decimal_comma=_has_comma(delimiter, rows)
    )


def _has_comma(delimiter: str, rows: list[list[str]]) -> bool:
    """Whether numbers have decimal commas, as Excel writes them where commas do not separate."""
    return delimiter != "," and any(
        "," in cell and cell.replace(",", "").replace(".", "").lstrip("-").isdecimal()
        for row in rows
        for cell in row
    )


def _parquet(path: Path) -> Sheet:
    try:
        from pyarrow import ArrowException, parquet
    except ImportError:
        remedy = "Install camjax[frames], or save the file as CSV."
        raise CamjaxError(refusal(path.name, "pyarrow to read Parquet", "none", remedy)) from None
    try:
        table = parquet.read_table(path)
    except (ArrowException, OSError) as error:
        raise CamjaxError(refusal(path.name, "a Parquet file", str(error))) from None
    cells = {name: table.column(name).to_pylist() for name in table.column_names}
    return Sheet(source=path.name, stem=path.stem, columns=cells)


def _json(text: str, path: Path) -> Sheet:
    """The longest list of records in a JSON document, nested keys joined by dots."""
    try:
        document = json.loads(text)
    except (json.JSONDecodeError, RecursionError, ValueError) as error:
        raise CamjaxError(refusal(path.name, "a JSON document", str(error))) from None
    envelope, records = max(
        _lists_of_records(document, ()), key=lambda found: len(found[1]), default=((), [])
    )
    if not records:
        raise CamjaxError(refusal(path.name, "a list of records", "none in the JSON document"))
    flat = [_flattened(record, "") for record in records]
    names = dict.fromkeys(name for record in flat for name in record)
    cells = {name: [record.get(name) for record in flat] for name in names}
    return Sheet(source=path.name, stem=path.stem, columns=cells, envelope=envelope)


def _lists_of_records(node: Any, keys: tuple[str, ...]) -> list[tuple[tuple[str, ...], list[Any]]]:
    if isinstance(node, list):
        return [(keys, node)] if node and all(isinstance(entry, dict) for entry in node) else []
    if isinstance(node, dict):
        return [
            found for key, value in node.items() for found in _lists_of_records(value, (*keys, key))
        ]
    return []


def _flattened(record: Mapping[str, Any], prefix: str) -> dict[str, Cell]:
    flat: dict[str, Cell] = {}
    for key, value in record.items():
        if isinstance(value, dict):
            flat |= _flattened(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat
