"""How long parsing takes: the first parse of a process, then 30 lines, and as many as the limit of 2,000 parts lets through.

Run `python benchmarks/parse.py`; prints medians in milliseconds.
"""

from __future__ import annotations

import statistics
import time

from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.syntax.parse import parse
from lambda_rlm.syntax.printing.pretty import pretty

THIRTY_LINES = """# The users who ask most about places, from a log of questions.
type Label = "entity" | "location" | "numeric value" | "human being";
type Row = { user: Int, question: Text };
type Tag = { id: Int, label: Label };

def read_row(l: Text) -> Option[Row] = {
  let question = get(split_on(l, "|| Instance: "), 1);
  let user = parse[Int](trim(l |> split_on("User: ") |> get(1) ?? ""));
  match question {
    some(q) => match user { some(u) => some({ user: u, question: q }), none => none },
    none => none
  }
};

def label(group: List[{ index: Int, value: Row }]) -> List[Tag] = {
  let body = join(map(group, fn(e) => f"{e.index}: {e.value.question}"), "\\n");
  llm_call[List[Tag]](f"Give each question below its label, with its id.\\n\\n{body}", out=600, or_else=[])
};

let rows = values(map(lines(context), read_row));
let tags = enumerate(rows) |> batch(100) |> flat_map(label) |> filter(fn(t) => t.label == "location");
let users = values(map(tags, fn(t) => map_option(get(rows, t.id), fn(r) => r.user)));
let counts = tally(users) |> filter(fn(c) => c.count >= 2 and c.key != -1) |> take(10);

if is_empty(counts) then "Nobody asks about places twice."
else {
  let listing = counts |> map(fn(c) => f"- {c.key}: {c.count}") |> join("\\n");
  f"{length(counts)} users:\\n{listing}"
}
"""


def median_milliseconds(source: SourceFile, runs: int) -> float:
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        parse(source)
        times.append((time.perf_counter() - start) * 1e3)
    return statistics.median(times)


def main() -> None:
    """Print the figures."""
    start = time.perf_counter()
    parse(SourceFile("first", "1"))
    print(f"first parse of the process  {(time.perf_counter() - start) * 1e3:8.2f} ms")
    thirty = SourceFile("thirty", THIRTY_LINES)
    items, answer = THIRTY_LINES.split("if is_empty")
    longest = SourceFile("longest", f"{items * 7}if is_empty{answer}")
    for source, runs in ((thirty, 200), (longest, 30)):
        lines = source.text.count("\n")
        print(f"{lines:4} lines                  {median_milliseconds(source, runs):8.2f} ms")
    program = parse(thirty)
    start = time.perf_counter()
    for _ in range(50):
        pretty(program)
    print(f"printing {THIRTY_LINES.count(chr(10))} lines           {(time.perf_counter() - start) / 50 * 1e3:8.2f} ms")


if __name__ == "__main__":
    main()
