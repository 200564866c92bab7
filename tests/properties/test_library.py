"""Laws of the library's functions, for any text and any list."""

from __future__ import annotations

import json
import re
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_rlm.eval.library import IMPLEMENTATIONS
from lambda_rlm.eval.library.engine import Pattern
from lambda_rlm.eval.library.json import decoder
from lambda_rlm.eval.library.keys import key_of, keys_of
from lambda_rlm.eval.library.machine import BadPattern
from lambda_rlm.eval.library.many import OVER_MANY
from lambda_rlm.eval.library.similarity import distance
from lambda_rlm.eval.library.structure import equality, weight
from lambda_rlm.eval.library.swift import swift
from lambda_rlm.eval.site import Site
from lambda_rlm.eval.value import Document, Rope, Text, Value, pieces_of
from lambda_rlm.syntax.primitive import Primitive
from lambda_rlm.types.type import BOOL, FLOAT, INT, TEXT, Con, Record, Type, list_of, option_of, record_of
from tests.support.applying import SPAN, apply, document, is_unread_span, meter, read

pytestmark = pytest.mark.slow

texts = st.text(alphabet=st.sampled_from("ab .\n\r\té𝒳。\u0301🇩\u200d\u2028") | st.characters(), max_size=80)
sizes = st.integers(-1, 40)
numbers = st.lists(st.integers(0, 5), max_size=12)


@st.composite
def ropes(draw: st.DrawFn) -> tuple[str, Text]:
    """A text built as programs build them, from inputs, flat texts and other ropes, and its characters."""
    s = ""
    text = Text("")
    for part in draw(st.lists(texts, min_size=1, max_size=6)):
        piece = draw(st.sampled_from([document(part), Text(part)]))
        text = Rope([text, piece], text.n + piece.n)
        s += part
    return s, draw(st.sampled_from([text, document(s), Text(s)]))


