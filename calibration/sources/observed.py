"""Files that people have -> one table of observations, and what was done to get it."""

import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from calibration.sources import suspicions
from calibration.sources.daily import CHOICES, Days, by_day
from calibration.sources.mapping import Mapping
from calibration.sources.presets import PRESETS
from calibration.sources.samples import Samples, read_samples
from calibration.sources.sheet import read_sheet
from calibration.sources.table import Observed, ObservedVenue
from camjax.errors import CamjaxError, refusal

CHOICES_OF = {
    "format": tuple(PRESETS),
    "apy": ("daily", "continuous"),
    "daily": tuple(CHOICES),
    "absent": ("zero", "closed"),
}
"""What can be said in a word, by what it is said of."""


def read_observed(
    files: str | Path | Sequence[str | Path],
    *,
    format: str | None = None,
    time: str | None = None,
    balance: str | None = None,
    yield_rate: str | None = None,
    venue: str | None = None,
    deposit: str | None = None,
    unit: float | None = None,
    percent: bool | None = None,
    percent_of: Sequence[str] = (),
    apy: str | None = None,
    add: Sequence[str] = (),
    daily: str = "last",
    absent: str | None = None,
    as_is: bool = False,
) -> Observed:
    """Read what DefiLlama, Dune, a subgraph or a sheet gives into observations by the day.

    CSV (with any separator, as Excel writes it too), JSON and Parquet are told by their contents;
    known formats by their columns; other columns by their names, or by what is said here.

    Args:
      files: one or several; each may hold one venue or many.
      format: "defillama", "dune" or "subgraph"; None: told by the file.
      time: column of times: dates, date-times with zones, Unix times, counts of days.
      balance: column of balances.
      yield_rate: column of yields.
      venue: column of venues, or the name of the one there is; None: the file's name.
      deposit: column of deposits, or the name of one; None: each venue is one.
      unit: what balances are divided by, 1e18 for wei.
      percent: whether yields are in percent; None: as the format says, else shares.
      percent_of: venues whose yields are in percent, where others' are not.
      apy: how published yields are compounded, "daily" or "continuous"; they become simple rates.
      add: columns added to the yield, such as rewards.
      daily: which of several rows of a day counts: "last", "mean" or "first".
      absent: what days mean before a venue's first row and after its last: "zero", it was empty;
        "closed", it was not there to be chosen.
      as_is: take figures that look like another unit as they stand.

    Raises:
      CamjaxError: a file cannot be read, a column cannot be told, units look wrong, or venues come
        and go and `absent` does not say what that means.
    """
    paths = [Path(file) for file in ([files] if isinstance(files, str | Path) else files)]
    _check_choices(format=format, apy=apy, daily=daily, absent=absent)
    if not paths:
        raise CamjaxError(refusal("files", "at least one", "none"))
    if unit is not None and not 0 < unit < float("inf"):
        raise CamjaxError(refusal("unit", "a number above 0", unit, "Wei are 1e18 a token."))
    said = Mapping(
        time=time,
        balance=balance,
        yield_rate=yield_rate,
        venue=venue,
        deposit=deposit,
        unit=unit,
        is_percent=percent,
        apy=apy,
        added=tuple(add),
    )
    samples, notes = _samples(paths, said, format)
    joined = _joined(samples)
    venues = [_venue(one, daily, percent_of) for one in joined]
    _check_percent_of(percent_of, venues)
    if not as_is:
        divided = [one.were_percent or _is_named(one, percent_of) for one in joined]
        pairs = zip(venues, divided, strict=True)
        suspicions.check([suspicions.Venue(v.venue, _days_of(v), was) for v, was in pairs])
    observed = Observed(
        venues=tuple(venues), is_calendar=samples[0].is_calendar, absent=absent, notes=()
    )
    _check_absences(observed)
    done = (*notes, *_merged(observed, daily), *_absences(observed))
    return dataclasses.replace(observed, notes=done)


def _check_choices(**chosen: str | None) -> None:
    """Refuse a choice, by its name, that there is not."""
    for name, value in chosen.items():
        if value is not None and value not in CHOICES_OF[name]:
            expected = f"one of {', '.join(CHOICES_OF[name])}"
            raise CamjaxError(refusal(name, expected, repr(value)))


def _samples(
    paths: Sequence[Path], said: Mapping, format: str | None
) -> tuple[list[Samples], list[str]]:
    """What all files hold, and sentences on how they were read."""
    read = [read_samples(read_sheet(path), said, format) for path in paths]
    return [one for found, _ in read for one in found], [s for _, told in read for s in told]


