"""What antithetic pairs and Sobol points save: `python -m benchmarks.variance_reduction`.

The mean final share of a deposit in the default scenario. Units of an estimate are independent, so
one long run of many units shows the variance of an estimate from any number of units.
"""

import json
import math
import statistics
from dataclasses import asdict, dataclass

import jax

import camjax
from benchmarks.harness import argument_parser, machine
from camjax.ensemble import estimate_mean
from camjax.ensemble.variance_reduction.choice import SamplingName


@dataclass(frozen=True, kw_only=True)
class Contender:
    """A way of drawing paths, in replicates of so many where it has replicates."""

    sampling: SamplingName
    replicate_paths: int | None = None

    @property
    def name(self) -> str:
        """Sampling and paths in a replicate."""
        paths = self.replicate_paths
        return self.sampling if paths is None else f"{self.sampling}, {paths} paths a replicate"


CONTENDERS = (
    Contender(sampling="plain"),
    Contender(sampling="antithetic"),
    Contender(sampling="sobol", replicate_paths=1024),
    Contender(sampling="mirrored_sobol", replicate_paths=1024),
    Contender(sampling="sobol", replicate_paths=64),
    Contender(sampling="mirrored_sobol", replicate_paths=64),
)
"""1024 paths are one replicate, or the 16 that an estimate of 1024 paths has by default."""


@dataclass(frozen=True, kw_only=True)
class Saving:
    """What one contender needs for a quantity, beside plain sampling."""

    quantity: str
    contender: str
    mean: float
    variance_of_a_path: float
    """Of an estimate, times its paths: what a path would have to vary if all were independent."""
    relative_error: float
    """Standard error of that variance, as its share, were units normal."""
    microseconds_a_path: tuple[float, ...]
    """Of every run, compilation left out."""

    @property
    def seconds(self) -> float:
        """Median time of a path."""
        return statistics.median(self.microseconds_a_path) / 1e6


def measure(scenario: camjax.Scenario, quantity: str, num_paths: int, repeats: int) -> list[Saving]:
    """Estimate with all contenders in turns, each time with another key."""
    runs: dict[Contender, list] = {contender: [] for contender in CONTENDERS}
    for repeat in range(repeats):
        for contender, found in runs.items():
            paths = contender.replicate_paths
            found.append(
                estimate_mean(
                    scenario,
                    quantity,
                    num_paths,
                    jax.random.key(repeat),
                    sampling=contender.sampling,
                    replicates=None if paths is None else num_paths // paths,
                )
            )
    return [
        Saving(
            quantity=quantity,
            contender=contender.name,
            mean=statistics.mean(run.mean[-1] for run in found),
            variance_of_a_path=num_paths
            * statistics.mean(run.standard_error[-1] ** 2 for run in found),
            relative_error=math.sqrt(2 / sum(run.num_units - 1 for run in found)),
            microseconds_a_path=tuple(run.run_seconds / num_paths * 1e6 for run in found),
        )
        for contender, found in runs.items()
    ]


def table(savings: list[Saving]) -> str:
    """Ratios to the first contender, as a Markdown table."""
    plain = savings[0]
    lines = [
        f"Mean final {plain.quantity}",
        "",
        "| sampling | mean | variance ratio, equal paths | ± | µs a path | equal time |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for saving in savings:
        ratio = plain.variance_of_a_path / saving.variance_of_a_path
        timed = ratio * plain.seconds / saving.seconds
        lines.append(
            f"| {saving.contender} | {saving.mean:.5f} | {ratio:.1f} "
            f"| {ratio * saving.relative_error:.1f} | {saving.seconds * 1e6:.1f} | {timed:.1f} |"
        )
    return "\n".join([*lines, ""])


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--paths", type=int, default=2**17, help="of each estimate; a power of two")
    parser.add_argument("--precision", choices=("float32", "float64"), default="float64")
    parser.add_argument("--of", nargs="+", default=["share[savings]"], metavar="QUANTITY")
    arguments = parser.parse_args()
    camjax.configure(precision="float64")
    scenario = camjax.load_scenario("fei", {"precision": arguments.precision})
    results = []
    for quantity in arguments.of:
        results += measure(scenario, quantity, arguments.paths, arguments.repeats)
        print(table(results[-len(CONTENDERS) :]))
    if arguments.json is not None:
        record = {
            "benchmark": "variance_reduction",
            "machine": machine(),
            "settings": {"precision": arguments.precision, "paths": arguments.paths},
            "savings": [asdict(result) for result in results],
        }
        arguments.json.write_text(json.dumps(record, indent=2))


if __name__ == "__main__":
    main()
