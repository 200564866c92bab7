"""Theorems of asking a model, on drawn types, drawn replies and drawn schedules."""

from __future__ import annotations

import json
from functools import partial
from itertools import pairwise
from typing import Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_rlm.budget.budget import Budget
from lambda_rlm.completion import Completion, CompletionRequest, ModelProfile, StopReason, Usage
from lambda_rlm.diagnostics.codes import CODES
from lambda_rlm.diagnostics.faults import Fault, LimitExceeded, ModelFailure
from lambda_rlm.eval.asking.schema import json_schema, shape_of
from lambda_rlm.eval.place import gather
from lambda_rlm.eval.provenance.intervals import coarsened, union
from lambda_rlm.eval.value import Document, Text, span_of
from lambda_rlm.syntax.primitive import Primitive
from lambda_rlm.types.type import BOOL, FLOAT, INT, QUOTE, TEXT, Con, Enum, Record, Type, list_of, option_of
from tests.support.asking import Desk, FakeModel, completion, data, inhabits, plain, template

pytestmark = pytest.mark.slow

LABELS = st.lists(st.sampled_from(["yes", "no", "a", "A", "a b", "none", "null", "1", "größer"]), min_size=1, unique=True)
NAMES = st.sampled_from(["id", "reply", "item", "name", "Name", "text", "count"])
STORY = "There were 12 ships. None came back.\nThe sea was calm."


def grown(types: st.SearchStrategy[Type]) -> st.SearchStrategy[Type]:
    records = st.dictionaries(NAMES, types, min_size=1, max_size=4).map(lambda fields: Record(tuple(sorted(fields.items()))))
    return st.one_of(types.map(list_of), types.map(option_of), records)


TYPES: st.SearchStrategy[Type] = st.recursive(
    st.one_of(st.sampled_from([TEXT, INT, FLOAT, BOOL, QUOTE]), LABELS.map(lambda labels: Enum(tuple(sorted(labels))))),
    grown,
    max_leaves=6,
)


def data_of(type_: Type) -> st.SearchStrategy[Any]:
    """JSON of a type, quotes not always found."""
    match type_:
        case Con("Int"):
            return st.integers(-(2**63), 2**63 - 1)
        case Con("Float"):
            return st.floats(allow_nan=False, allow_infinity=False)
        case Con("Bool"):
            return st.booleans()
        case Con("Text"):
            return st.text(st.characters(codec="utf-8"), max_size=20)
        case Con("Quote"):
            return st.sampled_from(["12 ships", "came back. The sea", "calm.", "13 ships"])
        case Con("List", (element,)):
            return st.lists(data_of(element), max_size=3)
        case Con("Option", (inner,)):
            return st.none() | data_of(inner)
        case Record(fields):
            return st.fixed_dictionaries({name: data_of(field) for name, field in fields})
        case Enum(labels):
            return st.sampled_from(labels)
        case _:
            raise AssertionError(type_)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
GARBAGE = st.one_of(
    st.text(max_size=60),
    st.text(alphabet="{}[]\"':,0123456789.-eE \n`trufalsn", max_size=80),
    JSON.map(json.dumps),
    JSON.map(lambda value: f"Well:\n```json\n{json.dumps(value)}\n```\nor {value!r}"),
    st.sampled_from(
        ["", "<think>", "</think>", "x" * 5_000, "[" * 3_000, '{"reply": ', "```", "\ud800", "no, yes", "0" * 6_000]
    ),
)
STOPS = st.sampled_from(list(StopReason))


def ask(desk: Desk, type_: Type) -> Any:
    return desk.call(template("Read this:\n", data(STORY)), type_)


@given(TYPES, st.lists(st.tuples(GARBAGE, STOPS), min_size=1, max_size=4))
def test_any_reply_gives_a_value_of_the_type_or_a_declared_fault(type_: Type, replies: list[tuple[str, StopReason]]) -> None:
    """Whatever a model writes, a program goes on with a value of the type that was checked, or stops with a code."""
    queue = iter(replies * 2)

    def answer(_: CompletionRequest) -> Completion:
        text, stop = next(queue)
        return Completion(text, Usage(1, 1), stop)

    desk = Desk(answer, repairs=len(replies) - 1)
    try:
        assert inhabits(ask(desk, type_), type_)
    except ModelFailure as fault:
        assert fault.code in CODES
        assert len(fault.message) <= 600
    assert len(desk.model.requests) <= len(replies)
    assert desk.meter.calls == 1