@given(ropes(), sizes)
def test_chunks_are_lossless_and_as_many_as_promised(given_text: tuple[str, Text], size: int) -> None:
    s, text = given_text
    pieces = [piece.s for piece in apply("chunk", text, size)]
    most = max(1, size)
    assert "".join(pieces) == s
    assert all(0 < len(piece) <= most for piece in pieces)
    assert len(pieces) <= -(-len(s) // (most - most // 8))


@given(texts, sizes, sizes)
def test_windows_overlap_by_what_was_asked(s: str, size: int, overlap: int) -> None:
    text = document(s)
    overlap_due = max(0, min(overlap, max(1, size) // 2))
    windows = apply("windows", text, size, overlap)
    for a, b in pairwise(windows):
        assert overlap_due - 64 <= a.start + a.n - b.start <= overlap_due
    assert not windows or (windows[0].start, windows[-1].start + windows[-1].n) == (0, len(s))


@given(texts, sizes)
def test_split_is_the_split_of_the_paper(s: str, k: int) -> None:
    pieces = read(apply("split", s, k))
    assert "".join(pieces) == s
    assert len(pieces) == min(max(1, k), len(s))
    assert {len(piece) for piece in pieces} <= {len(s) // len(pieces), -(-len(s) // len(pieces))} if pieces else not s


@given(st.lists(texts, max_size=8), sizes, st.sampled_from(["", ", "]))
def test_pack_keeps_the_order_and_the_limit(parts: list[str], size: int, sep: str) -> None:
    packed = read(apply("pack", [Text(part) for part in parts], size, sep))
    assert all(len(text) <= max(1, size) for text in packed)
    if not sep:
        assert "".join(packed) == "".join(parts)
    elif all(len(part) <= size for part in parts):
        assert sep.join(packed) == sep.join(parts)
        assert all(len(a) + len(sep) + len(b) > size for a, b in pairwise(packed)) or len(packed) < len(parts)


@given(ropes(), sizes, sizes)
def test_a_slice_is_a_slice_of_the_characters(given_text: tuple[str, Text], start: int, end: int) -> None:
    s, text = given_text
    cut = apply("slice", text, start, end)
    assert "".join([piece.s for piece in pieces_of(cut)]) == cut.s == s[max(0, start) : max(0, end)]
    assert cut.n == len(cut.s)


@given(ropes())
def test_lines_are_what_stands_between_line_ends(given_text: tuple[str, Text]) -> None:
    s, text = given_text
    unified = re.sub("\r\n|[\r\x85\u2028\u2029]", "\n", s)
    assert read(apply("lines", text)) == (unified.removesuffix("\n").split("\n") if unified else [])


@given(ropes())
def test_words_and_trim_agree_with_white_space(given_text: tuple[str, Text]) -> None:
    s, text = given_text
    assert read(apply("words", text)) == s.split()
    assert apply("trim", text).s == s.strip()


@given(texts, st.text("ab .", min_size=1, max_size=2))
def test_join_undoes_split_on(s: str, sep: str) -> None:
    assert apply("join", apply("split_on", document(s), sep), sep).s == s


@given(texts, st.text("ab .", max_size=2))
def test_searching_a_span_does_not_look_outside_it(s: str, part: str) -> None:
    inside = document(f"{part}{s}{part}").cut(len(part), len(part) + len(s))
    found = s.find(part)
    assert apply("find", inside, part) == (None if found < 0 else (found,))
    assert apply("contains", inside, part) == (part in s) == apply("matches", inside, apply("escape_regex", part))
    assert is_unread_span(inside) or not inside.n


@given(ropes(), st.sampled_from([r"[ab]+", r"\s", r"(é|a)(b)?", r"\b", ".", "(?i)A", r"[^\n]*\n?"]))
def test_matches_stand_where_search_says(given_text: tuple[str, Text], pattern: str) -> None:
    s, text = given_text
    found = apply("search", text, pattern)
    assert all(match.s == s[start:end] for end, _, start, match in found)
    assert all(end <= start for (end, *_), (_, _, start, _) in pairwise(found))
    assert apply("matches", text, pattern) == bool(found)
    assert apply("replace_regex", text, pattern, r"\0").s == s


ATOMS = [
    "a",
    "b",
    "\\d",
    "\\w",
    ".",
    "\\s",
    "[a-c]",
    "[^a]",
    "\\.",
    "^",
    "$",
    "\\b",
    "|",
    "(",
    "(?:",
    ")",
    "a+",
    "b*",
    "\\d+",
    "[ab]?",
    "\\W*",
    "\\d{2}",
    "a{3}",
]


@given(st.lists(st.sampled_from(ATOMS), min_size=1, max_size=7).map("".join), st.lists(st.text("ab1 .\n-c_\x0b", max_size=7)))
def test_another_engine_matches_what_the_engine_matches(pattern: str, short: list[str]) -> None:
    proved = swift(pattern)
    if proved is None:
        return
    try:
        engine = Pattern(pattern, False)
    except BadPattern:
        return
    for s in short:
        found = proved.search(s) is not None
        assert found == engine.occurs(s)
        assert proved.needed in s or not found


@given(st.lists(ropes(), max_size=5), sizes, st.sampled_from(["a", "[ab]$", r"\w{2}", "é"]))
def test_many_texts_at_once_cost_what_they_do_one_by_one(drawn: list[tuple[str, Text]], size: int, pattern: str) -> None:
    given_texts = [text for _, text in drawn]
    for name, constant in (("take", size), ("matches", Text(pattern))):
        one, many = meter(), meter()
        literals = (None, constant.s if isinstance(constant, Text) else constant)
        place = Site(Primitive(name), (TEXT, TEXT), TEXT, SPAN, one, literals)
        function = IMPLEMENTATIONS[place.primitive](place)
        expected = [read(function(text, constant)) for text in given_texts]
        site = Site(Primitive(name), (TEXT, TEXT), TEXT, SPAN, many, literals)
        assert read(OVER_MANY[site.primitive](site, constant)(given_texts)) == expected
        assert (many.steps, many.bytes) == (one.steps, one.bytes)


@given(ropes(), st.sampled_from(["^a", "b", r"^\s*$"]))
def test_sections_cover_the_text(given_text: tuple[str, Text], pattern: str) -> None:
    s, text = given_text
    sections = apply("sections", text, pattern)
    places = [(start, end) for _, end, _, start in sections]
    assert [a for a, _ in places] + [len(s)] == [0, *[b for _, b in places]] if s else not sections
    for body, end, head, start in sections:
        assert s[start:end].startswith(head.s) and s[start:end].endswith(body.s)


@given(numbers)
def test_unique_tally_and_vote_agree(items: list[int]) -> None:
    unique, tally = apply("unique", items), apply("tally", items)
    assert unique == list(dict.fromkeys(items))
    assert {key: count for count, key in tally} == Counter(items)
    assert tally == sorted(tally, key=lambda entry: (-entry[0], items.index(entry[1])))
    assert apply("vote", items) == ((tally[0][1],) if tally else None)


@given(numbers, numbers)
def test_sets_are_sets_in_the_order_of_the_lists(a: list[int], b: list[int]) -> None:
    assert apply("union", a, b, types=(list_of(INT),) * 2) == list(dict.fromkeys(a + b))
    both, only = apply("intersect", a, b, types=(list_of(INT),) * 2), apply("difference", a, b, types=(list_of(INT),) * 2)
    assert sorted(both + only) == sorted(set(a))
    assert all(item in b for item in both) and not any(item in b for item in only)


@given(numbers, sizes)
def test_batches_and_samples_keep_the_order(items: list[int], n: int) -> None:
    batches = apply("batch", items, n)
    assert apply("concat", batches) == items
    assert all(len(batch) == max(1, n) for batch in batches[:-1])
    places = list(range(len(items)))
    sample = apply("sample", places, n)
    assert sample == sorted(set(sample)) and len(sample) == min(len(items), max(0, n))


TYPES: list[Type] = [
    INT,
    FLOAT,
    BOOL,
    TEXT,
    list_of(option_of(INT)),
    record_of(a=list_of(TEXT), b=option_of(record_of(c=FLOAT, d=BOOL))),
]


def values(type_: Type) -> st.SearchStrategy[Value]:
    match type_:
        case Con("Int"):
            return st.integers(-(2**63), 2**63 - 1)
        case Con("Float"):
            return st.floats(allow_nan=False, allow_infinity=False)
        case Con("Bool"):
            return st.booleans()
        case Con("Text"):
            return st.text(st.characters(exclude_categories=["Cs"]), max_size=6).map(Text)
        case Con("Option", (inner,)):
            return st.none() | st.tuples(values(inner))
        case Con("List", (inner,)):
            return st.lists(values(inner), max_size=3)
        case Record(fields):
            return st.tuples(*[values(t) for _, t in fields])
    raise AssertionError(type_)


@given(st.data(), st.sampled_from(TYPES))
def test_parse_undoes_to_json(data: st.DataObject, type_: Type) -> None:
    value = data.draw(values(type_))
    text = apply("to_json", value, types=(type_,))
    (back,) = apply("parse", text, result=option_of(type_))
    assert equality(type_)(value, back) and read(back) == read(value)
    assert equality(type_)(decoder(type_, {})(json.loads(text.s), None), value)


@given(st.data(), st.sampled_from(TYPES))
def test_equal_keys_mean_equal_values(data: st.DataObject, type_: Type) -> None:
    a, b = data.draw(values(type_)), data.draw(values(type_))
    assert (key_of(type_)(a) == key_of(type_)(b)) == equality(type_)(a, b)
    (one,), (other,) = keys_of(type_)([a], [b])
    assert (one == other) == equality(type_)(a, b)
    assert weight(type_)(a) >= 1


@given(st.text("abc", max_size=9), st.text("abc", max_size=9))
def test_distance_is_the_edit_distance(a: str, b: str) -> None:
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        above, row = row, [i]
        for j, y in enumerate(b):
            row.append(min(above[j + 1] + 1, row[j] + 1, above[j] + (x != y)))
    assert distance(a, b) == row[-1] == distance(b, a)


@given(texts, sizes)
def test_equal_work_is_charged_equally(s: str, size: int) -> None:
    """To the unit, whatever was read before: charges are what makes a run repeatable."""
    charges = set()
    for _ in range(2):
        account = meter()
        for piece in apply("chunk", document(s, account), size, account=account):
            apply("matches", piece, r"a\b", account=account)
            apply("upper", piece, account=account)
        charges.add((account.steps, account.bytes))
    assert len(charges) == 1


@given(
    text=st.text(st.sampled_from("ab\n€𝄞ß"), max_size=40),
    times=st.integers(1, 40),
    ends=st.tuples(st.integers(0, 1_600), st.integers(0, 1_600)),
)
def test_the_bytes_of_a_span_are_at_most_what_its_document_tells(text: str, times: int, ends: tuple[int, int]) -> None:
    document = Document("doc", text * times)
    start, end = sorted(min(end, len(document.text)) for end in ends)
    told = document.bytes_within(start, end)
    assert len(document.text[start:end].encode()) <= told <= (end - start) * document.width
    assert document.bytes_within(0, len(document.text)) == len(document.text.encode())
