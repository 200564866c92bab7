"""Sessions of a host program: its settings, what it asks for, and the run that comes of it.

Owns `HostSettings` and the ways into a session: a new question, a run of the journal again, a decision without a run.
Promises that the answer is of the type that the program wants, or a fault, and that the settings which a run had are kept where
nobody says others.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lambda_rlm.accounts.account import Account
from lambda_rlm.answering.ask import ask
from lambda_rlm.answering.question import Question, Setup
from lambda_rlm.api.asked import Asked, Given
from lambda_rlm.api.described_models import as_before, described, recorded, refuse_unknown
from lambda_rlm.api.first_contact import FirstContact, begun, met, watching
from lambda_rlm.api.own_terms import in_own_terms
from lambda_rlm.api.reading import read_in_thread
from lambda_rlm.api.valid_settings import refuse_invalid, several
from lambda_rlm.budget.budget import Admission, Budget
from lambda_rlm.budget.pool import Pool
from lambda_rlm.completion import Model
from lambda_rlm.data_class import dataclass
from lambda_rlm.deadline import Deadline
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.diagnostics.visible import visible_line
from lambda_rlm.eval.plain import Unfit
from lambda_rlm.execution.check import check
from lambda_rlm.execution.connections import Connections
from lambda_rlm.execution.options import Options
from lambda_rlm.inputs import Inputs, from_values
from lambda_rlm.inputs.reading import Format
from lambda_rlm.journal.request import Before, RunRequest, absolute_model, same_inputs
from lambda_rlm.journal.session import Keeping, RunSession
from lambda_rlm.llm.connect import default_model
from lambda_rlm.llm.providers.servers import plain_url
from lambda_rlm.llm.wrappers.limiter import Limiters
from lambda_rlm.plan.router import Choice
from lambda_rlm.plan.routing_settings import Routing
from lambda_rlm.plan.strategy_file import task_name
from lambda_rlm.policy.gates import allows_layout
from lambda_rlm.settings.env_file import load_named
from lambda_rlm.settings.keys import READING, Tables
from lambda_rlm.settings.settings import DEFAULTS, Settings
from lambda_rlm.settings.variables import unless_said
from lambda_rlm.synth.writing import KEPT, LayoutShown, Writing
from lambda_rlm.types.hosted import HostFunction
from lambda_rlm.types.show import show

if TYPE_CHECKING:
    from lambda_rlm.answering.preview import Decision
    from lambda_rlm.api.returns import Returns
    from lambda_rlm.events import Tracer
    from lambda_rlm.execution.run import Run
Kept = bool | str | Path
"""Whether runs are recorded in a journal: False, True for the default file, or a path."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class HostSettings:
    """The settings of a host program, as described for `RLM`, None where it says nothing. `unsaid` is what counts there:
    variables, then the defaults."""

    model: str | Model | None = None
    root_model: str | Model | None = None
    budget: Budget | None = None
    admit: Admission | None = None
    base_url: str | None = None
    strategy: Choice | None = None
    task: str | Path | None = None
    routing: Routing = field(default_factory=Routing)
    options: Options = field(default_factory=Options)
    cache: bool | str | Path | None = None
    writing: Writing = field(default_factory=Writing)
    hedge: float | None = None
    pool: int | str | None = None
    rpm: int | None = None
    tpm: int | None = None
    account: Account | None = None
    journal: Kept = False
    primitives: tuple[HostFunction, ...] = ()
    formats: tuple[Format, ...] = ()
    constrain: str | None = None
    model_options: Tables | None = None
    unsaid: Settings = DEFAULTS
    contact: FirstContact | None = None
    limiters: dict[tuple[int, int | None, int | None], Limiters] = field(default_factory=dict, compare=False, repr=False)
    """How fast providers are asked by all questions of this owner together, by its limits."""

    @classmethod
    def of(
        cls,
        *,
        strict: bool | None,
        seed: int | None,
        routing: Routing | None = None,
        writing: Writing | None = None,
        layout: LayoutShown | None = None,
        env_file: str | Path | None = None,
        **said: Any,
    ) -> HostSettings:
        """The settings of a host, which says None where variables, or else the defaults, are to count. Raises `ValueError` and
        `TypeError` for what is no value of a setting."""
        said |= {key: several(key, said.get(key, ())) for key in ("primitives", "formats")}
        refuse_invalid({**said, "strict": strict, "seed": seed, "routing": routing, "writing": writing})
        refuse_unknown(said)
        unsaid = unless_said()
        load_named(env_file, unsaid)
        if said.get("account") is None:
            said["account"] = unsaid.purse()
        options = Options(
            is_strict=unsaid.strict if strict is None else strict,
            seed=unsaid.seed if seed is None else seed,
            out=unsaid.out,
            pool=unsaid.extra_attempts() if said.get("pool") is None else Pool.written(str(said["pool"])),
            accuracy=unsaid.accuracy(),
        )
        return cls(
            **said,
            options=options,
            routing=routing or unsaid.routing(),
            writing=(writing or unsaid.writing()).showing(layout),
            unsaid=unsaid,
        )

    def filled(self) -> HostSettings:
        """These with what counts where the host says nothing."""
        keys = ("model", "root_model", "base_url", "strategy", "task", "cache", "hedge", "rpm", "tpm", "constrain")
        return replace(self, **{key: getattr(self.unsaid, key) for key in keys if getattr(self, key) is None})

    @property
    def limits(self) -> Budget:
        """The budget of a run."""
        limits = self.unsaid.budget() if self.budget is None else self.budget
        return limits if self.admit is None else replace(limits, admit=self.admit)

    def place(self) -> str | Path | None:
        """The file of a journal that is kept; None for the user's own. Raises `ValueError` where none is kept."""
        if self.journal is False:
            raise ValueError("no journal is configured: use RLM(journal=True), or a path")
        return self.unsaid.journal if self.journal is True else self.journal

    def __repr__(self) -> str:
        """Models by name, or by their class, and limits; neither addresses nor keys."""
        named = (_named(model) for model in (self.model, self.root_model) if model is not None)
        return f"{', '.join(named) or 'default model'}, {self.limits}"

    def read(self, inputs: Mapping[str, Any], watch: Callable[[], object] | None = None) -> Inputs:
        """The inputs of a host, with its functions."""
        reading = replace(self.unsaid.reading(watching(self.contact, watch)), formats=self.formats)
        return replace(from_values(inputs, reading), functions=self.primitives)

    def begun(self, *, asks: bool = True) -> tuple[HostSettings, Deadline]:
        """The settings of a run that begins now, with its deadline. Raises `ModelFailure` where its models cannot be asked."""
        deadline, contact = Deadline(self.limits.seconds), begun(self.filled()) if asks else None
        return replace(self, options=replace(self.options, started=deadline.started), contact=contact), deadline

    def setup(self) -> Setup:
        """What questions are answered with, before models are connected."""
        from lambda_rlm.execution.options import NOBODY

        return Setup(
            leaf=NOBODY,
            budget=self.limits,
            choice=self.strategy or "auto",
            routing=self.routing,
            writing=self.writing if allows_layout() else self.writing.showing("none"),
            options=self.options,
        )

    def connections(self) -> Connections:
        """How models are reached."""
        limits = self.limits.concurrency, self.rpm, self.tpm
        return Connections(
            limiters=self.limiters.setdefault(limits, Limiters(self.limits.concurrency, rpm=self.rpm, tpm=self.tpm)),
            base_url=self.base_url,
            cache=self.cache or False,
            hedge=self.hedge,
            constrain=self.constrain or "auto",
            described=described(self.unsaid, self.model, self.model_options),
            account=self.account,
        )

    def as_before(self, was: Mapping[str, Any], *, is_replay: bool) -> HostSettings:
        """These with the settings that a run had, where these say no others; those that its questions depend on in any case.
        Raises `ValueError` where its server is not configured here: a journal may be a stranger's."""
        options, recorded = self.options, was.get("base_url")
        if not (is_replay or recorded is None or self.base_url or plain_url(self.unsaid.base_url) == recorded):
            raise ValueError(f"the run used the server {recorded}; to send its data there: RLM(base_url={recorded!r})")
        return replace(
            self,
            model=was.get("model") if self.model is None else self.model,
            root_model=was.get("root_model") if self.root_model is None else self.root_model,
            base_url=self.base_url or (recorded if is_replay or recorded is None else self.unsaid.base_url),
            hedge=self.hedge or was.get("hedge"),
            rpm=self.rpm or was.get("rpm"),
            tpm=self.tpm or was.get("tpm"),
            constrain=was.get("constrain", self.constrain),
            model_options=as_before(was, self.model_options, self.unsaid, is_replay=is_replay),
            cache=self.unsaid.cache if self.cache is None else self.cache,
            budget=_budget_of(was) if self.budget is None else self.budget,
            strategy=was.get("strategy") or "auto",
            options=replace(
                options,
                is_strict=was.get("strict", options.is_strict),
                seed=was.get("seed", options.seed),
                out=was.get("out", options.out),
                pool=Pool.written(str(was["pool"])) if self.pool is None and was.get("pool") else options.pool,
            ),
            writing=replace(self.writing, **{name: was[name] for name in KEPT if name in was}),
        )

    def kept(self) -> dict[str, Any]:
        """These settings in the keys of the command line, as the journal keeps them."""
        from lambda_rlm.execution.options import NOBODY

        budget, writing = self.limits, self.writing
        limits = {f"max_{name}": getattr(budget, name) for name in ("calls", "tokens", "seconds", "depth")}
        limits |= {name: getattr(budget, name) for name in ("concurrency", "fuel", "memory", "admit")}
        return {
            **limits,
            "max_cost": budget.usd,
            "model": None if self.model is NOBODY else default_model() if self.model is None else self.model,
            **{name: getattr(self, name) for name in ("root_model", "base_url", "strategy", "task")},
            "strict": self.options.is_strict,
            "seed": self.options.seed,
            "pool": self.unsaid.pool if self.pool is None else str(self.pool),
            "models": recorded(described(self.unsaid, self.model, self.model_options)),
            **{name: getattr(self, name) for name in ("hedge", "rpm", "tpm", "constrain")},
            **{name: getattr(writing, name) for name in KEPT},
            **{name: getattr(self.unsaid, name) for name in READING},
        }


