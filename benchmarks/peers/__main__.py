"""Race the peers against each other: `python -m benchmarks.peers`."""

from functools import partial

import numpy as np

from benchmarks.harness import Race, argument_parser, as_json, race, table
from benchmarks.peers import parallel_numba, vectorised_numpy
from benchmarks.peers.workload import Series, Settlement, draw_series

SETTLEMENTS: tuple[Settlement, ...] = ("netted", "sequential")


def race_peers(
    num_paths: int,
    steps: int,
    settlement: Settlement,
    dtype: type[np.floating],
    drivers: Series | None,
    repeats: int,
) -> Race:
    """Time both peers, drawing random numbers unless series are given; final balances only."""
    by_step = drivers and (np.asfortranarray(drivers[0]), np.asfortranarray(drivers[1]))
    numpy_run = partial(vectorised_numpy.run, settlement=settlement, dtype=dtype, drivers=by_step)
    numba_run = partial(parallel_numba.run, settlement=settlement, dtype=dtype, drivers=drivers)
    return race(
        "Final balances of the default scenario",
        {
            "NumPy": partial(numpy_run, num_paths, steps),
            "Numba": partial(numba_run, num_paths, steps),
        },
        work=num_paths * steps,
        settings={
            "precision": dtype.__name__,
            "settlement": settlement,
            "random numbers": "drawn" if drivers is None else "given",
            "paths": num_paths,
            "steps": steps,
        },
        repeats=repeats,
    )


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--paths", type=int, default=32_768)
    parser.add_argument("--steps", type=int, default=365)
    arguments = parser.parse_args()
    results = []
    for dtype in (np.float64, np.float32):
        given = draw_series(arguments.paths, arguments.steps, dtype)
        for settlement in SETTLEMENTS:
            for drivers in (None, given):
                results.append(
                    race_peers(
                        arguments.paths,
                        arguments.steps,
                        settlement,
                        dtype,
                        drivers,
                        arguments.repeats,
                    )
                )
                print(table(results[-1], baselines=("NumPy",)))
    if arguments.json is not None:
        arguments.json.write_text(as_json("peers", results) + "\n")


if __name__ == "__main__":
    main()
