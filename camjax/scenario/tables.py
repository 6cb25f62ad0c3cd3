"""What every table of a scenario has in common."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict

from camjax.scenario.kinds import Number


class Table(BaseModel):
    """A TOML table: types as written, no unknown keys, not to be changed."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


Finite = Annotated[float, Number("(-inf, inf)")]
NonNegative = Annotated[float, Number("[0, inf)")]
Positive = Annotated[float, Number("(0, inf)")]
Share = Annotated[float, Number("[0, 1]", "A share of 25 % is written 0.25.")]
