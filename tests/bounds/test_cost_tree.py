"""The cost tree: its JSON alone gives the bound, it is of its schema, and it says where a cost comes from."""

from __future__ import annotations

import hashlib
import json
from importlib.util import find_spec
from typing import Any

import pytest

from lambda_rlm import Rejected, Size, check
from lambda_rlm.bounds.bound import Bound
from lambda_rlm.bounds.tree.cost_record import VERSION, as_record
from lambda_rlm.budget.amount import dollars
from lambda_rlm.budget.budget import Budget
from lambda_rlm.completion import ModelProfile
from lambda_rlm.execution.check import Checked
from lambda_rlm.types.type import Con, Type
from tests.support.cases import read_case
from tests.support.cost_records import SPENT, nodes, recomputed
from tests.support.json_schema import problems
from tests.support.places import CONFORMANCE, ROOT

PRICED = ModelProfile(
    name="priced", window=200_000, max_output=8_000, input_price=1.25e-7, output_price=3e-6, resends=2, reasoning_tokens=300
)
FREE = ModelProfile(name="free", window=8_192, max_output=2_048, input_price=0.0, output_price=0.0, resends=1, retries=1)
UNPRICED = ModelProfile(name="unpriced", window=32_000, max_output=4_000)
SCHEMA = json.loads((ROOT / "docs" / "cost-tree.schema.json").read_text(encoding="utf-8"))
PROGRAMS = sorted((CONFORMANCE / "programs").glob("*.lam")) + sorted((ROOT / "stdlib").glob("*.lam"))


def _size(type_: Type) -> Size:
    is_list = isinstance(type_, Con) and type_.name == "List"
    return Size(2_000, count=300) if is_list else Size(500_000 if type_ == Con("Text") else 5_000)


def _record(checked: Checked, profile: ModelProfile) -> tuple[dict[str, Any], Bound]:
    prospect = checked.prospect(None, profile)
    assert prospect is not None
    return json.loads(json.dumps(as_record(prospect.cost_tree))), prospect.bound


def of_size(source: str, profile: ModelProfile = PRICED, **sizes: Size) -> tuple[dict[str, Any], Bound]:
    checked = check(source, sizes)
    assert checked.ok, checked.diagnostics
    return _record(checked, profile)


@pytest.mark.parametrize("profile", [PRICED, FREE, UNPRICED], ids=lambda profile: profile.name)
@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_the_bound_follows_from_the_json_alone(path: Any, profile: ModelProfile) -> None:
    case = read_case(path)
    types = case.inputs or {"context": Con("Text")}
    checked = check(case.source, types, {name: _size(type_) for name, type_ in types.items()})
    assert checked.ok, checked.diagnostics
    record, bound = _record(checked, profile)
    calls, sent, received, money = recomputed(record)
    assert (calls, sent, received) == (bound.calls, bound.input_tokens, bound.output_tokens)
    assert bound.usd == (None if money is None or not bound.is_price_known else dollars(money)), "to the picodollar"
    assert [record[name] for name in SPENT] == [calls, sent, received, money if bound.is_price_known else None]
    assert list(problems(record, SCHEMA, SCHEMA)) == []
    for node in nodes(record):
        told = [node[name] for name in SPENT]
        assert told == [n if bound.is_price_known or i < 3 else None for i, n in enumerate(recomputed(node))], node
        if node["kind"] == "largest of":
            assert all(number is None or number >= 0 for number in node["mixed"].values())
    if find_spec("jsonschema"):
        import jsonschema  # type: ignore[import-untyped, unused-ignore]

        jsonschema.Draft202012Validator(SCHEMA).validate(record)


def test_the_schema_changes_only_with_its_version() -> None:
    """A record that somebody keeps must stay readable: another schema is another version, beside this one."""
    text = json.dumps(SCHEMA, sort_keys=True)
    frozen = {1: "8f1afc7b51b012243a3743e2c572b705f73779dbcdf40bedf90f7947702c9f84"}
    assert hashlib.sha256(text.encode()).hexdigest() == frozen[VERSION]
    assert SCHEMA["properties"]["version"] == {"const": VERSION}


