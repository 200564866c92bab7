"""Codes of admission: what a program may cost, against what it may spend."""

from __future__ import annotations

from typing import Final

from lambda_rlm.diagnostics.codes.code import Code

TABLE: Final[tuple[Code, ...]] = (
    Code(
        "E0301",
        "A prompt may not fit the model's window",
        "Every prompt must be sure to fit the window beside its reply, at the sizes of the inputs. Bound what is put into it: "
        "`take(…, n)` cuts a text, `chunk` and `pack` give pieces of at most n characters, `out` bounds a reply that goes into a "
        "later prompt. A prompt that needs no reply is counted exactly before the run.",
        bad='llm_call(f"Summarise:\\n{context}")',
        fixed='chunk(context, 4000) |> map(fn(p) => llm_call(f"Summarise:\\n{p}", out=200)) |> join("\\n") |> take(4000)',
        values={"context": "a book. " * 50_000},
        replies=((".", "short"),),
    ),
    Code(
        "E0302",
        "What a program costs has no limit that can be proved",
        "The number of model calls, and the tokens they take, must be known before the first one is paid. Where a loop lets a text "
        "or a list grow by more than it adds each time, nothing can be proved of what is made from it: cut it with `take`.",
        bad="let t = iterate(context, 70, fn(s) => { let r = llm_call(take(s, 100)); s ++ s ++ r }, fn(s) => false);\n"
        "map(chunk(t, 50), fn(p) => llm_call(p))",
        fixed="let t = iterate(context, 70, fn(s) => { let r = llm_call(take(s, 100)); take(s ++ s ++ r, 500) }, fn(s) => false);\n"
        "map(chunk(t, 50), fn(p) => llm_call(p))",
        values={"context": "ab"},
        replies=((".", "r"),),
    ),
    Code(
        "E0303",
        "A recursion is not bounded",
        "`fix` is analysed level by level, each at the largest length its argument can have there. The length must fall at every "
        "level, and the levels must be few: stop at a length, and go on with pieces, as `split` and `chunk` give them.",
        bad="let solve = fix solve(p) => if length(p) <= 1 then llm_call(p) else solve(drop(p, 1));\nsolve(context)",
        fixed='let solve = fix solve(p) => if length(p) <= 100 then llm_call(p) else split(p, 4) |> map(solve) |> join("\\n");\n'
        "solve(context)",
        values={"context": "a" * 500},
        replies=((".", "r"),),
    ),
    Code(
        "E0304",
        "A program may cost more than its budget",
        "The bound is what the program needs at worst, with every reply as long as it may be and every retry used. It is held "
        "against the budget before the first call; the place that most of it comes from is named.",
        bad='map(chunk(context, 10), fn(p) => llm_call(f"Translate: {p}"))',
        fixed='map(chunk(context, 2000), fn(p) => llm_call(f"Translate: {p}"))',
        values={"context": "word " * 10_000},
        replies=((".", "r"),),
    ),
    Code(
        "E0305",
        "A program is too intricate to bound",
        "The analysis of costs has a limit of its own on the work it does, so that no program makes it slow. Functions that call "
        "each other many times over, each at other sizes, reach it.",
        bad="\n".join(
            [
                "def f0(t) = llm_call(take(t, 10));",
                *(f'def f{i}(t) = f{i - 1}(t ++ "a") ++ f{i - 1}(t ++ "bb") ++ f{i - 1}(t ++ "ccc");' for i in range(1, 13)),
                "f12(take(context, 5))",
            ]
        ),
        fixed='def f0(t) = llm_call(take(t, 10));\ndef f1(t) = f0(t ++ "a") ++ f0(t ++ "bb");\nf1(take(context, 5))',
        values={"context": "a"},
        replies=((".", "r"),),
    ),
)
