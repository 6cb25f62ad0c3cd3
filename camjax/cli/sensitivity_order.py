"""What `camjax sensitivity` was asked for."""

import dataclasses
from collections.abc import Sequence
from importlib.util import find_spec

from calibration.sensitivity.box import Box, box_of, read_ranges
from calibration.sensitivity.resampling import check_sobol_size
from camjax.errors import CamjaxError, refusal
from camjax.questions import Evaluations, Outputs
from camjax.scenario import Scenario, list_parameters, parameters


@dataclasses.dataclass(frozen=True)
class Order:
    """What is to be run."""

    scenario: Scenario
    method: str
    evaluations: Evaluations
    box: Box | None
    questions: tuple[str, ...]
    samples: int
    scramblings: int
    seed: int

    @classmethod
    def of(
        cls,
        scenario: Scenario,
        method: str,
        names: Sequence[str] | None,
        questions: Sequence[str] | None,
        samples: int | None,
        scramblings: int,
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
        if names is None and not is_local:
            remedy = "Such as deposits.savings.rate=0.01:0.03,rebalancing.duration_days."
            raise CamjaxError(refusal("--parameters", f"numbers, for {method}", "none", remedy))
        ranges = read_ranges(names or list_parameters(scenario))
        if is_local and any(ranges.values()):
            raise CamjaxError(refusal("--parameters", "paths alone, for local", "a range"))
        model = scenario.model
        shares = (f"share[{model.names[place]}]" for place in model.positions)
        asked = tuple(questions or shares)
        number = samples or (20 if method == "morris" else 256)
        if method in ("sobol", "dgsm"):
            check_sobol_size(number, scramblings)
        num_paths = paths or ((512 if is_local else 64) if scenario.is_random else 1)
        varied, outputs = parameters(scenario, list(ranges)), Outputs(scenario, asked)
        return cls(
            scenario=scenario,
            method=method,
            evaluations=Evaluations(varied, outputs, num_paths, seed),
            box=None if is_local else box_of(scenario, ranges),
            questions=asked,
            samples=number,
            scramblings=scramblings,
            seed=seed,
        )
