"""What a masked layout tells of an input, and what it does not."""

from __future__ import annotations

import json
import random
import re
import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_rlm.inputs import from_values
from lambda_rlm.synth.layout import forms as module
from lambda_rlm.synth.layout.forms import MaskedForm
from lambda_rlm.synth.layout.layout import (
    LONGEST_FORM,
    LONGEST_SHAPE,
    MOST_COLUMNS,
    MOST_DISTINCT,
    MOST_FORMS,
    MOST_SHAPES,
    Layout,
    layout_of,
)
from lambda_rlm.synth.layout.words import MOST_LINES, layout_lines
from lambda_rlm.synth.masked import SIGNS, masked
from lambda_rlm.types.type import TEXT

ALPHABET = frozenset("aA9 \t" + SIGNS)
SHAPE = r'"(?:[^"\\]|\\.)*"…?'
LINE = re.compile(rf"      (?:first line: )?({SHAPE})(?: \d+ %)?\n")
COLUMN = re.compile(
    rf"      [\w.\[\]]+: (?:over )?[\d,]+ distinct(?:, (?:\d+|less than 1) % empty)?(?:, [\d,]+(?: to [\d,]+)? characters)?"
    rf"((?:, {SHAPE} \d+ %)*)\n"
)
TITLES = ("    shapes of lines, with their share:\n", "    columns:\n", "    lines have no common shape\n")


def laid(value: Any) -> Layout:
    inputs = from_values({"context": value})
    return layout_of(inputs.types["context"], inputs.values["context"], is_documents="context" in inputs.documents)


def text(value: Any) -> str:
    return "".join(layout_lines(laid(value), MOST_LINES))


def shapes(value: Any) -> list[tuple[str, int]]:
    return [(form.mask, form.percent) for form in laid(value).lines]


# ── lines ──


def log(lines: int) -> str:
    chance = random.Random(1)
    return "\n".join(
        f"2026-03-01T00:{n % 60:02}:22.{n % 900 + 99} {chance.choice(['INFO', 'INFO', 'ERROR']):5} [{chance.choice(['auth', 'mail'])}] "
        f"trace={chance.randrange(2**20):05x} latency={chance.randrange(1, 999)}ms {chance.choice(['cache miss', 'talking to db'])}"
        for n in range(lines)
    )


def test_lines_that_differ_in_words_and_numbers_are_one_shape() -> None:
    """A trace of digits alone is as common as any other, and would tell an author that traces are numbers."""
    ((shape, percent),) = shapes(log(5_000))
    assert percent == 100
    assert re.fullmatch(r"999-99-99A99:99:99\.999 AAA  \[aaa\] aaa=9*(a+9+|9+a+)[a9]* aaa=999?aa aaa( aa)? (aa|aaa)", shape), (
        shape
    )


def test_what_has_other_signs_is_another_shape() -> None:
    assert shapes("a=1\nb=22\nsome words, here\n\nc=3\n") == [("a=9", 60), ("aaa aaa, aaa", 20), ("", 20)]


def test_the_first_line_is_shown_where_it_is_like_no_other() -> None:
    body = "".join(f"{n};Berlin;12.50\n" for n in range(1_000))
    assert laid("id;city;price in EUR\n" + body).first == MaskedForm("aa;aaa;aaa aa AAA", 100)
    assert laid(body).first is None
    assert '      first line: "aa;aaa;aaa aa AAA"\n' in text("id;city;price in EUR\n" + body)


def test_different_lines_are_compared_by_their_beginnings() -> None:
    chance = random.Random(2)
    lines = [f"[10:{n % 60:02}] Ana: " + "".join(chance.choices("abc.,;:!-()' ", k=60)) for n in range(400)]
    (form,) = laid("\n".join(lines)).lines
    assert form.mask.startswith("[99:99] Aaa:") and form.percent > 50 and form.is_cut
    assert '"… ' in text("\n".join(lines))


def test_who_speaks_is_seen_before_what_is_said() -> None:
    chance = random.Random(4)
    said = [
        "No.",
        "Why? We had that in May, and it cost 1,200.",
        "He said: “not yet”, and left...",
        "(all of them)",
        "30% over; why?",
    ]
    lines = [f"{chance.choice(['Ana', 'Bo'])} Ruiz: {' '.join(chance.choices(said, k=6))}" for _ in range(900)]
    forms = laid("\n".join(lines)).lines
    assert sum(form.percent for form in forms) >= 50
    assert all(re.match("Aaa? Aaaa: ?", form.mask) and form.is_cut for form in forms)


