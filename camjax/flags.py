"""What a path could not do, by name and in words: the same in every summary and report."""

import dataclasses
from collections.abc import Mapping, Sequence

from camjax.status import EMPTIED, NOT_FINITE, PRICE_HELD, REMAINDER, SHORTFALL

STATUS_FLAGS: Mapping[int, str] = {
    PRICE_HELD: "price_held_at_floor",
    EMPTIED: "allocation_emptied",
    NOT_FINITE: "balance_not_finite",
    SHORTFALL: "shortfall",
    REMAINDER: "remainder",
}
"""Names of the bits of `status`."""

FLAG_WORDS: Mapping[str, str] = {
    "price_held_at_floor": "the price of the volatile asset fell to its floor and was held there",
    "allocation_emptied": "nothing was left to allocate (shares are then the last there were)",
    "balance_not_finite": "a balance was not finite",
    "shortfall": "shortfall, redemption that could not be paid",
    "remainder": "remainder, capital that settlement could not move as planned",
}
"""What flags mean, in words."""

FLAG_LABELS: Mapping[str, str] = {
    "price_held_at_floor": "price held",
    "allocation_emptied": "emptied",
    "balance_not_finite": "not finite",
    "shortfall": "shortfall",
    "remainder": "remainder",
}
"""Headings of columns."""


@dataclasses.dataclass(frozen=True)
class Raised:
    """Something that some paths of a run could not do.

    Args:
      flag: one of `STATUS_FLAGS`.
      num_paths: on how many paths; None where only statistics of unknown paths were kept.
      of_paths: of how many.
      path: the lowest that raised it in the earliest step; None where that was not kept.
      step: that step.
      deposit: the one whose balance is not finite there.
      amount: of a shortfall, what was not paid, in tokens; on average over the paths that have one.
      asked: what was asked for on these paths in all, likewise.
    """

    flag: str
    num_paths: int | None
    of_paths: int | None
    path: int | None = None
    step: int | None = None
    deposit: str | None = None
    amount: float | None = None
    asked: float | None = None

    def sentence(self, token: str) -> str:
        """All of it in words, such as "shortfall, … : 3 of 3 FEI on 2 of 5 paths".

        >>> Raised("balance_not_finite", 2, 5, path=3, step=7, deposit="pool").sentence("FEI")
        'a balance was not finite on 2 of 5 paths; first path 3, step 7, deposit pool.'
        """
        text = FLAG_WORDS[self.flag]
        if self.amount is not None and self.asked is not None:
            text += f": {self.amount:,.0f} of {self.asked:,.0f} {token}"
            text += "" if self.num_paths == 1 else " a path"
        where = [] if self.path is None else [f"path {self.path}"]
        where += [] if self.step is None else [f"step {self.step}"]
        where += [] if self.deposit is None else [f"deposit {self.deposit}"]
        first = f"; first {', '.join(where)}" if where else ""
        return f"{text} on {self.paths}{first}."

    def of_amounts(self, amount: float, asked: float) -> "Raised":
        """The same with amounts."""
        return dataclasses.replace(self, amount=amount, asked=asked)

    @property
    def paths(self) -> str:
        """On how many paths, in words."""
        if self.num_paths is None or self.of_paths is None:
            return "some path"
        return f"{self.num_paths:,} of {self.of_paths:,} path{'' if self.of_paths == 1 else 's'}"


def together(raised: Sequence[Sequence[Raised]]) -> tuple[Raised, ...]:
    """What some paths of several sets, all of as many paths, could not do, as of one set.

    >>> both = together([[Raised("shortfall", 1, 4).of_amounts(9.0, 30.0)], []])
    >>> both[0].sentence("FEI")
    'shortfall, redemption that could not be paid: 9 of 30 FEI on 1 of 8 paths.'
    """
    found = []
    for flag in FLAG_WORDS:
        own = [each for one in raised for each in one if each.flag == flag]
        if not own:
            continue
        counts = [each.num_paths or 0 for each in own]
        both = Raised(flag, sum(counts), (own[0].of_paths or 0) * len(raised))
        if own[0].amount is not None:
            amount, asked = (
                sum((of or 0.0) * count for of, count in zip(amounts, counts, strict=True))
                for amounts in ([each.amount for each in own], [each.asked for each in own])
            )
            both = both.of_amounts(amount / sum(counts), asked / sum(counts))
        found.append(both)
    return tuple(found)


MOST_SETTINGS = 8
"""Settings whose warnings are told one by one."""


def warnings(raised: Sequence[Raised], token: str) -> list[str]:
    """A line for each thing that could not be done in a run."""
    return [f"Warning: {each.sentence(token)}" for each in raised]


def warnings_of_futures(raised: Mapping[str, Sequence[Raised]], token: str) -> list[str]:
    """A line for each thing that could not be done in futures that forecasts simulated.

    Args:
      raised: by whose futures they are.
      token: label of the stablecoin.
    """
    return [
        f"Warning, {whose}: {each.sentence(token)}" for whose, own in raised.items() for each in own
    ]


def warnings_of_settings(
    raised: Sequence[Sequence[Raised]], settings: Sequence[str], token: str
) -> list[str]:
    """A line for each thing that could not be done in each of several settings.

    Args:
      raised: by setting.
      settings: their labels.
      token: label of the stablecoin.
    """
    if len(settings) == 1:
        return warnings(raised[0], token)
    lines: dict[str, list[str]] = {flag: [] for flag in FLAG_WORDS}
    for setting, own in zip(settings, raised, strict=True):
        for each in own:
            lines[each.flag].append(f"Warning, under {setting}: {each.sentence(token)}")
    for flag, told in lines.items():
        rest = len(told) - MOST_SETTINGS
        if rest > 0:
            told[MOST_SETTINGS:] = [f"Warning: {FLAG_LABELS[flag]} in {rest:,} more settings."]
    return [line for told in lines.values() for line in told]
