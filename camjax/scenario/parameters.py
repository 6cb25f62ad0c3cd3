"""Numbers of a scenario as one vector: read, and put back where the model has them."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from camjax.domains import Interval
from camjax.scenario.messages import nearest, refuse, shown
from camjax.scenario.numbers import MISSING, find, list_numbers, replace_number
from camjax.scenario.scenario import Scenario
from camjax.scenario.text import to_toml

if TYPE_CHECKING:
    import numpy as np
    from jax import Array
    from jax.typing import ArrayLike

    from camjax.model import Model
    from camjax.processes import DriverProcesses, Process
    from camjax.scenario.schema import Document

    Leaves = tuple[Model, dict[str, Process]]


@dataclasses.dataclass(frozen=True, eq=False)
class Parameters:
    """K numbers of a scenario, in the units of its TOML file.

    Made by `parameters`.

    Attributes:
      scenario: whose numbers they are.
      names: K dotted paths.
      values: [K] as the scenario has them.
      intervals: K, where the file lets each lie.
    """

    scenario: Scenario
    names: tuple[str, ...]
    values: Array
    intervals: tuple[Interval, ...]
    _document: Document
    _inserted: Any

    def insert(self, values: ArrayLike) -> tuple[Model, DriverProcesses]:
        """The scenario's model and processes with other numbers in the place of these.

        What the builders of scenarios make of the numbers is put in; all other leaves are the
        scenario's own, bit for bit. Values are not checked. Works under `jax.jit`, `jax.vmap` and
        `jax.grad`.

        Args:
          values: [K] in the order of `names`, units as in the file.

        Returns:
          Model and processes, as `Scenario.with_leaves` takes them.

        Raises:
          ScenarioError: not K values.
        """
        import jax
        import jax.numpy as jnp

        numbers = jnp.asarray(values, self.values.dtype)
        if numbers.shape != self.values.shape:
            refuse("values", f"an array of shape {self.values.shape}", f"{numbers.shape}")
        document = self._document
        for name, number in zip(self.names, numbers, strict=True):
            document = replace_number(document, name, number)

        def put(mask: np.ndarray, own: Array, other: Array) -> Array:
            if not mask.any():
                return own
            return other if mask.all() else jnp.where(mask, other, own)

        built = _built(document, self.scenario)
        model, laws = jax.tree.map(put, self._inserted, _leaves(self.scenario), built)
        return model, dataclasses.replace(self.scenario.processes, processes=laws)

    def toml(self, values: ArrayLike) -> str:
        """The text of the scenario's file with other numbers [K] in the place of these."""
        import numpy as np

        document = self._document
        for name, number in zip(self.names, np.asarray(values).tolist(), strict=True):
            document = replace_number(document, name, number)
        return to_toml(document)


def parameters(scenario: Scenario, paths: Sequence[str]) -> Parameters:
    """Numbers of a scenario by dotted path, to vary, differentiate by or fit.

    Paths are those of overrides; entries of a list are told by their index. Whole numbers, such as
    steps and windows, and whatever else is structure are not among them.

    Args:
      scenario: the model and its drivers.
      paths: K dotted paths, see `list_parameters`.

    Raises:
      ScenarioError: a path is named twice, is no number of the scenario, or is structure.

    >>> from camjax import load_scenario
    >>> found = parameters(load_scenario("fei"), ["rebalancing.duration_days"])
    >>> found.values.tolist()
    [30.0]
    >>> model, processes = found.insert([60.0])
    >>> float(model.rebalancing.duration_days)
    60.0
    """
    import jax
    import jax.numpy as jnp
    import numpy as np

    document = _in_full(scenario)
    numbers = list_numbers(document)
    inserted = jax.tree.map(lambda _: np.False_, _leaves(scenario))
    for index, path in enumerate(paths):
        if path in paths[:index]:
            refuse("parameters", "each path once", f"{shown(path)} again")
        if path not in numbers:
            _refuse(scenario, path)
        masks = _inserted(document, scenario, path)
        if not _any(masks) or _is_given(scenario, path):
            _refuse(scenario, path)
        inserted = jax.tree.map(lambda one, other: one | other, inserted, masks)
    return Parameters(
        scenario=scenario,
        names=tuple(paths),
        values=jnp.asarray([numbers[path][0] for path in paths], jnp.dtype(scenario.precision)),
        intervals=tuple(numbers[path][1] for path in paths),
        _document=document,
        _inserted=inserted,
    )


def list_parameters(scenario: Scenario) -> tuple[str, ...]:
    """Dotted paths of all numbers that `parameters` takes: those that some leaf is made of.

    >>> from camjax import load_scenario
    >>> "weights.factor.idle" in list_parameters(load_scenario("fei"))
    True
    """
    document = _in_full(scenario)
    return tuple(
        path
        for path in list_numbers(document)
        if _any(_inserted(document, scenario, path)) and not _is_given(scenario, path)
    )


def _in_full(scenario: Scenario) -> Document:
    """The scenario's document with the numbers it leaves out for single deposits written out."""
    from camjax.scenario.build_weights import weights_in_full

    document = scenario.document
    return document.model_copy(update={"weights": weights_in_full(document)})


def _leaves(scenario: Scenario) -> Leaves:
    return scenario.model, scenario.processes.processes


def _built(document: Document, scenario: Scenario) -> Leaves:
    """What the builders make of a document, in the structure of the scenario's own leaves."""
    from camjax.scenario.build_drivers import build_process
    from camjax.scenario.build_model import build_model
    from camjax.scenario.precision import real_numbers

    real = real_numbers(document.precision)
    tables = document.drivers.processes
    laws = {
        column: build_process(tables[column], getattr(law, "history", None), real)
        for column, law in scenario.processes.processes.items()
    }
    return build_model(document, real), laws


def _inserted(document: Document, scenario: Scenario, path: str) -> Any:
    """For each leaf, which of its entries are made of the number at a path: NaN marks them."""
    import jax
    import numpy as np

    own, marked = _leaves(scenario), _built(replace_number(document, path, math.nan), scenario)
    if len({jax.tree.structure(tree) for tree in (own, marked)}) > 1:
        return jax.tree.map(lambda _: np.False_, own)  # it is structure, such as a schedule's day
    return jax.tree.map(lambda one, other: np.isnan(other) & ~np.isnan(one), own, marked)


def _any(masks: Any) -> bool:
    import jax

    return any(mask.any() for mask in jax.tree.leaves(masks))


def _is_given(scenario: Scenario, path: str) -> bool:
    """Whether a number belongs to the process of a column whose series is given instead."""
    return any(path.startswith(f"drivers.{column}.") for column in scenario.processes.given)


def _refuse(scenario: Scenario, path: str) -> NoReturn:
    """Say why a path leads to no number of the model or its drivers, and what does."""
    expected = "a number of the model or of a process that drives it"
    if _is_given(scenario, path):
        refuse(path, expected, "a driver whose series is given", "No process is drawn for it.")
    known = list_parameters(scenario)
    table = path.rpartition(".")[0]
    siblings = [name for name in known if name.rpartition(".")[0] == table]
    tables = dict.fromkeys(f"{name.rpartition('.')[0]}.…" for name in known)
    there_are = f"There are {', '.join(siblings or tables)}."
    found = find(scenario.document, path)
    if found is MISSING:
        refuse(path, expected, "no such key", nearest(path, known) or there_are)
    if found is None:
        refuse(path, expected, "nothing", f"Give it a value first, as with --set {path}=….")
    refuse(path, expected, "structure, or what nothing reads", there_are)
