"""Sections 3.5, 3.6 and 4.2, 4.5, 4.7, 4.10, 4.11, 6.2: target weights."""

from dataclasses import dataclass

import numpy as np

from .settings import Columns, Settings

TINY = 1e-18


@dataclass(frozen=True, kw_only=True)
class View:
    """What a rule sees at step t, over the N allocated deposits."""

    step: int
    weights: np.ndarray  # [N] current weights w
    quotes: np.ndarray  # [t, N] yields quoted at the end of steps 0…t−1, step 0 all zero
    risk: float  # ρ_t
    rate: float  # r
    columns: Columns


def target_weights(settings: Settings, view: View) -> np.ndarray:
    """[N] W of the rules that name weights (all but the pairwise one); A3."""
    rule = settings.weights["rule"]
    if rule == "endogenous":
        preference = scores(settings, view)
    elif rule == "logit":
        preference = logit_preferences(settings, view)
    elif rule == "exogenous":
        preference = view.rate * deposit_rows(settings, view, "dirichlet") + view.weights
    else:
        preference = prescribed_weights(settings, view)
    is_open = open_deposits(settings, view)
    preference = preference * is_open
    if not preference.sum() > 0:
        preference = view.weights * is_open
    if not preference.sum() > 0:
        return view.weights
    target = preference / preference.sum()
    if "cap" in settings.weights:
        cap = max(settings.weights["cap"], 1 / is_open.sum())
        target[is_open] = project_onto_capped_simplex(target[is_open], cap)
    return target


def scores(settings: Settings, view: View) -> np.ndarray:
    """3.5, 4.2, 4.10: f max(ȳ, tiny)^η / (1 + λ_a e ρ + λ_q q + outside risk), unnormalised."""
    weights = settings.weights
    seen = view.quotes + settings.per_deposit("convenience_yield", 0.0)
    remembered = remembered_yields(settings, view, seen)
    if remembered is None:
        return np.ones(len(view.weights))
    level, mean, deviation = remembered
    yield_risk = deviation / (np.maximum(mean, 0.0) + TINY)
    asset_risk = view.risk * settings.per_deposit("exposure", default_exposures(settings))
    denominator = (
        1
        + weights["asset_risk_aversion"] * asset_risk
        + weights["yield_risk_aversion"] * yield_risk
        + deposit_rows(settings, view, "risk", default=0.0)
    )
    factor = settings.per_deposit("factor", 1.0)
    return factor * np.maximum(level, TINY) ** weights["elasticity"] / denominator


def logit_preferences(settings: Settings, view: View) -> np.ndarray:
    """6.2: f exp(β (ȳ + c − λ_a e ρ − λ_q sd)) over the open deposits, up to a common factor."""
    weights = settings.weights
    remembered = remembered_yields(settings, view, view.quotes)
    if remembered is None:
        return np.ones(len(view.weights))
    level, _, deviation = remembered
    asset_risk = view.risk * settings.per_deposit("exposure", default_exposures(settings))
    utility = (
        level
        + settings.per_deposit("convenience_yield", 0.0)
        - weights["asset_risk_aversion"] * asset_risk
        - weights["yield_risk_aversion"] * deviation
    )
    with np.errstate(divide="ignore"):
        logarithms = np.log(settings.per_deposit("factor", 1.0)) + weights["sensitivity"] * utility
    claims = logarithms[open_deposits(settings, view)]
    largest = claims.max() if len(claims) and np.isfinite(claims.max()) else 0.0
    return np.exp(np.minimum(logarithms - largest, 0.0))


