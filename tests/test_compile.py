"""Compiling long runs: the options are taken, and a compiler without them still compiles."""

import jax
import jax.numpy as jnp
import pytest

from camjax import _compile

LOWERED = jax.jit(lambda x: jnp.exp(x)).lower(1.0)


def test_this_compiler_knows_the_options() -> None:
    if jax.devices()[0].platform != "cpu":
        pytest.skip("not a CPU")
    LOWERED.compile(_compile.CPU_OPTIONS)


def test_a_compiler_without_an_option_compiles_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_compile, "CPU_OPTIONS", {"xla_cpu_of_another_day": True})
    compiled = _compile.compile_for(LOWERED, jax.devices())
    assert compiled(0.0) == 1.0


def test_a_program_is_compiled_once_whatever_traced_it() -> None:
    def compiled(constant: float) -> jax.stages.Compiled:
        lowered = jax.jit(lambda x: jnp.sin(x) + constant).lower(1.0)
        return _compile.compile_for(lowered, jax.devices())

    assert compiled(3.0) is compiled(3.0)
    assert compiled(3.0) is not compiled(4.0)
    assert float(compiled(4.0)(0.0)) == 4.0


def test_programs_used_longest_ago_are_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_compile, "MOST_KEPT", 2)
    for constant in range(4):
        lowered = jax.jit(lambda x, c=constant: x - c).lower(1.0)
        _compile.compile_for(lowered, jax.devices())
    assert len(_compile._kept) == 2
