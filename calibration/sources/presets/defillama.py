"""DefiLlama's charts of a pool, as JSON or CSV: tvlUsd, and apy in percent, compounded.

References:
  https://defillama.com/docs/api, `/chart/{pool}`.
"""

from calibration.sources.mapping import Mapping
from calibration.sources.presets.base import Preset

PRESET = Preset(
    recognises=lambda sheet: {"timestamp", "tvlUsd", "apy"} <= set(sheet.columns),
    mapping=Mapping(
        time="timestamp", balance="tvlUsd", yield_rate="apy", is_percent=True, apy="daily"
    ),
    says="yields are apy in percent, rewards included, compounded daily; balances are tvlUsd",
)
