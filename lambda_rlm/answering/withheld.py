"""The mistakes of a program in words that show nothing of the contents of inputs.

Owns `by_shape`. A bound on the real inputs is computed from their contents, and a fault quotes them. Promises words that depend
on the program, the shape of the inputs, what is left of the budget and the codes alone.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace

from lambda_rlm.budget.budget import Budget
from lambda_rlm.completion import ModelProfile
from lambda_rlm.diagnostics.codes import CODES
from lambda_rlm.diagnostics.diagnostic import Diagnostic, Rejected, Severity
from lambda_rlm.eval.asking.asker import AskSettings
from lambda_rlm.execution.options import Options
from lambda_rlm.execution.prospect import foresee_sizes
from lambda_rlm.inputs import Inputs
from lambda_rlm.synth.input_shape import shape
from lambda_rlm.types.typed import Typed


def by_shape(
    typed: Typed, inputs: Inputs, profile: ModelProfile, budget: Budget, options: Options, codes: Set[str]
) -> tuple[Diagnostic, ...]:
    """What speaks against a program on any inputs of this shape, of the mistakes with these codes; the titles of those codes
    where nothing does."""
    sizes = {
        name: size
        for name in typed.inputs
        if (size := shape(name, typed.inputs[name], inputs.values[name], is_rough=name in inputs.answers).size) is not None
    }
    try:
        asking = AskSettings(key=b"", out=options.out, pool=options.pool)
        prospect = foresee_sizes(typed, {}, sizes, profile, budget, options.accuracy, asking)
        found = (*prospect.bounded.diagnostics, *prospect.over_budget)
    except Rejected as rejected:
        found = rejected.diagnostics
    shown = tuple(replace(d, severity=Severity.ERROR) for d in found if d.code in codes)
    return shown or tuple(_withheld(code, typed) for code in sorted(codes))


def _withheld(code: str, typed: Typed) -> Diagnostic:
    title = CODES[code].title if code in CODES else "the program does not fit the inputs"
    return Diagnostic(code, f"on these inputs: {title} (no details: they depend on the contents)", typed.program.result.span)
