"""A `Size` alone: the type of the input is what the program uses, so that lists of texts and rows need no declaration."""

from __future__ import annotations

import json
import random
from typing import Any

import anyio
import pytest

import lambda_rlm
from lambda_rlm import Budget, Rejected, Run, Size, check
from lambda_rlm.bounds import declared
from lambda_rlm.bounds.declared import excess
from lambda_rlm.completion import ModelProfile
from lambda_rlm.inputs import InputProblem
from lambda_rlm.llm.scripted import ScriptedModel
from lambda_rlm.types.show import show

PROFILE = ModelProfile(name="openai/gpt-4o", window=50_000, max_output=4_000, input_price=1e-6, output_price=2e-6)
MANY, ONE = Size(6_000, count=1_000), Size(6_000)
DOCS = "List[{ name: Text, text: Text }]"


def ran(admitted: Any, **inputs: Any) -> Run:
    model = ScriptedModel.from_rules([("", "r")], PROFILE)
    return anyio.run(lambda: lambda_rlm.run(admitted, inputs, model))


@pytest.mark.parametrize(
    ("use", "size", "type_"),
    [
        ("docs |> map(fn(d) => llm_call(d, out=9)) |> length", MANY, "List[Text]"),
        ('llm_map(docs, "Is it late?") |> length', MANY, "List[Text]"),
        ('docs |> filter(fn(d) => d != "") |> map(fn(d) => llm_call(d)) |> length', MANY, "List[Text]"),
        ('pack(docs, 900, sep="\\n") |> map(fn(d) => llm_call(d)) |> length', MANY, "List[Text]"),
        ("docs |> map(fn(d) => llm_call(d.text)) |> length", MANY, DOCS),
        ("docs |> map(fn(d) => llm_call(d.name ++ d.text)) |> length", MANY, DOCS),
        ("length(docs)", MANY, DOCS),
        ("docs |> map(fn(d) => llm_call(d.body)) |> length", MANY, "List[{ body: Text }]"),
        (
            "docs |> filter(fn(d) => d.days > 30) |> map(fn(d) => llm_call(d.note)) |> length",
            MANY,
            "List[{ days: Int, note: Text }]",
        ),
        ('llm_map_by(docs, fn(d) => d.kind, "Is it late?") |> length', MANY, "List[{ kind: Text }]"),
        ('docs |> map(fn(d) => llm_call(d.tags |> join(","))) |> length', MANY, "List[{ tags: List[Text] }]"),
        ('docs |> map(fn(d) => llm_call(d.note ?? "none")) |> length', MANY, "List[{ note: Option[Text] }]"),
        ("docs |> map(fn(d) => llm_call(d.from.name)) |> length", MANY, "List[{ from: { name: Text } }]"),
        ('docs |> map(fn(d) => llm_call(if d.is_late then "a" else "b")) |> length', MANY, "List[{ is_late: Bool }]"),
        (
            "docs |> filter(fn(d) => d.a == d.b) |> map(fn(d) => llm_call(d.c)) |> length",
            MANY,
            "List[{ a: Text, b: Text, c: Text }]",
        ),
        ("docs |> map(fn(d) => d |> map(fn(t) => llm_call(t)) |> length) |> sum", MANY, "List[List[Text]]"),
        ("llm_call(docs)", ONE, "Text"),
        ("docs |> map(fn(d) => llm_call(d.text)) |> length", ONE, "List[{ text: Text }]"),
        ("llm_call(docs.title)", ONE, "{ title: Text }"),
    ],
)
def test_the_type_of_a_size_alone_is_what_the_program_uses(use: str, size: Size, type_: str) -> None:
    checked = check(use, {"docs": size})
    assert checked.ok, checked.diagnostics
    assert show(checked.inputs["docs"]) == type_
    assert checked.bound is not None and checked.bound.input_tokens is not None
    admitted = checked.admit(Budget(calls=5_000_000))
    assert admitted.bound is not None and admitted.assumed == {"docs"}


def test_mistakes_are_those_of_the_program_and_not_of_a_guess() -> None:
    (found,) = check("docs |> map(fn(d) => llm_call(d)) |> joi(query)", {"docs": MANY}).diagnostics
    assert "joi" in found.message
    (found,) = check("docs |> map(fn(d) => llm_call(d.text)) |> joi(query)", {"docs": MANY}).diagnostics
    assert "joi" in found.message
    assert not check("llm_call(docs)", {"docs": MANY}).ok
    assert not check('docs |> map(fn(d) => llm_call(d ++ d.text)) |> join("")', {"docs": MANY}).ok


