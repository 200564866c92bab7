"""The cost tree on the command line: `check --emit cost`, the JSON of `check` and of rejections, approval."""

from __future__ import annotations

import json
import re

import pytest

from lambda_rlm.cli.display import cost_table
from lambda_rlm.execution.check import check
from tests.support.json_schema import problems
from tests.support.places import ROOT
from tests.support.shell import Shell, script, wrote

pytestmark = pytest.mark.usefixtures("alone")

SCHEMA = json.loads((ROOT / "docs" / "cost-tree.schema.json").read_text(encoding="utf-8"))
PROGRAM = """\
let s = chunk(context, 17500) |> map(fn(p) => if contains(p, "x") then llm_call(f"Sum {p}", out=200) else llm_call(p, out=9));
let j = join(s, "");
llm_call(f"Merge: {take(j, 20000)}")
"""
SIZE = ("--size", "context=1MB")


def priced() -> str:
    profile = {"window": 100_000, "input_price": 1e-6, "output_price": 2e-6, "resends": 2}
    return script({"profile": profile}, {"match": "", "reply": "r"})


def test_the_tree_has_a_row_for_each_part(shell: Shell) -> None:
    assert shell("check", wrote("p.lam", PROGRAM), *SIZE, "--model", priced(), "--emit", "cost") == 0
    lines = shell.out.splitlines()
    assert lines[0].split() == [
        "at",
        "most",
        "share",
        "calls",
        "prompt",
        "reply",
        "input",
        "tokens",
        "output",
        "tokens",
        "cost",
    ]
    assert lines[1].startswith("the program  ")
    names = [re.split(r"  +", line.strip())[0] for line in lines[2 : lines.index("")]]
    assert names[:3] == [
        '1:47 largest of: if contains(p, "x") then llm_call(f"Sum…',
        '1:72 branch: llm_call(f"Sum {p}", out=200)',
        '1:72 llm_call(f"Sum {p}", out=200) else llm_…',
    ]
    assert "repairs and requests sent again" in names and '3:1 llm_call(f"Merge: {take(j, 20000)}")' in names
    assert "1:72 calls ≤ ceil(context / 15313) (one call)" in lines
    assert any(line.startswith("where ") and "context ≤ 1,000,000" in line for line in lines)
    assert lines[-1] == "tokens counted by bytes"


def test_its_json_is_the_record(shell: Shell) -> None:
    model = priced()
    assert shell("check", wrote("p.lam", PROGRAM), *SIZE, "--model", model, "--emit", "cost", "--json") == 0
    record = shell.json["cost"]
    assert shell.json["ok"] and list(problems(record, SCHEMA, SCHEMA)) == []
    assert shell("check", "p.lam", *SIZE, "--model", model, "--json") == 0
    found = shell.json
    assert found["cost_tree"] == record["of"]
    for key in ("calls", "input_tokens", "output_tokens", "usd"):
        assert record[key] == found["bound"][key]
    assert all({"place", "calls", "input_tokens", "output_tokens", "usd"} <= node.keys() for node in found["cost_tree"])
    assert shell("check", "p.lam", "--json") == 0 and shell.json["cost_tree"] is None


def test_real_inputs_have_a_tree_too(shell: Shell) -> None:
    assert (
        shell("check", wrote("p.lam", PROGRAM), wrote("a.txt", "no such letter. " * 5_000), "--model", priced(), "--json") == 0
    )
    words = [node["place"] and node["place"]["words"] for node in shell.json["cost_tree"]]
    assert "llm_call(p, out=9));" in words, "of a known choice only the branch that is taken"


def test_a_rejection_has_the_largest_sites(shell: Shell) -> None:
    program, model, text = wrote("p.lam", PROGRAM), priced(), wrote("a.txt", "x" * 300_000)
    assert shell("run", program, text, "--model", model, "--max-cost", "0.0001", "--json") == 1
    (found,) = shell.json["diagnostics"]
    assert found["code"] == "E0304" and found["cost_tree"] == shell.json["cost_tree"]
    assert [entry["place"]["line"] for entry in shell.json["cost_tree"]] == [1, 3]
    assert all(list(problems(entry, SCHEMA["$defs"]["site"], SCHEMA)) == [] for entry in shell.json["cost_tree"])
    assert shell("check", program, *SIZE, "--model", model, "--max-cost", "0.0001") == 1
    assert shell.err.count("and from here: $") == 2 and "most of it comes from here: $" in shell.err
    assert shell("check", program, *SIZE, "--model", model, "--max-cost", "0.0001", "--json") == 1
    assert len(shell.json["diagnostics"][0]["cost_tree"]) == 3 and shell.json["cost_tree"][0]["kind"] == "largest of"
    assert shell("run", wrote("q.lam", "llm_call("), text, "--model", model, "--json") == 1
    assert shell.json["cost_tree"] is None


def test_approval_shows_places_and_no_words_of_the_program() -> None:
    calls = " ++ ".join(f'llm_call("== what is approved == {n}")' for n in range(20))
    checked = check(f'{calls} ++ (if context == "" then llm_call("a") else "b")', {"context": "x", "query": ""})
    prospect = checked.prospect()
    assert prospect is not None
    rows = cost_table.first_rows(prospect.cost_tree, 5)
    assert len(rows) == 2 + 5 + 1 and rows[-1].startswith("and 1") and "approved" not in "".join(rows)
    assert re.fullmatch(r"1:\d+ llm_call .*", rows[3].strip())
    assert "approved" in cost_table.shown(prospect.cost_tree)
