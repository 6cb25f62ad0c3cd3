"""What the results of a file could not do, as commands that read it say it first."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import xarray


def told_undone(results: "xarray.Dataset") -> list[str]:
    """A line for each thing that some path could not do, by setting where there are several."""
    from camjax.flags import warnings_of_settings
    from camjax.results import undone

    raised = undone(results)
    token = str(results.balance.attrs.get("units", "")) if "balance" in results else ""
    settings = [str(label) for label in results.setting.values] if "setting" in results.dims else []
    return warnings_of_settings(raised, settings or [""], token)
