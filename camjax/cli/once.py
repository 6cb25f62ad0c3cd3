"""Options that have one value are given once."""

from collections import Counter
from typing import Any

from typer.core import TyperCommand, TyperOption

from camjax.errors import CamjaxError, refusal


class Once(TyperCommand):
    """A command that refuses a second value of an option that has one.

    The parser would keep the last and drop the others, and answer another question than the one
    that was asked. A flag that comes twice says the same twice.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read arguments.

        Raises:
          CamjaxError: an option that has one value is given several.
        """
        _, _, order = self.make_parser(ctx).parse_args(list(args))
        for option, times in Counter(order).items():
            is_single = isinstance(option, TyperOption) and not (option.multiple or option.is_flag)
            if is_single and times > 1:
                name = max(option.opts, key=len)
                raise CamjaxError(refusal(name, "one value", f"{times} of them"))
        return super().parse_args(ctx, args)
