"""Draws from the posterior beside what least squares says."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("blackjax")

from test_fit_uncertainty import small
from worlds_fit import with_noise

from calibration.fit import fit, uncertainty
from calibration.fit.posterior import sample_posterior
from camjax import CamjaxError


@pytest.mark.slow
def test_chains_agree_with_each_other_and_with_wald(tmp_path: Path) -> None:
    result = fit(with_noise(small(tmp_path), 0.02), num_starts=4)
    found = uncertainty(result)
    drawn = sample_posterior(result, num_draws=500)
    assert (drawn.r_hat < 1.02).all()
    assert (drawn.effective_size > 300).all()
    assert drawn.num_divergent == 0
    assert drawn.whiteness is not None and not drawn.whiteness.speaks
    assert drawn.noise.mean() == pytest.approx(0.02, rel=0.15)
    wald, own = np.ptp(found.intervals, axis=1), np.ptp(drawn.intervals, axis=1)
    np.testing.assert_allclose(own, wald, rtol=0.2)
    again = fit(result.problem, objective="weights", num_starts=1)
    with pytest.raises(CamjaxError, match='the objective "ilr", got weights'):
        sample_posterior(again)
