"""From a question to its answer: measure the inputs, choose a way, check the program, run it.

Owns `ask`. Promises that a strategy of the standard library goes through the same checks as any program.
"""

from __future__ import annotations

from dataclasses import replace

from lambda_rlm.checked import check
from lambda_rlm.completion import Message, Model
from lambda_rlm.cost.budget import Budget
from lambda_rlm.diagnostics import Rejected
from lambda_rlm.events import Tracer
from lambda_rlm.faults import InternalError
from lambda_rlm.inputs import Inputs
from lambda_rlm.plan.measure import measure
from lambda_rlm.plan.plan import plan
from lambda_rlm.plan.strategy import Choice, route
from lambda_rlm.render import model as for_model
from lambda_rlm.runtime import OnBound, Options, Run, execute
from lambda_rlm.solver import with_solver
from lambda_rlm.source import SourceFile
from lambda_rlm.synth.report import Writing
from lambda_rlm.synthesis import Question, synthesize
from lambda_rlm.trace.run_id import run_id
from lambda_rlm.types.type import Type


async def ask(
    query: str,
    inputs: Inputs,
    model: Model,
    budget: Budget,
    *,
    choice: Choice = "auto",
    task: str = "search",
    options: Options | None = None,
    tracer: Tracer | None = None,
    on_bound: OnBound | None = None,
    root: Model | None = None,
    writing: Writing | None = None,
    returns: Type | None = None,
    recorded: SourceFile | None = None,
) -> Run:
    """The run that answers a question about inputs; `choice` and `task` as in `plan.strategy.route`. `root` is the model that
    writes programs (None: the one that answers), `returns` the type that the answer must have. `recorded` is the program that was
    chosen before, in a run that goes on: it runs again, and no way is chosen anew."""
    given = inputs.with_query(query)
    options = options or Options()
    options = replace(options, run=options.run or run_id())
    if recorded is not None:
        admitted = check(recorded, given.types, primitives=given.functions).admit(budget, model.profile)
        run = await execute(admitted, given.values, model, options=options, tracer=tracer, on_bound=on_bound)
        strategy = recorded.name.removesuffix(".lam")
        return replace(run, route=strategy, notes=(f"{strategy}: the program of the session before", *inputs.notes))
    query_tokens = model.count_tokens((Message("user", query),))
    way = route(measure(inputs.values, model), query_tokens, model.profile, choice, task)

    def planned() -> SourceFile:
        return SourceFile(f"{way.strategy}.lam", plan(way, given.types, returns))

    if choice == "synth":
        question = Question(
            inputs=given,
            leaf=model,
            root=root or model,
            budget=budget,
            writing=writing or Writing(),
            options=with_solver(options, model, root or model, writing or Writing(), tracer),
            tracer=tracer,
            on_bound=on_bound,
            returns=returns,
        )
        written = await synthesize(question, planned)
        return replace(written, route="synth", notes=(*_fallback(written, way.strategy), *inputs.notes))
    checked = check(planned(), given.types, primitives=given.functions)
    try:
        admitted = checked.admit(budget, model.profile)
    except Rejected as rejected:
        raise InternalError("planning", for_model(rejected.diagnostics, rejected.source)) from rejected
    run = await execute(admitted, given.values, model, options=options, tracer=tracer, on_bound=on_bound)
    return replace(run, route=way.strategy, notes=(f"{way.strategy}: {way.reason}", *inputs.notes))


def _fallback(run: Run, strategy: str) -> tuple[str, ...]:
    """What a person should know when no written program answered."""
    reason = None if run.synthesis is None else run.synthesis.fallback
    return () if reason is None else (f"{strategy}: {reason}",)