async def answered(settings: HostSettings, asked: Asked, tracer: Tracer | None) -> Run:
    """The run of a new question; raises `TypeError` for what cannot be an answer."""
    settings, deadline = settings.begun()
    settings, question, returns = await posed(settings, asked, deadline)
    return await in_session(settings, RunRequest(question=question, arguments=given_as(asked.given.values)), tracer, returns)


async def decided(settings: HostSettings, question: Question) -> Decision:
    """Which way a question would go that is posed with its inputs. Asks no model."""
    from lambda_rlm.answering.preview import decide

    async with AsyncExitStack() as stack:
        opened = partial(settings.connections().opened, tracer=None, stack=stack)
        root = None if settings.root_model is None else opened(settings.root_model)
        return decide(question, replace(settings.setup(), leaf=opened(settings.model), root=root))


async def answered_again(
    settings: HostSettings,
    past: Before,
    inputs: Given,
    returns: Any,
    tracer: Tracer | None,
    *,
    is_replay: bool = False,
) -> Run:
    """A run of the journal that goes on or is replayed. Raises `InputProblem` for other inputs, `ValueError` for another model
    or a run that has its answer, `TypeError` for another type."""
    row, was = past.row, past.row.what
    if row.state == "answered" and not is_replay:
        raise ValueError(f"run {row.id} already has an answer")
    again, deadline = settings.as_before(was["settings"], is_replay=is_replay).begun(asks=False)
    read = await read_in_thread(again.read, inputs.values, deadline)
    read = replace(read, notes=(*inputs.notes, *read.notes))
    same_inputs(row, read)
    model, before = settings.model, was["settings"].get("model")
    if isinstance(model, str) and before is not None and absolute_model(model) != before:
        raise ValueError(f"run {row.id} used the model {before}; it cannot go on with {model}")
    wanted = _same_type(row.id, was.get("returns"), returns)
    type_ = None if wanted is None else wanted.type
    text, task = was.get("program"), was["settings"].get("task")
    request = RunRequest(
        question=Question(query=was["query"], inputs=read, returns=type_, guide=was.get("guide", ""), task=task),
        program=None if text is None else SourceFile(was.get("program_name") or "program", text),
        arguments=given_as(inputs.values),
        is_replay=is_replay,
    ).as_before(past)
    return await in_session(replace(again, task=task), request, tracer, wanted)


