"""Every kind of class as the type of an answer: any value comes back as it was."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from types import GenericAlias
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import (
    AnyUrl,
    Base64Bytes,
    BaseModel,
    Field,
    Json,
    TypeAdapter,
    create_model,
)

from lambda_rlm import RLM
from lambda_rlm.api.returns import returns_of
from lambda_rlm.llm.scripted import ScriptedModel
from lambda_rlm.types.show import show
from tests.support.answer_classes import Cat, Color, Dog, Extent, Item, Pair, Place, Rank, Rows, Tree, Whole


def answered(wanted: Any, reply: str, **how: Any) -> Any:
    """The answer of a run whose only reply this is."""
    return RLM(ScriptedModel.from_rules([("", reply)])).ask("What?", returns=wanted, context="some text", **how)


INTS = st.integers(-(2**62), 2**62)
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=8)
DATES = st.dates()


def entries(of: Mapping[Any, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": value} for key, value in of.items()]


def one_of(value: Any, **kinds: type) -> dict[str, Any]:
    return {name: value if type(value) is kind else None for name, kind in kinds.items()}


def plain(wanted: Any) -> Callable[[Any], Any]:
    return lambda value: TypeAdapter(wanted).dump_python(value, mode="json", by_alias=True)


LABELS: dict[tuple[type, Any], str | None] = {
    (str, "a"): "a",
    (str, "1"): "1",
    (int, 1): "1 (number)",
    (bool, True): "true",
    (type(None), None): None,
    (str, ""): '""',
}


Wanted = tuple[Any, st.SearchStrategy[Any], Callable[[Any], Any]]
KINDS: dict[str, Wanted] = {
    "date": (date, DATES, date.isoformat),
    "datetime": (datetime, st.datetimes(timezones=st.just(UTC)), datetime.isoformat),
    "time": (time, st.times(), time.isoformat),
    "timedelta": (timedelta, st.timedeltas(timedelta(-9999), timedelta(9999)), plain(timedelta)),
    "decimal": (Decimal, st.decimals(allow_nan=False, allow_infinity=False), str),
    "uuid": (UUID, st.uuids(), str),
    "base64": (Base64Bytes, st.binary(max_size=9), plain(Base64Bytes)),
    "dict": (dict[str, int], st.dictionaries(TEXTS, INTS, max_size=3), entries),
    "dict of ints": (dict[int, date], st.dictionaries(INTS, DATES, max_size=3), lambda v: entries(plain(dict[int, date])(v))),
    "dict of dates": (
        dict[date, bool],
        st.dictionaries(DATES, st.booleans(), max_size=3),
        lambda v: entries(plain(dict[date, bool])(v)),
    ),
    "dict of labels": (
        dict[Color, int],
        st.dictionaries(st.sampled_from(Color), INTS),
        lambda v: entries({key.value: one for key, one in v.items()}),
    ),
    "dict of ranks": (
        dict[Rank, int],
        st.dictionaries(st.sampled_from(Rank), INTS),
        lambda v: entries({str(int(key)): one for key, one in v.items()}),
    ),
    "set": (set[int], st.sets(INTS, max_size=3), list),
    "frozenset": (frozenset[date], st.frozensets(DATES, max_size=3), plain(frozenset[date])),
    "tuple": (tuple[int, str], st.tuples(INTS, TEXTS), lambda v: {"item_1": v[0], "item_2": v[1]}),
    "many": (tuple[int, ...], st.lists(INTS, max_size=3).map(tuple), list),
    "named": (Place, st.builds(Place, INTS, TEXTS), lambda v: {"row": v[0], "name": v[1]}),
    "typed dict": (Extent, st.fixed_dictionaries({"width": INTS}, optional={"depth": INTS}), lambda v: {"depth": None} | v),
    "dataclass": (Item, st.builds(Item, TEXTS, st.lists(TEXTS, max_size=2), TEXTS), plain(Item)),
    "union": (int | str, INTS | TEXTS, lambda v: one_of(v, whole_number=int, text=str)),
    "optional union": (
        int | str | None,
        INTS | TEXTS | st.none(),
        lambda v: v if v is None else one_of(v, whole_number=int, text=str),
    ),
    "models": (
        Annotated[Cat | Dog, Field(discriminator="kind")],
        st.builds(Cat, lives=INTS) | st.builds(Dog, name=TEXTS, kind=st.just("dog")),
        lambda v: {
            "Cat": v.model_dump() if isinstance(v, Cat) else None,
            "Dog": v.model_dump() if isinstance(v, Dog) else None,
        },
    ),
    "number": (int | float, st.integers(-(2**50), 2**50) | st.floats(-1e15, 1e15), float),
    "labels": (
        Literal["a", "1", 1, True, None, ""],
        st.sampled_from(["a", "1", 1, True, None, ""]),
        lambda v: LABELS[type(v), v],
    ),
    "enum": (list[Color], st.lists(st.sampled_from(Color), max_size=3), plain(list[Color])),
    "int enum": (list[Rank], st.lists(st.sampled_from(Rank), max_size=3), lambda v: [str(int(one)) for one in v]),
    "root": (Rows, st.builds(Rows, st.lists(INTS, max_size=3)), plain(Rows)),
    "recursive": (
        Tree,
        st.recursive(
            st.builds(Tree, name=TEXTS),
            lambda inner: st.builds(Tree, name=TEXTS, parts=st.lists(inner, max_size=2)),
            max_leaves=4,
        ),
        lambda v: v.model_dump_json(),
    ),
    "any": (
        Pair[Any],
        st.builds(Pair, first=INTS | TEXTS, second=st.none() | st.lists(INTS, max_size=2)),
        lambda v: {"first": json.dumps(v.first), "second": json.dumps(v.second)},
    ),
    "generic": (Pair[date], st.builds(Pair[date], first=DATES, second=DATES), plain(Pair[date])),
    "names": (
        Whole,
        st.builds(
            lambda a, b, c: Whole.model_validate({"größe": a, "名前": b, "the given name": b, "an other": a, "let": c}),
            INTS,
            TEXTS,
            st.booleans(),
        ),
        lambda v: {"grosse": v.größe, "field_2": v.名前, "the_given_name": v.given, "an_other": v.other, "let": v.let},
    ),
    "json": (Json[list[int]], st.lists(INTS, max_size=3), json.dumps),
    "path": (Path, st.just(Path("a/b")), str),
    "url": (AnyUrl, st.just(AnyUrl("https://example.org/a")), str),
}


@pytest.mark.parametrize("kind", KINDS)
def test_any_value_of_a_type_comes_back_as_it_was(kind: str) -> None:
    wanted, values, told = KINDS[kind]
    returns = returns_of(wanted)

    @settings(max_examples=30, deadline=None)
    @given(values)
    def comes_back(value: Any) -> None:
        assert returns.made(told(value)) == value

    @settings(max_examples=3, deadline=None)
    @given(values)
    def comes_back_of_a_run(value: Any) -> None:
        data = told(value)
        reply = (
            "none"
            if data is None and kind == "labels"
            else data
            if isinstance(data, str)
            else json.dumps(data if show(returns.type)[0] == "{" else {"reply": data})
        )
        run = answered(wanted, reply)
        assert run.value == value or isinstance(data, str)  # a Text reply loses white space at its ends
        json.loads(run.answer if not isinstance(run.value, str) else json.dumps(run.answer))

    comes_back()
    comes_back_of_a_run()


def in_a_list(of: Wanted) -> Wanted:
    wanted, values, told = of
    return GenericAlias(list, (wanted,)), st.lists(values, max_size=3), lambda value: [told(one) for one in value]


def in_a_dict(of: Wanted) -> Wanted:
    wanted, values, told = of
    kept = st.dictionaries(TEXTS, values, max_size=2)
    return GenericAlias(dict, (str, wanted)), kept, lambda value: entries({key: told(one) for key, one in value.items()})


def in_a_model(of: Wanted) -> Wanted:
    wanted, values, told = of
    fields: dict[str, Any] = {"größe": (wanted, ...), "b": (wanted | None, None)}
    made: type[BaseModel] = create_model("Made", **fields)

    def told_all(value: Any) -> dict[str, Any]:
        return {"grosse": told(value.größe), "b": None if value.b is None else told(value.b)}

    def holding(one: Any, other: Any) -> BaseModel:
        return made.model_construct(größe=one, b=other)

    return made, st.builds(holding, values, st.none() | values), told_all


def in_a_pair(of: tuple[Wanted, Wanted]) -> Wanted:
    (first, first_values, told_first), (second, second_values, told_second) = of
    values = st.tuples(first_values, second_values)
    return (
        GenericAlias(tuple, (first, second)),
        values,
        lambda value: {"item_1": told_first(value[0]), "item_2": told_second(value[1])},
    )


def around(inner: st.SearchStrategy[Wanted]) -> st.SearchStrategy[Wanted]:
    return inner.map(in_a_list) | inner.map(in_a_dict) | inner.map(in_a_model) | st.tuples(inner, inner).map(in_a_pair)


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(st.recursive(st.sampled_from(list(KINDS.values())), around, max_leaves=4), st.data())
def test_any_value_of_types_within_types_comes_back(of: Wanted, data: st.DataObject) -> None:
    wanted, values, told = of
    returns = returns_of(wanted)
    assume(returns.guide.count("JSON Schema {") == returns.guide.count('/Tree"}'))  # no part is nested too deeply for a type
    value = data.draw(values)
    assert returns.made(told(value)) == value


class Line(BaseModel):
    """One line of a bill."""

    prices: dict[str, list[Item]]


class Bills(BaseModel):
    by_month: dict[str, dict[str, list[Line]]]
    last: Line | None = None


def test_what_is_nested_too_deeply_is_json_text() -> None:
    returns = returns_of(Bills)
    assert show(returns.type) == (
        "{ by_month: List[{ key: Text, value: List[{ key: Text, value: List[{ prices: Text }] }] }], "
        "last: Option[{ prices: List[{ key: Text, value: List[Text] }] }] }"
    )
    assert "- `last.prices[].value[]`: JSON text by the JSON Schema" in returns.guide
    item, price = '{"name": "bolt", "tags": ["steel"]}', {"a": [Item("bolt", ["steel"])]}
    lines = [{"prices": f'{{"a": [{item}]}}'}]
    told = {
        "by_month": entries({"May": entries({"Acme": lines})}),
        "last": {"prices": entries({"a": [item]})},
    }
    line = Line(prices=price)
    assert answered(Bills, json.dumps(told)).value == Bills(by_month={"May": {"Acme": [line]}}, last=line)
