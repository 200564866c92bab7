"""The library's functions at their edges, and what they promise about copies, origins and charges."""

from __future__ import annotations

import subprocess
import sys

import pytest

from lambda_rlm.diagnostics.faults import LimitExceeded, PrimitiveFault
from lambda_rlm.eval.library import IMPLEMENTATIONS
from lambda_rlm.eval.library.engine import MOST_PATTERN
from lambda_rlm.eval.library.keys import key_of
from lambda_rlm.eval.library.structure import HEAVIEST, equality, shown, weight
from lambda_rlm.eval.library.swift import swift
from lambda_rlm.eval.tariff import CHARACTER, TARIFF
from lambda_rlm.eval.value import Derived, Document, Reply, Rope, Stretch, Text, Value, origin_of, pieces_of, span_of
from lambda_rlm.limits import MOST_MATCHES
from lambda_rlm.syntax.primitive import Primitive
from lambda_rlm.types.signatures import SIGNATURES
from lambda_rlm.types.type import FLOAT, INT, TEXT, Type, list_of, option_of, record_of
from tests.support.applying import apply, document, is_unread_span, meter, read

PROSE = "One fine day. It rained.\n\nThe second paragraph\r\nhas two lines! And an end"


def test_every_function_has_a_price() -> None:
    assert set(TARIFF) == set(Primitive)


def test_every_first_order_function_that_asks_no_model_is_here() -> None:
    def is_first_order(primitive: Primitive) -> bool:
        signature = SIGNATURES[primitive].text
        return "! llm" not in signature and "->" not in signature[: signature.rindex(" -> ")].replace(") -> ", "", 0)

    assert set(IMPLEMENTATIONS) == {primitive for primitive in Primitive if is_first_order(primitive)}


