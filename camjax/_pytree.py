"""One decorator for every structure that crosses a JAX transformation."""

import dataclasses
from typing import Any, TypeVar, dataclass_transform

import jax

T = TypeVar("T")

_STATIC = "static"


def static(*, default: Any = dataclasses.MISSING) -> Any:
    """Mark a dataclass field as structure: hashable, compared when traced, never differentiated."""
    return dataclasses.field(default=default, metadata={_STATIC: True})


@dataclass_transform(
    frozen_default=True, kw_only_default=True, field_specifiers=(static, dataclasses.field)
)
def pytree(cls: type[T]) -> type[T]:
    """Make a class a frozen, keyword-only dataclass that JAX flattens into its non-static fields.

    Fields are leaves (or subtrees) unless they are declared with `static()`. Nothing is validated
    on construction, because JAX constructs the class again at every unflatten; builders validate.
    """
    frozen = dataclasses.dataclass(frozen=True, kw_only=True)(cls)
    fields = dataclasses.fields(frozen)  # type: ignore[arg-type]
    static_fields = [field.name for field in fields if field.metadata.get(_STATIC)]
    data_fields = [field.name for field in fields if field.name not in static_fields]
    return jax.tree_util.register_dataclass(
        frozen, data_fields=data_fields, meta_fields=static_fields
    )
