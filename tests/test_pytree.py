"""What makes two structures the same to a transformation."""

import dataclasses

import jax
import jax.numpy as jnp
import pytest
from jax import Array

from camjax._pytree import pytree, static
from camjax.processes import GaussianNoise, UniformNoise


@pytree
class Leaf:
    value: Array
    name: str = static(default="one")


@pytree
class Twin:
    value: Array
    name: str = static(default="one")


def test_classes_of_the_same_shape_are_different_structures():
    assert jax.tree.structure(Leaf(value=1.0)) != jax.tree.structure(Twin(value=1.0))
    gaussian, uniform = GaussianNoise(mean=0.0, std=1.0), UniformNoise(low=0.0, high=1.0)
    assert jax.tree.structure(gaussian) != jax.tree.structure(uniform)


def test_static_fields_are_structure_and_others_leaves():
    leaf = Leaf(value=jnp.asarray(2.0))
    assert jax.tree.structure(leaf) == jax.tree.structure(Leaf(value=3.0))
    assert jax.tree.structure(leaf) != jax.tree.structure(Leaf(value=3.0, name="two"))
    doubled = jax.jit(lambda leaf: jax.tree.map(lambda x: 2 * x, leaf))(leaf)
    assert (type(doubled), doubled.value, doubled.name) == (Leaf, 4.0, "one")


def test_leaves_are_found_by_their_attribute():
    ((path, value),), _ = jax.tree_util.tree_flatten_with_path(Leaf(value=5.0))
    assert jax.tree_util.keystr(path) == ".value" and value == 5.0


def test_instances_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Leaf(value=1.0).value = 2.0
