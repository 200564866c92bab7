"""Typed functions of the host: checked, bounded, metered, and nothing else widens the language."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lambda_rlm
from lambda_rlm import RLM, Budget, HostCost, Size, primitive
from lambda_rlm.eval.asking.asker import AskSettings
from lambda_rlm.events import CallStarted, Event
from lambda_rlm.execution.execute import NOBODY, Options, execute
from lambda_rlm.execution.run import Run
from lambda_rlm.llm.scripted import ScriptedModel
from lambda_rlm.types.hosted import HostFunction
from tests.properties.test_bounds import BUDGET, adversaries
from tests.support.adversary import Adversary
from tests.support.bounding import WAYS, Trial, excess
from tests.support.examples import examples

PARTS = {"M4": "a bolt of 4 mm", "M5": "a nut"}


@primitive("lookup_part", "(Text) -> Option[Text]", cost=HostCost(steps=50, characters=80))
def lookup_part(number: str) -> str | None:
    """What the catalogue says of a part."""
    return PARTS.get(number)


def ran(
    program: str,
    *functions: HostFunction,
    model: Any = NOBODY,
    budget: Budget | None = None,
    clock: Callable[[], float] = time.monotonic,
    **inputs: Any,
) -> Run:
    checked = lambda_rlm.check(program, inputs, primitives=functions)
    assert checked.ok, checked.diagnostics

    async def go() -> Run:
        given = {"query": "", **inputs}
        return await execute(checked.admit(budget), given, model, options=Options(key=b"tests", clock=clock))

    return anyio.run(go)


def value(program: str, *functions: HostFunction, **inputs: Any) -> Any:
    done = ran(program, *functions, **inputs)
    assert done.fault is None, done.fault
    return done.value


def fault(program: str, *functions: HostFunction, **inputs: Any) -> str:
    done = ran(program, *functions, **inputs)
    assert done.fault is not None and done.fault.span is not None
    source = done.source.text
    return f"{done.fault.code} {done.fault.message} at {source[done.fault.span.start : done.fault.span.end]}"


def test_a_program_uses_a_host_function_like_the_librarys() -> None:
    assert value('lookup_part("M4") ?? "?"', lookup_part) == "a bolt of 4 mm"
    assert value('words(context) |> map(lookup_part) |> map(fn(p) => p ?? "?")', lookup_part, context="M5 M9") == ["a nut", "?"]
    assert value('"M4" |> lookup_part |> is_some', lookup_part) is True
    assert value('lookup_part(number="M5")', lookup_part) == "a nut"
    assert value('let f = lookup_part; def g(x) = f(x); [g("M4"), lookup_part("M9")]', lookup_part) == ["a bolt of 4 mm", None]
    assert lookup_part("M4") == "a bolt of 4 mm"  # and the host calls it as it did


def test_there_is_no_registry_what_is_not_named_is_not_there() -> None:
    checked = lambda_rlm.check('lookup_part("M4")')
    assert [d.code for d in checked.diagnostics] == ["E0202"]


@pytest.mark.parametrize(
    ("program", "code"),
    [("lookup_part(4)", "E0201"), ('lookup_part("a", "b")', "E0205"), ('lookup_part("a") ++ "b"', "E0201"), ("lookup_part", "E0214")],
)  # fmt: skip
def test_its_type_is_checked_as_any_other(program: str, code: str) -> None:
    assert code in {d.code for d in lambda_rlm.check(program, primitives=[lookup_part]).diagnostics}


def test_data_of_every_type_goes_in_and_out() -> None:
    @primitive(
        "same",
        '({ a: Int, b: List[Option[Float]], c: "x" | "y", d: Bool }) -> { a: Int, b: List[Option[Float]], c: "x" | "y", d: Bool }',
    )
    def same(record: dict[str, Any]) -> dict[str, Any]:
        assert record == {"a": 1, "b": [1.5, None], "c": "x", "d": True}
        return record

    assert value('same({ a: 1, b: [some(1.5), none], c: "x", d: true })', same) == {
        "a": 1,
        "b": [1.5, None],
        "c": "x",
        "d": True,
    }


def made(signature: str, function: Callable[..., Any], **cost: int) -> HostFunction:
    return primitive("f", signature, cost=HostCost(**cost))(function)


def keeping(called: list[str], reply: object) -> Callable[[str], object]:
    """A function that keeps what it is called with."""

    def function(argument: str) -> object:
        called.append(argument)
        return reply

    return function


def test_what_it_raises_is_a_fault_that_names_it() -> None:
    assert fault('f("a")', made("(Text) -> Text", lambda t: {}[t])) == "E0415 `f` raised KeyError: 'a' at f"


@pytest.mark.parametrize(
    ("result", "given"),
    [
        ("Int", "4"), ("Int", 2**63), ("Int", True), ("Text", None), ("Text", "\ud800"), ("Float", float("nan")), ("Float", 10**400),
        ("List[Int]", [1, "2"]), ("{ a: Int }", {"a": 1, "b": 2}), ('"x" | "y"', "z"), ("Bool", 1), ("Option[Int]", (1,)), ("Text", b"x"),
    ],
)  # fmt: skip
def test_a_result_that_is_not_of_the_declared_type_is_a_fault(result: str, given: Any) -> None:
    assert fault('to_json(f("a"))', made(f"(Text) -> {result}", lambda _: given)).startswith("E0416 the result of `f`")


class Endless(list[str]):
    def __iter__(self) -> Any:
        while True:
            yield "M4"


class Shy(dict[str, str]):
    def __iter__(self) -> Any:
        raise RuntimeError

    keys = items = __getitem__ = __iter__  # type: ignore[assignment]


class Loud(int):
    def __le__(self, other: object) -> bool:
        return True

    __ge__ = __lt__ = __gt__ = __le__


def test_of_a_class_of_the_hosts_the_plain_data_counts() -> None:
    cost = HostCost(characters=100)
    assert value("f()", primitive("f", "() -> List[Text]", cost=cost)(lambda: Endless(["M5"]))) == ["M5"]
    assert value("f()", primitive("f", "() -> { a: Text }", cost=cost)(lambda: Shy(a="M5"))) == {"a": "M5"}
    assert "64" not in fault("f()", primitive("f", "() -> Int", cost=cost)(lambda: Loud(1 << 40 << 40)))


@pytest.mark.parametrize("error", [asyncio.CancelledError(), GeneratorExit()], ids=repr)
def test_what_ends_tasks_is_a_fault_of_the_function(error: BaseException) -> None:
    def stops() -> str:
        raise error

    assert fault("f()", primitive("f", "() -> Text")(stops)).startswith(f"E0415 `f` raised {type(error).__name__}")


def test_a_result_larger_than_declared_is_a_fault() -> None:
    function = made("(Text) -> Text", lambda t: t * 3 + "12345", characters=5, characters_per_character=3)
    assert value('f("abc")', function) == "abcabcabc12345"
    small = made("(Text) -> Text", lambda t: t * 3 + "123456", characters=5, characters_per_character=3)
    assert fault('f("abc")', small).startswith("E0417 `f` returned 15 characters, but its declared cost allows 14")


class Markup(str):
    """A text with ways of its own, as template engines have."""

    def __add__(self, other: str) -> str:
        return "escaped"

    def __getitem__(self, at: Any) -> str:
        return "cut otherwise"

    def __len__(self) -> int:
        return 0


def test_a_text_with_ways_of_its_own_is_its_characters_alone() -> None:
    @primitive("marked", "(Text) -> Text", cost=HostCost(characters=5))
    def marked(text: str) -> str:
        return Markup(text)

    program = 'let t = marked(context); [t ++ "!", take(t, 2), to_text(length(t))]'
    assert ran(program, marked, context=Markup("12345")).value == ["12345!", "12", "5"]
    fault = ran(program, marked, context="123456").fault
    assert fault is not None and fault.code == "E0417"


def test_declared_steps_and_storage_are_charged_before_a_call() -> None:
    called: list[str] = []
    function = made("(Text) -> Int", keeping(called, 1), steps=100, steps_per_character=7, bytes=1_000, bytes_per_character=11)
    free = made("(Text) -> Int", lambda t: 1, steps=0)
    dear, cheap = ran('f("abcde")', function), ran('f("abcde")', free)
    assert dear.usage.steps - cheap.usage.steps == 100 + 7 * 5
    assert dear.usage.bytes - cheap.usage.bytes == 1_000 + 11 * 5
    called.clear()
    stopped = ran('f("abcde")', function, budget=Budget(fuel=50))
    assert stopped.fault is not None and stopped.fault.code == "E0401" and called == []


def test_the_deadline_is_looked_at_each_time_that_it_returns() -> None:
    """Its steps say nothing of its time: a hundred slow look-ups of a few steps each would outlive any deadline."""
    now, called = [0.0], []

    @primitive("slow", "(Text) -> Text", cost=HostCost(steps=5, characters=9))
    def slow(text: str) -> str:
        now[0] += 20.0
        called.append(text)
        return text

    program = 'words(context) |> map(slow) |> join("")'
    done = ran(program, slow, budget=Budget(seconds=50), clock=lambda: now[0], context="a b c d e f")
    assert done.fault is not None and done.fault.code == "E0407", done.fault
    assert called == ["a", "b", "c"]


def test_host_results_are_data_in_a_prompt_never_instructions() -> None:
    """A catalogue may hold what anybody wrote into it."""
    model = ScriptedModel.from_rules([("", "ok")])
    ran('let p = lookup_part("M4") ?? query; llm_call(f"Say what this is: {p}")', lookup_part, model=model)
    assert "<data" in model.prompts[0] and model.prompts[0].index("<data") < model.prompts[0].index("a bolt of 4 mm")


def test_an_answer_made_with_it_goes_back_to_what_it_was_given() -> None:
    done = ran('lookup_part(take(context, 2)) ?? ""', lookup_part, context="M4 and more")
    assert [(c.input, c.start, c.end) for c in done.citations] == [("context", 0, 2)]


def test_the_bound_counts_on_what_was_declared() -> None:
    """Before the run, from sizes alone: a result of 5,000 characters makes a prompt of so many."""
    function = made("(Text) -> Text", lambda t: "x", characters=5_000)
    program = 'llm_call(f(take(context, 10)) ++ "?")'
    small = made("(Text) -> Text", lambda t: "x", characters=50)
    large, little = (lambda_rlm.check(program, {"context": Size(100)}, primitives=[f]).bound for f in (function, small))
    assert large is not None and little is not None
    assert (large.prompt_chars, little.prompt_chars) == (5_001, 51)
    huge = made("(Text) -> Text", lambda t: "x", characters=10**6)
    prospect = lambda_rlm.check(program, {"context": Size(100)}, primitives=[huge]).prospect()
    assert prospect is not None and [d.code for d in prospect.diagnostics] == ["E0301"]


@pytest.mark.parametrize("name", ["", "Lookup", "1st", "two words", "let", "none", "query", "é", "_x"])
def test_a_name_that_no_program_could_use_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="invalid primitive name"):
        primitive(name, "(Text) -> Text")


def test_a_name_of_the_library_is_refused_unless_it_is_meant() -> None:
    with pytest.raises(ValueError, match="shadows=True"):
        primitive("take", "(Text) -> Text")
    mine = primitive("trim", "(Text) -> Text", shadows=True)(lambda t: f"<{t}>")
    assert value("trim(context)", mine, context=" a ") == "< a >"


@pytest.mark.parametrize(
    "signature", ["Text", "(Text) -> Quote", "(a) -> a", "((Text) -> Text) -> Text", "(Text) -> Lisst", "(Text) ->"]
)
def test_a_signature_that_is_no_data_function_is_refused(signature: str) -> None:
    with pytest.raises(ValueError, match="the signature"):
        primitive("f", signature)


def test_what_cannot_be_called_so_and_what_would_wait_is_refused() -> None:
    with pytest.raises(ValueError, match="has 2 parameters"):
        primitive("f", "(Text, Int) -> Text")(lambda t: t)

    async def later(t: str) -> str:
        return t

    with pytest.raises(ValueError, match="coroutine"):
        primitive("f", "(Text) -> Text")(later)
    with pytest.raises(ValueError, match="at least 0"):
        HostCost(steps=-1)


def test_two_of_one_name_and_one_of_an_input_are_refused() -> None:
    with pytest.raises(ValueError, match="two primitives"):
        lambda_rlm.check("1", primitives=[lookup_part, lookup_part])
    with pytest.raises(ValueError, match="an input and a primitive"):
        lambda_rlm.check("1", {"lookup_part": "x"}, primitives=[lookup_part])
    with pytest.raises(TypeError, match="decorated with"):
        lambda_rlm.check("1", primitives=[len])  # type: ignore[list-item]


def test_a_host_function_is_called_once_and_only_by_the_run() -> None:
    """The planner tries a program's pure parts many times; a function of the host may be slow, or count."""
    called: list[str] = []
    function = made("(Text) -> Text", keeping(called, "x"))
    text = "Ann keeps bees. " * 3_000
    done = ran('chunk(context, auto) |> map(fn(p) => llm_call(f(take(p, 5)) ++ p)) |> join("")', function,
               model=ScriptedModel.from_rules([("", "y")]), context=text)  # fmt: skip
    assert done.fault is None and len(called) == done.usage.calls


