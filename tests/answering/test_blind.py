"""A root model that is shown no contents depends on the shape of inputs alone: equal shapes, equal bytes, in every turn."""

from __future__ import annotations

import csv
import io
import json
import random
import string
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambda_rlm.answering.question import Question
from lambda_rlm.answering.synthesize import synthesize
from lambda_rlm.answering.vet import Vetted, Vetting
from lambda_rlm.answering.writing_bound import opening_messages, task_of
from lambda_rlm.budget.budget import Budget
from lambda_rlm.cli.app import run_command
from lambda_rlm.completion import Completion, CompletionRequest, Message, ModelProfile, Usage
from lambda_rlm.diagnostics.faults import PrimitiveFault
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.execution.execute import Options
from lambda_rlm.inputs import Inputs, from_arguments, from_values
from lambda_rlm.llm.scripted import Rule, ScriptedModel
from lambda_rlm.synth.input_shape import InputShape, shape
from lambda_rlm.synth.writing import LayoutShown, Writing
from lambda_rlm.types.typed import Typed
from tests.support.answering import posed
from tests.support.examples import examples

PROFILE = ModelProfile(name="root", window=32_768, max_output=8_192, input_price=0.0, output_price=0.0)
FORMATS = ("text", "csv", "json", "jsonl", "folder", "values", "object")

# Each meets the contents in its own way: a bound that they decide, faults that quote them, a computed pattern, a length.
NOSY = [
    'let t = to_json(context); words(t) |> map(fn(w) => llm_call(f"{w}", out=9)) |> join(" ")',
    'let t = to_json(context); split_on(t, "a") |> map(fn(w) => llm_call(f"{take(w, 9)}", out=9)) |> join(" ")',
    'let t = to_json(context); if matches("x", "(" ++ take(t, 9)) then llm_call("a", out=9) else "b"',
    'let t = to_json(context); let n = length(split_on(t, "e")); range(0, n * 3) |> map(fn(i) => llm_call(f"{i}", out=9)) |> join(" ")',
    'let t = to_json(context); f"{1 / (length(t) - length(t))}" ++ llm_call("a", out=9)',
    'let t = to_json(context); llm_call(f"{repeat(t, 5000)}", out=9)',
    "this is no program",
    "llm_call(context.nothing)",
]
FINE = 'llm_call(f"Say: {take(to_json(context), 20)}", out=50)'
ANSWER = "take(to_json(context), 9)"


class Recording:
    """A root model that replies by the number of the call and keeps what it was sent."""

    def __init__(self, replies: list[str]) -> None:
        self.replies = replies
        self.sent: list[tuple[Message, ...]] = []

    @property
    def profile(self) -> ModelProfile:
        return PROFILE

    def count_tokens(self, messages: tuple[Message, ...]) -> int:
        return sum(len(message.content) for message in messages) // 4

    async def complete(self, request: CompletionRequest) -> Completion:
        self.sent.append(request.messages)
        return Completion(self.replies[min(len(self.sent), len(self.replies)) - 1], Usage(100, 10, cost=0.0))

    async def aclose(self) -> None: ...


def sent(
    inputs: Inputs,
    replies: list[str],
    rounds: int = 1,
    usd: float | None = None,
    layout: LayoutShown = "masked",
    reply: str = "said",
) -> list[tuple[Message, ...]]:
    """All that the root model is sent while a question is answered; `reply` is what the leaf model says."""
    root = Recording(replies)
    question, setup = posed(
        inputs=inputs.with_query("What?"),
        leaf=ScriptedModel([Rule("", reply)]),
        root=root,
        budget=Budget(calls=12, usd=usd),
        writing=Writing(rounds=rounds, layout=layout),
        options=Options(key=b"key"),
    )
    anyio.run(lambda: synthesize(question, setup, lambda: SourceFile("plan.lam", '"planned"')))
    return root.sent


# ── twins: other contents, the same shape ──

