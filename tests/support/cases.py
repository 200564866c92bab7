r"""Programs as test data: what their header comments bind, and what comes of them, stage by stage.

    # input NAME: TYPE = JSON        an input, with or without a value; `context: Text` when there is none
    # query: TEXT                    the question
    # model: REGEX => REPLY          a rule of the scripted model, in order; REPLY is a JSON string, or the text as it stands
    # budget calls=3 fuel=1000       limits other than the defaults
    # gate: off                      run without a bound: the meter alone holds the run to its budget
    # error: CODE LINE               an expected error where no comment can stand; elsewhere the line itself ends in `#! CODE`

A prompt without a scripted reply is an error, never a default.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Final

import anyio
import anyio.lowlevel

from lambda_rlm.budget.budget import Budget
from lambda_rlm.completion import Completion, CompletionRequest
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.events import CallStarted, Event
from lambda_rlm.execution.check import Checked, check
from lambda_rlm.execution.execute import Options, execute
from lambda_rlm.execution.run import Run
from lambda_rlm.llm.scripted import Rule, ScriptedModel
from lambda_rlm.syntax import term as t
from lambda_rlm.types.hosted import HostFunction
from lambda_rlm.types.parse_type import parse_type
from lambda_rlm.types.show import show
from lambda_rlm.types.type import TEXT, Type
from lambda_rlm.types.typed import Typed
from tests.support.ungated import execute_ungated

_INPUT = re.compile(r"# inputs?:? (\w+): (.*?)(?: = (.*))?$")
_HEADER = re.compile(r"# (\w+):? (.*)$")
_EXPECTED = re.compile(r"#! ([EW]\d{4}(?:,? [EW]\d{4})*)\s*$")


class Delayed(ScriptedModel):
    """Answers after some turns of the event loop."""

    delays: Random | None = None

    async def complete(self, request: CompletionRequest) -> Completion:
        for _ in range(self.delays.randrange(9) if self.delays is not None else 0):
            await anyio.lowlevel.checkpoint()
        return await super().complete(request)


@dataclass
class Case:
    """A program with everything it is run with."""

    name: str
    text: str
    inputs: dict[str, Type] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    rules: list[tuple[str, str]] = field(default_factory=list)
    budget: dict[str, Any] = field(default_factory=dict)
    errors: list[tuple[int, str]] = field(default_factory=list)
    is_gated: bool = True
    primitives: tuple[HostFunction, ...] = ()
    delays: Random | None = None
    """Draws for each call how many turns of the event loop it takes."""

    @property
    def source(self) -> SourceFile:
        return SourceFile(self.name, self.text)

    def check(self) -> Checked:
        return check(self.source, self.inputs or {"context": TEXT}, primitives=self.primitives)

    def run(self, events: list[Event] | None = None) -> Run:
        """The run of a program that checks; every input must have a value."""
        admitted = self.check().admit(Budget(**self.budget))
        model = Delayed([Rule(pattern, reply) for pattern, reply in self.rules])
        model.delays = self.delays
        values = {"context": "", "query": "", **self.values}
        given = {name: values[name] for name in admitted.typed.inputs}
        options = Options(key=b"the key of the tests")
        tracer = events.append if events is not None else None

        async def go() -> Run:
            return await (execute if self.is_gated else execute_ungated)(admitted, given, model, options=options, tracer=tracer)

        return anyio.run(go)


def read_case(path: Path) -> Case:
    """The one case of a file."""
    text = path.read_text(encoding="utf-8")
    case = Case(path.name, text, errors=[*marked(text)])
    for line in text.split("\n"):
        bind(case, line)
    return case


def marked(text: str) -> Iterator[tuple[int, str]]:
    """The errors that a text says it has: line and code."""
    for number, line in enumerate(text.split("\n"), start=1):
        hit = _EXPECTED.search(line)
        if hit:
            yield from ((number, code) for code in re.split(r",? ", hit[1]))


def bind(case: Case, line: str) -> None:
    """Read one line of a program for what its comment says; any other line says nothing."""
    if hit := _INPUT.match(line):
        name, type_, value = hit.groups()
        case.inputs[name] = parse_type(type_)
        if value is not None:
            case.values[name] = json.loads(value)
    elif (hit := _HEADER.match(line)) and hit[1] in HEADERS:
        HEADERS[hit[1]](case, hit[2])


def _query(case: Case, rest: str) -> None:
    case.values["query"] = rest


def _model(case: Case, rest: str) -> None:
    pattern, arrow, reply = rest.partition(" => ")
    assert arrow, f"{case.name}: a model line is REGEX => REPLY, not {rest!r}"
    case.rules.append((pattern, json.loads(reply) if reply.startswith('"') else reply))


def _budget(case: Case, rest: str) -> None:
    case.budget |= {key: json.loads(limit) for key, limit in (pair.split("=") for pair in rest.split())}


def _gate(case: Case, rest: str) -> None:
    assert rest == "off", f"{case.name}: a gate is off, not {rest!r}"
    case.is_gated = False


def _error(case: Case, rest: str) -> None:
    code, line = rest.split()
    case.errors.append((int(line), code))


HEADERS: Final[Mapping[str, Callable[[Case, str], None]]] = {
    "query": _query,
    "model": _model,
    "budget": _budget,
    "gate": _gate,
    "error": _error,
}
"""The keys of header comments beside `input`; tests/conformance/README.md documents each."""


def mistakes(case: Case) -> list[tuple[int, str]]:
    """What the checker says, by line."""
    return [(case.source.line_column(d.primary.start)[0], d.code) for d in case.check().diagnostics]


def typed_stages(typed: Typed) -> str:
    """The program's type and effect, and the types of its top-level lets."""
    lines = [f"type: {show(typed.type)}", f"effect: {typed.effect}"]
    for item in typed.program.items:
        if isinstance(item, t.Let):
            type_ = typed.type_written(item.annotation) if item.annotation is not None else typed.type_of(item.value)
            lines.append(f"let {item.name}: {show(type_)}")
    return "\n".join(lines) + "\n"


def run_stages(case: Case) -> tuple[str, list[tuple[int, str]]]:
    """What a run of a case prints, and the fault it stops with, by line."""
    events: list[Event] = []
    run = case.run(events)
    typed = case.check().typed
    assert typed is not None
    asked = sorted((e for e in events if isinstance(e, CallStarted)), key=lambda e: e.path)
    out = [f"type: {show(typed.type)}", f"effect: {typed.effect}"]
    for event in asked:
        out.append("asked:")
        out += [_indented(f"[{m.role}]\n{m.content}") for m in event.request.messages]
    found = []
    if run.fault is None:
        out.append(f"value: {json.dumps(run.value, ensure_ascii=False)}")
    else:
        span = run.fault.span
        line = case.source.line_column(span.start)[0] if span else 0
        found.append((line, run.fault.code))
        out.append(f"fault: {run.fault}" + (f" (line {line})" if span else ""))
    if run.degraded:
        out.append(f"degraded: {run.dropped}")
    out.append(f"calls: {run.usage.calls}")
    return "\n".join(out) + "\n", found


def _indented(text: str) -> str:
    return "\n".join(f"  {line}".rstrip() for line in text.rstrip("\n").split("\n"))
