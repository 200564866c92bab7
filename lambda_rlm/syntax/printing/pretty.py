"""The canonical spelling of programs, terms and types.

Owns `pretty`. Promises `parse(pretty(t)) == t` for every term in the parser's normal form, the fewest parentheses, lines of at
most 100 characters where a line can end at all, and that a program's comments are all kept, each before or behind what it
stood before or behind. Refuses a template whose hole cannot be in one.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from lambda_rlm.syntax import term as t
from lambda_rlm.syntax.literals import escaped_piece, is_raw_text, quoted
from lambda_rlm.syntax.operators import COALESCE, COMPARE, EXPRESSION, JOIN, LEVELS, MINUS, NOT, OR, PIPE, POSTFIX
from lambda_rlm.syntax.printing.comments import Comments
from lambda_rlm.syntax.printing.layout import HARD, SOFT, SPACE, Doc, DocumentRow, group, hang, joined, lay_out, nest, row
from lambda_rlm.syntax.printing.types_written import type_doc

_BARRED_IN_HOLES = frozenset('"\\{}#\r\n')
UNBOUNDED = 1 << 30
HUGGED_WIDTH = 40
Part = tuple[t.Node, Callable[[], Doc]]


def pretty(node: t.Program | t.Term | t.TypeTerm) -> str:
    """The canonical text of a program (with a line end at its end), a term or a type."""
    if isinstance(node, t.Program):
        printer = _Printer(Comments(node.comments, node.source.text))
        return lay_out(printer.program(node)) + "\n"
    if isinstance(node, t.NamedType | t.RecordType | t.EnumType | t.FunctionType):
        return lay_out(type_doc(node, Comments()))
    return lay_out(_Printer(Comments()).term(node))


def level_of(term: t.Term) -> int:
    """How tightly a term binds as it is written."""
    match term:
        case t.Lam() | t.Fix() | t.If():
            return EXPRESSION
        case t.Infix(rest=rest):
            return LEVELS[rest[0][0]]
        case t.Prefix(operator=operator):
            return NOT if operator == "not" else MINUS
        case t.Pipe():
            return PIPE
        case t.IntLit(value=value) | t.FloatLit(value=value) if str(value).startswith("-"):
            return MINUS
        case _:
            return POSTFIX


class _Printer:
    """Terms to documents; must visit them in the order of the text, since the comments come off a queue."""

    def __init__(self, comments: Comments) -> None:
        self.comments = comments

    # ── programs and items ──

    def program(self, program: t.Program) -> Doc:
        body = self.body_of_items(program.items, program.result)
        return row(body, self.comments.rest(UNBOUNDED))

    def body_of_items(self, items: tuple[t.Item, ...], result: t.Term, line: Doc = HARD) -> Doc:
        """Items and a result, each on a line of its own, with the blank lines that stood between them."""
        out: list[Doc] = []
        for node in (*items, result):
            if out:
                out.append(self.comments.line_before(node.span.start, line))
            out.append(self.comments.before(node.span.start, keeps_blank=True))
            out.append(self.item(node) if isinstance(node, t.Let | t.Def | t.TypeDef) else self.term(node))
            out.append(self.comments.behind(node.span.end))
        return row(*out)

    def item(self, item: t.Item) -> Doc:
        match item:
            case t.Let(name=name, annotation=annotation, value=value):
                return group(f"let {name}", self.annotation(annotation), " =", self.right_side(value, keeps_pipe=True), ";")
            case t.Def(name=name, params=params, result=result, body=body):
                arrow: Doc = row(" -> ", type_doc(result, self.comments)) if result else ""
                return group(f"def {name}", self.params(params), arrow, " =", self.right_side(body, keeps_pipe=True), ";")
            case t.TypeDef(name=name, type=type_):
                return group(f"type {name} = ", type_doc(type_, self.comments), ";")

    def annotation(self, type_: t.TypeTerm | None) -> Doc:
        return row(": ", type_doc(type_, self.comments)) if type_ else ""

    def params(self, params: tuple[t.Param, ...]) -> Doc:
        parts = (row(p.name, self.annotation(p.annotation)) for p in params)
        return row("(", joined((", ",), parts), ")")

    def right_side(self, body: t.Term, keeps_pipe: bool = False) -> Doc:
        """What is behind `=`, `=>`, `then` or `else`: on the same line if it can end its lines itself, else on the next."""
        lead = self.comments.before(body.span.start)
        doc = self.term(body)
        if lead.parts:
            return nest(HARD, lead, doc)
        match body:
            case t.Block() | t.Match():
                return row(" ", doc)
            case t.Pipe() if keeps_pipe:
                return row(" ", doc)
            case t.If() | t.Infix() | t.Pipe():
                return nest(group(SPACE, doc))
            case _:
                return hang(doc)

    # ── terms ──

    def term(self, term: t.Term, level: int = EXPRESSION) -> Doc:
        if level_of(term) < level:
            return row("(", self.bare(term), ")")
        return self.bare(term)

    def bare(self, term: t.Term) -> Doc:
        match term:
            case t.IntLit() | t.FloatLit() | t.BoolLit() | t.TextLit() | t.NoneLit() | t.Auto():
                return _word(term)
            case t.Template():
                return self.template(term)
            case t.Var(name=name, type_argument=argument):
                return f"{name}[{pretty(argument)}]" if argument else name
            case t.ListLit() | t.RecordLit() | t.Block():
                return self.enclosed(term)
            case t.Select(record=record, field=field):
                return row(self.term(record, POSTFIX), f".{field}")
            case t.Lam() | t.Fix():
                return self.function(term)
            case t.App(function=function, arguments=arguments):
                return row(self.term(function, POSTFIX), self.arguments(arguments, term.span.end))
            case t.Pipe():
                return self.pipe(term)
            case t.Infix() | t.Prefix():
                return self.infix(term) if isinstance(term, t.Infix) else self.prefix(term.operator, term.term)
            case t.If():
                return self.choice(term)
            case t.Match():
                return self.match(term)

    def function(self, term: t.Lam | t.Fix) -> Doc:
        match term:
            case t.Lam(params=params, body=body):
                return row("fn", self.params(params), " =>", self.right_side(body))
            case t.Fix(name=name, param=param, body=body):
                return row(f"fix {name}", self.params((param,)), " =>", self.right_side(body))

    def enclosed(self, term: t.ListLit | t.RecordLit | t.Block) -> Doc:
        """A term that begins and ends with a bracket."""
        match term:
            case t.ListLit(items=items):
                return self.bracketed("[", SOFT, [(item, self.labelled("", item)) for item in items], "]", term.span.end)
            case t.RecordLit(fields=fields):
                members: list[Part] = [(f, self.labelled(f"{f.name}: ", f.value)) for f in fields]
                return self.bracketed("{", SPACE, members, "}", term.span.end)
            case t.Block(items=items, result=result):
                inside = nest(SPACE, self.body_of_items(items, result, SPACE))
                return group("{", inside, self.comments.rest(term.span.end), SPACE, "}")

    def template(self, template: t.Template) -> Doc:
        return 'f"' + "".join(escaped_piece(p) if isinstance(p, str) else self.hole(p) for p in template.parts) + '"'

    def hole(self, term: t.Term) -> str:
        text = lay_out(_Printer(Comments()).term(term), UNBOUNDED)
        if not _BARRED_IN_HOLES.isdisjoint(text):
            raise ValueError(f"this cannot be in the hole of a template: {text!r}")
        return "{" + text + "}"

    def bracketed(self, opening: str, line: Doc, parts: list[Part], closing: str, end: int) -> DocumentRow:
        """Elements in brackets, with commas between them: all on one line, or each on its own."""
        inside: list[Doc] = []
        for i, (node, doc) in enumerate(parts):
            inside += [SPACE if i else line, self.comments.before(node.span.start), doc()]
            inside += ["," if i + 1 < len(parts) else "", self.comments.behind(node.span.end)]
        rest = self.comments.rest(end)
        return group(opening, nest(*inside, rest), line if parts or rest.parts else "", closing)

    def labelled(self, label: str, value: t.Term) -> Callable[[], Doc]:
        return lambda: row(label, self.term(value)) if label else self.term(value)

    def arguments(self, arguments: tuple[t.Argument, ...], end: int) -> Doc:
        """A call's brackets. A last argument that can end its lines itself starts on the line of the call."""
        parts: list[Part] = [(a, self.labelled(f"{a.name}=" if a.name else "", a.value)) for a in arguments]
        if not parts or not _hugs(arguments) or self.comments.is_pending_before(arguments[-1].span.start):
            return self.bracketed("(", SOFT, parts, ")", end)
        heads = [doc() for _, doc in parts[:-1]]
        flat = lay_out(joined((", ",), heads), UNBOUNDED)
        if len(flat) > HUGGED_WIDTH or "\n" in flat:
            members: list[Part] = [(parts[i][0], partial(row, heads[i])) for i in range(len(heads))]
            return self.bracketed("(", SOFT, [*members, parts[-1]], ")", end)
        last = parts[-1][1]()
        after = row(self.comments.behind(arguments[-1].span.end), self.comments.rest(end))
        return row("(", flat, ", " if flat else "", last, row(after, SOFT) if after.has_hard else "", ")")

    def pipe(self, pipe: t.Pipe) -> Doc:
        head = self.term(pipe.head, JOIN)
        stages: list[Doc] = []
        end = pipe.head.span.end
        for stage in pipe.stages:
            stages += [self.comments.behind(end), SPACE, self.comments.before(stage.span.start), "|> ", self.stage(stage)]
            end = stage.span.end
        return group(head, nest(*stages))

    def stage(self, stage: t.App) -> Doc:
        if not stage.arguments and isinstance(stage.function, t.App):
            return row("(", self.term(stage.function), ")")
        callee = self.callee(stage.function)
        return row(callee, self.arguments(stage.arguments, stage.span.end)) if stage.arguments else callee

    def callee(self, term: t.Term) -> Doc:
        match term:
            case t.Var():
                return self.bare(term)
            case t.Select(record=record, field=field):
                return row(self.callee(record), f".{field}")
            case t.App(function=function, arguments=arguments):
                return row(self.callee(function), self.arguments(arguments, term.span.end))
            case _:
                return row("(", self.bare(term), ")")

    def infix(self, infix: t.Infix) -> Doc:
        level = LEVELS[infix.rest[0][0]]
        first = OR if level == COALESCE else PIPE if level == COMPARE else level
        operand = OR if level == COALESCE else PIPE if level == COMPARE else level + 1
        head = self.term(infix.first, first)
        rest: list[Doc] = []
        for i, (operator, right) in enumerate(infix.rest):
            is_open = level == COALESCE and i + 1 == len(infix.rest)
            rest += [SPACE, self.comments.before(right.span.start), f"{operator} "]
            rest.append(self.term(right, EXPRESSION if is_open else operand))
        return group(head, nest(*rest))

    def prefix(self, operator: str, operand: t.Term) -> Doc:
        if operator == "not":
            return row("not ", self.term(operand, NOT))
        is_number = isinstance(operand, t.IntLit | t.FloatLit) and level_of(operand) == POSTFIX
        return row("-(", self.bare(operand), ")") if is_number else row("-", self.term(operand, MINUS))

    def choice(self, choice: t.If) -> Doc:
        out: list[Doc] = []
        for i, (condition, then) in enumerate(choice.branches):
            out += [SPACE, self.comments.before(condition.span.start), "else if "] if i else ["if "]
            out += [self.term(condition), " then", self.right_side(then), self.comments.behind(then.span.end)]
        return group(*out, SPACE, "else", self.right_side(choice.otherwise))

    def match(self, match: t.Match) -> Doc:
        subject = self.term(match.subject)
        arms: list[Doc] = []
        for i, arm in enumerate(match.arms):
            arms += [SPACE, self.comments.before(arm.span.start), self.pattern(arm.pattern), " =>", self.right_side(arm.body)]
            arms += ["," if i + 1 < len(match.arms) else "", self.comments.behind(arm.span.end)]
        return group("match ", subject, " {", nest(*arms, self.comments.rest(match.span.end)), SPACE, "}")

    def pattern(self, pattern: t.Pattern) -> Doc:
        match pattern:
            case t.SomePattern(name=name):
                return f"some({name or '_'})"
            case t.NonePattern():
                return "none"
            case t.AnyPattern():
                return "_"
            case t.LiteralPattern(literal=literal):
                return self.bare(literal)


def _hugs(arguments: tuple[t.Argument, ...]) -> bool:
    """Whether a call's last argument can start on the line of the call, since it ends its lines itself."""
    match arguments[-1].value:
        case t.Block() | t.Match() | t.RecordLit() | t.ListLit() | t.Lam() | t.Fix():
            return True
        case t.Template() | t.TextLit():
            return len(arguments) == 1
        case t.App(arguments=inner):
            return len(arguments) == 1 and bool(inner) and _hugs(inner)
        case _:
            return False


def _word(term: t.IntLit | t.FloatLit | t.BoolLit | t.TextLit | t.NoneLit | t.Auto) -> str:
    """A term that has no parts."""
    match term:
        case t.IntLit(value=value):
            return str(value)
        case t.FloatLit(value=number):
            return repr(number)
        case t.BoolLit(value=truth):
            return "true" if truth else "false"
        case t.TextLit(value=text, is_raw=is_raw):
            return f'r"{text}"' if is_raw and is_raw_text(text) else quoted(text)
        case t.NoneLit():
            return "none"
        case t.Auto():
            return "auto"