EXCHANGED = (
    string.ascii_lowercase, string.ascii_uppercase, "123456789", "αβγδε", "ΑΒΓΔΕ", "абвгд", "АБВГД", "אבגד", "ابتث", "कखगघ",
    "東京大阪", "𝐀𝐁𝐂𝐃", "𝐚𝐛𝐜𝐝", "١٢٣٤", "१२३४", "\u0300\u0301\u0302", "\u200b\u200d\u2066\u202e", "😀🎉🚀", "€₿№", "–“”…",
)  # fmt: skip
"""Signs that a layout does not tell apart, of one length in bytes each."""

LETTERS = string.ascii_letters
SIGNS = "".join(EXCHANGED) + string.punctuation + " "
CELL = st.text(st.sampled_from(LETTERS * 4 + " ., " + SIGNS), min_size=1, max_size=30).map(lambda s: "q" + s + "z")
ROW = st.fixed_dictionaries(
    {
        "name": CELL,
        "text": CELL,
        "n": st.integers(-(10**6), 10**9),
        "x": st.sampled_from([1.25, 22.5, 0.75]),
        "ok": st.booleans(),
    }
)
ROWS = st.lists(ROW, min_size=1, max_size=8)


def twin(value: Any, chance: random.Random) -> Any:
    """Other contents of the same shape: each letter and digit exchanged for another, everywhere the same."""
    exchanged: dict[int, str] = {}
    for signs in EXCHANGED:
        exchanged |= {ord(sign): other for sign, other in zip(signs, chance.sample(signs, len(signs)), strict=True)}
    return _exchanged(value, exchanged)


def _exchanged(value: Any, exchanged: Mapping[int, str]) -> Any:
    if isinstance(value, str):
        return value.translate(exchanged)
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return type(value)(str(value).translate(exchanged))
    if isinstance(value, list):
        return [_exchanged(item, exchanged) for item in value]
    return {key: _exchanged(item, exchanged) for key, item in value.items()}


@contextmanager
def read(format_: str, rows: list[dict[str, Any]]) -> Iterator[Inputs]:
    """Rows as an input of a format."""
    if format_ in ("values", "object"):
        yield from_values({"context": rows if format_ == "values" else rows[0]})
        return
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made) / "docs"
        folder.mkdir()
        if format_ == "folder":
            for number, row in enumerate(rows):
                (folder / f"{number}.txt").write_text(row["text"])
            yield from_arguments([str(folder)])
            return
        name = {"text": "a.txt"}.get(format_, f"a.{format_}")
        (folder / name).write_text(_written(format_, rows))
        yield from_arguments([str(folder / name)])


def _written(format_: str, rows: list[dict[str, Any]]) -> str:
    if format_ == "csv":
        out = io.StringIO()
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
        return out.getvalue()
    if format_ == "text":
        return "\n".join(row["text"] for row in rows)
    return json.dumps(rows) if format_ == "json" else "\n".join(map(json.dumps, rows))


def shapes(inputs: Inputs) -> list[InputShape]:
    layouts = Question(query="Who?", inputs=inputs).layouts
    return [
        shape(name, type_, inputs.values[name], is_documents=name in inputs.documents, layout=layouts[name])
        for name, type_ in inputs.types.items()
    ]


@pytest.mark.hypothesis
@pytest.mark.slow
@pytest.mark.parametrize("format_", FORMATS)
def test_equal_shapes_give_equal_bytes_in_every_turn(format_: str) -> None:
    """The first turn, and those that send a program back: by syntax, types, the bound on the real inputs, and faults."""

    @settings(max_examples=examples(25), deadline=None)
    @given(ROWS, st.lists(st.sampled_from(NOSY), min_size=1, max_size=3, unique=True), st.randoms(use_true_random=False))
    def same(rows: list[dict[str, Any]], nosy: list[str], chance: random.Random) -> None:
        with read(format_, rows) as one, read(format_, twin(rows, chance)) as other:
            assert shapes(one) == shapes(other), "the twins are none"
            first, second = sent(one, [*nosy, FINE]), sent(other, [*nosy, FINE])
        # What is visible beside shapes is whether a program was accepted: up to there all is the same.
        both = min(len(first), len(second))
        assert first[:both] == second[:both]
        assert first[0] == second[0]

    same()


