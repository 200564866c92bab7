"""The router on the command line: what `route` tells, what the journal keeps of a decision, and how ways are compared."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lambda_rlm.cli.display.comparison import groups
from lambda_rlm.journal.records import RunRow
from lambda_rlm.plan.tasks import FALLBACK, TASKS
from tests.support.shell import Shell, journal, script, wrote

pytestmark = pytest.mark.usefixtures("alone")

LONG = "Ann keeps bees. " * 3_000
PROFILE = {"profile": {"window": 2_000, "input_price": 0.000001, "output_price": 0.000002}}
DETECTION = "The tool that gets it"
ROOT = {"profile": {"window": 16_000, "input_price": 0.000001, "output_price": 0.000002}}
WRITTEN = 'llm_call(f"Say {take(context, 9)}", out=9)'


def answering(task: str, reply: str = "bees") -> str:
    return script(PROFILE, {"match": DETECTION, "reply": task}, {"match": "", "reply": reply})


def root(*rules: dict[str, Any]) -> str:
    Path("root.jsonl").write_text("".join(json.dumps(rule) + "\n" for rule in (ROOT, *rules)), encoding="utf-8")
    return "scripted:root.jsonl"


# ── route ──


@pytest.mark.slow
def test_route_counts_what_ask_would_with_the_same_settings(shell: Shell) -> None:
    """A second request for a slow one is of the pool, which is the same; a grammar adds to each attempt of the writing; replies
    have their length."""
    book, model = wrote("a.txt", "Ann keeps bees."), script({"match": "", "reply": "Ann"})
    named = ("--model", "openai/gpt-5-mini", "--root-model", "openai/gpt-5")

    def tokens(strategy: str, *more: str) -> int:
        assert shell("route", "Who?", book, *named, "--strategy", strategy, "--json", *more) == 0
        return int(next(way["bound"]["input_tokens"] for way in shell.json["ways"] if way["way"] == strategy))

    assert tokens("direct", "--hedge", "2") == tokens("direct")
    assert tokens("synth", "--hedge", "2") == tokens("synth")
    assert tokens("synth", "--constrain", "openai") > tokens("synth", "--constrain", "none")
    wrote("lambda-rlm.toml", "out = 300\nhedge = 2.0")
    assert shell("route", "Who?", book, "--model", model, "--strategy", "direct", "--json") == 0
    foreseen = next(way["bound"] for way in shell.json["ways"] if way["way"] == "direct")
    assert shell("ask", "Who?", book, "--model", model, "--strategy", "direct", "--json") == 0
    assert shell.json["bound"] == foreseen


def test_prompt_shows_the_page_of_the_model_that_writes(shell: Shell) -> None:
    """A small model is shown another page; the one that answers is none of its business."""
    wrote("small.jsonl", '{"profile": {"is_small": true}}')
    wrote("large.jsonl", "")
    small, large = ("scripted:small.jsonl", "scripted:large.jsonl")
    turns = {}
    for root in (small, large):
        assert (
            shell(
                "prompt", "--query", "Q?", wrote("a.txt", "c"), "--model", "openai/gpt-5-mini", "--root-model", root, "--json"
            )
            == 0
        )
        turns[root] = len(shell.json["messages"])
    assert turns[small] > turns[large]


def test_route_shows_each_route_and_its_cost_and_asks_nobody(shell: Shell) -> None:
    book = wrote("book.txt", LONG)
    model = script(PROFILE, {"match": "", "failure": "E0506"})
    assert shell("route", "What does Ann keep?", book, "--model", model) == 0
    first, *rest = shell.out.splitlines()
    assert first.startswith(
        f"plan ({FALLBACK}): the inputs have about 12,048 tokens, the context window of scripted:replies.jsonl is 2,000; "
    )
    start = next(number for number, line in enumerate(rest) if "classifying" in line)
    assert rest[start].split() == ["classifying", "the", "task", "direct", FALLBACK, "←", "synth"]
    assert rest[start + 1].split() == ["likely", "at", "most"] * 4
    table = [line.split() for line in rest if line.startswith(("model calls", "cost"))]
    likely, most = table[0][2::2], table[0][3::2]
    assert most[:2] == ["1", "1"] and all(int(a) <= int(b) for a, b in zip(likely, most, strict=True))
    assert int(most[2]) >= 1 and table[1][1].startswith("$")
    assert "tokens counted by bytes" in shell.out
    assert "direct is not possible: this prompt can reach" in shell.out
    assert shell.err == ""
    assert shell("route", "What does Ann keep?", wrote("a.txt", "Ann keeps bees."), "--model", model) == 0
    assert shell.out.startswith("direct: the inputs have 8 tokens")
    assert not Path("home").exists()


def test_route_counts_the_calls_and_grammar_that_ask_sends(shell: Shell) -> None:
    """A thought before each program is a call of its own, and a tool's definition may be paid for."""
    there = ("--base-url", "http://127.0.0.1:9/v1", "--root-model", "openai/some", "--strategy", "synth", "--json")
    bounds = {}
    for constrain in ("none", "openai", "llamacpp"):
        asked = ("route", "What?", wrote("a.txt", "Ann"), "--model", answering("search"), *there, "--constrain", constrain)
        assert shell(*asked) == 0
        bounds[constrain] = next(way["bound"] for way in shell.json["ways"] if way["way"] == "synth")
    assert bounds["llamacpp"]["calls"] == 2 * bounds["none"]["calls"] == 2 * bounds["openai"]["calls"]
    assert bounds["openai"]["input_tokens"] > bounds["none"]["input_tokens"]


