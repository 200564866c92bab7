"""Which terms over a table run by columns, why others do not, and that a run tells the same of itself either way."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from lambda_rlm.budget.budget import Budget
from lambda_rlm.budget.meter import Meter
from lambda_rlm.eval.compile.columns.report import COLUMNS, Worth, watched
from lambda_rlm.execution.check import check
from lambda_rlm.execution.execute import Options, execute
from lambda_rlm.execution.run import Run
from lambda_rlm.llm.scripted import ScriptedModel
from lambda_rlm.table import PlainCells, Table, TableColumn
from tests.support.column_cases import checked, table, told

ROWS = [
    {
        "name": f"person {at % 20}",
        "city": ["Oslo", " oslo", "Rome"][at % 3],
        "note": f"said {at % 7} " * 4,
        "n": at % 11,
        "x": at / 8,
    }
    for at in range(120)
]
ECHO = ScriptedModel.from_rules([("", "yes")])


def tried(program: str, form: str = "arrow") -> dict[str, str]:
    """Why each term of a program over a drawn table did not run by columns; empty where it did."""
    typed, rows = checked(program), table(3, form)
    reference, none = told(typed, rows, 10**9, by_columns=False)
    columns, terms = told(typed, rows, 10**9, by_columns=True, worth=Worth(8, 2))
    assert columns == reference and not none
    return {str(term.primitive): term.why for term in terms}


@pytest.mark.parametrize("form", ["plain", "arrow", "chunks", "codes"])
def test_a_query_runs_by_columns_from_end_to_end(form: str) -> None:
    program = """
    let open = context |> filter(fn(o) => lower(trim(o.kind)) == "a" or o.open);
    group_by(open, fn(o) => o.open) |> map(fn(g) => { open: g.key, sum: sum(map(g.items, fn(o) => o.price * 0.5)), n: length(g.items) })
    """
    assert tried(program, form) == dict.fromkeys(["filter", "group_by", "map", "sum"], "")


@pytest.mark.parametrize(
    ("program", "primitive", "why"),
    [
        ('context |> filter(fn(o) => matches(o.city, "o+")) |> length', "filter", "`matches`"),
        ("context |> filter(fn(o) => to_json(o) == o.id) |> length", "filter", "the row as a whole"),
        ('context |> map(fn(o) => o.id ++ "!") |> length', "map", "many different values"),
        ("context |> fold(0, fn(n, o) => n + o.quantity)", "fold", "no columns for it"),
        ("context |> take(3) |> filter(fn(o) => o.open) |> length", "filter", "few rows"),
        ("context |> map(fn(o) => o.price / 0.0) |> length", "map", "a division by zero"),
        ("group_by(context, fn(o) => o.id) |> length", "group_by", "many groups"),
        (
            "context |> map(fn(o) => { a: o.city, b: o.city }) |> count(fn(o) => o.a == o.b)",
            "count",
            "texts that may be the same",
        ),
        (
            "join_by(context, context, fn(o) => o.quantity, fn(o) => o.quantity) |> count(fn(p) => p.first.city == p.second.city)",
            "count",
            "texts that may be the same",
        ),
    ],
)
def test_a_term_that_falls_back_says_why(program: str, primitive: str, why: str) -> None:
    assert tried(program)[primitive] == why


def test_a_join_that_explodes_is_never_made() -> None:
    typed = checked("join_by(context, context, fn(o) => 1, fn(o) => 1) |> length")
    rows = table(3, "arrow")
    for fuel, memory in ((10**9, 500_000), (len(rows) ** 2, 10**11)):
        reference, _ = told(typed, rows, fuel, by_columns=False, memory=memory)
        columns, terms = told(typed, rows, fuel, by_columns=True, memory=memory)
        assert columns == reference and reference.fault is not None
        assert next(term.why for term in terms) in ("the memory runs out", "the fuel runs out")


def test_a_function_value_costs_the_same() -> None:
    assert (
        tried(
            "def total(f: (Int) -> Int, n: Int) -> Int = f(n); "
            "group_by(context, fn(o) => o.kind) |> map(fn(g) => total(fn(n) => n + 1, length(g.items)))"
        )["map"]
        == ""
    )


def test_who_computes_is_charged_for_it() -> None:
    typed, rows = (
        checked("context |> filter(fn(o) => trim(o.city) > o.day) |> map(fn(o) => o.price + 1.0) |> sum"),
        table(3, "codes"),
    )
    found = []
    for by_columns in (True, False):
        reader = Meter(Budget(fuel=0))
        before = reader.memory
        run, terms = told(typed, rows, 10**9, by_columns=by_columns, reader=reader)
        found.append((run.value, run.steps, run.bytes + before - reader.memory, run.cells, reader.steps))
    assert found[0] == found[1] and not terms


def test_numbers_over_64_bits_fall_back() -> None:
    rows = table(3, "plain")
    large = TableColumn("price", "int", False, PlainCells([2**70 + at for at in range(len(rows))]))
    rows = Table([large if column.name == "price" else column for column in rows.columns], len(rows))
    typed = checked("group_by(context, fn(o) => o.quantity % 20) |> map(fn(g) => sum(map(g.items, fn(o) => o.price * 0.5)))")
    (columns, terms), (reference, _) = (
        told(typed, rows, 10**9, by_columns=by_columns, worth=Worth(64, 1)) for by_columns in (True, False)
    )
    assert columns == reference and reference.fault is None
    assert "groups one by one" in [term.why for term in terms]


def test_the_leftmost_row_is_at_fault_as_ever() -> None:
    program = "context |> map(fn(o) => (if o.open then div(1, length(o.city) - 4) else o.quantity * o.quantity)) |> sum"
    typed, rows = checked(program), table(3, "plain")
    columns, _ = told(typed, rows, 10**9, by_columns=True)
    assert columns == told(typed, rows, 10**9, by_columns=False)[0] and columns.fault is not None


@pytest.mark.parametrize(
    "program",
    [
        'llm_call(context |> filter(fn(o) => trim(o.city) == "Rome") |> take(3) |> map(fn(o) => take(o.note, 9)) |> join(", "))',
        'group_by(context, fn(o) => lower(trim(o.city))) |> map(fn(g) => llm_call(f"of {g.key}: {length(g.items)}")) |> join(" ")',
        "context |> sort_desc(fn(o) => o.n) |> take(4) |> map(fn(o) => { name: llm_call(o.name), city: upper(o.city), x: o.x })",
        'let dear = context |> filter(fn(o) => o.x > 4.0); { top: llm_call(f"{sum(map(dear, fn(o) => o.x))}"), rows: take(dear, 2) }',
        'let said = context |> map(fn(o) => take(o.note, 5)) |> tally; llm_map(map(said, fn(t) => t.key), "Judge: {item}")',
    ],
)
def test_a_run_that_asks_tells_the_same_of_itself(program: str) -> None:
    def ran(*, by_columns: bool) -> tuple[Run, int]:
        admitted = check(program, {"context": ROWS})
        assert admitted.ok, admitted.diagnostics

        async def go() -> Run:
            return await execute(admitted.admit(), {"query": "", "context": ROWS}, ECHO, options=Options(key=b"tests"))

        token = COLUMNS.set(by_columns)
        try:
            with watched() as terms:
                run = anyio.run(go)
        finally:
            COLUMNS.reset(token)
        return run, sum(not term.why for term in terms)

    (columns, count), (reference, none) = ran(by_columns=True), ran(by_columns=False)
    assert count and not none

    def shown(run: Run) -> dict[str, Any]:
        usage = run.usage
        return {
            "value": run.value, "fault": run.fault, "coverage": run.coverage, "dropped": run.dropped, "citations": run.citations,
            "calls": usage.calls, "tokens": (usage.input_tokens, usage.output_tokens), "steps": usage.steps,
        }  # fmt: skip

    assert shown(columns) == shown(reference)
    assert columns.fault is None and columns.coverage


@pytest.mark.parametrize(
    "program",
    [
        "context |> any(fn(o) => length(trim(o.city)) > -1)",
        "context |> map(fn(o) => (o.price / 1e300 + 1e300) * 1e300)",
        "group_by(context, fn(o) => o.price * 0.0) |> map(fn(g) => length(g.items))",
    ],
)
def test_what_is_drawn_rarely_changes_nothing(program: str) -> None:
    typed = checked(program)
    for seed in range(6):
        rows = table(seed, "plain")
        reference, _ = told(typed, rows, 10**9, by_columns=False)
        assert told(typed, rows, 10**9, by_columns=True)[0] == reference
        assert told(typed, rows, reference.steps // 2, by_columns=True)[0].fault is not None
