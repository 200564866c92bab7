"""Codes of types."""

from __future__ import annotations

from lambda_rlm.diagnostics.codes.code import Code

TABLE: tuple[Code, ...] = (
    Code(
        "E0201",
        "This has another type than its place wants",
        "Every place of a program has a type: a parameter, an element of a list, a branch of a choice, an operand. Nothing is "
        "converted silently, except that a Quote or a label may stand where Text is wanted and a whole-number literal where a "
        "Float is. The message says why the two types met, and mostly what to write instead.",
        bad="upper(lines(context))",
        fixed='upper(join(lines(context), "\\n"))',
    ),
    Code(
        "E0202",
        "Nothing has this name",
        "A name is an input, a `let`, a `def`, a parameter or a library function. A program sees what stands above; a `def` does "
        "not see itself, since the only recursion is `fix`.",
        bad="lenght(context)",
        fixed="length(context)",
    ),
    Code(
        "E0203",
        "There is no such field",
        "Only records have fields, and only those of their type. There are no methods: what other languages write as "
        "`text.lower()` is `lower(text)` or `text |> lower`. An Option is matched, or given a default, before its content is used.",
        bad="context.length",
        fixed="length(context)",
    ),
    Code(
        "E0204",
        "Only functions can be called",
        "What stands before the parentheses is no function. An element of a list is read with `get(list, i)`, which gives an Option.",
        bad="let xs = lines(context); xs(0)",
        fixed='let xs = lines(context); get(xs, 0) ?? ""',
    ),
    Code(
        "E0205",
        "The number of arguments is wrong",
        "Each parameter without `?` in the signature must be given, by place or by name, and nothing else. In a pipe the value "
        "piped in is the first argument.",
        bad="take(context)",
        fixed="take(context, 100)",
    ),
    Code(
        "E0206",
        "This argument cannot be given by this name",
        "Arguments of defs and of library functions may be given by the parameters' names, each once. Functions that are values, "
        "such as those bound by `let`, only take arguments by place.",
        bad="take(context, count=100)",
        fixed="take(context, n=100)",
    ),
    Code(
        "E0207",
        "This literal is not one of the labels",
        "An enumeration has exactly the labels that its type lists. A text literal that meets it must be one of them, spelled the "
        "same: otherwise a comparison could never hold.",
        bad='type Mood = "good" | "bad"; llm_call[Mood](f"Rate: {query}") == "god"',
        fixed='type Mood = "good" | "bad"; llm_call[Mood](f"Rate: {query}") == "good"',
    ),
    Code(
        "E0208",
        "The match leaves out values",
        "A `match` has an arm for every value of its subject: `some(x)` and `none`, all labels, `true` and `false`. For Text and "
        "Int, which have no end of values, the last arm is `_`.",
        bad="match find(context, query) { some(i) => i }",
        fixed="match find(context, query) { some(i) => i, none => 0 }",
    ),
    Code(
        "E0209",
        "This pattern does not fit the subject",
        "`some(x)` and `none` fit an Option, label and text literals a Text or an enumeration, whole numbers an Int, `true` and "
        "`false` a Bool. A pattern has one level: match on what an Option holds inside the arm.",
        bad="match length(context) { some(n) => n, none => 0 }",
        fixed="length(context)",
    ),
    Code(
        "E0210",
        "No value reaches this arm",
        "The arms above take every value that this one would take. It is a warning: the program runs without the arm.",
        bad="match find(context, query) { some(i) => i, none => 0, _ => 1 }",
        fixed="match find(context, query) { some(i) => i, none => 0 }",
    ),
    Code(
        "E0211",
        "There is no such type",
        "The types are Int, Float, Bool, Text, Quote, List[T], Option[T], records, enumerations, functions, and the names that "
        "`type` gives above. Types are not recursive.",
        bad='let name: String = "x"; name',
        fixed='let name: Text = "x"; name',
    ),
    Code(
        "E0212",
        "This is defined twice",
        "In one scope a `def` or `type` has a name of its own. A `let` may reuse a name: it hides what stood above. Names of the "
        "library may be reused, names of the language's types may not.",
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
        "A function cannot be here",
        "Functions are not compared, shown, stored in the state of a fold, or given as a program's answer, so that every program "
        "ends and every answer can be printed.",
        bad="fn(x) => x",
        fixed="(fn(x) => x)(1)",
    ),
    Code(
        "E0215",
        "The type argument is out of place",
        "Only parse, llm_call, llm_samples, llm_map and llm_map_by take a type in brackets, and it holds no functions. Lists are "
        "not indexed with brackets: `get(list, i)` gives an Option.",
        bad="length[Int](context)",
        fixed="length(context)",
    ),
    Code(
        "E0216",
        "`auto` is out of place",
        "`auto` is a number that the planner chooses. It stands directly as the size or count of chunk, windows, pack, batch, "
        "split, tree_fold or per_call, or as the right side of `length(x) <= auto`, at most six times.",
        bad="take(context, auto)",
        fixed='first(chunk(context, auto)) ?? ""',
    ),
    Code(
        "E0217",
        "This pattern does not compile",
        "Patterns follow RE2: no lookahead, no lookbehind, no backreferences, so that matching takes linear time. Write patterns "
        'as raw text, r"…", in which a backslash stands for itself.',
        bad='search(context, "(error")',
        fixed='search(context, r"\\(error")',
    ),
    Code(
        "E0218",
        "`max` of iterate is a literal",
        "The number of steps must be known before the program runs.",
        bad="iterate(1, length(context), fn(n) => n * 2, fn(n) => n > 1000)",
        fixed="iterate(1, 20, fn(n) => n * 2, fn(n) => n > 1000)",
    ),
    Code(
        "E0219",
        "`or_else` does not ask a model",
        "`or_else` is the value of a call that failed for good. If it asked a model itself, it could fail in the same way.",
        bad="llm_call(query, or_else=llm_call(query))",
        fixed='llm_call(query, or_else="no answer")',
    ),
    Code(
        "E0220",
        "The name of a `fix` is only called",
        "Inside its body the name that `fix` binds stands before parentheses or directly as a function argument of a library "
        "function, where every use is checked to get something shorter.",
        bad='let go = fix go(p) => { let again = go; if length(p) < 9 then p else again("") }; go(context)',
        fixed="let go = fix go(p) => if length(p) < 9 then p else go(take(p, length(p) - 1)); go(context)",
    ),
    Code(
        "E0221",
        "The type would contain itself",
        "A function applied to itself, or a list that is its own element, would have an endless type.",
        bad="let f = fn(x) => x(x); 1",
        fixed="let f = fn(x) => x; f(f)(1)",
    ),
    Code(
        "E0222",
        "The types are too large",
        "A type has at most 500 parts and 8 levels, a program uses its polymorphic functions at no more than 1,000 types, and "
        "checking takes a bounded number of steps. Write the types down, or build smaller records.",
        bad="let a = [[[[[[[[[1]]]]]]]]]; 1",
        fixed="let a = [[1]]; 1",
    ),
    Code(
        "E0223",
        "This cannot be shown in a text",
        "Templates and `to_text` show Text, Quote, Int, Float, Bool and labels. Join a list, name a field of a record, give an "
        "Option a default, or write `to_json(x)`.",
        bad='f"Lines: {lines(context)}"',
        fixed='let all = join(lines(context), ", "); f"Lines: {all}"',
    ),
    Code(
        "E0224",
        "The function takes another number of arguments",
        "A function given to a library function takes as many arguments as the signature says: one for `map` and `filter`, the "
        "state and the element for `fold`.",
        bad="fold(lines(context), 0, fn(n) => n + 1)",
        fixed="fold(lines(context), 0, fn(n, line) => n + 1)",
    ),
    Code(
        "E0225",
        "This has no order",
        "Int, Float and Text have an order. Labels have none: give each a number with `match`, or order by spelling with `to_text`.",
        bad="sort_by(enumerate(lines(context)), fn(e) => e)",
        fixed="sort_by(enumerate(lines(context)), fn(e) => e.value)",
    ),
    Code(
        "E0226",
        "`fix` recurses over a Text or a List",
        "The parameter of `fix` is what gets shorter at each call, so it has a length. Keep a counter outside, or recurse over a list.",
        bad="let f = fix f(n: Int) => 1; f(3)",
        fixed="let f = fix f(xs) => if is_empty(xs) then 0 else f(drop(xs, 1)); f(range(0, 3))",
    ),
)
