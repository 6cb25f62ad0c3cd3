"""What a window of yields costs: `python -m benchmarks.windows`.

The mean final share of savings over an ensemble, and the same with its gradient by every number, in
windows of several lengths. First calls tell how long they take to compile.
"""

from collections.abc import Callable
from typing import Any

import camjax
from benchmarks.ensemble_gradient import contender
from benchmarks.harness import argument_parser, as_json, race, table

WINDOWS = (7, 30, 180, 365)
"""Steps."""


def contenders(name: str, precision: str, num_paths: int) -> dict[str, Callable[[], object]]:
    """One run in each window, compiled by its first call.

    Args:
      name: of `benchmarks.ensemble_gradient.CONTENDERS`.
      precision: of the scenario.
      num_paths: of an ensemble.
    """

    def lazily(window: int) -> Callable[[], object]:
        changes = {"weights.yield_window": window, "precision": precision}
        compiled: list[Callable[[], object]] = []

        def run() -> object:
            if not compiled:
                scenario = camjax.load_scenario("fei", changes)
                compiled.append(contender(name, scenario, num_paths))
            return compiled[0]()

        return run

    return {f"{window} steps": lazily(window) for window in WINDOWS}


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--paths", type=int, default=4096)
    parser.add_argument("--precision", choices=("float32", "float64"), default="float64")
    arguments = parser.parse_args()
    camjax.configure(precision="float64")
    precision, num_paths = arguments.precision, arguments.paths
    steps = camjax.load_scenario("fei").steps
    settings: dict[str, Any] = {"precision": precision, "paths": num_paths, "steps": steps}
    results = [
        race(
            f"The {name} by yield_window",
            contenders(name, precision, num_paths),
            work=num_paths * steps,
            settings=settings,
            repeats=arguments.repeats,
        )
        for name in ("mean", "mean and gradient")
    ]
    for result in results:
        print(table(result, baselines=(f"{WINDOWS[0]} steps",)))
    if arguments.json is not None:
        arguments.json.write_text(as_json("windows", results))


if __name__ == "__main__":
    main()
