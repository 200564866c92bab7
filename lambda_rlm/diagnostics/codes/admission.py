"""Codes of admission: what a program may cost, against what it may spend."""

from __future__ import annotations

from typing import Final

from lambda_rlm.diagnostics.codes.code import Code

TABLE: Final[tuple[Code, ...]] = (
    Code(
        "E0301",
        "A prompt may not fit the context window",
        "Every prompt must be guaranteed to fit the model's context window together with its reply, at the sizes of the "
        "inputs. Limit what goes into it: `take(…, n)` cuts a text, `chunk` and `pack` give pieces of at most n characters, "
        "and `out` limits a reply that goes into a later prompt. A prompt that depends on no reply is counted exactly before "
        "the run.",
        bad='llm_call(f"Summarise:\\n{context}")',
        fixed='chunk(context, 4000) |> map(fn(p) => llm_call(f"Summarise:\\n{p}", out=200)) |> join("\\n") |> take(4000)',
        values={"context": "a book. " * 50_000},
        replies=((".", "short"),),
    ),
    Code(
        "E0302",
        "The cost of a program cannot be bounded",
        "The number of model calls, and the tokens they use, must be known before the first call is paid for. When a loop "
        "multiplies the length of a text or list at each step, nothing made from the result can be bounded: cut it with "
        "`take`.",
        bad="let t = iterate(context, 70, fn(s) => { let r = llm_call(take(s, 100)); s ++ s ++ r }, fn(s) => false);\n"
        "map(chunk(t, 50), fn(p) => llm_call(p))",
        fixed="let t = iterate(context, 70, fn(s) => { let r = llm_call(take(s, 100)); take(s ++ s ++ r, 500) }, fn(s) => false);\n"
        "map(chunk(t, 50), fn(p) => llm_call(p))",
        values={"context": "ab"},
        replies=((".", "r"),),
    ),
    Code(
        "E0303",
        "Cannot prove that a recursion terminates",
        "`fix` is analyzed level by level, each at the greatest length its argument can have there. The argument must get "
        "shorter at every level, and there must be few levels: stop below a fixed length, and recurse on pieces from `split` "
        "or `chunk`.",
        bad="let solve = fix solve(p) => if length(p) <= 1 then llm_call(p) else solve(drop(p, 1));\nsolve(context)",
        fixed='let solve = fix solve(p) => if length(p) <= 100 then llm_call(p) else split(p, 4) |> map(solve) |> join("\\n");\n'
        "solve(context)",
        values={"context": "a" * 500},
        replies=((".", "r"),),
    ),
    Code(
        "E0304",
        "A program may exceed its budget",
        "The bound is the worst-case cost of the program: every reply as long as allowed, and every retry used. It is "
        "compared with the budget before the first call. The message shows where most of the cost comes from. With "
        "`--admit likely` a run begins whose likely cost is within the budget; it may stop there, and can be resumed.",
        bad='map(chunk(context, 10), fn(p) => llm_call(f"Translate: {p}"))',
        fixed='map(chunk(context, 2000), fn(p) => llm_call(f"Translate: {p}"))',
        values={"context": "word " * 10_000},
        replies=((".", "r"),),
    ),
    Code(
        "E0305",
        "A program is too complex to bound",
        "The cost analysis limits its own work, so that no program makes it slow. Functions that call each other many times, "
        "each time with different sizes, reach this limit.",
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
