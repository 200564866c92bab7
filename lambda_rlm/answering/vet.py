"""Whether a program that somebody wrote may run: its mistakes, and what speaks against its bound on the real inputs.

Owns `Vetting`. Promises that judging all programs of a question has an end: the work done ahead of a run is charged to a
meter of its own, and the deadline is looked at while it goes on. What was worked out for an accepted program is left to its
run. Asks no model.
"""

from __future__ import annotations

from dataclasses import field, replace
from typing import TYPE_CHECKING

from lambda_rlm.budget.budget import Budget
from lambda_rlm.budget.meter import Meter
from lambda_rlm.completion import Model
from lambda_rlm.data_class import dataclass
from lambda_rlm.deadline import Deadline
from lambda_rlm.diagnostics.diagnostic import Diagnostic, Diagnostics, Rejected
from lambda_rlm.diagnostics.faults import Fault, OutOfTime
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.execution.check import Checked, check
from lambda_rlm.execution.options import Options
from lambda_rlm.inputs import Inputs
from lambda_rlm.inputs.gather import written
from lambda_rlm.llm.installation_key import installation_key
from lambda_rlm.types.type import Effect, Type

if TYPE_CHECKING:
    from lambda_rlm.execution.prepare import Prepared
    from lambda_rlm.execution.prospect import Prospect
    from lambda_rlm.types.typed import Typed