def test_importing_the_library_loads_no_regex_engine() -> None:
    code = "import sys, lambda_rlm.eval.library; print('re2' in sys.modules)"
    shown_modules = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown_modules.stdout.strip() == "False"


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("length", ("añ𝒳",), 3),
        ("is_empty", ("",), True),
        ("take", ("abc", -1), ""),
        ("take", ("abc", 9), "abc"),
        ("drop", ("abc", 2), "c"),
        ("drop", ("abc", -2), "abc"),
        ("take_last", ("abc", 2), "bc"),
        ("take_last", ("abc", -1), ""),
        ("slice", ("abcdef", -3, 2), "ab"),
        ("slice", ("abcdef", 4, 2), ""),
        ("slice", ([1, 2, 3, 4], 1, 3), [2, 3]),
        ("reverse", ([1, 2],), [2, 1]),
        ("reverse", ("ab",), "ba"),
        ("trim", (" \n x y\t ",), "x y"),
        ("trim", (" " * 999,), ""),
        ("lower", ("ÀB",), "àb"),
        ("upper", ("straße",), "STRASSE"),
        ("contains", ("abc", ""), True),
        ("starts_with", ("abc", "ab"), True),
        ("ends_with", ("abc", "abcd"), False),
        ("find", ("abcabc", "ca"), (2,)),
        ("find", ("abc", "x"), None),
        ("find_all", ("aaaa", "aa"), [0, 2]),
        ("find_all", ("aaaa", ""), []),
        ("replace", ("a-b-c", "-", "+"), "a+b+c"),
        ("replace", ("abc", "", "x"), "abc"),
        ("repeat", ("ab", 3), "ababab"),
        ("repeat", ("ab", -1), ""),
        ("around", ("abcdef", 3, 1), "cd"),
        ("around", ("abcdef", -5, 2), ""),
        ("lines", ("a\r\nb\rc\n\nd\n",), ["a", "b", "c", "", "d"]),
        ("lines", ("",), []),
        ("words", ("  a b\u3000c\n",), ["a", "b", "c"]),
        ("paragraphs", ("\n\na\nb\n \t\n\r\nc\n",), ["a\nb", "c"]),
        # A line end of Windows is one, not two that make a paragraph.
        ("paragraphs", ("a\r\nb\r\n\r\nc\rd\r\re",), ["a\r\nb", "c\rd", "e"]),
        ("paragraphs", (" \n\n ",), []),
        ("split_on", ("a,b,,c", ","), ["a", "b", "", "c"]),
        ("split_on", ("abc", ""), ["abc"]),
        ("join", ([], "-"), ""),
        ("join", (["a", "b"], "-"), "a-b"),
        ("chunk", ("", 5), []),
        ("chunk", ("abc", 0), ["a", "b", "c"]),
        ("chunk", ("one two three four", 8), ["one two ", "three fo", "ur"]),
        ("split", ("abcdefg", 3), ["ab", "cd", "efg"]),
        ("split", ("ab", 5), ["a", "b"]),
        ("split", ("ab", 0), ["ab"]),
        ("pack", (["aa", "b", "cc"], 4, "-"), ["aa-b", "cc"]),
        ("pack", (["abcdef", "g"], 4, ""), ["abcd", "efg"]),
        ("pack", ([], 4, ""), []),
        ("zip", ([1, 2, 3], ["a", "b"]), [(1, "a"), (2, "b")]),
        ("cross", ([1, 2], [3, 4]), [(1, 3), (1, 4), (2, 3), (2, 4)]),
        ("pairs", ([1, 2, 3],), [(1, 2), (1, 3), (2, 3)]),
        ("enumerate", (["a"],), [(0, "a")]),
        ("range", (2, 5), [2, 3, 4]),
        ("range", (5, 2), []),
        ("get", ([1], -1), None),
        ("get", ([1], 0), (1,)),
        ("first", ([],), None),
        ("last", ([1, 2],), (2,)),
        ("unique", (["b", "a", "b"],), ["b", "a"]),
        ("tally", (["a", "b", "b", "c"],), [(2, "b"), (1, "a"), (1, "c")]),
        ("vote", (["a", "b", "b", "a"],), ("a",)),
        ("vote", ([],), None),
        ("sample", ([0, 1, 2, 3, 4, 5], 3), [0, 2, 4]),
        ("sample", ([0, 1], 9), [0, 1]),
        ("sample", ([0, 1], -9), []),
        ("batch", ([1, 2, 3], 2), [[1, 2], [3]]),
        ("batch", ([1, 2], 0), [[1], [2]]),
        ("concat", ([[1], [], [2, 3]],), [1, 2, 3]),
        ("member", (["a"], "a"), True),
        ("union", ([1, 1, 2], [3, 2]), [1, 2, 3]),
        ("intersect", ([3, 1, 1], [1, 3]), [3, 1]),
        ("difference", ([3, 1, 3], [1]), [3]),
        ("sum", ([],), 0),
        ("sum", ([0.1] * 10,), 1.0),
        ("mean", ([],), None),
        ("mean", ([1, 2],), (1.5,)),
        ("mean", ([1.7e308, 1.7e308],), (1.7e308,)),
        ("some", (1,), (1,)),
        ("abs", (-2,), 2),
        ("min", (2, 1), 1),
        ("max", (2.5, 1.0), 2.5),
        ("round", (2.5,), 2),
        ("round", (3.5,), 4),
        ("floor", (-1.5,), -2),
        ("ceil", (-1.5,), -1),
        ("to_int", (-1.5,), -1),
        ("to_float", (3,), 3.0),
        ("div", (-7, 2), -4),
        ("clamp", (5, 7, 3), 7),
        ("clamp", (5, 1, 3), 3),
        ("to_text", (2.0,), "2.0"),
        ("to_text", (1e300,), "1e+300"),
        ("to_text", (True,), "true"),
        ("to_text", (-3,), "-3"),
        ("escape_regex", ("a.b\x00",), "a\\.b\\x00"),
        ("matches", ("xab", "^ab"), False),
        ("replace_regex", ("a1b22", r"(\d)(\d)?", r"<\1\2\\>"), "a<1\\>b<22\\>"),
        ("similarity", ("kitten", "sitting"), 1 - 3 / 7),
        ("similarity", ("", ""), 1.0),
    ],
)
def test_edges(name: str, arguments: tuple[Value, ...], expected: Value) -> None:
    assert read(apply(name, *arguments)) == expected


