"""Random command lines over mutated scenarios, tables, questions and options obey one law."""

import os
import random
from pathlib import Path

import pytest
from fuzz.command_lines import CommandLines
from fuzz.law import broken_law, prepare

LINES = int(os.environ.get("CAMJAX_FUZZ_LINES", "2000"))
FIRST = int(os.environ.get("CAMJAX_FUZZ_FIRST", "0"))
"""Which of the lines run, so that a few can be looked at again."""


@pytest.mark.slow
def test_no_command_line_ends_in_anything_but_an_answer_or_a_refusal(folder: Path) -> None:
    prepare(folder)
    broken = {}
    for seed in range(FIRST, FIRST + LINES):
        line = CommandLines(folder, random.Random(seed)).next()
        law = broken_law(line)
        if law is not None:
            broken[seed] = f"{seed}: {line}\n  {law}"
            print(broken[seed], flush=True)
    assert not broken, "\n".join(broken.values())
