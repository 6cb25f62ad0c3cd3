"""What `camjax sensitivity` was asked for."""

import dataclasses
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from calibration.sensitivity.box import Space, box_of, read_ranges
from calibration.sensitivity.posterior import posterior_of
from calibration.sensitivity.resampling import scramblings_of
from camjax.errors import CamjaxError, refusal
from camjax.questions import Evaluations, Outputs
from camjax.scenario import Scenario, list_parameters, parameters

OF_POSTERIOR = ("sobol", "dgsm")
"""Methods that look over any distribution, a box or what a fit leaves open."""


@dataclasses.dataclass(frozen=True)
class Order:
    """What is to be run."""

    scenario: Scenario
    method: str
    evaluations: Evaluations
    box: Space | None
    questions: tuple[str, ...]
    samples: int
    scramblings: int | None
    seed: int

    @classmethod
    def of(
        cls,
        scenario: Scenario,
        method: str,
        names: Sequence[str] | None,
        questions: Sequence[str] | None,
        samples: int | None,
        scramblings: int | None,
        posterior: Path | None,
        paths: int | None,
        seed: int,
    ) -> "Order":
        """Put options together.

        Raises:
          CamjaxError: some cannot be used, or do not go together.
        """
        is_local = method == "local"
        if not is_local and find_spec("SALib") is None:
            remedy = 'Install it: pip install "camjax[calibration]".'
            raise CamjaxError(refusal(method, "the library SALib", "none", remedy))
        if posterior is not None and method not in OF_POSTERIOR:
            expected = f"none with {method}, but with {' or '.join(OF_POSTERIOR)}"
            raise CamjaxError(refusal("--posterior", expected, posterior))
        if names is None and not is_local and posterior is None:
            remedy = "Such as deposits.savings.rate=0.01:0.03,rebalancing.duration_days."
            raise CamjaxError(refusal("--parameters", f"numbers, for {method}", "none", remedy))
        every = [] if posterior is not None else list_parameters(scenario)
        ranges = read_ranges(names or every)
        if (is_local or posterior is not None) and any(ranges.values()):
            where = "local" if is_local else "--posterior"
            raise CamjaxError(refusal("--parameters", f"paths alone, for {where}", "a range"))
        box: Space | None = None
        if posterior is not None:
            box = posterior_of(scenario, posterior, list(ranges))
        elif not is_local:
            box = box_of(scenario, ranges)
        model = scenario.model
        shares = (f"share[{model.names[place]}]" for place in model.positions)
        asked = tuple(questions or shares)
        number = samples or (20 if method == "morris" else 256)
        if method in OF_POSTERIOR:
            scramblings_of(number, scramblings, 1)
        num_paths = paths or ((512 if is_local else 64) if scenario.is_random else 1)
        varied = parameters(scenario, list(ranges) if box is None else list(box.names))
        outputs = Outputs(scenario, asked)
        return cls(
            scenario=scenario,
            method=method,
            evaluations=Evaluations(varied, outputs, num_paths, seed),
            box=box,
            questions=asked,
            samples=number,
            scramblings=scramblings,
            seed=seed,
        )