def test_chunk_prefers_paragraphs_lines_sentences_words() -> None:
    """Each text has its cut within the last eighth of 32 characters, after a worse place to cut."""
    for end, tail in [("\n\n", "a\n"), ("\n", ". d"), (". ", "f "), (" ", "hi")]:
        text = "x" * 28 + end + tail + "y" * 40
        assert read(apply("chunk", text, 32))[0] == ("x" * 28 + end + tail)[: 28 + len(end)]


def test_windows_overlap_by_at_most_half() -> None:
    assert read(apply("windows", "abcdefghij", 4, 99)) == ["abcd", "cdef", "efgh", "ghij"]
    assert read(apply("windows", "abcdefghij", 4, -1)) == ["abcd", "efgh", "ij"]
    assert read(apply("windows", "abcdef", 2**63 - 1, 2**63 - 1)) == ["abcdef"]


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("chunk", (9,)),
        ("windows", (9, 3)),
        ("split", (4,)),
        ("lines", ()),
        ("words", ()),
        ("paragraphs", ()),
        ("split_on", (". ",)),
    ],
)
def test_pieces_of_an_input_are_spans_of_it(name: str, arguments: tuple[Value, ...]) -> None:
    account = meter()
    found = apply(name, document(PROSE, account), *arguments, account=account)
    assert len(found) > 1
    assert all(is_unread_span(piece) for piece in found)
    assert account.bytes < 200 * len(found) + 200


@pytest.mark.parametrize(
    ("name", "arguments"),
    [("take", (5,)), ("drop", (5,)), ("take_last", (5,)), ("slice", (3, 9)), ("around", (9, 3)), ("trim", ())],
)
def test_a_part_of_an_input_is_a_span_of_it(name: str, arguments: tuple[Value, ...]) -> None:
    assert is_unread_span(apply(name, document(f" {PROSE}"), *arguments))


def test_matches_and_sections_of_an_input_are_spans_of_it() -> None:
    text = document(f"préface\n{PROSE}")
    for _, groups, _, found in apply("search", text, r"(\w+) (\w+)"):
        assert is_unread_span(found) and all(is_unread_span(group) for group in groups)
    found = apply("sections", text, "^(One|The)")
    assert [head.s for _, _, head, _ in found] == ["", "One fine day. It rained.", "The second paragraph"]
    assert all(is_unread_span(body) for body, _, _, _ in found)


def test_what_is_computed_covers_what_it_was_computed_from() -> None:
    text = document("Abc")
    stretch = origin_of(apply("lower", text))
    assert isinstance(stretch, Stretch) and (stretch.start, stretch.end) == (0, 3)
    both = origin_of(apply("replace", text, "b", document("x")))
    assert isinstance(both, Derived) and len(both.parents) == 2
    assert origin_of(apply("upper", "abc")) is None


def test_a_cut_of_a_rope_keeps_its_pieces() -> None:
    reply = Text("reply", Reply(1, None))
    text = document("0123456789")
    rope = apply("join", [text, Text("ab"), reply], Text("--"))
    assert rope.s == "0123456789--ab--reply"
    cut = apply("slice", rope, 8, 18)
    assert isinstance(cut, Rope) and cut.s == "89--ab--re"
    first, *_, last = pieces_of(cut)
    assert is_unread_span(first) and isinstance(last.origin, Reply)
    assert apply("slice", rope, 2, 4).origin is text.origin