@pytest.mark.hypothesis
@pytest.mark.slow
@pytest.mark.parametrize("format_", FORMATS)
def test_equal_shapes_give_equal_bytes_between_rounds(format_: str) -> None:
    @settings(max_examples=examples(15), deadline=None)
    @given(ROWS, st.randoms(use_true_random=False))
    def same(rows: list[dict[str, Any]], chance: random.Random) -> None:
        with read(format_, rows) as one, read(format_, twin(rows, chance)) as other:
            replies = [FINE, ANSWER, "done"]
            first = sent(one, replies, rounds=3, usd=1.0, reply="not found")
            assert first == sent(other, replies, rounds=3, usd=1.0, reply="not found")
            assert len(first) == 2, "the answer of the first program is noticed, that of the second one is not"

    same()


# What each lets be seen is the same for twins: sizes, sums of sizes, masks, and what is odd about an answer.
LOOKING = [
    "# look\nlength(to_json(context))",
    "# look\nto_json(context)",
    "# look\nwords(to_json(context)) |> map(fn(w) => { w: w, n: length(w) })",
    "# look\nfirst(words(to_json(context)))",
    "# look\n{ size: length(to_json(context)), is_long: length(to_json(context)) > 100, half: length(to_json(context)) / 2 }",
    "# look\n1 / (length(to_json(context)) - length(to_json(context)))",
    'let t = to_json(context); 1 / length(search(t, "zebra|[{}]zebra"))',
    'let t = to_json(context); match first(search(t, "zebra")) { some(m) => m.text, none => "none of them" }',
    'let t = to_json(context); words(t) |> filter(fn(w) => contains(w, "<zebra>")) |> join(" ")',
    "let t = to_json(context); words(t) |> map(fn(w) => { word: w, found: take(w, 0) })",
]


@pytest.mark.hypothesis
@pytest.mark.slow
@pytest.mark.parametrize("format_", FORMATS)
def test_equal_shapes_and_equal_results_give_equal_bytes(format_: str) -> None:
    """Looks, faults and what is noticed at answers: beyond their blind forms nothing of a result is sent."""

    @settings(max_examples=examples(6), deadline=None)
    @given(ROWS, st.lists(st.sampled_from(LOOKING), min_size=1, max_size=3, unique=True), st.randoms(use_true_random=False))
    def same(rows: list[dict[str, Any]], looking: list[str], chance: random.Random) -> None:
        with read(format_, rows) as one, read(format_, twin(rows, chance)) as other:
            first, second = (sent(inputs, [*looking, ANSWER, "done"], rounds=4, usd=1.0) for inputs in (one, other))
        assert first == second and len(first) > 1

    same()


SECRET = "zebra-crossing"


@pytest.mark.parametrize(
    "value",
    [
        [{"name": SECRET, "text": SECRET}],
        [{"text": SECRET, "name": SECRET}, {"text": "b", "name": SECRET}],
        {"name": SECRET, "text": SECRET},
        [{"name": SECRET, "text": SECRET, "more": 1}],
        [[{"name": SECRET, "text": SECRET}]],
        [SECRET],
        SECRET,
        {"a": {"b": [SECRET]}},
        [1, SECRET, None],
    ],
    ids=str,
)
@pytest.mark.parametrize("program", [*NOSY, FINE])
def test_no_cell_reaches_the_root_model(value: Any, program: str) -> None:
    """Columns called `name` and `text` make no documents: only files do."""
    turns = sent(from_values({"context": value}), [program, FINE, ANSWER, "done"], rounds=3)
    assert turns
    assert SECRET not in str(turns)


@pytest.mark.parametrize("name", ["rows.csv", "rows.json", "rows.jsonl", "rows.tsv"])
def test_rows_called_like_documents_are_rows(tmp_path: Path, name: str) -> None:
    rows = [{"name": SECRET, "text": "x"}] * 2
    content = {
        "rows.csv": f"name,text\n{SECRET},x\n{SECRET},x\n",
        "rows.tsv": f"name\ttext\n{SECRET}\tx\n{SECRET}\tx\n",
        "rows.json": json.dumps(rows),
        "rows.jsonl": "\n".join(map(json.dumps, rows)),
    }[name]
    (tmp_path / name).write_text(content)
    inputs = from_arguments([str(tmp_path / name)])
    assert inputs.values["context"] == rows and not inputs.documents
    turns = str(sent(inputs, [FINE]))
    assert SECRET not in turns and "2 elements" in turns
    folder = from_arguments([str(tmp_path)])
    assert folder.documents == {"context"}
    assert name in str(sent(folder, [FINE])), "names of files are shown"


