"""What sentences call free numbers and groups of them."""

from calibration.fit.free import DURATION, FreeParameters

WORDS = {DURATION: "rebalance duration"}
"""How sentences call a number; others by the last part of their path."""


def word(path: str) -> str:
    """What a sentence calls a number.

    >>> word("weights.asset_risk_aversion"), word("weights.factor.idle")
    ('asset risk aversion', 'factor of idle')
    """
    if path in WORDS:
        return WORDS[path]
    table, _, key = path.rpartition(".")
    parent = table.rpartition(".")[2]
    if table.count(".") == 0:
        return key.replace("_", " ")
    return f"{parent.replace('_', ' ')} of {key}" if table.startswith("weights") else path


def blocks_of(free: FreeParameters) -> list[int]:
    """[D] index of the block that each coordinate belongs to."""
    return [i for i, block in enumerate(free.blocks) for _ in block.coordinates]


def group(free: FreeParameters, block: int) -> str:
    """What a sentence calls the number or group of a block."""
    names = free.blocks[block].names
    if len(names) == 1:
        return word(names[0])
    return "the factors" if ".factor." in names[0] else "the concentrations"


def listed(names: list[str]) -> str:
    """Names in a sentence.

    >>> listed(["a"]), listed(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
