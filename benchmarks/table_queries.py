"""Queries over a table of orders against polars by hand, and which of their terms ran as columns.

`python benchmarks/table_queries.py [--rows N …]` makes orders from a seed (40,000 and 1,000,000 by default) and runs six programs over them:
the three questions of `rows/` that are about orders, and three with text functions, with dates and with a join. Each is timed alone and warm:
the table is read, the input is made and weighed, the program is checked; it is compiled anew and run, by columns and by the reference
evaluator (up to 100,000 rows), and the same is done by polars, if that is installed. Processor time of all threads, best of several. Prints
the terms that fell back and why, the peak of memory of a process that makes and runs the largest, and the processor time of the whole command on
40,000 rows. Exits with 1 where values or charges differ between the two ways, or where a query that ran as columns throughout takes more than
3 times as long as polars.
"""

from __future__ import annotations

import argparse
import csv
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from typing import Any, Final

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import pyarrow as pa  # noqa: E402
import pyarrow.compute  # noqa: E402 - kernels are used where they are loaded

from lambda_rlm.bounds.admit import defer  # noqa: E402
from lambda_rlm.budget.budget import Budget  # noqa: E402
from lambda_rlm.budget.meter import Meter  # noqa: E402
from lambda_rlm.completion import ModelProfile  # noqa: E402
from lambda_rlm.diagnostics.source import SourceFile  # noqa: E402
from lambda_rlm.eval.compile.columns.report import COLUMNS, Tried, watched  # noqa: E402
from lambda_rlm.eval.evaluate import admit_inputs, evaluate_pure  # noqa: E402
from lambda_rlm.eval.plain import to_plain, to_value  # noqa: E402
from lambda_rlm.syntax.parse import parse  # noqa: E402
from lambda_rlm.table import ArrowCells, Table, TableColumn  # noqa: E402
from lambda_rlm.types.infer import infer  # noqa: E402
from lambda_rlm.types.parse_type import parse_type  # noqa: E402
from tests.support.computed_rows import orders  # noqa: E402

try:
    import polars
except ImportError:
    polars = None  # type: ignore[assignment]

MOST: Final = 3.0
"""A query by columns, against polars."""
_REFERENCE: Final = 100_000
"""Rows up to which the reference evaluator runs too."""
_BUDGET: Final = Budget(fuel=10**11, memory=10**11)
_PROFILE: Final = ModelProfile(name="none", window=32_768, max_output=4_096)
_KINDS: Final[dict[str, Any]] = {"order_id": "int", "quantity": "int", "unit_price": "float"}
_TYPE: Final = "List[{ order_id: Int, date: Text, customer: Text, country: Text, quantity: Int, unit_price: Float, status: Text, note: Text }]"
_CUSTOMERS: Final = "List[{ customer: Text, segment: Text }]"

_NOTES: Final = """
def said(t: Text) -> Text = lower(trim(replace(t, ",", "")));
let gifts = context |> filter(fn(o) => contains(said(o.note), "gift") or starts_with(upper(o.status), "RET"));
{
  orders: length(gifts),
  items: sum(map(gifts, fn(o) => o.quantity)),
  notes: gifts |> map(fn(o) => f"{said(o.note)}/{o.status}") |> tally |> take(3)
}
"""
_MONTHS: Final = """
let dear = context |> filter(fn(o) => o.unit_price > 100.0 and o.status != "cancelled");
group_by(dear, fn(o) => take(unwrap_or(parse_date(o.date), ""), 7))
  |> map(fn(g) => { month: g.key, mean: mean(map(g.items, fn(o) => o.unit_price * to_float(o.quantity))) ?? 0.0, n: length(g.items) })
  |> sort_by(fn(m) => m.month)
"""
_JOINED: Final = """
let pairs = join_by(context, customers, fn(o) => o.customer, fn(c) => c.customer);
group_by(pairs, fn(p) => p.second.segment)
  |> map(fn(g) => { segment: g.key, items: sum(map(g.items, fn(p) => p.first.quantity)) })
  |> sort_by(fn(s) => s.segment)
"""


def programs() -> dict[str, str]:
    """The programs by name."""
    written = {
        name: (ROOT / "benchmarks" / "rows" / f"{name}.lam").read_text("utf-8") for name in ("revenue", "cancelled", "gap")
    }
    return {**written, "notes": _NOTES, "months": _MONTHS, "joined": _JOINED}


def tables(count: int) -> dict[str, Table]:
    """Orders, and the customers that made them."""
    rows = orders(count)
    names = sorted({row["customer"] for row in rows})
    customers = [{"customer": name, "segment": "ABCDE"[int(name[1:]) % 5]} for name in names]
    return {"context": _table(rows), "customers": _table(customers)}


def _table(rows: list[dict[str, Any]]) -> Table:
    columns = [
        TableColumn(name, _KINDS.get(name, "text"), False, ArrowCells(pa.array([row[name] for row in rows])))
        for name in rows[0]
    ]
    return Table(columns, len(rows))


