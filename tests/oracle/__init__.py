"""A slow, obvious model in plain NumPy, written from the specification and from nothing else.

The fast model must agree with it for any scenario, so nothing here is clever and nothing is shared
with camjax. Functions carry the section of the specification they state. Left out is randomness:
the exogenous rule takes given draws, and Dirichlet targets are refused.
"""

from .simulation import run

__all__ = ["run"]
