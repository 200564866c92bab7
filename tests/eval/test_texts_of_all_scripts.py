"""Line ends, scripts and graphemes as people see them, in patterns and in what takes texts apart."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
import regex

from lambda_rlm.diagnostics.faults import PrimitiveFault
from lambda_rlm.eval.library import code
from lambda_rlm.eval.library.engine import Pattern
from lambda_rlm.eval.library.machine import Machine
from lambda_rlm.graphemes import begun, whole
from tests.support.applying import apply, document, meter, read

FAMILY = "👨‍👩‍👧"
FLAGS = "🇩🇪🇫🇷🇯🇵"


def found(pattern: str, text: str) -> list[str]:
    return [match.s for _, _, _, match in apply("search", document(text), pattern)]


# google/re2 #344 and firasdib/Regex101 #788: word edges see letters of every script, with their marks.
@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        (r"\bä", "aä ä", ["ä"]),
        (r"\bтест\b", "протест тест", ["тест"]),
        (r"\Bтест", "протест тест", ["тест"]),
        (r"\b\w+\b", "हिन्दी शब्द, ไทย", ["हिन्दी", "शब्द", "ไทย"]),
        (r"\b\w+\b", "می‌خواهم بروم", ["می‌خواهم", "بروم"]),
        (r"\w+", "cafe\u0301 nai\u0308ve", ["cafe\u0301", "nai\u0308ve"]),
        (r"[^\W\d_]+", "año_2024 straße9", ["año", "straße"]),
        (r"[\pL _-]+", "naïve - é_a9", ["naïve - é_a"]),
        (r"[]-]+[a-]", "é]-a ]]-", ["]-a", "]]-"]),
        (r"[[:alpha:]]+", "Ωμέγα 5 дом", ["Ωμέγα", "дом"]),
        (r"(?i)\bÉTÉ\b", "été, étés, Été", ["été", "Été"]),
        (r"(?i)ὈΔΥΣΣΕΎΣ|straẞe", "ὀδυσσεύς Straße", ["ὀδυσσεύς", "Straße"]),
        (r"\d+", "٣٤ and ५६ and １２", ["٣٤", "५६", "１２"]),
        (r"\D+", "٣a४", ["a"]),
        (r"\S+", "a\u00a0b\u3000c\u2009d", ["a", "b", "c", "d"]),
        (r"(?P<year>\d{4})年\Q(年)\E", "２０２４年(年)", ["２０２４年(年)"]),
    ],
)
def test_classes_and_edges_of_words_are_those_of_every_script(pattern: str, text: str, matches: list[str]) -> None:
    assert found(pattern, text) == matches
    assert apply("matches", document(text), pattern) is True


# google/re2 #433: stop words are not cut out of words with accents.
@pytest.mark.parametrize(
    ("words", "text", "left"),
    [("a|an|n", "María año n an", "María año  "), ("e|t", "été t e", "été  "), ("и|в", "вид и мир в", "вид  мир ")],
)
def test_words_are_replaced_as_wholes(words: str, text: str, left: str) -> None:
    assert apply("replace_regex", document(text), rf"(?i)\b({words})\b", "").s == left


# rust-lang/regex #244 and intel/hyperscan #274: ends of lines whatever ends them, once for `\r\n`.
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\u2028", "\u2029", "\x85"])
def test_every_line_end_ends_a_line(end: str) -> None:
    text = end.join(["test", "hello", "", "testing", ""])
    assert found("(?m)^hello$", text) == ["hello"]
    assert found("(?m)^.*$", text) == ["test", "hello", "", "testing", ""]
    assert found(".+", text) == ["test", "hello", "testing"]
    assert apply("replace_regex", document(text), "(?m)$", ";").s == end.join(["test;", "hello;", ";", "testing;", ";"])
    assert [head.s for _, _, head, _ in apply("sections", document(text), "^t.*g$")] == ["", "testing"]
    assert read(apply("lines", document(text))) == ["test", "hello", "", "testing"]
    assert read(apply("paragraphs", document(text)))[-1] == "testing"


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        (r"\n", "a\r\nb\nc", ["\r\n", "\n"]),
        (r"\r\n", "a\r\nb\nc", ["\r\n"]),
        (r"\r?\n", "a\r\nb\nc", ["\r\n", "\n"]),
        (r"\n\n+", "a\r\n\r\nb\n\n\nc", ["\r\n\r\n", "\n\n\n"]),
        (r"Name: ([^\n]+)", "Name: Ann\r\nAge", ["Name: Ann"]),
        (r"(?s)b.*", "a\r\nb\r\n", ["b\r\n"]),
        (r"(?m)\w+$", "un\r\nété\r\n", ["un", "été"]),
        (r"a\vb|c\sd", "a\vb c\vd", ["a\vb", "c\vd"]),
    ],
)
def test_a_line_feed_of_a_pattern_is_any_line_end(pattern: str, text: str, matches: list[str]) -> None:
    assert found(pattern, text) == matches


# microsoft/semantic-kernel #2794: texts with the line ends of Windows come apart at the same places.
@pytest.mark.parametrize(
    ("sep", "text", "parts"),
    [
        ("\n\n", "a\nb\n\nc\n\nd", ["a\nb", "c", "d"]),
        ("\n---\n", "x\n---\ny\nz\n---\n", ["x", "y\nz", ""]),
        ("\n", "é\n日\n", ["é", "日", ""]),
    ],
)
def test_texts_of_windows_come_apart_as_others(sep: str, text: str, parts: list[str]) -> None:
    windows, parts_of_windows = text.replace("\n", "\r\n"), [part.replace("\n", "\r\n") for part in parts]
    assert read(apply("split_on", document(text), sep)) == parts
    assert read(apply("split_on", document(windows), sep)) == parts_of_windows
    assert read(apply("split_on", document(windows), sep.replace("\n", "\r\n"))) == parts_of_windows


# languagetool-org/languagetool #5249: the separators of lines and of paragraphs.
@pytest.mark.parametrize("sep", ["\u2029", "\u2028\u2028", "\u2028 \u2029"])
def test_paragraphs_end_at_their_separator(sep: str) -> None:
    text = f"First sentence.{sep}Second one.\u2028Third."
    assert read(apply("paragraphs", document(text))) == ["First sentence.", "Second one.\u2028Third."]
    assert read(apply("chunk", document(text), len(text) - 4))[0] == f"First sentence.{sep}Second one.\u2028"


# openclaw/openclaw #128619: no piece begins or ends inside what people see as one character.
@pytest.mark.parametrize("letter", [FAMILY, "🇩🇪", "e\u0301", "각", "क्षि", "👍🏽", "\r\n", "Z̸̧"])
@pytest.mark.parametrize("size", [16, 17, 18, 19, 41, 64, 100])
def test_pieces_keep_graphemes_whole(letter: str, size: int) -> None:
    for text in (letter * 90, f"a{letter}" * 50, f"日本{letter}ж" * 40):
        graphemes = {match.start() for match in regex.finditer(r"\X", text)} | {len(text)}
        pieces = apply("chunk", document(text), size)
        assert "".join(read(pieces)) == text
        assert all(piece.n <= size for piece in pieces)
        if len(letter) <= size // 8 + 1:
            assert {piece.start for piece in pieces} <= graphemes
        assert len(pieces) <= -(-len(text) // (size - size // 8))
        if size >= 64:
            windows = apply("windows", document(text), size, size // 3)
            assert {place for w in windows for place in (w.start, w.start + w.n)} <= graphemes
            assert windows[-1].start + windows[-1].n == len(text)


def test_a_grapheme_longer_than_a_piece_is_cut() -> None:
    assert read(apply("chunk", document("e" + "\u0301" * 9), 4)) == ["e\u0301\u0301\u0301", "\u0301" * 4, "\u0301" * 2]
    assert len(apply("windows", document("\u0301" * 1_000), 100, 50)) <= 26


@pytest.mark.parametrize(
    ("text", "longest", "beginning"),
    [
        (FLAGS, 3, FLAGS[:2]),
        (f"a{FAMILY}b", 4, "a"),
        ("ab\r\nc", 3, "ab"),
        ("nai\u0308ve", 3, "na"),
        ("plain", 3, "pla"),
        (FAMILY, 2, FAMILY[:2]),
    ],
)
def test_what_is_shown_begins_with_whole_graphemes(text: str, longest: int, beginning: str) -> None:
    assert begun(text, longest) == beginning
    assert whole(text, len(text)) == len(text)


MANY_LETTERS = "".join(map(chr, range(0x4E00, 0x4E00 + 650)))


@pytest.mark.parametrize(("name", "more"), [("matches", ()), ("search", ()), ("sections", ()), ("replace_regex", ("x",))])
def test_a_pattern_that_is_too_large_for_a_text_is_a_fault(name: str, more: tuple[str, ...]) -> None:
    """Whatever was searched for it before."""
    pattern = "|".join(MANY_LETTERS) + r"|\w{100}!"
    for _ in range(2):
        with pytest.raises(PrimitiveFault, match=f"invalid regular expression in `{name}`: pattern too large"):
            apply(name, document(MANY_LETTERS), pattern, *more)
        apply(name, document("我 ну"), pattern, *more)


def test_new_letters_make_no_new_program(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []

    class Counted(Machine):
        def __init__(self, whole: bytes, *more: Any) -> None:
            made.append(len(whole))
            super().__init__(whole, *more)

    monkeypatch.setattr(code, "Machine", Counted)
    pattern = Pattern("|".join(MANY_LETTERS) + r"|(?i:é|[а-я])\w{10}!", False)
    for letter in MANY_LETTERS + "ÉЯя":
        pattern.occurs(f"x {letter}")
    assert len([size for size in made if size > 1_000]) == 1


def test_a_code_is_charged_whatever_was_searched_before() -> None:
    charges = set()
    for text in ("été à la mer", "ж" * 50 + "日本語", "été à la mer"):
        account = meter()
        apply("search", document(text, account), r"\b\w+\b", account=account)
        charges.add((text, account.steps, account.bytes))
    assert len(charges) == 2


def test_the_clock_is_looked_at_while_a_text_is_coded() -> None:
    account, looks = meter(), [0]
    account.watch(lambda: looks.__setitem__(0, looks[0] + 1))
    text = document("Привет, мир. " * 50_000)
    assert apply("matches", text, r"\bнет\b", account=account) is False
    assert looks[0] > 3


def test_a_run_of_marks_is_cut_in_time_linear_in_it() -> None:
    """Each look goes back a bounded way, and reads no further than the cut: 10^11 characters otherwise."""
    text = document("\u0301" * 1_000_000)
    assert len(apply("chunk", text, 10)) == len(apply("windows", text, 10, 0)) == 100_000


def test_texts_of_ascii_load_nothing() -> None:
    program = (
        "import sys\nfrom lambda_rlm.eval.library.cutting import chunk_ranges\n"
        "list(chunk_ranges('some words. ' * 900, 0, 10_000, 100, 20)); print('regex' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "False\n"
