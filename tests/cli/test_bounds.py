"""The faces of a bound: the table, the closed forms, JSON, approval, and what is refused before the first call."""

from __future__ import annotations

import io
import os
import re
from pathlib import Path
from typing import Any

import pytest

from lambda_rlm.bounds.declared import Size
from lambda_rlm.cli.display.screen import status
from lambda_rlm.cli.exits import UsageProblem
from lambda_rlm.cli.sizes import columns
from lambda_rlm.events import ProgramStarted
from lambda_rlm.trace.progress import Progress
from tests.support.places import GOLDEN
from tests.support.shell import Shell, script, wrote

pytestmark = pytest.mark.usefixtures("alone")

SUMMARIES = """\
let parts = chunk(context, 17500) |> map(fn(p) => llm_call(f"Summarize:\\n{p}", out=200));
let all = join(parts, "\\n");
llm_call(f"Merge:\\n{take(all, 20000)}")
"""
EACH = 'map(["a", "b"], fn(x) => llm_call(f"{x} {context}"))'
PRICED = {"profile": {"window": 100_000, "input_price": 1e-6, "output_price": 2e-6}}


def priced() -> str:
    return script(PRICED, {"match": "", "reply": "r"})


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def at_a_terminal(monkeypatch: pytest.MonkeyPatch, typed: str) -> None:
    """Somebody sees what is written, and has typed an answer."""
    monkeypatch.setattr("sys.stdin", Terminal(typed))
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setenv("NO_COLOR", "1")


# ── the table and the forms ──


def test_the_table_is_as_kept(shell: Shell) -> None:
    """Rewrite with UPDATE_GOLDEN=1, then read the difference."""
    more = ("--max-calls", "10000", "--max-tokens", "1000000000")
    assert shell("check", wrote("p.lam", SUMMARIES), "--size", "context=1MB,10MB,100MB", "--model", priced(), *more) == 0
    path = GOLDEN / "bound_table.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(shell.out, encoding="utf-8")
    assert shell.out == path.read_text(encoding="utf-8")


