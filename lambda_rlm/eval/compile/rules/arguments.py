"""The rule for arguments: written, piped in, or left out."""

from __future__ import annotations

from collections.abc import Sequence

from lambda_rlm.data_class import dataclass
from lambda_rlm.diagnostics.faults import InternalError
from lambda_rlm.diagnostics.source import Span
from lambda_rlm.eval.compile.compiled import Compiled, constant
from lambda_rlm.eval.compile.compiler import Compiler
from lambda_rlm.eval.compile.scope import Scope
from lambda_rlm.syntax.primitive import Primitive
from lambda_rlm.syntax.term import Term
from lambda_rlm.types.type import Arrow
from lambda_rlm.types.typed import Piped, Substitution

Argument = Term | Piped | None
"""What a call has for a parameter: a term, what flows in through the pipe, or nothing for an optional one."""


def argument(c: Compiler, a: Argument, piped: Compiled | None, scope: Scope, s: Substitution) -> Compiled:
    """The code of one argument: an optional one left out is None."""
    if a is None:
        return constant(None)
    if isinstance(a, Piped):
        if piped is None:
            raise InternalError("compiling", "a piped argument outside a pipe")
        return piped
    return c.compile(a, scope, s)


@dataclass(frozen=True, slots=True)
class LibraryCall:
    """A call of a library function: its type at this instance, and its arguments in the order of its parameters."""

    primitive: Primitive
    arrow: Arrow
    arguments: Sequence[Argument]
    piped: Compiled | None
    span: Span
    scope: Scope
    substitution: Substitution

    def argument(self, c: Compiler, a: Argument) -> Compiled:
        """The code of one of its arguments."""
        return argument(c, a, self.piped, self.scope, self.substitution)
