"""Formats that are recognised, one file each. To add one, write it and name it here."""

from collections.abc import Mapping

from calibration.sources.presets import defillama, dune, subgraph
from calibration.sources.presets.base import Preset

PRESETS: Mapping[str, Preset] = {
    "defillama": defillama.PRESET,
    "subgraph": subgraph.PRESET,
    "dune": dune.PRESET,
}
"""By the name that `--format` takes, in the order in which a file is tried."""
