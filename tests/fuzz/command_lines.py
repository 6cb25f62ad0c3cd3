"""Command lines of every command, over inputs that are mostly damaged."""

import random
from collections.abc import Callable
from pathlib import Path

import tomli_w

from fuzz.inputs import KEYS, LONG, PAIR, POOLED, QUESTIONS, SOURCES, TABLE, VALUES
from fuzz.mutations import (
    CELLS,
    changed_document,
    changed_table,
    changed_text,
    damaged,
)


class CommandLines:
    """Draws command lines; their inputs are written into a folder.

    Args:
      folder: for inputs and outputs; `results`, `swept`, `ranked`, `fit` and `store.zarr` in it
        were written by good commands.
      draw: what is random.
    """

    def __init__(self, folder: Path, draw: random.Random) -> None:
        self.folder, self.draw = folder, draw
        read = [self.report, self.describe, self.analyse, self.export, self.merge, self.scenarios]
        compiled = [self.run, self.sweep, self.ask, self.solve, self.sensitivity]
        observed = [self.observe, self.weights, self.backtest, self.forecast, self.calibrate]
        self.commands: list[Callable[[], list[str]]] = [*read, *compiled, *observed]

    def next(self) -> list[str]:
        """One command line."""
        line = self.draw.choice(self.commands)()
        if self.draw.random() < 0.5:
            line.append("--json")
        if self.draw.random() < 0.03:
            line.insert(self.draw.randrange(len(line) + 1), self.draw.choice(CELLS))
        return [argument.replace("\x00", "\\0") for argument in line]

    def run(self) -> list[str]:
        line = ["run", self.scenario(), *self.some(paths="2", seed="1", set=self.assignment)]
        line += self.some(0.2, event=self.event, variable=self.name, keep=self.keep)
        line += self.some(0.15, until_ci=self.number, of=self.event, shard=self.shard)
        return line + self.out() + self.flags(0.1, "--resume", "--report")

    def sweep(self) -> list[str]:
        line = ["sweep", self.scenario(), "--paths", "2", *self.some(set=self.assignment)]
        line += self.some(0.3, mode=lambda: self.draw.choice(("zip", "sample")), samples="2")
        return [*line, *self.some(0.2, keep=self.keep), *self.out(), *self.flags(0.1, "--report")]

    def ask(self) -> list[str]:
        line = ["ask", self.scenario(), self.question(), *self.some(paths="4", set=self.assignment)]
        return line + self.some(0.1, until_ci=self.number, precision=lambda: "float32")

    def solve(self) -> list[str]:
        ends = f"{self.key()}{self.draw.choice(('', '=0.01:0.2', '=nan:1', '=2:1', '=0:1e400'))}"
        line = ["solve", self.scenario(), "--vary", ends, "--paths", "4"]
        goal = ["--find", self.draw.choice(("min", "max")), "--such-that", self.question()]
        return line + self.draw.choice((goal, ["--maximise", self.question()]))

    def sensitivity(self) -> list[str]:
        method = self.draw.choice(("local", "local", "sobol", "morris", "dgsm"))
        line = ["sensitivity", self.scenario(), "--paths", "2", "--method", method]
        if method != "local":
            line += ["--samples", self.draw.choice(("4", "0", "3"))]
        line += ["--parameters", f"{self.key()}{self.draw.choice(('', '=0.1:0.2', '=1:nan'))}"]
        return [*line, *self.some(0.3, outputs=self.question, posterior=self.fit), *self.out()]

    def observe(self) -> list[str]:
        line = ["observe", self.source(), *([self.source()] if self.draw.random() < 0.3 else [])]
        line += self.some(0.1, format=lambda: self.draw.choice(("defillama", "dune", "nope")))
        for option in ("time", "balance", "yield", "venue", "deposit", "add"):
            line += self.some(0.15, **{option: self.column})
        line += self.some(0.15, unit=self.number, apy=lambda: self.draw.choice(("daily", "no")))
        line += self.some(0.2, daily=lambda: self.draw.choice(("last", "mean", "first")))
        line += self.some(0.2, absent=lambda: self.draw.choice(("zero", "closed")))
        line += self.some(0.2, scenario_out=lambda: str(self.folder / "observed.toml"))
        return line + self.flags(0.3, "--percent", "--as-is") + self.out()

    def weights(self) -> list[str]:
        return ["weights", self.table(), *self.some(scenario=self.scenario), *self.observed()]

    def backtest(self) -> list[str]:
        line = ["backtest", self.table(), "--scenario", self.scenario(), "--paths", "2"]
        line += self.some(0.2, mode=lambda: "free-run", without=self.deposit, drivers=self.table)
        return line + self.observed()

    def forecast(self) -> list[str]:
        line = ["forecast", self.table(), "--horizon", self.draw.choice(("1", "2", "0", "30"))]
        line += self.some(0.5, method=self.method, initial=self.number, step=self.number)
        line += self.some(0.2, window=self.number, embargo=self.number, scenario=self.scenario)
        return line + self.flags(0.2, "--no-evaluate", "--conformal") + self.observed()

    def calibrate(self) -> list[str]:
        line = ["calibrate", self.table(), "--scenario", self.scenario(), "--starts", "1"]
        line += ["--free", self.draw.choice((self.key(), "rebalancing.duration_days"))]
        line += self.some(0.1, bounds=self.bounds, prior=self.bounds, hold_out=self.number)
        return line + self.observed()

    def report(self) -> list[str]:
        return ["report", self.results(), *self.some(0.9, out=lambda: str(self.folder / "r.html"))]

    def describe(self) -> list[str]:
        return ["describe", self.results()]

    def analyse(self) -> list[str]:
        line = ["analyse", self.results(), *self.some(0.5, of=self.quantity, event=self.event)]
        what = ("shares", "probability", "compare", "tail-risk", "times", "flows", "nope")
        line += self.some(0.5, what=lambda: self.draw.choice(what), step=self.number)
        line += self.some(0.2, level=self.number, rate=self.number, revenue=self.number)
        return line + self.some(0.2, window=self.number, probability=self.number)

    def export(self) -> list[str]:
        name = self.draw.choice(("x.csv", "x.parquet", "x.txt", "", "results"))
        return ["export", self.results(), str(self.folder / name)]

    def merge(self) -> list[str]:
        return ["merge", self.results(), *self.some(0.3, out=lambda: str(self.folder / "merged"))]

    def scenarios(self) -> list[str]:
        return ["scenarios", *self.draw.choice((["list"], ["show", self.scenario()], []))]

    def some(self, chance: float = 0.7, **options: str | Callable[[], str]) -> list[str]:
        """Some of these options with their values, now and then one that is junk."""
        line = []
        for name, value in options.items():
            if self.draw.random() < chance:
                given = value if isinstance(value, str) else value()
                if self.draw.random() < 0.05:
                    given = self.draw.choice(CELLS)
                line += [f"--{name.replace('_', '-')}", given]
        return line

    def flags(self, chance: float, *names: str) -> list[str]:
        return [name for name in names if self.draw.random() < chance]

    def observed(self) -> list[str]:
        carried = lambda: self.draw.choice(("carry:3", "interpolate", "carry:-1", "carry:x"))  # noqa: E731
        line = self.some(0.15, missing=carried, residual=self.deposit, supply=self.table)
        return line + self.out()

    def out(self) -> list[str]:
        return self.some(0.15, out=lambda: str(self.folder / f"out{self.draw.randrange(3)}"))

    def scenario(self) -> str:
        document, how = self.draw.choice((PAIR, PAIR, POOLED)), self.draw.random()
        if how < 0.03:
            return self.draw.choice(("fei-nope", "", "results", *CELLS))
        content = tomli_w.dumps(document if how < 0.5 else changed_document(document, self.draw))
        encoded = content.encode(errors="replace")
        return self.file("scenario.toml", damaged(encoded, self.draw) if how > 0.95 else encoded)

    def table(self) -> str:
        text = self.draw.choice((TABLE, LONG))
        whole = self.draw.random() < 0.35
        return self.file("table.csv", text.encode() if whole else changed_table(text, self.draw))

    def source(self) -> str:
        name, text = self.draw.choice(tuple(SOURCES.items()))
        whole = self.draw.random() < 0.35
        return self.file(name, text.encode() if whole else changed_table(text, self.draw))

    def column(self) -> str:
        return self.draw.choice(("tvlUsd", "apy", "apyReward", "timestamp", "venue", "time", "x"))

    def file(self, name: str, content: bytes) -> str:
        path = self.folder / f"{self.draw.randrange(5)}-{name}"
        path.write_bytes(content)
        return str(path)

    def results(self) -> str:
        """A good one, a damaged copy, or something else."""
        chosen = self.draw.choice(("results", "swept", "ranked", "fit", "store.zarr", "nope"))
        files = [file for file in sorted((self.folder / chosen).glob("*.*")) if file.is_file()]
        if not files or self.draw.random() < 0.4:
            return str(self.folder / chosen)
        whole = self.draw.choice(files)
        return self.file(whole.name, damaged(whole.read_bytes(), self.draw))

    def fit(self) -> str:
        return str(self.folder / self.draw.choice(("fit", "results", "nope")))

    def assignment(self) -> str:
        return f"{self.key()}={self.draw.choice(VALUES)}"

    def bounds(self) -> str:
        return f"{self.key()}={self.draw.choice(VALUES)}"

    def question(self) -> str:
        return changed_text(self.draw.choice(QUESTIONS), self.draw)

    def event(self) -> str:
        return changed_text(self.draw.choice(("share[b] > 0.4", "balance[a] <= 60")), self.draw)

    def quantity(self) -> str:
        return self.draw.choice(("share[a]", "balance", "balance[b]", "transfer", "nope", "status"))

    def key(self) -> str:
        return self.draw.choice(KEYS)

    def number(self) -> str:
        return self.draw.choice(("1", "2", "0", "-1", "0.5", "5", "nan", "inf", "1e400", "x"))

    def deposit(self) -> str:
        return self.draw.choice(("a", "b", "idle", "nope"))

    def name(self) -> str:
        return self.draw.choice(("balance", "share", "yield_rate", "nope"))

    def keep(self) -> str:
        return self.draw.choice(("trajectories", "final", "statistics", "nope"))

    def shard(self) -> str:
        return self.draw.choice(("1/1", "1/2", "2/1", "0/0", "x"))

    def method(self) -> str:
        return self.draw.choice(
            ("persistence", "drift", "var", "exponential_smoothing", "machine_learning", "nope")
        )
