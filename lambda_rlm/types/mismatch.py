"""Words for a type that does not fit its place.

Owns the message, the reason and the hint of a clash; knows the slips that models and people make (a List where Text is wanted,
an Option used as its content, a number in `++`) and says what to write instead. A reason is a plain tuple until it is needed.
"""

from __future__ import annotations

from lambda_rlm.diagnostics.diagnostic import Diagnostic, Edit, QuickFix
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.syntax.term import Infix, Lam, NoneLit, Pipe, Term, TextLit
from lambda_rlm.types.codes import (
    FUNCTION_MISPLACED,
    INFINITE_TYPE,
    NOT_ORDERED,
    NOT_SHOWABLE,
    TYPE_MISMATCH,
    TYPE_TOO_LARGE,
    UNKNOWN_LABEL,
    WRONG_PARAMETER_COUNT,
)
from lambda_rlm.types.nearest import nearest, rename
from lambda_rlm.types.open_type import (
    BOOL,
    FLOAT,
    INT,
    LIST,
    NUM,
    OPTION,
    ORD,
    QUOTE,
    RECORD,
    SHOW,
    T_INT,
    T_TEXT,
    TEXT,
    TEXTS,
    Fn,
    Labels,
    Open,
    OpenNamed,
    TypeVariable,
    bits,
    find,
)
from lambda_rlm.types.show import show_labels, show_open
from lambda_rlm.types.unify import Clash

Why = tuple[object, ...]
"""Why two types met: ("argument", 2, "fold", "f"), ("element", 3), ("else",), … ; empty when the place says it."""


def because(why: Why) -> str | None:
    """A reason in words."""
    match why:
        case ("argument", number, function, *name):
            return f"argument {number} of `{function}`{_named(name)}"
        case ("piped", function, *name):
            return f"the value piped into `{function}`{_named(name)}"
        case ("element", number):
            return f"element {number} of the list"
        case ("result", function, name):
            return f"the result of the function passed as `{name}` to `{function}`"
        case ("step", function):
            return f"the step of `{function}` must return the type of the first state"
        case ("annotation", name):
            return f"`{name}` is annotated with this type"
        case ("def", name):
            return f"the result of `{name}` is annotated with this type"
        case ("field", name):
            return f"field `{name}` of the record"
        case (str(text),):
            return text
    return None


def _named(name: list[object]) -> str:
    """The name of a parameter behind its place, where it has one."""
    return f" (`{name[0]}`)" if name and name[0] else ""


def mismatch(source: SourceFile, term: Term, given: Open, wanted: Open, why: Why, clash: Clash) -> Diagnostic:
    """The diagnostic for a term whose type does not fit its place."""
    shown_wanted, shown_given = show_open(wanted), show_open(given)
    reason = because(why)
    match clash.kind:
        case "label":
            return _label(term, given, wanted, reason, clash)
        case "infinite":
            return Diagnostic(
                INFINITE_TYPE, f"infinite type (occurs check): {shown_given} inside {shown_wanted}", term.span,
                because=reason, hint="a function cannot be applied to itself, and a list cannot contain itself",
            )  # fmt: skip
        case "size":
            return Diagnostic(
                TYPE_TOO_LARGE,
                "this type is too large",
                term.span,
                because=reason,
                hint="build smaller records, or add type annotations",
            )
        case "function":
            return Diagnostic(
                FUNCTION_MISPLACED, f"functions are not allowed here, and {shown_given} contains one", term.span, given=shown_given, because=reason,
                hint="call the function first, and keep its result",
            )  # fmt: skip
        case "arity" if isinstance(term, Lam):
            return _lambda_arity(term, clash, wanted, why)
    special = _constraint(source, term, given, wanted, reason)
    if special is not None:
        return special
    message = f"expected {shown_wanted}, given {shown_given}"
    hint, fixes = _in_place(source, term, given, wanted, why) or suggest(source, term, given, wanted)
    hint = hint or _detail(clash)
    return Diagnostic(
        TYPE_MISMATCH, message, term.span, hint=hint, expected=shown_wanted, given=shown_given, because=reason, fixes=fixes
    )


