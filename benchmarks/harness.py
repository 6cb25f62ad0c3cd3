"""How every benchmark is timed: warm up, take turns, report medians, spread and ratios.

Contenders of a race take turns, so that a machine that slows down slows all of them, and what is
compared is ratios within one run. The first call is timed apart, because it compiles.
"""

import argparse
import importlib.metadata
import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax

PACKAGES = ("camjax", "jax", "jaxlib", "numpy", "numba")
MINIMUM_REPEATS = 3


@dataclass(frozen=True, kw_only=True)
class Timing:
    """What one contender needed: its first call, compilation included, and the calls after it."""

    name: str
    first_call_seconds: float
    seconds: tuple[float, ...]

    @property
    def median_seconds(self) -> float:
        """Median of the calls after the first."""
        return statistics.median(self.seconds)

    @property
    def spread(self) -> float:
        """(Slowest − fastest) / median: how far to trust the median."""
        return (max(self.seconds) - min(self.seconds)) / self.median_seconds


@dataclass(frozen=True, kw_only=True)
class Race:
    """Timings of contenders that did the same work in turns.

    Attributes:
      title: what they did.
      settings: sizes and choices that define the work, such as paths, steps and precision.
      work: units of work done by one call.
      unit: what is counted, such as "path-steps".
      timings: one per contender, in the order given.
    """

    title: str
    settings: dict[str, Any]
    work: float
    unit: str
    timings: tuple[Timing, ...]

    def rate(self, name: str) -> float:
        """Units of work a second of the contender of that name."""
        return self.work / self._timing(name).median_seconds

    def ratio(self, name: str, baseline: str) -> float:
        """How many times as fast as `baseline` a contender is."""
        return self._timing(baseline).median_seconds / self._timing(name).median_seconds

    def _timing(self, name: str) -> Timing:
        return next(timing for timing in self.timings if timing.name == name)


def race(
    title: str,
    contenders: Mapping[str, Callable[[], object]],
    *,
    work: float,
    settings: Mapping[str, Any],
    unit: str = "path-steps",
    repeats: int = 5,
) -> Race:
    """Time contenders in turns; every call is waited for until its results are there.

    Raises:
      ValueError: for fewer than three repeats, which give no median worth the name.
    """
    if repeats < MINIMUM_REPEATS:
        raise ValueError(f"repeats: expected at least {MINIMUM_REPEATS}, got {repeats}.")
    first_calls = {name: _seconds(contender) for name, contender in contenders.items()}
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(repeats):
        for name, contender in contenders.items():
            seconds[name].append(_seconds(contender))
    timings = tuple(
        Timing(name=name, first_call_seconds=first_calls[name], seconds=tuple(seconds[name]))
        for name in contenders
    )
    return Race(title=title, settings=dict(settings), work=work, unit=unit, timings=timings)


def _seconds(contender: Callable[[], object]) -> float:
    start = time.perf_counter()
    jax.block_until_ready(contender())
    return time.perf_counter() - start


def table(result: Race, baselines: Sequence[str] = ()) -> str:
    """A race as a Markdown table, with one column of ratios per baseline."""
    settings = ", ".join(f"{key} {value}" for key, value in result.settings.items())
    header = ["", f"million {result.unit}/s", "median s", "spread", "first call s"]
    header += [f"× {baseline}" for baseline in baselines]
    rows = [
        [
            timing.name,
            f"{result.rate(timing.name) / 1e6:.1f}",
            f"{timing.median_seconds:.3f}",
            f"{timing.spread:.0%}",
            f"{timing.first_call_seconds:.2f}",
            *(f"{result.ratio(timing.name, baseline):.2f}" for baseline in baselines),
        ]
        for timing in result.timings
    ]
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    rule = ["-" * width for width in widths[:1]] + ["-" * (width - 1) + ":" for width in widths[1:]]
    lines = [header, rule, *rows]
    aligned = [
        [row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True))]
        for row in lines
    ]
    text = "\n".join("| " + " | ".join(row) + " |" for row in aligned)
    return f"{result.title} ({settings})\n\n{text}\n"


def machine() -> dict[str, Any]:
    """What a figure depends on besides the code: processor, devices, versions, load."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "system": platform.platform(),
        "load_average": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "devices": [f"{device.platform}: {device.device_kind}" for device in jax.devices()],
        "x64": bool(jax.config.read("jax_enable_x64")),
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in PACKAGES},
    }


def _processor() -> str:
    """The processor's model name, which Linux keeps in a file of its own."""
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def as_json(benchmark: str, results: Sequence[Race]) -> str:
    """Races, and the machine they ran on, as JSON text."""
    races = [
        {
            "title": result.title,
            "settings": result.settings,
            "work": result.work,
            "unit": result.unit,
            "contenders": [
                {
                    "name": timing.name,
                    "rate": result.rate(timing.name),
                    "median_seconds": timing.median_seconds,
                    "spread": timing.spread,
                    "first_call_seconds": timing.first_call_seconds,
                    "seconds": timing.seconds,
                }
                for timing in result.timings
            ],
        }
        for result in results
    ]
    return json.dumps({"benchmark": benchmark, "machine": machine(), "races": races}, indent=2)


def argument_parser(description: str | None) -> argparse.ArgumentParser:
    """The options all benchmarks share: `--repeats` and `--json`."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument(
        "--repeats", type=int, default=5, help=f"calls to take the median of, >= {MINIMUM_REPEATS}"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures there")
    return parser
