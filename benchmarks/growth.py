"""How time and memory grow: `python -m benchmarks.growth`.

With the number of paths, of steps, and of deposits. Every row is a process of its own, so that its
peak memory is its own. With `--paths 1000000` the largest runs that the engine was made for.
"""

import json
import resource
import statistics
import subprocess
import sys
import time
import tomllib
from typing import Any

from benchmarks.harness import MINIMUM_REPEATS, argument_parser, machine

PATHS = (1_000, 10_000, 100_000)
STEPS = (91, 365, 1460)
DEPOSITS = (2, 4, 8, 16, 64, 256)
LEAST_SECONDS = 1.0
"""Runs are repeated for so long: the median of a few short ones is chance."""

MIBIBYTE = 2**20


def scenario_of(num_deposits: int, steps: int) -> dict[str, Any]:
    """The default scenario, or as many of its money market as asked for."""
    import camjax

    default = camjax.load_scenario("fei", {"precision": "float32"})
    document = tomllib.loads(default.toml)
    document["steps"] = steps
    if num_deposits != 4:
        market = next(each for each in document["deposits"] if each["type"] == "money_market")
        names = [f"market_{i}" for i in range(num_deposits)]
        document["deposits"] = [market | {"name": name} for name in names]
        document["weights"].pop("factor", None)
    return document


def measure(order: dict[str, Any]) -> dict[str, float]:
    """Run one order in this process: time to import, to compile and to run, and peak memory."""
    started = time.perf_counter()
    import camjax

    camjax.configure(precision="float32")
    import jax

    from camjax.ensemble import Bands, FinalMean, Moments, run_ensemble
    from camjax.ensemble.blocks import blocks_of
    from camjax.ensemble.engine import run_blocks
    from camjax.ensemble.program import BlockProgram
    from camjax.ensemble.quantities import Quantity

    imported = time.perf_counter()
    scenario = camjax.load_scenario(scenario_of(order["deposits"], order["steps"]))
    names, key = scenario.model.names, jax.random.key(0)
    reducers: list[Any] = [FinalMean(Quantity("share", names[-1]))]
    if order["keep"] == "bands":
        variables = ("balance", "share")
        first = run_ensemble(scenario, 1024, key, [Moments(name) for name in variables])
        ranges = [first[f"moments({name})"] for name in variables]
        pairs = zip(variables, ranges, strict=True)
        reducers = [Bands(name, found.minimum, found.maximum) for name, found in pairs]
    program = BlockProgram(scenario, reducers, key)
    num_paths = order["paths"]
    seconds: list[float] = []
    while len(seconds) < order["repeats"] or sum(seconds) < LEAST_SECONDS:
        begun = time.perf_counter()
        run_blocks(program, blocks_of(num_paths), num_paths)
        seconds.append(time.perf_counter() - begun)
    return {
        "import_seconds": imported - started,
        "compile_seconds": program.compile_seconds,
        "run_seconds": statistics.median(seconds),
        "spread": (max(seconds) - min(seconds)) / statistics.median(seconds),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MIBIBYTE,
    }


def measured(order: dict[str, Any]) -> dict[str, Any]:
    """The same in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.growth", "--order", json.dumps(order)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return {**order, **json.loads(answer)}


def table(rows: list[dict[str, Any]]) -> str:
    """Markdown, one row a process."""
    header = (
        *("paths", "steps", "deposits", "kept", "run s", "spread", "ns a path-step"),
        *("import s", "compile s", "peak MiB"),
    )
    lines = [f"| {' | '.join(header)} |", "| ---: " * len(header) + "|"]
    for row in rows:
        each = row["run_seconds"] / (row["paths"] * row["steps"]) * 1e9
        lines.append(
            f"| {row['paths']:,} | {row['steps']:,} | {row['deposits']} | {row['keep']} "
            f"| {row['run_seconds']:.2f} | {row['spread']:.0%} | {each:.1f} "
            f"| {row['import_seconds']:.2f} | {row['compile_seconds']:.2f} "
            f"| {row['peak_mib']:,.0f} |"
        )
    return "\n".join(lines) + "\n"


def orders(most_paths: int, repeats: int) -> list[dict[str, Any]]:
    """What is measured: one thing grows at a time."""
    common = {"repeats": repeats, "keep": "final"}
    paths = [{"paths": n, "steps": 365, "deposits": 4} for n in (*PATHS, most_paths)]
    steps = [{"paths": 16_384, "steps": steps, "deposits": 4} for steps in STEPS]
    deposits = [{"paths": 2_048, "steps": 91, "deposits": n} for n in DEPOSITS]
    bands = {"paths": most_paths, "steps": 365, "deposits": 4, "keep": "bands"}
    return [common | order for order in (*paths, *steps, *deposits, bands)]


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--paths", type=int, default=1_000_000, help="the most of them")
    parser.add_argument("--order", type=json.loads, help="measure one row and print it as JSON")
    parser.set_defaults(repeats=MINIMUM_REPEATS)
    arguments = parser.parse_args()
    if arguments.order is not None:
        print(json.dumps(measure(arguments.order)))
        return
    rows = [measured(order) for order in orders(arguments.paths, arguments.repeats)]
    print(table(rows))
    if arguments.json is not None:
        report = {"benchmark": "growth", "machine": machine(), "rows": rows}
        arguments.json.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
