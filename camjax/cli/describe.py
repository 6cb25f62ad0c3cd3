"""`camjax describe`: what a results file holds, and what it comes from."""

import dataclasses
import tomllib
from typing import TYPE_CHECKING, Any

import typer

from camjax.cli.options import JsonOption, ResultsArgument
from camjax.runs.plain import as_document

if TYPE_CHECKING:
    import xarray

ABOUT = ("seed", "precision", "camjax_version", "created", "unfinished")


def describe(results: ResultsArgument, as_json: JsonOption = False) -> None:
    """Say what a results file holds: scenario, settings, axes and variables with their units."""
    from camjax.cli.told import told_undone
    from camjax.results import load_results

    loaded = load_results(results)
    found = _described(loaded)
    typer.echo(as_document(found) if as_json else _text(str(results), found, told_undone(loaded)))


def _described(results: "xarray.Dataset") -> dict[str, Any]:
    from camjax.results import swept, undone
    from camjax.runs.plain import plain

    text = results.attrs.get("scenario")
    settings = []
    if "setting" in results.dims:
        settings = [
            {"setting": str(name)} | {key: results[key].values[i].item() for key in swept(results)}
            for i, name in enumerate(results.setting.values)
        ]
    return plain(
        {
            "scenario": None if text is None else tomllib.loads(text).get("name"),
            **{key: _scalar(results.attrs[key]) for key in ABOUT if key in results.attrs},
            "sizes": {str(dim): size for dim, size in results.sizes.items()},
            "labels": {
                str(dim): [str(label) for label in results[dim].values]
                for dim in results.dims
                if dim in results.coords and results[dim].dtype.kind in "UOT"
            },
            "settings": settings,
            "flags": [[dataclasses.asdict(each) for each in own] for own in undone(results)],
            "variables": {
                str(name): {
                    "dims": [str(dim) for dim in array.dims],
                    "units": str(array.attrs.get("units", "")),
                    "long_name": str(array.attrs.get("long_name", "")),
                }
                for name, array in results.data_vars.items()
            },
        }
    )


def _scalar(value: Any) -> Any:
    """An attribute as JSON can hold it; netCDF gives NumPy's numbers."""
    return value.item() if hasattr(value, "item") else value


def _text(name: str, found: dict[str, Any], warned: list[str]) -> str:
    from camjax.runs.columns import aligned

    about = ", ".join(f"{key.replace('_', ' ')} {found[key]}" for key in ABOUT if key in found)
    sizes = ", ".join(f"{dim} {size:,}" for dim, size in found["sizes"].items())
    labels = [
        f"{dim}: {', '.join(names)}"
        for dim, names in found["labels"].items()
        if dim not in ("setting", "source", "destination")
    ]
    sections = [f"{name}: {found['scenario'] or 'no scenario'}\n{about}\n{sizes}"]
    sections += ["\n".join(warned), "\n".join(labels)]
    if found["settings"]:
        header = tuple(found["settings"][0])
        cells = [tuple(map(str, setting.values())) for setting in found["settings"]]
        sections.append(aligned([header, *cells]))
    rows = [("variable", "dimensions", "units", "meaning")]
    rows += [
        (key, " ".join(one["dims"]), one["units"], one["long_name"])
        for key, one in found["variables"].items()
    ]
    sections.append(aligned(rows, left=len(rows[0])))
    return "\n\n".join(filter(None, sections))
