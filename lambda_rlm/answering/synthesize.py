"""A question answered by a program that a root model writes.

Owns `synthesize`: the root model proposes, the checker, the bound and the budget judge, what was accepted is run, and a next
round is written where a program only looked, stopped at a fault of its own, or gave an answer that something speaks against.
Promises that all of it is paid from one budget, of which writing takes at most half, that nobody is asked again about an answer
that nothing speaks against, and that a root model which fails, writes nonsense or never ends leaves the question to the fixed
plan, and so does one whose last program stops at a fault of its own. Refuses to run what was not checked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Final

import anyio

from lambda_rlm.answering.candidates import Accepted, affordable, candidate, each, outcomes, together, tried
from lambda_rlm.answering.question import Question, Setup
from lambda_rlm.answering.root_model import Writer
from lambda_rlm.answering.vet import Vetted, Vetting, judging, written_size
from lambda_rlm.answering.writing_bound import begun, may_look, task_of, writing_pool
from lambda_rlm.budget.budget import Budget
from lambda_rlm.budget.meter import OUT_OF_ATTEMPTS, Meter
from lambda_rlm.completion import Sampling
from lambda_rlm.deadline import Deadline
from lambda_rlm.diagnostics.diagnostic import Rejected
from lambda_rlm.diagnostics.faults import Fault, LimitExceeded, OutOfTime
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.execution.check import Checked, check
from lambda_rlm.execution.options import Declined
from lambda_rlm.inputs import Inputs
from lambda_rlm.llm.installation_key import installation_key
from lambda_rlm.policy.gates import require
from lambda_rlm.synth.proposing.propose import Attempt, OnAttempt, Proposal, propose
from lambda_rlm.synth.reference import shown_to
from lambda_rlm.synth.rounds import Result, is_look, next_turns
from lambda_rlm.synth.task import first_turn
from lambda_rlm.synth.turn import Turn, has_data

if TYPE_CHECKING:
    from lambda_rlm.execution.prepare import Prepared
    from lambda_rlm.execution.run import Run
    from lambda_rlm.synth.report import CandidateTried, Ran

    Known = Callable[[SourceFile], Prepared | None]  # what was found of a program before, for its run to take over

PROGRAM: Final = "program.lam"
VettedProposal = Proposal[Checked, Vetted]
Plan = Callable[[], SourceFile]
"""The fixed plan for the question, when no program is accepted."""


async def synthesize(
    question: Question,
    setup: Setup,
    plan: Plan,
    meter: Meter | None = None,
    pool: int | None = None,
    prepared: Known = lambda source: None,
) -> Run:
    """The run that answers the question, within `setup.budget` and what is left in `meter`; with a `pool`, all of it together
    takes no more attempts than that beyond one for each call, and none from the pools above. `prepared` gives what is known of
    the plan. Raises `Rejected` where not even
    the plan is within what is left of the budget."""
    with Meter(_of_all(setup), meter) as account:
        account.pool, account.apart = pool, pool is not None
        account.settle(0, 0.0, setup.resumed.spent)
        characters = written_size(question.bound_inputs)
        account.admit_inputs(characters)
        return await _Synthesis(question, setup, plan, account, characters, prepared).run()


class _Synthesis:
    def __init__(self, question: Question, setup: Setup, plan: Plan, account: Meter, characters: int, known: Known) -> None:
        self.question = question
        self.setup = setup
        self.plan = plan
        self.known = known
        self.account = account
        self.attempts: list[Attempt] = []
        self.asked: list[tuple[Turn, ...]] = []
        self.results: list[tuple[str, Result]] = []
        self.ran: list[Ran] = []
        self.runs: list[Run] = []
        self.looks: list[Run] = []
        self.found: dict[int, tuple[str, ...]] = {}
        self.rounds = 0
        self.may_look = False
        self.tried: list[CandidateTried] = []
        self.agreement: float | None = None
        self.fallback: str | None = None
        self.notes: list[str] = []
        self.had: set[str] = set()
        self.is_planned = False
        self.deadline = Deadline(setup.budget.seconds)
        self.judge = Vetting(
            leaf=setup.leaf,
            options=setup.options,
            account=account,
            meter=judging(setup.budget, characters, setup.writing.rounds * (1 + setup.writing.repairs)),
            deadline=self.deadline,
            returns=question.returns,
            is_blind=not setup.writing.peek,
            work=setup.budget,
        )
        root, key = setup.writer, setup.options.key
        half = replace(setup.budget.part(2), fuel=0, memory=0)
        page, self.examples = shown_to(is_small=root.profile.is_small)
        key = key if key is not None else installation_key()
        require("constrain", root.profile.takes_grammar, f"{root.profile.name} does not take a grammar; see --constrain")
        self.writer = Writer(root, Meter(half, account), page, key, setup.writing.out, setup.tracer, begun(question, setup))
        self.writer.meter.pool = writing_pool(setup) + setup.resumed.extra

    async def run(self) -> Run:
        from lambda_rlm.answering.rounds.next_round import is_own, result_of, with_answer

        question, rounds = self.question, self.setup.writing.rounds
        with self.writer.meter:
            for number in range(1, rounds + 1):
                accepted = await self._written(question)
                if not accepted:
                    break
                run = await self._best(accepted, question.bound_inputs)
                if run is None:
                    break
                looked, facts = self._booked(run, question)
                self.rounds = number
                if number == rounds or not (looked or facts or is_own(run.fault)):
                    break
                inputs, writing = question.bound_inputs, self.setup.writing
                result = result_of(run, number, inputs, writing=writing, facts=facts, is_look=looked)
                question = question if result.name is None else with_answer(question, result.name, run)
                self.results.append((run.program, result))
        if not self.runs or self._is_left_to_the_plan():
            await self._planned()
        return self._reported()

    def _booked(self, run: Run, question: Question) -> tuple[bool, tuple[str, ...]]:
        """Whether a run only looked, and what speaks against its answer where it gave one."""
        from lambda_rlm.answering.rounds.findings import findings

        if self._looked(run):
            self.looks.append(run)
            return True, ()
        self.runs.append(run)
        self.found[id(run)] = findings(self.question.query, self.question.inputs.without_answers(), run) if run.ok else ()
        return False, self.found[id(run)]

    def _looked(self, run: Run) -> bool:
        return self.may_look and is_look(run.program) and not run.usage.calls

    def _is_left_to_the_plan(self) -> bool:
        """No program answered, for the last one met what another program may not."""
        from lambda_rlm.answering.rounds.next_round import is_own

        takes_over = self.setup.routing.takes_over
        return takes_over and is_own(self.runs[-1].fault) and not any(run.ok for run in self.runs)

    async def _written(self, question: Question) -> list[Accepted]:
        """The programs of one round that were accepted, none when the root model is done or has none to give."""
        count, peek, inputs = self.setup.writing.candidates, self.setup.writing.peek, question.bound_inputs
        self.judge.likely.clear()
        self.may_look = may_look(replace(self._setup_of_round(peek), budget=self._shown_budget()))
        self.asked.append(self._opening(question, peek=0))
        opening = self._opening(question, peek) if peek else self.asked[-1]
        try:
            with anyio.fail_after(self.deadline.left()):
                proposals = await self._sampled(opening, inputs, count) if count > 1 else []
                accepted = self._accepted(proposals, inputs)
                if not accepted and not any(proposal.is_done for proposal in proposals):
                    proposals = [await self._proposed(opening, inputs, self._attempted)]
                    accepted = self._accepted(proposals, inputs)
        except (TimeoutError, OutOfTime):
            self.fallback = "time limit reached before a program was accepted"
            return []
        except Fault as fault:
            is_share = isinstance(fault, LimitExceeded) and fault.code != OUT_OF_ATTEMPTS
            share = " within half of the budget (the share for writing programs)" if is_share else ""
            self.fallback = f"the root model wrote no program{share}: {fault.code} {fault.message}"
            return []
        if not accepted and self.judge.likely and not self._is_plan_proved(inputs):  # then the last that is likely to fit
            return [Accepted(checked=self.judge.likely[-1], bound=None, confidence=None)]
        if not accepted and not any(proposal.is_done for proposal in proposals):
            self.fallback = f"no program was accepted in {len(self.attempts)} attempts"
        return accepted

    def _is_plan_proved(self, inputs: Inputs) -> bool:
        """Whether the fixed plan is proved to complete on what is left."""
        return self.judge.proves(check(self.plan(), inputs.types, primitives=inputs.functions), inputs)

    async def _sampled(self, opening: tuple[Turn, ...], inputs: Inputs, count: int) -> list[VettedProposal]:
        """Candidates written side by side, not repaired; one whose call fails is left out."""
        proposals: list[VettedProposal | None] = [None] * count
        attempts: list[list[Attempt]] = [[] for _ in range(count)]

        async def one(number: int) -> None:
            sampling = Sampling(self.setup.writing.temperature, seed=self.setup.options.seed + number)
            try:
                proposals[number] = await self._proposed(opening, inputs, attempts[number].append, sampling, repairs=0)
            except OutOfTime:
                raise
            except LimitExceeded:
                pass
            except Fault as fault:
                attempts[number].append(Attempt("", (fault.code,)))

        try:
            await each(one, range(count))
        finally:  # in the order of the samples, whichever came back first
            for attempt in chain(*attempts):
                self._attempted(attempt)
        return [proposal for proposal in proposals if proposal is not None]

    async def _proposed(
        self,
        opening: tuple[Turn, ...],
        inputs: Inputs,
        on_attempt: OnAttempt,
        sampling: Sampling | None = None,
        repairs: int | None = None,
    ) -> VettedProposal:
        return await propose(
            opening,
            lambda turns: self.writer.ask((*self.examples, *turns), sampling or Sampling()),
            lambda source: self.judge.checked(source, inputs, may_look=self.may_look and is_look(source.text)),
            lambda checked: self.judge.vetted(checked, inputs),
            repairs=self.setup.writing.repairs if repairs is None else repairs,
            has_seen_data=has_data(opening),
            may_be_done=any(run.ok for run in self.runs),
            name=PROGRAM,
            on_attempt=on_attempt,
        )

    def _opening(self, question: Question, peek: int) -> tuple[Turn, ...]:
        """What the root model is asked in this round: the task, and what came of the rounds before."""
        budget = self._shown_budget()
        if self.results and not peek and budget.usd is not None:
            budget = replace(budget, usd=float(f"{budget.usd:.1g}"))
        setup = replace(self._setup_of_round(peek), budget=budget)
        shown = [(program, result if peek else result.without_contents()) for program, result in self.results]
        return (
            first_turn(task_of(question, setup)),
            *(turn for program, result in shown for turn in next_turns(program, result)),
        )

    def _setup_of_round(self, peek: int) -> Setup:
        """The setup with the rounds that are left, this one included."""
        return replace(
            self.setup, writing=replace(self.setup.writing, peek=peek, rounds=self.setup.writing.rounds - self.rounds)
        )

    def _shown_budget(self) -> Budget:
        """What is left, as if no call of an earlier session had failed and no more were allowed now: a run that goes on asks
        what it asked, and is not paid twice."""
        left, lost = self.account.left(), self.setup.resumed.spent.cost
        calls, dollars = self.setup.resumed.raised
        usd = None if left.usd is None or dollars is None else left.usd + (lost or 0.0) - dollars
        return replace(left.minus(calls), usd=None if usd is None else max(0.0, usd))

    def _attempted(self, attempt: Attempt) -> None:
        self.attempts.append(replace(attempt, round=self.rounds + 1))

    def _accepted(self, proposals: Sequence[VettedProposal], inputs: Inputs) -> list[Accepted]:
        """The accepted programs; where there are several, those that what was left after all the writing still allows."""
        rivals = []
        for proposal in proposals:
            checked, vetted = proposal.checked, proposal.judgement
            if checked is None or vetted is None:
                continue
            bound = None
            if len(proposals) > 1:
                vetted = self.judge.still_within(checked, vetted, inputs)
                if vetted is None or vetted.prospect is None:
                    continue
                bound = vetted.prospect.bound
            rivals.append(Accepted(checked=checked, bound=bound, confidence=proposal.confidence, prepared=vetted.prepared))
        return rivals

    async def _best(self, accepted: list[Accepted], inputs: Inputs) -> Run | None:
        """Run the most promising candidates and take the answer that they agree on; None when none of them was admitted, or all
        were run in earlier rounds: that would be paid again and tell nothing new."""
        from lambda_rlm.synth.select import agreement, choose, merge, rank

        candidates = [candidate(number, one) for number, one in enumerate(accepted)]
        ranked = rank(merge([one for one in candidates if one.normal not in self.had]))
        chosen = affordable(ranked[: self.setup.writing.best], accepted, self.account.left())
        done = await self._side_by_side({c.number: accepted[c.number] for c in chosen}, inputs)
        # What only looked may be written again, to answer: comments are not part of a normal form.
        self.had |= {c.normal for c in chosen if c.number not in done or not self._looked(done[c.number])}
        if not done:
            return None
        answered = outcomes(chosen, done)
        best = choose(answered).candidate.number if answered else next(c.number for c in chosen if c.number in done)
        if self.setup.writing.candidates > 1:
            self.agreement = agreement(answered, choose(answered)) if answered else None
            self.tried += [
                tried(c, accepted[c.number], done.get(c.number), c.number == best and bool(answered)) for c in ranked
            ]
        return together([done.pop(best), *done.values()])

    async def _side_by_side(self, programs: Mapping[int, Accepted], inputs: Inputs) -> dict[int, Run]:
        """The runs of several programs by their numbers, without those that their share of what is left does not admit, and
        those that somebody did not want; raises `Declined` where nothing was ever run for that."""
        from lambda_rlm.synth.report import Ran

        done: dict[int, Run] = {}
        declined: list[Declined] = []

        async def one(number: int) -> None:
            try:
                done[number] = await self._executed(programs[number].checked, inputs, len(programs), programs[number].prepared)
            except Rejected as rejected:
                self.fallback = f"the program was not admitted: {rejected.diagnostics[0].message}"
            except Declined as no:
                declined.append(no)

        await each(one, programs)
        if declined and not done and not self.runs:
            raise declined[0]
        if declined:
            self.notes.append(f"round {self.rounds + 1}: {_programs(len(declined))} not approved, therefore not run")
        self.ran += [
            Ran.of(run.program, self.rounds + 1, run.fault, run.degraded, self._looked(run)) for _, run in sorted(done.items())
        ]
        return done

    async def _executed(self, checked: Checked, inputs: Inputs, beside: int = 1, prepared: Prepared | None = None) -> Run:
        """Run a program on what is left; fuel and memory are shared with those that run beside it."""
        from lambda_rlm.execution.execute import execute

        setup = self.setup
        left = replace(self.judge.left(), seconds=self.deadline.left(), admit=setup.budget.admit or "likely")
        run = await execute(
            checked.admit(left.part_of_work(beside), setup.leaf.profile),
            inputs.values,
            setup.leaf,
            options=setup.options,
            tracer=setup.tracer,
            on_bound=setup.on_bound,
            meter=self.account,
            resumed=setup.resumed.booked(),
            prepared=prepared,
        )
        if not isinstance(run.fault, OutOfTime):
            return run
        return replace(run, fault=run.fault.of(setup.budget.seconds or 0.0))

    async def _planned(self) -> None:
        """Run the fixed plan. The fault of a program stays where what is left does not allow the plan."""
        inputs = self.question.bound_inputs
        source = self.plan()
        checked = check(source, inputs.types, primitives=inputs.functions)
        try:
            run = await self._executed(checked, inputs, prepared=self.known(source))
        except (Rejected, Declined):
            if not self.runs:
                raise
            return
        if self.runs and (fault := self.runs[-1].fault) is not None:
            self.fallback = f"the program failed with fault {fault.code}"
        elif self.fallback is None:
            self.fallback = "the root model wrote no program that answers"
        self.runs.append(run)
        self.is_planned = True

    def _reported(self) -> Run:
        """The answer that the least speaks against, of equal ones the last, with what all runs used."""
        from lambda_rlm.synth.report import Synthesis

        answered = [run for run in self.runs if run.ok]
        last = min(answered[::-1], key=lambda run: len(self.found.get(id(run), ()))) if answered else self.runs[-1]
        synthesis = Synthesis(
            attempts=tuple(self.attempts),
            asked=tuple(self.asked),
            ran=tuple(self.ran),
            rounds=self.rounds,
            calls=self.writer.calls,
            usage=self.writer.usage,
            fallback=self.fallback if self.is_planned else None,
            candidates=tuple(self.tried),
            agreement=self.agreement,
            notes=(*self.writer.notes, *self.notes),
            is_small=self.setup.writer.profile.is_small,
            peek=self.setup.writing.peek,
            facts=self.found.get(id(last)) if last.ok else None,
        )
        total = together([last, *(run for run in (*self.looks, *self.runs) if run is not last)])
        return replace(total, usage=replace(total.usage, seconds=self.deadline.spent()), synthesis=synthesis)


def _of_all(setup: Setup) -> Budget:
    """The budget of all programs for a question: each may take the steps of a run, and those that its inputs add."""
    budget, rounds, beside = setup.budget, setup.writing.rounds, min(setup.writing.best, setup.writing.candidates)
    return replace(budget, fuel=rounds * budget.fuel, fuel_per_character=rounds * beside * budget.fuel_per_character)


def _programs(count: int) -> str:
    return "a program" if count == 1 else f"{count:,} programs"
