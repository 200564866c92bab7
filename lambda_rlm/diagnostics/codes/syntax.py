"""Codes of syntax."""

from __future__ import annotations

from lambda_rlm.diagnostics.codes.code import Code

_DEEP = "(" * 65 + "1" + ")" * 65
_LARGE = "[" + ", ".join(["1"] * 2_000) + "]"
_DEEP_TYPE = "List[" * 8 + "Int" + "]" * 8

TABLE: tuple[Code, ...] = (
    Code(
        "E0101",
        "something else was expected",
        "What stands here fits nowhere in the grammar at this place. The message says what could stand here, and after what."
        " `fn`, `fix` and `if` as operands, `not` after a comparison, and a function as a stage of a pipe need parentheses.",
        bad='join(lines(context), , "\\n")',
        fixed='join(lines(context), "\\n")',
    ),
    Code(
        "E0102",
        "a bracket is not closed, or closes nothing",
        "Each `(`, `[` and `{` has its partner. The message names the place of the bracket that is open.",
        bad='let shout = upper(trim(context);\nshout ++ "!"',
        fixed='let shout = upper(trim(context));\nshout ++ "!"',
    ),
    Code(
        "E0103",
        "a character means nothing here",
        "Outside of texts and comments only the signs of the language can stand. A name consists of ASCII letters, digits and `_`.",
        bad="length(context) § 2",
        fixed="length(context) * 2",
    ),
    Code(
        "E0104",
        "a text is not closed",
        'A text goes from `"` to the next `"` that has no backslash before it; it may span lines.',
        bad='context ++ "!',
        fixed='context ++ "!"',
    ),
    Code(
        "E0105",
        "an unknown escape",
        'The escapes are those of JSON: `\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX`, and `\\{ \\}` in templates. In raw text, r"…", a'
        " backslash is only itself: that suits patterns.",
        bad='search(context, "\\d+") |> length',
        fixed='search(context, r"\\d+") |> length',
    ),
    Code(
        "E0106",
        "a template's hole cannot hold this",
        "A hole is an expression on one line without quotes, braces, backslashes and `#`. Give what is longer a name with `let`"
        " before the template. Braces that are meant as such are written `\\{` and `\\}`.",
        bad='f"All lines: {join(lines(context), "; ")}"',
        fixed='let all = join(lines(context), "; ");\nf"All lines: {all}"',
    ),
    Code(
        "E0107",
        "a number out of range",
        "An Int has 64 bits with sign; a Float is finite.",
        bad="length(context) + 9223372036854775808",
        fixed="length(context) + 9223372036854775807",
    ),
    Code(
        "E0108",
        "a `;` is missing or needless",
        "`let`, `def` and `type` end with `;`. The result, of the program or of a block, has none.",
        bad="let size = length(context)\nsize * 2",
        fixed="let size = length(context);\nsize * 2",
    ),
    Code(
        "E0109",
        "comparisons do not chain",
        "`a < b < c` would compare a truth value with c. Join two comparisons with `and`.",
        bad="10 < length(context) < 100",
        fixed="10 < length(context) and length(context) < 100",
    ),
    Code(
        "E0110",
        "an operator after a stage of a pipe",
        "`|>` binds looser than `++` and arithmetic, so that `a |> f ++ b` looks like what it is not. Put the pipe in parentheses,"
        " or the operator into the stage.",
        bad='context |> trim ++ "."',
        fixed='(context |> trim) ++ "."',
    ),
    Code(
        "E0111",
        "the result is missing",
        "A program, and a block, ends with an expression without `;`: its result.",
        bad="let size = length(context);",
        fixed="let size = length(context);\nsize",
    ),
    Code(
        "E0112",
        "braces without fields or items",
        "Braces hold a record's fields, a block's items and result, or the arms of a `match`. Around a mere expression stand"
        " parentheses, and there is no empty record.",
        bad="map(lines(context), fn(l) => { upper(l) })",
        fixed="map(lines(context), fn(l) => upper(l))",
    ),
    Code(
        "E0113",
        "an argument by place after one by name",
        "In a call the arguments by place come first.",
        bad="llm_call(out=20, query)",
        fixed="llm_call(query, out=20)",
    ),
    Code(
        "E0114",
        "a name given twice",
        "The fields of a record, the parameters of a function, the named arguments of a call and the labels of an enumeration are"
        " distinct.",
        bad="{ size: length(context), size: 2 }",
        fixed="{ size: length(context), double: 2 }",
    ),
    Code(
        "E0115",
        "a word of the language used as a name",
        "`let def type fn fix if then else match and or not true false some none auto` cannot name values, functions, parameters"
        " and types. Fields may have any name.",
        bad="let match = length(context);\nmatch",
        fixed="let found = length(context);\nfound",
    ),
    Code(
        "E0116",
        "a habit from another language",
        "Models and people write `True`, `&&`, `x => e`, `return e`, a code fence and the like. Each of these slips has its"
        " correction, which can be applied without asking.",
        bad='filter(lines(context), l => l != "" && length(l) < 80)',
        fixed='filter(lines(context), fn(l) => l != "" and length(l) < 80)',
    ),
    Code(
        "E0117",
        "nested too deep",
        "Brackets are nested at most 64 levels deep, and so are terms. Give an inner part a name with `let` or `def`.",
        bad=_DEEP,
        fixed="((1))",
    ),
    Code(
        "E0118",
        "the program is too large",
        "A program has at most 2,000 parts (terms, types, items, arguments), 20,000 tokens and 200,000 characters, and a name"
        " at most 64 characters. Repetition belongs into `map`, `fold` or a `def`.",
        bad=_LARGE,
        fixed="range(0, 2000)",
    ),
    Code(
        "E0119",
        "a type is too large",
        "A type as written has at most 500 parts and 8 levels. Give a part of it a name with `type Name = …;`.",
        bad=f"def f(x: {_DEEP_TYPE}) -> Int = length(x);\n1",
        fixed="type Table = List[List[Int]];\ndef f(x: Table) -> Int = length(x);\n1",
    ),
    Code(
        "E0120",
        "an `if` without `else`",
        "`if` is an expression: it has a value whichever way it goes, so it has an `else`.",
        bad='let note = if context == "" then "empty";\nnote',
        fixed='let note = if context == "" then "empty" else "";\nnote',
    ),
)
