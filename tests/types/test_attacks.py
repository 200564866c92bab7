"""Programs made to blow types up end in a diagnostic, soon and in little memory."""

from __future__ import annotations

import time
import tracemalloc

import pytest

from lambda_rlm.diagnostics.diagnostic import Rejected
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.syntax.parse import parse
from lambda_rlm.types.infer import infer
from lambda_rlm.types.type import TEXT

SECONDS = 4.0
BYTES = 200_000_000


def lets(first: str, step: str, count: int, end: str) -> str:
    """`let p0 = first; let p1 = step of p0; …`"""
    return f"let p0 = {first};" + "".join(f"let p{i} = {step.replace('@', f'p{i - 1}')};" for i in range(1, count)) + end


WIDE = "{ " + ", ".join(f"f{i}: []" for i in range(240)) + " }"
LABELS = "type E = " + " | ".join(f'"l{i}"' for i in range(5_000)) + ";"
INSTANCES = "fn(x) => { let a = @({ a: x, b: 1 }); let b = @({ b: x }); x }"
ATTACKS = {
    "pairs of pairs": (lets("1", "{ a: @, b: @ }", 40, "p39"), "E0222"),
    "pairs of functions": (lets("fn(x) => x", "{ a: @, b: @ }", 40, "1"), "E0222"),
    "functions that double their argument": (lets("fn(x) => { a: x, b: x }", "fn(x) => @(@(x))", 40, "p39(1)"), "E0222"),
    "doubling in a pipe": ("def dup(x) = { a: x, b: x }; 1" + " |> dup" * 100, "E0222"),
    "doubling an open type in a pipe": ("def dup(x) = { a: x, b: x }; []" + " |> dup" * 100, "E0222"),
    "church pairs": (lets("fn(x) => fn(z) => z(x)(x)", "fn(x) => @(@(x))", 9, "p8(fn(z) => z)"), "E0222"),
    "instances of instances": (lets("fn(x) => x", INSTANCES, 40, "p39(1)"), "E0222"),
    "many copies of a wide type": (f"let x = {WIDE}; [" + ", ".join("x" for _ in range(700)) + "]", "E0222"),
    "self application": ("let s = fn(x) => x(x); s(s)", "E0221"),
    "the Y combinator": ("let y = fn(f) => (fn(x) => f(x(x)))(fn(x) => f(x(x))); 1", "E0221"),
    "misspelled labels of a huge enumeration": (LABELS + "".join(f'let x{i}: E = "zz{i}";' for i in range(200)) + "1", "E0207"),
    "unknown names everywhere": ("[" + ", ".join(f"u{i}" for i in range(1_500)) + "]", "E0202"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_on_types_ends_in_a_diagnostic_soon(name: str) -> None:
    text, code = ATTACKS[name]
    program = parse(SourceFile("attack", text))
    started = time.process_time()
    with pytest.raises(Rejected) as caught:
        infer(program, {"context": TEXT})
    seconds = time.process_time() - started
    tracemalloc.start()
    with pytest.raises(Rejected):
        infer(program, {"context": TEXT})
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert caught.value.diagnostics[0].code == code
    assert seconds < SECONDS
    assert peak < BYTES


def test_forty_polymorphic_lets_on_each_other_are_fine() -> None:
    text = lets("fn(x) => x", "fn(x) => @(@(x))", 40, "p39(1)")
    assert str(infer(parse(SourceFile("lets", text)), {}).effect) == "pure"


def test_a_huge_enumeration_is_fine() -> None:
    text = LABELS + 'let x: E = "l3"; to_text(x)'
    assert infer(parse(SourceFile("labels", text)), {}).type == TEXT