def unless_faulted(run: Run) -> Run:
    """The run; raises its fault."""
    if run.fault is not None:
        raise run.fault
    return run


async def in_session(
    settings: HostSettings,
    request: RunRequest,
    tracer: Tracer | None,
    returns: Returns | None = None,
    job: Callable[[Setup], Awaitable[Run]] | None = None,
) -> Run:
    """A session from its beginning to its end; trouble with its journal is logged. `job` runs a program that is admitted
    already."""
    found, request, notes = await met(settings.contact, request)
    settings = replace(settings, model=found or settings.model)
    is_kept = settings.journal is not False
    session = RunSession(
        request=replace(request, settings=settings.kept()) if is_kept else request,
        setup=settings.setup(),
        connections=settings.connections(),
        keeping=Keeping(settings.place(), settings.unsaid.journal_days) if is_kept else None,
        listeners=() if tracer is None else (tracer,),
        notes=tuple(map(in_own_terms, notes)),
    )
    try:
        async with session.opened(settings.model, settings.root_model) as setup:
            plain = await (job or partial(_answer, request))(setup)
            told = (note for note in request.question.inputs.notes if note not in plain.notes)
            plain = replace(plain, origin=request.origin(plain.value), notes=(*plain.notes, *told))
            run = plain if returns is None else _typed(plain, returns)
            session.finish(run, replace(run, value=plain.value) if run.ok else run)
        return run.as_called()
    finally:
        if session.trouble is not None:
            logging.getLogger(__name__).warning("%s", visible_line(session.trouble))


