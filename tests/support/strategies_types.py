"""Strategies for types of data and for plain values of them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from lambda_rlm.types.type import BOOL, FLOAT, INT, TEXT, Con, Enum, Record, Type, list_of, option_of

ALPHABET = 'ab αβ\n,1"{\\'
FIELDS = ("a", "b", "name", "id", "if", "__class__", "__dict__")
SCALARS: tuple[Type, ...] = (INT, TEXT, BOOL, FLOAT, Enum(("no", "yes")))


def types(depth: int = 2) -> st.SearchStrategy[Type]:
    """Types of data, scalars first."""
    scalars = st.sampled_from(SCALARS)
    if depth == 0:
        return scalars
    inner = types(depth - 1)
    records = st.lists(st.sampled_from(FIELDS), min_size=1, max_size=3, unique=True).flatmap(
        lambda names: st.tuples(*[inner for _ in names]).map(
            lambda found: Record(tuple(sorted(zip(names, found, strict=True))))
        )
    )
    return st.one_of(scalars, inner.map(list_of), inner.map(option_of), records)


def values(type_: Type) -> st.SearchStrategy[Any]:
    """Plain values of a type: str, list, dict, and None or a 1-tuple for Option."""
    match type_:
        case Con("Int"):
            return st.one_of(st.integers(-3, 9), st.integers(-(2**63), 2**63 - 1))
        case Con("Float"):
            return st.one_of(st.integers(-8, 8).map(lambda n: n / 4), st.floats(allow_nan=False, allow_infinity=False))
        case Con("Bool"):
            return st.booleans()
        case Con("Text"):
            return st.text(ALPHABET, max_size=12)
        case Enum(labels):
            return st.sampled_from(labels)
        case Con("List", (element,)):
            return st.lists(values(element), max_size=4)
        case Con("Option", (inner,)):
            return st.none() | values(inner).map(lambda value: (value,))
        case Record(fields):
            return st.fixed_dictionaries({name: values(inner) for name, inner in fields})
    raise AssertionError(f"no values of {type_!r}")
