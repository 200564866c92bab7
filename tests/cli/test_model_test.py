"""`models test`: ten questions with known answers, the bound said before the first call, the result kept for the router."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest

from lambda_rlm.bench.self_test import examine, foreseen
from lambda_rlm.bench.self_test_questions import PROGRAMS, TASKS, TYPED
from lambda_rlm.budget.budget import Budget
from lambda_rlm.execution.execute import Options
from lambda_rlm.llm.scripted import ScriptedModel
from lambda_rlm.plan.self_tests import FILE, SelfTest, keep, self_tests
from tests.support.shell import Shell, leave_alone

pytestmark = pytest.mark.usefixtures("alone")

PROFILE = {"profile": {"window": 32_000, "max_output": 4_000, "input_price": 0.000001, "output_price": 0.000002}}
WRITTEN = (
    'orders |> filter(fn(o) => o.state == "paid") |> map(fn(o) => o.amount) |> sum',
    "match max_by(map(group_by(orders, fn(o) => take(o.day, 7)), fn(g) => { key: g.key, n: sum(map(g.items, fn(o) => o.amount)) }), "
    'fn(g) => g.n) { some(b) => b.key, none => "" }',
    r'length(unique(map(search(log, r"(?m)^\S+ ERROR user=(\S+)"), fn(m) => get(m.groups, 0) ?? "")))',
    r'max_by(map(search(log, r"(?m)^\S+ WARN .* took (\d+) ms"), fn(m) => parse[Int](get(m.groups, 0) ?? "") ?? 0), fn(n) => n) ?? 0',
    "count(customers, fn(c) => not any(visits, fn(v) => v.customer == c.id))",
)
"""Right programs for the five questions, none of which was used to make the answers."""


def rules(programs: tuple[str, ...] = WRITTEN, tasks: int = len(TASKS), types: int = len(TYPED)) -> list[dict[str, Any]]:
    """A model that gets these programs and the first tasks and types right."""
    asked = [
        *((one.program.split('"')[1].split("\\n")[0], json.dumps(one.answer)) for one in TYPED[:types]),
        *((one.query, one.task) for one in TASKS[:tasks]),
        *((one.query, program) for one, program in zip(PROGRAMS, programs, strict=False)),
    ]
    return [{"match": f"(?s){''.join(f'[{c}]' if c in '?()=.' else c for c in text)}", "reply": reply} for text, reply in asked]


def script(*more: dict[str, Any], name: str = "root.jsonl", **how: Any) -> str:
    lines = (PROFILE, *rules(**how), *more)
    Path(name).write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return f"scripted:{name}"


OTHERWISE = {"match": "", "reply": "let x = ;"}


@pytest.mark.parametrize(
    ("programs", "tasks", "types", "strength", "apart"),
    [
        (5, 3, 2, "strong", True),
        (4, 2, 2, "strong", True),
        (5, 1, 1, "medium", False),
        (3, 3, 2, "medium", True),
        (2, 3, 2, "weak", True),
        (5, 3, 0, "weak", True),
        (0, 0, 0, "weak", False),
    ],
)
def test_what_a_model_gets_right_is_its_strength(
    shell: Shell, programs: int, tasks: int, types: int, strength: str, apart: bool
) -> None:
    model = script(OTHERWISE, programs=WRITTEN[:programs], tasks=tasks, types=types)
    assert shell("models", "test", model, "--json") == 0
    found = shell.json
    assert (found["programs"], found["tasks"], found["types"]) == (programs, tasks, types)
    assert (found["strength"], found["tells_tasks_apart"], found["kept"]) == (strength, apart, True)


def test_ten_questions_are_asked_after_their_bound_is_shown(shell: Shell) -> None:
    assert len(PROGRAMS) + len(TASKS) + len(TYPED) == 10
    assert shell("models", "test", script()) == 0
    first, *lines = shell.err.splitlines()
    assert first.startswith("self-test of scripted:root.jsonl: ten questions, at most 15 model calls, ") and "$" in first
    assert [line.split(":")[1].strip() for line in lines] == ["right"] * 10
    assert shell.out == "scripted:root.jsonl: strong\nright: programs 5 of 5, tasks 3 of 3, types 2 of 2\n"


@pytest.mark.parametrize("name", ["calls", "tokens", "usd"])
def test_a_model_that_fails_everything_stays_within_the_bound(name: str) -> None:
    model = ScriptedModel.from_file(script(OTHERWISE, programs=(), tasks=0, types=0).removeprefix("scripted:"))
    bound = foreseen(model, Options())
    most = {"calls": bound.calls, "tokens": bound.tokens, "usd": bound.usd}
    result = anyio.run(lambda: examine(model, Budget(**most), Options()))  # type: ignore[arg-type]
    assert isinstance(result, SelfTest)
    assert (result.programs, result.tasks, result.types, result.strength) == (0, 0, 0, "weak")


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (("--max-calls", "14"), "may need 15 model calls, but the budget is 14"),
        (("--max-cost", "0.001"), "but the budget is $0.0010"),
        (("--max-tokens", "900"), "tokens, but the budget is 900"),
    ],
)
def test_a_budget_below_the_bound_asks_nothing(shell: Shell, option: tuple[str, str], said: str) -> None:
    model = script({"match": "", "failure": "E0506"}, programs=(), tasks=0, types=0)
    assert shell("models", "test", model, *option) == 64
    assert said in shell.err and not Path("home", FILE).exists()
    needed = shell.err.rstrip().rpartition(" ")[2]
    assert shell("models", "test", script(), option[0], needed) == 0


def test_nothing_is_asked_without_a_yes(shell: Shell) -> None:
    model = script({"match": "", "failure": "E0506"}, programs=(), tasks=0, types=0)
    assert shell("models", "test", model, "--approve") == 64
    assert "needs a terminal; nothing was asked" in shell.err


def test_a_model_that_cannot_be_asked_is_not_called_weak(shell: Shell) -> None:
    fails = {"match": "", "failure": "E0506"}
    for more in ({"types": 0}, {"tasks": 0}, {"programs": ()}):
        assert shell("models", "test", script(fails, **more), "--json") == 2
        assert (shell.json["ok"], shell.json["kept"]) == (False, False) and "E0506" in shell.json["error"]["message"]
    assert not Path("home", FILE).exists()


def test_the_router_and_the_listing_use_the_result(shell: Shell) -> None:
    Path("rows.csv").write_text("name,age\nAnn,31\nBob,7\n")
    asked = ("route", "What is the median age?", "rows.csv", "--json")
    for programs, way in ((5, "synth"), (0, "direct")):
        model = script(OTHERWISE, programs=WRITTEN[:programs])
        assert shell("models", "test", model, "--json") == 0
        assert shell(*asked, "--model", model) == 0
        assert (shell.json["way"], shell.json["strength_from"]) == (way, "self-test")
    assert shell("models") == 0
    assert "scripted:root.jsonl           programs: weak (self-test of " in shell.out
    assert "openai/gpt-5-mini" in shell.out and "programs: medium (guessed from its name)" in shell.out
    assert shell("models", "--json") == 0
    assert [one["model"] for one in shell.json["self_tests"]] == ["scripted:root.jsonl"]
    assert all({"strength", "strength_from"} <= row.keys() for row in shell.json["models"])


RESULT = SelfTest(model="m", page="1", date="2030-01-01", programs=5, programs_of=5, tasks=3, tasks_of=3, types=2, types_of=2)


def test_a_result_expires_with_the_page(shell: Shell) -> None:
    folder = Path("home")
    keep(folder, RESULT)
    keep(folder, replace(RESULT, model="n", programs=0))
    keep(folder, replace(RESULT, programs=3))
    assert self_tests(folder, "1")["m"] == replace(RESULT, programs=3) and self_tests(folder, "2") == {}
    assert set(self_tests(folder)) == {"m", "n"}
    assert (folder / FILE).stat().st_mode & 0o777 == 0o600
    assert shell("models", "--json") == 0 and shell.json["self_tests"] == []


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"lambda-rlm self-tests": 3}', '{"lambda-rlm self-tests": [{"model": "m"}]}', "[" * 100_000]
    + [json.dumps({"lambda-rlm self-tests": [{**vars_, "model": "m"}]}) for vars_ in ({"programs": "5"}, {"x": 1})],
)  # fmt: skip
def test_a_damaged_file_means_that_nothing_was_tested(text: str) -> None:
    folder = Path("home")
    keep(folder, RESULT)
    (folder / FILE).write_text(text)
    assert self_tests(folder) == {}


def test_a_file_of_somebody_else_is_neither_read_nor_replaced() -> None:
    folder = Path("home")
    keep(folder, RESULT)
    (folder / FILE).rename(folder / "other.json")
    (folder / FILE).symlink_to("other.json")
    assert self_tests(folder) == {}
    with pytest.raises(OSError, match="symbolic link"):
        keep(folder, RESULT)


def test_a_test_is_never_made_by_itself(shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    leave_alone(tmp_path, monkeypatch)
    Path("rows.csv").write_text("name,age\nAnn,31\n")
    model = script({"match": "", "failure": "E0506"}, programs=(), tasks=0, types=0)
    assert shell("route", "Median age?", "rows.csv", "--model", model) == 0
    assert shell("models") == 0 and not Path("home", FILE).exists()
