"""Inference: the cases of tests/conformance/types and the first-sight programs, and what holds of every case."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lambda_rlm.diagnostics.codes.types import TABLE
from lambda_rlm.diagnostics.diagnostic import Diagnostic, Rejected, Severity, apply_fix
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.syntax.caps import children
from lambda_rlm.syntax.parse import parse
from lambda_rlm.syntax.primitive import Primitive
from lambda_rlm.syntax.term import App, Lam, Node, Term, Var
from lambda_rlm.types.infer import infer
from lambda_rlm.types.nearest import nearest
from lambda_rlm.types.parse_type import parse_type
from lambda_rlm.types.rows import row_of
from lambda_rlm.types.show import show
from lambda_rlm.types.type import (
    BOOL,
    FLOAT,
    INT,
    TEXT,
    Arrow,
    Con,
    Effect,
    EffectVariable,
    Enum,
    Erroneous,
    Record,
    Type,
    Variable,
    list_of,
    option_of,
)
from lambda_rlm.types.typed import PIPED, Typed
from tests.support.places import CONFORMANCE

ACCEPTED = sorted([*(CONFORMANCE / "types" / "accept").glob("*.lam"), *(CONFORMANCE / "programs").glob("*.lam")])
REJECTED = sorted((CONFORMANCE / "types" / "reject").glob("*.lam"))
FIRST_SIGHT = 14


def inputs_of(text: str) -> dict[str, Type]:
    return {hit[1]: parse_type(hit[2]) for hit in re.finditer(r"^# input (\w+): (.*)$", text, re.MULTILINE)}


def checked(path: Path) -> Typed:
    text = path.read_text(encoding="utf-8")
    return infer(parse(SourceFile(path.name, text)), inputs_of(text))


def typed(text: str, **inputs: str) -> Typed:
    declared = {name: parse_type(shown) for name, shown in ({"context": "Text"} | inputs).items()}
    return infer(parse(SourceFile("case", text)), declared)


def mistakes(text: str, **inputs: str) -> tuple[Diagnostic, ...]:
    with pytest.raises(Rejected) as caught:
        typed(text, **inputs)
    return caught.value.diagnostics


def test_all_programs_written_at_first_sight_are_there() -> None:
    assert len(list((CONFORMANCE / "programs").glob("*.lam"))) == FIRST_SIGHT


@pytest.mark.parametrize("path", REJECTED, ids=lambda p: p.stem)
def test_every_message_says_what_to_write(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    with pytest.raises(Rejected) as caught:
        infer(parse(SourceFile(path.name, text)), inputs_of(text))
    unhelpful = [d for d in caught.value.diagnostics if d.hint is None and d.code != "E0201"]
    assert unhelpful == []


@pytest.mark.parametrize("path", REJECTED, ids=lambda p: p.stem)
def test_an_applied_fix_mends_the_mistake_and_makes_none(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    inputs = inputs_of(text)

    def found(source: str) -> tuple[Diagnostic, ...]:
        try:
            return infer(parse(SourceFile(path.name, source)), inputs).warnings
        except Rejected as rejected:
            return rejected.diagnostics

    before = found(text)
    for diagnostic in before:
        for fix in diagnostic.fixes:
            after = found(apply_fix(text, fix))
            assert len(after) <= len(before), fix
            assert (diagnostic.code, diagnostic.primary.start) not in {(d.code, d.primary.start) for d in after}, fix


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.code)
def test_the_bad_program_of_a_code_has_exactly_that_mistake(row: object) -> None:
    from lambda_rlm.diagnostics.codes.code import Code

    assert isinstance(row, Code)

    def codes(text: str) -> list[str]:
        try:
            return [d.code for d in typed(text, **row.inputs).warnings]
        except Rejected as rejected:
            return [d.code for d in rejected.diagnostics]

    assert codes(row.bad) == [row.code]
    assert codes(row.fixed) == []


@pytest.mark.parametrize("primitive", Primitive, ids=str)
def test_every_signature_row_reads_and_its_function_is_a_value(primitive: Primitive) -> None:
    row = row_of(primitive)
    assert row.parameters
    assert [p.is_optional for p in row.parameters] == sorted(p.is_optional for p in row.parameters)
    assert row.result is not None
    if primitive is not Primitive.ITERATE:
        assert typed(f"let f = {primitive}; 1").type == INT


def terms_of(node: Node) -> list[Node]:
    out: list[Node] = []
    todo = [node]
    while todo:
        at = todo.pop()
        out.append(at)
        todo += children(at)
    return out


def is_clean(type_: Type) -> bool:
    match type_:
        case Erroneous():
            return False
        case Con(_, arguments):
            return all(map(is_clean, arguments))
        case Record(fields):
            return all(is_clean(field) for _, field in fields)
        case Arrow(parameters, result):
            return all(map(is_clean, (*parameters, result)))
    return True


@pytest.mark.parametrize("path", ACCEPTED, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_every_term_has_a_type_and_every_call_its_arguments(path: Path) -> None:
    """Later passes look facts up for any node; none may be missing, none may be the type of a mistake."""
    result = checked(path)
    for node in terms_of(result.program):
        if isinstance(node, Term):
            assert is_clean(result.type_of(node))
        if isinstance(node, App):
            parameters = result.type_of(node.function)
            assert isinstance(parameters, Arrow)
            assert len(result.arguments_of(node)) == len(parameters.parameters)


def test_an_instance_names_the_type_variables_at_a_use() -> None:
    result = typed("def pair(x, y) = { a: x, b: y }; pair(1, context)")
    assert isinstance(result.program.result, App)
    use = result.program.result.function
    assert isinstance(use, Var)
    bound = result.instance_of(use).values()
    shown = {t.value if isinstance(t, Effect) else show(t) for t in bound if not isinstance(t, EffectVariable)}
    assert shown == {"Int", "Text", "pure"}


def test_a_piped_value_and_a_left_out_argument_have_their_places() -> None:
    result = typed("lines(context) |> llm_map[Int](instruction=query, votes=3)")
    stage = result.program.result.stages[0]  # type: ignore[union-attr]
    places = result.arguments_of(stage)
    assert places[0] is PIPED
    assert [p is None for p in places] == [False, False, True, True, False]
    assert len(result.type_of(stage.function).parameters) == 5  # type: ignore[union-attr]


def test_a_name_of_the_program_hides_the_librarys() -> None:
    result = typed("def pack(x) = x; pack(lower(context))")
    names = {n.name: result.primitive_of(n) for n in terms_of(result.program) if isinstance(n, Var)}
    assert names["pack"] is None
    assert names["lower"] is Primitive.LOWER


def test_an_int_literal_beside_a_float_is_a_float() -> None:
    result = typed("1 + 2.5")
    assert result.type_of(result.program.result.first) == FLOAT  # type: ignore[union-attr]


def test_a_callback_has_the_effect_of_the_call_it_is_given_to() -> None:
    result = typed("let a = map(lines(context), fn(l) => lower(l)); map(a, fn(l) => llm_call(l))")
    lams = [result.type_of(n) for n in terms_of(result.program) if isinstance(n, Lam)]
    effects = [t.effect for t in lams if isinstance(t, Arrow)]
    assert sorted(map(str, effects)) == ["llm", "pure"]
    assert result.effect is Effect.LLM


def test_the_query_is_bound_whether_or_not_the_caller_says_so() -> None:
    assert infer(parse(SourceFile("case", "query")), {}).type == TEXT


def test_warnings_do_not_reject() -> None:
    result = typed("match find(context, query) { some(i) => i, none => 0, _ => 1 }")
    assert [(w.code, w.severity) for w in result.warnings] == [("E0210", Severity.WARNING)]


def test_the_answers_type_is_ground() -> None:
    assert typed("[]").type == list_of(TEXT)
    assert typed("none").type == option_of(TEXT)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("context.length", "write length(context)"),
        ("context.lower()", "write lower(context)"),
        ("lower(first(lines(context)))", "default"),
        ("lower(lines(context))", "join(lines(context)"),
        ('"n: " ++ length(context)', "to_text(length(context))"),
        ("{ count: 1, name: query }.nam", "its fields are count, name"),
        ("map(lines(context), fn(l, i) => l)", "fn(x) =>"),
        ("len(context)", "`length`"),
        ("if lines(context) then 1 else 2", "not is_empty(lines(context))"),
        ("length(context) + mean([1]) ?? 0", "default"),
    ],
)
def test_a_known_slip_gets_the_spelling_that_works(text: str, hint: str) -> None:
    found = mistakes(text)
    assert len(found) == 1
    assert hint in (found[0].hint or "")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[1, query]", "element 2 of the list"),
        ("if true then 1 else query", "the `else` branch"),
        ("fold([1], 0, fn(acc, x) => query)", "step of `fold`"),
        ("take(context, query)", "argument 2 of `take` (`n`)"),
        ("context |> join(query)", "the value piped into `join` (`list`)"),
        ("{ let x: Int = query; x }", "`x` is annotated with this type"),
    ],
)
def test_a_mismatch_says_why_two_types_met(text: str, reason: str) -> None:
    found = mistakes(text)
    assert len(found) == 1
    assert reason in (found[0].because or "")


@pytest.mark.parametrize(
    ("text", "type_"),
    [
        ("Text", TEXT),
        ("List[Option[Bool]]", list_of(option_of(BOOL))),
        ('"b" | "a"', Enum(("a", "b"))),
        ("{ b: Int, a: Float }", Record((("a", FLOAT), ("b", INT)))),
    ],
)
def test_a_declared_type_reads_and_prints_back(text: str, type_: Type) -> None:
    assert parse_type(text) == type_
    assert parse_type(show(type_)) == type_


@pytest.mark.parametrize("text", ["", "Lst[Int]", "(Int) -> Int", "Int; let x = 1", "{ a: }", "List[" * 12 + "Int" + "]" * 12])
def test_a_bad_declaration_is_rejected_with_a_place_inside_it(text: str) -> None:
    with pytest.raises(Rejected) as caught:
        parse_type(text)
    assert all(0 <= d.primary.start <= d.primary.end <= len(text) for d in caught.value.diagnostics)


def variables_in(type_: Type) -> set[object]:
    match type_:
        case Variable() | EffectVariable():
            return {type_}
        case Con(_, arguments):
            return set().union(*map(variables_in, arguments))
        case Record(fields):
            return set().union(*(variables_in(field) for _, field in fields))
        case Arrow(parameters, result, effect):
            own = {effect} if isinstance(effect, EffectVariable) else set()
            return own.union(*map(variables_in, (*parameters, result)))
    return set()


@pytest.mark.parametrize(
    "text",
    [
        "def each(xs, f) = map(xs, fn(x) => f(x)); each(each(lines(context), lower), llm_call)",
        "def compose(f, g) = fn(x) => g(f(x)); compose(lower, llm_call)(context)",
        "def count_of(s) = { let n = length(s); let twice = fn(k) => k + n; twice(1) }; count_of(context) + count_of([1])",
        "def all_of(r) = { let keep = fn(x) => [x, r.a]; keep(r.b) }; all_of({ a: 1, b: 2 }) ++ all_of({ a: 3, b: 4 })",
        "let go = fix go(p) => if is_empty(p) then [] else [length(p)] ++ go(drop(p, 1)); go(context) ++ go([1])",
    ],
)
def test_what_an_instance_binds_makes_every_fact_inside_ground(text: str) -> None:
    """Evaluation compiles one instance at a time: a variable that no instance binds has no representation to choose."""
    result = typed(text)
    nodes = terms_of(result.program)
    bound = set().union(*(result.instance_of(n) for n in nodes if isinstance(n, Var)))
    free = set().union(*(variables_in(result.type_of(n)) for n in nodes if isinstance(n, Term)))
    assert free - bound == set()


def test_a_name_that_begins_otherwise_is_no_slip() -> None:
    """A fix is applied without asking: `context`, where the input has another name, must not become `to_text`."""
    assert nearest("context", {"to_text", "contract"}) is None
    assert nearest("lenght", {"length"}) == "length"
    assert nearest("fiter", {"filter"}) == "filter"
    assert nearest("nap", {"map"}) == "map"
