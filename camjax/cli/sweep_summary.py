"""What a sweep says at its end: the design, and where capital ended up in each setting."""

import csv
import dataclasses
import io
import math
from collections.abc import Sequence
from typing import Any, TypeVar

import xarray

from camjax.analysis import final_split
from camjax.flags import FLAG_LABELS, Raised, warnings_of_settings
from camjax.intervals import DOUBTED, FEW_CARRY, LEVEL, student_interval
from camjax.results import at_end, undone
from camjax.runs.columns import aligned
from camjax.runs.plain import plain
from camjax.scenario import Sweep
from camjax.sweeps import SweepRun

Number = TypeVar("Number", int, float)


@dataclasses.dataclass(frozen=True)
class Share:
    """Mean share of a deposit at the end, and the 95 % interval of that mean."""

    deposit: str
    mean: float
    low: float
    high: float
    skewed: bool
    """Whether few paths carry the mean, so that its interval is likely too narrow."""


@dataclasses.dataclass(frozen=True)
class SettingSummary:
    """One setting: what it sets, how long it ran, and where capital ended up."""

    setting: str
    values: dict[str, Any]
    steps: int
    days: float
    final_share: tuple[Share, ...]
    """NaN for a deposit that is not under allocation."""
    flags: tuple[Raised, ...]
    """What some of its paths could not do."""


@dataclasses.dataclass(frozen=True)
class SweepSummary:
    """A sweep in short; times in seconds."""

    scenario: str
    token: str
    steps: int | None
    """None where settings differ in it; each says its own."""
    days: float | None
    """As `steps`."""
    num_paths: int
    seed: int
    precision: str
    settings: tuple[SettingSummary, ...]
    num_programs: int
    compile_seconds: float
    run_seconds: float
    files: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Plain values for a JSON document, null where a value is not finite."""
        return plain(dataclasses.asdict(self))


def summarise_sweep(finished: SweepRun, seed: int, files: list[str]) -> SweepSummary:
    """Put a sweep in short."""
    sweep, results = finished.sweep, finished.results
    split = _final_split(results, finished.num_paths)
    columns, raised = sweep.table(), undone(results)
    settings = tuple(
        SettingSummary(
            setting=label,
            values={key: cells[place] for key, cells in columns.items()},
            steps=sweep.scenarios[place].steps,
            days=sweep.scenarios[place].steps * sweep.scenarios[place].dt_days,
            final_share=tuple(
                _share(split.isel(setting=place, deposit=i)) for i in range(split.sizes["deposit"])
            ),
            flags=raised[place],
        )
        for place, label in enumerate(sweep.labels)
    )
    return SweepSummary(
        scenario=sweep.name,
        token=str(results.balance.attrs["units"]),
        steps=_common([setting.steps for setting in settings]),
        days=_common([setting.days for setting in settings]),
        num_paths=finished.num_paths,
        seed=seed,
        precision=str(results.attrs["precision"]),
        settings=settings,
        num_programs=finished.clock.num_programs,
        compile_seconds=finished.clock.compile_seconds,
        run_seconds=finished.clock.run_seconds,
        files=tuple(files),
    )


def design_csv(sweep: Sweep) -> str:
    """The design table: one row a setting, one column a swept key."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    columns = sweep.table()
    writer.writerow(["setting", *columns])
    writer.writerows(zip(sweep.labels, *columns.values(), strict=True))
    return text.getvalue()


def format_sweep(summary: SweepSummary) -> str:
    """The whole answer of `camjax sweep`."""
    settings = summary.settings
    steps = _range([setting.steps for setting in settings])
    days = _range([setting.days for setting in settings])
    heading = (
        f"{summary.scenario}: {len(settings)} settings, {steps} steps over "
        f"{days} days, {summary.num_paths:,} paths each, seed {summary.seed}, "
        f"{summary.precision}"
    )
    own_ends = summary.days is None
    names = [share.deposit for share in settings[0].final_share]
    raised = [setting.flags for setting in settings]
    flags = [
        flag for flag in FLAG_LABELS if any(each.flag == flag for own in raised for each in own)
    ]
    after = ["after days"] if own_ends else []
    rows = [("mean final share", *after, *names, *(FLAG_LABELS[flag] for flag in flags))]
    rows += [
        (
            setting.setting,
            *([f"{setting.days:g}"] if own_ends else []),
            *(_cell(share) for share in setting.final_share),
            *(_raised(setting, flag) for flag in flags),
        )
        for setting in settings
    ]
    labels = [setting.setting for setting in summary.settings]
    warned = warnings_of_settings(raised, labels, summary.token)
    programs = "1 program" if summary.num_programs == 1 else f"{summary.num_programs} programs"
    ending = [
        f"Compiled {programs} in {summary.compile_seconds:.2f} s, "
        f"ran in {summary.run_seconds:.2f} s."
    ]
    if summary.files:
        ending.append(f"Wrote {', '.join(summary.files)}.")
    shares = [_cell(share) for setting in settings for share in setting.final_share]
    doubted = any(share.endswith(DOUBTED) for share in shares)
    below = f"{DOUBTED} {FEW_CARRY}" if doubted else ""
    sections = [heading, "\n".join(warned), aligned(rows), below, "\n".join(ending)]
    return "\n\n".join(filter(None, sections))


def _final_split(results: xarray.Dataset, num_paths: int) -> xarray.Dataset:
    """Mean final shares with their interval, from paths or from statistics over them."""
    if "path" in results.dims:
        return final_split(results, LEVEL)
    last = at_end(results.share)
    mean, std = (last.sel(statistic=name, drop=True) for name in ("mean", "std"))
    ends = (mean.copy(data=end) for end in student_interval(mean, std, num_paths, LEVEL))
    return xarray.Dataset(dict(zip(("mean", "low", "high"), (mean, *ends), strict=True)))


def _share(split: xarray.Dataset) -> Share:
    """Of one deposit in one setting."""
    mean, low, high = (float(split[name]) for name in ("mean", "low", "high"))
    skewed = "skewed" in split and bool(split.skewed == 1)
    return Share(str(split.deposit.values), mean, low, high, skewed)


def _common(numbers: Sequence[Number]) -> Number | None:
    """What all settings have; None where they differ."""
    return numbers[0] if len({*numbers}) == 1 else None


def _range(numbers: Sequence[float]) -> str:
    """What settings have, from the least to the most."""
    ends = sorted({min(numbers), max(numbers)})
    return " to ".join(f"{end:,}" if isinstance(end, int) else f"{end:g}" for end in ends)


def _cell(share: Share) -> str:
    """A share and half the width of its interval."""
    if math.isnan(share.mean):
        return "-"
    reach = (share.high - share.low) / 2
    mark = DOUBTED if share.skewed and f"{reach:.1%}" != "0.0%" else ""
    return f"{share.mean:.1%}" if math.isnan(reach) else f"{share.mean:.1%} ±{reach:.1%}{mark}"


def _raised(setting: SettingSummary, flag: str) -> str:
    """On how many paths a flag was raised; of a shortfall, how much was not paid there."""
    for each in setting.flags:
        if each.flag == flag:
            amount = "" if each.amount is None else f"{each.amount:,.0f}, "
            return f"{amount}{each.paths}"
    return "-"
