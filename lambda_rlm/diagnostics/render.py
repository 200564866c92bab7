"""Diagnostics and faults for people, for models, and as JSON: three renderings of one value.

Owns the three forms. Promises that the human form stays within the width of a screen whatever the line, that carets are under
what they mean for wide characters and tabs too, that the model's form always has a hint, and that the JSON has the keys that
docs promise. Knows styles by name only; colors are the terminal's business.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Any, Final

from lambda_rlm.diagnostics.codes import CODES
from lambda_rlm.diagnostics.diagnostic import Diagnostic, QuickFix, apply_fix
from lambda_rlm.diagnostics.faults import Fault
from lambda_rlm.diagnostics.source import SourceFile, Span
from lambda_rlm.diagnostics.visible import visible_line

Part = tuple[str, str]
"""A piece of text and the name of its style: error, warning, place, gutter, source, caret, note, label or plain."""

_WIDTH: Final = 110
_LEAD: Final = 40
_SHOWN: Final = 200
_TAB: Final = "    "


# ── for people ──


def human_parts(diagnostic: Diagnostic, source: SourceFile) -> list[Part]:
    """One diagnostic for a person, as styled pieces."""
    severity = diagnostic.severity.value
    parts = _head(severity, severity, diagnostic.code, diagnostic.message)
    lines = [
        source.line_column(diagnostic.primary.start)[0],
        *(source.line_column(s.span.start)[0] for s in diagnostic.secondary),
    ]
    gutter = len(str(max(lines)))
    parts += _place(source, diagnostic.primary, gutter)
    parts += _excerpt(source, diagnostic.primary, "", gutter, "caret")
    for label in diagnostic.secondary:
        parts += _excerpt(source, label.span, label.text, gutter, "label")
    for name, text in (
        ("expected", diagnostic.expected),
        ("given", diagnostic.given),
        ("because", diagnostic.because),
        ("hint", diagnostic.hint),
    ):
        if text is not None:
            parts += _note(name, text, gutter)
    for fix in diagnostic.fixes:
        parts += _note("fix", fix.title, gutter)
    return parts


def fault_parts(fault: Fault, source: SourceFile | None) -> list[Part]:
    """A fault for a person, as styled pieces."""
    parts = _head("error", "fault", fault.code, fault.message)
    if fault.span is not None and source is not None:
        gutter = len(str(source.line_column(fault.span.start)[0]))
        parts += _place(source, fault.span, gutter)
        parts += _excerpt(source, fault.span, "", gutter, "caret")
    return parts + (_note("reply", fault.reply, 0) if fault.reply else [])


def _head(style: str, kind: str, code: str, message: str) -> list[Part]:
    return [(f"{kind}[{code}]", style), (f": {visible_line(message)}\n", "plain")]


def _place(source: SourceFile, span: Span, gutter: int) -> list[Part]:
    line, column = source.line_column(span.start)
    return [(" " * gutter + "--> ", "gutter"), (f"{visible_line(source.name)}:{line}:{column}\n", "place")]


def _note(name: str, text: str, gutter: int) -> list[Part]:
    indent = "\n" + " " * (gutter + 3 + len(name) + 2)
    return [
        (" " * gutter + " = ", "gutter"),
        (f"{name}: ", "note"),
        (indent.join(map(visible_line, text.split("\n"))) + "\n", "plain"),
    ]


def _excerpt(source: SourceFile, span: Span, label: str, gutter: int, style: str) -> list[Part]:
    """The line a span begins in, with carets below; a span of several lines is marked to the end of its first."""
    line, column = source.line_column(span.start)
    text = source.line_text(line).rstrip("\r")
    start = min(column - 1, len(text))
    end = max(start, min(len(text), start + (span.end - span.start)))
    shown, left, marked = _cropped(text, start, end)
    more = "…" if source.line_column(span.end)[0] > line else ""
    return [
        (" " * gutter + " |\n", "gutter"),
        (f"{line:>{gutter}} | ", "gutter"),
        (shown + "\n", "source"),
        (" " * gutter + " | ", "gutter"),
        (" " * left + "^" * max(1, marked) + more + (f" {visible_line(label)}" if label else "") + "\n", style),
    ]


def _cropped(text: str, start: int, end: int) -> tuple[str, int, int]:
    """What of a line is shown, the columns before the marked part, and its width in columns."""
    first = 0 if len(text) <= _WIDTH else max(0, min(start - _LEAD, len(text) - _WIDTH))
    last = min(len(text), first + _WIDTH)
    before, marked, after = text[first:start], text[start : min(end, last)], text[min(end, last) : last]
    lead = "…" if first else ""
    before, marked, after = lead + _visible(before), _visible(marked), _visible(after)
    return before + marked + after + ("…" if last < len(text) else ""), _columns(before), _columns(marked)


def _visible(text: str) -> str:
    """Tabs as spaces, and hidden characters as pictures."""
    return visible_line(text.replace("\t", _TAB))


def _columns(text: str) -> int:
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


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
