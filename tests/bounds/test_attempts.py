"""What a bound charges for what comes on top: cuts of parts, repairs, and attempts of the pool."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambda_rlm.bounds.domain.abstract import AbstractText, number
from lambda_rlm.bounds.domain.makeup import DATA
from lambda_rlm.bounds.domain.size import size_of
from lambda_rlm.bounds.domain.totals import fresh, symbol, total
from lambda_rlm.bounds.transfer.texts import drop_characters, slice_characters, take_characters
from lambda_rlm.budget.budget import Budget
from lambda_rlm.budget.meter import Meter
from lambda_rlm.budget.pool import ALL, Pool
from lambda_rlm.completion import ModelProfile
from lambda_rlm.eval.asking.asker import AskSettings
from lambda_rlm.eval.asking.asking_rates import rates_counted
from lambda_rlm.eval.asking.bad_reply import BadReply
from lambda_rlm.eval.asking.prompt import prompt_of
from lambda_rlm.eval.asking.question import REPAIR
from lambda_rlm.eval.asking.schema import shape_of
from lambda_rlm.eval.asking.shape import ReplyReading
from lambda_rlm.eval.value import Reply, Text
from lambda_rlm.execution.check import check
from lambda_rlm.execution.prospect import foresee
from lambda_rlm.limits import REPAIR_BYTES
from lambda_rlm.llm.vocabulary.byte_pair import vocabulary_named
from lambda_rlm.types.reply_tokens import ReplyRoom
from lambda_rlm.types.type import BOOL, FLOAT, INT, QUOTE, TEXT, Enum, Type, list_of, option_of, record_of
from tests.support.examples import examples
from tests.support.word_vocabulary import WORDS

PROFILE: Final = ModelProfile(
    "m", window=60_000, max_output=2_000, input_price=1e-6, output_price=4e-6, vocabulary=WORDS, resends=2
)
O200K: Final = vocabulary_named("o200k_base")


def bound_of(program: str, profile: ModelProfile = PROFILE, pool: Pool | None = None, **inputs: Any) -> Any:
    checked = check(program, inputs)
    assert checked.typed is not None, checked.diagnostics
    asking = AskSettings(key=b"", pool=pool)
    return foresee(checked.typed, {"query": "why?", **inputs}, profile, Budget(), asking=asking).bound


# ── cuts ──


def test_what_is_taken_from_one_end_is_cut_once() -> None:
    one = AbstractText(size_of(90), size_of(90), 1, 0, size_of(0), DATA._replace(counted=size_of(20), piece=9))
    for taken, tokens in (
        (take_characters(one, number(30, 30)), 20 + 9),
        (drop_characters(one, number(30, 30)), 20 + 9),
        (slice_characters(one, number(3, 3), number(99, 99)), 20 + 2 * 9),
        (take_characters(one, number(90, 90)), 20),
        (take_characters(one, number(0, 90)), 20 + 9),
        (take_characters(one, number(89, 90)), 20 + 9),
    ):
        assert isinstance(taken, AbstractText) and taken.tokens.value == tokens


def test_no_more_texts_are_cut_than_their_characters_allow() -> None:
    """300 characters in all: six texts at most have more than 49."""
    owner = fresh()
    chars = symbol(size_of(90), size_of(300), owner)
    made = DATA._replace(counted=symbol(size_of(20), size_of(40), owner), piece=9)
    taken = take_characters(AbstractText(chars, chars, 1, 0, size_of(0), made), number(49, 49))
    assert isinstance(taken, AbstractText) and taken.made.counted is not None
    assert 40 + 6 * 9 <= total(taken.made.counted, size_of(10), owner).value <= 40 + 6 * 9 + 10
    assert total(taken.made.counted, size_of(3), owner).value == 40 + 3 * 9


# ── repairs ──


def test_nothing_is_set_aside_to_repair_a_text() -> None:
    """Of its pool of all that may be, a Text takes two more requests, a number two more of each of two prompts."""
    free = replace(PROFILE, input_price=0.0, output_price=0.0)
    text, whole = (bound_of(f"llm_call{t}(context, out=9)", free, context="so many words") for t in ("", "[Int]"))
    assert (text.pool, whole.pool) == (1, 1)
    text, whole = (bound_of(f"llm_call{t}(context, out=9)", pool=ALL, context="so many words") for t in ("", "[Int]"))
    assert text.output_tokens == 2 * 9 and whole.output_tokens == 2 * 9
    text, whole = (bound_of(f"llm_call{t}(context, out=9)", pool=Pool(9, 0), context="so many words") for t in ("", "[Int]"))
    assert (text.pool, whole.pool) == (2, 5)


PLACES: Final = record_of(
    when=INT, kind=Enum(("a long label", "b")), rows=list_of(record_of(ok=BOOL, size=FLOAT, quote=QUOTE)), note=option_of(TEXT)
)
TYPES: Final = (INT, BOOL, FLOAT, QUOTE, Enum(("yes, of course", "no")), option_of(BOOL), list_of(INT), PLACES)
PIECES: Final = (
    "7", "1.5", "9e99", "50%", "yes", "nothing", "null", "[", "]", "{", "}", ",", ":", '"', '"when"', '"kind"', '"rows"', '"ok"',
    '"size"', '"quote"', '"note"', '"reply"', '"b"', "a", "10000000000000000000", "1 or 2", "true", "\n- ", "x" * 90, "漢" * 90,
)  # fmt: skip
SHAPED: Final = (
    '{"when": 1.5, "kind": "b", "rows": [], "note": null}', '{"when": 1, "kind": "c", "rows": []}', '{"kind": "b", "rows": []}',
    '{"when": 1, "kind": "b", "rows": [{"ok": 3, "size": 1, "quote": "so"}]}', '{"when": 1, "kind": "b", "rows": [7]}',
    '{"when": 1, "kind": "b", "rows": [{"ok": true, "size": "50%", "quote": "so"}]}',
    '{"when": 1, "kind": "b", "rows": [{"ok": true, "size": 1, "quote": 9}]}', '{"a": 1, "a": 2}', '{"when": 1, "when": 2}',
)  # fmt: skip


@settings(deadline=None, max_examples=examples(300))
@given(
    st.sampled_from(TYPES), st.sampled_from(SHAPED) | st.lists(st.sampled_from(PIECES), max_size=12).map("".join),
    st.booleans(), st.sampled_from([4, 30, 400]),
)  # fmt: skip
def test_no_complaint_has_more_tokens_than_a_repair_is_charged(type_: Type, reply: str, is_complete: bool, most: int) -> None:
    meter = Meter(Budget())
    reading = ReplyReading(
        Reply(0, None), prompt_of(Text("so it is"), meter), meter, most, ReplyRoom(most, most, most, most), O200K
    )
    reading.is_complete = is_complete
    rates = rates_counted(replace(PROFILE, vocabulary=O200K), AskSettings(key=b""))
    try:
        shape_of(type_).read(reply, reading)
    except BadReply as bad:
        for prompt in ("Say it", "Say it!", "====", "1234567", "so\n"):
            before = O200K.exact(f"{prompt}\n\n{REPAIR}")
            assert O200K.exact(f"{prompt}\n\n{REPAIR}{bad.message}") <= before + rates.repair_of(type_)
        assert rates.repair_of(type_) < REPAIR_BYTES


# ── the pool ──


def test_second_rounds_and_resends_are_spare_attempts() -> None:
    """Two rounds of three attempts each, of which the first one is no spare attempt."""
    items = ["the same words"] * 3
    program = 'llm_map[Int](items, "How many?", per_call=1) |> values |> length'
    first, all_ = (bound_of(program, pool=pool, items=items) for pool in (Pool(0, 0), Pool(99, 0)))
    assert (first.pool, all_.pool) == (0, 3 * 5)
    assert all_.input_tokens >= 6 * first.input_tokens


@pytest.mark.parametrize("pool", [ALL, Pool(3, 0), Pool(1, 10)])
def test_a_pool_takes_of_no_call_more_than_its_own_attempts(pool: Pool) -> None:
    """One prompt is long and nine are short: the long one is sent three times at most, whatever the pool."""
    long, short = "so many words " * 500, "few words"
    program = 'join([llm_call(long, out=9)] ++ map(short, fn(s) => llm_call(s, out=9)), "")'
    bound = bound_of(program, pool=pool, long=long, short=[f"{short} {n}" for n in range(9)])
    alone = bound_of("llm_call(long, out=9)", pool=Pool(0, 0), long=long)
    beside = bound_of(
        'join(map(short, fn(s) => llm_call(s, out=9)), "")', pool=Pool(0, 0), short=[f"{short} {n}" for n in range(9)]
    )
    most = min(bound.pool * alone.input_tokens, 2 * (alone.input_tokens + beside.input_tokens))
    assert bound.input_tokens == alone.input_tokens + beside.input_tokens + most
