"""What holds for the arguments of every command: each has a place, each option one value."""

import math
from collections import Counter
from typing import Any

from typer.core import TyperCommand, TyperOption

from camjax.errors import CamjaxError, refusal


class Once(TyperCommand):
    """A command that refuses a second value of an option that has one, and numbers that are none.

    The parser would keep the last value and drop the others, and answer another question than the
    one that was asked. A flag that comes twice says the same twice.
    """

    allow_extra_args = True
    """They are refused here, in a sentence that does not repeat all of them."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read arguments.

        Raises:
          CamjaxError: an option that has one value is given several; arguments beyond those that
            the command has; nan, infinity, or a whole number of more than 63 bits.
        """
        _, _, order = self.make_parser(ctx).parse_args(list(args))
        for option, times in Counter(order).items():
            is_single = isinstance(option, TyperOption) and not (option.multiple or option.is_flag)
            if is_single and times > 1:
                name = max(option.opts, key=len)
                raise CamjaxError(refusal(name, "one value", f"{times} of them"))
        rest = super().parse_args(ctx, args)
        if rest:
            remedy = f"`{ctx.command_path} --help` tells what there are."
            expected = "no further arguments"
            raise CamjaxError(refusal(ctx.command_path, expected, " ".join(rest), remedy))
        for parameter in self.params:
            value = ctx.params.get(parameter.name)
            if isinstance(value, float) and not math.isfinite(value):
                raise CamjaxError(refusal(max(parameter.opts, key=len), "a finite number", value))
            if isinstance(value, int) and abs(value) >= 2**63:
                raise CamjaxError(refusal(max(parameter.opts, key=len), "a number < 2⁶³", value))
        return rest
