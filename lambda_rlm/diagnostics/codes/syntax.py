"""Codes of syntax."""

from __future__ import annotations

from lambda_rlm.diagnostics.codes.code import Code

_DEEP = "(" * 65 + "1" + ")" * 65
_LARGE = "[" + ", ".join(["1"] * 4_000) + "]"
_DEEP_TYPE = "List[" * 8 + "Int" + "]" * 8

TABLE: tuple[Code, ...] = (
    Code(
        "E0101",
        "Unexpected token",
        "The grammar does not allow this token here. The message lists what is allowed, and after which token. `fn`, `fix` "
        "and `if` as operands, `not` after a comparison, and a function as a stage of a pipe need parentheses.",
        bad='join(lines(context), , "\\n")',
        fixed='join(lines(context), "\\n")',
    ),
    Code(
        "E0102",
        "Unmatched bracket",
        "Each `(`, `[` and `{` needs a closing partner. The message gives the position of the open bracket.",
        bad='let shout = upper(trim(context);\nshout ++ "!"',
        fixed='let shout = upper(trim(context));\nshout ++ "!"',
    ),
    Code(
        "E0103",
        "Unexpected character",
        "Outside of texts and comments only the symbols of the language are allowed. A name consists of ASCII letters, "
        "digits and `_`.",
        bad="length(context) § 2",
        fixed="length(context) * 2",
    ),
    Code(
        "E0104",
        "Unclosed text",
        'A text goes from `"` to the next `"` that has no backslash before it; it may span lines.',
        bad='context ++ "!',
        fixed='context ++ "!"',
    ),
    Code(
        "E0105",
        "Unknown escape",
        'The escapes are those of JSON: `\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX`, and `\\{ \\}` in templates. In raw text, '
        'r"…", a backslash is an ordinary character, which suits patterns.',
        bad='search(context, "\\d+") |> length',
        fixed='search(context, r"\\d+") |> length',
    ),
    Code(
        "E0106",
        "Not allowed in a hole of a template",
        "A hole is an expression on one line without quotes, braces, backslashes and `#`. Name a longer expression with "
        "`let` before the template. Write `\\{` and `\\}` for literal braces.",
        bad='f"All lines: {join(lines(context), "; ")}"',
        fixed='let all = join(lines(context), "; ");\nf"All lines: {all}"',
    ),
    Code(
        "E0107",
        "Number out of range",
        "An Int is a signed 64-bit number; a Float is finite.",
        bad="length(context) + 9223372036854775808",
        fixed="length(context) + 9223372036854775807",
    ),
    Code(
        "E0108",
        "Missing or extra `;`",
        "`let`, `def` and `type` end with `;`. The result, of the program or of a block, has none.",
        bad="let size = length(context)\nsize * 2",
        fixed="let size = length(context);\nsize * 2",
    ),
    Code(
        "E0109",
        "Comparisons cannot be chained",
        "`a < b < c` would compare a boolean with c. Join two comparisons with `and`.",
        bad="10 < length(context) < 100",
        fixed="10 < length(context) and length(context) < 100",
    ),
    Code(
        "E0110",
        "Operator after a stage of a pipe",
        "`|>` binds looser than `++` and arithmetic, so `a |> f ++ b` is not `(a |> f) ++ b`. Put the pipe in parentheses, "
        "or the operator into the stage.",
        bad='context |> trim ++ "."',
        fixed='(context |> trim) ++ "."',
    ),
    Code(
        "E0111",
        "Missing result",
        "A program, and a block, ends with an expression without `;`: its result.",
        bad="let size = length(context);",
        fixed="let size = length(context);\nsize",
    ),
    Code(
        "E0112",
        "Braces without fields or items",
        "Braces hold a record's fields, a block's items and result, or the arms of a `match`. Use parentheses to group an "
        "expression. There is no empty record.",
        bad="map(lines(context), fn(l) => { upper(l) })",
        fixed="map(lines(context), fn(l) => upper(l))",
    ),
    Code(
        "E0113",
        "Positional argument follows keyword argument",
        "In a call, positional arguments come before keyword arguments.",
        bad="llm_call(out=20, query)",
        fixed="llm_call(query, out=20)",
    ),
    Code(
        "E0114",
        "Duplicate name",
        "The fields of a record, the parameters of a function, the keyword arguments of a call and the labels of an "
        "enumeration must be distinct.",
        bad="{ size: length(context), size: 2 }",
        fixed="{ size: length(context), double: 2 }",
    ),
    Code(
        "E0115",
        "Reserved word used as a name",
        "`let def type fn fix if then else match and or not true false some none auto` are reserved words: they cannot name "
        "values, functions, parameters and types. Fields may have any name.",
        bad="let match = length(context);\nmatch",
        fixed="let found = length(context);\nfound",
    ),
    Code(
        "E0116",
        "Syntax of another language",
        "Models and people write `True`, `&&`, `x => e`, `return e`, a code fence and the like. Each of these slips has a "
        "fix that can be applied automatically.",
        bad='filter(lines(context), l => l != "" && length(l) < 80)',
        fixed='filter(lines(context), fn(l) => l != "" and length(l) < 80)',
    ),
    Code(
        "E0117",
        "Nested too deep",
        "Brackets are nested at most 64 levels deep, and so are terms. Give an inner part a name with `let` or `def`.",
        bad=_DEEP,
        fixed="((1))",
    ),
    Code(
        "E0118",
        "The program is too large",
        "A program has at most 4,000 parts (terms, types, items, arguments), 20,000 tokens and 200,000 characters, and a "
        "name at most 64 characters. Use `map`, `fold` or a `def` for repeated code.",
        bad=_LARGE,
        fixed="range(0, 2000)",
    ),
    Code(
        "E0119",
        "A type is too large",
        "A type as written has at most 500 parts and 8 levels. Give a part of it a name with `type Name = …;`.",
        bad=f"def f(x: {_DEEP_TYPE}) -> Int = length(x);\n1",
        fixed="type Table = List[List[Int]];\ndef f(x: Table) -> Int = length(x);\n1",
    ),
    Code(
        "E0120",
        "An `if` without `else`",
        "`if` is an expression: it needs a value in both branches, so it needs an `else`.",
        bad='let note = if context == "" then "empty";\nnote',
        fixed='let note = if context == "" then "empty" else "";\nnote',
    ),
    Code(
        "E0121",
        "Hidden character",
        "A program has no characters that nobody sees, in texts and comments neither: control characters, marks that turn the "
        "direction of a line, separators of lines other than the line feed, and characters that take no room. Otherwise a person "
        "would read another program than the one that runs. In a text write the escape, as `\\u202e`; in a pattern `\\x{202E}`.",
        bad='contains(context, "\u202eevil")',
        fixed='contains(context, "\\u202eevil")',
    ),
)
