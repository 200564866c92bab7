"""`check`, `fmt` and `explain`: about programs, without a model.

Owns how a checked program is shown, stage by stage, and the writing of formatted and fixed files: whole, or not at all.
"""

from __future__ import annotations

import json as json_text
import os
from collections.abc import Sequence
from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from lambda_rlm.checked import Checked
from lambda_rlm.checked import check as check_program
from lambda_rlm.cli import exits, screen
from lambda_rlm.cli.ask_run import program_file, rejected
from lambda_rlm.cli.exits import Usage
from lambda_rlm.cli.stages import STAGES, stage
from lambda_rlm.codes import CODES
from lambda_rlm.diagnostics import Diagnostic, Rejected, apply_fix
from lambda_rlm.inputs import from_arguments
from lambda_rlm.render import as_json
from lambda_rlm.source import SourceFile
from lambda_rlm.syntax.parse import parse
from lambda_rlm.syntax.pretty import pretty
from lambda_rlm.types.parse_type import parse_type
from lambda_rlm.types.show import show
from lambda_rlm.types.type import TEXT, Type

_MOST_FIXES: Final = 100


def check(program: str, arguments: Sequence[str], declared: Sequence[str], emit: str | None, fix: bool, json: bool) -> int:
    """The exit code of `check`."""
    if emit is not None and emit not in STAGES:
        raise Usage(f"--emit knows no {emit!r}", f"there are {', '.join(STAGES)}")
    types, notes = _input_types(arguments, declared)
    if not json:
        for note in notes:
            screen.say(f"note: {note}", "dim")
    source = program_file(program)
    if fix:
        source = _with_fixes(program, source, types, json)
    if emit is not None:
        return _emit(emit, source, types, json)
    checked = check_program(source, types)
    if json:
        screen.answer(json_text.dumps({**checked_json(checked), "notes": notes}, ensure_ascii=False))
        return exits.ANSWERED if checked.ok else exits.REJECTED
    if checked.typed is None:
        return rejected(checked.diagnostics, checked.source, False)
    screen.show_diagnostics(checked.diagnostics, source)
    screen.answer(f"ok: {show(checked.typed.type)} ! {checked.typed.effect.value}")
    return exits.ANSWERED


def checked_json(checked: Checked) -> dict[str, Any]:
    """What the checker found as the JSON object of `check`."""
    typed = checked.typed
    return {
        "ok": checked.ok,
        "type": show(typed.type) if typed else None,
        "effect": typed.effect.value if typed else None,
        "inputs": {name: show(type_) for name, type_ in checked.inputs.items()},
        "bound": None,
        "diagnostics": [as_json(d, checked.source) for d in checked.diagnostics],
    }


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
        near = get_close_matches(code.upper(), CODES, 1, 0.75)
        raise Usage(
            f"there is no error code {code!r}", f"did you mean {near[0]}?" if near else "`lambda-rlm explain` lists all"
        )
    if json:
        data = {"ok": True, "code": row.code, "title": row.title, "text": row.text, "bad": row.bad, "fixed": row.fixed}
        screen.answer(json_text.dumps(data, ensure_ascii=False))
    else:
        screen.answer(
            f"{row.code}: {row.title}\n\n{row.text}\n\nWrong:\n{_indented(row.bad)}\n\nRight:\n{_indented(row.fixed)}"
        )
    return exits.ANSWERED


def _indented(text: str) -> str:
    return "\n".join(f"    {line}".rstrip() for line in text.split("\n"))


def _input_types(arguments: Sequence[str], declared: Sequence[str]) -> tuple[dict[str, Type], tuple[str, ...]]:
    """The types of the inputs, of data and as declared, with what a person should know of the data.

    `context: Text` when nothing is said.
    """
    if not arguments and not declared:
        return {"context": TEXT}, ()
    inputs = from_arguments(arguments)
    types = dict(inputs.types)
    for text in declared:
        name, colon, written = text.partition(":")
        if not colon or not name.strip().isidentifier():
            raise Usage(f"--declare {text!r} is not NAME: TYPE", "for example --declare 'rows: List[{ id: Int }]'")
        try:
            types[name.strip()] = parse_type(written)
        except Rejected as found:
            raise Usage(f"--declare {text!r}: {found.diagnostics[0].message}", found.diagnostics[0].hint) from None
    return types, inputs.notes


def _emit(emit: str, source: SourceFile, types: dict[str, Type], json: bool) -> int:
    try:
        shown = stage(emit, source, types)
    except Rejected as found:
        return rejected(found.diagnostics, source, json)
    screen.answer(json_text.dumps({"ok": True, emit: shown.splitlines()}, ensure_ascii=False) if json else shown)
    return exits.ANSWERED


def _with_fixes(path: str, source: SourceFile, types: dict[str, Type], json: bool) -> SourceFile:
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
    target = path.resolve()
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        beside.write_text(text, encoding="utf-8", newline="")
        beside.chmod(target.stat().st_mode & 0o777)
        beside.replace(target)
    except OSError as error:
        with suppress(OSError):
            beside.unlink()
        raise Usage(f"{path} cannot be written: {error.strerror or error}") from None
