"""Long fits that survive: how far every search has come, in a file whole at any moment."""

import dataclasses
import hashlib
import io
import json
import time
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from calibration.fit.problem import Problem
from camjax import __version__
from camjax.errors import CamjaxError, refusal
from camjax.writing import read_sealed, write_sealed

State = TypeVar("State")

ABOUT = "about"
"""Name of the array that holds, as JSON, what the fit is of."""
ENDED = "fit.json"
"""What lies beside the file of a fit once that has ended and the file is gone."""
ITERATIONS_PER_REPORT = 20
"""Steps between two reports of progress, and two states that can be continued from."""
EVERY_SECONDS = 10.0
"""How much work may be lost when the process is killed, beside the steps under way."""


class Unsaved:
    """Nothing is saved, nothing continues."""

    def begin(self, about: Mapping[str, str]) -> None:
        """As `Checkpoint.begin`."""

    def state(self, stage: str, begun: Callable[[], State]) -> State:
        """As `Checkpoint.state`."""
        del stage
        return begun()

    def keep(self, stage: str, state: object) -> None:
        """As `Checkpoint.keep`."""

    def save(self) -> bool:
        """As `Checkpoint.save`."""
        return False

    def end(self) -> None:
        """As `Checkpoint.end`."""


@dataclasses.dataclass(eq=False)
class Checkpoint(Unsaved):
    """States of the searches of a fit by the name of their stage.

    Stages that have ended are kept too: a fit that continues runs through them again and finds
    each of them as it was left, so that it ends bit for bit as if it had never stopped.

    Attributes:
      file: written under a temporary name and renamed.
      resume: whether to continue what the file holds; otherwise there must be no such file.
      every_seconds: between two writes.
    """

    file: Path
    resume: bool = False
    every_seconds: float = EVERY_SECONDS
    _arrays: dict[str, np.ndarray] = dataclasses.field(default_factory=dict, init=False)
    _written: float = dataclasses.field(default=-np.inf, init=False)

    def check(self) -> None:
        """Refuse a file that is there where a fit begins, or absent where one continues.

        Raises:
          CamjaxError: so it is.
        """
        if self.resume and not self.file.exists():
            got, remedy = "no file", "Start it anew."
            if (self.file.parent / ENDED).exists():
                got = f"one that has ended: {ENDED} is there"
                remedy = "There is nothing left to do; leave out --resume to fit it again."
            expected = "a fit that was interrupted"
            raise CamjaxError(refusal(str(self.file), expected, got, remedy))
        if not self.resume and self.file.exists():
            remedy = "Resume that fit, or remove the file."
            raise CamjaxError(
                refusal(str(self.file), "no file yet", "a fit that was saved there", remedy)
            )

    def begin(self, about: Mapping[str, str]) -> None:
        """Read the file of a fit that continues, or make sure that there is none; once.

        Args:
          about: all that the fit depends on, by the name that a refusal calls it.

        Raises:
          CamjaxError: there is none to continue or one where a fit begins, it is of no fit or of
            another one.
        """
        if self._arrays:
            return
        self.check()
        self._arrays = self._read() if self.resume else {ABOUT: _as_array(about)}
        before = json.loads(str(self._arrays[ABOUT]))
        for name, value in about.items():
            if before.get(name) != value:
                remedy = "Only the very same fit can be resumed."
                got = f"one with another {name}"
                raise CamjaxError(refusal(str(self.file), "a part of this fit", got, remedy))

    def state(self, stage: str, begun: Callable[[], State]) -> State:
        """The state that a stage was left in; as it begins, where it has not begun.

        Args:
          stage: its name.
          begun: makes the first state; a pytree of arrays.

        Raises:
          CamjaxError: what was kept is no such state.
        """
        if not any(name.startswith(f"{stage}/") for name in self._arrays):
            return begun()
        leaves, structure = jax.tree.flatten(jax.eval_shape(begun))
        kept = [self._arrays.get(f"{stage}/{place}") for place in range(len(leaves))]
        for leaf, like in zip(kept, leaves, strict=True):
            if leaf is None or (leaf.shape, leaf.dtype) != (like.shape, like.dtype):
                got = "nothing" if leaf is None else f"{leaf.dtype} {leaf.shape}"
                where = f"{self.file}: {stage}"
                raise CamjaxError(refusal(where, f"{like.dtype} {like.shape}", got))
        restored: State = jax.tree.unflatten(structure, [jnp.asarray(leaf) for leaf in kept])
        return restored

    def keep(self, stage: str, state: object) -> None:
        """Note the state of a stage, and write the file if it is time.

        Raises:
          CamjaxError: it cannot be written.
        """
        for place, leaf in enumerate(jax.tree.leaves(state)):
            self._arrays[f"{stage}/{place}"] = np.asarray(leaf)
        if time.monotonic() - self._written >= self.every_seconds:
            self._write()

    def save(self) -> bool:
        """Write the file, if anything is known yet; whether there is one."""
        if self._arrays:
            self._write()
        return bool(self._arrays)

    def end(self) -> None:
        """Remove the file: what was found is written elsewhere."""
        self.file.unlink(missing_ok=True)

    def _read(self) -> dict[str, np.ndarray]:
        expected = "the file of a fit, as it was written"
        content = read_sealed(self.file, expected, required=True)
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
                found = dict(arrays)
            if not isinstance(json.loads(str(found[ABOUT])), dict):
                raise ValueError
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
            raise CamjaxError(refusal(str(self.file), expected, "another")) from error
        return found

    def _write(self) -> None:
        stream = io.BytesIO()
        np.savez(stream, allow_pickle=False, **self._arrays)
        write_sealed(self.file, stream.getbuffer())
        self._written = time.monotonic()


def about_fit(problem: Problem, objective: str, starts: ArrayLike) -> dict[str, str]:
    """All that a search depends on, numbers as digests, by the name that a refusal calls it."""
    return {
        "version": f"camjax {__version__}, jax {jax.__version__}",
        "scenario": problem.free.parameters.toml(problem.free.parameters.values),
        "mode": problem.mode,
        "objective": objective,
        "choice of free numbers": ", ".join(problem.free.coordinates),
        "set of bounds": json.dumps(problem.bounds, sort_keys=True),
        "set of priors": json.dumps(problem.priors.named, sort_keys=True),
        "table of observations or drivers": _digest(problem.data),
        "set of starts": _digest(starts),
    }


def stage_of(problem: Problem, objective: str) -> str:
    """What the states of one search are kept under."""
    return f"{problem.scenario.model.rebalancing.settlement} {objective}"


def _digest(values: object) -> str:
    """Of every array of a pytree, with its shape and type."""
    digest = hashlib.sha256()
    for leaf in jax.tree.leaves(values):
        if jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key):
            leaf = jax.random.key_data(leaf)
        array = np.asarray(leaf)
        digest.update(f"{array.shape} {array.dtype}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def _as_array(about: Mapping[str, str]) -> np.ndarray:
    return np.array(json.dumps(dict(about)))