def _in_place(source: SourceFile, term: Term, given: Open, wanted: Open, why: Why) -> tuple[str, tuple[QuickFix, ...]] | None:
    """Advice that depends on the place or on the term itself."""
    if isinstance(term, NoneLit):
        return f"none is an Option: write a value of type {show_open(wanted)}, or some(…) in the other places", ()
    if why[2:] == ("split", "k") and bits(find(given)) & TEXTS:
        return "split cuts into k pieces of equal length; write split_on(text, sep) to cut at a separator", ()
    if isinstance(term, TextLit) and bits(find(wanted)) == INT and term.value.isdecimal() and len(term.value) < 19:
        return f"write {int(term.value)}, without quotes", (
            QuickFix("remove the quotes", (Edit(term.span, str(int(term.value))),)),
        )
    is_stage = source.text[: term.span.start].rstrip().endswith("|>")
    if is_stage and bits(find(given)) == OPTION and bits(find(wanted)) != OPTION:
        return "this may be none: write (… |> …) ?? default around the pipe so far, or match on it", ()
    return None


def _constraint(source: SourceFile, term: Term, given: Open, wanted: Open, reason: str | None) -> Diagnostic | None:
    """Words for a demand of Ord or Show, which no type spells."""
    wanted, shown = find(wanted), show_open(given)
    if not isinstance(wanted, TypeVariable):
        return None
    if wanted.heads == ORD:
        return Diagnostic(
            NOT_ORDERED,
            f"values of type {shown} cannot be ordered",
            term.span,
            hint=no_order(source, term, given),
            given=shown,
            because=reason,
        )
    if wanted.heads == SHOW:
        hint = suggest(source, term, given, T_TEXT)[0]
        return Diagnostic(
            NOT_SHOWABLE, f"values of type {shown} cannot be shown in a text", term.span, hint=hint, given=shown, because=reason
        )
    return None


def no_order(source: SourceFile, term: Term, given: Open) -> str:
    """What to write where something without an order should be ordered."""
    if isinstance(find(given), Labels):
        return "give each label a number with match, or write to_text(…) to order by spelling"
    return suggest(source, term, given, T_INT)[0] or "only Int, Float and Text can be ordered: choose a field to order by"


def _detail(clash: Clash) -> str | None:
    names = ", ".join(f"`{name}`" for name in clash.names)
    if clash.kind == "field":
        return f"the record is missing {names}"
    if clash.kind == "extra":
        return f"the record has extra fields: {names}"
    if clash.kind == "arity":
        return f"one function takes {clash.names[0]} arguments, the other {clash.names[1]}"
    return None


def _lambda_arity(term: Lam, clash: Clash, wanted: Open, why: Why) -> Diagnostic:
    count = int(clash.names[1])
    names = ", ".join(["x", "y", "z", "u", "v"][:count])
    function = find(wanted)
    if isinstance(function, Fn) and count == 2 and len(term.params) == 1:
        names = f"acc, {'x' if term.params[0].name == 'acc' else term.params[0].name}"
    passed = f"`{why[2]}` passes {count}" if why[:1] == ("argument",) else f"must take {count}"
    message = f"this function takes {_count(len(term.params), 'argument')} but {passed}"
    return Diagnostic(
        WRONG_PARAMETER_COUNT, message, term.span, expected=show_open(wanted), because=because(why), hint=f"write fn({names}) => …",
    )  # fmt: skip


def _count(n: int, what: str) -> str:
    return f"{n} {what}" + ("" if n == 1 else "s")


def _label(term: Term, given: Open, wanted: Open, reason: str | None, clash: Clash) -> Diagnostic:
    labels = next((side.labels for side in (find(wanted), find(given)) if isinstance(side, Labels)), frozenset())
    wrong = clash.names[0] if clash.names else ""
    meant = nearest(wrong, labels)
    fixes = rename(term.span, show_labels([meant])) if meant is not None and isinstance(term, TextLit) else ()
    hint = f"did you mean {show_labels([meant])}?" if meant is not None else f"the labels are {show_labels(labels)}"
    return Diagnostic(
        UNKNOWN_LABEL, f"{show_labels([wrong])} is not one of the labels {show_labels(labels)}", term.span, hint=hint,
        expected=show_labels(labels), given=show_labels([wrong]), because=reason, fixes=fixes,
    )  # fmt: skip


