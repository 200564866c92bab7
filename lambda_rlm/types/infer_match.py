"""The rule for match: patterns against the subject, and whether every value has an arm."""

from __future__ import annotations

from lambda_rlm.diagnostics.diagnostic import Severity
from lambda_rlm.syntax.term import (
    AnyPattern,
    Arm,
    BoolLit,
    IntLit,
    LiteralPattern,
    Match,
    NonePattern,
    Pattern,
    SomePattern,
    TextLit,
)
from lambda_rlm.types.checker import Binding, Checker
from lambda_rlm.types.codes import INCOMPLETE_MATCH, PATTERN_MISMATCH, UNKNOWN_LABEL, UNREACHABLE_ARM
from lambda_rlm.types.infer_term import meet
from lambda_rlm.types.mismatch import Why
from lambda_rlm.types.nearest import nearest, rename
from lambda_rlm.types.open_type import (
    BROKEN,
    T_BOOL,
    T_INT,
    TEXTS,
    Broken,
    Labels,
    Open,
    OpenNamed,
    TypeVariable,
    find,
    option_of,
)
from lambda_rlm.types.show import show_labels, show_open
from lambda_rlm.types.unify import Clash, bind, demand_label, restrict


def infer_match(s: Checker, term: Match) -> Open:
    """
    Γ ⊢ o : Option[σ]    Γ, x : σ ⊢ a : τ₁    Γ ⊢ b : τ₂
    ───────────────────────────────────────────────────── (Match)
    Γ ⊢ match o { some(x) => a, none => b } : τ₁ ⊔ τ₂
    """
    subject = _subject(s, term)
    result: Open | None = None
    for number, arm in enumerate(term.arms, 1):
        with s.scope(*_bound(arm, subject)):
            given = s.infer(arm.body)
        result = (
            given
            if result is None
            else meet(s, arm.body, result, given, (f"arm {number} of the match: all arms must have the same type",))
        )
    return result if result is not None else BROKEN


def check_match(s: Checker, term: Match, wanted: Open, why: Why) -> Open | None:
    """A match where the type is known: each arm is checked in its place."""
    wanted = find(wanted)
    if not wanted.size:
        return None
    subject = _subject(s, term)
    for arm in term.arms:
        with s.scope(*_bound(arm, subject)):
            s.check(arm.body, wanted, why)
    return wanted


def _bound(arm: Arm, subject: Open) -> tuple[Binding, ...]:
    pattern = arm.pattern
    if not isinstance(pattern, SomePattern) or pattern.name is None:
        return ()
    subject = find(subject)
    type_ = subject.arguments[0] if isinstance(subject, OpenNamed) and subject.name == "Option" else BROKEN
    return (Binding("local", pattern.name, type_, pattern.span),)


def _subject(s: Checker, term: Match) -> Open:
    """The subject's type, with the patterns held against it."""
    subject = find(s.infer(term.subject))
    if isinstance(subject, TypeVariable):
        _decide(s, term, subject)
        subject = find(subject)
    if isinstance(subject, Broken):
        return subject
    before = len(s.diagnostics)
    for arm in term.arms:
        if not _fits_pattern(s, term, arm.pattern, subject):
            break
    if len(s.diagnostics) == before:
        _exhaustive(s, term, subject)
    return subject


def _decide(s: Checker, term: Match, subject: TypeVariable) -> None:
    """Patterns say what a subject not known yet is; labels without `_` make it the enumeration of just these."""
    patterns = [arm.pattern for arm in term.arms]
    literals = [p.literal for p in patterns if isinstance(p, LiteralPattern)]
    clash: Clash | None = None
    if any(isinstance(p, SomePattern | NonePattern) for p in patterns):
        clash = bind(subject, option_of(s.fresh()))
    elif literals and isinstance(literals[0], IntLit):
        clash = bind(subject, T_INT)
    elif literals and isinstance(literals[0], BoolLit):
        clash = bind(subject, T_BOOL)
    elif literals:
        labels = frozenset(lit.value for lit in literals if isinstance(lit, TextLit))
        if any(isinstance(p, AnyPattern) for p in patterns):
            clash = restrict(subject, TEXTS)
            for label in labels:
                clash = clash or demand_label(subject, label, TEXTS)
        else:
            clash = bind(subject, Labels(labels))
    if clash is not None and subject.link is None:
        s.report(
            PATTERN_MISMATCH, f"these patterns cannot match {show_open(subject)}", term.subject.span, given=show_open(subject),
            hint="match works on Option, labels, Text, Int and Bool",
        )  # fmt: skip
        subject.link = BROKEN


