"""A rule with the options that any rule can have: closed deposits, a cap, uncertainty."""

from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from camjax._pytree import pytree, static
from camjax.errors import CamjaxError, refusal
from camjax.vector import Vector, where
from camjax.weights.base import Target, View, WeightRule
from camjax.weights.simplex import capped


@pytree
class Weights:
    """How target weights come about: a rule, and what is done to its target afterwards.

    Args:
      rule: the weight rule.
      cap: [] largest weight of any one deposit, at least 1/N; None: no cap.
      dirichlet_precision: [] κ: holders are uncertain and W is drawn from Dirichlet(κ W); None:
        they are not.
      excluded: for each allocated deposit, whether its target is exactly 0 (idle, where idle is
        to have no weight of its own); None: no deposit is excluded.

    References:
      Specification, 4.2, 4.10, 4.11 and A3.
    """

    rule: WeightRule
    cap: Array | None = None
    dirichlet_precision: Array | None = None
    excluded: tuple[bool, ...] | None = static(default=None)

    def open(self, available: Vector | None, like: Vector) -> Vector | None:
        """1 where a deposit may have a target, 0 where it is excluded or closed; None: all may."""
        if self.excluded is None:
            return available
        included = Vector.split(1 - jnp.asarray(self.excluded, like.parts[0].dtype))
        return included if available is None else available * included

    def target(self, memory: Any, view: View, key: Array | None) -> Target:
        """The rule's target, capped and drawn; as it is where no open deposit has a part in it."""
        target = self.rule.target(memory, view)
        if target.flows is not None:
            return target
        weights = target.weights
        if self.cap is not None:
            is_open = None if view.open is None else view.open.stack()
            weights = Vector.split(capped(weights.stack(), self.cap, is_open))
        if self.dirichlet_precision is not None:
            if key is None:
                raise CamjaxError(
                    refusal("simulate", "a random key, for weights.dirichlet_precision", "none")
                )
            weights = Vector.split(dirichlet(key, self.dirichlet_precision * weights.stack()))
        if view.open is not None:
            is_claimed = (target.weights * view.open).sum() > 0
            weights = where(is_claimed, weights, target.weights)
        return Target(weights=weights, at_once=target.at_once)


def dirichlet(key: Array, concentration: Array) -> Array:
    """One draw from a Dirichlet distribution whose parameters may be tiny or zero.

    Gamma draws are made and normalised in logarithms, since a gamma variate of shape 1e-18 is
    below the smallest number. A parameter of 0 gives a share of exactly 0.

    Args:
      key: random key.
      concentration: [N] non-negative, not all zero.

    Returns:
      [N], on the simplex.
    """
    positive = concentration > 0
    shape = jnp.where(positive, concentration, 1)
    logarithms = jax.random.loggamma(key, shape, dtype=shape.dtype)
    return jax.nn.softmax(logarithms, where=positive)
