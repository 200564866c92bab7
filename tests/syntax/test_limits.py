"""The limits on programs: huge texts are rejected quickly, what is accepted can be walked."""

from __future__ import annotations

import time

import pytest

from lambda_rlm.diagnostics.diagnostic import Rejected
from lambda_rlm.syntax import caps
from lambda_rlm.syntax.printing.pretty import pretty
from tests.support.parsing import codes, parsed, rejected

# ── limits ───────────────────────────────────────────────────────────────────

MANY = 100_000
DEEP = {
    "parentheses": ("(", "1", ")"),
    "lists": ("[", "", "]"),
    "braces": ("{ a: ", "1", " }"),
    "blocks": ("{ let x = ", "1", "; x }"),
    "calls": ("f(", "", ")"),
    "functions": ("fn(x) => ", "x", ""),
    "fixes": ("fix f(x) => ", "x", ""),
    "choices": ("if a then ", "1", " else 2"),
    "else choices in conditions": ("if ", "a", " then b else c"),
    "matches": ("match ", "a", " { _ => 1 }"),
    "arms": ("match a { _ => ", "1", " }"),
    "minus": ("-", "x", ""),
    "not": ("not ", "x", ""),
    "right operands": ("a ?? if b then c else ", "d", ""),
    "holes": ('f"{', "x", '}" ++ '),
    "brackets in a hole": ("", 'f"{' + "(" * MANY + '}"', ""),
    "fields": ("", "x" + ".y" * MANY, ""),
    "calls of calls": ("", "f" + "()" * MANY, ""),
    "types": ("def f(x: ", "1", ""),
    "type arguments": ("", "f[" + "List[" * MANY, ""),
    "function types": ("", "f[" + "() -> " * MANY + "Int]", ""),
    "closing brackets": ("", ")" * MANY, ""),
    "quotes": ("", '"' * (MANY + 1), ""),
    "open templates": ("", 'f"' * MANY, ""),
    "blanks in a hole": ("", 'f"{' + " " * MANY + 'x#}"', ""),
    "escapes": ("", '"' + "\\q" * (MANY // 2) + '"', ""),
    "open holes": ("", 'f"' + "{" * MANY, ""),
    "backslashes": ("", '"' + "\\" * (MANY + 1), ""),
    "apostrophes in a hole": ("", 'f"{' + "'" * MANY + '"', ""),
    "stray characters": ("", "§ " * MANY, ""),
    "digits": ("", "9" * MANY, ""),
    "fences": ("", "```\n" * (MANY // 4), ""),
    "bars": ("", "|" * MANY, ""),
    "arrows": ("", "(x, " * 4_000 + "=> ", ""),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", DEEP)
def test_a_huge_text_is_rejected_quickly(kind: str) -> None:
    """Whatever is repeated a hundred thousand times: diagnostics, no exception, no long wait."""
    before, middle, after = DEEP[kind]
    room = caps.MAX_CHARACTERS - len(middle)
    times = min(MANY, room // max(1, len(before) + len(after)))
    text = before * times + middle + after * times if before else middle
    parsed("1")
    start = time.process_time()
    assert len(rejected(text).diagnostics) <= 60
    assert time.process_time() - start < 4


@pytest.mark.slow
@pytest.mark.parametrize("kind", [kind for kind, (before, _, _) in DEEP.items() if before])
def test_the_deepest_program_can_be_walked_by_plain_recursion(kind: str) -> None:
    """The largest number of repetitions that is accepted: printed, compared and hashed without deep recursion."""
    before, middle, after = DEEP[kind]
    if kind in ("types", "holes"):
        before, middle, after = "List[", "Int", "]"
    wrap = (lambda text: f"def f(x: {text}) = x;\n1") if kind == "types" else str
    deepest = None
    for times in range(1, 70):
        try:
            deepest = parsed(wrap(before * times + middle + after * times))
        except Rejected:
            break
    assert deepest is not None
    assert parsed(pretty(deepest)) == deepest
    assert repr(deepest)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("#" * (caps.MAX_CHARACTERS + 1), "E0118"),
        ("1 + " * caps.MAX_TOKENS + "1", "E0118"),
        ("[" + "1, " * caps.MAX_NODES + "1]", "E0118"),
        ('f"' + "{f(x)}" * caps.MAX_NODES + '"', "E0118"),
        ("(" * (caps.MAX_NESTING + 1) + "1" + ")" * (caps.MAX_NESTING + 1), "E0117"),
        ("fn(x) => " * caps.MAX_DEPTH + "1", "E0117"),
        ('f"{' + "-" * caps.MAX_DEPTH + 'x}"', "E0117"),
        ("type T = " + "List[" * caps.MAX_TYPE_DEPTH + "Int" + "]" * caps.MAX_TYPE_DEPTH + ";\n1", "E0119"),
        ("type T = { " + ", ".join(f"f{i}: Int" for i in range(caps.MAX_TYPE_SIZE)) + " };\n1", "E0119"),
    ],
)
def test_each_limit_has_its_diagnostic(text: str, code: str) -> None:
    assert codes(text) == {code}


def test_what_reaches_each_limit_is_accepted() -> None:
    parsed("fn(x) => " * (caps.MAX_DEPTH - 1) + "1")
    parsed("(" * caps.MAX_NESTING + "1" + ")" * caps.MAX_NESTING)
    parsed("[" + "1, " * (caps.MAX_NODES - 2) + "1]")
    parsed("type T = " + "List[" * (caps.MAX_TYPE_DEPTH - 1) + "Int" + "]" * (caps.MAX_TYPE_DEPTH - 1) + ";\n1")
    parsed("1 + " * 900 + "1")
    parsed("if a then b else " * 600 + "c")
    parsed("x" + " |> f" * 900)


def test_halves_of_surrogate_pairs_are_no_characters() -> None:
    assert codes('"\ud800"') == codes("# \udfff\n1") == {"E0103"}