def _joined(samples: Sequence[Samples]) -> list[Samples]:
    """Samples of one venue put together where several files have them."""
    if len({one.is_calendar for one in samples}) > 1:
        raise CamjaxError(refusal("times", "dates in all files, or counts of days in all", "both"))
    by_key: dict[tuple[str, str], list[Samples]] = {}
    for one in samples:
        by_key.setdefault((one.deposit, one.venue), []).append(one)
    return [
        Samples(
            source=", ".join(dict.fromkeys(one.source for one in same)),
            venue=same[0].venue,
            deposit=same[0].deposit,
            days=np.concatenate([one.days for one in same]),
            is_calendar=same[0].is_calendar,
            balances=np.concatenate([one.balances for one in same]),
            yield_rates=np.concatenate([one.yield_rates for one in same]),
            were_percent=any(one.were_percent for one in same),
        )
        for same in by_key.values()
    ]


def _venue(samples: Samples, daily: str, percent_of: Sequence[str]) -> ObservedVenue:
    negative = np.flatnonzero(samples.balances < 0)
    if len(negative):
        where = f"{samples.source}, {samples.venue}"
        got = f"{samples.balances[negative[0]]:.6g}"
        remedy = "Write debts out of the file, or name the column of what was deposited: --balance."
        raise CamjaxError(refusal(where, "balances of 0 and above", got, remedy))
    if not np.isfinite(samples.balances).any():
        raise CamjaxError(
            refusal(f"{samples.source}, {samples.venue}", "a balance in some row", "only blanks")
        )
    days = by_day(samples, daily)
    yields = days.yield_rates
    if _is_named(samples, percent_of):
        yields = yields / 100
    return ObservedVenue(
        source=samples.source,
        venue=samples.venue,
        deposit=samples.deposit,
        rows=int(np.isfinite(samples.balances).sum()),
        merged=days.merged,
        days=days.days,
        balances=days.balances,
        yield_rates=yields,
    )


def _is_named(samples: Samples, percent_of: Sequence[str]) -> bool:
    """Whether the yields of a venue were said to be in percent."""
    return not {samples.venue, samples.deposit}.isdisjoint(percent_of)


def _days_of(venue: ObservedVenue) -> Days:
    return Days(venue.days, venue.balances, venue.yield_rates, venue.merged)


def _check_percent_of(percent_of: Sequence[str], venues: Sequence[ObservedVenue]) -> None:
    known = {venue.venue for venue in venues} | {venue.deposit for venue in venues}
    for name in percent_of:
        if name not in known:
            there_are = f"one of the venues {', '.join(venue.venue for venue in venues)}"
            raise CamjaxError(refusal("percent_of", there_are, repr(name)))


def _check_absences(observed: Observed) -> None:
    """Days on which a venue is not yet or no longer there must have been said to mean something."""
    if observed.absent is not None:
        return
    first, last = observed.days[[0, -1]]
    for venue in observed.venues:
        if venue.days[0] > first or venue.days[-1] < last:
            stamps = [
                observed.clock.stamp(float(day)) for day in (*venue.days[[0, -1]], first, last)
            ]
            raise CamjaxError(
                refusal(
                    f"{venue.source}, {venue.venue}",
                    f"observations from {stamps[2]} to {stamps[3]}, as others have",
                    f"those from {stamps[0]} to {stamps[1]}",
                    "--absent zero if it was empty then, --absent closed if nobody could be there.",
                )
            )


def _merged(observed: Observed, daily: str) -> Iterator[str]:
    """Sentences on days of which several rows became one."""
    of = {"last": "the last row of", "first": "the first row of", "mean": "the mean over"}[daily]
    for venue in observed.venues:
        if venue.merged:
            yield f"{venue.venue}: {venue.rows} rows, of which {of} each of {len(venue.days)} days."


def _absences(observed: Observed) -> Iterator[str]:
    """Sentences on days before a venue's first row and after its last."""
    first, last = observed.days[[0, -1]]
    meant = "held 0" if observed.absent == "zero" else "was closed"
    for venue in observed.venues:
        begins, ends = (observed.clock.stamp(float(day)) for day in venue.days[[0, -1]])
        if venue.days[0] > first:
            yield f"{venue.venue}: {meant} before {begins}."
        if venue.days[-1] < last:
            yield f"{venue.venue}: {meant} after {ends}."