@dataclass(frozen=True, slots=True)
class Vetted:
    """What speaks against running a program, and what it can cost; None where nobody can say. `shown` is what of that the root
    model may see; `prepared` is what the run of it may take over."""

    diagnostics: tuple[Diagnostic, ...]
    prospect: Prospect | None = None
    prepared: Prepared | None = None
    shown: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Vetting:
    """Judges programs for one question: for the model that answers them, on what is left in `account`. `meter` pays for what is
    worked out ahead; `returns` is the type that an answer must have. With `is_blind` the author of the programs is shown no
    contents. A program may take the steps and bytes of `work`, however many came before it; None: what the account has."""

    leaf: Model
    options: Options
    account: Meter
    meter: Meter
    deadline: Deadline
    returns: Type | None = None
    is_blind: bool = True
    work: Budget | None = None
    likely: list[Checked] = field(default_factory=list)
    """Programs that were turned down because they are not proved to complete, and are likely to."""

    def left(self) -> Budget:
        """What is left for one program."""
        left = self.account.left()
        return left if self.work is None else replace(left, fuel=self.work.fuel, memory=self.work.memory)

    def checked(self, source: SourceFile, inputs: Inputs, *, may_look: bool = False) -> Checked:
        """The program with its mistakes; an answer of another type than is wanted is one, unless the program may look and
        asks no model."""
        from lambda_rlm.synth.proposing.wanted import mismatch

        checked = check(source, inputs.types, primitives=inputs.functions)
        if checked.typed is None or self.returns is None or (may_look and checked.typed.effect is not Effect.LLM):
            return checked
        wrong = mismatch(checked.typed, self.returns)
        return (
            checked
            if wrong is None
            else replace(checked, diagnostics=Diagnostics(checked.source, (*checked.diagnostics, wrong)))
        )

    async def vetted(self, checked: Checked, inputs: Inputs) -> Vetted:
        """A well typed program, held against these inputs and what is left of the budget."""
        from lambda_rlm.eval.wording import NO_SOLVER
        from lambda_rlm.execution.sub_models import uses

        assert checked.typed is not None
        place = next(uses(checked.typed.program), None)
        if place is not None and self.options.solver is None:
            hint = "use llm_call over chunks instead"
            found = (Diagnostic(NO_SOLVER, "rlm_call is not available here", place, hint=hint),)
            return Vetted(found, shown=found)
        try:
            vetted = self._bounded(checked.typed, inputs)
        except Rejected as rejected:
            vetted = Vetted(rejected.diagnostics)
        except OutOfTime:
            raise
        except Fault as fault:
            vetted = Vetted((Diagnostic(fault.code, fault.message, fault.span or checked.typed.program.result.span),))
        if not vetted.diagnostics:
            return vetted
        if self._is_likely(vetted):
            self.likely.append(checked)
        return replace(vetted, shown=self._shown(checked.typed, inputs, vetted.diagnostics), prepared=None)

    def proves(self, checked: Checked, inputs: Inputs) -> bool:
        """Whether a program is proved to complete on what is left."""
        try:
            return checked.typed is not None and not self._bounded(checked.typed, inputs).diagnostics
        except OutOfTime:
            raise
        except (Rejected, Fault):
            return False

    def _is_likely(self, vetted: Vetted) -> bool:
        """Whether a program may begin as likely where nothing that is proved is found: nobody wants a proof, and its likely
        cost fits."""
        from lambda_rlm.bounds.admit import OVER_BUDGET

        prospect = vetted.prospect
        if prospect is None or prospect.budget.admit is not None or any(d.code != OVER_BUDGET for d in vetted.diagnostics):
            return False
        return replace(prospect, budget=replace(prospect.budget, admit="likely")).fits_as_likely

    def _shown(self, typed: Typed, inputs: Inputs, found: tuple[Diagnostic, ...]) -> tuple[Diagnostic, ...]:
        """What the author of a rejected program sees. One who is shown no contents sees the mistakes on any inputs of this
        shape, or else the codes of those on these inputs."""
        from lambda_rlm.answering.withheld import by_shape

        if not self.is_blind:
            return found
        left = replace(self.left(), usd=None) if inputs.answers else self.left()
        return by_shape(typed, inputs, self.leaf.profile, left, self.options, {d.code for d in found})

    def still_within(self, checked: Checked, vetted: Vetted, inputs: Inputs) -> Vetted | None:
        """A vetted program, held against what is left now; None where that is too little. The program is bounded again only
        where the planner might now choose smaller numbers, or its tokens were not counted yet."""
        assert checked.typed is not None and vetted.prospect is not None
        prospect = replace(vetted.prospect, budget=self.left())
        vetted = replace(vetted, prospect=prospect)
        may_be_counted = prospect.bound.counted_by == "bytes" and self.leaf.profile.vocabulary is not None
        if prospect.over_budget and (prospect.chosen is not None or may_be_counted):
            try:
                vetted = self._bounded(checked.typed, inputs)
            except OutOfTime:
                raise
            except (Rejected, Fault):
                return None
        assert vetted.prospect is not None
        return None if vetted.prospect.over_budget else vetted

    def _bounded(self, typed: Typed, inputs: Inputs) -> Vetted:
        """What a program can cost at most. Raises `Rejected` where nobody can say, and `OutOfTime`."""
        from lambda_rlm.eval.asking.asker import AskSettings
        from lambda_rlm.execution.prepare import prepare
        from lambda_rlm.execution.prospect import before_run, foresee

        options, left, leaf = self.options, self.left(), self.leaf
        if typed.effect is not Effect.LLM:
            prospect = foresee(typed, inputs.values, leaf, left, options.accuracy)
            return Vetted(prospect.diagnostics, prospect)
        key = options.key if options.key is not None else installation_key()
        asking = AskSettings(key=key, out=options.out, pool=options.pool)
        found, prepared = prepare(
            typed, inputs.values, leaf, left, options.accuracy, asking, account=self.meter, look=self.deadline.look
        )
        prospect = before_run(found.program, None, inputs.values, left, leaf.profile, found.chosen, kept=found.kept)
        return Vetted(prospect.diagnostics, prospect, prepared)

    def __post_init__(self) -> None:
        self.meter.watch(self.deadline.look)


def judging(budget: Budget, characters: int, attempts: int) -> Meter:
    """What judging all programs of a question may take: steps and storage of that number of runs on inputs of so many
    characters, written as JSON, and nothing else."""
    meter = Meter(replace(budget, calls=0, tokens=0, usd=None, fuel=attempts * budget.fuel, memory=attempts * budget.memory))
    meter.admit_inputs(attempts * characters)
    return meter


def written_size(inputs: Inputs) -> int:
    """The characters of the inputs, written as JSON."""
    return sum(len(piece) for value in inputs.values.values() for piece in written(value))