def test_a_fault_while_a_program_is_judged_quotes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    bounded = Vetting._bounded
    judged: list[Typed] = []

    def first_faulty(self: Vetting, typed: Typed, inputs: Inputs) -> Vetted:
        judged.append(typed)
        if len(judged) == 1:
            raise PrimitiveFault("E0406", f"the pattern {inputs.values['context']!r} is invalid")
        return bounded(self, typed, inputs)

    monkeypatch.setattr(Vetting, "_bounded", first_faulty)
    turns = sent(from_values({"context": SECRET}), [FINE, FINE + " "])
    complaint = turns[1][-1].content
    assert "E0406" in complaint and "no details" in complaint and SECRET not in complaint


def test_a_bound_that_contents_decide_is_shown_by_the_shape() -> None:
    few = from_values({"context": "a" * 60 + " b" * 20})
    many = from_values({"context": "a " * 50})
    program = 'words(context) |> map(fn(w) => llm_call(f"{w}", out=9)) |> join(" ")'
    assert [replace(one, layout=None) for one in shapes(few)] == [replace(one, layout=None) for one in shapes(many)]
    first, second = sent(few, [program, FINE], layout="none"), sent(many, [program, FINE], layout="none")
    assert first == second and "50 model calls" in first[1][-1].content


def test_sizes_of_answers_are_rounded_up_between_rounds() -> None:
    turns = sent(from_values({"context": "x" * 100}), ["# look\ntake(context, 37)", "1"], rounds=2)
    told = "".join(message.content for message in turns[1])
    assert "at most 64 characters" in told and "37 characters" not in told
    assert "result_1: Text - at most 64 characters" in told


def test_peeking_shows_what_it_showed_before() -> None:
    inputs = from_values({"context": SECRET}).with_query("What?")
    question, setup = posed(inputs=inputs, leaf=ScriptedModel([Rule("", "said")]), writing=Writing(peek=50))
    assert SECRET in str(opening_messages(task_of(question, setup), PROFILE, b"key"))


@pytest.mark.slow
@pytest.mark.parametrize("format_", ["text", "csv", "json", "jsonl", "folder"])
def test_the_command_that_prints_the_prompt_prints_the_same(
    tmp_path: Path, format_: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [{"name": "Anna", "text": "hello there", "n": 12, "x": 1.25, "ok": True}] * 3
    printed = []
    for number, data in enumerate((rows, twin(rows, random.Random(5)))):
        here = tmp_path / str(number)
        (here / "docs").mkdir(parents=True)
        if format_ == "folder":
            for index, row in enumerate(data):
                (here / "docs" / f"{index}.txt").write_text(row["text"])
        else:
            (here / "docs" / "a").with_suffix(f".{format_}").write_text(_written(format_, data))
        monkeypatch.chdir(here)
        argument = "docs" if format_ == "folder" else f"docs/a.{format_}"
        assert run_command(["prompt", "--query", "Who?", argument, "--model", "openai/gpt-5-mini"]) == 0
        printed.append(capsys.readouterr().out)
    assert printed[0] == printed[1]
    assert "context: " in printed[0] and "hello" not in printed[0]


def test_shape_holds_what_the_documents_say(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("one\ntwo")
    (tmp_path / "b.txt").write_text("é")
    inputs: Mapping[str, Inputs] = {"docs": from_arguments([str(tmp_path)]), "rows": from_values({"context": [{"a": 1}]})}
    (docs,) = shapes(inputs["docs"])
    assert (docs.count, docs.is_documents, docs.names) == (2, True, ("a.txt", "b.txt"))
    (rows,) = shapes(inputs["rows"])
    assert (rows.count, rows.is_documents, rows.names, rows.characters) == (1, False, (), 1)