def by_polars(frames: dict[str, Any]) -> dict[str, Callable[[], Any]]:
    """The same by hand."""
    pl, frame, customers = polars, frames["context"], frames["customers"]
    col = pl.col

    def revenue() -> Any:
        delivered = frame.filter(col("status").str.strip_chars().str.to_lowercase() == "delivered")
        totals = delivered.group_by(col("country").str.strip_chars()).agg(
            (col("quantity") * col("unit_price")).sum().alias("sum")
        )
        return totals.sort("sum", descending=True).head(3)

    def cancelled() -> Any:
        rows = frame.filter(col("status").str.strip_chars().str.to_lowercase() == "cancelled")
        return rows.group_by(col("date").str.strip_chars().str.to_date("%Y-%m-%d").dt.strftime("%Y-%m")).len().sort("date")

    def gap() -> Any:
        rows = frame.select(col("customer").str.strip_chars(), col("date").str.to_date("%Y-%m-%d").alias("day")).sort(
            "customer", "day"
        )
        gaps = rows.with_columns((col("day") - col("day").shift(1)).over("customer").dt.total_days().alias("gap"))
        return gaps.sort("gap", descending=True, nulls_last=True).head(1)

    def notes() -> Any:
        said = col("note").str.replace_all(",", "", literal=True).str.strip_chars().str.to_lowercase()
        gifts = frame.filter(said.str.contains("gift", literal=True) | col("status").str.to_uppercase().str.starts_with("RET"))
        tally = gifts.select(pl.concat_str([said, col("status")], separator="/").alias("note")).group_by("note").len()
        return gifts.height, gifts["quantity"].sum(), tally.sort("len", descending=True).head(3)

    def months() -> Any:
        dear = frame.filter((col("unit_price") > 100.0) & (col("status") != "cancelled"))
        month = col("date").str.to_date("%Y-%m-%d").dt.strftime("%Y-%m").alias("month")
        means = dear.group_by(month).agg((col("unit_price") * col("quantity")).mean().alias("mean"), pl.len().alias("n"))
        return means.sort("month")

    def joined() -> Any:
        pairs = frame.join(customers, on="customer")
        return pairs.group_by("segment").agg(col("quantity").sum()).sort("segment")

    return {one.__name__: one for one in (revenue, cancelled, gap, notes, months, joined)}


class Query:
    """A checked program over tables that are read."""

    def __init__(self, text: str, data: dict[str, Table]) -> None:
        self.types = {"context": parse_type(_TYPE), "customers": parse_type(_CUSTOMERS), "query": parse_type("Text")}
        self.typed = infer(parse(SourceFile("query", text)), self.types)
        self.data = data
        self.admitted = defer(self.typed, _BUDGET, _PROFILE)

    def run(self, *, by_columns: bool) -> tuple[Any, float, list[Tried]]:
        """What is answered and charged; seconds of the evaluation; what was tried by columns."""
        meter = Meter(_BUDGET)
        inputs = {name: to_value(self.data[name], self.types[name], name, meter, []) for name in self.data}
        inputs["query"] = to_value("", self.types["query"], "query", meter, [])
        admit_inputs(self.typed, inputs, Meter(_BUDGET))
        token = COLUMNS.set(by_columns)
        try:
            with watched() as tried:
                began = process_time()
                value = evaluate_pure(self.admitted, inputs, meter)
                seconds = process_time() - began
        finally:
            COLUMNS.reset(token)
        return (to_plain(value, self.typed.type), meter.steps, meter.bytes), seconds, tried


def best(job: Callable[[], Any], times: int) -> float:
    """Processor seconds of the fastest."""
    seconds = []
    for _ in range(times):
        began = process_time()
        job()
        seconds.append(process_time() - began)
    return min(seconds)


def measure(name: str, text: str, data: dict[str, Table], hand: Callable[[], Any] | None) -> bool:
    """Prints a row; whether both ways agree and the query is fast enough."""
    query = Query(text, data)
    runs = [query.run(by_columns=True) for _ in range(3)]
    answer, _, tried = runs[0]
    ours = min(seconds for _, seconds, _ in runs)
    count, is_same, reference = len(data["context"]), True, "      –"
    if count <= _REFERENCE:
        expected, seconds, _ = query.run(by_columns=False)
        is_same, reference = expected == answer, f"{seconds * 1e3:7.0f}"
    theirs = best(hand, 5) if hand is not None else 0.0
    ratio = ours / theirs if theirs else 0.0
    back = {f"{one.primitive} ({one.why})": None for one in tried if one.why}
    is_whole = any(not one.why for one in tried) and not back
    hand_time, times = (f"{theirs * 1e3:7.1f}", f"{ratio:6.2f}") if hand is not None else ("      –", "     –")
    told = "" if is_same else "; VALUES OR CHARGES DIFFER"
    fell = f"fell back: {', '.join(back)}" if back else "all as columns"
    print(f"{name:10} {count:9,} {ours * 1e3:9.1f} {reference} {hand_time} {times}  {fell}{told}", flush=True)
    return is_same and (not is_whole or not theirs or ratio <= MOST)


def command(folder: Path) -> None:
    """The processor time of the whole command."""
    rows = orders(40_000)
    path = folder / "orders.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    words = [sys.executable, "-m", "lambda_rlm", "run", str(ROOT / "benchmarks" / "rows" / "revenue.lam"), str(path)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(words, capture_output=True, text=True, cwd=ROOT, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"the whole command on 40,000 rows: {seconds:.2f} s of processor time, exit code {done.returncode}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="*", default=[40_000, 1_000_000])
    parser.add_argument("--only", nargs="*", default=[])
    chosen = parser.parse_args()
    is_good = True
    print(f"{'':10} {'rows':>9} {'columns':>9} {'plain':>7} {'polars':>7} {'×':>6}  (milliseconds of processor time)")
    if polars is None:
        print("polars is not installed: no comparison")
    for count in chosen.rows:
        data = tables(count)
        arrays = {name: {column.name: column.cells.array for column in table.columns} for name, table in data.items()}  # type: ignore[attr-defined]
        hands = by_polars({name: polars.DataFrame(columns) for name, columns in arrays.items()}) if polars is not None else {}
        for name, text in programs().items():
            if not chosen.only or name in chosen.only:
                is_good = measure(name, text, data, hands.get(name)) and is_good
    print(f"peak of memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3:,.0f} MB")
    with TemporaryDirectory() as folder:
        command(Path(folder))
    return 0 if is_good else 1


if __name__ == "__main__":
    raise SystemExit(main())
