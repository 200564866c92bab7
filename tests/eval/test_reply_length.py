"""How many tokens a reply may have where the program does not say: what its type can need, however leniently it is written."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_rlm.bounds.rates import Rates
from lambda_rlm.budget.budget import Budget
from lambda_rlm.completion import CompletionRequest, ModelProfile
from lambda_rlm.eval.asking.asker import AskSettings
from lambda_rlm.eval.asking.asking_rates import rates_at
from lambda_rlm.eval.value import Text
from lambda_rlm.syntax.primitive import Primitive
from lambda_rlm.types.reply_tokens import CHOICE_TOKENS, item_out, reply_out
from lambda_rlm.types.type import BOOL, FLOAT, INT, QUOTE, TEXT, Con, Enum, Record, Type, list_of, option_of, record_of
from tests.support.asking import Desk, FakeModel, data, inhabits, plain, template

MANY = 10**6
"""A default that limits nothing."""

LABELS = st.lists(
    st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=12),
    min_size=1,
    max_size=4,
    unique_by=str.casefold,
)
NAMES = st.sampled_from(["id", "reply", "year", "Straße", "若"])


def finite(depth: int = 2) -> st.SearchStrategy[Type]:
    """Types whose values have a longest form."""
    scalars = st.one_of(st.sampled_from([INT, FLOAT, BOOL]), LABELS.map(lambda labels: Enum(tuple(sorted(labels)))))
    if depth == 0:
        return scalars
    inner = finite(depth - 1)
    fields = st.dictionaries(NAMES, inner, min_size=1, max_size=4)
    return st.one_of(scalars, inner.map(option_of), fields.map(lambda found: Record(tuple(sorted(found.items())))))


def data_of(type_: Type) -> st.SearchStrategy[Any]:
    """JSON of a type, long forms among them."""
    match type_:
        case Con("Int"):
            return st.sampled_from([-(2**63), 2**63 - 1, 0])
        case Con("Float"):
            return st.sampled_from([-2.2250738585072014e-308, -1.7976931348623157e308, 0.1])
        case Con("Bool"):
            return st.booleans()
        case Con("Option", (inner,)):
            return st.none() | data_of(inner)
        case Record(fields):
            return st.fixed_dictionaries({name: data_of(field) for name, field in fields})
        case Enum(labels):
            return st.sampled_from(labels)
        case _:
            raise AssertionError(type_)


def size(text: str) -> int:
    """No vocabulary has more tokens for a text than bytes."""
    return len(text.encode())


@given(st.data(), finite(), st.booleans())
def test_a_reply_written_at_length_is_never_cut(draw: st.DataObject, type_: Type, is_ascii: bool) -> None:
    """Indented, escaped, in a code fence, under a key, with a sentence before: what the reader takes fits, in bytes."""
    raw = draw.draw(data_of(type_))
    wrapped = raw if isinstance(type_, Record) else {"answer": raw}
    written = json.dumps(wrapped, indent=4, ensure_ascii=is_ascii)
    for reply in (written, f"```json\n{written}\n```", f"Here is the answer you have asked for:\n```json\n{written}\n```"):
        assert size(reply) < reply_out(type_, MANY)


@given(st.data(), finite(), st.integers(1, 5), st.booleans())
def test_entries_for_items_are_never_cut(draw: st.DataObject, type_: Type, items: int, is_ascii: bool) -> None:
    raws = {str(123_450 + n): draw.draw(data_of(type_)) for n in range(items)}
    written = json.dumps(raws, indent=4, ensure_ascii=is_ascii)
    assert size(f"Here they are:\n```json\n{written}\n```") <= items * item_out(type_, MANY)


@pytest.mark.parametrize(
    ("type_", "reply", "value"),
    [
        (BOOL, 'The answer to the question is:\n```json\n{"answer": "yes"}\n```', True),
        (BOOL, "No.", False),
        (INT, '```json\n{\n    "count": "-9,223,372,036,854,775,808"\n}\n```', -(2**63)),
        (INT, '{"reply": -9223372036854775808}', -(2**63)),
        (FLOAT, '{"reply": -2.2250738585072014e-308}', -2.2250738585072014e-308),
        (option_of(INT), "null", None),
        (record_of(seen=BOOL, year=INT), '```\n{\n        "Seen": "true",\n        "year": "1,990"\n}\n```', (True, 1990)),
        (Enum(("contradicted", "supported")), '{"verdict": "contradicted"}', "contradicted"),
    ],
)
def test_what_is_read_leniently_fits(type_: Type, reply: str, value: Any) -> None:
    """A model that writes one token for each byte, the worst there is, is cut where its tokens end."""

    def byte_by_byte(request: CompletionRequest) -> str:
        assert size(reply) < request.max_tokens
        return reply

    found = Desk(byte_by_byte).call(Text("What is it?"), type_)
    assert inhabits(found, type_) and plain(found) == value


def asked(type_: Type, **arguments: Any) -> CompletionRequest:
    """The request of one call, answered in some way."""
    replies: dict[Type, str] = {BOOL: "yes", INT: "7", TEXT: "x"}
    desk = Desk(lambda request: replies.get(type_, "[]"))
    desk.call(Text("What is it?"), type_, **arguments)
    return desk.model.requests[0]


def test_a_typed_reply_has_what_its_type_needs() -> None:
    assert asked(BOOL).max_tokens == reply_out(BOOL, 1_000) < 128
    assert asked(INT).max_tokens < 160
    assert asked(TEXT).max_tokens == asked(list_of(INT)).max_tokens == 1_000


def test_an_out_of_the_program_wins() -> None:
    assert asked(BOOL, out=700).max_tokens == 700
    assert asked(BOOL, out=3).max_tokens == 3


def test_a_smaller_default_wins() -> None:
    assert reply_out(BOOL, 20) == 20
    assert item_out(BOOL, 20) == 20


def test_a_large_record_and_a_long_label_need_the_default() -> None:
    large = record_of(**{f"field_{n}": INT for n in range(60)})
    assert reply_out(large, 1_024) == 1_024
    assert reply_out(Enum(("x" * 300,)), 1_024) > 256
    assert all(reply_out(type_, 1_024) <= 256 for type_ in (Enum(("a", "b")), option_of(BOOL), record_of(a=BOOL, b=BOOL)))


def test_texts_lists_and_quotes_have_no_longest_form() -> None:
    for type_ in (TEXT, QUOTE, list_of(BOOL), option_of(TEXT), record_of(a=BOOL, b=TEXT)):
        assert reply_out(type_, 1_024) == 1_024
        assert item_out(type_, 128) == 128


def test_a_number_for_an_option_needs_little() -> None:
    desk = Desk("1")
    choose = desk.function(Primitive.LLM_CHOOSE, option_of(TEXT))
    options = [data("the first one"), data("the second one")]
    desk.run(lambda: choose(template("Which?"), options))
    assert desk.model.requests[0].max_tokens == CHOICE_TOKENS < 500


def test_the_longest_option_that_is_replied_as_it_stands_fits() -> None:
    label = "𝄞" * 80
    desk = Desk(f'```json\n{{"answer": "{label}"}}\n```')
    choose = desk.function(Primitive.LLM_CHOOSE, option_of(TEXT))
    found = desk.run(lambda: choose(Text("Which?"), [Text(label), Text("other")]))
    assert plain(found) == (label,)
    assert size(desk.model.answer(desk.model.requests[0])) < CHOICE_TOKENS  # type: ignore[arg-type]


def test_items_of_a_finite_type_need_less_than_others() -> None:
    def entries(request: CompletionRequest) -> str:
        return json.dumps({str(n): "yes" for n in range(1, 4)})

    for type_, tokens in ((BOOL, item_out(BOOL, 128)), (TEXT, 128)):
        desk = Desk(entries)
        each = desk.function(Primitive.LLM_MAP, list_of(option_of(type_)))
        desk.run(lambda: each([data(f"item {n}") for n in range(3)], Text("Is it?")))  # noqa: B023 - called at once
        assert desk.model.requests[0].max_tokens == 3 * tokens


@pytest.mark.parametrize("type_", [BOOL, INT, TEXT, list_of(INT), record_of(a=BOOL, b=INT)])
def test_analysis_and_requests_allow_the_same_thought(type_: Type) -> None:
    profile = ModelProfile("thinks", 100_000, 8_000, reasoning_tokens=4_000, thinks_less=True)
    rates = rates_at(profile, AskSettings(key=b""))
    assert isinstance(rates, Rates)
    out = reply_out(type_, 1_024)
    assert rates.thought(out) == profile.thought(out) == (1_024 if out <= 256 else 4_000)


def test_more_tokens_never_allow_less_thought() -> None:
    """The analysis may know only the most that a reply can have."""
    for usual, less in ((0, True), (700, True), (1_500, True), (4_096, True), (4_096, False)):
        profile = ModelProfile("thinks", 100_000, 8_000, reasoning_tokens=usual, thinks_less=less)
        thought = [profile.thought(out) for out in range(1, 1_025)]
        assert thought == sorted(thought) and thought[-1] == usual
        assert thought[255] == (min(usual, 1_024) if less else usual)
        assert thought[511] == (min(usual, 2_048) if less else usual)


def test_a_short_reply_sets_little_thought_aside() -> None:
    """The reservation of a request is its reply and the thought that its length allows."""
    profile = ModelProfile("thinks", 100_000, 8_000, reasoning_tokens=4_000, thinks_less=True)

    def held(type_: Type, reply: str) -> int:
        """What is set aside beside the reply while its request is under way."""
        found: list[int] = []

        def answer(request: CompletionRequest) -> str:
            found.append(desk.meter.reserved.tokens - request.max_tokens)
            return reply

        desk = Desk(FakeModel(answer, profile), budget=Budget(tokens=10**6))
        desk.call(Text("Is it so?"), type_)
        return found[0]

    assert 1_024 <= held(BOOL, "yes") < 1_500
    assert 4_000 <= held(TEXT, "some words") < 4_500
