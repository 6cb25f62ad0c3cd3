"""What the keys of a scenario ask of each other, each demand a function of its own."""

from collections.abc import Callable, Iterable

from camjax.scenario.messages import choices, refuse, shown, unknown
from camjax.scenario.process_tables import ScheduleTable
from camjax.scenario.schema import BY_DEPOSIT, Document


def check_document(document: Document) -> None:
    """Refuse a document whose keys do not fit together.

    Raises:
      ScenarioError: naming the first demand that is not met.
    """
    for check in CHECKS:
        check(document)


def _names_are_unique(document: Document) -> None:
    names = [deposit.name for deposit in document.deposits]
    for index, name in enumerate(names):
        if name in names[:index]:
            refuse(
                f"deposits[{index}].name", "a name of its own", shown(name), "Rename one of them."
            )


def _two_are_allocated(document: Document) -> None:
    if len(document.allocated) < 2:
        refuse(
            "deposits",
            "at least two under allocation",
            ", ".join(document.allocated) or "none",
            "Capital needs a choice: add a deposit, or leave out allocated = false.",
        )


def _someone_holds_something(document: Document) -> None:
    if not any(deposit.user_balance for deposit in document.deposits if deposit.allocated):
        refuse(
            "deposits",
            "a user_balance > 0 in at least one deposit under allocation",
            "zero in all",
            "With nothing to allocate there are no weights.",
        )


def _preferences_name_allocated_deposits(document: Document) -> None:
    for key in BY_DEPOSIT:
        for name in getattr(document.weights, key):
            _check_allocated(f"weights.{key}.{name}", name, document)
    factors = document.weights.factor
    if all(factors.get(name, 1.0) == 0.0 for name in document.allocated):
        refuse("weights.factor", "a factor > 0 for at least one deposit", "zero for all")


def _keys_fit_the_rule(document: Document) -> None:
    """A key that the rule does not read is refused: it would be ignored without a word."""
    weights = document.weights
    for key, rules in RULES_THAT_READ.items():
        if getattr(weights, key) is not None and weights.rule not in rules:
            refuse(
                f"weights.{key}",
                f"to be left out under the {weights.rule} rule, which does not read it",
                shown(getattr(weights, key)),
                f"It belongs to the rule {choices(rules)}.",
            )


RULES_THAT_READ = {
    "elasticity": ("endogenous", "pairwise"),
    "sensitivity": ("logit",),
    "gain": ("pairwise",),
    "conductance": ("pairwise",),
    "concentration": ("exogenous",),
    "prescribed_as": ("prescribed",),
    "cap": ("endogenous", "exogenous", "logit", "prescribed"),
    "dirichlet_precision": ("endogenous", "exogenous", "logit", "prescribed"),
}


def _one_memory(document: Document) -> None:
    weights = document.weights
    if weights.yield_window is not None and weights.yield_half_life_days is not None:
        refuse(
            "weights",
            "yield_window or yield_half_life_days",
            "both",
            "Holders remember in one way: leave one out.",
        )


def _cap_can_be_met(document: Document) -> None:
    weights = document.weights
    open_ = [d for d in document.deposits if d.allocated and not _is_excluded(d.type, document)]
    if not open_:
        refuse("weights.idle_weight", '"floor" where all allocated deposits are idle', '"zero"')
    if weights.cap is not None and weights.cap * len(open_) < 1.0:
        refuse(
            "weights.cap",
            f"at least 1/{len(open_)}, the number of deposits that share the weight",
            weights.cap,
            "Smaller caps cannot add up to 1.",
        )


def _is_excluded(deposit_type: str, document: Document) -> bool:
    return deposit_type == "idle" and document.weights.idle_weight == "zero"


def _concentration_fits(document: Document) -> None:
    concentration = document.weights.concentration
    if concentration is not None and len(concentration) != len(document.allocated):
        refuse(
            "weights.concentration",
            f"{len(document.allocated)} numbers, one for each of {', '.join(document.allocated)}",
            f"{len(concentration)}",
        )


def _rate_is_at_most_one(document: Document) -> None:
    """The rate √(Δt/τ) is at most 1; an allocation moved at once has no rate."""
    rebalancing = document.rebalancing
    if document.weights.prescribed_as == "allocation" or rebalancing.law != "sqrt":
        return
    if rebalancing.duration_days < document.dt_days:
        refuse(
            "rebalancing.duration_days",
            f"at least dt_days, {document.dt_days:g}",
            rebalancing.duration_days,
            'More than all capital cannot move in a step; law = "exponential" takes any duration.',
        )


