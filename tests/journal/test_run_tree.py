"""A run looked at afterwards: its calls as a tree whose figures add up, what was shown to whom, what the answer was made
from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_rlm.journal.records import CallRow
from lambda_rlm.journal.report.tree import CallBranch, CallFigures, figures_of, folding, lines, tree
from tests.support.shell import Shell, script, wrote


def row(path: tuple[int, ...], state: str = "replied", seconds: float | None = 1.0, tokens: int = 3, place: int = 0) -> CallRow:
    usage = None if state == "running" else {"input_tokens": tokens, "output_tokens": 1, "usd": 0.5}
    return CallRow(0, 0, path, "d", "m", (place, place + 1), None, 0, (), 0.0, seconds, state, usage)


rows = st.builds(
    row,
    st.lists(st.integers(0, 30), max_size=3).map(tuple),
    st.sampled_from(("replied", "replied", "replied", "shared", "running", "E0510")),
    st.floats(0, 9),
    st.integers(0, 50),
    st.integers(0, 2),
)


def label(call: CallRow) -> str:
    return f"line {call.place[0]}"


def every(branch: CallBranch) -> Iterator[CallBranch]:
    yield branch
    for inner in branch.places:
        yield from every(inner)


@given(st.lists(rows, max_size=60))
def test_the_figures_of_a_branch_are_sums_of_its_calls(calls: list[CallRow]) -> None:
    whole = tree(calls, label)
    assert sorted(map(id, (call for branch in every(whole) for call in branch.calls))) == sorted(map(id, calls))
    for branch in every(whole):
        below = [call for inner in every(branch) for call in inner.calls]
        total = sum(map(figures_of, below), CallFigures())
        assert (branch.figures.calls, branch.figures.failed, branch.figures.input_tokens) == (
            total.calls, total.failed, total.input_tokens,
        )  # fmt: skip


@given(st.lists(rows, max_size=60), st.integers(2, 10))
def test_nothing_that_is_folded_is_lost_or_was_wrong(calls: list[CallRow], most: int) -> None:
    """What failed and the slowest call are what somebody looks for: they are folded last."""
    for branch in every(tree(calls, label)):
        kept, folded = folding(branch.places, most)
        assert len(kept) <= max(most, len(branch.places) if not folded else 0)
        assert sorted((*map(id, kept), *map(id, folded))) == sorted(map(id, branch.places))
        if folded:
            is_wrong = [bool(one.figures.failed or one.figures.running) for one in folded]
            assert not any(is_wrong) or all(one.figures.failed or one.figures.running for one in kept)


@given(st.lists(rows, min_size=1, max_size=60))
def test_a_whole_tree_has_a_line_for_each_call(calls: list[CallRow]) -> None:
    text = list(lines(tree(calls, label), len(calls)))
    leaves = [line for line in text if re.search(r" s  |shared with|no end|begun", line) and " · " not in line]
    places = {call.place for call in calls}
    alone = sum(
        sum(call.place == place for call in calls) == 1 and next(c for c in calls if c.place == place).path == ()
        for place in places
    )
    assert len(leaves) == len(calls) - alone  # a place with one call has its figures in its own line


PROGRAM = """let notes = words(context) |> map(fn(w) => llm_call(f"note {w}", out=9, or_else=""));
let all = join(notes, "");
llm_call(f"end {all}")
"""


def a_run(shell: Shell) -> None:
    wrote("p.lam", PROGRAM)
    wrote("a.txt", " ".join(f"word{n}" for n in range(30)))
    model = script(
        {"match": "note.*word7<", "failure": "E0510"}, {"match": "note", "reply": "n"}, {"match": "end", "reply": "the end"}
    )
    assert shell("run", "p.lam", "a.txt", "--model", model) == 0


def test_show_draws_the_tree_with_costs_and_failures(shell: Shell) -> None:
    a_run(shell)
    assert shell("show", "last") == 0
    assert "31 calls, 1 failed" in shell.out
    assert re.search(r"├ line 1: llm_call\(f\"note \{w\}\".*\n  │ 30 calls, 1 failed", shell.out)
    assert re.search(r"│ ├ 7  E0510", shell.out)
    assert "… 23 more: 23 calls" in shell.out
    assert shell("show", "last", "--all") == 0
    assert "more" not in shell.out and "│ └ 29  " in shell.out


def test_show_lists_what_each_provider_saw(shell: Shell) -> None:
    a_run(shell)
    assert shell("show", "last") == 0
    assert re.search(
        r"sent to scripted:replies.jsonl\n  context: 170 characters in 30 ranges: 0-5, 6-11, .* and 10 more \(--all\)",
        shell.out,
    )
    assert "100.0% of it shown" not in shell.out and "85.4% of it shown" in shell.out
    assert shell("show", "last", "--all") == 0
    assert "193-199" in shell.out and "cited\n  context: " in shell.out


def test_the_page_has_share_citations_and_tree(shell: Shell) -> None:
    a_run(shell)
    assert shell("show", "last", "--html", "run.html") == 0
    page = Path("run.html").read_text(encoding="utf-8")
    assert "85.4% sent to a model" in page
    assert page.count('<i style="left:') == 30 and "<i class=cited" in page
    assert "Sources of the answer" in page and "0-5" in page
    assert re.search(r"<summary class=\"bad\">line 1: .*30 calls, 1 failed", page)
    assert re.search(r"<li class=\"bad\">7  E0510", page)


@pytest.mark.parametrize(
    ("price", "shown"),
    [
        (1e-7, r"<b>(\$0\.0\d*[1-9]\d*|&lt;\$0\.000001)</b><span>cost \(likely \$0\.\d{4,} · at most \$0\.\d{4,}\)<"),
        (0.0, "<b>free</b><span>cost<"),
    ],
)
def test_the_page_tells_a_cost_in_dollars(shell: Shell, price: float, shown: str) -> None:
    """Not as the number that a computer has: `1.6e-06`."""
    wrote("p.lam", "llm_call(query, out=9)")
    model = script({"profile": {"input_price": price, "output_price": price}}, {"match": "", "reply": "Ann"})
    assert shell("run", "p.lam", "--query", "Who?", "--model", model) == 0
    assert shell("show", "last", "--html", "run.html") == 0
    page = Path("run.html").read_text(encoding="utf-8")
    assert re.search(shown, page) and "calls on the critical path" in page


def test_a_sub_models_calls_stand_where_its_caller_asked_it(shell: Shell) -> None:
    wrote("p.lam", 'rlm_call("Who?", context, 4)')
    wrote("a.txt", "Ann keeps bees")
    root = script({"match": "Write the program", "reply": 'llm_call(f"Read: {context}")'}, {"match": "Read", "reply": "Ann"})
    assert shell("run", "p.lam", "a.txt", "--model", root, "--root-model", root) == 0
    assert shell.out == "Ann\n"
    assert shell("show", "last") == 0
    assert re.search(r'line 1: rlm_call\("Who\?", context, 4\)\n', shell.out)
