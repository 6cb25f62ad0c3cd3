"""The house's order: imports point down the list, and the front door loads little."""

import ast
import inspect
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import camjax

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "camjax"

ORDER = [
    *(
        "_version",
        "errors",
        "arguments",
        "progress",
        "domains",
        "memory",
        "rounding",
        "numerals",
        "yield_units",
        "intervals",
        "writing",
        "config",
        "_pytree",
        "_compile",
        "_fusion",
        "vector",
        "groups",
        "network",
        "inertia",
        "processes",
    ),
    *(
        "processes",
        "market",
        "deposits",
        "given_columns",
        "drivers",
        "weights",
        "rebalancing",
        "status",
        "model",
        "flags",
        "undone",
        "feed",
        "dynamics",
        "trajectory",
    ),
    *(
        "simulation",
        "ensemble",
        "scenario",
        "results",
        "sweeps",
        "analysis",
        "questions",
        "report",
        "runs",
        "cli",
        "__main__",
    ),
]
"""Parts of camjax; each may import those before it."""

SHARED = (
    *("errors", "memory", "rounding", "intervals", "numerals", "yield_units", "flags"),
    "writing",
)
"""Rooms of camjax, besides its front door, that calibration may use."""

HEAVY = {
    *("pydantic", "tomli_w", "xarray", "h5netcdf", "h5py", "pandas", "typer", "rich"),
    *("plotly", "jinja2", "matplotlib", "SALib", "statsmodels", "sklearn", "zarr"),
    *("blackjax", "arviz", "pytest", "hypothesis"),
}
"""Libraries that only the parts which need them may load."""

FILES = sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


def imported_modules(file: Path) -> Iterator[str]:
    """Absolute names of all that a file imports, inside functions and type checks too."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def part_of(file: Path) -> str:
    """The entry of `ORDER` that a file belongs to."""
    return file.relative_to(PACKAGE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_imports_point_down_the_list(file: Path) -> None:
    part = part_of(file)
    allowed = {*ORDER[: ORDER.index(part)], part}
    for module in imported_modules(file):
        package, *path = module.split(".")
        if package == "camjax":
            assert path[0] in allowed, f"{part} imports {module}, which is not above it"


def test_only_the_command_imports_calibration() -> None:
    importers = {
        part_of(file)
        for file in FILES
        for module in imported_modules(file)
        if module.split(".")[0] == "calibration"
    }
    assert importers <= {"cli"}


def test_calibration_uses_only_public_names_of_camjax() -> None:
    for file in (ROOT / "calibration").rglob("*.py"):
        for module in imported_modules(file):
            package, *path = module.split(".")
            if package == "camjax" and path:
                # One wording, one tolerance, one interval, one guard of memory, one doubt of
                # units, one way to tell what was undone, one to read and to write.
                assert path[0] in SHARED or path[-1] in camjax.__all__, f"{file} imports {module}"


def run_python(code: str) -> str:
    """Standard output of a fresh interpreter."""
    command = [sys.executable, "-W", "error", "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


SIMULATE = """
import jax, sys, camjax
loaded_at_first = sorted(sys.modules)
model = camjax.Model(
    deposits=(
        camjax.Savings(user_balance=jax.numpy.float32(10), rate=jax.numpy.float32(0.02)),
        camjax.Idle(user_balance=jax.numpy.float32(90)),
    ),
    weights=camjax.Weights(
        rule=camjax.ExogenousRule(concentration=jax.numpy.ones(2)),
    ),
    rebalancing=camjax.Rebalancing(duration_days=jax.numpy.float32(30)),
    names=("savings", "idle"),
    allocated=(True, True),
    network=camjax.Network(2),
)
draws = {f"dirichlet_{name}": jax.numpy.full(4, 0.5) for name in model.names}
assert camjax.simulate(model, model.drivers(draws)).balance.shape == (3, 2)
print(*{name.split(".")[0] for name in sys.modules})
"""


def test_building_and_simulating_a_model_loads_no_more_than_jax_needs() -> None:
    assert not HEAVY & set(run_python(SIMULATE).split())


def test_importing_camjax_changes_no_setting_of_jax() -> None:
    code = (
        "import jax; before = dict(jax.config.values); import camjax; "
        "[getattr(camjax, name) for name in camjax.__all__]; "
        "print(before == dict(jax.config.values))"
    )
    assert run_python(code).strip() == "True"


def test_importing_camjax_loads_neither_jax_nor_numpy() -> None:
    loaded = run_python("import camjax, sys; print(*sys.modules)").split()
    assert not {"jax", "numpy", *HEAVY} & set(loaded)


@pytest.mark.parametrize("name", sorted(set(camjax.__all__) - {"__version__"}))
def test_every_public_name_is_documented(name: str) -> None:
    value = getattr(camjax, name)
    documentation = value.__doc__ or ""
    assert documentation.strip()
    assert not documentation.startswith(f"{name}("), "the docstring that dataclasses make up"
    assert inspect.getmodule(value).__name__.startswith("camjax.")


def test_front_door_lists_what_type_checkers_see() -> None:
    tree = ast.parse((PACKAGE / "__init__.py").read_text("utf-8"))
    blocks = [node for node in tree.body if isinstance(node, ast.If)]
    imports = [node for block in blocks for node in block.body if isinstance(node, ast.ImportFrom)]
    seen = {(node.module, alias.name) for node in imports for alias in node.names}
    homes = {(f"camjax.{module}", name) for name, module in camjax._MODULES.items()}
    assert seen == homes


def test_the_required_dependencies_are_those_of_the_plan() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    required = {dependency.split(">")[0] for dependency in project["dependencies"]}
    plan = "jax jaxlib numpy optax chex pydantic tomli-w xarray h5netcdf h5py typer rich"
    assert required == set(plan.split())
