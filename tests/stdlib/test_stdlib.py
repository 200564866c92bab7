"""The strategies of the standard library: each does what its comments say, and none stumbles over odd texts."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import anyio
import pytest

from lambda_rlm.budget.budget import Budget
from lambda_rlm.completion import ModelProfile
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.execution.check import check
from lambda_rlm.execution.execute import execute
from lambda_rlm.execution.run import Run
from lambda_rlm.inputs import from_values
from lambda_rlm.llm.scripted import ScriptedModel
from lambda_rlm.plan.given import context as prelude
from lambda_rlm.plan.measure import measure
from lambda_rlm.plan.plan import plan, strategy_text
from lambda_rlm.plan.router import Choice, Route, route
from lambda_rlm.plan.rows_as_text import MOST_COLUMNS
from lambda_rlm.plan.tasks import TASKS
from lambda_rlm.resources import folder
from lambda_rlm.syntax.printing.pretty import pretty
from lambda_rlm.types.parse_type import parse_type
from lambda_rlm.types.type import INT, TEXT, Type, list_of, option_of, record_of
from tests.support.answering import ask
from tests.support.places import IS_REWRITING, ROOT
from tests.support.prompt_shapes import shapes, written
from tests.support.stdlib_examples import Example, above, def_examples, definitions, program_examples

PAGE = ROOT / "docs" / "strategies.md"
NAMES = sorted(p.name.removesuffix(".lam") for p in folder("stdlib").iterdir() if p.name.endswith(".lam"))
TEXTS = {name: strategy_text(name) for name in NAMES}
WHOLE = [e for name, text in TEXTS.items() for e in program_examples(name, text)]
PARTS = [e for name, text in TEXTS.items() for e in def_examples(name, text)]
SMALL = ModelProfile(name="small", window=1_024, max_output=256, input_price=0.0, output_price=0.0)


def ran(program: str, values: Mapping[str, Any], types: Mapping[str, Type], model: ScriptedModel) -> Run:
    checked = check(SourceFile("program", program), types)
    assert checked.ok, checked.diagnostics
    return anyio.run(execute, checked.admit(Budget(calls=200), model.profile), values, model)


def value_of(run: Run) -> Any:
    if run.fault is not None:
        raise run.fault
    return run.value


def test_every_task_is_a_file_of_the_standard_library() -> None:
    assert set(NAMES) == {"direct", *TASKS}


@pytest.mark.slow
@pytest.mark.parametrize("example", WHOLE, ids=lambda e: e.name)
def test_a_strategy_answers_as_its_example_says(example: Example) -> None:
    model = ScriptedModel.from_rules(example.replies)
    types = {name: parse_type(text) for name, text in example.types.items()}
    assert value_of(ran(TEXTS[example.name], example.values, types, model)) == json.loads(example.expected)


@pytest.mark.slow
@pytest.mark.parametrize("example", PARTS, ids=lambda e: e.name)
def test_a_def_gives_what_its_example_says(example: Example) -> None:
    name = example.name.partition(":")[0]
    model = ScriptedModel.from_rules(example.replies)
    # The strategy's own top-level lets that ask the model or read the context stand after its defs.
    last_def = max(d.span.end for d in definitions(TEXTS[name])[1])
    items = TEXTS[name][:last_def]
    values, types = {"context": "", "query": "Who?"}, {"context": TEXT, "query": TEXT}
    given = value_of(ran(f"{items}\n{example.call}", values, types, model))
    assert given == value_of(ran(example.expected, values, types, model))


@pytest.mark.parametrize("name", NAMES)
def test_every_strategy_and_def_is_documented(name: str) -> None:
    lines = TEXTS[name].split("\n")
    assert lines[0].startswith(f"# {name}: ")
    assert any(line.startswith("# (context: Text, query: Text) -> ") for line in lines)
    assert any(line.startswith("# cost: ") for line in lines)
    assert any(e.name == name for e in WHOLE)
    for definition in definitions(TEXTS[name])[1]:
        comment = above(TEXTS[name], definition)
        parameters = ", ".join(f"{p.name}: {pretty(p.annotation)}" for p in definition.params if p.annotation)
        assert definition.result is not None
        signature = f"({parameters}) -> {pretty(definition.result)}"
        assert any(line in (signature, f"{signature} ! llm") for line in comment), signature
        assert any(line.startswith("cost: ") for line in comment)
        assert any(e.name == f"{name}:{definition.name}" for e in PARTS), f"{definition.name} has no example"


@pytest.mark.parametrize("name", NAMES)
def test_a_strategy_is_in_canonical_form(name: str) -> None:
    program, _ = definitions(TEXTS[name])
    assert pretty(program) == TEXTS[name]


PROMPTS = re.compile(r"(<!-- prompts: .*? -->\n).*?(<!-- end of prompts -->)", re.DOTALL)


def test_the_page_of_strategies_shows_their_prompts_as_they_are() -> None:
    """Who simulates or tunes a model for a strategy needs the exact words."""
    sections = [f"### {task}\n\n" + "\n\n".join(map(written, shapes(task))) for task in TASKS]
    wanted = "\n" + "\n\n".join(sections) + "\n\n"
    text = PAGE.read_text(encoding="utf-8")
    found = PROMPTS.sub(lambda hit: hit[1] + wanted + hit[2], text)
    if IS_REWRITING:
        PAGE.write_text(found, encoding="utf-8")
        return
    assert text == found, "`make golden` rewrites the section of prompts"


ODD = {
    "empty": "",
    "blank": " \r\n\t\n",
    "one line": "Ann keeps bees.",
    "no spaces": "x" * 30_000,
    "line ends of Windows": "Ann keeps bees.\r\n\r\nBob keeps goats.\r\n" * 200,
    "mixed scripts": "養蜂 Ann пчёлы 🐝 λ bees مرحبا\n" * 400,
    "no words": "!!! ??? ... --- " * 800,
    "combining marks": "e\u0301\u0308" * 5_000,
}


@pytest.mark.slow
@pytest.mark.parametrize("task", ["search", "summarise", "answer"])
@pytest.mark.parametrize("choice", ["plan", "auto"])
@pytest.mark.parametrize("text", ODD.values(), ids=list(ODD))
def test_no_text_is_too_odd_for_a_window_of_a_thousand_tokens(task: str, choice: Choice, text: str) -> None:
    """A model with a small window answers, by the plan and by whatever way is chosen for the size."""
    model = ScriptedModel.from_rules([("Copy the one sentence", "null"), ("", "an answer")], SMALL)
    inputs = from_values({"context": text})
    run = anyio.run(lambda: ask("Who keeps bees?", inputs, model, Budget(), choice=choice, task=task))
    assert run.fault is None, run.fault
    assert isinstance(run.value, str)
    assert run.value


def test_search_reads_little_of_a_long_text_when_words_are_found() -> None:
    filler = "Nothing of note was said about the weather on that day. " * 20_000
    text = filler[:500_000] + "\n\nThe beekeeper Ann lives behind the mill.\n\n" + filler[500_000:]
    model = ScriptedModel.from_rules([("(?s)beekeeper Ann lives behind the mill", "behind the mill")])
    run = anyio.run(
        lambda: ask("Where does the beekeeper live?", from_values({"context": text}), model, Budget(), task="search")
    )
    assert (run.value, run.route, run.usage.calls) == ("behind the mill", "search", 1)
    assert run.coverage["context"] < 0.05
    assert run.citations


def test_summarise_reads_everything() -> None:
    text = "\n\n".join(f"Chapter {i}. Ann does thing number {i}. {'And so on. ' * 40}" for i in range(60))
    profile = ModelProfile(name="m", window=4_096, max_output=512, input_price=0.0, output_price=0.0)
    model = ScriptedModel.from_rules([("", "a summary")], profile)
    inputs = from_values({"context": text})
    run = anyio.run(lambda: ask("Summarise.", inputs, model, Budget(), task="summarise"))
    assert run.value == "a summary"
    assert run.coverage["context"] == 1.0


# ── routes ──


def test_what_fits_goes_directly_and_the_rest_is_searched() -> None:
    model = ScriptedModel.from_rules([], SMALL)
    short, long = measure({"context": "a b c"}, model), measure({"context": "a b c " * 2_000}, model)
    assert route(short, 10, SMALL).strategy == "direct"
    assert route(long, 10, SMALL).strategy == "search"
    assert route(long, 10, SMALL, task="summarise").strategy == "summarise"
    assert route(short, 10, SMALL, "plan").strategy == "search"
    assert route(long, 10, SMALL, "direct").strategy == "direct"


@pytest.mark.parametrize(("choice", "task"), [("sideways", "search"), ("auto", "sing")])
def test_unknown_choices_are_refused_with_what_there_is(choice: Any, task: str) -> None:
    with pytest.raises(ValueError, match=r"choose from \w+, \w+"):
        route(measure({}, ScriptedModel([])), 0, SMALL, choice, task)


def test_a_measure_is_exact_near_the_window_only() -> None:
    model = ScriptedModel.from_rules([])
    assert measure({"context": "word " * 1_000, "query": "not counted"}, model).is_exact
    far = measure({"context": "word " * 8_000_000}, model)
    assert not far.is_exact
    assert 8_000_000 <= far.tokens <= 12_000_000


def test_what_is_read_at_once_falls_with_dense_texts() -> None:
    """Characters of some scripts are a token each, or more."""

    class Dense(ScriptedModel):
        def count_tokens(self, messages: Any) -> int:
            return sum(len(m.content.encode()) for m in messages)

    dense, sparse = Dense([], SMALL), ScriptedModel([], SMALL)
    text = {"context": "養蜂" * 20_000}
    sizes = [route(measure(text, model), 10, SMALL).sizes["reading"] for model in (dense, sparse)]
    assert sizes[0] * 3 <= SMALL.window
    assert sizes[0] < sizes[1]


INPUTS: list[tuple[dict[str, Any], str]] = [
    ({}, ""),
    ({"context": "T"}, "T"),
    ({"book": "T"}, "T"),
    ({"context": [{"name": "a.txt", "text": "A"}, {"name": "b.txt", "text": "B"}]}, "# a.txt\nA\n\n# b.txt\nB"),
    ({"rows": [{"n": 1}, {"n": 2}]}, '{"n":1}\n{"n":2}'),
    ({"lines": ["a", "b"]}, "a\n\nb"),
    ({"record": {"a": 1}}, '{"a":1}'),
    ({"left": "L", "rows": [{"n": 1}]}, '# left\nL\n\n# rows\n{"n":1}'),
]


@pytest.mark.parametrize(("given", "expected"), INPUTS, ids=[",".join(g) or "nothing" for g, _ in INPUTS])
def test_the_prelude_makes_one_text_of_any_inputs(given: dict[str, Any], expected: str) -> None:
    inputs = from_values(given).with_query("?")
    run = ran(prelude(inputs.types) + "context", dict(inputs.values), dict(inputs.types), ScriptedModel([]))
    assert value_of(run) == expected


ANY_INPUTS: dict[str, dict[str, Type]] = {
    "nothing": {},
    "a text": {"context": TEXT},
    "two texts": {"a": TEXT, "b": TEXT},
    "a folder": {"docs": list_of(record_of(name=TEXT, text=TEXT))},
    "texts": {"texts": list_of(TEXT)},
    "rows": {"rows": list_of(record_of(id=INT, name=option_of(TEXT), tags=list_of(TEXT)))},
    "as many columns as are taken": {"rows": list_of(record_of(**{f"c{n}": option_of(INT) for n in range(MOST_COLUMNS)}))},
    "more columns": {"rows": list_of(record_of(**{f"c{n}": TEXT for n in range(99)}))},
    "a record": {"record": record_of(a=INT)},
    "names that strategies use": {"answer": TEXT, "items": list_of(TEXT), "piece": INT, "note": TEXT},
    "all of it": {"docs": list_of(record_of(name=TEXT, text=TEXT)), "n": INT, "t": TEXT},
}


@pytest.mark.slow
@pytest.mark.parametrize("types", ANY_INPUTS.values(), ids=list(ANY_INPUTS))
@pytest.mark.parametrize("name", NAMES)
def test_a_plan_over_any_inputs_is_a_checked_program(name: str, types: dict[str, Type]) -> None:
    """Which has only so many parts, also with an answer of a type."""
    for returns in (TEXT, list_of(record_of(a=INT, b=option_of(TEXT)))):
        checked = check(plan(Route(name, "", {"reading": 1_000}), types, returns), types)
        assert checked.typed is not None, checked.diagnostics
        assert checked.typed.type == returns


@pytest.mark.parametrize("name", ["aggregate", "classify", "pairwise"])
def test_no_text_of_all_rows_is_made_to_find_what_is_before_them(name: str) -> None:
    """It took a fourth of the time that a question over many rows takes."""
    rows = plan(Route(name, "", {}), {"rows": list_of(record_of(a=INT))})
    assert 'let heading = "";' in rows and "to_json(row)" not in rows
    documents = plan(Route(name, "", {}), {"docs": list_of(record_of(name=TEXT, text=TEXT))})
    assert "let heading = take(context, peek);" in documents


def test_what_strategies_have_in_common_is_the_same_in_each() -> None:
    """The language has no modules, so that what makes items of a text stands in three strategies."""
    bodies: dict[str, dict[str, str]] = {}
    for name in ("aggregate", "classify", "pairwise", "search", "multi_hop"):
        text = TEXTS[name]
        for definition in definitions(text)[1]:
            comment = "\n".join(above(text, definition))
            bodies.setdefault(definition.name, {})[name] = comment + text[definition.span.start : definition.span.end]
    shared = {name: texts for name, texts in bodies.items() if len(texts) > 1}
    assert {"items_of", "columns_of", "labelled", "plain", "beginning", "passages_of", "excerpts"} <= shared.keys()
    different = {name for name, texts in shared.items() if len(set(texts.values())) > 1}
    assert different == {"told"}, "`pairwise` has the parts of dates as fields from the start"


def test_the_sizes_of_a_route_are_set_in_the_program() -> None:
    assert "let reading = 1234;" in plan(Route("search", "", {"reading": 1234}), {"context": TEXT})
