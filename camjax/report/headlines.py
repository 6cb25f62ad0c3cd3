"""The answers that people come for, in sentences, each with its interval."""

import numpy as np

from camjax.analysis import compare_all, declares_revenue, deficit, probability, total_transfers
from camjax.analysis.quantities import shares, total_user_balance
from camjax.flags import warnings_of_settings
from camjax.report.content import Estimate
from camjax.report.estimates import ENDS, Estimates, mean_text, probability_text
from camjax.report.over_time import OverTime, over_time
from camjax.report.scales import moment
from camjax.report.source import Source
from camjax.report.units import POINTS, SHARE, amount, words
from camjax.results import at_end
from camjax.rounding import tolerance

MOST_SETTINGS = 4
"""Settings that sentences name one by one; tables name all."""


def headlines(source: Source) -> tuple[str, ...]:
    """Sentences: what could not be done, and then the most important first."""
    final = over_time(source, "share", last=True)
    sentences = [_split(source, final)]
    if source.has_paths:
        if len(source.settings) > 1:
            sentences += _compared(source, final)
        elif source.num_paths != 1:
            sentences.append(_largest(source, final))
        if source.has_steps:
            sentences += [*_moved(source), *_deficit(source)]
    return (*warnings_of_settings(source.undone, source.settings, source.token), *sentences)


def _split(source: Source, final: OverTime) -> str:
    """Where most of the capital ends up."""
    n = _leader(source, final)
    name = words(source.names[n]).capitalize()
    end = "at the end of each"
    if source.one_end:
        end = f"on {moment(float(source.axis.days[-1]), source.axis)}"
    if len(source.settings) == 1:
        found = mean_text(final.estimate(0, -1, n), SHARE)
        whole = f"the {source.token} under allocation"
        first = f"{name} ends with the most: {found} of {whole} {end}"
        if source.num_paths == 1:
            return f"{first}."
        low, high = float(final.q05[0, -1, n]), float(final.q95[0, -1, n])
        return (
            f"{first}, on average. On 90 % of the paths it is between "
            f"{SHARE.number(low)} and {SHARE.text(high)}."
        )
    whole = f"the {source.token} under allocation {end}"
    means = final.mean[:, -1, n]
    most, least = int(np.nanargmax(means)), int(np.nanargmin(means))
    if means[most] - means[least] <= tolerance(1.0, source.precision):
        found = mean_text(final.estimate(most, -1, n), SHARE)
        return f"{name} holds the same share under every setting: {found} of {whole}, on average."
    texts = {i: mean_text(final.estimate(i, -1, n), SHARE) for i in (most, least)}
    first = f"{name} holds most under {source.settings[most]}: {texts[most]} of {whole}, on average"
    return first + (
        f"; least under {source.settings[least]}: {texts[least]}." if most != least else "."
    )


def _largest(source: Source, final: OverTime) -> str:
    """How probable it is that the deposit with the most on average has the most."""
    n = _leader(source, final)
    split = shares(source.final)
    leads = (split.idxmax("deposit") == source.names[n]).assign_attrs(event="largest")
    found = probability(source.results, leads)
    name = words(source.names[n])
    chance = Estimates(found, ("probability", *ENDS), ("setting",))[0]
    return f"The probability that {name} is the largest deposit then is {probability_text(chance)}."


def _compared(source: Source, final: OverTime) -> list[str]:
    """What the settings do to the deposit that the first sentence names."""
    n = _leader(source, final)
    share = shares(source.final).isel(deposit=n, drop=True)
    found = compare_all(source.final, share)
    differences = Estimates(found, ("difference", *ENDS), ("setting",))
    more = Estimates(found, ("exceeds", "exceeds_low", "exceeds_high"), ("setting",))
    base, *others = source.settings
    sentences = []
    for position, setting in enumerate(others[:MOST_SETTINGS]):
        difference = differences[position]
        if not np.isfinite(difference.value):
            continue
        if float(found.ties[position]) == 1:
            same = f"the share of {words(source.names[n])} is on every path as under {base}"
            sentences.append(f"Under {setting} {same}.")
            continue
        change = f"the share of {words(source.names[n])} is {_change(difference, base)}"
        chance = probability_text(more[position])
        sentences.append(f"Under {setting} {change}; it is higher with a probability of {chance}.")
    return sentences


def _change(found: Estimate, base: str) -> str:
    """A difference of shares with its interval, in words where its sign is known."""
    value, low, high, skewed = found
    if value < 0:
        value, low, high = -value, -high, -low
    size = mean_text(Estimate(value, low, high, skewed), POINTS)
    if value == 0:
        return f"on average as high as under {base}, {size} apart"
    if value < POINTS.negligible:
        size = f"less than {POINTS.number(POINTS.negligible, 6)} points"
    return f"{size} {'higher' if found.value > 0 else 'lower'} than under {base}"


def _moved(source: Source) -> list[str]:
    """The largest net transfer planned, of the first setting."""
    if "transfer" not in source.results:
        return []
    found = total_transfers(source.results.isel(setting=[0]))
    net = Estimates(
        found, ("net_mean", "net_low", "net_high"), ("setting", "source", "destination")
    )
    means = net.values[0, :, :, 0]
    held = at_end(total_user_balance(source.results)).max()
    if not (means > tolerance(held, source.precision)).any():
        return []
    i, j = np.unravel_index(np.argmax(means), means.shape)
    size = mean_text(net[0, int(i), int(j)], amount(source.token))
    path = f"{words(source.names[i])} to {words(source.names[j])}"
    start = f"Under {source.settings[0]} the" if len(source.settings) > 1 else "The"
    return [f"{start} largest net transfer planned is from {path}: {size} in total, on average."]


def _deficit(source: Source) -> list[str]:
    """Whether the protocol can pay its savings rate, where a scenario says what it earns."""
    deposits = source.of_type("savings")
    if not deposits or not declares_revenue(source.results):
        return []
    found = deficit(source.results, deposit=deposits[0])
    chances = Estimates(found, ("probability", *ENDS), ("setting",))
    declared = np.flatnonzero(np.isfinite(chances.values[:, 0])).tolist()
    texts = {i: probability_text(chances[i]) for i in declared}
    start = (
        "The probability that the savings rate costs more than the protocol earns in some step is"
    )
    if len({*texts.values()}) == 1:
        every = "setting" if len(declared) == len(source.settings) else "setting with a revenue"
        under = f" under every {every}" if len(source.settings) > 1 else ""
        return [f"{start} {texts[declared[0]]}{under}."]
    order = sorted(declared, key=lambda i: -chances.values[i, 0])
    named = [f"{texts[i]} under {source.settings[i]}" for i in order]
    if len(named) > MOST_SETTINGS:
        return [f"{start} highest with {named[0]}, and lowest with {named[-1]}."]
    return [f"{start} {'; '.join(named)}."]


def _leader(source: Source, final: OverTime) -> int:
    """The deposit that settings differ in, or else the one with most at the end."""
    for key in np.atleast_1d(source.results.attrs.get("swept", [])):
        table, _, rest = str(key).partition(".")
        name = rest.partition(".")[0]
        if table == "deposits" and name in source.ever_allocated:
            return source.names.index(name)
    return int(np.nanargmax(np.nansum(final.mean[:, -1], axis=0)))
