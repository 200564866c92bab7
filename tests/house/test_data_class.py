"""Data classes are those of the standard library, and methods are generated when they are first used."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import FrozenInstanceError, field
from threading import Barrier
from typing import Any, ClassVar, get_type_hints

import pytest

from lambda_rlm.data_class import dataclass
from tests.support.places import ROOT


@dataclass(frozen=True, slots=True)
class Point:
    """A point."""

    x: int
    y: int = 0
    name: str = field(default="", compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Named(Point):
    label: str = field(default="none", kw_only=True)

    def __repr__(self) -> str:
        return f"<{self.label}>"


@dataclass(slots=True)
class Tally:
    counts: dict[str, int] = field(default_factory=dict)
    total: int = field(init=False, default=7)
    kind: ClassVar[str] = "tally"

    def __post_init__(self) -> None:
        self.total += len(self.counts)


@dataclass(frozen=True, kw_only=True)
class Keyed:
    value: int

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)


@dataclass(eq=False)
class Own:
    value: int


@dataclass
class Plain:
    value: int


def alike(cls: type[Any], **options: Any) -> type[Any]:
    """The class that the standard library makes of the same fields and methods."""
    own = {name: vars(cls)[name] for name in ("__repr__", "__eq__", "__post_init__") if _is_own(cls, name)}
    made = [(one.name, one.type, copy.copy(one)) for one in dataclasses.fields(cls)]
    return dataclasses.make_dataclass(cls.__name__, made, namespace=own, **options)


def _is_own(cls: type[Any], name: str) -> bool:
    return name in vars(cls) and vars(cls)[name].__module__ == __name__


FROZEN = {"frozen": True, "slots": True}
CLASSES: list[tuple[type[Any], dict[str, bool], Callable[[Any], list[Any]]]] = [
    (Point, FROZEN, lambda c: [c(1), c(1, 2), c(1, name="n"), c(x=1, y=2)]),
    (Named, FROZEN, lambda c: [c(1), c(1, label="l"), c(1, 2, "n", label="l")]),
    (Tally, {"slots": True}, lambda c: [c(), c({"a": 1})]),
    (Keyed, {"frozen": True, "kw_only": True}, lambda c: [c(value=1), c(value=2)]),
    (Own, {"eq": False}, lambda c: [c(1), c(1)]),
    (Plain, {}, lambda c: [c(1), c(2)]),
]


@pytest.mark.parametrize("cls, options, made", CLASSES, ids=lambda x: getattr(x, "__name__", ""))
def test_a_class_is_that_of_the_standard_library(
    cls: type[Any], options: dict[str, bool], made: Callable[[Any], list[Any]]
) -> None:
    other = alike(cls, **options)
    ours, theirs = made(cls), made(other)
    assert str(inspect.signature(cls)) == str(inspect.signature(other))
    assert cls.__match_args__ == other.__match_args__
    assert [a == b for a in ours for b in ours] == [a == b for a in theirs for b in theirs]
    assert [a != b for a in ours for b in ours] == [a != b for a in theirs for b in theirs]
    assert (cls.__hash__ is None) == (other.__hash__ is None)
    if cls not in (Own, Tally, Plain):
        assert [hash(a) == hash(b) for a in ours for b in ours] == [hash(a) == hash(b) for a in theirs for b in theirs]
    assert [repr(a) for a in ours] == [repr(b) for b in theirs]
    for one, another in zip(ours, theirs, strict=True):
        assert dataclasses.asdict(one) == dataclasses.asdict(another)
        assert dataclasses.asdict(pickle.loads(pickle.dumps(one))) == dataclasses.asdict(one)
        assert dataclasses.asdict(copy.deepcopy(one)) == dataclasses.asdict(one)


ALL = """
import dataclasses, inspect, sys, types
import lambda_rlm
if sys.argv[1] == "standard":
    sys.modules["lambda_rlm.data_class"] = types.ModuleType("lambda_rlm.data_class")
    sys.modules["lambda_rlm.data_class"].dataclass = dataclasses.dataclass
METHODS = ("__init__", "__repr__", "__eq__", "__hash__", "__setattr__", "__delattr__")
for name in sys.argv[2:]:
    __import__(name)
    module = sys.modules[name]
    for cls in vars(module).values():
        if isinstance(cls, type) and cls.__module__ == name and "__dataclass_fields__" in vars(cls):
            print(cls, cls.__match_args__, cls.__dataclass_params__, sorted(vars(cls)), vars(cls).get("__hash__", 1) is None)
            print([(one.name, one.type, one.init, one.repr, one.compare, one.kw_only) for one in dataclasses.fields(cls)])
            for method in METHODS:
                found = inspect.unwrap(getattr(cls, method))
                print(method, getattr(found, "__qualname__", None), getattr(found, "__annotations__", None))