def test_neighbours_in_a_document_grow_together_again() -> None:
    text = document("abcdefgh")
    rope = apply("join", apply("chunk", text, 3), "")
    (whole,) = pieces_of(rope)
    assert (whole.start, whole.n) == (0, 8)


def test_pieces_of_a_rope_stay_known_after_it_was_read() -> None:
    inner = Rope([document("ab"), Text("c")], 3)
    outer = Rope([inner, Text(""), Text("d")], 4)
    assert inner.s + outer.s == "abcabcd"
    assert [piece.s for piece in pieces_of(outer)] == ["ab", "c", "d"]


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("repeat", ("ab", 10**12)),
        ("range", (0, 10**12)),
        ("replace", ("a" * 10**5, "a", "b" * 10**6)),
        ("cross", ([0] * 10**6, [0] * 10**6)),
        ("pairs", ([0] * 10**6,)),
    ],
)
def test_what_multiplies_is_refused_before_it_is_made(name: str, arguments: tuple[Value, ...]) -> None:
    with pytest.raises(LimitExceeded):
        apply(name, *arguments)


def test_a_rope_is_charged_when_it_is_read_and_once() -> None:
    account = meter()
    rope = apply("join", ["abc"] * 1000, "", account=account)
    before = account.bytes
    assert len(rope.s) == 3000
    assert account.bytes - before >= CHARACTER * 3000
    after = account.bytes
    assert len(rope.s) == 3000 and account.bytes == after


def shared(levels: int, width: int) -> tuple[Value, Type]:
    value: Value = [1]
    type_: Type = list_of(INT)
    for _ in range(levels):
        value, type_ = [value] * width, list_of(type_)
    return value, type_


def test_shared_structure_weighs_what_it_would_as_a_tree() -> None:
    value, type_ = shared(3, 10)
    assert weight(type_)(value) == 1 + 10 * (1 + 10 * (1 + 10 * 2))
    value, type_ = shared(7, 10_000)
    assert weight(type_)(value) == HEAVIEST


@pytest.mark.parametrize("name", ["unique", "tally", "vote", "to_json"])
def test_structural_work_on_shared_structure_is_refused(name: str) -> None:
    value, type_ = shared(6, 1000)
    with pytest.raises(LimitExceeded):
        apply(name, value, types=(type_,))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "arguments", "code"),
    [
        ("div", (1, 0), "E0413"),
        ("div", (-(2**63), -1), "E0411"),
        ("abs", (-(2**63),), "E0411"),
        ("to_int", (1e19,), "E0411"),
        ("round", (-1e300,), "E0411"),
        ("sum", ([2**62, 2**62],), "E0411"),
        ("sum", ([1.7e308, 1.7e308],), "E0412"),
        ("matches", ("a", "("), "E0430"),
        ("search", ("a", r"(a)\1"), "E0430"),
        ("matches", ("a", r"\C"), "E0430"),
        ("matches", ("a", "a" * (MOST_PATTERN + 1)), "E0430"),
        ("replace_regex", ("a", "(a)", r"\2"), "E0430"),
        ("replace_regex", ("a" * (MOST_MATCHES + 1), "a", ""), "E0431"),
    ],
)
def test_faults(name: str, arguments: tuple[Value, ...], code: str) -> None:
    with pytest.raises(PrimitiveFault) as caught:
        apply(name, *arguments)
    assert caught.value.code == code and caught.value.span is not None


def test_a_refused_pattern_is_not_told_at_full_length() -> None:
    """One that was computed may be a document, and what is told of a fault goes to the journal."""
    with pytest.raises(PrimitiveFault) as caught:
        apply("matches", "a", "[" + "document " * 400)
    assert len(caught.value.message) < 200 and "missing ]" in caught.value.message


def test_a_sum_may_pass_the_range_on_its_way() -> None:
    assert apply("sum", [2**63 - 1, 1, -1]) == 2**63 - 1


