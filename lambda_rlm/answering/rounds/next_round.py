"""What another round of writing begins with: the result of the last one, and its answer among the inputs.

Owns the way from a run to what its author may know of it, and which faults are a program's own. Asks no model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lambda_rlm.answering.question import Question
from lambda_rlm.diagnostics.codes import CODES
from lambda_rlm.diagnostics.faults import Fault, ModelFailure, PrimitiveFault
from lambda_rlm.execution.run import Run
from lambda_rlm.graphemes import begun
from lambda_rlm.inputs import Inputs
from lambda_rlm.synth.blind import blind
from lambda_rlm.synth.rounds import Result
from lambda_rlm.synth.writing import Writing
from lambda_rlm.types.called import calling
from lambda_rlm.types.type import without_quotes


def is_own(fault: Fault | None) -> bool:
    """Whether a program stopped at what another one may not meet. A model that is down and a limit would stop any program."""
    return isinstance(fault, PrimitiveFault) or (isinstance(fault, ModelFailure) and not (fault.is_fatal or fault.is_retryable))


def result_of(run: Run, number: int, inputs: Inputs, *, writing: Writing, facts: Sequence[str], is_look: bool) -> Result:
    """What the root model may know of a run."""
    answer = run.answer if run.ok else ""
    return Result(
        number=number,
        type=run.type,
        characters=len(answer),
        name=inputs.free_name("result", number) if run.ok else None,
        fault=None if run.fault is None else _described(run.fault, run),
        coverage=run.coverage,
        calls=run.usage.calls,
        shown=blind(run.value, run.type, hides_texts=writing.layout == "none") if run.ok else "",
        facts=tuple(facts),
        beginning=begun(answer, writing.peek) or None,
        is_look=is_look,
    )


def _described(fault: Fault, run: Run) -> str:
    """The code of a fault with its title, and where in the program it arose: its message may quote contents."""
    title = f" ({CODES[fault.code].title.rstrip('.')})" if fault.code in CODES else ""
    if fault.span is None:
        return f"{fault.code}{title}"
    line, column = run.source.line_column(fault.span.start)
    return f"{fault.code}{title} at line {line}, column {column}"


def with_answer(question: Question, name: str, run: Run) -> Question:
    """The question, with the answer of an earlier round among its inputs."""
    return replace(question, inputs=question.inputs.with_answer(name, calling(without_quotes(run.type), run.called), run.value))
