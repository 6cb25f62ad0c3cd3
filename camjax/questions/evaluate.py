"""The value of a question's tree, once it is known what its leaves are."""

import operator
from collections.abc import Callable, Mapping

import jax
import jax.numpy as jnp
from jax import Array

from camjax.ensemble.reducers.events import COMPARISONS
from camjax.questions.tree import (
    Arithmetic,
    At,
    Comparison,
    Logic,
    Negative,
    Node,
    Not,
    Number,
    Over,
    Series,
    TimeTo,
)

SIGNS = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}

EVENTS = {**COMPARISONS, "=": operator.eq}

Look = Callable[[Series | At | Over | TimeTo], Array]
"""The value of a leaf."""

Widths = Mapping[Comparison, Array]
"""How wide the step is that stands in for a comparison."""


def evaluate(node: Node, look: Look, like: Array, widths: Widths | None = None) -> Array:
    """A value, or an event as 1 or 0.

    With widths a comparison is smooth: 1 / (1 + exp(-(left - right) / width)).

    Args:
      node: without expectations.
      look: gives the values of leaves.
      like: tells the type of numbers.
      widths: of the comparisons that are to be smooth.
    """

    def below(child: Node) -> Array:
        return evaluate(child, look, like, widths)

    match node:
        case Number(value):
            return jnp.full_like(like, value)
        case Negative(child):
            return -below(child)
        case Arithmetic(sign, left, right):
            found: Array = SIGNS[sign](below(left), below(right))
            return found
        case Comparison(sign, left, right) if widths is not None and node in widths:
            falls = sign in ("<", "<=")
            margin = below(right) - below(left) if falls else below(left) - below(right)
            return jax.nn.sigmoid(margin / widths[node])
        case Comparison(sign, left, right):
            return EVENTS[sign](below(left), below(right)).astype(like.dtype)
        case Logic("and", left, right):
            return below(left) * below(right)
        case Logic(_, left, right):
            return 1 - (1 - below(left)) * (1 - below(right))
        case Not(event):
            return 1 - below(event)
        case Series() | At() | Over() | TimeTo():
            return look(node)
    raise TypeError(f"{node} is no value of a path")
