"""`check`, `fmt`, `explain` and `grammar`: about programs, without a model.

Owns how a checked program is shown, stage by stage, and the writing of formatted and fixed files: whole, or not at all.
"""

from __future__ import annotations

import json as json_text
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from lambda_rlm.bounds.declared import Size
from lambda_rlm.bounds.planner import plan_text
from lambda_rlm.bounds.tree.cost_record import as_record
from lambda_rlm.cli import exits
from lambda_rlm.cli.actions.ask_run import rejected
from lambda_rlm.cli.display import cost_table, figures, screen
from lambda_rlm.cli.display.costs import Costs, costs_json, costs_of
from lambda_rlm.cli.display.stages import COSTS, STAGES, stage
from lambda_rlm.cli.exits import UsageProblem
from lambda_rlm.cli.first_contact import program_file
from lambda_rlm.cli.settings import Settings, settings
from lambda_rlm.cli.sizes import Column, columns
from lambda_rlm.cli.suggestions import did_you_mean, unknown
from lambda_rlm.data_class import dataclass
from lambda_rlm.diagnostics.codes import CODES
from lambda_rlm.diagnostics.diagnostic import Diagnostic, Rejected, Severity, apply_fix
from lambda_rlm.diagnostics.render import as_json
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.diagnostics.visible import visible_line
from lambda_rlm.execution.check import Checked
from lambda_rlm.execution.check import check as check_program
from lambda_rlm.execution.sub_models import NEEDS_ROOT_MODEL, needs_root_model
from lambda_rlm.inputs import InputProblem, Inputs, from_arguments, listings
from lambda_rlm.inputs.files import TOO_LARGE
from lambda_rlm.inputs.gather import DOCUMENTS
from lambda_rlm.inputs.listing import QUERY
from lambda_rlm.inputs.unread import unread
from lambda_rlm.private_file import rewrite
from lambda_rlm.syntax.export.forms import FORMS, export
from lambda_rlm.syntax.parse import parse
from lambda_rlm.syntax.printing.pretty import pretty
from lambda_rlm.types.called import called_in
from lambda_rlm.types.parse_type import parse_type
from lambda_rlm.types.show import show
from lambda_rlm.types.type import TEXT, Type

_MOST_FIXES: Final = 100


@dataclass(frozen=True, slots=True)
class CheckRequest:
    """What `check` knows of the inputs: data, types, sizes, the question."""

    arguments: Sequence[str] = ()
    declared: Sequence[str] = ()
    sizes: Sequence[str] = ()
    query: str | None = None
    unread: bool = False


def check(program: str, given: CheckRequest, options: Mapping[str, Any], emit: str | None, fix: bool, json: bool) -> int:
    """The exit code of `check`."""
    if emit is not None and emit not in STAGES + COSTS:
        raise unknown("stage", emit, STAGES + COSTS)
    chosen = settings(options)
    inputs, wanted, by_size = _inputs(given, chosen)
    source = program_file(program)
    inputs = _as_used(source, inputs, by_size)
    if not json:
        for note in inputs.notes:
            screen.say(f"note: {note}", "dim")
    if fix:
        source = _with_fixes(program, source, inputs.types, json)
    checked = check_program(source, inputs.types)
    costs = Costs()
    if checked.typed is not None:
        costs = costs_of(checked.typed, inputs, wanted, chosen)
    if emit in STAGES or (emit is not None and costs.prospects):
        return _emit(emit, checked, inputs.types, costs, json)
    return _show(checked, costs, inputs.notes, emit, json)


def _verdict(checked: Checked, costs: Costs) -> tuple[tuple[Diagnostic, ...], bool]:
    """What speaks against a program, and whether none of it keeps the program from running."""
    diagnostics = (*checked.diagnostics, *costs.diagnostics)
    return diagnostics, checked.ok and not any(d.severity is Severity.ERROR for d in diagnostics)


def _show(checked: Checked, costs: Costs, notes: tuple[str, ...], emit: str | None, json: bool) -> int:
    diagnostics, is_ok = _verdict(checked, costs)
    if is_ok and emit is not None:
        raise UsageProblem(f"--emit {emit} needs inputs, or their sizes", "e.g. --size context=10MB")
    if json:
        found = {**checked_json(checked), **costs_json(costs), "ok": is_ok, "notes": [*notes, *costs.notes]}
        found["diagnostics"] = [as_json(d, checked.source) for d in diagnostics]
        screen.answer(json_text.dumps(found, ensure_ascii=False))
        return exits.ANSWERED if is_ok else exits.REJECTED
    for note in costs.notes:
        screen.say(f"note: {note}", "dim")
    screen.show_diagnostics(diagnostics, checked.source)
    if checked.typed is not None and needs_root_model(checked.typed):
        screen.say(f"note: {NEEDS_ROOT_MODEL}", "dim")
    if checked.typed is not None and (is_ok or costs.prospects):
        kind = f"{show(checked.typed.type)} ! {checked.typed.effect.value}"
        parts = [f"ok: {kind}" if is_ok else kind]
        if costs.prospects:
            parts.append(figures.shown(costs.prospects, costs.titles))
            if is_ok and costs.prospects[0].hash is not None:
                parts[-1] += f"\nhash {costs.prospects[0].hash}"
        screen.report(*"\n\n".join([visible_line(parts[0]), *parts[1:]]).split("\n"))
    return exits.ANSWERED if is_ok else exits.REJECTED


