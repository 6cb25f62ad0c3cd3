"""The scenario: a checked document, and the model and drivers made of it."""

from __future__ import annotations

import dataclasses
import datetime
import functools
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from pydantic import ValidationError

from camjax.scenario.driver_data import read_driver_data
from camjax.scenario.driver_requirements import check_processes, fit_drivers, notes_on
from camjax.scenario.messages import located, scenario_error
from camjax.scenario.overrides import apply_overrides
from camjax.scenario.requirements import check_document
from camjax.scenario.revenue_file import check_revenue
from camjax.scenario.schema import Document
from camjax.scenario.sources import (
    DEFAULT,
    RawScenario,
    Source,
    plain,
    read_source,
    with_absolute_files,
)
from camjax.scenario.sweep_table import read_table
from camjax.scenario.text import to_toml

if TYPE_CHECKING:
    from jax import Array

    from camjax.feed import Feed
    from camjax.market import Drivers
    from camjax.model import Model
    from camjax.processes import DriverProcesses
    from camjax.weights import ExogenousRule


@dataclasses.dataclass(frozen=True, eq=False)
class Scenario:
    """A scenario ready to run: what was asked for, the model and its drivers.

    Args:
      document: the checked document after overrides, file names absolute.
      model: parameters and structure.
      processes: where driver series come from.
      unread: driver columns, of a file or with a process, that nothing in the scenario reads.
    """

    document: Document
    model: Model
    processes: DriverProcesses
    unread: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Label of the scenario."""
        return self.document.name

    @property
    def token(self) -> str:
        """Label of the stablecoin."""
        return self.document.token

    @property
    def start_date(self) -> datetime.date | None:
        """Calendar day of step 0, if results are to have one."""
        return self.document.start_date

    @property
    def steps(self) -> int:
        """T."""
        return self.document.steps

    @property
    def dt_days(self) -> float:
        """Δt."""
        return self.document.dt_days

    @property
    def precision(self) -> str:
        """Type of all numbers, "float64" or "float32"."""
        return self.document.precision

    @functools.cached_property
    def toml(self) -> str:
        """The whole scenario, overrides and defaults included, as TOML that loads back to it.

        Series stay in the files they came from, which it names by absolute paths.
        """
        return to_toml(self.document)

    @property
    def is_random(self) -> bool:
        """Whether two runs can differ: a random process, random preferences or uncertainty."""
        uncertain = self.document.weights.dirichlet_precision is not None
        return self.processes.is_random or self._draws_weights or uncertain

    @property
    def notes(self) -> tuple[str, ...]:
        """What holds in this scenario that one might not expect, in sentences.

        References:
          Specification, A1.
        """
        columns = self.processes.processes.keys() | self.processes.given
        return tuple(notes_on(self.document, columns, self.unread))

    def sample_drivers(
        self, key: Array | None = None, normals: dict[str, Array] | None = None
    ) -> Drivers:
        """Drivers of one path; vmap over keys for many.

        Under the exogenous rule whose draws no file gives, one draw ξ ~ Dirichlet(concentration)
        a row is among them.

        Args:
          key: of the path; may be left out where drivers are not random.
          normals: in place of those that the key gives, see `DriverProcesses.sample`.

        Raises:
          CamjaxError: something is random and there is no key.

        References:
          Specification, 1 and 3.6.
        """
        columns = self.processes.sample(key, normals)
        if self._draws_weights:
            columns |= self._drawn_weights(key)
        return self.model.drivers(columns, self.steps)

    def feed(self, key: Array | None = None, normals: dict[str, Array] | None = None) -> Feed:
        """Drivers of one path as a run reads them: those of `sample_drivers`, made as they come.

        Many deposits read theirs stacked, and so from series that lie ready.

        Args:
          key: as in `sample_drivers`.
          normals: as in `sample_drivers`.

        Raises:
          CamjaxError: something is random and there is no key.
        """
        from camjax.feed import GivenFeed, StreamFeed
        from camjax.vector import MAX_UNROLLED

        if len(self.model.deposits) > MAX_UNROLLED:
            return GivenFeed(model=self.model, drivers=self.sample_drivers(key, normals))
        given = dict(self.processes.given)
        if self._draws_weights:
            given |= self._drawn_weights(key)
        stream = self.processes.stream(key, normals)
        return StreamFeed.of(self.model, stream, given, self.steps)

    def with_leaves(self, model: Model, processes: DriverProcesses) -> Scenario:
        """The same scenario with other numbers, such as a program's arguments, in its structure."""
        return dataclasses.replace(self, model=model, processes=processes)

    @property
    def _draws_weights(self) -> bool:
        given = self.processes.given
        return self.document.weights.rule == "exogenous" and not any(
            f"dirichlet_{name}" in given for name in self.document.allocated
        )

    def _drawn_weights(self, key: Array | None) -> dict[str, Array]:
        """Draws of the exogenous rule, [T+1] by column."""
        from camjax.scenario.build_drivers import dirichlet_columns

        rule = cast("ExogenousRule", self.model.weights.rule)
        return dirichlet_columns(self.document.allocated, rule.concentration, self.steps, key)


def load_scenario(source: Source = DEFAULT, overrides: Mapping[str, Any] | None = None) -> Scenario:
    """Read a scenario, check it, and build its model and drivers.

    Args:
      source: a built-in name (`list_builtin`), the path of a TOML file, or the content of one as
        text (of several lines) or as a mapping. Files that it names are relative to its folder;
        where it is no file, to the current one.
      overrides: values by dotted path, laid over the source.

    Raises:
      ScenarioError: in one line where the scenario is wrong, what was expected, what was found
        and what to do about it.

    >>> load_scenario("fei", {"deposits.savings.rate": 0.03, "steps": 10}).steps
    10
    """
    raw = read_source(source)
    with located(raw.label):
        document = checked(raw, overrides or {})
    # Outside: what is wrong in a file is told with its own name.
    read = read_driver_data(document)
    if document.revenue is not None and document.revenue.file is not None:
        check_revenue(Path(document.revenue.file), document.steps)
    with located(raw.label):
        data = fit_drivers(document, read)
        # Only here is JAX needed, and importing it takes a while.
        from camjax.scenario.build_drivers import build_processes
        from camjax.scenario.build_model import build_model
        from camjax.scenario.precision import real_numbers

        real = real_numbers(document.precision)
        return Scenario(
            document=document,
            model=build_model(document, real),
            processes=build_processes(document, data, real),
            unread=data.unread,
        )


def as_scenario(
    scenario: Scenario | Source, overrides: Mapping[str, Any] | None = None
) -> Scenario:
    """A scenario that is loaded, or that is to be; overrides are laid over either.

    Raises:
      ScenarioError: as `load_scenario`.
    """
    if not isinstance(scenario, Scenario):
        return load_scenario(scenario, overrides)
    return load_scenario(scenario.toml, overrides) if overrides else scenario


def checked(raw: RawScenario, overrides: Mapping[str, Any]) -> Document:
    """The document of a source after overrides: each key checked, then all of them together.

    Its drivers are not looked for yet.

    Raises:
      ScenarioError: a key is unknown or holds what it cannot, or keys contradict each other.
    """
    keys = with_absolute_files(apply_overrides(raw.document, plain(overrides)), raw.folder)
    try:
        document = Document.model_validate(keys)
    except ValidationError as error:
        raise scenario_error(error, keys) from None
    check_document(document)
    check_processes(document)
    if document.sweep is not None:
        read_table(document.sweep)
    return document
