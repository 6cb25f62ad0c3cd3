"""What several commands say in the same words: what could not be done, and what was not used."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import xarray


def told_undone(results: "xarray.Dataset") -> list[str]:
    """A line for each thing that some path could not do, by setting where there are several."""
    from camjax.flags import warnings_of_futures, warnings_of_settings
    from camjax.results import undone, undone_in_futures

    raised = undone(results)
    known = [name for name in ("balance", "mean_shortfall") if name in results]
    token = str(results[known[0]].attrs.get("units", "")) if known else ""
    settings = [str(label) for label in results.setting.values] if "setting" in results.dims else []
    return [
        *warnings_of_settings(raised, settings or [""], token),
        *warnings_of_futures(undone_in_futures(results), token),
    ]


def told_unused(columns: Sequence[str]) -> list[str]:
    """A line on the columns of a drivers file that nothing in the scenario reads, if there are any.

    >>> told_unused(["gas"])
    ['Columns that are no drivers of the scenario: gas.']
    """
    if not columns:
        return []
    return [f"Columns that are no drivers of the scenario: {', '.join(columns)}."]