def checked_json(checked: Checked) -> dict[str, Any]:
    """What the checker found as the JSON object of `check`, without costs."""
    typed = checked.typed
    return {
        "ok": checked.ok,
        "type": show(typed.type) if typed else None,
        "effect": typed.effect.value if typed else None,
        "inputs": {name: show(type_) for name, type_ in checked.inputs.items()},
        "called": called_in(checked.inputs),
        "likely": None,
        "bound": None,
        "counted_by": None,
        "admitted": None,
        "formula": None,
        "cost_tree": None,
        "hash": None,
        "needs_root_model": typed is not None and needs_root_model(typed),
        "diagnostics": [as_json(d, checked.source) for d in checked.diagnostics],
    }


def _emit(emit: str, checked: Checked, types: Mapping[str, Type], costs: Costs, json: bool) -> int:
    """One stage, beside the verdict of `check`."""
    diagnostics, is_ok = _verdict(checked, costs)
    try:
        shown = stage(emit, checked.source, types) if emit in STAGES else _cost(emit, costs)
    except Rejected as found:
        return rejected(found.diagnostics, checked.source, json)
    if json:
        data_of_stage = as_record(costs.prospects[-1].cost_tree) if emit == "cost" else shown.splitlines()
        data = {"ok": is_ok, emit: data_of_stage, "diagnostics": [as_json(d, checked.source) for d in diagnostics]}
        screen.answer(json_text.dumps(data, ensure_ascii=False))
    else:
        screen.answer(shown)
        screen.show_diagnostics(diagnostics, checked.source)
    return exits.ANSWERED if is_ok else exits.REJECTED


def _cost(emit: str, costs: Costs) -> str:
    """A stage that needs sizes, for the last column."""
    prospect = costs.prospects[-1]
    if emit == "plan":
        return "The program has no `auto`." if prospect.chosen is None else plan_text.shown(prospect.chosen)
    return cost_table.shown(prospect.cost_tree) if emit == "cost" else figures.every_form(prospect)


def fmt(programs: Sequence[str], check: bool, json: bool) -> int:
    """The exit code of `fmt`: rejected when a program does not parse or, with `--check`, would change."""
    changed: list[str] = []
    wrong: list[dict[str, Any]] = []
    for path in programs:
        source = program_file(path)
        try:
            formatted = pretty(parse(source))
        except Rejected as found:
            wrong += [{"file": path, **as_json(d, source)} for d in found.diagnostics]
            if not json:
                screen.show_diagnostics(found.diagnostics, source)
            continue
        if path == "-" and not json:
            screen.answer(formatted)
        elif formatted != source.text:
            changed.append(path)
            if not check and path != "-":
                _replace_file(Path(path), formatted)
    is_ok = not wrong and not (check and changed)
    if json:
        screen.answer(json_text.dumps({"ok": is_ok, "changed": changed, "diagnostics": wrong}, ensure_ascii=False))
    else:
        for path in changed:
            screen.say(f"{'would change' if check else 'formatted'} {path}")
    return exits.ANSWERED if is_ok else exits.REJECTED


def explain(code: str | None, json: bool) -> int:
    """The exit code of `explain`."""
    if code is None:
        if json:
            screen.answer(json_text.dumps({"ok": True, "codes": {name: row.title for name, row in CODES.items()}}))
        else:
            screen.answer("\n".join(f"{name}  {CODES[name].title}" for name in sorted(CODES)))
        return exits.ANSWERED
    row = CODES.get(code.upper())
    if row is None:
        raise UsageProblem(f"unknown error code {code!r}", f"{did_you_mean(code.upper(), CODES)}For a list: lambda-rlm explain")
    if json:
        data = {"ok": True, "code": row.code, "title": row.title, "text": row.text, "bad": row.bad, "fixed": row.fixed}
        screen.answer(json_text.dumps(data, ensure_ascii=False))
    else:
        screen.answer(
            f"{row.code}: {row.title}\n\n{row.text}\n\nWrong:\n{_indented(row.bad)}\n\nRight:\n{_indented(row.fixed)}"
        )
    return exits.ANSWERED