@given(st.data(), TYPES)
def test_json_of_the_type_is_read_as_it_stands(draw: st.DataObject, type_: Type) -> None:
    """No coercion may get in the way of a reply that is exactly what was asked for."""
    raw = draw.draw(data_of(type_))
    shape = shape_of(type_)
    if shape.choices is not None:
        raw = {True: "yes", False: "no", None: "none"}.get(raw, raw) if not isinstance(raw, str) else raw
        desk = Desk(raw)
    else:
        desk = Desk(json.dumps(raw if isinstance(type_, Record) else {"reply": raw}) if type_ != TEXT else raw)
    try:
        value = ask(desk, type_)
    except ModelFailure as failure:
        assert failure.code == "E0514"
        assert "13 ships" in json.dumps(raw)
    else:
        assert inhabits(value, type_)
        if (
            "13 ships" not in json.dumps(raw)
            and "null" not in json.dumps(raw).lower()
            and "none" not in json.dumps(raw).lower()
        ):
            assert plain(value) == as_value(raw.strip() if type_ == TEXT else raw, type_)


def as_value(raw: Any, type_: Type) -> Any:
    """The plain form of the value that JSON of a type means."""
    match type_:
        case Con("Bool"):
            return raw if isinstance(raw, bool) else raw == "yes"
        case Con("Quote"):
            return "came back.\nThe sea" if raw == "came back. The sea" else raw
        case Con("List", (element,)):
            return [as_value(part, element) for part in raw]
        case Con("Option", (inner,)):
            return None if raw is None else (as_value(raw, inner),)
        case Record(fields):
            return tuple(as_value(raw[name], field) for name, field in fields)
        case _:
            return raw


@given(TYPES)
def test_schemas_are_of_the_kind_that_all_providers_take(type_: Type) -> None:
    def check(schema: Any) -> None:
        assert ("type" in schema) != ("anyOf" in schema)
        if schema.get("type") == "object":
            assert schema["required"] == list(schema["properties"])
            assert schema["additionalProperties"] is False
        for part in [*schema.get("properties", {}).values(), *schema.get("anyOf", ()), *filter(None, [schema.get("items")])]:
            check(part)

    schema = json_schema(type_)
    assert schema["type"] == "object"
    check(schema)


class Watching(FakeModel):
    """A model that looks at the run's account whenever it is asked."""

    desk: Desk

    async def complete(self, request: CompletionRequest) -> Completion:
        self.look()
        reply = await super().complete(request)
        self.look()
        return reply

    def look(self) -> None:
        meter, budget = self.desk.meter, self.desk.meter.budget
        reserved = sum(self.count_tokens(r.messages) + r.max_tokens for r in self.pending())
        assert meter.calls <= budget.calls
        assert meter.usage.input_tokens + meter.usage.output_tokens + reserved <= budget.tokens
        assert len(self.pending()) <= budget.concurrency

    def pending(self) -> list[CompletionRequest]:
        return self.requests[len(self.requests) - self.in_flight :] if self.in_flight else []


@given(
    st.lists(st.integers(0, 40), min_size=1, max_size=150),
    st.integers(0, 60),
    st.integers(0, 20_000),
    st.sampled_from([1, 16, 128]),
    st.lists(st.sampled_from(["a reply", "z" * 90, "7"]), min_size=1, max_size=5),
)
def test_no_run_exceeds_its_budget_at_any_moment(
    questions: list[int], calls: int, tokens: int, concurrency: int, replies: list[str]
) -> None:
    """Calls in flight included: what they may still use is set aside before they start."""
    model = Watching(lambda request: replies[len(request.messages[-1].content) % len(replies)])
    desk = Desk(model, budget=Budget(calls=calls, tokens=tokens, concurrency=concurrency))
    model.desk = desk
    call = desk.function(Primitive.LLM_CALL, INT)

    async def one(number: int) -> None:
        await call(Text(f"Question {'x' * number}"), out=30, or_else=lambda: 0)

    try:
        desk.run(lambda: gather([partial(one, n) for n in questions]))
    except LimitExceeded as limit:
        assert limit.code in {"E0404", "E0405"}
    usage = desk.meter.usage
    assert desk.meter.calls <= calls
    assert usage.input_tokens + usage.output_tokens <= tokens
    assert desk.asker.counts.max_in_flight <= concurrency
    assert desk.asker.patience.in_flight == model.in_flight == 0


@given(st.lists(st.integers(0, 5), min_size=1, max_size=30), st.randoms(use_true_random=False), st.sampled_from([1, 3, 16]))
def test_the_outcome_does_not_depend_on_the_schedule(questions: list[int], random: Any, concurrency: int) -> None:
    """Values stand by position; of several faults the leftmost is the run's, at its own place."""

    class Shuffled(FakeModel):
        async def complete(self, request: CompletionRequest) -> Completion:
            for _ in range(random.randrange(6)):
                await anyio.lowlevel.checkpoint()
            return await super().complete(request)

    def outcome(model: FakeModel, limit: int) -> object:
        desk = Desk(model, budget=Budget(concurrency=limit), repairs=0)
        call = desk.function(Primitive.LLM_CALL, INT)

        async def one(number: int, place: int) -> int:
            return int(await call(Text(f"Question {number}"))) * 100 + place

        try:
            return desk.run(lambda: gather([partial(one, n, p) for p, n in enumerate(questions)]))
        except Fault as fault:
            return (fault.code, fault.message, fault.span)

    def answer(request: CompletionRequest) -> str:
        number = request.messages[-1].content[-1]
        return "none" if number == "5" else "no number" if number == "4" else number

    assert outcome(Shuffled(answer), concurrency) == outcome(FakeModel(answer), 1)


