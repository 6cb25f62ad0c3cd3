"""The one place that changes JAX's global settings, and only when it is called."""

import os
from typing import Literal, get_args

import jax

from camjax.errors import CamjaxError, refusal

Precision = Literal["float32", "float64"]

WHOLE_LOOPS = f"--xla_backend_extra_options=xla_cpu_small_while_loop_byte_threshold={2**30}"
"""Compiles a scan over up to a gibibyte into one function, where XLA would call one for each
operation of every step: on a CPU a third faster over 1000 paths side by side."""


def configure(precision: Precision = "float64", devices: Literal["all"] | int = "all") -> None:
    """Choose JAX's precision, let it use the processor's cores as devices, and compile scans whole.

    Call it before the first JAX operation: JAX fixes the number of its devices there, and reads
    `XLA_FLAGS`, to which `WHOLE_LOOPS` is added unless extra options are set in it already. The
    precision may be switched later; arrays that exist already keep theirs. Importing camjax
    changes no setting, so without this call JAX computes in float32 on one device.

    Args:
      precision: "float64" turns JAX's 64-bit types on, "float32" turns them off.
      devices: how many devices the processor offers to JAX; "all" stands for one a core.

    Raises:
      CamjaxError: an argument is none of the above, or JAX has started with another number of
        devices.

    >>> configure("float16")
    Traceback (most recent call last):
    camjax.errors.CamjaxError: precision: expected "float32" or "float64", got 'float16'.
    """
    if precision not in get_args(Precision):
        raise CamjaxError(refusal("precision", '"float32" or "float64"', repr(precision)))
    _use_devices(_num_devices(devices))
    _compile_loops_whole()
    jax.config.update("jax_enable_x64", precision == "float64")


def _num_devices(devices: Literal["all"] | int) -> int:
    """The number of devices asked for."""
    if devices == "all":
        return num_cores()
    if isinstance(devices, bool) or not isinstance(devices, int) or devices < 1:
        raise CamjaxError(refusal("devices", '"all" or a number of at least 1', repr(devices)))
    return devices


def num_cores() -> int:
    """Cores this process may run on, which on a shared machine are fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _use_devices(num_devices: int) -> None:
    """Ask JAX for CPU devices; too late, it is fine only if JAX has as many already."""
    try:
        jax.config.update("jax_num_cpu_devices", num_devices)
    except RuntimeError as error:
        started_with = len(jax.local_devices(backend="cpu"))
        if started_with != num_devices:
            raise CamjaxError(
                refusal(
                    "configure",
                    f"to be called before JAX starts, to give it {num_devices} devices",
                    f"JAX running with {started_with}",
                    "Call camjax.configure before the first JAX operation, "
                    f"or keep what there is with devices={started_with}.",
                )
            ) from error


def _compile_loops_whole() -> None:
    """Add `WHOLE_LOOPS` to the flags, which XLA reads when JAX starts."""
    flags, option = os.environ.get("XLA_FLAGS", ""), WHOLE_LOOPS.partition("=")[0]
    if option not in flags:
        os.environ["XLA_FLAGS"] = f"{flags} {WHOLE_LOOPS}".strip()