def test_route_json_has_the_promised_keys_and_the_bound(shell: Shell) -> None:
    book = wrote("book.txt", LONG)
    assert shell("route", "What?", book, "--model", answering("search"), "--task", "summarise", "--json") == 0
    found = shell.json
    assert (found["ok"], found["way"], found["route"], found["task"], found["detection"]) == (
        True,
        "plan",
        "summarise",
        "summarise",
        None,
    )
    assert [way["way"] for way in found["ways"]] == ["direct", "plan", "synth"]
    assert {"calls", "span", "input_tokens", "output_tokens", "usd"} <= found["ways"][1]["bound"].keys()
    assert shell("ask", "What?", book, "--model", answering("search"), "--task", "summarise", "--json") == 0
    assert shell.json["bound"] == found["ways"][1]["bound"]
    assert (shell.json["reason"], shell.json["task"]) == (found["reason"], "summarise")


def test_route_without_a_model_assumes_one_and_says_so(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAMBDA_RLM_GGUF", "nowhere.gguf")
    assert shell("route", "What?", wrote("a.txt", "Ann keeps bees."), "--json") == 0
    assert any("no model is set up" in note for note in shell.json["notes"])


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (("--task", "sing"), "choose from " + ", ".join(TASKS)),
        (("--split", "plan=2"), "share from 0 to 1"),
        (("--split", "plan"), "NAME=SHARE"),
        (("--strength", "middling"), "auto, strong, medium, weak"),
        (("--direct-shares", "sing=0.5"), "unknown task"),
        (("--strategy", "sideways"), "auto, direct, plan, synth"),
    ],
)
@pytest.mark.parametrize("command", ["route", "ask"])
def test_what_means_nothing_is_refused_with_what_there_is(
    shell: Shell, command: str, option: tuple[str, str], said: str
) -> None:
    assert shell(command, "What?", wrote("a.txt", "x"), *option) == 64
    assert said in shell.err


# ── settings ──


