"""Results of every kind that a report is made of, small."""

import functools
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import xarray

import camjax
from calibration.forecast import History
from camjax.report import build_report, page
from camjax.results import statistics
from camjax.sweeps import sweep

STEPS = 40
PATHS = 12
VOID = {"meta", "br", "hr", "input", "link"}


@functools.cache
def swept() -> xarray.Dataset:
    """The savings-rate study, short."""
    return sweep("savings-rate", paths=PATHS, overrides={"steps": STEPS})


@functools.cache
def run(**changes: object) -> xarray.Dataset:
    """The default scenario, short: its one setting as the command writes it."""
    overrides = {"steps": STEPS, **{key.replace("__", "."): v for key, v in changes.items()}}
    axes = {"rebalancing.duration_days": [30.0, 31.0]}
    both = sweep("fei", axes, paths=PATHS, overrides=overrides)
    one = both.isel(setting=0)
    text = str(one.scenario.values)
    left = [name for name in one.coords if one[name].ndim == 0]
    attributes = {k: v for k, v in one.attrs.items() if k != "swept"} | {"scenario": text}
    return one.drop_vars(left).assign_attrs(attributes)


def kinds() -> dict[str, xarray.Dataset]:
    """Every kind of results by name."""
    found = run()
    dated = found.assign_coords(
        date=("step", (found.time.values * 86_400e9).astype("timedelta64[ns]") + _START)
    )
    return {
        "sweep": swept(),
        "run": found,
        "one path": found.isel(path=[0]),
        "last step": found.isel(step=[-1]),
        "dates": dated,
        "statistics": statistics(found).assign(share=_share(found)).assign_attrs(paths=PATHS),
        "statistics of unknown paths": statistics(found).assign(share=_share(found)),
    }


def written(results: xarray.Dataset, folder: Path) -> Path:
    """A report as a file."""
    file = folder / "report.html"
    file.write_text(page(build_report(results)), "utf-8")
    return file


def write_weights(file: Path, history: History) -> None:
    """Balances of a history, as a wide table."""
    rows = zip(history.times_days.tolist(), *history.balances.T.tolist(), strict=True)
    lines = [("time", *history.names), *rows]
    file.write_text("".join(f"{','.join(map(str, line))}\n" for line in lines))


def _share(results: xarray.Dataset) -> xarray.DataArray:
    held = camjax.analysis.shares(results)
    return statistics(held.to_dataset(name="share")).share


_START = np.datetime64("2022-06-22", "ns")


class Outline(HTMLParser):
    """What a page is made of; complains of elements that are not closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.inside: list[list[str]] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.inside.append([*self.open])
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag, f"</{tag}> at {self.getpos()}"

    def handle_data(self, data: str) -> None:
        if self.open:
            self.texts.append((self.open[-1], data))

    def named(self, tag: str) -> list[dict[str, str | None]]:
        """Attributes of all elements of a name."""
        return [attributes for name, attributes in self.elements if name == tag]


@functools.cache
def of_two_lengths() -> xarray.Dataset:
    """Settings of which one has more steps."""
    return sweep("fei", {"steps": [STEPS // 2, STEPS]}, paths=PATHS)
