"""One decorator for every structure that crosses a JAX transformation."""

import dataclasses
from collections.abc import Iterable
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
    frozen: Any = dataclasses.dataclass(frozen=True, kw_only=True)(cls)
    fields = dataclasses.fields(frozen)
    leaves = [field.name for field in fields if not field.metadata.get(_STATIC)]
    structure = [field.name for field in fields if field.metadata.get(_STATIC)]
    keys = [jax.tree_util.GetAttrKey(name) for name in leaves]

    def flatten(node: Any) -> tuple[list[Any], tuple[Any, ...]]:
        return [getattr(node, name) for name in leaves], tuple(
            [getattr(node, name) for name in structure]
        )

    def flatten_with_keys(node: Any) -> tuple[list[tuple[Any, Any]], tuple[Any, ...]]:
        children, static_values = flatten(node)
        return list(zip(keys, children, strict=True)), static_values

    def unflatten(static_values: tuple[Any, ...], children: Iterable[Any]) -> Any:
        return frozen(
            **dict(zip(leaves, children, strict=True)),
            **dict(zip(structure, static_values, strict=True)),
        )

    # Not `register_dataclass`: jaxlib 0.10 holds the structures of two such classes equal when they
    # have as many fields, and `jit` may then run the program that was traced for the other.
    jax.tree_util.register_pytree_with_keys(frozen, flatten_with_keys, unflatten, flatten)
    return frozen
