"""A slow, obvious model in plain NumPy, written from the specification and from nothing else.

The fast model must agree with it for any scenario, so nothing here is clever and nothing is shared
with camjax. Functions carry the section of the specification they state. Left out is randomness:
the exogenous rule takes given draws, and Dirichlet targets are refused.

Numbers of a scenario may be complex: with x + ih in the place of x, h tiny, the imaginary part of a
result over h is its derivative, to rounding (Squire & Trapp 1998). NumPy compares complex numbers
by their real parts first. Derivatives pass through all but sequential settlement and the cap.
"""

from .simulation import run

__all__ = ["run"]