def test_shares_strength_and_split_are_settings_like_any_other(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    text = wrote("a.txt", "Ann keeps bees. " * 60)
    model = answering("search")

    def way(*options: str) -> str:
        assert shell("route", "What?", text, "--model", model, "--task", "summarise", *options, "--json") == 0
        return str(shell.json["way"])

    assert way() == "direct"
    wrote("lambda-rlm.toml", 'direct_shares = "summarise=0.1"\n')
    assert way() == "plan"
    monkeypatch.setenv("LAMBDA_RLM_DIRECT_SHARES", "search=0.1")
    assert way() == "direct"
    assert way("--direct-share", "0.2") == "plan"
    wrote("lambda-rlm.toml", "direct_share = 0.2\nstrength = 'strong'\n")
    assert way() == "plan"
    assert way("--split", "direct=1") == "direct"


def test_nothing_is_asked_before_a_program_is_approved(shell: Shell) -> None:
    """What is not approved is not asked for: neither the task nor a second program."""
    book, model = wrote("book.txt", LONG), answering("summarise")
    given = ("ask", "What does Ann keep?", book, "--model", model, "--escalate", "--trace", "t.jsonl")
    assert shell(*given, "--approve") == 64
    assert Path("t.jsonl").read_text() == ""
    approved = shell.err.split("--approved ")[1].split()[0]
    assert shell(*given, "--approved", approved, "--json") == 0
    assert shell.json["route"] == FALLBACK
    assert DETECTION not in Path("t.jsonl").read_text()
    assert any("no model call is allowed before approval" in note for note in shell.json["notes"])


# ── the journal ──


def routed() -> dict[str, Any]:
    with journal() as found:
        return dict(found.run("last").what.get("routed") or {})


def test_the_journal_keeps_the_decision_for_show_and_runs(shell: Shell) -> None:
    book = wrote("book.txt", LONG)
    assert shell("ask", "What?", book, "--model", answering("summarise"), "--split", "direct=1") == 0
    assert {key: routed()[key] for key in ("way", "task", "split", "detection")} == {
        "way": "plan",
        "task": "summarise",
        "split": "direct",
        "detection": "answered",
    }
    assert shell("runs", "--json") == 0
    (row,) = shell.json["runs"]
    assert (row["route"], row["task"], row["split"]) == ("summarise", "summarise", "direct")


def test_a_resumed_run_keeps_its_route(shell: Shell) -> None:
    """With ten calls a program was written; with five hundred the plan would be within the budget."""
    book = wrote("book.txt", LONG)
    leaf = script(PROFILE, {"match": "Say", "failure": "E0506"})
    asked = ("ask", "What?", book, "--model", leaf, "--root-model", root({"match": "# Task", "reply": WRITTEN}))
    assert shell(*asked, "--task", "summarise", "--strength", "strong", "--max-calls", "10") == 2
    assert routed()["way"] == "synth"
    script(PROFILE, {"match": "Say", "reply": "said"}, {"match": "", "reply": "a summary"})
    assert shell("resume", "last", "--max-calls", "500", "--json") == 0
    assert (shell.json["answer"], shell.json["route"]) == ("said", "synth")
    assert "same route as in the previous session" in shell.json["notes"]
    assert routed()["way"] == "synth"


def test_a_resumed_run_pays_for_its_classification_once(shell: Shell) -> None:
    book = wrote("book.txt", LONG)
    fails = {"match": "Summarise the part", "failure": "E0506"}
    model = script(PROFILE, {"match": DETECTION, "reply": "summarise"}, fails)
    assert shell("ask", "What?", book, "--model", model, "--json") == 2
    script(PROFILE, {"match": DETECTION, "failure": "E0506"}, {"match": "", "reply": "r"})
    assert shell("resume", "last", "--json") == 0
    resumed = shell.json
    assert shell("ask", "What?", book, "--model", answering("summarise", "r"), "--json") == 0
    assert (resumed["route"], resumed["task"]) == (shell.json["route"], shell.json["task"]) == ("summarise", "summarise")
    for key in ("calls", "input_tokens", "output_tokens", "usd"):
        assert resumed["usage"][key] == shell.json["usage"][key], key


def test_a_resumed_run_keeps_its_program_after_classification(shell: Shell) -> None:
    """The plan for a larger window would cut the text elsewhere, and nothing that was paid for could be used."""
    book = wrote("book.txt", LONG)
    fails = {"match": "", "failure": "E0506"}
    model = script(
        PROFILE, {"match": DETECTION, "reply": "summarise"}, {"match": "Summarise the part", "reply": "s", "times": 3}, fails
    )
    assert shell("ask", "What?", book, "--model", model, "--concurrency", "1") == 2
    with journal() as found:
        paid = set(found.replies(found.run("last").id))
        (program,) = [one.text for one in found.programs(found.run("last").id) if one.name == "summarise.lam"]
    script({"profile": {**PROFILE["profile"], "window": 9_000}}, {"match": "", "reply": "r"})
    assert shell("resume", "last", "--json") == 0
    assert shell.json["program"] == program
    with journal() as found:
        run = found.run("last")
        asked = {call.digest for call in found.calls(run.id) if call.session == 1 and call.state == "replied"}
    assert len(paid) >= 3 and paid <= asked


def test_a_run_stopped_while_classifying_classifies_again(shell: Shell) -> None:
    book = wrote("book.txt", LONG)
    assert shell("ask", "What?", book, "--model", script(PROFILE, {"match": DETECTION, "failure": "E0506"}), "--json") == 2
    assert routed() == {} and shell.json["fault"]["code"] == "E0506"
    answering("summarise", "r")
    assert shell("resume", "last", "--json") == 0
    assert (shell.json["answer"], shell.json["route"]) == ("r", "summarise")


def test_the_source_of_the_task_and_rejected_routes_are_shown(shell: Shell) -> None:
    book, text = wrote("book.txt", LONG), wrote("a.txt", "Ann keeps bees.")
    assert shell("ask", "What does Ann keep?", book, "--model", answering("no such task")) == 0
    assert f"\nnote: assuming task `{FALLBACK}`: the model did not classify the task: E0513" in shell.err
    assert shell("ask", "What does Ann keep?", text, "--model", answering("search")) == 0
    assert "note" not in shell.err


@pytest.mark.slow
@pytest.mark.parametrize("task", ["summarise", "no such task"])
def test_a_replay_asks_what_the_run_asked(shell: Shell, task: str) -> None:
    book = wrote("book.txt", LONG)
    assert shell("ask", "What does Ann keep?", book, "--model", answering(task)) == 0
    assert shell("replay", "last") == 0
    assert "all match" in shell.err
    assert shell("ask", "What?", wrote("a.txt", "Ann keeps bees."), "--model", answering(task, "null"), "--escalate") == 0
    assert shell("replay", "last") == 0
    assert "replayed 2 calls: all match" in shell.err


@pytest.mark.slow
def test_ways_are_compared_over_the_runs_of_the_journal(shell: Shell) -> None:
    texts = [wrote(f"{i}.txt", f"Ann keeps bees {i}. " * 250) for i in range(12)]
    model = answering("search")
    for text in texts:
        assert shell("ask", "What does Ann keep?", text, "--model", model, "--task", "summarise", "--split", "plan=0.5") == 0
    script(PROFILE, {"match": "", "failure": "E0510"})
    assert shell("ask", "What does Ann keep?", texts[0], "--model", model) == 2
    assert shell("runs", "--by", "route", "--json") == 0
    found = {group["name"]: group for group in shell.json["groups"]}
    assert found.keys() == {"direct", "summarise"} and sum(group["runs"] for group in found.values()) == 13
    direct, plan = found["direct"], found["summarise"]
    assert (direct["answered"], direct["faults"], plan["answered"]) == (direct["runs"] - 1, 1, plan["runs"])
    assert direct["calls"] == 1.0 < plan["calls"]
    assert min(direct["usd"], plan["usd"], direct["tokens"], plan["tokens"]) > 0 and plan["seconds"] >= 0
    assert shell("runs", "--by", "split", "--json") == 0
    arms = {group["name"]: group["runs"] for group in shell.json["groups"]}
    assert arms == {"plan": plan["runs"], "auto": direct["runs"] - 1}
    assert shell("runs", "--by", "route") == 0
    head = "route runs answered degraded faults calls tokens cost likely at most seconds"
    assert " ".join(shell.out.split("\n")[0].split()) == head
    assert 0 < direct["likely_usd"] <= direct["most_usd"] and 0 < plan["likely_usd"] <= plan["most_usd"]
    assert shell("runs", "--by", "weather") == 64


def test_equal_inputs_are_in_one_arm_in_every_run(shell: Shell) -> None:
    text, model = wrote("a.txt", "Ann keeps bees."), answering("search")
    arms = set()
    for question in ("What?", "Who?", "Why?"):
        assert shell("ask", question, text, "--model", model, "--task", "search", "--split", "plan=0.5", "--json") == 0
        arms.add(shell.json["split"])
    assert len(arms) == 1


def row(outcome: dict[str, Any] | None, **what: Any) -> RunRow:
    return RunRow("id", 0.0, None, "running", "", 0, {"kind": "ask", "settings": {"strategy": "auto"}, **what}, outcome)


def test_a_comparison_counts_writing_and_skips_unknown_costs() -> None:
    usage = {"calls": 2, "input_tokens": 10, "output_tokens": 1, "usd": 0.5, "seconds": 2.0}
    written = {"usage": {"calls": 3, "input_tokens": 100, "output_tokens": 10, "usd": 0.25}}
    rows = [
        row({"ok": True, "route": "synth", "usage": usage, "synthesis": written, "degraded": True, "fault": None}),
        row({"ok": False, "route": "synth", "usage": {**usage, "usd": None}, "degraded": False, "fault": {"code": "E0501"}}),
        row(None, routed={"way": "synth", "task": "compare"}),
        row(None),
    ]
    synth, auto = groups(rows, "route")
    assert (synth.name, synth.runs, synth.answered, synth.degraded, synth.faults) == ("synth", 3, 1, 1, 1)
    assert (synth.calls, synth.tokens, synth.usd, synth.seconds) == (3.5, 66.0, 0.75, 2.0)
    assert (auto.name, auto.runs, auto.calls) == ("auto", 1, None)
    assert [(group.name, group.runs) for group in groups(rows, "task")] == [("compare", 1)]


def test_settings_of_writing_that_change_nothing_are_told(shell: Shell) -> None:
    given = ("ask", "Who?", wrote("a.txt", "Ann keeps bees."), "--model", script({"match": "", "reply": "Ann"}))
    assert shell(*given, "--rounds", "3", "--peek", "20") == 0
    assert "note: `rounds` and `peek` had no effect: no program was written" in shell.err
    assert shell(*given) == 0 and "changed nothing" not in shell.err