"""


def test_all_classes_are_those_of_the_standard_library() -> None:
    folder = ROOT / "lambda_rlm"
    paths = [
        path.relative_to(ROOT).with_suffix("")
        for path in sorted(folder.rglob("*.py"))
        if "dataclass" in path.read_text("utf-8")
    ]
    names = [".".join(path.parts).removesuffix(".__init__") for path in paths if "_data" not in path.parts]
    ours, theirs = (
        subprocess.run([sys.executable, "-c", ALL, kind, *names], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        for kind in ("ours", "standard")
    )
    assert ours.count("\n__init__") > 400
    assert ours.splitlines() == theirs.splitlines()


@pytest.mark.parametrize("name", ["x", "y", "label", "elsewhere"])
def test_a_frozen_field_is_neither_set_nor_deleted(name: str) -> None:
    for one in (Point(1), Named(1)):
        with pytest.raises((FrozenInstanceError, TypeError)):
            setattr(one, name, 3)
        with pytest.raises((FrozenInstanceError, TypeError)):
            delattr(one, name)
    assert Point(1) == Point(1)


@pytest.mark.parametrize("wrong", [(), (1, 2, "n", 4)])
def test_wrong_arguments_are_refused_by_the_name_of_the_class(wrong: tuple[Any, ...]) -> None:
    with pytest.raises(TypeError, match=r"^Point\.__init__\(\)"):
        Point(*wrong)


def test_a_host_may_derive_a_data_class_of_its_own() -> None:
    @dataclasses.dataclass(frozen=True)
    class Theirs(Point):
        depth: int = 3

    assert Theirs(1, depth=4) == Theirs(1, depth=4)
    assert hash(Theirs(1)) == hash(Theirs(1))
    with pytest.raises(TypeError, match="cannot inherit non-frozen"):
        dataclasses.make_dataclass("Thawed", [("depth", int, 3)], bases=(Point,))


def test_a_method_is_generated_when_it_is_first_used() -> None:
    @dataclass(frozen=True, slots=True)
    class Late:
        value: int

    methods = vars(Late)
    assert not any(inspect.isfunction(methods[name]) for name in ("__init__", "__repr__", "__eq__", "__hash__"))
    late = Late(1)
    assert inspect.isfunction(methods["__init__"])
    assert not any(inspect.isfunction(methods[name]) for name in ("__repr__", "__eq__", "__hash__"))
    assert (hash(late), repr(late)) == (hash((1,)), f"{Late.__qualname__}(value=1)")
    assert inspect.isfunction(methods["__hash__"])
    assert Late(1) == late
    assert inspect.isfunction(methods["__eq__"])


def test_classes_that_match_by_position_do() -> None:
    match Point(1, 2):
        case Point(x, y):
            assert (x, y) == (1, 2)
        case _:
            raise AssertionError("no match")


def test_annotations_of_a_method_are_those_of_its_module() -> None:
    assert get_type_hints(Holder.__init__) == {"point": Point, "return": type(None)}
    assert (Holder.__init__.__module__, Holder.__init__.__qualname__) == (__name__, "Holder.__init__")


@dataclass(frozen=True)
class Holder:
    """What holds a class of this module."""

    point: Point


def test_the_options_of_a_class_can_be_read() -> None:
    own, theirs = (getattr(cls, "__dataclass_params__") for cls in (Point, alike(Point, **FROZEN)))  # noqa: B009
    assert repr(own) == repr(theirs)


@pytest.mark.parametrize("frozen", [False, True])
def test_a_class_that_has_no_hash_gets_none(frozen: bool) -> None:
    class Unhashable:
        """Said so by itself."""

        value: int
        __hash__ = None  # type: ignore[assignment]

    made = dataclass(frozen=frozen)(Unhashable)
    assert made.__hash__ is None


def test_a_class_that_sets_its_fields_itself_cannot_be_frozen() -> None:
    class Sets:
        """What the standard library refuses."""

        value: int

        def __setattr__(self, name: str, value: object) -> None: ...

    with pytest.raises(TypeError, match="Cannot overwrite attribute __setattr__"):
        dataclass(frozen=True)(Sets)


def test_a_subclass_that_is_none_has_fields_of_its_own() -> None:
    class Wider(Point):
        """Has a place for what is no field."""

    wider = Wider(1)
    wider.more = 2  # type: ignore[attr-defined]
    assert vars(wider) == {"more": 2}
    del wider.more  # type: ignore[attr-defined]
    with pytest.raises(FrozenInstanceError):
        wider.x = 2  # type: ignore[misc]


def test_a_class_is_frozen_while_another_is_derived_from_it() -> None:
    """A host may derive one in another thread at that moment."""
    seen = []

    class Default:
        def __get__(self, instance: object, owner: object) -> int:
            seen.append(getattr(Point, "__dataclass_params__").frozen)  # noqa: B009
            return 3

    dataclass(frozen=True)(type("Derived", (Point,), {"__annotations__": {"more": "int"}, "more": Default()}))
    assert seen and all(seen)


def test_threads_derive_and_use_classes_at_once() -> None:
    count, rounds = 8, 10
    barrier = Barrier(count)

    def derived(_: int) -> int:
        barrier.wait()
        for _ in range(rounds):
            made: Any = dataclass(frozen=True)(type("Derived", (Point,), {"__annotations__": {"more": "int"}, "more": 3}))
            assert made(1) == made(1, more=3)
        return rounds

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(count) as pool:
            assert sum(pool.map(derived, range(count))) == count * rounds
    finally:
        sys.setswitchinterval(before)
