"""Whatever a document holds, loading it succeeds or ends in a ScenarioError."""

import copy
from collections.abc import Iterator
from typing import Any

import hypothesis.strategies as st
from hypothesis import given, settings
from scenario_documents import BASE, EVERYTHING

from camjax.errors import ScenarioError
from camjax.scenario import load_scenario

Place = tuple[str | int, ...]

JUNK = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=3),
        st.dates(),
        st.datetimes(),
        st.binary(max_size=2),
        st.sampled_from(["idle", "constant", "endogenous", "liquidity_pool", 0, 1, 0.5]),
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)


def places(value: Any, here: Place = ()) -> Iterator[Place]:
    """Where something stands in a document."""
    items: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    for key, item in items:
        yield (*here, key)
        yield from places(item, (*here, key))


# Steps stay as they are: a large number is valid, and long to load.
PLACES = [
    (document, place)
    for document in (BASE, EVERYTHING)
    for place in places(document)
    if place != ("steps",)
]


@given(target=st.sampled_from(PLACES), junk=JUNK)
@settings(max_examples=300)
def test_junk_anywhere_is_refused_or_valid(target: tuple[Any, Place], junk: Any) -> None:
    document, place = copy.deepcopy(target[0]), target[1]
    table: Any = document
    for key in place[:-1]:
        table = table[key]
    table[place[-1]] = junk
    try:
        load_scenario(document)
    except ScenarioError as error:
        assert "expected" in str(error)
        assert "\n" not in str(error)


@given(key=st.text(max_size=12), junk=JUNK)
@settings(max_examples=100)
def test_junk_as_an_override_is_refused_or_valid(key: str, junk: Any) -> None:
    for path in (key, f"weights.{key}", f"deposits.savings.{key}", f"drivers.{key}.process"):
        try:
            load_scenario(BASE, {path: junk})
        except ScenarioError as error:
            assert "expected" in str(error)