def _habits_are_of_something(document: Document) -> None:
    rebalancing = document.rebalancing
    if rebalancing.habit_days is not None and rebalancing.active_share is None:
        refuse(
            "rebalancing.habit_days",
            "to be left out where all capital moves",
            rebalancing.habit_days,
            "rebalancing.active_share says what part does.",
        )


def _pairs_connect(document: Document) -> None:
    """Chosen pairs name allocated deposits, each pair once, and leave no deposit apart."""
    pairs, names = document.rebalancing.pairs, document.allocated
    if pairs is None:
        return
    _check_pairs("rebalancing.pairs", pairs, document)
    if document.rebalancing.transfers == "constrained":
        refuse(
            "rebalancing.transfers",
            '"minimum_norm" beside pairs',
            '"constrained"',
            "Constrained transfers are defined where capital moves between any two deposits.",
        )
    reached = {names[0]}
    for _ in names:
        reached |= {end for pair in pairs if reached & set(pair) for end in pair}
    apart = [name for name in names if name not in reached]
    if apart:
        refuse(
            "rebalancing.pairs",
            "pairs that connect all allocated deposits",
            f"no way from {names[0]} to {', '.join(apart)}",
            "Add a pair that joins them.",
        )


def _conductance_names_pairs(document: Document) -> None:
    entries = [entry[:2] for entry in document.weights.conductance or ()]
    _check_pairs("weights.conductance", entries, document)
    pairs = document.rebalancing.pairs
    known = None if pairs is None else [set(pair) for pair in pairs]
    for entry in entries:
        if known is not None and set(entry) not in known:
            refuse("weights.conductance", "pairs of rebalancing.pairs", shown(list(entry)))


def _check_pairs(where: str, pairs: Iterable[tuple[str, str]], document: Document) -> None:
    seen: list[set[str]] = []
    for pair in pairs:
        for name in pair:
            _check_allocated(where, name, document)
        if set(pair) in seen:
            refuse(where, "each pair once", f"{shown(list(pair))} twice")
        seen.append(set(pair))


def _check_allocated(where: str, name: str, document: Document) -> None:
    if name not in document.allocated:
        refuse(where, *unknown("allocated deposit", name, document.allocated))


def _schedules_are_timetables(document: Document) -> None:
    for column, process in document.drivers.processes.items():
        if isinstance(process, ScheduleTable):
            _check_schedule(f"drivers.{column}", process)


def _check_schedule(where: str, schedule: ScheduleTable) -> None:
    if not schedule.values or len(schedule.values) != len(schedule.days):
        refuse(
            where,
            "as many days as values, at least one",
            f"{len(schedule.days)} days and {len(schedule.values)} values",
        )
    if schedule.days != sorted(set(schedule.days)):
        refuse(f"{where}.days", "increasing days", shown(schedule.days))


REVENUE_PAIRS = (("stable_usd", "stable_rate"), ("volatile_units", "volatile_rate"))


def _revenue_is_whole(document: Document) -> None:
    """A revenue is a series, or amounts each with its rate: half of a pair would earn nothing."""
    revenue = document.revenue
    if revenue is None:
        return
    given = [key for key, value in revenue if value is not None]
    if not given:
        refuse("revenue", "a file, or amounts with their rates", "no keys", "Or leave it out.")
    if revenue.file is not None and len(given) > 1:
        others = ", ".join(key for key in given if key != "file")
        refuse("revenue", "a file alone, or numbers", f"file and {others}", "Leave one out.")
    for pair in REVENUE_PAIRS:
        for key, other in (pair, pair[::-1]):
            if key in given and other not in given:
                refuse(f"revenue.{other}", f"a number beside {key}", "nothing")


CHECKS: tuple[Callable[[Document], None], ...] = (
    _names_are_unique,
    _two_are_allocated,
    _someone_holds_something,
    _preferences_name_allocated_deposits,
    _keys_fit_the_rule,
    _one_memory,
    _cap_can_be_met,
    _concentration_fits,
    _rate_is_at_most_one,
    _habits_are_of_something,
    _pairs_connect,
    _conductance_names_pairs,
    _schedules_are_timetables,
    _revenue_is_whole,
)
