"""What is noticed at an answer, and that nothing is where nothing is odd."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from lambda_rlm.answering.rounds.findings import findings
from lambda_rlm.answering.rounds.written import written
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.execution.run import Dropped, Run, RunUsage, Signs
from lambda_rlm.inputs import from_values
from lambda_rlm.types.type import TEXT
from tests.answering.test_synthesize import Root, asked, leaf
from tests.support.answering import ask

COMPLETE = Dropped()
LONG = "A line of the book that says little.\n" * 2_000


def found(
    value: Any,
    query: str = "What?",
    program: str = '"x"',
    context: Any = LONG,
    *,
    share: float = 1.0,
    calls: int = 0,
    dropped: Dropped = COMPLETE,
    **signs: Any,
) -> tuple[str, ...]:
    run = Run(
        source=SourceFile("program", program),
        type=TEXT,
        id="01",
        value=value,
        usage=RunUsage(calls=calls),
        dropped=dropped,
        coverage={"context": share},
        signs=Signs(**signs),
    )
    return findings(query, from_values({"context": context}), run)


# ── nothing ──


@pytest.mark.parametrize(
    ("value", "what"),
    [
        (None, "is none"),
        ("", "is empty"),
        (" \n", "is empty"),
        ([], "is empty"),
        ({"who": None, "when": ""}, "every field"),
        ("not found", "nothing was found"),
        ("Nothing found.", "nothing was found"),
        ("Nicht gefunden", "nothing was found"),
        ("Aucun résultat.", "nothing was found"),
        ("No encontrado", "nothing was found"),
        ("non trovato", "nothing was found"),
        ("Не найдено", "nothing was found"),
        ("未找到。", "nothing was found"),
        ("見つかりませんでした", "nothing was found"),
        ("찾을 수 없음", "nothing was found"),
        ("غير موجود", "nothing was found"),
        ("नहीं मिला", "nothing was found"),
    ],
    ids=str,
)
def test_an_answer_that_holds_nothing_is_noticed(value: Any, what: str) -> None:
    (finding,) = found(value)
    assert what in finding


def test_a_word_that_the_question_names_is_a_label() -> None:
    assert found("unknown", "Is the author known, unknown or disputed?") == ()
    assert found("unknown", "Who is the author?") != ()


@pytest.mark.parametrize(
    "value",
    [
        "Ann",
        "нет",
        "Na",
        "no",
        "0 of 5 were found",
        "None of the suppliers was late, and all reports agree.",
        False,
        351,
        {"who": "Ann", "when": None},
    ],
    ids=str,
)
def test_an_answer_that_says_something_is_not(value: Any) -> None:
    assert found(value) == ()


@pytest.mark.parametrize(
    "program",
    [
        'match first(search(context, "zebra")) { some(m) => m.text, none => "kein Zebra im Buch" }',
        'match first(search(context, "zebra")) { some(m) => m.text, none => { let x = 1; "kein Zebra im Buch" } }',
        'let o = first(lines("")); o ?? "kein Zebra im Buch"',
        'unwrap_or(first(lines("")), "kein Zebra im Buch")',
        'let rows = lines(""); if is_empty(rows) then "kein Zebra im Buch" else join(rows, "")',
        'let n = length(context); if n == 0 then "kein Zebra im Buch" else f"{n}"',
    ],
)
def test_what_a_program_says_where_it_finds_nothing_is_noticed(program: str) -> None:
    """In whatever language: it is known by its place in the program."""
    assert found("kein Zebra im Buch", program=program)[0] == "the answer is what the program says where it finds nothing"


@pytest.mark.parametrize(
    ("value", "program"),
    [
        ("no", 'match first(search(context, "zebra")) { some(_) => "yes", none => "no" }'),
        ("short", 'if length(context) == 0 then "short" else "long"'),
        ("Ann", 'match first(lines(context)) { some(l) => l, none => "not there" }'),
    ],
)
def test_an_answer_that_was_chosen_is_none_of_them(value: str, program: str) -> None:
    assert found(value, program=program) == ()


# ── rows ──


@pytest.mark.parametrize(
    ("value", "what"),
    [
        ([None, None, 3], "2 of 3 rows"),
        ([{"a": None, "b": ""}, {"a": "x", "b": "y"}, {"a": None, "b": []}], "2 of 3 rows"),
        ([{"a": 1, "b": None}, None, {"a": 1, "b": ""}], "the field `b` is none or empty in all 3 rows"),
        ([{"a": 1, "b": None}] * 3, "the field `b` is none or empty in all 3 rows"),
        ("Kenya: none\nChile: none\nJapan: 5", "2 of 3 rows"),
        ("Kenya:\nChile:", "2 of 2 rows"),
        ("| Kenya | - |\n| Chile | n/a |", "2 of 2 rows"),
        ("肯尼亚：none\n智利：5\n日本：none", "2 of 3 rows"),
    ],
    ids=str,
)
def test_rows_of_none_are_noticed(value: Any, what: str) -> None:
    (finding,) = found(value)
    assert what in finding


@pytest.mark.parametrize(
    "value",
    [
        ["Ann", "Bob"],
        [{"a": 1, "b": None}, {"a": 2, "b": 3}, {"a": 2, "b": None}],
        [{"a": 1, "b": None}] * 2,
        "Kenya: 4878352\nChile: 4876049",
        "Errors: none\nWarnings: 3",
        "It began.\n\nThen: none came.",
        "A duty - none\nwithout a colon",
    ],
    ids=str,
)
def test_rows_that_say_something_are_not(value: Any) -> None:
    assert found(value) == ()


# ── little read ──


@pytest.mark.parametrize(
    "query",
    [
        "Which is the most common label of all questions?",
        "How often is the harbor named?",
        "Wie oft wird der Hafen genannt?",
        "Welche Städte werden insgesamt genannt?",
        "Quels sont tous les lieux visités ?",
        "¿Cuántas veces se nombra el puerto?",
        "Quali sono tutti i luoghi?",
        "Quais são todos os lugares?",
        "Назовите всех персонажей книги",
        "列出所有的地点",
        "すべての場所を挙げてください",
        "모든 장소를 나열하세요",
        "اذكر جميع الأماكن",
        "सभी स्थानों की सूची दें",
    ],
)
def test_little_read_for_a_question_about_all_is_noticed(query: str) -> None:
    (finding,) = found("the harbor", query, share=0.003, is_replied=True)
    assert finding == "the question is about all of `context`, and the model read 0.3% of it"


@pytest.mark.parametrize(
    ("query", "share", "context", "is_replied"),
    [
        ("What is the code of the west gate?", 0.003, LONG, True),
        ("How many people live in Oslo?", 0.003, LONG, True),
        ("What are all places?", 0.3, LONG, True),
        ("What are all places?", 0.003, "short", True),
        ("What is the median of all latencies?", 0.003, LONG, False),
    ],
    ids=["a place", "a fact", "much", "short", "computed"],
)
def test_reading_little_is_right_elsewhere(query: str, share: float, context: str, is_replied: bool) -> None:
    """A fact is at one place, and what code computes over all is read by no model."""
    assert found("the harbor", query, context=context, share=share, is_replied=is_replied) == ()


@pytest.mark.parametrize(
    ("cut", "query", "is_noticed"),
    [(0.8, "List all places.", True), (0.2, "List all places.", False), (0.8, "Where is the gate?", False)],
)
def test_much_cut_off_for_a_question_about_all_is_noticed(cut: float, query: str, is_noticed: bool) -> None:
    dropped = Dropped(characters_before_prompts=int(cut * len(LONG)))
    what = ("the question is about all there is, and the program cut off 80% of it before a prompt",) if is_noticed else ()
    assert found("the harbor", query, share=1 - cut, dropped=dropped, is_replied=True) == what


@pytest.mark.parametrize(
    ("dropped", "what"),
    [
        (Dropped(items=12), ("12 of 40 items got no valid reply",)),
        (Dropped(or_else=9), ("9 of 30 calls failed and gave `or_else`",)),
        (Dropped(items=3, or_else=2), ()),
        (Dropped(), ()),
    ],
    ids=["items", "calls", "few", "none"],
)
def test_many_replies_that_are_missing_are_noticed(dropped: Dropped, what: tuple[str, ...]) -> None:
    assert found("Ann", dropped=dropped, calls=30, mapped=40) == what


# ── patterns ──


@pytest.mark.parametrize(
    ("program", "value"),
    [
        ('search(context, r"zebra-\\d+") |> map(fn(m) => m.text)', []),
        ('length(search(context, r"zebra-\\d+"))', 0),
        ('let p = r"zebra-\\d+"; f"{count(lines(context), fn(l) => matches(l, p))}"', "0"),
        ('lines(context) |> filter(fn(l) => contains(l, r"zebra-\\d+")) |> join("")', ""),
    ],
)
def test_a_pattern_that_matched_nothing_is_noticed(program: str, value: Any) -> None:
    assert r"`zebra-\d+` matches nothing in the inputs" in found(value, program=program)


def test_a_pattern_that_matches_at_a_line_or_in_a_row_is_not() -> None:
    rows = [{"status": "DELIVERED", "note": "a\nWARN b"}]
    program = 'search(to_json(context), "^WARN") |> length |> f; contains("", "delivered")'
    assert written(SourceFile("program", 'length(search(to_json(context), "^WARN"))')).patterns == ("^WARN",)
    assert found(0, program='length(search(to_json(context), "^WARN"))', context=rows) == ()
    assert found(0, program='count(context, fn(r) => contains(lower(r.status), "delivered"))', context=rows) == ()
    assert found(0, program=program, context=rows) == (), "a text that is no program says nothing"


def test_a_pattern_may_match_nothing_where_there_is_an_answer() -> None:
    """A program may look for the likely form first, and for another one then."""
    assert found("Ann", program='match first(search(context, "zebra")) { some(m) => m.text, none => take(context, 3) }') == ()


# ── units ──


@pytest.mark.parametrize(
    ("query", "value"),
    [
        ("What is the 95th percentile in ms?", "payments: 431"),
        ("Give the area of each in square km.", "Algeria: 2381740\nSudan: 1861484"),
        ("How long did it take, in minutes?", "It took 12."),
        ("Wie groß ist der Anteil in Prozent?", "12,5"),
        ("Quelle est la distance en kilomètres ?", "12"),
        ("¿Cuál es la distancia en kilómetros?", "12"),
        ("Каково расстояние в километрах?", "12"),
        ("距离以公里为单位是多少？", "12"),
        ("距離をキロで答えてください", "12"),
    ],
)
def test_a_unit_that_is_missing_is_noticed(query: str, value: str) -> None:
    (finding,) = found(value, query)
    assert "unit" in finding


@pytest.mark.parametrize(
    ("query", "value"),
    [
        ("What is the 95th percentile in ms?", "payments: 431 ms"),
        ("What is the 95th percentile in ms?", "431ms"),
        ("What is the 95th percentile in ms?", 431),
        ("Give the area of each in square km.", "Algeria: 2381740 sq km"),
        ("Give the area of each in square km.", "Algeria: 2381740 km²"),
        ("How long did it take, in minutes?", "It took twelve of them"),
        ("What share is that in percent?", "12.5 %"),
        ("What happened in May 2024?", "3 ships sank"),
        ("Which place in Kenya is named most?", "Lamu: 7"),
        ("Who lives in M. and who in D?", "12 people"),
        ("Wie groß ist der Anteil in Prozent?", "12,5 Prozent"),
        ("距离以公里为单位是多少？", "12公里"),
        ("How many days was it?", "351"),
    ],
)
def test_a_unit_that_is_there_or_not_asked_for_is_not(query: str, value: Any) -> None:
    assert found(value, query) == ()


# ── labels ──


LABELLING = 'let found = llm_map[{}](map(range(0, {}), fn(n) => f"item {{n}}"), "Which label?") |> values;\nlength(found)'


@pytest.mark.parametrize(
    ("type_", "items", "second", "what"),
    [
        ('"a" | "b" | "c"', 32, "a", ("the model gave all 32 items the same label",)),
        ('"a" | "b" | "c"', 32, "b", ()),
        ('"a" | "b" | "c"', 16, "a", ()),
        ('"a" | "b"', 32, "a", ()),
        ("Bool", 32, None, ()),
    ],
    ids=["alike", "differing", "few", "of two", "yes or no"],
)
def test_labels_all_alike_are_noticed(type_: str, items: int, second: str | None, what: tuple[str, ...]) -> None:
    def reply(first: str) -> str:
        return "[" + ", ".join([first] * 16) + "]"

    one = "true" if type_ == "Bool" else '"a"'
    other = one if second is None else f'"{second}"'
    model = leaf((r"item 16\b", reply(other)), ("item", reply(one)))
    run = asked(Root(LABELLING.format(type_, items), "done"), model=model, rounds=1)
    assert run.value == items and not run.degraded
    assert findings("Which is it?", from_values({"context": "some text"}), run) == what


# ── where they are told ──


def test_a_finding_is_a_note_of_the_run_whatever_the_route() -> None:
    inputs = from_values({"context": LONG})
    written_ = anyio.run(lambda: ask("Who?", inputs, leaf(), root=Root('""', "done"), choice="synth"))
    assert "the answer is empty" in written_.notes
    planned = anyio.run(lambda: ask("Who?", inputs, leaf(("", "not found")), choice="plan", task="search"))
    assert any("nothing was found" in note or "finds nothing" in note for note in planned.notes)
    fine = anyio.run(lambda: ask("Who?", inputs, leaf(), root=Root('"Ann"'), choice="synth"))
    assert not any("answer" in note for note in fine.notes)
