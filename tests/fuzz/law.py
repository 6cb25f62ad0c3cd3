"""The law of command lines: a status that is meant, one sentence for a refusal, finite numbers."""

import contextlib
import io
import json
import re
import signal
import traceback
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

from camjax.cli import main

MOST_SECONDS = 300
"""A command over inputs so small that takes longer does not end."""

NO_NUMBER = re.compile(r"(?<![\w.\[\"'])[-+]?(?:nan|inf|infinity)\b", re.IGNORECASE)
"""A number that is none, printed as one."""


def broken_law(arguments: Sequence[str]) -> str | None:
    """How a command line breaks the law; None where it obeys."""
    out, err = io.StringIO(), io.StringIO()
    try:
        with (
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            _ends_in_time(),
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("error")
            status = main(arguments)
    except (Exception, SystemExit):
        return f"raises: {traceback.format_exc()[-1500:]}"
    said, complained = out.getvalue(), err.getvalue()
    if status not in (0, 2):
        return f"status {status}: {complained}"
    if status == 2 and not complained.startswith("camjax: "):
        return f"refused without a word: {complained!r}"
    lines = complained.splitlines()
    pointer = lines[-1:] != [] and lines[-1].strip() == "^"
    told = lines[:-2] if pointer else lines  # notes on a scenario may come before the refusal
    if status == 2 and not all(line.startswith("camjax: ") for line in told):
        return f"not sentences of one line: {complained!r}"
    if "Traceback" in said + complained:
        return f"a traceback: {said}{complained}"
    if status == 0 and "--json" in arguments and "--help" not in arguments:
        try:
            json.loads(said, parse_constant=_refuse_constant)
        except ValueError as error:
            return f"no JSON ({error}): {said[:500]!r}"
    elif status == 0 and (found := NO_NUMBER.search(said)) and found[0] not in arguments:
        line = next(line for line in said.splitlines() if NO_NUMBER.search(line))
        return f"{found[0]} as a number: {line}"
    return None


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


@contextlib.contextmanager
def _ends_in_time() -> Iterator[None]:
    def stop(number: int, frame: object) -> None:
        raise TimeoutError(f"more than {MOST_SECONDS} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(MOST_SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def prepare(folder: Path) -> None:
    """Write what good commands write, for others to read."""
    import tomli_w

    from fuzz.inputs import PAIR, TABLE

    scenario, table = folder / "pair.toml", folder / "pair.csv"
    scenario.write_text(tomli_w.dumps(PAIR), "utf-8")
    table.write_text(TABLE, "utf-8")
    name, rate = str(scenario), "deposits.a.rate"
    for line in (
        ["run", name, "--paths", "2", "--out", str(folder / "results")],
        ["run", name, "--paths", "2", "--out", str(folder / "store.zarr")],
        ["sweep", name, "--set", f"{rate}=0.1,0.2", "--out", str(folder / "swept")],
        ["sensitivity", name, "--parameters", rate, "--out", str(folder / "ranked")],
        [
            *("calibrate", str(table), "--scenario", name, "--starts", "1"),
            *("--free", "rebalancing.duration_days", "--out", str(folder / "fit")),
        ],
    ):
        assert main(line) == 0, line
