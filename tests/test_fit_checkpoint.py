"""Saved fits: what was kept comes back in place of a beginning, and only to the same fit."""

from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest

from calibration.fit.checkpoint import Checkpoint
from camjax import CamjaxError

ABOUT = {"objective": "ilr", "set of starts": "some"}


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """A file of one stage whose state is (0.1, 7)."""
    checkpoint = Checkpoint(tmp_path / "out" / "fit.npz")
    checkpoint.begin(ABOUT)
    checkpoint.keep("search", (jnp.asarray([0.1]), jnp.asarray(7, jnp.int32)))
    return checkpoint.file


def begun() -> tuple[jnp.ndarray, jnp.ndarray]:
    return jnp.zeros(1), jnp.zeros((), jnp.int32)


def test_a_stage_goes_on_from_its_last_state_and_others_begin(saved: Path) -> None:
    checkpoint = Checkpoint(saved, resume=True)
    checkpoint.begin(ABOUT)
    place, done = checkpoint.state("search", begun)
    assert float(place[0]) == 0.1
    assert done.dtype == jnp.int32
    assert int(done) == 7
    np.testing.assert_array_equal(checkpoint.state("another search", begun)[0], [0.0])
    checkpoint.end()
    assert not saved.exists()


def test_what_is_kept_is_written_no_more_often_than_asked(saved: Path) -> None:
    checkpoint = Checkpoint(saved, resume=True, every_seconds=1e9)
    checkpoint.begin(ABOUT)
    for done in (8, 9):
        checkpoint.keep("search", (jnp.asarray([0.1]), jnp.asarray(done, jnp.int32)))
    again = Checkpoint(saved, resume=True)
    again.begin(ABOUT)
    assert int(again.state("search", begun)[1]) == 8
    assert checkpoint.save()
    again = Checkpoint(saved, resume=True)
    again.begin(ABOUT)
    assert int(again.state("search", begun)[1]) == 9


def test_only_the_same_fit_goes_on(saved: Path) -> None:
    with pytest.raises(CamjaxError, match="got one with another objective"):
        Checkpoint(saved, resume=True).begin(ABOUT | {"objective": "huber"})
    with pytest.raises(CamjaxError, match="no file yet"):
        Checkpoint(saved).begin(ABOUT)
    saved.write_text("junk")
    with pytest.raises(CamjaxError, match="the file of a fit, as it was written, got another"):
        Checkpoint(saved, resume=True).begin(ABOUT)
    np.savez(saved, other=np.zeros(3))
    with pytest.raises(CamjaxError, match="the file of a fit, as it was written, got another"):
        Checkpoint(saved, resume=True).begin(ABOUT)
    saved.unlink()
    with pytest.raises(CamjaxError, match="a fit that was interrupted, got no file"):
        Checkpoint(saved, resume=True).begin(ABOUT)


def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    checkpoint = Checkpoint(tmp_path / "file" / "fit.npz")
    checkpoint.begin(ABOUT)
    with pytest.raises(CamjaxError, match="a file that can be written"):
        checkpoint.keep("search", begun())
