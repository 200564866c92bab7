"""Bounds where they are hard to get right: each program once broke, or would break, one rule of the analysis."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from lambda_rlm.bounds.admit import bounded
from lambda_rlm.bounds.rates import Rates
from lambda_rlm.budget.budget import Budget
from lambda_rlm.budget.pool import ALL, Pool
from lambda_rlm.completion import CompletionRequest, Message, ModelProfile
from lambda_rlm.eval.asking.asker import AskSettings
from lambda_rlm.execution.check import check
from lambda_rlm.types.parse_type import parse_type
from tests.support.adversary import Adversary
from tests.support.bounding import WAYS, Trial, excess

BUDGET = Budget(calls=2_000, tokens=10**9, depth=20)
PROFILE = ModelProfile("adversary", window=10**6, max_output=200, input_price=1e-6, output_price=1e-6, retries=1)
ONE_LONG = ["a" * 300, *"bcdefghijklm"]
LONG_FIRST = {"xs: List[Text]": ONE_LONG}


class Saying(Adversary):
    """Replies with what a function of the request gives."""

    def __init__(self, say: Callable[[CompletionRequest], str], profile: ModelProfile = PROFILE) -> None:
        super().__init__(profile, "longest")
        self.say = say

    def reply(self, request: CompletionRequest, manner: str) -> str:
        return self.say(request)


def always(reply: str) -> Callable[[CompletionRequest], str]:
    return lambda request: reply


def trial(
    program: str, inputs: dict[str, Any], model: Adversary | None = None, budget: Budget = BUDGET, **asking: Any
) -> Trial:
    """A program over inputs named with their types."""
    types = {name.split(": ")[0]: parse_type(name.split(": ")[1]) for name in inputs}
    values = {"query": "why?", **{name.split(": ")[0]: value for name, value in inputs.items()}}
    found = check(program, {"query": parse_type("Text"), **types})
    assert found.typed is not None, "\n".join(d.message for d in found.diagnostics)
    settings = AskSettings(**{"key": b"tests", "out": 40, "item_out": 8, **asking})
    return Trial(found.typed, values, model or Adversary(PROFILE, "longest"), settings, budget)


def holds(made: Trial) -> None:
    ran = made.run()
    assert ran.metered["calls"] and ran.metered["prompt_chars"], ran.fault
    for way in WAYS:
        bound = made.bound(way)
        assert bound is not None
        assert not excess(bound, ran), way


@pytest.mark.parametrize(
    ("program", "inputs"),
    [
        # One element of a list beside all of the same list.
        ("map(xs, fn(x) => llm_call(map(xs, fn(y) => x ++ y) |> join(\"\"))) |> join(\"\")", LONG_FIRST),
        ("map(xs, fn(x) => llm_call(fold(xs, \"\", fn(acc, y) => acc ++ x))) |> join(\"\")", LONG_FIRST),
        ("filter(xs, fn(x) => llm_call[Bool](join(filter(xs, fn(y) => x != y), x)))", LONG_FIRST),
        # A function that leaves the list with the element it has taken in.
        ("let g = first(map(xs, fn(x) => fn(y) => x ++ y)) ?? fn(y) => y; map(xs, fn(z) => llm_call(g(z)))", {"xs: List[Text]": ["a" * 30_000, *"bcdefghijklm"]}),
        ("let fs = map(xs, fn(x) => { go: fn(y) => x ++ y }); map(xs, fn(z) => (first(fs) |> map_option(fn(f) => llm_call(f.go(z)))))", LONG_FIRST),
        # A guard tells of one value, not of another that has the same limit.
        ("let a = take(t, 50); let b = take(u, 50); if length(a) + length(b) <= llm_call[Int](\"n\") then llm_call(b ++ b) else \"\"", {"t: Text": "x", "u: Text": "y" * 50}),
        ("let a = trim(t); if length(a) + length(u) <= 20 then llm_call(t ++ u) else \"\"", {"t: Text": " " * 300, "u: Text": "y"}),
        # A name bound anew is another value.
        ("let a = trim(t); let b = trim(u); if length(a) + length(b) <= 20 then { let a = t; llm_call(a ++ b) } else \"\"", {"t: Text": " " * 300, "u: Text": "y" + " " * 40}),
        ("let f = fn(a: Text, b: Text) => a ++ b; let a = \"\"; let b = \"\"; if length(a) + length(b) <= 5 then llm_call(f(t, t)) else \"\"", {"t: Text": "x" * 300}),
        ("let a = \"\"; if length(a) + length(t) <= 900 then join(map(xs, fn(a) => llm_call(a ++ a ++ t)), \"\") else \"\"", {**LONG_FIRST, "t: Text": "t" * 800}),
        ("let a = \"\"; if length(a) <= 5 then (match first(xs) { some(a) => llm_call(a), none => \"\" }) else \"\"", LONG_FIRST),
        # What holds at first and no longer: a number that falls, characters that widen, options that fill, flags.
        ("let r = fold(xs, { a: 40, b: 0 }, fn(acc, x) => { a: 40 - acc.b * 3, b: acc.b + 1 }); map(chunk(t, r.a), fn(c) => llm_call(c))", {**LONG_FIRST, "t: Text": "t" * 90}),
        ("let r = fold(xs, { a: \"\", b: \"\", c: \"\", d: \"\", e: \"\" }, fn(acc, x) => { a: acc.b, b: acc.c, c: acc.d, d: acc.e, e: \"€€€\" }); llm_call(r.a)", LONG_FIRST),
        ("let r = fold(xs, { a: \"\", b: none, c: none, d: none, e: none, f: none }, fn(acc, x) => { a: acc.b ?? \"\", b: acc.c, c: acc.d, d: acc.e, e: acc.f, f: some(x) }); llm_call(r.a)", {"xs: List[Text]": ["c" * 200] * 9}),
        ("let r = fold(xs, { a: 1, b: false, c: false, d: false, e: false, f: false }, fn(acc, x) => { a: if acc.b then 9 else 1, b: acc.c, c: acc.d, d: acc.e, e: acc.f, f: true }); map(range(0, r.a), fn(i) => llm_call(f\"{i}\"))", LONG_FIRST),
        # Fractions.
        ("let x = length(t) / 2; if x < 3.0 then map(range(0, ceil(x * 10.0)), fn(i) => llm_call(f\"{i}\")) else []", {"t: Text": "ttttt"}),
        ("let x = length(t) / 2; if x > 2.0 then chunk(\"aaaaaaaaaaaaaaaaaaaa\", floor(x)) |> map(fn(c) => llm_call(f\"{c}{length(t)}\")) else []", {"t: Text": "ttttt"}),
        ("map(range(0, floor(10.0 * (1.0 - -0.5 * to_float(length(t))))), fn(i) => llm_call(f\"{i}\"))", {"t: Text": "t"}),
        ("map(range(0, ceil(-(0.0 - 0.5 * to_float(length(t))))), fn(i) => llm_call(f\"{i}\"))", {"t: Text": "t"}),
        # Windows of eight advance by less than windows of seven.
        ("map(windows(t, clamp(llm_call[Int](\"n\"), 7, 8), 9), fn(w) => llm_call(f\"{length(w)}{w}{t}\"))", {"t: Text": "abcdefghijklmnopqrstuvwxyz0123456789" * 2}),
        # A level of a recursion is more than its length.
        ("let go = fix solve(p: List[Text]) => join(map(p, fn(x) => llm_call(x)), \"\"); go(take(xs, 2)) ++ go(take(ys, 2))", {"xs: List[Text]": ["a", "b"], "ys: List[Text]": ["a" * 300, "c" * 300]}),
        ("let go = fix solve(p: Text) => llm_call(p); go(t) ++ go(u)", {"t: Text": "aaa", "u: Text": "€€€"}),
        # A recursion inside a recursion is as deep as both.
        ("let inner = fix f(p: Text) => if length(p) <= 1 then llm_call(p) else f(drop(p, 1)); let outer = fix g(p: Text) => if length(p) <= 1 then inner(\"abcd\" ++ p) else g(drop(p, 1)); outer(t)", {"t: Text": "tttt"}),
        # What staging computes counts too, inside the recursion that computes it.
        ("(fix go(p: Text) => if length(p) <= 1 then llm_call((fix go(p: Text) => if length(p) <= 1 then p else go(take(p, length(p) - 1)))(\"abc\") ++ p) else go(drop(p, 1)))(t)", {"t: Text": "tttt"}),
        ("let go = fix f(p: List[Int]) => if length(p) <= 1 then (fix g(q: List[Int]) => if length(q) <= 1 then [1] else g(drop(q, 1)))([1, 2, 3]) else f(drop(p, 1)); go(map(words(\"a b c d\"), fn(w) => llm_call[Int](w)))", {}),
        ("let go = fix f(p: Text) => if length(p) <= 1 then p else f(drop(p, 1)); llm_call(go(t))", {"t: Text": "tttt"}),
        # Options, numbers and instructions of the library's own are part of a prompt.
        ("llm_choose(t, xs) ?? \"\"", {**LONG_FIRST, "t: Text": "pick"}),
        ("values(llm_map[Text](xs, t)) |> join(\"\")", {**LONG_FIRST, "t: Text": "pick"}),
        ("map(llm_map_by[Text](xs, fn(x) => x ++ x, t), fn(r) => r.item ++ (r.reply ?? \"\")) |> join(\"\") |> llm_call", {**LONG_FIRST, "t: Text": "pick"}),
        # What a name that is bound twice waits for.
        ("let a = llm_call(llm_call(t)); let a = t; let b = llm_call(\"b\"); llm_call(b ++ \"!\")", {"t: Text": "t"}),
        ("let a = llm_call(llm_call(t)); let b = llm_call(\"b\"); let c = llm_call(a ++ \"c\"); llm_call(b)", {"t: Text": "t"}),
    ],
)  # fmt: skip
def test_the_bound_holds(program: str, inputs: dict[str, Any]) -> None:
    holds(trial(program, inputs))


@pytest.mark.parametrize(
    ("program", "reply"),
    [
        ('llm_call[List[Text]]("n") |> map(fn(x) => llm_call(x ++ "!" ++ x))', lambda room: [*range(10), *[1] * ((room - 40) // 2)]),
        ('llm_call[List[List[Int]]]("n") |> length |> range(0) |> map(fn(x) => llm_call(f"{x}"))', lambda room: [1] * (room // 2 - 10)),
        ('llm_call[List[Option[Int]]]("n") |> enumerate |> map(fn(x) => llm_call(f"{x.index}"))', lambda room: [1] * (room // 2 - 10)),
        ('llm_call[List[{ name: Option[Text], size: Option[Int] }]]("n") |> enumerate |> map(fn(x) => llm_call(f"{x.index}"))', lambda room: [{}] * (room // 3 - 10)),
        ('llm_call[List[{ a_long_name: Int }]]("n") |> enumerate |> map(fn(x) => llm_call(f"{x.index}"))', lambda room: [{"alongname": 1}] * (room // 16 - 10)),
        ('llm_call[List[Text]]("n") |> join("") |> llm_call', lambda room: [1e15] * (room // 7 - 4)),
    ],
)  # fmt: skip
def test_the_bound_holds_for_a_reply_read_with_good_will(program: str, reply: Callable[[int], Any]) -> None:
    def say(request: CompletionRequest) -> str:
        if request.schema is None:
            return "x"
        return json.dumps({"reply": reply(8 * request.max_tokens)}, separators=(",", ":"))

    holds(trial(program, {"t: Text": "t"}, Saying(say)))


def test_the_bound_holds_for_quotes_with_more_white_space() -> None:
    def say(request: CompletionRequest) -> str:
        return json.dumps({"reply": ["a b"] * 8}) if request.schema is not None else "x"

    given = {"t: Text": "a" + " " * 3_000 + "b"}
    holds(trial('llm_call[List[Quote]](f"Quote:\n{t}") |> map(fn(q) => llm_call(q ++ q)) |> join("")', given, Saying(say)))


def test_the_bound_holds_when_one_item_takes_the_room_of_all() -> None:
    def say(request: CompletionRequest) -> str:
        if request.schema is None:
            return "x"
        keys = list(request.schema["properties"])
        return json.dumps(dict.fromkeys(keys, "s") | {keys[0]: "l" * (6 * request.max_tokens)})

    inputs = {"xs: List[Text]": [f"{i}" for i in range(10)]}
    holds(trial('values(llm_map[Text](xs, "Say")) |> map(fn(r) => llm_call(r ++ "!"))', inputs, Saying(say)))


@pytest.mark.parametrize("window", [2_100, 2_600, 4_000])
def test_the_bound_holds_when_a_window_holds_few_items(window: int) -> None:
    profile = ModelProfile("narrow", window=window, max_output=50, retries=1)
    inputs = {"xs: List[Text]": ["x" * 200, *["€" * (3 * i) for i in range(30)]]}
    made = trial('llm_map[Text](xs, "Say") |> values |> join("")', inputs, Adversary(profile, "shortest"), per_call=20)
    holds(made)


class Light(Adversary):
    """Four tokens for five bytes."""

    def count_tokens(self, messages: tuple[Message, ...]) -> int:
        return super().count_tokens(messages) * 4 // 5


class Uneven(Light):
    """Its tokens of a prompt are more than those of the items in it together."""

    def count_tokens(self, messages: tuple[Message, ...]) -> int:
        if any("Items:" in message.content for message in messages):
            return Adversary.count_tokens(self, messages)
        return super().count_tokens(messages)


@pytest.mark.parametrize("size", [30, 120, 300, 700])
@pytest.mark.parametrize("window", [2_100, 2_600, 4_000])
def test_the_bound_holds_for_prompts_that_are_packed_again(window: int, size: int) -> None:
    """What does not fit after all makes two or three, so that few prompts are added."""
    program, items = 'llm_map[Text](xs, "Say") |> values |> join("")', [f"{i:03}" + "x" * size for i in range(60)]
    profile = ModelProfile("narrow", window=window, max_output=400, retries=1, template_tokens=0)
    made = trial(program, {"xs: List[Text]": items}, Uneven(profile, "shortest"), per_call=32, item_out=4)
    holds(made)


@pytest.mark.slow
@pytest.mark.parametrize("window", [500, 900, 2_600])
@pytest.mark.parametrize("items", range(1, 20))
def test_items_of_several_lines_get_prompts_that_fit(window: int, items: int) -> None:
    program, texts = 'llm_map[Text](xs, "Say") |> values |> join("")', ["x" * 40 + f"\n{i}" for i in range(items)]
    profile = ModelProfile("narrow", window=window, max_output=400, retries=0, template_tokens=0)
    made = trial(program, {"xs: List[Text]": texts}, Adversary(profile, "shortest"), item_out=4)
    assert made.run().fault is None
    holds(made)


def test_prompts_are_repacked_where_a_model_counts_more() -> None:
    program, items = 'llm_map[Text](xs, "Say") |> values |> join("")', [f"{i:03}" + "x" * 120 for i in range(60)]
    profile = ModelProfile("narrow", window=2_600, max_output=400, retries=1, template_tokens=0)
    inputs = {"xs: List[Text]": items}
    light, uneven = (
        trial(program, inputs, model(profile, "longest"), per_call=32, item_out=4).run().metered["calls"]
        for model in (Light, Uneven)
    )
    assert light is not None and uneven is not None and light < uneven


def test_every_repair_and_every_retry_is_an_attempt() -> None:
    never = Saying(lambda request: "no number")
    made = trial("llm_call[Int](query)", {}, never, repairs=2, pool=Pool(2, 0))
    ran = made.run()
    assert ran.fault is not None
    assert ran.metered["attempts"] == 3 * 2
    for way in WAYS:
        bound = made.bound(way)
        assert bound is not None and (bound.bound.attempts, bound.bound.pool) == (3 * 2, 2)


def test_joining_level_by_level_is_bounded_by_all_its_groups() -> None:
    holds(trial('tree_fold(xs, 2, fn(group) => llm_call(join(group, "")))', {"xs: List[Text]": list("abcdefgh")}))


def test_batched_replies_stay_within_the_longest_reply() -> None:
    """A model with short replies answers few items at a time, however many one prompt may hold."""
    program, few = 'values(llm_map[Text](xs, "say")) |> join("")', replace(PROFILE, max_output=60)
    for model, calls in ((Adversary(few, "longest"), 4), (Saying(lambda request: "{}", few), 8)):
        made = trial(program, {"xs: List[Text]": list("abcdefghijkl")}, model, item_out=20, pool=ALL)
        assert made.run().metered["calls"] == calls
        holds(made)


@pytest.mark.parametrize(("out", "thinking", "fits"), [(40, 0, True), (400, 0, False), (40, 400, False)])
def test_reply_and_thought_take_their_room_in_the_window(out: int, thinking: int, fits: bool) -> None:
    profile = replace(PROFILE, window=1_000, max_output=400, reasoning_tokens=thinking)
    made = trial(
        f"llm_call(take(t, 1300), out={out})", {"t: Text": "x" * 5_000}, Adversary(profile, "longest", is_thrifty=False)
    )
    bound = made.bound("declared")
    assert bound is not None
    assert [d.code for d in bound.diagnostics] == ([] if fits else ["E0301"])


def test_a_prompt_that_leaves_no_room_for_thought_is_not_sent() -> None:
    thinking = Adversary(replace(PROFILE, window=1_000, max_output=400, reasoning_tokens=400), "longest")
    made = trial("llm_call(take(t, 700), out=40)", {"t: Text": "x" * 5_000}, thinking)
    ran = made.run()
    assert ran.fault is not None and ran.fault.code == "E0509"
    assert not thinking.asked


SPARSE = "Some plain words, in a row. " * 12 + "“naïve” €5 ﬃ " + "and as many more of them.\n\n" * 12
BARE = Rates(window=10**6, max_output=1, template_tokens=0, prompt_bytes=0, repair_bytes=0, repairs=0, retries=0)
"""A prompt has its own bytes and nothing else."""


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        ("windows(t, 60, 20)", SPARSE),
        ("windows(t, 7, 3)", "a" * 30 + "€" * 10 + "a" * 30),
        ("windows(t, 7, 3) |> map(fn(w) => take(w, 5))", SPARSE),
        ("chunk(t, 50) |> map(fn(c) => upper(c) ++ lower(c))", SPARSE),
        ("[upper(t)]", "ΐ" * 20),
        ("[upper(t), lower(t)]", "ﬃİ" * 20 + "a" * 9),
        ('lines(t) |> map(fn(l) => replace(l, "a", "“”"))', SPARSE),
        ('[replace(t, "a", "€")]', "a" * 50),
        ('[replace(t, "plain words", "€"), repeat(take_last(drop(t, 330), 30), 3), escape_regex(t), to_json(t)]', SPARSE),
        ('[replace_regex(t, "(w)(o)", r"\\1€\\2\\1"), replace_regex(t, "", r"\\0”")]', SPARSE),
        ('[replace_regex(t, "(?s)(.+)", r"\\1\\1\\1\\1\\1")]', "€" * 20),
        ('search(t, "“.+?”") |> map(fn(m) => around(t, m.start, 20))', SPARSE),
        ('[join(take(lines(t), 3), "—"), pack(words(t), 40, "·") |> join("")]', SPARSE),
        ('[f"{t}–{take(t, 1)}", t ++ "", "€€" ++ take(t, 2)]', "€" * 40),
        ('sections(t, "and") |> map(fn(s) => s.head ++ s.body)', SPARSE),
        ("map(xs, fn(x) => take(x, 30))", SPARSE),
        ('[fold(xs, "", fn(acc, x) => acc ++ x)]', SPARSE),
        ('[if length(t) > 9 then "€€€€" else t, first(xs) ?? t]', SPARSE),
    ],
)
def test_no_prompt_exceeds_the_bytes_of_its_parts(parts: str, text: str) -> None:
    inputs = {"t: Text": text, "xs: List[Text]": text.split(" ")}
    pure, asking = trial(parts, inputs), trial(f"map({parts}, fn(p) => llm_call(p))", inputs)
    made = sum(len(part.s.encode()) for part in pure.run().value)
    bound = bounded(asking.typed, asking.sizes("measured"), BARE, asking.autos, BUDGET, None).bound
    assert bound.input_tokens is not None and made <= bound.input_tokens


@pytest.mark.parametrize(
    ("slice_", "most"),
    [
        ("slice(t, at, at + 9)", 9),
        ("slice(t, at - 4, at + 9)", 13),
        ("slice(t, max(at - 4, 0), at)", 4),
        ("slice(t, max(0, at + 1 - 4), min(2 + at, 40))", 5),
        ("slice(t, at + 5, at)", 0),
        ("t |> slice(r.at, end=r.at + 7)", 7),
        ("slice(t, { let s = at; s }, at + 9)", None),
        ("slice(t, at, r.at + 9)", None),
        ("slice(t, at - at, at + 9)", None),
        ("slice(t, min(at, 3), at + 9)", None),
        ("slice(t, at, max(at, 30))", None),
        ("slice(t, 9 - at, at + 9)", None),
        ("slice(t, at * 2, at * 2 + 9)", None),
    ],
)
def test_a_slice_is_as_long_as_its_ends_are_apart_wherever_it_is(slice_: str, most: int | None) -> None:
    program = 'let at = llm_call[Int]("where"); let r = { at: at }; llm_call(' + slice_ + ")"
    for where in (0, 3, 20, 60):
        made = trial(program, {"t: Text": "“”" + "t" * 58}, Saying(always(str(where))))
        holds(made)
    bound = made.bound("measured")
    assert bound is not None
    assert bound.bound.prompt_chars == max(5, 60 if most is None else most)


@pytest.mark.parametrize("asked", ["llm_call", "llm_call[Int]"])
def test_marks_are_bounded_in_bytes(asked: str) -> None:
    """Sixteen blocks of data, with nothing else in the bound that could make room for what marking adds."""
    holes = "w".join(["{t}"] * 16)
    made = trial(f'{asked}(f"w{holes}w")', {"t: Text": "x" * 81}, Saying(lambda request: "1"), repairs=0)
    holds(replace(made, model=Saying(lambda request: "1", replace(PROFILE, retries=0))))


def test_an_unlimited_replacement_is_bounded_by_what_is_used() -> None:
    program = """
    let new = fold(xs, "€", fn(acc, x) => acc ++ acc);
    let big = replace_regex(t, "a", new);
    let one = if llm_call[Bool]("n") then "é" else big;
    llm_call(take(one, 200))
    """
    holds(trial(program, {"t: Text": "é" * 3 + "a" * 300, "xs: List[Text]": ["x"] * 6}, Saying(lambda request: "false")))


@pytest.mark.slow
def test_recursion_levels_with_other_wide_characters_differ() -> None:
    """Lists alike in lengths, bytes and peaks, of which one has more wide characters in total."""
    n = 2_000
    lists = {
        "a: List[Text]": ["a" * 10] * 6 * n,
        "c: List[Text]": (["€" * 10, "é" * 10, "é" * 10, "é" * 10] + ["a" * 10] * 6) * n,
        "b: List[Text]": ["a" * 10] * 10 * n,
        "d: List[Text]": ["€" * 10] * 4 * n + ["é" * 5 + "a" * 5] * 2 * n,
    }
    program = """
    let o = llm_call[Bool]("n");
    let go = fix f(p: List[Text]) => llm_call(first(pack(p, 100000, "")) ?? "");
    go(if o then a else c) ++ go(if o then b else d)
    """
    model = Saying(lambda request: "false", replace(PROFILE, retries=0))
    holds(trial(program, lists, model, repairs=0))


@pytest.mark.parametrize("mark", [".", "“", "𝄞"])
def test_a_few_wide_characters_make_a_bound_a_little_larger(mark: str) -> None:
    """Windows and slices of a text are counted with the bytes that the text has beyond its characters, not as if all were wide."""
    texts = {"t: Text": ("Plain words in a row. " * 50 + mark) * 90}
    program = 'windows(t, 2000, 300) |> map(fn(w) => llm_call(take(w, 1500))) |> join("")'
    for way in ("staged", "measured"):
        bound = trial(program, texts).bound(way)
        plain = trial(program, {"t: Text": "x" * len(texts["t: Text"])}).bound(way)
        assert bound is not None and plain is not None
        assert bound.bound.input_tokens is not None and plain.bound.input_tokens is not None
        assert bound.bound.input_tokens < 1.02 * plain.bound.input_tokens
