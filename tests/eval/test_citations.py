"""An answer cites the places that its own prompts were made from: shared or not, in any schedule, from a cache or a journal."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambda_rlm.bounds.admit import defer
from lambda_rlm.budget.budget import Budget
from lambda_rlm.completion import Completion, CompletionRequest, Message, Model, ModelProfile, Usage
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.events import Event, Replied
from lambda_rlm.execution.execute import execute
from lambda_rlm.execution.run import Run
from lambda_rlm.llm.wrappers.cache import Cached, ReplyStore
from lambda_rlm.llm.wrappers.remembered import Remembered
from lambda_rlm.syntax.parse import parse
from lambda_rlm.types.infer import infer
from lambda_rlm.types.parse_type import parse_type
from lambda_rlm.types.type import TEXT

DOCUMENTS = {"query": TEXT, "docs": parse_type("List[Text]")}


class Faithful:
    """Answers each question from the text between its markers: its length, its first words, whether it has an `x`; `turns` is
    how long each call waits, by the order of asking."""

    profile = ModelProfile(name="faithful", window=32_768, max_output=1_024, input_price=0.0, output_price=0.0)

    def __init__(self, turns: Sequence[int] = ()) -> None:
        self.turns = turns
        self.calls = 0

    def count_tokens(self, messages: tuple[Message, ...]) -> int:
        return 10

    async def complete(self, request: CompletionRequest) -> Completion:
        self.calls += 1
        for _ in range(self.turns[self.calls % len(self.turns)] if self.turns else 0):
            await anyio.lowlevel.checkpoint()
        asked = request.messages[-1].content
        text = asked.partition(">")[2].partition("</data")[0].strip()
        kind = asked.partition(":")[0]
        said = {
            "say": text.upper(),
            "size": f'{{"reply": {len(text)}}}',
            "share": f'{{"reply": {len(text)}.5}}',
            "sign": "yes" if "x" in text else "no",
            "mood": "good" if "x" in text else "bad",
            "words": f'{{"reply": ["{text[:4]}"]}}',
            "row": f'{{"n": {len(text)}, "who": "{text[:4]}"}}',
        }[kind]
        return Completion(said, Usage(1, 1, cost=0.0))

    async def aclose(self) -> None:
        return None


KINDS = {
    "say": "llm_call(f'say: {}')",
    "size": "llm_call[Int](f'size: {}')",
    "share": "llm_call[Float](f'share: {}')",
    "sign": "llm_call[Bool](f'sign: {}')",
    "mood": "llm_call['good' | 'bad'](f'mood: {}')",
    "words": "llm_call[List[Quote]](f'words: {}')",
    "row": "llm_call[{ n: Int, who: Quote }](f'row: {}')",
}


def ask(kind: str, what: str) -> str:
    return KINDS[kind].replace("{}", "{" + what + "}").replace("'", '"')


def ran(program: str, docs: Sequence[str], model: Model, concurrency: int = 16, tracer: Any = None) -> Run:
    admitted = defer(infer(parse(SourceFile("test", program)), DOCUMENTS), Budget(concurrency=concurrency), model.profile)
    done: Run = anyio.run(partial(execute, admitted, {"query": "?", "docs": list(docs)}, model, tracer=tracer))
    assert done.fault is None, done.fault
    return done


def cited(run: Run) -> set[str]:
    return {citation.input for citation in run.citations}


TEXTS = st.sampled_from(["xen1 fare tax", "blue bird day", "tiny text lot"])


@settings(max_examples=40)
@given(
    st.sampled_from(sorted(KINDS)),
    st.lists(TEXTS, min_size=2, max_size=6),
    st.data(),
    st.sampled_from((1, 2, 16)),
    st.lists(st.integers(0, 5), min_size=1, max_size=6),
)
def test_every_part_of_an_answer_cites_its_own_document(
    kind: str, docs: list[str], data: st.DataObject, concurrency: int, turns: list[int]
) -> None:
    """Equal documents give equal questions, which are asked once: still each answer is of the document that it was asked of."""
    wanted = data.draw(st.integers(0, len(docs) - 1))
    program = f"let all = map(docs, fn(d) => {ask(kind, 'd')});\nget(all, {wanted})"
    done = ran(program, docs, Faithful(turns), concurrency)
    if kind == "sign":  # a boolean has no place for where it came from: all that was shown is cited
        assert cited(done) == {f"docs[{i}]" for i in range(len(docs))}
    else:
        assert cited(done) == {f"docs[{wanted}]"}, (kind, docs, wanted)
    assert done.usage.calls == len(set(docs))
    assert done.coverage == {"docs": 1.0}


@settings(max_examples=25)
@given(
    st.sampled_from(sorted(KINDS)), st.lists(TEXTS, min_size=2, max_size=6), st.lists(st.integers(0, 5), min_size=1, max_size=6)
)
def test_no_schedule_changes_citations_or_charges(kind: str, docs: list[str], turns: list[int]) -> None:
    program = f"map(docs, fn(d) => {ask(kind, 'd')})"
    calm = ran(program, docs, Faithful(), 1)
    for concurrency in (1, 2, 16):
        wild = ran(program, docs, Faithful(turns), concurrency)
        assert (wild.citations, wild.coverage, wild.value) == (calm.citations, calm.coverage, calm.value)
        assert (wild.usage.steps, wild.usage.bytes, wild.usage.calls) == (calm.usage.steps, calm.usage.bytes, calm.usage.calls)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_replies_of_earlier_runs_cite_this_prompt(kind: str, tmp_path: Path) -> None:
    """From a cache across runs, and remembered by a run that goes on: the places are those of the question asked now."""
    docs = ["xen1 fare tax", "xen1 fare tax", "blue bird day"]
    replies: dict[str, Completion] = {}

    def learn(event: Event) -> None:
        if isinstance(event, Replied):
            replies[event.digest] = event.completion

    ran(f"map(docs, fn(d) => {ask(kind, 'd')})", docs, Faithful(), tracer=learn)
    program = f"let all = map(docs, fn(d) => {ask(kind, 'd')});\nget(all, 1)"
    fresh = ran(program, docs, Faithful())
    model = Faithful()
    assert ran(program, docs, Remembered(model, replies)).citations == fresh.citations
    assert model.calls == 0
    with_cache = Cached(Faithful(), ReplyStore(tmp_path / "cache"))
    ran(program, docs[::-1], with_cache)
    assert ran(program, docs, with_cache).citations == fresh.citations
    if kind != "sign":
        assert cited(fresh) == {"docs[1]"}


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        (f"let a = {ask('size', 'first')};\nlet b = {ask('size', 'second')};\na + b", {0, 1, 2}),
        (f"let a = {ask('size', 'first')};\nlet b = {ask('say', 'second')};\na", {0}),
        (f"let a = {ask('mood', 'second')};\nlet b = {ask('size', 'first')};\na", {1}),
        (f'let a = {ask("size", "first")};\nf"{{a}} in all"', {0}),
        (f'let a = {ask("size", "first")};\nlet b = {ask("say", "second")};\nf"{{a}}: {{b}}"', {0, 1}),
        (f'let a = {ask("size", "first")};\nlet b = {ask("say", "second")};\nf"{{a + 1}}: {{b}}"', {0, 1, 2}),
        (f'let a = {ask("say", "second")};\nf"1. {{a}}"', {1}),
        (f'if {ask("sign", "first")} then "it is" else "it is not"', {0, 2}),
        ("count(docs, fn(d) => " + ask("sign", "d") + ")", {0, 1, 2}),
        (f"let a = {ask('say', 'second')};\nlength(a)", {1, 2}),
        (f"llm_map[Int](docs, {chr(34)}how long?{chr(34)}) |> length", {0, 1, 2}),
        (f"let a = {ask('size', 'second')};\nto_json({{ n: a, who: take(first, 3) }})", {0, 1}),
        (f"let a = {ask('size', 'second')};\nto_json([a, a])", {1}),
        (f'let a = {ask("size", "second")};\nlet x = to_text(a);\nreplace(first, "x", x)', {0, 1}),
        ("length(docs)", set()),
    ],
)
def test_values_without_text_cite_what_their_prompts_held(program: str, expected: set[int]) -> None:
    """Replied numbers and labels cite their own prompt; what was computed or chosen by replies, all that was shown."""
    docs = ["xen1 fare tax", "blue bird day", "tiny text lot"]
    seen = f"let first = get(docs, 0) ?? {chr(34)}{chr(34)};\nlet second = get(docs, 1) ?? {chr(34)}{chr(34)};\n"
    other = f"let other = {ask('say', 'get(docs, 2) ?? query')};\n" if 2 in expected else ""

    class WithMap(Faithful):
        async def complete(self, request: CompletionRequest) -> Completion:
            if "how long" in request.messages[-1].content:
                return Completion('{"1": 1, "2": 2, "3": 3}', Usage(1, 1, cost=0.0))
            return await super().complete(request)

    done = ran(seen + other + program, docs, WithMap())
    assert cited(done) == {f"docs[{i}]" for i in expected}


def test_a_quote_is_found_only_where_its_own_prompt_has_an_input() -> None:
    """One question has the text from a document, an equal one from a reply: only the first gives a quote."""
    program = (
        f"let doc = get(docs, 0) ?? {chr(34)}{chr(34)};\nlet said = llm_call(f{chr(34)}say: {{doc}}{chr(34)});\n"
        f"[llm_call[Option[Quote]](f{chr(34)}words: {{get(docs, 1) ?? said}}{chr(34)}, or_else=none),\n"
        f" llm_call[Option[Quote]](f{chr(34)}words: {{said}}{chr(34)}, or_else=none)]"
    )

    class Quoting(Faithful):
        async def complete(self, request: CompletionRequest) -> Completion:
            said = await super().complete(request)
            return Completion('{"reply": "ABC"}', said.usage) if "words" in request.messages[-1].content else said

    for concurrency in (1, 16):
        assert ran(program, ["abc", "ABC"], Quoting(), concurrency).value == ["ABC", None]
