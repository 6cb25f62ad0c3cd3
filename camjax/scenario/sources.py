"""Where a scenario's document comes from: a built-in name, a file, TOML text or a mapping."""

import dataclasses
import os
import tomllib
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from camjax.errors import shortened
from camjax.scenario.messages import located, nearest, refuse, shown
from camjax.scenario.overrides import apply_overrides
from camjax.scenario.toml_text import check_depth, parse_toml

Source = str | os.PathLike[str] | Mapping[str, Any]

DEFAULT = "fei"
FILE_KEYS = ("file", "history")
FILES = resources.files("camjax.scenario") / "builtin"


@dataclasses.dataclass(frozen=True)
class RawScenario:
    """A document before it is checked.

    Args:
      label: what messages call it.
      document: plain dicts, lists and scalars.
      folder: what relative file names in it are relative to.
    """

    label: str
    document: dict[str, Any]
    folder: Path


def read_source(source: Source) -> RawScenario:
    """Find and parse a scenario.

    Raises:
      ScenarioError: no such built-in name or file, a file that cannot be read, or no TOML.
    """
    if isinstance(source, Mapping):
        with located("scenario"):
            check_depth(source)
        return RawScenario("scenario", plain(source), Path.cwd())
    if isinstance(source, str) and "\n" in source:
        with located("scenario"):
            return RawScenario("scenario", _parse_toml(source), Path.cwd())
    if not isinstance(source, str | os.PathLike):
        refuse("scenario", "a built-in name, a file, TOML text or a mapping", shown(source))
    if source in _variants():
        return RawScenario(str(source), builtin_document(str(source)), Path.cwd())
    path = Path(source)
    if not os.path.exists(path):  # unlike its method, it takes names too long for a file
        _refuse_unknown(path)
    with located(str(path)):
        return RawScenario(str(path), _read_toml(path), path.parent)


def list_builtin() -> list[tuple[str, str]]:
    """Name and one-line description of every built-in scenario."""
    return [(name, variant["description"]) for name, variant in _variants().items()]


def builtin_document(name: str) -> dict[str, Any]:
    """The document of a built-in scenario: that of its file, and what the variant changes in it.

    A study is what its settings have in common, with a sweep over what they have not.
    """
    variants = _variants()
    variant = variants[name]
    default = tomllib.loads((FILES / variant.get("file", f"{DEFAULT}.toml")).read_text("utf-8"))
    changes = variant["changes"] if "changes" in variant else _study(variant["settings"], variants)
    return apply_overrides(default, {"name": name, **changes})


def plain(value: Any) -> Any:
    """Mappings as dicts, sequences and arrays as lists, NumPy scalars as numbers, paths as text."""
    match value:
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
        case os.PathLike():
            return os.fspath(value)
        case _ if isinstance(value, np.generic) or hasattr(value, "__array__"):
            return np.asarray(value).tolist()
        case _:
            return value


def with_absolute_files(document: dict[str, Any], folder: Path) -> dict[str, Any]:
    """A document whose files can be found from anywhere, so that its text can be kept anywhere."""

    def absolute(table: Any) -> Any:
        if not isinstance(table, dict):
            return table
        files = {key: table[key] for key in FILE_KEYS if isinstance(table.get(key), str)}
        return table | {key: str((folder / name).resolve()) for key, name in files.items()}

    tables = {key: absolute(document[key]) for key in ("drivers", "revenue") if key in document}
    if isinstance(drivers := tables.get("drivers"), dict):
        tables["drivers"] = {key: absolute(table) for key, table in drivers.items()}
    return document | tables


def _study(names: list[str], variants: dict[str, Any]) -> dict[str, Any]:
    """Changes that all of some variants make, and a sweep over the others."""
    settings = {name: variants[name]["changes"] for name in names}
    common = {
        path: value
        for path, value in settings[names[0]].items()
        if all(path in own and own[path] == value for own in settings.values())
    }
    others = [
        {"name": name, "set": {path: own[path] for path in own if path not in common}}
        for name, own in settings.items()
    ]
    return {**common, "sweep.settings": others}


def _variants() -> dict[str, Any]:
    return tomllib.loads((FILES / "variants.toml").read_text("utf-8"))


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return _parse_toml(path.read_text("utf-8-sig"))
    except IsADirectoryError:
        refuse("file", "a TOML file", "a folder", f'Perhaps "{path / "scenario.toml"}".')
    except OSError as error:
        refuse("file", "a file that can be read", error.strerror)
    except UnicodeDecodeError as error:
        refuse("file", "text in UTF-8", f"byte {error.object[error.start]:#04x} at {error.start}")


def _parse_toml(text: str) -> dict[str, Any]:
    try:
        document = parse_toml(text)
    except ValueError as error:
        refuse("text", "TOML", f'"{error}"', "Text is quoted, tables are [name].")
    check_depth(document)
    return document


def _refuse_unknown(path: Path) -> NoReturn:
    names = list(_variants())
    is_file = path.suffix or len(path.parts) > 1
    expected = "a TOML file" if is_file else f"a TOML file or one of {', '.join(names)}"
    remedy = (
        nearest(str(path), names) or f"There is no such file in {shortened(path.parent.resolve())}."
    )
    refuse("scenario", expected, shown(str(path)), remedy)
