"""The `[sweep]` table of a scenario file."""

from collections.abc import Mapping, Sequence
from typing import Any

from camjax.scenario.messages import refuse, shown, unknown
from camjax.scenario.sweep_design import Setting, crossed, design

TABLE_KEYS = ("mode", "samples", "set", "settings")
SETTING_KEYS = ("name", "set")


def read_table(table: Mapping[str, Any], seed: int = 0) -> list[Setting]:
    """The settings that a `[sweep]` table describes.

    Args:
      table: `mode`, `samples`, `set` (lists of values by path), `settings` (name and changes).
      seed: of samples.

    Raises:
      ScenarioError: an unknown key, or one that holds what it cannot.
    """
    _check_keys("sweep", table, TABLE_KEYS)
    samples = table.get("samples")
    if samples is not None and (isinstance(samples, bool) or not isinstance(samples, int)):
        refuse("sweep.samples", "a whole number ≥ 1", shown(samples))
    given, entries = table.get("set", {}), table.get("settings", [])
    if not isinstance(given, Mapping):
        refuse("sweep.set", "a table", shown(given))
    if not isinstance(entries, list):
        refuse("sweep.settings", "a list of tables", shown(entries))
    named_settings = [_read_setting(place, entry) for place, entry in enumerate(entries)]
    if not given and not entries:
        refuse("sweep", "set or settings", "neither", "For example [sweep.set].")
    varied = design(flat(given), table.get("mode", "grid"), samples, seed)
    return crossed(named_settings or [Setting("", {})], varied)


def flat(table: Mapping[str, Any]) -> dict[str, Any]:
    """Nested tables as values by dotted path; below a quoted path, values stay as they are.

    >>> flat({"deposits": {"savings": {"rate": [0.01, 0.03]}}, "weights.cap": [0.5]})
    {'deposits.savings.rate': [0.01, 0.03], 'weights.cap': [0.5]}
    """
    found: dict[str, Any] = {}
    for key, value in table.items():
        if "." not in key and isinstance(value, Mapping):
            found |= {f"{key}.{path}": inner for path, inner in flat(value).items()}
        else:
            found[key] = value
    return found


def _read_setting(place: int, entry: Any) -> Setting:
    where = f"sweep.settings[{place}]"
    if not isinstance(entry, Mapping):
        refuse(where, "a table", shown(entry))
    _check_keys(where, entry, SETTING_KEYS)
    name, changes = entry.get("name"), entry.get("set", {})
    if not isinstance(name, str) or not name:
        refuse(f"{where}.name", "a name", shown(name))
    if not isinstance(changes, Mapping):
        refuse(f"{where}.set", "a table", shown(changes))
    return Setting(name, {"name": name} | flat(changes))


def _check_keys(where: str, table: Mapping[str, Any], known: Sequence[str]) -> None:
    for key in table:
        if key not in known:
            refuse(where, *unknown("key", key, known))
