"""`show` prints what each call asked and what came back; prompts are rebuilt from inputs that are what they were."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

import pytest

from lambda_rlm import RLM
from lambda_rlm.journal.journal import Journal
from lambda_rlm.llm.scripted import Rule, ScriptedModel
from lambda_rlm.llm.wrappers.cache import Cached, ReplyStore
from tests.support.shell import Shell, script, wrote

pytestmark = pytest.mark.usefixtures("alone")

PROGRAM: Final = """let sizes = words(context) |> map(fn(w) => llm_call[Int](f"How long is {w}?", or_else=0));
let more = words(other) |> map(fn(w) => llm_call(f"Say {w}"));
join(more, " ") ++ to_text(sum(sizes))
"""
RULES: Final = (
    {"match": "An earlier reply", "reply": "5"},
    {"match": "gamma", "reply": "about five"},
    {"match": "delta", "failure": "E0510"},
    {"match": "How long", "reply": "4"},
    {"match": "Say", "reply": "so"},
)


def a_run(shell: Shell) -> None:
    wrote("p.lam", PROGRAM)
    wrote("w.txt", "alpha beta alpha gamma delta")
    wrote("o.txt", "one two")
    assert shell("run", "p.lam", "w.txt", "other=o.txt", "--model", script(*RULES)) == 0, shell.err


def section(out: str) -> str:
    """What `show` prints of prompts and replies."""
    return out.partition("\nprompts and replies")[2]


def test_show_prints_each_prompt_and_reply_in_program_order(shell: Shell) -> None:
    a_run(shell)
    assert shell("show", "last") == 0
    told = section(shell.out)
    assert re.findall(r"^  call (\d+) · .* · line (\d)", told, re.MULTILINE) == [
        (str(n), "1" if n < 6 else "2") for n in range(1, 8)
    ]
    assert re.search(r"How long is <data \w+>beta</data \w+>\?\n    reply:\n      4\n", told)
    assert re.search(r"call 3 .* shared .*\n    the same question as call 1, and its answer\n", told)
    assert re.search(r"faulty: the reply must be a whole number.*\n    reply:\n      about five\n    reply:\n      5\n", told)
    assert re.search(r"call 5 .* · E0510\n    prompt:\n.*delta.*\n    reply: none on record\n", told)


def test_texts_are_cut_at_a_stated_length_and_full_is_whole(shell: Shell) -> None:
    wrote("p.lam", "llm_call(context)")
    wrote("w.txt", "begin " + "x" * 3_000)
    model = script({"match": "", "reply": "r" * 1_234})
    assert shell("run", "p.lam", "w.txt", "--model", model) == 0
    assert shell("show", "last") == 0
    assert "each cut at 500 characters (--full)" in shell.out
    assert "r" * 500 in section(shell.out) and "r" * 501 not in section(shell.out)
    assert "… 734 more characters (--full)" in shell.out
    assert shell("show", "last", "--full") == 0
    assert "r" * 1_234 in section(shell.out) and "x" * 3_000 in shell.out and "more characters" not in section(shell.out)


def test_many_calls_are_counted_and_faulty_ones_kept(shell: Shell) -> None:
    wrote("p.lam", 'words(context) |> map(fn(w) => llm_call(f"note {w}", or_else="")) |> join(" ")')
    wrote("w.txt", " ".join(f"w{n}" for n in range(50)))
    assert (
        shell("run", "p.lam", "w.txt", "--model", script({"match": "w43<", "failure": "E0510"}, {"match": "", "reply": "n"}))
        == 0
    )
    assert shell("show", "last") == 0
    told = section(shell.out)
    assert len(re.findall(r"^  call \d+ ", told, re.MULTILINE)) == 20 and "and 30 more (--all)" in told
    assert "call 44 · 43" in told
    assert shell("show", "last", "--all") == 0
    assert len(re.findall(r"^  call \d+ ", section(shell.out), re.MULTILINE)) == 50


def test_json_has_replies_and_with_full_the_prompts(shell: Shell) -> None:
    a_run(shell)
    assert shell("show", "last", "--json") == 0
    found = shell.json
    by_number = {call["number"]: call for call in found["calls"]}
    assert [one["reply"] for one in by_number[4]["replies"]] == ["about five", "5"]
    assert [bool(one["wrong"]) for one in by_number[4]["replies"]] == [True, False]
    assert by_number[3]["shared_with"] == 1 and by_number[3]["replies"] == []
    assert "messages" not in by_number[1]
    assert found["figures"]["calls"] == found["usage"]["calls"] == 6 and found["figures"]["shared"] == 1
    assert shell("show", "last", "--json", "--full") == 0
    by_number = {call["number"]: call for call in shell.json["calls"]}
    assert "alpha" in by_number[1]["messages"][-1]["content"]
    assert sum(len(m["content"]) for m in by_number[1]["messages"]) == by_number[1]["prompt"]


def test_a_changed_file_is_named_and_other_prompts_shown(shell: Shell) -> None:
    a_run(shell)
    wrote("w.txt", "alpha beta alpha omega")
    os.utime("w.txt", (4_000_000_000, 4_000_000_000))
    assert shell("show", "last") == 0
    told = section(shell.out)
    assert re.search(r"input 'context': \S*/w\.txt changed on 2096-\d\d-\d\d [\d:]{8}, after the run of ", told)
    assert "2 of 6 prompts are not rebuilt" in told
    assert "Say <data" in told and ">beta<" in told and ">omega<" not in told
    assert re.search(r"prompt: \d+ characters, not on record\n    faulty: the reply must be a whole number", told)


def test_a_missing_file_is_named_and_other_prompts_shown(shell: Shell) -> None:
    a_run(shell)
    Path("w.txt").unlink()
    assert shell("show", "last") == 0
    told = section(shell.out)
    assert re.search(r"input 'context': \S*/w\.txt is gone since the run of \d{4}-", told)
    assert "Say <data" in told and "      so\n" in told and "      4\n" in told


def test_a_file_of_a_folder_that_changed_is_named(shell: Shell) -> None:
    Path("docs").mkdir()
    for name in ("a.txt", "b.txt"):
        wrote(f"docs/{name}", f"text of {name}")
    wrote("p.lam", 'context |> map(fn(d) => llm_call(f"Read {d.text}")) |> join(" ")')
    assert shell("run", "p.lam", "docs", "--model", script({"match": "", "reply": "r"})) == 0, shell.err
    wrote("docs/b.txt", "other words")
    os.utime("docs/b.txt", (4_000_000_000, 4_000_000_000))
    assert shell("show", "last") == 0
    told = section(shell.out)
    assert re.search(r"docs/b\.txt changed on 2096", told) and "a.txt changed" not in told
    assert "text of a.txt" in told and "other words" not in told and "1 of 2 prompts is not rebuilt" in told
    Path("docs/b.txt").unlink()
    assert shell("show", "last") == 0
    assert re.search(r"b\.txt is gone since the run", section(shell.out)) and "text of a.txt" in section(shell.out)


def test_a_run_of_a_python_program_shows_its_replies(shell: Shell) -> None:
    """Its inputs were values; nothing of them is on record."""
    model = ScriptedModel([Rule("", "the reply")])
    RLM(model, journal="home/journal.sqlite3").run("llm_call(context)", {"context": "words"})
    assert shell("show", "last") == 0
    assert "input 'context': it was given by a Python program" in shell.out
    assert "      the reply\n" in section(shell.out)


def test_show_asks_no_model_and_writes_nothing(shell: Shell) -> None:
    a_run(shell)
    Path("replies.jsonl").unlink()
    with Journal(Path("home/journal.sqlite3"), is_new=False) as journal:
        before = journal.run("last"), journal.calls(journal.run("last").id)
    assert shell("show", "last") == 0
    assert ">beta<" in section(shell.out)
    with Journal(Path("home/journal.sqlite3"), is_new=False) as journal:
        assert (journal.run("last"), journal.calls(journal.run("last").id)) == before
        assert len(journal.runs()) == 1


def test_a_root_models_prompt_is_rebuilt_too(shell: Shell) -> None:
    wrote("a.txt", "Ann keeps bees")
    model = script({"match": "Write the program", "reply": 'llm_call(f"Read: {context}")'}, {"match": "Read", "reply": "Ann"})
    assert shell("ask", "Who?", "a.txt", "--strategy", "synth", "--model", model) == 0, shell.err
    assert shell("show", "last") == 0
    told = section(shell.out)
    assert "call 1 " in told and "the root model" in told and "Write the program" not in told.partition("call 1")[0]
    assert "not rebuilt" not in told and 'llm_call(f"Read: {context}")' in told
    assert "to write the program: 1 call" in shell.out


def test_a_faulted_run_tells_where(shell: Shell) -> None:
    wrote("p.lam", 'let a = llm_call("first");\nllm_call[Int](f"how many {a}")\n')
    assert shell("run", "p.lam", "--model", script({"match": "first", "reply": "x"}, {"match": "", "reply": "none"})) == 2
    assert shell("show", "last") == 0
    assert "fault E0513: " in shell.out and '  at line 2, column 1: llm_call[Int](f"how many {a}")' in shell.out
    assert shell("show", "last", "--html", "p.html") == 0
    assert "<p>At line 2, column 1: llm_call[Int]" in Path("p.html").read_text(encoding="utf-8")


# langfuse/langfuse #2112: a call that a cache answered was shown with the tokens and the cost of one that was sent.
@pytest.mark.parametrize(
    ("program", "made", "shared"),
    [
        ('llm_call(f"one {context}")', 1, 0),
        ('words(context) |> map(fn(w) => llm_call[Int](f"n {w}")) |> sum |> to_text', 2, 1),
        ('llm_map(words(context), "Say it", per_call=1) |> map(fn(r) => r ?? "") |> join(" ")', 2, 1),
    ],
)
def test_a_cached_call_is_told_apart_and_costs_nothing(shell: Shell, program: str, made: int, shared: int) -> None:
    """Shared is within a run, cached is from an earlier one: two words, in the usage, the tree and the figures."""

    model = Cached(ScriptedModel([Rule('"1"', '{"1": "7"}'), Rule("", "7")]), ReplyStore(Path("c.sqlite3")))
    rlm = RLM(model, journal="home/journal.sqlite3")
    for cached in (0, made):
        run = rlm.run(program, {"context": "a b a"})
        assert (run.usage.calls, run.usage.shared_calls, run.usage.cached_calls) == (made, shared, cached)
        assert shell("show", "last") == 0
        assert (f"{cached} cached" in shell.out) == bool(cached) and (f"{shared} shared" in shell.out) == bool(shared)
        assert ("answered from the cache" in section(shell.out)) == bool(cached)
    assert (run.usage.input_tokens, run.usage.output_tokens, run.usage.usd) == (0, 0, 0.0)
    assert "0 + 0 tokens" in shell.out