def test_lines_without_a_common_shape_are_called_so() -> None:
    chance = random.Random(3)
    prose = "\n".join("".join(chance.choices("ab,.;:!?-()'\"", k=80)) for _ in range(500))
    assert laid(prose) == Layout(is_varied=True) and text(prose) == "    lines have no common shape\n"
    assert laid("") == Layout() and text("") == ""


def test_a_long_text_is_looked_at_in_all_its_parts() -> None:
    half = 3_000_000
    found = dict(shapes("key=word 1\n" * (half // 11) + "- some word\n" * (half // 12)))
    assert 48 <= found["aaa=aaa 9"] <= 56 and 44 <= found["- aaa aaa"] <= 52


def test_neighbors_are_looked_at_so_that_no_period_is_missed() -> None:
    """Records of four lines: a step that meets every fourth would see one of them."""
    found = dict(shapes("@seq_1\nACGT\n+\n!!!!\n" * 400_000))
    assert found == {"@aaa_9": 25, "AAA": 25, "+": 25, "!!!": 25}


@pytest.mark.parametrize(
    "text", ["a b.\n" * 2_000_000, "x" * 10_000_000, "\n" * 10_000_000], ids=["lines", "one line", "empty lines"]
)
def test_of_a_long_text_a_million_characters_are_masked(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    seen = 0

    def counted(text: str, longest: int) -> str:
        nonlocal seen
        seen += len(text) + 1
        return masked(text, longest)

    monkeypatch.setattr(module, "masked", counted)
    layout_of(TEXT, text)
    assert 0 < seen <= 2**20


def test_documents_have_the_shapes_of_all_their_lines() -> None:
    docs = [{"name": f"{n}.txt", "text": "Title: words\n" + f"{n}. item\n" * 9} for n in range(1_000)]
    inputs = from_values({"context": docs})
    found = layout_of(inputs.types["context"], inputs.values["context"], is_documents=True)
    assert [(form.mask, form.percent) for form in found.lines] == [("999. aaa", 90), ("Aaaa: aaa", 10)]
    assert found.columns == ()


# ── columns ──

ROWS = [
    {
        "id": n,
        "day": f"2026-03-{n % 28 + 1:02}",
        "note": None if n % 4 == 0 else "" if n % 4 == 1 else "left, at the door",
        "x": n / 8,
    }
    for n in range(200)
]


def test_a_column_has_its_length_shape_and_numbers() -> None:
    assert text(ROWS) == (
        "    columns:\n"
        '      day: 28 distinct, 10 characters, "999-99-99" 100 %\n'
        "      id: 200 distinct, 1 to 3 characters\n"
        '      note: 1 distinct, 50 % empty, 17 characters, "aaa, aa aaa aaa" 100 %\n'
        "      x: 200 distinct, 3 to 6 characters\n"
    )


def test_a_column_may_be_empty_in_a_few_rows() -> None:
    rows = [{"a": "x"}] * 999 + [{"a": ""}]
    assert '      a: 1 distinct, less than 1 % empty, 1 characters, "a" 100 %\n' in text(rows)
    assert "      a: 0 distinct, 100 % empty\n" in text([{"a": ""}, {"a": None}])


@pytest.mark.parametrize("value", [{"is_ill": True}, [{"is_ill": True}], [True], {"a": {"b": [True, True]}}], ids=str)
def test_a_truth_value_is_not_told_by_its_length(value: Any) -> None:
    other = json.loads(json.dumps(value).replace("true", "false"))
    assert text(value) == text(other) and "characters" not in text(value) and "1 distinct" in text(value)


def test_places_inside_of_rows_are_columns() -> None:
    rows = [{"who": {"name": "Ann", "tags": ["a-1", "b-2"]}}, {"who": None}]
    assert [column.path for column in laid(rows).columns] == ["who.name", "who.tags[]"]
    assert [column.path for column in laid({"a": "x", "b": [1]}).columns] == ["a", "b[]"]
    assert [column.path for column in laid(["x", "y"]).columns] == ["[]"]
    assert laid(7) == Layout() and text(7) == ""


def test_distinct_values_are_counted_to_an_end() -> None:
    few, many = ([f"{n}" for n in range(MOST_DISTINCT + more)] for more in (0, 1))
    assert f"{MOST_DISTINCT:,} distinct" in text(few) and "over" not in text(few)
    assert f"over {MOST_DISTINCT:,} distinct" in text(many)


def test_a_layout_is_small_whatever_the_input() -> None:
    wide = [{f"column_{n}" * 5: "x-" * 500 for n in range(90)}] * 3
    layout = laid(wide)
    assert len(layout.columns) == MOST_COLUMNS and layout.more == 50
    assert "    and 50 more\n" in text(wide)
    assert len(text(wide)) < MOST_COLUMNS * (100 + MOST_FORMS * (LONGEST_FORM + 10) + 60)
    assert len(layout_lines(layout, 7)) == 7 and layout_lines(layout, 7)[-1] == "    and 85 more\n"
    assert [layout_lines(layout, room) for room in (0, 1, 2)] == [[], [], []]
    lines = "".join(f"{'-' * (n % 12)}" + "".join(string.punctuation[n % 12 :]) * 9 + "\n" for n in range(5_000))
    assert len(laid(lines).lines) <= MOST_SHAPES and all(len(form.mask) <= LONGEST_SHAPE for form in laid(lines).lines)


# ── what cannot be told ──

SECRETS = {
    "letters of mathematics": ("𝐒𝐞𝐜𝐫𝐞𝐭 𝟏𝟐", "𝐏𝐮𝐛𝐥𝐢𝐜 𝟗𝟗"),
    "other scripts": ("Иван Ива́нов ١٢ 東京", "Олег Петро́в ٩٩ 大阪"),
    "marks that join and turn": ("a\u200bb\u202ec\u2066d", "a\u202eb\u200bc\u200bd"),
    "none or many of them": ("ab", "a\u200b\u200b\u200b\u2069b"),
    "tags that nobody sees": ("x\U000e0041\U000e0042", "x\U000e0043\U000e0044"),
    "pictures": ("🔑🗝 ok", "😀😀 no"),
    "rare signs": ("▁▂▃▄ █", "█▄▃▂ ▁"),
    "lengths of runs": ("-----  ====", "---  ========="),
    "lengths of words": ("abc defg hijkl", "lorem ipsum dolor"),
    "marks on letters": ("e\u0301\u0302\u0303te", "ete\u0323\u0323"),
    "control signs": ("a\x1b\x07b", "a\x01\x02b"),
    "separators of lines": ("ab\u2028cd\u0085ef", "ab\u2029cd ef"),
    "private use": ("\ue000\ue001", "\uf8ff\ue123"),
}


@pytest.mark.parametrize(("one", "other"), SECRETS.values(), ids=SECRETS)
def test_what_a_mask_does_not_tell_apart_no_layout_does(one: str, other: str) -> None:
    many = [f"{text}\n" * 50 for text in (one, other)]
    assert laid(many[0]) == laid(many[1]) != Layout()
    cells = [[{"cell": text}] * 5 for text in (one + "z" * (99 - len(one)), other + "z" * (99 - len(other)))]
    assert laid(cells[0]) == laid(cells[1])


ANY = st.text(st.characters(codec="utf-8") | st.sampled_from("aB1 -\n\t\"'\\"), max_size=300)


@given(ANY | st.lists(st.fixed_dictionaries({"a": ANY, "b": st.none() | ANY, "n": st.integers(0, 99)}), min_size=1, max_size=9))
def test_any_contents_give_signs_of_the_closed_alphabet_alone(value: Any) -> None:
    found = text(value).splitlines(keepends=True)
    for line in found:
        if line in TITLES:
            continue
        match = LINE.fullmatch(line) or COLUMN.fullmatch(line)
        assert match is not None, line
        for written in re.findall(SHAPE, match[1]):
            assert set(json.loads(written.removesuffix("…"))) <= ALPHABET
    assert all(sign.isascii() or sign == "…" for sign in "".join(found))


@given(st.lists(st.text("aZ5-. ", max_size=12), max_size=40), st.randoms(use_true_random=False))
def test_a_layout_is_that_of_its_masks(lines: list[str], chance: random.Random) -> None:
    """Letters and digits exchanged one by one, each time for another."""
    others = [
        "".join(chance.choice({"a": "bcxyzß", "Z": "ABCÜ", "5": "0123٣"}.get(sign, sign)) for sign in line) for line in lines
    ]
    assert laid("\n".join(lines)) == laid("\n".join(others))
