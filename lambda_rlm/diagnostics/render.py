"""Diagnostics and faults for people, for models, and as JSON: three renderings of one value.

Owns the three forms. Promises that the human form stays within the width of a screen whatever the line, that carets are under
what they mean for wide characters and tabs too, that the model's form always has a hint, and that the JSON has the keys that
docs promise. Knows styles by name only; colors are the terminal's business.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from lambda_rlm.diagnostics.codes import CODES
from lambda_rlm.diagnostics.diagnostic import Diagnostic, QuickFix, apply_fix
from lambda_rlm.diagnostics.excerpt import Part, excerpt, head, note, place
from lambda_rlm.diagnostics.faults import Fault
from lambda_rlm.diagnostics.source import SourceFile, Span

_SHOWN: Final = 200


# ── for people ──


def human_parts(diagnostic: Diagnostic, source: SourceFile) -> list[Part]:
    """One diagnostic for a person, as styled pieces."""
    return diagnostic.parts(source)


def fault_parts(fault: Fault, source: SourceFile | None) -> list[Part]:
    """A fault for a person, as styled pieces."""
    parts = head("error", "fault", fault.code, fault.message)
    if fault.span is not None and source is not None:
        gutter = len(str(source.line_column(fault.span.start)[0]))
        parts += place(source, fault.span, gutter)
        parts += excerpt(source, fault.span, "", gutter, "caret")
    return parts + (note("reply", fault.reply, 0) if fault.reply else [])


# ── for models ──


def model(diagnostics: Iterable[Diagnostic], source: SourceFile) -> str:
    """Diagnostics for a model that is to repair the program: short, with the exact text meant, and always a hint."""
    return "\n".join(_for_model(d, source) for d in diagnostics)


def _for_model(diagnostic: Diagnostic, source: SourceFile) -> str:
    line, _ = source.line_column(diagnostic.primary.start)
    text = _shortened(source.text[diagnostic.primary.start : diagnostic.primary.end])
    out = [f"{diagnostic.code} line {line}: {diagnostic.message}", f"  at: {text}" if text else "  at: the end of the program"]
    if diagnostic.expected is not None:
        out.append(f"  expected: {diagnostic.expected}")
    if diagnostic.given is not None:
        out.append(f"  given: {diagnostic.given}")
    if diagnostic.because is not None:
        out.append(f"  because: {diagnostic.because}")
    for label in diagnostic.secondary:
        out.append(f"  see line {source.line_column(label.span.start)[0]}: {label.text}")
    out.append(f"  hint: {diagnostic.hint or _hint(diagnostic, source)}")
    return "\n".join(out)


def _hint(diagnostic: Diagnostic, source: SourceFile) -> str:
    """What a fix would write, else the first sentence of what the code table says."""
    if diagnostic.fixes:
        fix = diagnostic.fixes[0]
        return f"{fix.title}: {_shortened(_fixed_line(fix, source))}"
    row = CODES.get(diagnostic.code)
    return row.text.split(". ")[0].strip() if row is not None else diagnostic.message


def _fixed_line(fix: QuickFix, source: SourceFile) -> str:
    line, _ = source.line_column(min(edit.span.start for edit in fix.edits))
    lines = apply_fix(source.text, fix).split("\n")
    return lines[min(line, len(lines)) - 1].strip()


def _shortened(text: str) -> str:
    text = text.strip()
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN // 2]} … {text[-_SHOWN // 2 :]}"


# ── as JSON ──


def as_json(diagnostic: Diagnostic, source: SourceFile) -> dict[str, Any]:
    """A diagnostic as JSON data; `fixes` are edits by character offsets."""
    data: dict[str, Any] = {
        "code": diagnostic.code,
        "severity": diagnostic.severity.value,
        "message": diagnostic.message,
        "span": span_json(diagnostic.primary, source),
        "expected": diagnostic.expected,
        "given": diagnostic.given,
        "because": diagnostic.because,
        "hint": diagnostic.hint,
        "secondary": [{"span": span_json(label.span, source), "text": label.text} for label in diagnostic.secondary],
        "fixes": [
            {
                "title": fix.title,
                "edits": [{"start": e.span.start, "end": e.span.end, "replacement": e.replacement} for e in fix.edits],
            }
            for fix in diagnostic.fixes
        ],
    }
    return data | ({"cost_tree": list(diagnostic.cost_tree)} if diagnostic.cost_tree else {})


def fault_json(fault: Fault, source: SourceFile | None) -> dict[str, Any]:
    """A fault as JSON data."""
    span = span_json(fault.span, source) if fault.span is not None and source is not None else None
    shown = {"reply": fault.reply} if fault.reply else {}
    return {"code": fault.code, "message": fault.message, "span": span, **shown}


def span_json(span: Span, source: SourceFile) -> dict[str, Any]:
    """A span as JSON data: offsets for programs, lines and columns for people."""
    ends: dict[str, Any] = {}
    for name, offset in (("start", span.start), ("end", span.end)):
        line, column = source.line_column(offset)
        ends[name] = {"offset": offset, "line": line, "column": column}
    return ends
