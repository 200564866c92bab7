"""What a reply can hold: the analysis counts what the reading of replies enforces, and no more."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambda_rlm.bounds.domain.abstract import (
    Abstract,
    AbstractList,
    AbstractNumber,
    AbstractRecord,
    AbstractText,
    adopt,
    concat,
    integer,
    mapped,
    number,
)
from lambda_rlm.bounds.domain.leaves import settled, signature
from lambda_rlm.bounds.domain.makeup import DATA
from lambda_rlm.bounds.domain.reply_size import ReplyHeld, value_of
from lambda_rlm.bounds.domain.size import SizeBound, size_of, smallest
from lambda_rlm.bounds.domain.totals import fresh, symbol, total
from lambda_rlm.bounds.transfer.texts import shown_chars, take_characters
from lambda_rlm.budget.budget import Budget
from lambda_rlm.budget.meter import Meter
from lambda_rlm.completion import Vocabulary
from lambda_rlm.eval.asking.bad_reply import BadReply
from lambda_rlm.eval.asking.prompt import prompt_of
from lambda_rlm.eval.asking.schema import shape_of
from lambda_rlm.eval.asking.shape import ReplyReading
from lambda_rlm.eval.value import Reply, Text
from lambda_rlm.limits import MOST_REPLY_ENDS, REPLY_CHARACTERS_PER_TOKEN, REPLY_PIECE
from lambda_rlm.llm.vocabulary.byte_pair import vocabulary_named
from lambda_rlm.types.reply_tokens import element_tokens, reply_room, texts_of
from lambda_rlm.types.type import BOOL, FLOAT, INT, QUOTE, TEXT, Con, Enum, Record, Type, list_of, option_of, record_of
from tests.bounds.test_tokens import PROFILE, Model, bound_of, ran
from tests.support.examples import examples
from tests.support.sources import PACKAGE, trees

KINDS: Final = Enum(("no", "yes"))
ROW: Final = record_of(id=INT, said=TEXT, kind=KINDS)


def read(reply: Any, type_: Type, out: int, vocabulary: str = "o200k_base") -> Any:
    """The value of a compact reply of so many tokens."""
    meter, shape = Meter(Budget()), shape_of(type_)
    limits = REPLY_CHARACTERS_PER_TOKEN * out, reply_room(out, shape.texts, MOST_REPLY_ENDS), vocabulary_named(vocabulary)
    reading = ReplyReading(Reply(0, None), prompt_of(Text("ask"), meter), meter, *limits)
    return shape.read(json.dumps(reply, ensure_ascii=False, separators=(",", ":")), reading)


# ── elements ──


@pytest.mark.parametrize(("type_", "tokens"), [
    (INT, 2), (FLOAT, 2), (TEXT, 2), (QUOTE, 2), (KINDS, 2), (BOOL, 1), (option_of(INT), 1), (list_of(INT), 1), (ROW, 10),
    (record_of(said=QUOTE, ok=BOOL), 8), (record_of(n=option_of(INT)), 1), (record_of(row=ROW, rows=list_of(ROW)), 14),
])  # fmt: skip
def test_an_element_takes_at_least_so_many_tokens(type_: Type, tokens: int) -> None:
    assert element_tokens(type_) == tokens


def ground(depth: int = 2) -> st.SearchStrategy[Type]:
    scalars: st.SearchStrategy[Type] = st.sampled_from([INT, FLOAT, BOOL, TEXT, KINDS])
    if depth == 0:
        return scalars
    inner = ground(depth - 1)
    fields = st.dictionaries(st.sampled_from(["id", "name", "is_late", "x"]), inner, min_size=1, max_size=3)
    records: st.SearchStrategy[Type] = fields.map(lambda found: Record(tuple(sorted(found.items()))))
    return st.one_of(scalars, records, inner.map(option_of), inner.map(list_of))


def data_of(draw: Any, type_: Type, is_short: bool) -> Any:
    """As short as it may be, or not; no text of a list is empty."""
    match type_:
        case Con("Int"):
            return draw(st.integers(0, 9 if is_short else 10**9))
        case Con("Float"):
            return draw(st.sampled_from([0.5, 7.0, 3.25]))
        case Con("Bool"):
            return draw(st.booleans())
        case Con("Text"):
            return draw(st.sampled_from(["a", "so", "1", "Anna"] if is_short else ["Anna Karenina", "It rained all day."]))
        case Con("Option", (inner,)):
            return None if draw(st.booleans()) else data_of(draw, inner, is_short)
        case Con("List", (inner,)):
            return [data_of(draw, inner, is_short) for _ in range(draw(st.integers(0 if is_short else 1, 4)))]
        case Record(fields):
            return {name: data_of(draw, field, is_short) for name, field in fields}
        case _:
            return draw(st.sampled_from(KINDS.labels))


@settings(deadline=None, max_examples=examples(300))
@given(st.data(), ground(), st.booleans(), st.sampled_from(["o200k_base", "cl100k_base"]), st.integers(1, 60))
def test_no_list_that_keeps_to_its_tokens_is_refused(
    data: st.DataObject, element: Type, is_short: bool, vocabulary: str, n: int
) -> None:
    """Not even one in the most compact JSON, at the end of its tokens."""
    reply = {"reply": [data_of(data.draw, element, is_short) for _ in range(n)]}
    written = json.dumps(reply, ensure_ascii=False, separators=(",", ":"))
    out = max(vocabulary_named(vocabulary).exact(written), -(-len(written) // REPLY_CHARACTERS_PER_TOKEN))
    assert len(read(reply, list_of(element), out, vocabulary)) == n


@pytest.mark.parametrize(("type_", "one"), [
    (list_of(INT), 1), (list_of(TEXT), "a"), (list_of(BOOL), True), (list_of(ROW), {"id": 1, "said": "", "kind": "no"}),
    (list_of(list_of(INT)), [1]), (list_of(option_of(INT)), None),
])  # fmt: skip
def test_a_list_has_as_many_elements_as_the_analysis_counts(type_: Type, one: Any) -> None:
    """One more is a bad reply, whatever it is written in."""
    out = 40
    known = value_of(type_, size_of(REPLY_CHARACTERS_PER_TOKEN * out), ReplyHeld(size_of(out)))
    assert isinstance(known, AbstractList)
    most = int(known.length.value)
    assert len(read({"reply": [one] * most}, type_, 2 * out)) == most
    with pytest.raises(BadReply, match=f"more than {most} elements; give fewer"):
        _counted(type_, [one] * (most + 1), out)
    _counted(type_, [one] * most, out)


def _counted(type_: Type, elements: list[Any], out: int, vocabulary: Vocabulary | None = None) -> None:
    """Reads a reply of so many tokens, with room for any characters."""
    meter, room = Meter(Budget()), reply_room(out, texts_of(type_), MOST_REPLY_ENDS)
    reading = ReplyReading(Reply(0, None), prompt_of(Text("ask"), meter), meter, 10**6, room, vocabulary)
    shape_of(type_).read(json.dumps({"reply": elements}), reading)


MANY: Final = [1] * 11


@pytest.mark.parametrize(("program", "reply"), [
    ('llm_call[List[Int]]("say", out=20)', MANY),
    ('llm_call[{ a: Int, ns: List[Int] }]("say", out=20)', {"a": 1, "ns": MANY}),
    ('llm_call[List[List[Int]]]("say", out=20)', [[1], MANY]),
    ('llm_call[Option[List[Int]]]("say", out=20)', MANY),
    ('llm_samples[List[Int]]("say", 1, out=20)', MANY),
])  # fmt: skip
def test_a_longer_list_is_repaired_then_a_fault(program: str, reply: Any) -> None:
    model = Model(PROFILE, lambda request: json.dumps({"reply": reply} if isinstance(reply, list) else reply))
    run = ran(program, model, context="")
    assert run.fault is not None and run.fault.code == "E0513" and "more than 10 elements" in str(run.fault)
    assert len(model.prompts) == 2


def test_an_item_of_a_map_with_a_longer_list_has_no_reply() -> None:
    model = Model(PROFILE, lambda request: json.dumps({"1": MANY, "2": MANY[1:]}))
    run = ran('llm_map[List[Int]](["a", "b"], "say", out=20) |> map(fn(o) => is_some(o))', model, context="")
    assert run.value == [False, True]
    assert run.dropped.items == 1


def test_lines_and_objects_in_a_row_are_lists_that_are_counted() -> None:
    for reply in ("- 1\n" * 11, '{"id": 1} ' * 11):
        type_ = "Int" if reply.startswith("-") else "{ id: Int }"
        model = Model(PROFILE, lambda request, reply=reply: reply)  # type: ignore[misc]
        run = ran(f'llm_call[List[{type_}]]("say", out={20 if type_ == "Int" else 40})', model, context="")
        assert run.fault is not None and "more than 10 elements" in str(run.fault)


def test_every_reading_of_a_reply_has_the_room_of_its_call() -> None:
    """There is one door: what reads a reply is made where a question is asked, or beside a reading that was."""
    makers = {path for path in trees() if " ReplyReading(" in (PACKAGE / path).read_text(encoding="utf-8")}
    assert makers == {"eval/asking/asker.py", "eval/asking/read_reply.py"}


# ── texts of lists ──


def reply_of(type_: Type, out: int, width: int = 4) -> Abstract:
    room = reply_room(out, texts_of(type_), MOST_REPLY_ENDS)
    made = DATA._replace(counted=size_of(room.one), piece=REPLY_PIECE)
    held = ReplyHeld(size_of(out), made, size_of(room.together), size_of(room.pieces), width)
    return value_of(type_, size_of(REPLY_CHARACTERS_PER_TOKEN * out), held)


PAIRS: Final = list_of(record_of(point=TEXT, quote=QUOTE))


def both(element: Abstract | None, change: Any = lambda text: text) -> SizeBound:
    assert isinstance(element, AbstractRecord)
    sizes = SizeBound(0)
    for _, field in element.fields:
        text = change(field)
        assert isinstance(text, AbstractText)
        sizes = sizes + text.tokens
    return sizes


def test_the_texts_of_all_fields_share_one_sum() -> None:
    list_, room = reply_of(PAIRS, 300), reply_room(300, texts_of(PAIRS), MOST_REPLY_ENDS)
    assert isinstance(list_, AbstractList)
    assert total(both(list_.element), list_.length, list_.owner).value == room.together < 300 * 8
    assert isinstance(list_.element, AbstractRecord)
    quote = list_.element.field("quote")
    assert isinstance(quote, AbstractText)
    assert total(quote.tokens * 2 + quote.tokens, list_.length, list_.owner).value == 3 * room.together


def test_a_cut_of_each_text_adds_their_longest_pieces_once() -> None:
    list_, room = reply_of(PAIRS, 300), reply_room(300, texts_of(PAIRS), MOST_REPLY_ENDS)
    assert isinstance(list_, AbstractList)
    cut = both(list_.element, lambda text: take_characters(text, number(900, 900)))
    assert total(cut, list_.length, list_.owner).value == room.together + room.pieces


def test_lists_of_several_replies_have_the_sum_of_each() -> None:
    list_, room = reply_of(PAIRS, 300), reply_room(300, texts_of(PAIRS), MOST_REPLY_ENDS)
    joined = concat(AbstractList(size_of(4), list_, fresh()))
    assert total(both(joined.element), joined.length, joined.owner).value == 4 * room.together
    one = mapped(list_, lambda size: size)
    assert isinstance(one, AbstractList)
    assert total(both(one.element), one.length, one.owner).value == room.together


def test_a_list_beside_itself_does_not_share_its_sum() -> None:
    """Both elements of a pair come from the list: together they have its sum twice."""
    list_, owner = reply_of(list_of(TEXT), 300), fresh()
    assert isinstance(list_, AbstractList)
    pair = AbstractRecord((("a", adopt(list_, owner) or list_), ("b", adopt(list_, owner) or list_)))
    most = reply_room(300, texts_of(list_of(TEXT)), MOST_REPLY_ENDS).together
    assert total(both(pair), list_.length, owner).value == 2 * most


@st.composite
def forms(draw: st.DrawFn, owner: int, shared: tuple[SizeBound, SizeBound], alone: SizeBound) -> SizeBound:
    """Sizes in symbols of one owner."""
    symbols = [*shared, alone]
    size = size_of(draw(st.integers(0, 3)))
    for _ in range(draw(st.integers(1, 4))):
        one = draw(st.sampled_from(symbols)) * draw(st.integers(1, 3))
        other = draw(st.sampled_from(symbols)) + size_of(draw(st.integers(0, 9)))
        size = size + draw(st.sampled_from([one, smallest(one, other), smallest(one, size_of(draw(st.integers(0, 9))))]))
    return size


@settings(max_examples=examples(500))
@given(st.data(), st.lists(st.tuples(*[st.integers(0, 9)] * 3), min_size=1, max_size=6))
def test_a_total_is_no_less_than_the_sum_of_any_elements(data: st.DataObject, rows: list[tuple[int, int, int]]) -> None:
    owner, group = fresh(), fresh()
    sum_ = size_of(sum(a + b for a, b, _ in rows))
    shared = tuple(symbol(size_of(9), sum_, owner, group) for _ in range(2))
    alone = symbol(size_of(9), size_of(sum(c for *_, c in rows)), owner)
    size = data.draw(forms(owner, shared, alone))  # type: ignore[arg-type]
    names = {str(one.terms[0][0]) + str(one.terms[0][0].id): at for at, one in enumerate((*shared, alone)) if one.terms}  # type: ignore[union-attr]

    def value(size: SizeBound, row: tuple[int, int, int]) -> int:
        result = int(size.constant)
        for atom, coefficient in size.terms:
            if hasattr(atom, "sizes"):
                result += coefficient * min(value(option, row) for option in atom.sizes)
            else:
                result += coefficient * row[names[str(atom) + str(atom.id)]]  # type: ignore[union-attr]
        return result

    assert sum(value(size, row) for row in rows) <= total(size, size_of(len(rows)), owner).value


def test_long_words_of_many_texts_are_a_bad_reply() -> None:
    """Each of their longest pieces may have to be charged by its bytes where it is cut."""
    long, most = f"so it is {'x' * 159} and so on", reply_room(60, texts_of(list_of(TEXT)), MOST_REPLY_ENDS).pieces
    assert 160 * 2 <= most < 160 * 3
    _counted(list_of(TEXT), [long] * 2, 60, vocabulary_named("o200k_base"))
    with pytest.raises(BadReply, match=f"the longest words of the texts of the reply have more than {most} bytes"):
        _counted(list_of(TEXT), [long] * 3, 60, vocabulary_named("o200k_base"))


# ── quotes ──


def test_a_quote_is_no_wider_than_what_it_is_a_quote_of() -> None:
    narrow, wide = reply_of(list_of(QUOTE), 100, 1), reply_of(list_of(TEXT), 100, 1)
    assert isinstance(narrow, AbstractList) and isinstance(wide, AbstractList)
    assert isinstance(narrow.element, AbstractText) and isinstance(wide.element, AbstractText)
    assert narrow.element.bytes.value == narrow.element.chars.value < wide.element.bytes.value
    program = 'let qs = llm_call[List[Quote]](context, out=500); llm_call(take(join(qs, ""), 300))'
    ascii_only, others = (bound_of(program, Model(PROFILE, lambda request: ""), context=text) for text in ("a" * 99, "ä" * 99))
    assert ascii_only.input_tokens < others.input_tokens


@pytest.mark.parametrize("shown", ['replace(context, "\u3000", " ")', 'join(words(context), " ")'])
def test_a_quote_has_the_white_space_that_was_shown(shown: str) -> None:
    """The document has a wider one there, which bounds do not reckon with."""
    model = Model(PROFILE, lambda request: '{"reply": ["to be"]}')
    program = f'let shown = {shown};\nllm_call[List[Quote]](f"Quote:\\n{{shown}}")'
    run = ran(program, model, context="it is to\u3000be")
    assert run.fault is None, run.fault
    assert run.value == ["to be"]


# ── numbers ──


@pytest.mark.parametrize(("value", "chars"), [
    (integer(size_of(512)), 3), (integer(size_of(9), -12), 3), (AbstractNumber(is_int=True), 20), (integer(size_of(10**30)), 20),
    (number(0, 1), 25), (number(0, 1, is_int=True), 1), (integer(symbol(size_of(9), size_of(99), 1)), 20),
])  # fmt: skip
def test_an_int_between_limits_is_shown_in_as_many_digits(value: AbstractNumber, chars: int) -> None:
    assert shown_chars(value).chars.value == chars


@pytest.mark.parametrize(("hole", "chars"), [
    ("length(n)", 1), ("length(n) + 100", 3), ("0 - length(n)", 2), ("length(n) * 3 - 1", 2), ("to_float(length(n))", 25),
    ("length(n) / 2.0", 25), ("length(n) / 2", 25), ("div(1000, length(n) + 1)", 4), ("length(n) % 5", 1), ("min(length(n), 100)", 1),
    ("round(to_float(length(n)) * 1.5)", 2), ("length(n) > 3", 5), ("if length(n) > 3 then 7 else 10", 2), ("parse[Int](n) ?? 0", 20),
])  # fmt: skip
def test_a_number_in_a_prompt_is_bounded_by_its_limits(hole: str, chars: int) -> None:
    """A reply of one token has eight characters at most."""
    program = f'let n = llm_call("s", out=1);\nlet m = {hole};\nllm_call(f"{{m}}", out=1)'
    assert bound_of(program, Model(PROFILE, lambda request: ""), context="").prompt_chars == chars


# ── what a memo tells apart ──


def test_a_settled_value_shares_only_what_its_signature_tells() -> None:
    """A recursion is looked at once for arguments of one signature."""
    shared = reply_of(PAIRS, 300)
    assert isinstance(shared, AbstractList)
    once, again = settled(shared), settled(mapped(shared, lambda size: size))
    assert signature(once) == signature(again)
    assert isinstance(once, AbstractList) and isinstance(once.element, AbstractRecord)
    room = reply_room(300, texts_of(PAIRS), MOST_REPLY_ENDS)
    assert total(both(once.element), once.length, once.owner).value == 2 * room.together
    assert all(isinstance(text, AbstractText) and text.made.cut is None for _, text in once.element.fields)


def test_prompts_that_a_function_makes_are_counted() -> None:
    """As those are that stand where the list is gone through."""
    rows = [f"{number}: magic, audit." for number in range(200)]
    model = Model(PROFILE, lambda request: "")
    prompt = 'llm_call["yes" | "no"](f"Is it so?\\n\\n{take(row, 500)}")'
    here = bound_of(f"map(rows, fn(row) => {prompt}) |> length", model, rows=rows)
    there = bound_of(
        f"def asked(row: Text) -> Text = to_text({prompt});\nmap(rows, fn(row) => asked(row)) |> length", model, rows=rows
    )
    assert there.input_tokens == here.input_tokens