def test_hostile_patterns_take_linear_time() -> None:
    for pattern, text in [
        ("(a+)+$", "a" * 100_000 + "b"),
        (r"^(\w+\s?)*$", "word " * 20_000 + "!"),
        ("a*a*a*a*b", "a" * 100_000),
    ]:
        assert apply("matches", text, pattern) is False


@pytest.mark.parametrize(
    "pattern", ["(a+)+$", "a*a*b", r"\w+\d", ".*x.*y", "(a|b)*", "(?i)a", "a{10}", "a+a{3}", "(ab){3}", r"\pL", "é"]
)
def test_patterns_that_may_backtrack_stay_with_the_engine(pattern: str) -> None:
    assert swift(pattern) is None


def test_work_of_another_engine_is_bounded_by_ways_and_length() -> None:
    for pattern in [r"level=(ERROR|WARN) user \d+", r"\d+$", "a?" * 16 + "b", "[^,]*,x"]:
        proved = swift(pattern)
        assert proved is not None and 0 <= proved.most <= 2048 and apply("matches", "1a,ERROR" * 1000, pattern) is False


@pytest.mark.parametrize("text", ["añ1", "𝒳 22\x00", "\ud800 3", "x\udfff4"])
def test_search_counts_in_characters_whatever_the_text_holds(text: str) -> None:
    for end, groups, start, found in apply("search", text, r"(\d)(x)?"):
        assert text[start:end] == found.s == groups[0].s
        assert groups[1].s == ""
    assert [start for _, _, start, _ in apply("search", text, "")] == list(range(len(text) + 1))


def test_sections_of_a_text() -> None:
    """Fields in the order of their names: body, end, head, start."""
    assert read(apply("sections", "a\nH1\r\nb\nH2\nH3", "^H")) == [
        ("a\n", 2, "", 0),
        ("b\n", 8, "H1", 2),
        ("", 11, "H2", 8),
        ("", 13, "H3", 11),
    ]
    assert read(apply("sections", "abc", "^H")) == [("abc", 3, "", 0)]
    assert read(apply("sections", "a\nb\n", "")) == [("", 2, "a", 0), ("", 4, "b", 2)]
    assert read(apply("sections", "", "^")) == []


def test_records_hold_their_fields_in_the_order_of_names() -> None:
    """What `search`, `rank`, `tally` and `sections` make is read by place."""
    assert record_of(start=INT, end=INT, text=TEXT, groups=list_of(TEXT)).fields[0][0] == "end"
    ((index, score, text),) = apply("rank", ["a cat", "no"], "Cat", 5)
    assert (index, text.s) == (0, "a cat") and score > 0
    end, source, start = apply("where", span_of(Document("book", "abcdef"), 2, 3))
    assert (start, end, source.s) == (2, 5, "book")


def test_rank_finds_words_in_any_script_and_breaks_ties_by_index() -> None:
    texts = ["the dog", "a cat, a CAT", "猫が好きです", "cat", "cat"]
    assert [index for index, _, _ in apply("rank", texts, "cat", 9)] == [3, 4, 1]
    assert [index for index, _, _ in apply("rank", texts, "好き", 9)] == [2]
    assert apply("rank", texts, "cat", 0) == [] == apply("rank", texts, "", 9)


def test_keys_are_equal_when_values_are() -> None:
    type_ = record_of(a=list_of(TEXT), b=option_of(FLOAT))
    values = [([Text("x")], None), ([document("x")], None), ([Text("y")], None), ([Text("x")], (0.0,)), ([Text("x")], (-0.0,))]
    equal, key = equality(type_), key_of(type_)
    for a in values:
        for b in values:
            assert equal(a, b) == (key(a) == key(b))
    assert len({key(value) for value in values}) == 3


def test_texts_are_shown_as_they_are() -> None:
    text = document("abc")
    assert shown(TEXT)(text) is text
