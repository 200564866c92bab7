"""Codes of types."""

from __future__ import annotations

from lambda_rlm.diagnostics.codes.code import Code

TABLE: tuple[Code, ...] = (
    Code(
        "E0201",
        "Type mismatch",
        "Every place of a program has an expected type: a parameter, a list element, a branch, an operand. Nothing is "
        "converted silently, with two exceptions: a Quote or a label is accepted as Text, and a whole-number literal is "
        "accepted as a Float. The message explains where the expected type comes from, and usually what to write instead.",
        bad="upper(lines(context))",
        fixed='upper(join(lines(context), "\\n"))',
    ),
    Code(
        "E0202",
        "Undefined name",
        "A name is an input, a `let`, a `def`, a parameter or a library function. It must be defined above its use. A `def` "
        "cannot call itself: use `fix` for recursion.",
        bad="lenght(context)",
        fixed="length(context)",
    ),
    Code(
        "E0203",
        "Unknown field",
        "Only records have fields, and only those of their type. There are no methods: write `lower(text)` or `text |> "
        "lower` instead of `text.lower()`. To use the value inside an Option, match on it or give it a default.",
        bad="context.length",
        fixed="length(context)",
    ),
    Code(
        "E0204",
        "Only functions can be called",
        "The expression before the parentheses is not a function. To read a list element use `get(list, i)`, which gives an "
        "Option.",
        bad="let xs = lines(context); xs(0)",
        fixed='let xs = lines(context); get(xs, 0) ?? ""',
    ),
    Code(
        "E0205",
        "Wrong number of arguments",
        "Each parameter without `?` in the signature needs exactly one argument, positional or keyword. In a pipe, the piped "
        "value is the first argument.",
        bad="take(context)",
        fixed="take(context, 100)",
    ),
    Code(
        "E0206",
        "Invalid keyword argument",
        "Arguments of defs and library functions can be passed by parameter name, each once. Function values, such as those "
        "bound by `let`, accept positional arguments only.",
        bad="take(context, count=100)",
        fixed="take(context, n=100)",
    ),
    Code(
        "E0207",
        "Unknown label",
        "An enumeration has exactly the labels that its type lists. A text literal that is compared or combined with it must "
        "be one of them, spelled the same: otherwise a comparison could never hold.",
        bad='type Mood = "good" | "bad"; llm_call[Mood](f"Rate: {query}") == "god"',
        fixed='type Mood = "good" | "bad"; llm_call[Mood](f"Rate: {query}") == "good"',
    ),
    Code(
        "E0208",
        "The match is not exhaustive",
        "A `match` needs an arm for every value of its subject: `some(x)` and `none`, all labels, `true` and `false`. For "
        "Text and Int, which have too many values to list, the last arm is `_`.",
        bad="match find(context, query) { some(i) => i }",
        fixed="match find(context, query) { some(i) => i, none => 0 }",
    ),
    Code(
        "E0209",
        "This pattern does not match the subject's type",
        "`some(x)` and `none` match an Option, label and text literals a Text or an enumeration, whole numbers an Int, "
        "`true` and `false` a Bool. Patterns do not nest: match on the content of an Option inside its arm.",
        bad="match length(context) { some(n) => n, none => 0 }",
        fixed="length(context)",
    ),
    Code(
        "E0210",
        "Unreachable arm",
        "The arms above match every value that this arm would match. This is a warning: the program runs without the arm.",
        bad="match find(context, query) { some(i) => i, none => 0, _ => 1 }",
        fixed="match find(context, query) { some(i) => i, none => 0 }",
    ),
    Code(
        "E0211",
        "Unknown type",
        "The types are Int, Float, Bool, Text, Quote, List[T], Option[T], records, enumerations, functions, and the names "
        "that `type` defines above. Types are not recursive.",
        bad='let name: String = "x"; name',
        fixed='let name: Text = "x"; name',
    ),
    Code(
        "E0212",
        "Duplicate definition",
        "Each `def` or `type` in a scope needs a distinct name. A `let` may reuse a name: it hides the earlier one. Names of "
        "library functions may be reused; names of built-in types may not.",
        bad="def f(x: Int) = x; def f(x: Int) = x + 1; f(1)",
        fixed="def f(x: Int) = x; def g(x: Int) = x + 1; g(f(1))",
    ),
    Code(
        "E0213",
        "The operator does not work on this type",
        "`+ - * / %` work on numbers, `++` on texts or lists, `??` on an Option.",
        bad='"Answer: " + query',
        fixed='"Answer: " ++ query',
    ),
    Code(
        "E0214",
        "A function is not allowed here",
        "Functions cannot be compared, shown, stored in the state of a fold, or returned as a program's answer. So every "
        "program terminates and every answer can be printed.",
        bad="fn(x) => x",
        fixed="(fn(x) => x)(1)",
    ),
    Code(
        "E0215",
        "Invalid type argument",
        "Only parse, llm_call, llm_samples, llm_map and llm_map_by accept a type argument, and it cannot contain functions. "
        "Brackets do not index lists: use `get(list, i)`, which gives an Option.",
        bad="length[Int](context)",
        fixed="length(context)",
    ),
    Code(
        "E0216",
        "`auto` is not allowed here",
        "`auto` is a number that the planner chooses. Use it only as the size or count of chunk, windows, pack, batch, "
        "split, tree_fold or per_call, or as the right side of `length(x) <= auto`, at most six times.",
        bad="take(context, auto)",
        fixed='first(chunk(context, auto)) ?? ""',
    ),
    Code(
        "E0217",
        "Invalid regular expression",
        "Patterns use RE2 syntax: no lookahead, no lookbehind, no backreferences, so that matching takes linear time. Write "
        'patterns as raw text, r"…", in which a backslash needs no escape.',
        bad='search(context, "(error")',
        fixed='search(context, r"\\(error")',
    ),
    Code(
        "E0218",
        "`max` of iterate must be a literal",
        "The number of steps must be known before the program runs.",
        bad="iterate(1, length(context), fn(n) => n * 2, fn(n) => n > 1000)",
        fixed="iterate(1, 20, fn(n) => n * 2, fn(n) => n > 1000)",
    ),
    Code(
        "E0219",
        "`or_else` must not ask a model",
        "`or_else` is the value of a call that failed on every attempt. If it asked a model itself, it could fail in the "
        "same way.",
        bad="llm_call(query, or_else=llm_call(query))",
        fixed='llm_call(query, or_else="no answer")',
    ),
    Code(
        "E0220",
        "The name of a `fix` can only be called",
        "Inside its body, the name that `fix` binds can only be called, or passed directly as a function argument to a "
        "library function. At each such use its argument is checked to get shorter.",
        bad='let go = fix go(p) => { let again = go; if length(p) < 9 then p else again("") }; go(context)',
        fixed="let go = fix go(p) => if length(p) < 9 then p else go(take(p, length(p) - 1)); go(context)",
    ),
    Code(
        "E0221",
        "Infinite type (occurs check)",
        "A function applied to itself, or a list that contains itself, would have an infinite type.",
        bad="let f = fn(x) => x(x); 1",
        fixed="let f = fn(x) => x; f(f)(1)",
    ),
    Code(
        "E0222",
        "The types are too large",
        "A type has at most 500 parts and 8 levels, a program uses its generic functions at no more than 1,000 types, and "
        "type checking takes a limited number of steps. Add type annotations, or build smaller records.",
        bad="let a = [[[[[[[[[1]]]]]]]]]; 1",
        fixed="let a = [[1]]; 1",
    ),
    Code(
        "E0223",
        "This value cannot be shown in a text",
        "Templates and `to_text` show Text, Quote, Int, Float, Bool and labels. Join a list, choose a field of a record, "
        "give an Option a default, or write `to_json(x)`.",
        bad='f"Lines: {lines(context)}"',
        fixed='let all = join(lines(context), ", "); f"Lines: {all}"',
    ),
    Code(
        "E0224",
        "Wrong number of parameters",
        "A function passed to a library function must have the number of parameters that the signature says: one for `map` "
        "and `filter`, two for `fold` (the state and the element).",
        bad="fold(lines(context), 0, fn(n) => n + 1)",
        fixed="fold(lines(context), 0, fn(n, line) => n + 1)",
    ),
    Code(
        "E0225",
        "These values cannot be ordered",
        "Only Int, Float and Text can be ordered. Labels cannot: give each a number with `match`, or order by spelling with "
        "`to_text`.",
        bad="sort_by(enumerate(lines(context)), fn(e) => e)",
        fixed="sort_by(enumerate(lines(context)), fn(e) => e.value)",
    ),
    Code(
        "E0226",
        "`fix` recurses over a Text or a List",
        "The parameter of `fix` must get shorter at each call, so it must have a length. Keep a counter outside, or recurse "
        "over a list.",
        bad="let f = fix f(n: Int) => 1; f(3)",
        fixed="let f = fix f(xs) => if is_empty(xs) then 0 else f(drop(xs, 1)); f(range(0, 3))",
    ),
)
