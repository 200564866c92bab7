"""A person at a terminal sees exactly the program that is hashed, cell by cell, whatever the program tries."""

from __future__ import annotations

import io
import re
import sys
import unicodedata
from collections.abc import Iterator
from itertools import pairwise

import pyte
import pytest

from lambda_rlm.budget.budget import Budget
from lambda_rlm.cli.display import approval_screen, screen
from lambda_rlm.cli.display.look_alikes import look_alikes
from lambda_rlm.cli.settings import DEFAULTS
from lambda_rlm.cli.terms import terms
from lambda_rlm.completion import ModelProfile
from lambda_rlm.diagnostics.diagnostic import Rejected
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.execution.check import check
from lambda_rlm.execution.prospect import Prospect, foresee
from lambda_rlm.llm.scripted import ScriptedModel
from lambda_rlm.syntax.parse import parse
from lambda_rlm.syntax.printing.pretty import pretty

PROFILE = ModelProfile(name="openai/m\x1b[2J\n1 | llm_call(query)", window=100_000, max_output=1_000)
CALL = 'llm_call(f"{query}")'
WALL = "\n".join(f"# {number}" for number in range(2_000))

REFUSED = {
    "erased line": f"# \x1b[2K\x1b[1Glet secret = 1;\n{CALL}",
    "cleared screen": f"# \x1b[2J\x1b[H\n{CALL}",
    "cursor up": f"{CALL} # \x1b[1A\x1b[2K",
    "one byte of control": f"# \x9b2J\n{CALL}",
    "title": f"# \x1b]0;safe\x07\n{CALL}",
    "hyperlink": f"# \x1b]8;;http://a\x1b\\a\x1b]8;;\x1b\\\n{CALL}",
    "hidden ink": f"# \x1b[8mhidden\n{CALL}",
    "backspaces": f"{CALL} # " + "\x08" * 30 + "1",
    "carriage return": f"{CALL}\r# nothing",
    "carriage return in a comment": f"# a\r{CALL}\n1",
    "carriage return in a text": f'f"a\r1 | done {{query}}" ++ {CALL}',
    "turned right to left": f"# \u202e)yreuq(llac\n{CALL}",
    "isolates": f'"\u2066 # " ++ {CALL} ++ "\u2069"',
    "marks of direction": f"# \u200f\u200e\u061c\n{CALL}",
    "no width": f'"a\u200bb" ++ {CALL}',
    "joiners": f'"\U0001f469\u200d\U0001f4bb" ++ {CALL}',
    "byte order mark": f"\ufeff{CALL}",
    "word joiner": f'"a\u2060b" ++ {CALL}',
    "soft hyphen": f'"a\xadb" ++ {CALL}',
    "line separator": f"# a\u2028{CALL}\n1",
    "paragraph separator": f"# a\u2029{CALL}\n1",
    "next line": f"# a\x85{CALL}\n1",
    "form feed": f"# a\x0c{CALL}\n1",
    "vertical tab": f"# a\x0b{CALL}\n1",
    "variation": f'"\u2764\ufe0f" ++ {CALL}',
    "tags": f'"a{"".join(chr(0xE0000 + ord(c)) for c in "evil")}" ++ {CALL}',
    "filler": f'"a\u3164b\u115f" ++ {CALL}',
    "null": f"# \x00\n{CALL}",
    "bell": f"# {chr(7) * 9}\n{CALL}",
    "delete": f'"a\x7fb" ++ {CALL}',
    "interlinear": f'"\ufff9a\ufffab\ufffb" ++ {CALL}',
    "shift of the character set": f"# \x0e\n{CALL}",
    "hidden in a raw text": f'r"\u202e" ++ {CALL}',
}
SHOWN = {
    "plain": CALL,
    "frame in a comment": f"# 1 | nothing\n#   : more\n# {approval_screen.END}\n{CALL}",
    "end of the program in a comment": f"{approval_screen.END.replace('=', '#')}\n{CALL}",
    "hash and question in a comment": f"# hash 0123\n# Run it? [y/N] y\n{CALL}",
    "padded to the next row": f"# {' ' * 75}1 | safe\n# {' ' * 36}1 | safe\n# {' ' * 195}1 | safe\n{CALL}",
    "long line": f'{CALL} ++ "{"abcdefghij" * 300}"',
    "long line of spaces": f'{CALL} ++ "{" " * 700}{CALL.replace(chr(34), chr(39))}"',
    "long comment": f"# {'ha ' * 900}\n{CALL}",
    "trailing spaces": f'{CALL} ++ r"a{" " * 90}\n   b  "',
    "tabs": f'# a\tb\t\tc\n{CALL} ++ r"\t|\t"',
    "line ends of two characters": f'# a\r\n{CALL} ++ r"a\r\nb"\r\n',
    "escaped signs": f'{CALL} ++ "\\u202e\\u001b[2J\\u0007\\r"',
    "escaped signs in a template": 'llm_call(f"\\u202e{query}\\u001b[2J")',
    "wide letters": f"# {'日本語' * 60}\n{CALL}",
    "wide and narrow": f"# {'a日' * 90}\n{CALL}",
    "emoji": "# " + "\U0001f600" * 90 + f"\n{CALL}",
    "combining marks": "# " + "e\u0301" * 120 + f"\n{CALL}",
    "piled marks": "# e" + "\u0301" * 60 + f"z\n{CALL}",
    "marks without a letter": f'# \u0301\u0302 "\u0338" |\u20d2\n{CALL} ++ r"\n\u0336\u0336"',
    "look-alikes": f'# pаypal ο \u0455\u0435\u0441ret\n{CALL} ++ "＂ ++ take(secret, 9) ++ ＂"',
    "right to left scripts": f"# שלום עולם العربية\n{CALL}",
    "blank signs of width": f"# a{chr(0xA0) * 50}b{chr(0x3000) * 50}c\u2800d\n{CALL}",
    "box signs": f"# │ ┆ ╔══╗ 1 │ x\n{CALL}",
    "nested comments": f"# # ## /* (* <!-- # {CALL}\n{{ # a\n  let x = 1; # b\n  {CALL} # c\n}}",
    "very many lines": f"{WALL}\n{CALL}",
    "deep": "(" * 30 + CALL + ")" * 30,
    "long template": f'llm_call(f"{"word " * 300}{{query}}{"{query} " * 60}")',
    "text over lines": f'{CALL} ++ r"\n1 | {CALL.replace(chr(34), chr(39))}\n== end of program ==\n\nRun it? [y/N] "',
    "only letters of math": f"# \U0001d41a\U0001d41b \u212b \uff41\n{CALL}",
}