def test_the_schema_refuses_what_is_no_record() -> None:
    record, _ = of_size("llm_call(context)", context=Size(900))
    assert list(problems(record, SCHEMA, SCHEMA)) == []
    (node,) = [node for node in record["of"] if node["kind"] == "call"]
    for wrong in (
        {**record, "version": 2},
        {**record, "more": 1},
        {**record, "calls": -1},
        {**record, "calls": 1.5},
        {name: value for name, value in record.items() if name != "of"},
        {**record, "of": [{**node, "kind": "sum"}]},
        {**record, "of": [{**node, "rule": "guessed"}]},
        {**record, "of": [{**node, "place": None}]},
        {**record, "program": "abc"},
    ):
        assert list(problems(wrong, SCHEMA, SCHEMA)) != []


def test_a_node_says_how_its_figures_came_about() -> None:
    record, bound = of_size(
        'chunk(context, 17500) |> map(fn(p) => llm_call(f"Sum up:\\n{p}", out=200)) |> join("")', context=Size(10**6)
    )
    call = next(node for node in record["of"] if node["kind"] == "call")
    assert call["place"] == {
        "file": "program", "line": 1, "column": 39, "start": 38, "end": 46,
        "words": 'llm_call(f"Sum up:\\n{p}", out=200)) |> join("")',
    }  # fmt: skip
    assert (call["function"], call["rule"], call["counted_by"]) == ("llm_call", "one call", bound.counted_by)
    assert call["formula"] == "ceil(context / 15313)" and call["calls"] == -(-(10**6) // 15_313)
    assert call["facts"] == {"bytes(context)": 4 * 10**6, "context": 10**6}
    assert call["each"]["output_tokens"] == 200 + PRICED.reasoning_tokens
    assert call["input_tokens"] <= call["calls"] * call["each"]["input_tokens"]
    assert call["output_tokens"] == call["calls"] * call["each"]["output_tokens"]
    assert call["taken"] == "surely" and call["branch"] is None
    pool = next(node for node in record["of"] if node["kind"] == "pool")
    assert pool["attempts"] == bound.pool and pool["place"] is None
    assert pool["input_tokens"] == pool["attempts"] * pool["each"]["input_tokens"]
    assert sum(node["share"] for node in record["of"]) == pytest.approx(1)


@pytest.mark.parametrize(
    ("source", "rules"),
    [
        ('llm_samples("Who?", 3) |> length', {"llm_samples": "n calls"}),
        ('llm_choose(context, ["a", "b"]) ?? "c"', {"llm_choose": "one call with all options"}),
        ('llm_map(lines(context), "Late?") |> length', {"llm_map": "batches"}),
        ('llm_map_by(lines(context), fn(l) => l, "Late?") |> length', {"llm_map_by": "batches"}),
        ('rlm_call("Who?", context, calls=3)', {"rlm_call": "held to its calls"}),
    ],
)
def test_every_way_to_ask_has_its_rule(source: str, rules: dict[str, str]) -> None:
    record, bound = of_size(source, context=Size(3_000))
    assert {node["function"]: node["rule"] for node in nodes(record) if node["kind"] == "call"} == rules
    assert recomputed(record)[0] == bound.calls


BRANCHES = """\
let short = length(context) < 100;
if short then llm_call(f"a {context}") else {
  let first = llm_call(f"Long {take(context, 900)}");
  if length(first) > 5 then llm_call(f"b {context}", out=500) else "c"
}"""


def test_what_excludes_each_other_is_the_largest_of_its_branches() -> None:
    record, _ = of_size(BRANCHES, context=Size(2_000))
    (choice,) = [node for node in record["of"] if node["kind"] == "largest of"]
    assert choice["place"]["words"].startswith("if short then") and choice["taken"] == "surely"
    assert [branch["place"]["line"] for branch in choice["of"]] == [2, 2]
    dearest, other = choice["of"]
    assert dearest["picodollars"] > other["picodollars"] and choice["picodollars"] == dearest["picodollars"]
    assert choice["mixed"]["calls"] == 0
    (inner,) = [node for node in dearest["of"] if node["kind"] == "largest of"]
    assert inner["taken"] == "in a branch" and inner["branch"] == dearest["place"]
    words = {node["place"]["words"]: node for node in nodes(record) if node["kind"] == "call"}
    assert words['llm_call(f"b {context}", out=500) else "c"']["branch"]["line"] == 4
    assert words['llm_call(f"Long {take(context, 900)}");']["branch"] == dearest["place"]


def test_branches_that_alternate_cost_more_than_the_largest() -> None:
    source = (
        'lines(context) |> map(fn(l) => if contains(l, "x") then llm_call(l, out=9) else llm_call(f"{l}?", out=90)) |> join("")'
    )
    record, bound = of_size(source, context=Size(3_000))
    (choice,) = [node for node in record["of"] if node["kind"] == "largest of"]
    assert choice["mixed"]["input_tokens"] >= 0 and recomputed(record)[1] == bound.input_tokens
    assert choice["input_tokens"] == max(b["input_tokens"] for b in choice["of"]) + choice["mixed"]["input_tokens"]


def test_a_function_that_is_called_twice_is_one_site() -> None:
    record, _ = of_size('def f(x: Text) = llm_call(x, out=9); f(context) ++ f("b")', context=Size(50))
    (call,) = [node for node in record["of"] if node["kind"] == "call"]
    assert call["calls"] == 2 and call["formula"] == "2"
    source = 'def f(x: Text) = if contains(x, "a") then llm_call(x, out=9) else llm_call("b", out=9); f(context) ++ f(query)'
    record, bound = of_size(source, context=Size(50))
    (choice,) = [node for node in record["of"] if node["kind"] == "largest of"]
    assert choice["calls"] == bound.calls == recomputed(record)[0] == 2
    assert [branch["calls"] for branch in choice["of"]] == [2, 2]


def test_recursion_and_loops_keep_their_sites() -> None:
    source = """\
fix go(t: Text) => if length(t) < 500 then llm_call(t, out=9) else split(t, 2) |> map(go) |> join("")
"""
    record, bound = of_size(f"let go = {source.strip()}; go(context)", context=Size(4_000))
    assert {node["place"]["words"].partition("(")[0] for node in nodes(record) if node["kind"] == "call"} == {"llm_call"}
    assert recomputed(record)[0] == bound.calls
    record, bound = of_size('fold(lines(context), "", fn(a, l) => llm_call(take(a ++ l, 99), out=9))', context=Size(300))
    assert recomputed(record)[:3] == [bound.calls, bound.input_tokens, bound.output_tokens]


def test_what_has_no_limit_is_null() -> None:
    record, bound = of_size('let go = fix go(t: Text) => llm_call(go(t ++ "a")); go(context)', context=Size(100))
    assert bound.calls is None and recomputed(record)[0] is None
    assert any(node["rule"] == "no limit" for node in nodes(record) if node["kind"] == "call")
    assert list(problems(record, SCHEMA, SCHEMA)) == []


def test_a_program_that_asks_nobody_has_an_empty_tree() -> None:
    record, bound = of_size("length(context)", context=Size(100))
    assert record["of"] == [] and recomputed(record) == [0, 0, 0, 0] and bound.usd == 0


def _nested(depth: int) -> str:
    """Each function asks the one before it in both branches: 2^depth paths."""
    lines = ['def f0(x: Text) = if contains(x, "a") then llm_call(x, out=9) else llm_call("a", out=9);']
    lines += [f'def f{n}(x: Text) = if contains(x, "{n}") then f{n - 1}(x) else f{n - 1}(x);' for n in range(1, depth)]
    return "\n".join([*lines, f"f{depth - 1}(context)"])


def test_very_many_branches_become_one_part() -> None:
    record, bound = of_size(_nested(30), context=Size(100))
    assert any(node["kind"] == "largest of" and node["of"] == [] and node["calls"] for node in nodes(record))
    assert recomputed(record)[:3] == [bound.calls, bound.input_tokens, bound.output_tokens]
    assert len(list(nodes(record))) <= 500
    assert list(problems(record, SCHEMA, SCHEMA)) == []


def test_a_rejection_names_the_three_largest_sites() -> None:
    source = "\n".join(f"let a{n} = llm_call(take(context, {n}000), out=9);" for n in range(1, 6)) + "\na1"
    checked = check(source, {"context": Size(100_000)})
    for budget, unit in ((Budget(usd=1e-6), "tokens"), (Budget(tokens=100), "tokens"), (Budget(calls=2), "call")):
        with pytest.raises(Rejected) as caught:
            checked.admit(budget, PRICED)
        (found,) = caught.value.diagnostics
        lines = [checked.source.line_column(label.span.start)[0] for label in found.secondary]
        assert unit in (found.because or "") and all(unit in label.text for label in found.secondary)
        assert len(found.cost_tree) == 3
        if budget.calls > 2:
            assert [entry["place"]["line"] for entry in found.cost_tree] == [5, 4, 3] and lines == [4, 3]
        for entry in found.cost_tree:
            assert list(problems(entry, SCHEMA["$defs"]["site"], SCHEMA)) == []