def grammar(form: str, json: bool) -> int:
    """The exit code of `grammar`."""
    if form not in FORMS:
        raise unknown("format", form, FORMS)
    text = export(form)
    screen.answer(
        json_text.dumps({"ok": True, "format": form, "grammar": text}, ensure_ascii=False) if json else text.rstrip("\n")
    )
    return exits.ANSWERED


def _indented(text: str) -> str:
    return "\n".join(f"    {line}".rstrip() for line in text.split("\n"))


def _inputs(given: CheckRequest, chosen: Settings) -> tuple[Inputs, list[Column], dict[str, Size]]:
    """The inputs that are there, with the types of all of them, the columns of sizes, and the inputs that have only a size;
    `context: Text` when there are none."""
    wanted = columns(given.sizes)
    if not given.arguments and not given.declared and not wanted:
        return Inputs({}, {"context": TEXT, "query": TEXT}), [], {}
    inputs, sizes = _given(given, chosen)
    wanted = [replace(column, sizes={**sizes, **column.sizes}) for column in wanted or ([Column({}, "")] if sizes else [])]
    types, twice = dict(inputs.types), set[str]()
    for text in given.declared:
        name, colon, written = text.partition(":")
        if not colon or not name.strip().isidentifier():
            raise UsageProblem(f"--declare {text!r} is not NAME: TYPE", "e.g. --declare 'rows: List[{ id: Int }]'")
        if name.strip() in inputs.values:
            raise UsageProblem(f"--declare cannot set the type of {name.strip()!r}: its data is given")
        if name.strip() in twice:
            raise UsageProblem(f"--declare declares {name.strip()!r} twice")
        twice.add(name.strip())
        try:
            types[name.strip()] = parse_type(written)
        except Rejected as found:
            raise UsageProblem(f"--declare {text!r}: {found.diagnostics[0].message}", found.diagnostics[0].hint) from None
    by_size: dict[str, Size] = {}
    for name, size in (wanted[0].sizes if wanted else {}).items():
        if name in inputs.values:
            raise UsageProblem(f"--size cannot set the size of {name!r}: its data is given")
        if name not in types:
            by_size[name] = size
            types[name] = TEXT if size.count is None else DOCUMENTS
    if types.get(QUERY, TEXT) != TEXT:
        raise UsageProblem("`query` must be a Text: it is the question")
    inputs = Inputs(inputs.values, types, inputs.notes)
    if given.query is not None or (given.arguments and not wanted):
        inputs = inputs.with_query(given.query or "")
    return inputs, wanted, by_size


def _as_used(source: SourceFile, inputs: Inputs, by_size: Mapping[str, Size]) -> Inputs:
    """These with the types that the program uses for inputs that have only a size; a note for each that is not as expected."""
    if not by_size:
        return inputs
    types = check_program(source, {**inputs.types, **by_size}).inputs
    notes = [
        f"assuming {name}: {show(types[name])}, as the program uses it; to set the type: --declare"
        for name in by_size
        if types[name] != inputs.types[name]
    ]
    return replace(inputs, types=types, notes=(*inputs.notes, *notes))


def _given(given: CheckRequest, chosen: Settings) -> tuple[Inputs, dict[str, Size]]:
    """The inputs that are there, and the sizes of those that are not read: for they should not be, or are too large to be."""
    reading = chosen.reading()
    if not given.unread:
        try:
            return from_arguments(given.arguments, reading), {}
        except InputProblem as problem:
            if problem.kind != TOO_LARGE:
                raise
    return unread(listings(given.arguments, reading), reading)


def _with_fixes(path: str, source: SourceFile, types: Mapping[str, Type], json: bool) -> SourceFile:
    """The program with the first fix of each mistake applied, again and again until none is offered; the file is rewritten."""
    text, titles = source.text, []
    for _ in range(_MOST_FIXES):
        found = _first_fixable(check_program(SourceFile(source.name, text), types).diagnostics)
        if found is None:
            break
        text = apply_fix(text, found.fixes[0])
        titles.append(f"{found.code} {found.fixes[0].title}")
    if titles and path != "-":
        _replace_file(Path(path), text)
    if not json:
        for title in titles:
            screen.say(f"fixed: {title}")
    return SourceFile(source.name, text)


def _first_fixable(diagnostics: Sequence[Diagnostic]) -> Diagnostic | None:
    return next((d for d in diagnostics if d.fixes), None)


def _replace_file(path: Path, text: str) -> None:
    """Write beside the file and rename, so that an interruption loses nothing; a link keeps pointing at what it did."""
    try:
        rewrite(path, text.encode())
    except OSError as error:
        raise UsageProblem(f"cannot write {path}: {error.strerror or error}") from None
