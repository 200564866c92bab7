"""Codes of evaluation: the limits of a run, and the faults of operators and `fix`."""

from __future__ import annotations

from lambda_rlm.diagnostics.codes.code import Code

_ANY = ((".", "ok"),)

_PARTS: dict[str, object] = {"M4": "a bolt", "M5": 5, "M6": "a nut " * 1_000}
_HOST = {"lookup_part": ("(Text) -> Text", _PARTS)}

TABLE: tuple[Code, ...] = (
    Code(
        "E0401",
        "Out of fuel",
        "Every step of a program costs fuel, and work on long texts and lists is charged before it is done. The limit keeps "
        "a program from running for hours. Look for a loop inside a loop: `cross`, `pairs`, or a search of one list for each "
        "element of another. `join_by` and `group_by` do this in one pass.",
        bad="count(cross(range(0, 100000), range(0, 100000)), fn(p) => p.first == p.second)",
        fixed="length(join_by(range(0, 1000), range(0, 1000), fn(a) => a, fn(b) => b))",
    ),
    Code(
        "E0402",
        "Out of storage",
        "The texts and lists that a run holds at a time exceed its memory limit (--memory). Values that are no longer used do "
        "not count. The inputs are not counted against the limit, and it grows with them, so a program that makes a few copies "
        "of its inputs stays within it. A program that doubles a list or text again and again does not: a text may not have "
        "more characters than the limit has bytes.",
        bad="length(fold(range(0, 40), [1], fn(all, n) => all ++ all))",
        fixed="length(fold(range(0, 10), [1], fn(all, n) => all ++ all))",
    ),
    Code(
        "E0403",
        "Call stack too deep",
        "A `fix` can recurse only to a limited depth, and function calls can nest only as deep as the interpreter allows. "
        "Divide the text into several pieces at each level (`split(p, 4)`), so that a few levels are enough, or use `map`, "
        "`fold` or `tree_fold`.",
        bad="(fix count_down(p) => if is_empty(p) then 0 else 1 + count_down(drop(p, 1)))(range(0, 1000))",
        fixed="length(range(0, 1000))",
    ),
    Code(
        "E0404",
        "Call budget exhausted",
        "A run can make a limited number of model calls, and a call beyond the budget is not made. Ask about several items "
        "in one call (`llm_map`, `batch`), or read larger pieces.",
        bad='map(range(0, 20), fn(n) => llm_call(f"{n}"))',
        fixed='map(range(0, 3), fn(n) => llm_call(f"{n}"))',
        replies=_ANY,
        budget={"calls": 10},
    ),
    Code(
        "E0405",
        "Token budget exhausted",
        "Before each call, its worst case is reserved: the prompt and the longest reply. When this exceeds what is left of "
        "the budget, the call is not made. Shorten the prompt, or set a smaller `out`.",
        bad='llm_call("Say it", out=2000)',
        fixed='llm_call("Say it", out=20)',
        replies=_ANY,
        budget={"tokens": 500},
    ),
    Code(
        "E0406",
        "Dollar budget exhausted",
        "Before each call, its worst-case cost at the model's prices is reserved. When this exceeds what is left of the "
        "limit in US dollars, or the model has no known price, the call is not made.",
        bad='llm_call("Say it", out=1000)',
        fixed='llm_call("Say it", out=20)',
        replies=_ANY,
        budget={"usd": 0.2},
    ),
    Code(
        "E0407",
        "Time limit exceeded",
        "The run took longer than its limit in seconds. Calls in flight are cancelled, and the amount spent is reported. "
        "Make fewer calls that wait for each other, raise the concurrency, or raise the time limit.",
        bad='range(0, 2500000) |> count(fn(n) => similarity("abcdefghijklmnop", "ponmlkjihgfedcba") > 0.5)',
        fixed='range(0, 25) |> count(fn(n) => similarity("abcdefghijklmnop", "ponmlkjihgfedcba") > 0.5)',
        replies=_ANY,
        budget={"seconds": 0.5, "fuel": 10**12},
    ),
    Code(
        "E0408",
        "Pool of extra attempts exhausted",
        "Beyond one attempt for each call, a run has one pool of attempts that may be billed: repairs of invalid replies, items "
        "that `llm_map` asks for once more, and requests sent again after a failure that may be billed. The pool is a tenth of "
        "the calls, at least 1, unless `--pool` says otherwise. Ask for what the model can give (a simpler type, a clearer "
        "prompt), or raise `--pool`; `lambda-rlm resume` goes on with a new pool.",
        bad='llm_call[Int]("How many?")',
        fixed='llm_call("How many?")',
        replies=(("", "a few"),),
        budget={"pool": 0},
    ),
    Code(
        "E0411",
        "Integer overflow",
        "An Int is a signed 64-bit number. A result outside its range is a fault; it is never wrapped or rounded. Use a "
        "Float where an approximate value is enough.",
        bad="fold(range(1, 30), 1, fn(product, n) => product * n)",
        fixed="fold(range(1, 15), 1, fn(product, n) => product * n)",
    ),
    Code(
        "E0412",
        "Float overflow",
        "A Float is finite: a result beyond the largest one, about 1.8e308, is a fault.",
        bad="fold(range(0, 400), 1.0, fn(product, n) => product * 10.0)",
        fixed="fold(range(0, 100), 1.0, fn(product, n) => product * 10.0)",
    ),
    Code(
        "E0413",
        "Division by zero",
        "`/`, `%` and `div` are undefined when the divisor is 0. Test the divisor first. For the mean of a list use `mean`, "
        "which gives none for an empty list.",
        bad="1 / length(filter(lines(context), fn(l) => false))",
        fixed="{ let n = length(filter(lines(context), fn(l) => false)); if n == 0 then 0.0 else 1 / n }",
    ),
    Code(
        "E0414",
        "The argument of `fix` does not get shorter",
        "A function made by `fix` can call itself only on a Text or List that is strictly shorter than its own argument, so "
        "it always terminates. Pass it a piece of the argument, and handle arguments that are too short to divide first.",
        bad="(fix solve(p) => if length(p) > 3 then solve(reverse(p)) else p)(query)",
        fixed="(fix solve(p) => if length(p) > 3 then solve(drop(p, 1)) else p)(query)",
    ),
    Code(
        "E0415",
        "A host function failed",
        "A function that the host program adds to the language (here `lookup_part(number: Text) -> Text`) raised an "
        "exception. The message shows its class and its text. A program cannot catch it. Declare a function that may find "
        "nothing to return an Option: then the program decides what happens.",
        bad='lookup_part("M9")  # raises KeyError',
        fixed='lookup_part("M4")',
        functions=_HOST,
    ),
    Code(
        "E0416",
        "Host function returned a value of the wrong type",
        "The result of a host function is checked against its declared type: plain data (texts, numbers, booleans, lists, "
        "dictionaries with exactly the fields of the record, None for an empty Option). Correct the function or its declared "
        "type.",
        bad='lookup_part("M5")  # gives 5',
        fixed='lookup_part("M4")',
        functions=_HOST,
    ),
    Code(
        "E0417",
        "A host function exceeded its declared cost",
        "The bound of a program relies on the declared costs of host functions, so a function that returns more characters "
        "than its `HostCost` allows ends the run. Declare more (`characters`, or `characters_per_character` where the result "
        "grows with the arguments), or shorten the result.",
        bad='lookup_part("M6")  # gives 6,000 characters, and 1,000 are declared',
        fixed='lookup_part("M4")',
        functions=_HOST,
    ),
)  # fmt: skip