def test_a_type_that_is_said_is_not_guessed() -> None:
    rows = lambda_rlm.check("length(docs)", {"docs": [{"name": "a", "text": "b"}]}).inputs["docs"]
    checked = check("docs |> map(fn(d) => llm_call(d)) |> length", {"docs": rows}, sizes={"docs": MANY})
    assert not checked.ok and checked.assumed == frozenset()


LATE = 'docs |> filter(fn(d) => d.days > 30) |> map(fn(d) => llm_call(d.note, out=9)) |> join("; ")'


@pytest.mark.parametrize(
    "row",
    [
        {"days": 31, "note": "a"},
        {"days": 31.5, "note": "a"},
        {"days": 31, "note": "a", "more": [1, 2], "other": None},
    ],
)
def test_a_run_takes_rows_that_have_more_than_the_program_uses(row: dict[str, Any]) -> None:
    admitted = check(LATE, {"docs": Size(200, count=3)}).admit(Budget(calls=3), PROFILE)
    run = ran(admitted, docs=[row, {**row, "days": 2}])
    assert run.ok and run.usage.calls == 1 and run.bound is not None and run.bound.calls == 1


def test_a_run_refuses_rows_that_are_larger_or_do_not_fit() -> None:
    admitted = check(LATE, {"docs": Size(40, count=3)}).admit(Budget(calls=3), PROFILE)
    with pytest.raises(InputProblem, match="4 elements, but at most 3"):
        ran(admitted, docs=[{"days": 1, "note": "a"}] * 4)
    with pytest.raises(InputProblem, match="characters in one element"):
        ran(admitted, docs=[{"days": 1, "note": "a", "unused": "x" * 90}])
    with pytest.raises(Rejected, match="`note`"):
        ran(admitted, docs=[{"days": 1}])


@pytest.mark.parametrize("size", [Size(200, count=30), Size(200, count=30, total=900), Size(2_000)])
def test_the_bound_by_size_holds_for_rows_that_keep_to_it(size: Size) -> None:
    rows = [{"days": 29 + n % 5, "note": "ä" * n, "unused": "x"} for n in range(20)]
    assert excess(size, rows) is None
    admitted = check(LATE, {"docs": size}).admit(None, PROFILE)
    run = ran(admitted, docs=rows)
    for name in ("calls", "prompt_chars", "input_tokens", "output_tokens", "usd"):
        assert getattr(run.bound, name) <= getattr(admitted.bound, name), name


def _data(draw: random.Random, depth: int = 0) -> Any:
    match draw.randrange(8 if depth < 4 else 5):
        case 0:
            return draw.randrange(-(10**20), 10**20)
        case 1:
            return draw.random() * 10 ** draw.randrange(-20, 20)
        case 2:
            return draw.choice([None, True, False])
        case 5:
            return {str(n) + draw.choice('aä"'): _data(draw, depth + 1) for n in range(draw.randrange(4))}
        case 6 | 7:
            return [_data(draw, depth + 1) for _ in range(draw.randrange(4))]
    return "".join(draw.choice('a"\\\n\t\x00ä漢😀\u2028\ud800 b') for _ in range(draw.randrange(20)))


def test_data_is_measured_as_its_json_and_not_written_down_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    draw = random.Random(7)
    monkeypatch.setattr(declared, "_STRETCH", 7)
    for _ in range(2_000):
        data = _data(draw)
        text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False, separators=(",", ":"))
        in_bytes = len(text.encode("utf-8", "surrogatepass"))
        assert excess(Size(len(text), bytes=in_bytes), data) is None
        assert in_bytes == 0 or excess(Size(len(text), bytes=in_bytes - 1), data) is not None
        assert not text or excess(Size(len(text) - 1), data) is not None
    written: list[int] = []
    real = declared._ENCODER

    class Watched(json.JSONEncoder):
        def encode(self, o: Any) -> str:
            written.append(len(str(o)))
            return real.encode(o)

    monkeypatch.setattr(declared, "_ENCODER", Watched())
    assert excess(Size(10_000), [{"a": "x" * 3_000, "b": ["y" * 3_000]}]) is None
    assert max(written) <= 7
