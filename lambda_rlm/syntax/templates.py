"""Faulty templates: what `f"…"` cannot contain.

Owns the reading of templates that the grammar's terminal does not take: stray and doubled braces, holes that are empty, not
closed, or hold what a hole cannot. A quoted text in a hole is moved out to a `let` before the first item.
"""

from __future__ import annotations

import re
from dataclasses import field

from lambda_rlm.data_class import dataclass
from lambda_rlm.diagnostics.diagnostic import Diagnostic, Edit
from lambda_rlm.diagnostics.source import SourceFile, Span
from lambda_rlm.late_pattern import late_pattern
from lambda_rlm.syntax.literals import ESCAPE
from lambda_rlm.syntax.mistakes.codes import BAD_TEMPLATE, UNCLOSED_TEXT
from lambda_rlm.syntax.mistakes.fixes import bad_escape, instead, slip

_VALID = late_pattern(rf"\\(?:{ESCAPE}|[{{}}])")
MAX_FAULTS = 20
_QUOTED = r'(?:\\"(?:[^"\\\n]|\\[^"\n])*\\"|r?"[^"\\\n]*(?:\\.[^"\\\n]*)*"|\'[^\'{}\n]*\')'
_HOLE = late_pattern(rf'\{{(?:{_QUOTED}|\{{[^{{}}"\n]*\}}|[^"{{}}\\])*+\}}')
_LITERAL = late_pattern(_QUOTED)
_LINE_END = late_pattern(r"(?<![ \t])[ \t]*+[\r\n][ \t\r\n]*+")
"""Line ends with the blanks around them; blanks before none are looked at once, not once from each of them."""
_KEY = late_pattern(r'\{\s*\\?"[^"\n]*"\s*:')
_PLAIN = late_pattern(r'"[^"\\]*(?:\\["\\/bfnrt][^"\\]*)*"')


@dataclass(slots=True)
class Hoist:
    """Where quoted texts in holes are moved to: `let`s at an offset, under names that the program does not use."""

    source: SourceFile
    offset: int | None = None
    is_in_hole: bool = False
    count: int = field(default=0)

    def name(self) -> str:
        """A fresh name."""
        self.count += 1
        while f"text_{self.count}" in self.source.text:
            self.count += 1
        return f"text_{self.count}"

    def moved(self, span: Span, written: str) -> Diagnostic:
        """A quoted text in a hole, moved."""
        return self.moved_all(span, [(span, written)])

    def moved_all(self, hole: Span, texts: list[tuple[Span, str]]) -> Diagnostic:
        """The quoted texts of a hole, moved."""
        names = [self.name() for _ in texts]
        start = self.offset or 0
        lets = "".join(f"let {name} = {written};\n" for name, (_, written) in zip(names, texts, strict=True))
        edits = [Edit(span, name) for name, (span, _) in zip(names, texts, strict=True)]
        title = "name the text with `let` before it"
        message = "a hole cannot contain quoted text"
        return slip(message, hole, title, Edit(Span(start, start), lets), *edits, code=BAD_TEMPLATE)


def faults_of_template(source: SourceFile, start: int, end: int, hoist: Hoist) -> tuple[list[Diagnostic], int]:
    """What is wrong with the template that starts at a place, and where to read on."""
    text = source.text
    faults: list[Diagnostic] = []
    if hoist.offset is None:
        hoist.offset = start
    at = start + 2
    while at < end and text[at] != '"':
        if len(faults) == MAX_FAULTS:
            return faults, end
        if text[at] == "\\":
            valid = _VALID.match(text, at, end)
            if valid is None:
                faults.append(bad_escape(text[at : at + 2], at))
            at = valid.end() if valid else at + 2
        elif text.startswith(("{{", "}}"), at):
            faults.append(
                instead(f"write `\\{text[at]}` for a literal brace", Span(at, at + 2), "\\" + text[at], code=BAD_TEMPLATE)
            )
            at += 2
        elif text[at] == "}":
            faults.append(instead("unmatched `}`; write `\\}` for a literal brace", Span(at, at + 1), "\\}", code=BAD_TEMPLATE))
            at += 1
        elif text[at] == "{":
            fault, at = _hole(text, at, end, hoist)
            faults += [fault] if fault else []
        else:
            at += 1
    if at >= end:
        hint = 'add `"` where it ends; write `\\"` for a quote inside it'
        return [Diagnostic(UNCLOSED_TEXT, "this template is not closed", Span(start, start + 2), hint=hint)], end
    return faults, at + 1


def _hole(text: str, at: int, end: int, hoist: Hoist) -> tuple[Diagnostic | None, int]:
    """What is wrong with a hole, and the place behind it."""
    hit = _HOLE.match(text, at, end)
    if hit is None:
        message = "this hole is not closed; write `\\{` for a literal brace"
        return instead(message, Span(at, at + 1), "\\{", code=BAD_TEMPLATE), at + 1
    span, inside = Span(at, hit.end()), hit.group()[1:-1]
    if not inside.strip():
        title, edits = "write `\\{\\}`", [Edit(span, "\\{" + inside + "\\}")]
        return slip(
            "this hole is empty; write `\\{` and `\\}` for literal braces", span, title, *edits, code=BAD_TEMPLATE
        ), span.end
    if _KEY.match(text, at, span.end):
        plain = re.sub(r'(?<!\\)"', r"\\" + '"', hit.group())
        plain = "\\" + plain[:-1] + "\\}"
        return slip(
            "write `\\{` and `\\}` for literal braces",
            span,
            f"write `{plain}`",
            Edit(span, plain),
            code=BAD_TEMPLATE,
        ), span.end
    if '"' in inside:
        return _quoted_hole(inside, span, hoist), span.end
    if _LINE_END.search(inside) and not re.search(r"[{}\\#]", inside):
        return instead("a hole must be on one line", span, _LINE_END.sub(" ", hit.group()), code=BAD_TEMPLATE), span.end
    if re.search(r"[{}\\#]", inside):
        hint = "name it with `let` before the template, and use the name in the hole"
        return Diagnostic(BAD_TEMPLATE, "a hole cannot contain braces, `\\`, `#` or line breaks", span, hint=hint), span.end
    return None, span.end


def _quoted_hole(inside: str, span: Span, hoist: Hoist) -> Diagnostic:
    """A hole with texts in it, which are moved out when they are plain."""
    texts: list[tuple[Span, str]] = []
    for hit in _LITERAL.finditer(inside):
        written = hit.group()
        if written.startswith("\\"):
            written = '"' + written[2:-2] + '"'
        elif written.startswith("'"):
            written = '"' + written[1:-1] + '"'
        is_template = inside[max(0, hit.start() - 1) : hit.start()].isidentifier()
        if is_template or not (written.startswith("r") or _PLAIN.fullmatch(written)):
            hint = "name it with `let` before the template, and use the name in the hole"
            return Diagnostic(BAD_TEMPLATE, "a hole cannot contain quoted text", span, hint=hint)
        texts.append((Span(span.start + 1 + hit.start(), span.start + 1 + hit.end()), written))
    return hoist.moved_all(span, texts)