def remembered_yields(
    settings: Settings, view: View, seen: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """Level, mean and deviation of the yields [t, N] seen so far; None where none counts yet."""
    if "yield_half_life_days" not in settings.weights:
        return window_memory(seen, settings.weights["yield_window"])
    if view.step == 1:
        return None
    ages_days = settings.dt_days * np.arange(view.step - 2, -1, -1)
    return half_life_memory(seen[1:], ages_days, settings.weights["yield_half_life_days"])


def default_exposures(settings: Settings) -> list[float]:
    """4.2: e is 1 for pool and money market, 0 otherwise."""
    exposed = ("liquidity_pool", "money_market")
    return [float(table["type"] in exposed) for table in settings.allocated_deposits]


def window_memory(seen: np.ndarray, window: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """3.5: level Σ y / K, mean and standard deviation over the last K quotes, fewer at first."""
    entries = seen[-window:]
    return entries.sum(axis=0) / window, *weighted_moments(entries, np.ones(len(entries)))


def half_life_memory(
    seen: np.ndarray, ages_days: np.ndarray, half_life_days: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """4.2: level, mean and standard deviation with weights 2^(−age / half-life)."""
    mean, deviation = weighted_moments(seen, 0.5 ** (ages_days / half_life_days))
    return mean, mean, deviation


def weighted_moments(entries: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and population standard deviation over axis 0.

    Deviations are taken from the newest entry first, so that equal quotes deviate by exactly 0:
    3.5 divides by as little as 1e-18.
    """
    shares = (weights / weights.sum())[:, np.newaxis]
    shifted = entries - entries[-1]
    shifted_mean = (shares * shifted).sum(axis=0)
    variance = (shares * (shifted - shifted_mean) ** 2).sum(axis=0)
    return entries[-1] + shifted_mean, np.sqrt(variance)


def prescribed_weights(settings: Settings, view: View) -> np.ndarray:
    """4.7: weights from outside, normalised."""
    prescribed = deposit_rows(settings, view, "target")
    if prescribed.min() < 0 or abs(prescribed.sum() - 1) > 1e-6:
        raise ValueError(f"prescribed weights of step {view.step} are not on the simplex")
    return prescribed / prescribed.sum()


def open_deposits(settings: Settings, view: View) -> np.ndarray:
    """[N] bool, 4.2 and 4.11: not idle where idle's weight is 0, and available at this step."""
    excludes_idle = settings.weights["idle_weight"] == "zero"
    excluded = [excludes_idle and table["type"] == "idle" for table in settings.allocated_deposits]
    return ~np.array(excluded) & (deposit_rows(settings, view, "available", default=1.0) != 0)


def project_onto_capped_simplex(point: np.ndarray, cap: float) -> np.ndarray:
    """4.2: the nearest W with 0 ≤ W ≤ cap and Σ W = 1, which is clip(point − λ, 0, cap).

    The sum falls piecewise linearly with λ, with kinks where an entry meets a bound, so linear
    interpolation between the kinks finds the λ of sum 1 exactly.
    """
    kinks = np.sort(np.concatenate([point, point - cap]))[::-1]
    sums = [np.clip(point - kink, 0.0, cap).sum() for kink in kinks]
    shift = np.interp(1.0, sums, kinks)
    return np.clip(point - shift, 0.0, cap)


def pairwise_flows(settings: Settings, view: View) -> np.ndarray:
    """[N, N] δ, 4.5: share of all FEI that flows into i from j; antisymmetric."""
    score = scores(settings, view) * open_deposits(settings, view)
    count = len(score)
    gain, conductances = settings.weights["gain"], settings.conductances
    numbers = (score, view.weights, view.rate, gain, *conductances.values())
    flows = np.zeros((count, count), np.result_type(float, *numbers))
    for i, j in settings.pairs:
        preference = relative_preference(score[i], score[j], gain)
        sender_weight = view.weights[j] if preference > 0 else view.weights[i]
        flows[i, j] = view.rate * conductances[i, j] * preference * sender_weight / (count - 1)
        flows[j, i] = -flows[i, j]
    return flows


def relative_preference(first: float, second: float, gain: float) -> float:
    """4.5: a = (s_i^γ − s_j^γ) / (s_i^γ + s_j^γ), as the tanh that no power can underflow."""
    if first == second:
        return 0.0
    if first == 0 or second == 0:
        return float(np.sign(np.real(first - second)))
    return np.tanh(0.5 * gain * (np.log(first) - np.log(second)))


def deposit_rows(
    settings: Settings, view: View, variable: str, default: float | None = None
) -> np.ndarray:
    """[N] row t of the columns `<variable>_<deposit>`; `default` where there is no column."""
    values = []
    for deposit in settings.allocated_deposits:
        column = f"{variable}_{deposit['name']}"
        if column in view.columns:
            values.append(view.columns[column][view.step])
        elif default is not None:
            values.append(default)
        else:
            raise ValueError(f"missing column {column}")
    return np.array(values, float)
