"""configure: before JAX starts it decides, afterwards it says what is too late."""

import os
import subprocess
import sys

import jax
import pytest

from camjax import CamjaxError, configure
from camjax.config import WHOLE_LOOPS, num_cores


def run_python(code: str, **variables: str) -> str:
    """Standard output of a fresh interpreter, with some environment variables set."""
    command, environment = [sys.executable, "-c", code], {**os.environ, **variables}
    ran = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return ran.stdout


def test_precision_and_devices_are_what_was_asked_for() -> None:
    code = (
        "import camjax; camjax.configure('float64', devices=3); import jax; "
        "print(jax.device_count('cpu'), jax.numpy.ones(1).dtype)"
    )
    assert run_python(code).split() == ["3", "float64"]


def test_configuring_too_late_names_the_remedy() -> None:
    code = (
        "import camjax, jax; jax.config.update('jax_num_cpu_devices', 1); jax.numpy.ones(1)\n"
        "camjax.configure(devices=1)\n"
        "try: camjax.configure(devices=2)\n"
        "except camjax.CamjaxError as error: print(error)"
    )
    message = run_python(code)
    assert message.startswith("configure: expected to be called before JAX starts")
    assert "devices=1" in message


@pytest.mark.parametrize(
    ("flags", "whole"),
    [
        ("", True),
        ("--xla_cpu_enable_fast_math=false", True),
        ("--xla_backend_extra_options=xla_cpu_disable_loop_unrolling", False),
    ],
)
def test_scans_are_compiled_whole_unless_the_user_says_otherwise(flags: str, whole: bool) -> None:
    code = (
        "import camjax, jax, os; camjax.configure(devices=1); camjax.configure(devices=1)\n"
        "scan = jax.jit(lambda x: jax.lax.scan(lambda c, _: (c * 2, c), x, None, length=9))\n"
        "lowered = scan.lower(jax.numpy.ones(100))\n"
        "print('small_call' in lowered.compile().as_text(), os.environ['XLA_FLAGS'])"
    )
    found, *kept = run_python(code, XLA_FLAGS=flags).split()
    assert found == str(whole)
    assert kept == [*flags.split(), *([WHOLE_LOOPS] if whole else [])]


def test_configuring_again_with_the_same_choice_is_fine() -> None:
    configure("float64", devices="all")
    configure("float64", devices=num_cores())
    assert len(jax.local_devices()) == num_cores()


@pytest.mark.parametrize("precision", ["float16", "double", 64, None])
def test_unknown_precision_is_refused(precision: object) -> None:
    with pytest.raises(CamjaxError, match='precision: expected "float32" or "float64", got'):
        configure(precision)


@pytest.mark.parametrize("devices", [0, -1, 1.5, True, "some"])
def test_unusable_number_of_devices_is_refused(devices: object) -> None:
    with pytest.raises(CamjaxError, match='devices: expected "all" or a number of at least 1'):
        configure(devices=devices)