def suggest(source: SourceFile, term: Term, given: Open, wanted: Open) -> tuple[str | None, tuple[QuickFix, ...]]:
    """What to write instead, and the edit that does it where it is mechanical."""
    given, wanted = find(given), find(wanted)
    text = source.text[term.span.start : term.span.end]
    short = text if len(text) <= 40 and "\n" not in text else "…"
    want, have = bits(wanted), bits(given)
    if want == BOOL:
        return _wants_bool(have, short), ()
    if have == OPTION and want != OPTION:
        return f"this may be none: write `{short} ?? default`, or match on it with some(x) and none", ()
    if want == OPTION and have != OPTION and _may_hold(wanted, given):
        return f"write some({short})", _wrap(term, "some")
    if _only_text(want):
        return _wants_text(term, given, short)
    if want == FLOAT and have == INT:
        return f"write to_float({short})", _wrap(term, "to_float")
    if want == INT and have == FLOAT:
        return f"write round({short}), floor({short}) or ceil({short})", ()
    if want & NUM and not want & ~NUM and have & TEXTS:
        return f"write parse[Int]({short}) ?? 0 to read a number from a text", ()
    if want & NUM and not want & ~NUM and have == LIST:
        return f"write length({short}) for the number of elements", ()
    return _other(given, wanted, short)


def _may_hold(option: Open, given: Open) -> bool:
    return isinstance(option, OpenNamed) and bool(bits(find(option.arguments[0])) & bits(given))


def _wants_bool(have: int, short: str) -> str | None:
    if have == OPTION:
        return f"write is_some({short})"
    if have == LIST:
        return f"write not is_empty({short})"
    if have & TEXTS and not have & ~TEXTS:
        return f'write {short} != ""'
    return f"write {short} != 0" if have & NUM and not have & ~NUM else None


def _only_text(want: int) -> bool:
    return bool(want & TEXT) and not want & ~TEXTS


def _wants_text(term: Term, given: Open, short: str) -> tuple[str | None, tuple[QuickFix, ...]]:
    have = bits(given)
    if have & (INT | FLOAT | BOOL) and not have & ~(INT | FLOAT | BOOL):
        return f"write to_text({short})", _wrap(term, "to_text")
    if have == LIST and isinstance(given, OpenNamed):
        if bits(find(given.arguments[0])) & TEXTS:
            return f'write join({short}, "\\n") to make one text of the list, or map over it', ()
        return 'map the elements to texts, then join them: join(map(xs, fn(x) => …), "\\n")', ()
    return ("choose the field that holds the text, or write to_json(…)" if have == RECORD else None), ()


def _other(given: Open, wanted: Open, short: str) -> tuple[str | None, tuple[QuickFix, ...]]:
    want, have = bits(wanted), bits(given)
    if want == LIST and have & TEXTS and not have & ~TEXTS:
        return f"make a list first: lines({short}), words({short}), chunk({short}, 20000) or [{short}]", ()
    if want == LIST and have == LIST:
        return f"map the elements first: map({short}, fn(x) => …)", ()
    if want == LIST and not isinstance(given, TypeVariable | Fn):
        return f"write [{short}]", ()
    if want == QUOTE:
        return "only a model call returns a Quote: llm_call[Quote](…)", ()
    if isinstance(given, Fn) and not isinstance(wanted, Fn | TypeVariable):
        return "this is a function: call it with its arguments", ()
    if isinstance(wanted, Labels) and have & TEXTS:
        return f"parse[T]({short}) reads a label from a text and gives an Option", ()
    if isinstance(wanted, Fn) and not isinstance(given, Fn):
        return f"write a function: fn({', '.join('xyzuv'[: len(wanted.parameters)])}) => …", ()
    return None, ()


def _wrap(term: Term, function: str) -> tuple[QuickFix, ...]:
    if isinstance(term, Infix | Pipe):
        return ()
    edits = (
        Edit(type(term.span)(term.span.start, term.span.start), f"{function}("),
        Edit(type(term.span)(term.span.end, term.span.end), ")"),
    )
    return (QuickFix(f"wrap in {function}(…)", edits),)