@pytest.mark.usefixtures("alone")
def test_a_root_model_is_shown_it_and_may_use_it() -> None:
    root = ScriptedModel.from_rules([("", 'lookup_part(trim(context)) ?? "unknown"')])
    rlm = RLM(ScriptedModel.from_rules([("", "z")]), root_model=root, strategy="synth", primitives=[lookup_part], journal=True)
    seen: list[Event] = []
    run = rlm.ask("What is it?", context="M4", on_event=seen.append)
    assert (run.answer, run.route) == ("a bolt of 4 mm", "synth")
    shown = next(event.request.messages[-1].content for event in seen if isinstance(event, CallStarted))
    assert "  lookup_part(number: Text) -> Option[Text]  # What the catalogue says of a part.\n" in shown
    again = rlm.replay(run.id, context="M4")
    assert (again.run.answer, again.differences) == (run.answer, ())


RESULTS: dict[str, tuple[str, Callable[[int, str], Any]]] = {
    "Text": ("p", lambda n, x: x * n),
    "List[Text]": ('join(p, "")', lambda n, x: [x * (n - 4)] if n > 4 else []),
    "Option[Text]": ("p ?? query", lambda n, x: x * n),
    "List[Int]": ('join(map(p, to_text), "")', lambda n, x: [7] * ((n - 1) // 2)),
    "{ a: Text, b: Text }": ("p.a ++ p.b", lambda n, x: {"a": x * max(0, n - 15), "b": ""}),
}
"""Types of results, how a prompt is made of one, and the largest value of so many characters."""

PROGRAMS = (
    "ask(context)",
    'lines(context) |> map(ask) |> join("")',
    'chunk(context, 9) |> map(fn(c) => ask(ask(c))) |> join("")',
)


@pytest.mark.slow
@settings(max_examples=examples(150))
@given(st.data(), adversaries())
def test_usage_with_host_functions_is_within_the_bound(data: st.DataObject, adversary: tuple[Adversary, AskSettings]) -> None:
    """The theorem of bounds, for functions that give as much as they declare."""
    result = data.draw(st.sampled_from(sorted(RESULTS)))
    shown, largest = RESULTS[result]
    constant, each = data.draw(st.integers(15, 80)), data.draw(st.integers(0, 3))
    letter = data.draw(st.sampled_from(("x", "𝄞")))

    @primitive("give", f"(Text) -> {result}", cost=HostCost(characters=constant, characters_per_character=each))
    def give(text: str) -> Any:
        return largest(constant + each * len(text), letter)

    program = (
        f'def ask(t: Text) -> Text = {{ let p = give(t); llm_call("Q" ++ ({shown})) }}; {data.draw(st.sampled_from(PROGRAMS))}'
    )
    text = data.draw(st.text(alphabet="ab \n", max_size=40))
    found = lambda_rlm.check(program, {"context": text}, primitives=[give])
    assert found.typed is not None, found.diagnostics
    model, asking = adversary
    trial = Trial(found.typed, {"context": text, "query": ""}, model, asking, BUDGET)
    bounds = {way: trial.bound(way) for way in WAYS}
    ran = trial.run()
    assert ran.fault is None or ran.fault.code != "E0417"
    broken = [f"{way}: {line}" for way, bound in bounds.items() if bound is not None for line in excess(bound, ran)]
    assert not broken, "\n".join([program, *broken, f"fault: {ran.fault}"])