def _fits_pattern(s: Checker, term: Match, pattern: Pattern, subject: Open) -> bool:
    """Hold one pattern against the subject; False when its form does not fit, which then is true of the other patterns too."""
    if isinstance(pattern, AnyPattern):
        return True
    if isinstance(pattern, SomePattern | NonePattern):
        if isinstance(subject, OpenNamed) and subject.name == "Option":
            return True
        _misfit(s, pattern, subject, "`some(x)`" if isinstance(pattern, SomePattern) else "`none`")
        return False
    literal = pattern.literal
    s.types[id(literal)] = subject
    if isinstance(literal, TextLit):
        if isinstance(subject, Labels) and literal.value not in subject.labels:
            _no_label(s, pattern, literal.value, subject)
        if isinstance(subject, TypeVariable) or subject.bit & TEXTS:
            return True
        _misfit(s, pattern, subject, show_labels([literal.value]))
        return False
    wanted = T_INT if isinstance(literal, IntLit) else T_BOOL
    if subject is not wanted:
        _misfit(s, pattern, subject, f"a pattern of {wanted.name}")
    return subject is wanted


def _misfit(s: Checker, pattern: Pattern, subject: Open, shown: str) -> None:
    hint = "match works on Option, labels, Text, Int and Bool"
    if isinstance(subject, OpenNamed) and subject.name == "Option":
        hint = "match on the Option first: some(x) => …, none => …"
    elif isinstance(pattern, SomePattern | NonePattern):
        hint = "this is never none: use it as it is"
    s.report(
        PATTERN_MISMATCH, f"{shown} cannot match {show_open(subject)}", pattern.span, expected=show_open(subject), hint=hint
    )


def _no_label(s: Checker, pattern: Pattern, label: str, subject: Labels) -> None:
    meant = nearest(label, subject.labels)
    hint = f"did you mean {show_labels([meant])}?" if meant is not None else f"the labels are {show_labels(subject.labels)}"
    s.report(
        UNKNOWN_LABEL, f"{show_labels([label])} is not one of the labels {show_labels(subject.labels)}", pattern.span, hint=hint,
        expected=show_labels(subject.labels), given=show_labels([label]),
        fixes=rename(pattern.span, show_labels([meant])) if meant is not None else (),
    )  # fmt: skip


def _key(pattern: Pattern) -> object:
    if isinstance(pattern, SomePattern):
        return "some"
    if isinstance(pattern, NonePattern):
        return "none"
    return (type(pattern.literal).__name__, pattern.literal.value) if isinstance(pattern, LiteralPattern) else "_"


def _exhaustive(s: Checker, term: Match, subject: Open) -> None:
    """Warn of arms that no value reaches; report values that no arm takes."""
    seen: set[object] = set()
    missing: list[str] | None = None
    for arm in term.arms:
        key = _key(arm.pattern)
        missing = _missing(subject, seen)
        if "_" in seen or key in seen or missing == []:
            hint = "remove it, or move it above the arm that matches its values"
            s.report(
                UNREACHABLE_ARM, "unreachable arm: no value gets here", arm.pattern.span, hint=hint, severity=Severity.WARNING
            )
        seen.add(key)
    missing = _missing(subject, seen)
    if missing != [] and "_" not in seen:
        what = ", ".join(missing) if missing else f"other values of {show_open(subject)}"
        arms = ", ".join(f"{m} => …" for m in missing) if missing else "_ => …"
        s.report(INCOMPLETE_MATCH, f"this match has no arm for {what}", term.span, given=show_open(subject), hint=f"add {arms}")


def _missing(subject: Open, seen: set[object]) -> list[str] | None:
    """The patterns of a type that are not among those seen; None when there are too many to say."""
    if isinstance(subject, OpenNamed) and subject.name == "Option":
        return [shown for key, shown in (("some", "some(x)"), ("none", "none")) if key not in seen]
    if subject is T_BOOL:
        return [str(value).lower() for value in (True, False) if ("BoolLit", value) not in seen]
    if isinstance(subject, Labels):
        return [show_labels([label]) for label in sorted(subject.labels) if ("TextLit", label) not in seen]
    return None