def test_numbers_of_the_table_are_those_of_the_json(shell: Shell) -> None:
    wrote("p.lam", SUMMARIES)
    model = priced()
    assert shell("check", "p.lam", "--size", "context=1MB", "--model", model) == 0
    table = shell.out
    assert shell("check", "p.lam", "--size", "context=1MB", "--model", model, "--json") == 0
    found = shell.json
    for key in ("calls", "attempts", "span", "prompt_chars", "input_tokens", "output_tokens"):
        assert f" {found['bound'][key]:,}\n" in table
    assert f"${found['bound']['usd']:.2f}\n" in table
    assert found["formula"]["calls"] == "ceil(context / 15313) + 1"
    assert f"calls ≤ {found['formula']['calls']}\n" in table
    assert found["rounds"] == -(-found["bound"]["calls"] // 16) + 2


def test_check_json_has_every_component_or_null(shell: Shell) -> None:
    wrote("p.lam", SUMMARIES)
    assert shell("check", "p.lam", "--size", "context=1MB", "--model", priced(), "--json") == 0
    bound = shell.json["bound"]
    promised = "calls attempts span prompt_chars input_tokens output_tokens usd steps bytes depth pool"
    assert bound.keys() == set(promised.split())
    assert shell.json["formula"].keys() == bound.keys() - {"usd", "pool"}
    assert {"input_tokens", "usd"} <= shell.json["likely"].keys()
    assert {name for name, number in bound.items() if number is None} == {
        name for name, form in shell.json["formula"].items() if form == "unlimited"
    }


def test_an_unknown_price_is_null_and_said(shell: Shell) -> None:
    wrote("p.lam", SUMMARIES)
    model = script({"profile": {"window": 100_000, "input_price": None, "output_price": None}}, {"match": "", "reply": "r"})
    assert shell("check", "p.lam", "--size", "context=1MB", "--model", model) == 0
    assert "price unknown" in shell.out
    assert "$" not in shell.out
    assert shell("check", "p.lam", "--size", "context=1MB", "--model", model, "--json") == 0
    assert (shell.json["bound"]["usd"], shell.json["likely"]["usd"]) == (None, None)


def test_likely_figures_are_below_the_worst_case(shell: Shell) -> None:
    wrote("p.lam", SUMMARIES)
    assert shell("check", "p.lam", wrote("a.txt", "Ann keeps bees. " * 3_000), "--model", priced(), "--json") == 0
    found = shell.json
    for key, number in found["likely"].items():
        assert 0 < number <= found["bound"][key]
    assert 48_000 / 6 < found["likely"]["input_tokens"] < 48_000 / 3


def test_with_real_inputs_staging_decides(shell: Shell) -> None:
    program = wrote("p.lam", 'filter(split(context, 10), fn(p) => contains(p, "bees")) |> map(fn(p) => llm_call(p, out=10))')
    model = priced()
    assert shell("check", program, wrote("a.txt", "Ann keeps bees." + " " * 900), "--model", model, "--json") == 0
    assert shell.json["bound"]["calls"] == 1
    assert shell("check", program, "--size", "context=915", "--model", model, "--json") == 0
    assert shell.json["bound"]["calls"] == 10


def test_what_only_the_input_decides_is_a_warning(shell: Shell) -> None:
    program = wrote("p.lam", "llm_call(context)")
    model = priced()
    assert shell("check", program, "--size", "context=1MB", "--model", model) == 0
    assert "warning[E0301]" in shell.err
    assert "depends on the actual input" in shell.err
    assert shell("check", program, wrote("a.txt", "x y " * 250_000), "--model", model) == 1
    assert "error[E0301]" in shell.err


def test_a_program_over_budget_is_rejected_in_its_column(shell: Shell) -> None:
    program = wrote("p.lam", SUMMARIES)
    assert shell("check", program, "--size", "context=10KB,1MB", "--model", priced(), "--max-calls", "10") == 1
    assert "error[E0304]: at context=1MB the program may need 67 model calls, but the budget is 10" in shell.err
    assert shell.err.count("E0304") == 1
    assert "most of it comes from here: 66 calls, ceil(context / 15313)" in shell.err
    assert "--max-calls" in shell.err
    assert "model calls" in shell.out
    assert not shell.out.startswith("ok")


def test_stages_of_cost_are_printed(shell: Shell) -> None:
    program = wrote("p.lam", 'chunk(context, auto) |> map(fn(p) => llm_call(p, out=200)) |> join("\\n")')
    size = ("--size", "context=1MB", "--model", priced())
    assert shell("check", program, *size, "--emit", "bound") == 0
    assert "calls ≤ ceil(context / " in shell.out
    assert "usd ≤ $" in shell.out
    assert shell("check", program, *size, "--emit", "plan") == 0
    assert shell.out.startswith("chunk at 1:16: auto = ")
    assert shell("check", program, *size, "--emit", "plan", "--json") == 0
    assert shell.json["plan"][0].startswith("chunk at 1:16")
    assert shell("check", program, "--emit", "bound") == 64
    assert "--size" in shell.err


def test_a_program_that_asks_nothing_says_so(shell: Shell) -> None:
    assert shell("check", wrote("p.lam", "length(context)"), "--size", "context=1MB") == 0
    assert shell.out == "ok: Int ! pure\n\nasks no model\n"


def test_without_a_model_the_assumed_one_is_told(shell: Shell) -> None:
    assert shell("check", wrote("p.lam", "llm_call(take(context, 9))"), "--size", "context=1MB") == 0
    assert "assuming a context window of 8,192 tokens" in shell.err
    assert "for any: context window 8,192 tokens, price unknown" in shell.out


# ── sizes ──


def test_sizes_are_bytes_with_a_unit_and_characters_without() -> None:
    (column,) = columns(["context=1.5MB,notes=20_000", "docs=1000x6kb"])
    assert column.sizes == {
        "context": Size(1_500_000, 1_500_000),
        "notes": Size(20_000),
        "docs": Size(6_000, 6_000, 1_000),
    }


def test_one_size_stands_in_every_column() -> None:
    first, second = columns(["a=1KB,2KB", "b=5"])
    assert (first.title, second.title) == ("a=1KB", "a=2KB")
    assert first.sizes["b"] == second.sizes["b"] == Size(5)


@pytest.mark.parametrize("option", ["context", "context=", "context=big", "=5", "a=1,b=", "context=-1", "a=1,2,3,b=1,2"])
def test_a_size_that_means_nothing_is_refused(option: str) -> None:
    with pytest.raises(UsageProblem):
        columns([option])


def test_a_list_is_declared_by_count_and_size(shell: Shell) -> None:
    program = wrote("p.lam", "docs |> map(fn(d) => llm_call(d.text, out=10))")
    assert shell("check", program, "--size", "docs=200x6KB", "--model", priced(), "--json") == 0
    assert shell.json["bound"]["calls"] == 200
    assert shell.json["formula"]["calls"] == "docs"
    rows = wrote("q.lam", 'rows |> map(fn(r) => llm_call(r.note ?? "", out=10))')
    declared = ("--declare", "rows: List[{ id: Int, note: Option[Text] }]")
    assert shell("check", rows, *declared, "--size", "rows=30x100", "--model", priced(), "--json") == 0
    assert shell.json["bound"]["calls"] == 30


def test_lists_of_texts_and_rows_need_no_declaration(shell: Shell) -> None:
    texts = wrote("t.lam", "docs |> map(fn(d) => llm_call(d, out=10))")
    assert shell("check", texts, "--size", "docs=200x6KB,2x1KB", "--model", priced(), "--json") == 0
    assert shell.json["inputs"]["docs"] == "List[Text]"
    assert [column["bound"]["calls"] for column in shell.json["sizes"]] == [200, 2]
    rows = wrote("r.lam", 'rows |> filter(fn(r) => r.days > 30) |> map(fn(r) => llm_call(r.note, out=10)) |> join("")')
    assert shell("check", rows, "--size", "rows=30x100", "--model", priced()) == 0
    assert "assuming rows: List[{ days: Int, note: Text }], as the program uses it" in shell.err
    assert shell("check", rows, "--size", "rows=30x100", "--emit", "types") == 0
    shell("check", wrote("m.lam", "docs |> map(fn(d) => llm_call(d, out=10)) |> joi(query)"), "--size", "docs=2x1KB")
    assert "joi" in shell.err and "E0201" not in shell.err


def test_data_and_a_size_of_one_input_are_refused(shell: Shell) -> None:
    assert shell("check", wrote("p.lam", "context"), wrote("a.txt", "a"), "--size", "context=5") == 64
    assert shell("check", "p.lam", "--size", "context=5", "--size", "context=6") == 64


# ── run and ask ──


def test_a_run_shows_the_bound_beside_what_it_spent(shell: Shell) -> None:
    model = script(PRICED, {"match": "", "reply": "r"})
    assert shell("run", wrote("p.lam", EACH), wrote("a.txt", "A"), "--model", model) == 0
    assert "program · 2 of at most 2 calls (likely 2) · " in shell.err
    assert re.search(r" · \$0\.\d+ \(likely \$0\.\d+ · at most \$0\.\d+\) · ", shell.err)
    assert shell("run", "p.lam", "a.txt", "--model", model, "--json") == 0
    found = shell.json
    for key in ("calls", "input_tokens", "output_tokens", "usd", "span"):
        assert found["usage"][key] <= found["bound"][key]


def test_the_bar_shows_calls_done_against_the_bound() -> None:
    progress = Progress()
    assert status(progress).startswith("0 calls · ")
    progress(ProgramStarted("p", "p.lam", "1", {}, {"calls": 61}))
    assert status(progress).startswith("0 calls (at most 61) · ")


def test_the_bar_shows_what_is_likely_first() -> None:
    progress = Progress()
    progress(ProgramStarted("p", "p.lam", "1", {}, {"calls": 61, "usd": 0.5}, None, {"calls": 20, "usd": 0.02}))
    progress(ProgramStarted("q", "q.lam", "2", {}, {"calls": 1, "usd": 0.5}, None, {"calls": 1, "usd": 0.02}))
    shown = status(progress)
    assert shown.startswith("0 calls (likely 21 · at most 62) · ")
    assert " · free (likely $0.0400 · at most $1.00) · " in shown


def test_approve_without_a_terminal_refuses_and_names_the_hash(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    model = priced()
    wrote("p.lam", EACH)
    assert shell("run", "p.lam", wrote("a.txt", "A"), "--model", model, "--approve", "--trace", "t.jsonl") == 64
    assert Path("t.jsonl").read_text() == ""
    hash_ = shell.err.split("--approved ")[1].split()[0]
    assert shell("run", "p.lam", "a.txt", "--model", model, "--approved", hash_) == 0
    assert shell("run", "p.lam", "a.txt", "--model", model, "--approve", "--json") == 64
    assert hash_ in shell.json["error"]["hint"]


@pytest.mark.parametrize(("reply", "code"), [("y\n", 0), ("yes\n", 0), ("n\n", 1), ("\n", 1), ("", 1)])
def test_approve_shows_program_and_bound_and_asks(reply: str, code: int, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    at_a_terminal(monkeypatch, reply)
    model = priced()
    assert shell("ask", "What?", wrote("a.txt", "Ann keeps bees."), "--model", model, "--approve", "--trace", "t.jsonl") == code
    assert "llm_call(" in shell.err
    assert "at most" in shell.err and "likely" in shell.err and "rounds, 16 calls at a time" in shell.err
    assert "Run it? [y/N]" in shell.err
    assert (Path("t.jsonl").read_text() == "") == (code == 1)
    assert shell.out == ("r\n" if code == 0 else "")


def test_refusing_a_later_program_keeps_the_earlier_answer(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    at_a_terminal(monkeypatch, "y\nn\n")
    program = 'llm_call(f"Who keeps bees?\\n{take(%s, 200)}", out=50)'
    task = {"match": "# Task", "reply": program % "context", "times": 1}, {"match": "# Task", "reply": program % "result_1"}
    model = script(*task, {"match": "keeps bees", "reply": "unknown"})
    given = ("ask", "Who?", wrote("a.txt", "Ann keeps bees."), "--strategy", "synth", "--rounds", "2", "--approve")
    assert shell(*given, "--model", model) == 0
    assert shell.out == "unknown\n" and "note: the answer says that nothing was found" in shell.err
    assert "warning: round 2: a program not approved, therefore not run" in shell.err


@pytest.mark.slow
def test_the_hash_stands_for_program_inputs_model_and_prices(shell: Shell) -> None:
    def hashed(*arguments: str) -> Any:
        assert shell("check", *arguments, "--json") == 0
        return shell.json["hash"]

    model = priced()
    wrote("p.lam", EACH)
    wrote("a.txt", "A")
    first = hashed("p.lam", "a.txt", "--model", model)
    assert first
    assert shell("run", "p.lam", "a.txt", "--model", model, "--approved", first) == 0
    wrote("p.lam", "\n" + EACH.replace(", fn", ",   fn"))
    assert hashed("p.lam", "a.txt", "--model", model) == first
    changed = [hashed("p.lam", "a.txt", "--model", model, "--query", "why")]
    wrote("a.txt", "B")
    changed.append(hashed("p.lam", "a.txt", "--model", model))
    assert shell("run", "p.lam", "a.txt", "--model", model, "--approved", first, "--trace", "t.jsonl") == 64
    assert "the program was not run" in shell.err
    assert Path("t.jsonl").read_text() == ""
    wrote("a.txt", "A")
    changed.append(hashed("p.lam", "a.txt", "--model", script({"profile": {"window": 100_000}}, {"match": "", "reply": "r"})))
    wrote("p.lam", EACH.replace("b", "c"))
    changed.append(hashed("p.lam", "a.txt", "--model", priced()))
    assert len({first, *changed}) == 5
    assert shell("check", "p.lam", "--size", "context=5", "--json") == 0
    assert shell.json["hash"] is None


def test_ask_gives_advice_when_its_strategy_is_over_budget(shell: Shell) -> None:
    book = wrote("book.txt", "Ann keeps bees. " * 30_000)
    arguments = ("ask", "What?", book, "--model", priced(), "--max-calls", "1", "--strategy", "plan", "--trace", "t.jsonl")
    assert shell(*arguments) == 1
    assert "error[E0304]" in shell.err
    assert "raise its limits, give it fewer inputs" in shell.err
    assert Path("t.jsonl").read_text() == ""
    assert shell(*arguments, "--json") == 1
    assert shell.json["diagnostics"][0]["code"] == "E0304"
    assert "llm_call" in shell.json["program"]
    assert shell.json["error"]["hint"]


def test_a_dollar_limit_with_an_unknown_price_is_refused(shell: Shell) -> None:
    model = script({"profile": {"input_price": None, "output_price": None}}, {"match": "", "reply": "r"})
    assert shell("run", wrote("p.lam", EACH), wrote("a.txt", "A"), "--model", model, "--max-cost", "1", "--json") == 1
    (found,) = shell.json["diagnostics"]
    assert (found["code"], "--max-tokens" in found["hint"]) == ("E0304", True)


def test_the_accuracy_floor_is_a_setting_shown_in_the_plan(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    program = wrote("p.lam", 'chunk(context, auto) |> map(fn(p) => llm_call(p, out=9)) |> join("")')
    asked = ("check", program, "--size", "context=1MB", "--model", priced(), "--emit", "plan")
    assert shell(*asked) == 0
    assert "limited by the context window" in shell.out
    wrote("lambda-rlm.toml", "accuracy_floor = 0.99\n")
    assert shell(*asked) == 0
    assert "limited by the accuracy floor" in shell.out
    monkeypatch.setenv("LAMBDA_RLM_ACCURACY_FLOOR", "80")
    assert shell(*asked) == 64
    assert "accuracy floor must be between 0 and 1" in shell.err


def test_a_program_that_asks_nothing_needs_no_approval(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert shell("run", wrote("p.lam", "length(context)"), wrote("a.txt", "Ann"), "--approve") == 0
    assert shell.out == "3\n"
    assert shell.err.startswith("program · 0 calls · ")


def test_one_input_may_be_there_and_another_only_declared(shell: Shell) -> None:
    program = wrote("p.lam", "chunk(context, 100) |> map(fn(p) => llm_call(p ++ take(notes, 50), out=9))")
    size = ("--size", "notes=10,1KB", "--model", priced(), "--json")
    assert shell("check", program, wrote("a.txt", "Ann " * 100), *size) == 0
    found = shell.json
    assert [column["size"] for column in found["sizes"]] == ["notes=10", "notes=1KB"]
    assert [column["bound"]["prompt_chars"] for column in found["sizes"]] == [110, 150]
    assert found["hash"] is None