def _typed(run: Run, returns: Returns) -> Run:
    from lambda_rlm.api.returns import of_type

    return of_type(run, returns)


async def _answer(request: RunRequest, setup: Setup) -> Run:
    if request.program is None:
        return await ask(request.question, setup)
    from lambda_rlm.answering.run_program import run_program

    inputs = request.question.bound_inputs
    checked = check(request.program, inputs.types, primitives=inputs.functions)
    done = await run_program(checked.admit(setup.budget, setup.leaf.profile), request.question, setup)
    return replace(done, notes=(*done.notes, *inputs.notes))


async def posed(settings: HostSettings, asked: Asked, deadline: Deadline) -> tuple[HostSettings, Question, Returns | None]:
    """A question of a host, with the settings that it says for itself."""
    if not isinstance(asked.query, str):
        raise Unfit(f"the question must be a str, not {asked.query!r:.80}")
    if not asked.query.strip():
        raise ValueError("the question is empty")
    settings, returns = settings.filled(), None
    if asked.returns is not None:
        from lambda_rlm.api.returns import returns_of

        returns = returns_of(asked.returns)
    task = task_name(asked.task or settings.task)
    settings = replace(settings, task=task, strategy=asked.strategy or settings.strategy)
    type_, guide = (None, "") if returns is None else (returns.type, returns.guide)
    inputs = await read_in_thread(settings.read, asked.given.values, deadline)
    inputs = replace(inputs, notes=(*asked.given.notes, *inputs.notes), called=asked.given.called)
    return settings, Question(query=asked.query, inputs=inputs, returns=type_, guide=guide, task=task), returns


def given_as(inputs: Mapping[str, Any]) -> tuple[str, ...]:
    """The arguments of a command line that give the same inputs; none where some are no files."""
    paths = tuple(f"{name}={value.absolute()}" for name, value in inputs.items() if isinstance(value, Path))
    return paths if len(paths) == len(inputs) else ()


def _named(model: str | Model) -> str:
    return model if isinstance(model, str) else type(model).__name__


def _budget_of(was: Mapping[str, Any]) -> Budget:
    """The budget of a run of the journal."""
    names = ("calls", "tokens", "seconds", "depth", "concurrency", "fuel", "memory", "admit")
    keys = {"usd": "max_cost"} | {name: name if name in was else f"max_{name}" for name in names}
    return Budget(**{name: was[key] for name, key in keys.items() if key in was})


def _same_type(run: str, before: str | None, returns: Any) -> Returns | None:
    """The type that a run was asked for; raises `TypeError` where `returns` is another."""
    from lambda_rlm.api.returns import returns_of

    wanted = None if before is None else returns_of(before if returns is None else returns)
    if returns is not None and (wanted is None or show(wanted.type) != before):
        raise TypeError(f"run {run} was to return {before or 'a plain answer'}, not {returns!r}")
    return wanted


@dataclass(frozen=True, slots=True)
class Replayed:
    """A run repeated without model calls, and the differences between its calls and the recorded ones."""

    run: Run
    differences: tuple[str, ...]
