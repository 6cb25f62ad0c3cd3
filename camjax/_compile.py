"""Compiling programs: for long runs, and for short ones."""

import hashlib
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

import jax

CPU_OPTIONS: dict[str, str | bool] = {
    # Devices share the cores already; splitting loops over them again costs more than it gains.
    "xla_cpu_multi_thread_eigen": False,
    # Carried values are updated in place wherever that is safe.
    "xla_cpu_copy_insertion_use_region_analysis": True,
    # The widest vectors that the processor has.
    "xla_cpu_prefer_vector_width": "512",
}
"""Make a scan over many paths a fifth faster. They are hints: none changes what is computed."""

QUICK_OPTIONS: dict[str, str | bool] = {
    # 0 would halve the time again, but rounds otherwise: draws in float32 would differ by 1e-7.
    "xla_backend_optimization_level": "1",
    "xla_cpu_use_fusion_emitters": False,
}
"""Compile a scan in half the time; it runs as fast while paths are few."""


MOST_KEPT = 32
"""Compiled programs that a process keeps to use again, those used last."""

_kept: OrderedDict[Any, jax.stages.Compiled] = OrderedDict()


def compile_for(lowered: jax.stages.Lowered, devices: Sequence[jax.Device]) -> jax.stages.Compiled:
    """Compile a program for devices, with the options that suit them, unless this process has it.

    Programs are the same whose whole text is, constants included. A version of XLA that lacks one
    of the options compiles without any.
    """
    return _compile(lowered, devices, CPU_OPTIONS)


def compile_quickly(
    lowered: jax.stages.Lowered, devices: Sequence[jax.Device]
) -> jax.stages.Compiled:
    """Compile a program that runs for less time than it takes to optimise it; see `compile_for`."""
    return _compile(lowered, devices, QUICK_OPTIONS)


def _compile(
    lowered: jax.stages.Lowered,
    devices: Sequence[jax.Device],
    options: Mapping[str, str | bool],
) -> jax.stages.Compiled:
    text = hashlib.sha256(lowered.as_text().encode()).digest()
    trees = lowered.in_tree, lowered.out_tree
    key = text, trees, tuple(devices), tuple(options.items())
    if key not in _kept:
        _kept[key] = _compiled(lowered, devices, options)
    _kept.move_to_end(key)
    while len(_kept) > MOST_KEPT:
        _kept.popitem(last=False)
    return _kept[key]


def _compiled(
    lowered: jax.stages.Lowered,
    devices: Sequence[jax.Device],
    options: Mapping[str, str | bool],
) -> jax.stages.Compiled:
    if devices[0].platform != "cpu":
        return lowered.compile()
    try:
        return lowered.compile(dict(options))
    except jax.errors.JaxRuntimeError as error:
        if "No such compile option" not in str(error):
            raise
        return lowered.compile()