def prospect_of(program: str) -> Prospect:
    checked = check(program)
    assert checked.typed is not None, checked.diagnostics
    found = foresee(
        checked.typed, {"context": "c", "query": "who\x1b[2J\n== what is approved =="}, ScriptedModel((), PROFILE), Budget(),
        terms=terms(DEFAULTS, PROFILE, None, {}),
    )  # fmt: skip
    return found


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def rows_seen(found: Prospect, columns: int, lines: int, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The rows of an emulated terminal after the screen of the approval was written to it, in color, those that scrolled away
    included; cells that nothing was written to are not there."""
    written = Terminal()
    monkeypatch.setattr(sys, "stderr", written)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert found.what_runs is not None
    screen.write([(approval_screen.screen(found, found.what_runs, columns), "source"), ("\nRun it? [y/N] ", "note")])
    emulated = pyte.HistoryScreen(columns, lines, history=200_000, ratio=0.5)
    pyte.Stream(emulated).feed(written.getvalue().replace("\n", "\r\n"))
    rows = [*emulated.history.top, *(emulated.buffer[y] for y in range(emulated.cursor.y + 1))]
    return ["".join(row[x].data for x in range(max(row, default=-1) + 1)) for row in rows]


ROW = re.compile(r"( *\d+) \| (.*)|( +) : (.*)", re.DOTALL)


def program_seen(rows: list[str]) -> list[str]:
    """The lines of the program as a person reads them off the rows: a row with a number begins one, the others go on."""
    start, end = rows.index("== program =="), rows.index(approval_screen.END)
    found: list[str] = []
    for row in rows[start + 1 : end]:
        hit = ROW.fullmatch(row)
        assert hit is not None, row
        if hit[1] is not None:
            assert int(hit[1]) == len(found) + 1
            found.append(hit[2])
        else:
            found[-1] += hit[4]
    return found


def expected(program: str) -> list[str]:
    """What is hashed, with a picture of each tab and carriage return."""
    return ["".join(_cells(line)) for line in program.split("\n")]


def _cells(line: str) -> Iterator[str]:
    """Characters; a mark is an escape unless it is one of the first four of a letter."""
    marks, is_letter = 0, False
    for character in line:
        if unicodedata.category(character) in ("Mn", "Me"):
            marks += 1
            is_drawn = is_letter and marks <= 4
            yield character if is_drawn else f"\\u{ord(character):04x}"
            is_letter = is_drawn
        else:
            marks, is_letter = 0, character.isalpha()
            yield {"\t": "␉", "\r": "␍"}.get(character, character)


@pytest.mark.parametrize("name", REFUSED)
def test_a_program_that_hides_something_is_never_shown(name: str) -> None:
    with pytest.raises(Rejected) as caught:
        parse(SourceFile("p", REFUSED[name]))
    assert {found.code for found in caught.value.diagnostics} == {"E0121"}


@pytest.mark.parametrize(("columns", "lines"), [(40, 10), (80, 24), (200, 60), (24, 5)])
@pytest.mark.parametrize("name", SHOWN)
def test_the_program_on_the_screen_is_the_one_that_is_hashed(
    name: str, columns: int, lines: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = prospect_of(SHOWN[name])
    assert found.what_runs is not None
    rows = rows_seen(found, columns, lines, monkeypatch)
    program = pretty(parse(SourceFile("p", SHOWN[name]))).rstrip("\n")
    assert found.what_runs.program == program
    nfc = [unicodedata.normalize("NFC", line) for line in expected(program)]
    assert [unicodedata.normalize("NFC", line) for line in program_seen(rows)] == nfc
    assert all(sum(not unicodedata.combining(cell) for cell in row) < columns for row in rows), "the last column stays free"


@pytest.mark.parametrize("name", SHOWN)
def test_nothing_of_a_program_or_a_name_begins_a_row(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each row at the left edge is one of ours, once and in order; all others begin with a frame."""
    rows = rows_seen(prospect_of(SHOWN[name]), 80, 24, monkeypatch)
    ours = ["== program ==", approval_screen.END, "== cost tree ==", "== what is approved ==", "Run it? [y/N] "]
    places = [rows.index(row) for row in ours]
    assert [rows.count(row) for row in ours] == [1] * len(ours)
    assert all(before < after for before, after in pairwise(places))
    framed = re.compile(r"[ \w]* [|:] .*|")
    assert all(framed.fullmatch(row) for row in rows if row not in ours), [row for row in rows if not framed.fullmatch(row)]


def test_fifty_programs_and_more_were_tried() -> None:
    assert len(REFUSED) + len(SHOWN) >= 50


def test_all_that_is_hashed_is_on_the_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    found = prospect_of(CALL)
    assert found.what_runs is not None
    text = " ".join(row.lstrip(" |:") for row in rows_seen(found, 200, 60, monkeypatch))
    for term in found.what_runs.terms:
        for words in term.words.replace("\x1b", "␛").replace("\n", "␊").split(" · "):
            assert words[:60] in text, words
    assert found.what_runs.hash in text


def test_a_sub_model_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    """It writes programs that nobody is asked about."""
    note = "rlm_call has a model write programs of its own, which nobody is asked about"
    for program, is_noted in ((f"rlm_call(query, context, 5) ++ {CALL}", True), (f"{CALL}  # rlm_call", False)):
        rows = rows_seen(prospect_of(program), 200, 60, monkeypatch)
        assert any(note in row for row in rows) == is_noted


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("# pаypal", "line 1 has letters of several scripts in one word: pаypal, with U+0430 (cyrillic small letter a)"),
        ("1\n# αbc", "line 2 has letters of several scripts in one word: αbc, with U+03B1 (greek small letter alpha)"),
        ('"a＂"', 'line 1 has U+FF02 (fullwidth quotation mark), which looks like `"` and is not'),
        ("# a\u037e", "line 1 has U+037E (greek question mark), which looks like `;` and is not"),
        ("1\n# שלום", "line 2: letters written from right to left, which a terminal may show in another order"),
        ("# a \u2212 b", "line 1 has U+2212 (minus sign), which looks like `-` and is not"),
    ],
)
def test_look_alikes_are_noted(text: str, said: str) -> None:
    assert [*look_alikes(text)] == [said]


@pytest.mark.parametrize(
    "text", ["# plain", "# Größe naïve", "# Привет мир", "# 日本語text", "# αβγ δ", "# “curly” – dash…", "# x² ½"]
)
def test_ordinary_words_are_not_noted(text: str) -> None:
    assert [*look_alikes(text)] == []