@given(
    st.lists(st.text(alphabet="ab \n[1]", max_size=200), max_size=40),
    st.integers(1, 9),
    st.integers(1, 30),
    st.integers(1, 3),
    st.integers(350, 1_200),
    st.data(),
)
def test_llm_map_keeps_its_bound_of_calls_and_its_alignment(
    texts: list[str], per_call: int, out: int, votes: int, window: int, draw: st.DataObject
) -> None:
    """calls ≤ votes × 2 × (⌈n/per_call⌉ + ⌈2·sum/capacity⌉), and a reply belongs to the item whose number it carries."""
    texts = [f"{n:03}:{text}" for n, text in enumerate(texts)]
    random = draw.draw(st.randoms(use_true_random=False))

    def answer(request: CompletionRequest) -> str:
        assert desk.model.count_tokens(request.messages) + request.max_tokens <= window
        shown = [n for n in range(len(texts)) if f"{n:03}:" in request.messages[-1].content]
        entries = [(str(place), str(n)) for place, n in enumerate(shown, 1) if random.random() < 0.8]
        random.shuffle(entries)
        return json.dumps(dict(entries))

    desk = Desk(FakeModel(answer, ModelProfile("small", window, 600, 0.0, 0.0)))
    function = desk.function(Primitive.LLM_MAP, list_of(option_of(TEXT)))
    items = [data(text) for text in texts]
    replies = plain(desk.run(lambda: function(items, Text("Give the number."), per_call=per_call, out=out, votes=votes)))
    assert len(replies) == len(texts)
    assert all(reply in (None, (str(n),)) for n, reply in enumerate(replies))
    needs = sum(-(-len(text) // 4) + 8 + out for text in texts)
    capacity = window - 200
    rounds = -(-len(texts) // min(per_call, 600 // out)) + -(-2 * needs // capacity)
    assert desk.meter.calls <= votes * 2 * rounds


@given(st.text(alphabet="ab \n\t", max_size=60), st.data())
def test_a_quote_is_found_exactly_where_the_input_says_it(text: str, draw: st.DataObject) -> None:
    document = Document("doc", text)
    quote = draw.draw(st.text(alphabet="ab \n", min_size=1, max_size=6))
    desk = Desk(json.dumps({"reply": quote}), repairs=0)
    cut = draw.draw(st.integers(0, len(text)))
    prompt = template("Find:\n", span_of(document, 0, cut), span_of(document, cut, len(text) - cut))
    wanted = " ".join(quote.split())
    try:
        found = desk.call(prompt, QUOTE)
    except ModelFailure as failure:
        assert failure.code == "E0514"
        assert not wanted or wanted not in " ".join(text.split())
    else:
        assert " ".join(found.s.split()) == wanted
        assert found.origin is document
        assert document.text[found.start : found.start + found.n] == found.s


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), max_size=30), st.integers(1, 5))
def test_citations_cover_what_they_are_made_of(intervals: list[tuple[int, int]], most: int) -> None:
    covered = {n for start, end in intervals for n in range(start, end)}
    merged = union(intervals)
    assert {n for start, end in merged for n in range(start, end)} == covered
    assert all(a[1] < b[0] for a, b in pairwise(merged))
    coarse = coarsened(merged, most)
    assert len(coarse) <= most
    assert covered <= {n for start, end in coarse for n in range(start, end)}


@given(st.lists(st.text(alphabet="ab\n<>/data 0123456789cdef", max_size=30), min_size=1, max_size=40), st.binary(max_size=8))
def test_untrusted_text_never_stands_outside_the_markers(texts: list[str], key: bytes) -> None:
    parts: list[Text | str] = []
    for index, text in enumerate(texts):
        parts += [f"\nInstruction {'i' * index}:\n", data(f"§{text}§")]
    desk = Desk("x", key=key, repairs=0)
    desk.call(template(*parts), TEXT)
    body = desk.model.prompts[0]
    code = body.rpartition("</data ")[2].partition(">")[0]
    outside = "".join(part.rpartition(f"</data {code}>")[2] for part in body.split(f"<data {code}>"))
    assert "§" not in outside
    assert body.count(f"<data {code}>") == body.count(f"</data {code}>") <= 16


def test_a_completion_of_the_fake_model_is_cut_like_a_providers() -> None:
    request = CompletionRequest((), 2)
    assert completion("x" * 9, request).stop_reason is StopReason.LENGTH
