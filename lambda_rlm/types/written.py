"""Types as a program writes them: names looked up, abbreviations expanded, caps kept.

Promises that a type it gives is within the caps on size and depth, or that a mistake was reported.
"""

from __future__ import annotations

from lambda_rlm.syntax.term import EnumType, FunctionType, NamedType, RecordType, TypeDef, TypeTerm
from lambda_rlm.types.checker import Abbreviation, Checker
from lambda_rlm.types.codes import DEFINED_TWICE, NO_SUCH_TYPE, TYPE_TOO_LARGE
from lambda_rlm.types.generalize import measure
from lambda_rlm.types.nearest import nearest, rename
from lambda_rlm.types.open_type import BROKEN, MAX_DEPTH, MAX_SIZE, SCALARS, Effects, Fn, Labels, Open, OpenNamed, Rec

_CONSTRUCTORS = ("List", "Option")


def open_written(s: Checker, term: TypeTerm) -> Open:
    """The type that an annotation or type argument denotes."""
    node = _open(s, term)
    if node.size > MAX_SIZE or not node.size or isinstance(node, OpenNamed | Rec):
        size, depth = measure(node)
        if size > MAX_SIZE or depth > MAX_DEPTH:
            what = f"{size:,} parts, more than {MAX_SIZE}" if size > MAX_SIZE else f"{depth} levels, more than {MAX_DEPTH}"
            s.report(TYPE_TOO_LARGE, f"this type is too large: it has {what}", term.span, hint="write a flatter type")
            node = BROKEN
    s.written[id(term)] = node
    return node


def _open(s: Checker, term: TypeTerm) -> Open:
    match term:
        case NamedType():
            return _named(s, term)
        case RecordType(_, fields):
            return Rec({name: _open(s, field) for name, field in fields})
        case EnumType(_, labels):
            return Labels(frozenset(labels))
        case FunctionType(_, parameters, result):
            return Fn(tuple([_open(s, p) for p in parameters]), _open(s, result), Effects(s.level))


def _named(s: Checker, term: NamedType) -> Open:
    name, arguments = term.name, term.arguments
    abbreviation = s.abbreviations.get(name)
    if abbreviation is not None or name in SCALARS:
        if arguments:
            s.report(NO_SUCH_TYPE, f"`{name}` takes no type argument", term.span, hint=f"write {name}")
            return BROKEN
        return abbreviation.open() if abbreviation is not None else SCALARS[name]
    if name in _CONSTRUCTORS:
        if len(arguments) == 1:
            return OpenNamed(name, (_open(s, arguments[0]),))
        s.report(NO_SUCH_TYPE, f"`{name}` takes one type argument, got {len(arguments)}", term.span, hint=f"write {name}[Text]")
        return BROKEN
    _unknown(s, term)
    return BROKEN


_MEANT = {
    "String": "Text", "Str": "Text", "string": "Text", "str": "Text", "text": "Text", "Integer": "Int", "int": "Int", "Number": "Float",
    "float": "Float", "Boolean": "Bool", "bool": "Bool", "Array": "List", "list": "List", "Maybe": "Option", "Optional": "Option",
}  # fmt: skip


def _unknown(s: Checker, term: NamedType) -> None:
    known = [*SCALARS, *_CONSTRUCTORS, *s.abbreviations]
    meant = _MEANT.get(term.name) or nearest(term.name, known)
    span = type(term.span)(term.span.start, term.span.start + len(term.name))
    hint = f"did you mean `{meant}`?" if meant else f"known types: {', '.join(known)}; a type must be defined above its use"
    s.report(NO_SUCH_TYPE, f"unknown type `{term.name}`", span, hint=hint, fixes=rename(span, meant) if meant else ())


def define_type(s: Checker, item: TypeDef) -> None:
    """`type Name = T;`"""
    node = open_written(s, item.type)
    name = item.name
    if name in SCALARS or name in _CONSTRUCTORS:
        s.report(
            DEFINED_TWICE,
            f"`{name}` is a built-in type and cannot be redefined",
            item.name_span,
            hint="choose another name",
        )
    ground = node if node.size else None
    s.abbreviations[name] = Abbreviation(name, item.name_span, lambda: ground if ground is not None else _fresh(s, node))


def _fresh(s: Checker, node: Open) -> Open:
    """The same type with effects of its own."""
    if isinstance(node, OpenNamed):
        return OpenNamed(node.name, tuple([_fresh(s, a) for a in node.arguments])) if not node.size else node
    if isinstance(node, Rec):
        return Rec({name: _fresh(s, field) for name, field in node.fields.items()}, node.order) if not node.size else node
    if isinstance(node, Fn):
        return Fn(tuple([_fresh(s, p) for p in node.parameters]), _fresh(s, node.result), Effects(s.level))
    return node
