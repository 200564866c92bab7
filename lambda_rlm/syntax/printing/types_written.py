"""The canonical spelling of types as written."""

from __future__ import annotations

from lambda_rlm.syntax.literals import quoted
from lambda_rlm.syntax.printing.comments import Comments
from lambda_rlm.syntax.printing.layout import SPACE, Doc, group, joined, nest, row
from lambda_rlm.syntax.term import EnumType, FunctionType, NamedType, RecordType, TypeTerm


def type_doc(type_: TypeTerm, comments: Comments) -> Doc:
    """The document of a type."""
    match type_:
        case NamedType(name=name, arguments=()):
            return name
        case NamedType(name=name, arguments=arguments):
            return row(name, "[", joined((", ",), (type_doc(a, comments) for a in arguments)), "]")
        case EnumType(labels=labels):
            return group(nest(joined((SPACE, "| "), map(quoted, labels))))
        case FunctionType(parameters=parameters, result=result):
            inside = joined((", ",), (type_doc(p, comments) for p in parameters))
            return row("(", inside, ") -> ", type_doc(result, comments))
        case RecordType():
            return _record(type_, comments)


def _record(record: RecordType, comments: Comments) -> Doc:
    parts: list[Doc] = []
    for i, (name, type_) in enumerate(record.fields):
        parts += [SPACE, comments.before(type_.span.start), f"{name}: ", type_doc(type_, comments)]
        parts += ["," if i + 1 < len(record.fields) else "", comments.behind(type_.span.end)]
    return group("{", nest(*parts, comments.rest(record.span.end)), SPACE, "}")
