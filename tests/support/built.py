"""Any value of a dataclass, for round trips."""

import dataclasses
import types
from collections.abc import Mapping
from typing import Literal, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

PLAIN = {
    float: st.floats(allow_nan=False, allow_infinity=False),
    int: st.integers(-(2**63), 2**63 - 1),
    str: st.text(max_size=12),
    bool: st.booleans(),
    type(None): st.none(),
    object: st.one_of(st.text(max_size=5), st.booleans(), st.lists(st.integers(0, 9), max_size=2)),
}


def built(hint):
    """A strategy for a type: dataclasses have every field filled, also those with a default."""
    if hint in PLAIN:
        return PLAIN[hint]
    if dataclasses.is_dataclass(hint):
        hints = get_type_hints(hint)
        return st.builds(hint, **{name: built(of) for name, of in hints.items()})
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Literal:
        return st.sampled_from(inner)
    if origin in (Union, types.UnionType):
        return st.one_of(*map(built, inner))
    if origin is tuple and inner[-1] is Ellipsis:
        return st.lists(built(inner[0]), max_size=2).map(tuple)
    if origin is tuple:
        return st.tuples(*map(built, inner))
    if origin is Mapping:
        return st.dictionaries(*map(built, inner), max_size=2)
    raise AssertionError(f"no strategy for {hint}")
