"""The library for Python programs.

Owns `RLM`, `run` and the names that the package exports. Promises that a fault leaves as an exception that carries what was
spent, never as an answer (in a stream, as part of the last event). An `RLM` holds settings only: it may be used by many threads and
event loops at once, each use connects for itself. Settings are given as arguments; nothing is read from files or the environment
here, except keys that the providers' own clients look for.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from lambda_rlm.blocking import blocking_anywhere, closing
from lambda_rlm.checked import Checked, check
from lambda_rlm.completion import Model
from lambda_rlm.cost.admit import Admitted
from lambda_rlm.cost.budget import Budget
from lambda_rlm.cost.declared import Size
from lambda_rlm.diagnostics import Rejected
from lambda_rlm.events import Event, RunFinished, Tracer
from lambda_rlm.faults import Fault, ModelFailure
from lambda_rlm.inputs import from_values
from lambda_rlm.llm.connect import connect
from lambda_rlm.llm.failures import BAD_REPLY
from lambda_rlm.plan.strategy import Choice
from lambda_rlm.returns import Returns, returns_of
from lambda_rlm.route import ask
from lambda_rlm.runtime import NOBODY, Options, Run, execute
from lambda_rlm.streaming import Listener, heard, streamed
from lambda_rlm.synth.report import Writing
from lambda_rlm.types.type import Effect

if TYPE_CHECKING:
    from lambda_rlm.llm.cache import ReplyStore

__all__ = ["RLM", "Budget", "Checked", "Fault", "Rejected", "Run", "Size", "check", "run"]

_UNASKED: Final = "Do what the context asks for; where it asks for nothing, say what it is about."


class RLM:
    """Answers questions about inputs of any length, each run within one budget.

    `model` is a name as on the command line (None: the default) or a `Model`, which is left open; `root_model`, in the same forms,
    writes programs (None: the one that answers) where `strategy` is "synth", as `writing` says. `cache` keeps good replies of models
    that are given by name across runs: True for the user's own file, or a path.
    """

    def __init__(
        self,
        model: str | Model | None = None,
        *,
        root_model: str | Model | None = None,
        budget: Budget | None = None,
        base_url: str | None = None,
        strategy: Choice = "auto",
        task: str = "search",
        strict: bool = False,
        seed: int = 0,
        cache: bool | str | Path = False,
        writing: Writing | None = None,
        constrain: str = "auto",
    ) -> None:
        self.model = model
        self.root_model = root_model
        self.budget = budget or Budget()
        self.base_url = base_url
        self.strategy: Choice = strategy
        self.task = task
        self.options = Options(is_strict=strict, seed=seed)
        self.cache = cache
        self.writing = writing
        self.constrain = constrain

    def ask(self, query: str, *, returns: Any = None, on_event: Listener | None = None, **inputs: Any) -> Run:
        """The answer to a question about the inputs: texts, plain data, or `Path`s to files and folders. Raises `Fault`.

        `returns` is the type of the answer: one of the language as text, a pydantic model, or another type that pydantic knows;
        `on_event` is told what happens. Inside a running event loop, as in a notebook, the loop waits; `aask` lets it go on.
        """
        return blocking_anywhere(lambda: self.aask(query, returns=returns, on_event=on_event, **inputs))

    async def aask(self, query: str, *, returns: Any = None, on_event: Listener | None = None, **inputs: Any) -> Run:
        """`ask` for programs that are asynchronous themselves."""
        return _answered(await self._asked(query, inputs, returns, heard(on_event)))

    def stream(self, query: str, *, returns: Any = None, **inputs: Any) -> AsyncGenerator[Event]:
        """What happens, as it happens; the last event is a `RunFinished` with the run, whose `answer` raises its fault.

        Leaving the loop cancels the run; `contextlib.aclosing` does so before the next statement.
        """
        return streamed(lambda tracer: self._asked(query, inputs, returns, tracer))

    def completion(self, prompt: Any, root_prompt: str | None = None) -> Run:
        """`ask` for programs written for `rlms`: `prompt` is the context (text, messages or data), `root_prompt` the question,
        without which it is the last message of a user; `.response` is the answer."""
        question, context = _question(prompt, root_prompt)
        return self.ask(question, **({} if context is None else {"context": context}))

    async def _asked(self, question: str, inputs: Mapping[str, Any], returns: Any, tracer: Tracer | None) -> Run:
        wanted = None if returns is None else returns_of(returns)
        given = from_values(inputs)
        async with AsyncExitStack() as stack:
            how = self.base_url, self.cache, tracer, stack, self.constrain
            model = _connected(self.model, *how)
            root = None if self.root_model is None else _connected(self.root_model, *how)
            done = await ask(
                question,
                given,
                model,
                self.budget,
                choice=self.strategy,
                task=self.task,
                options=self.options,
                tracer=tracer,
                root=root,
                writing=self.writing,
                returns=None if wanted is None else wanted.type,
            )
        return _told(done if wanted is None else _made(done, wanted), tracer)


async def run(
    program: Admitted,
    inputs: Mapping[str, Any],
    model: str | Model | None = None,
    *,
    query: str = "",
    base_url: str | None = None,
    strict: bool = False,
    seed: int = 0,
    cache: bool | str | Path = False,
    on_event: Listener | None = None,
) -> Run:
    """Run an admitted program over inputs like those it was checked with; raises `Fault`."""
    given = from_values(inputs).with_query(query)
    if model is None and program.typed.effect is Effect.PURE:
        model = NOBODY
    tracer = heard(on_event)
    async with AsyncExitStack() as stack:
        connected = _connected(model, base_url, cache, tracer, stack)
        options = Options(is_strict=strict, seed=seed)
        done = await execute(program, given.values, connected, options=options, tracer=tracer)
    return _answered(_told(done, tracer))


def _connected(
    model: str | Model | None,
    base_url: str | None,
    cache: bool | str | Path,
    tracer: Tracer | None,
    stack: AsyncExitStack,
    constrain: str = "auto",
) -> Model:
    """The model that a name means, which is closed with the stack; one that was given is left open."""
    if model is not None and not isinstance(model, str):
        return model
    opened = connect(model, base_url=base_url, tracer=tracer, cache=_store(cache), constrain=constrain)
    stack.push_async_callback(closing, opened)
    return opened


def _store(cache: bool | str | Path) -> ReplyStore | None:
    if cache is False:
        return None
    from lambda_rlm.llm.cache import ReplyStore

    return ReplyStore(None if cache is True else cache)


def _question(prompt: Any, root_prompt: str | None) -> tuple[str, Any]:
    """The question in a prompt of `rlms`, and what it is asked about."""
    if not _is_conversation(prompt):
        return root_prompt or _UNASKED, prompt
    messages = list(prompt)
    if root_prompt is None:
        last = max((i for i, message in enumerate(messages) if message["role"] == "user"), default=None)
        root_prompt = _UNASKED if last is None else str(messages.pop(last)["content"])
    return root_prompt, "\n\n".join(f"{message['role']}: {message['content']}" for message in messages) or None


def _is_conversation(prompt: Any) -> bool:
    return (
        isinstance(prompt, Sequence)
        and not isinstance(prompt, str)
        and bool(prompt)
        and all(isinstance(message, Mapping) and {"role", "content"} <= message.keys() for message in prompt)
    )


def _made(done: Run, wanted: Returns) -> Run:
    """The run with its value as the caller's type has it; one that its validators refuse is a fault."""
    if done.fault is not None:
        return done
    try:
        return replace(done, value=wanted.made(done.value))
    except ValueError as error:
        fault = ModelFailure(BAD_REPLY, f"the answer is not what was asked for: {error}")
        fault.usage = done.usage.tokens
        return replace(done, value=None, fault=fault)


def _told(done: Run, tracer: Tracer | None) -> Run:
    if tracer is not None:
        tracer(RunFinished(done))
    return done


def _answered(done: Run) -> Run:
    if done.fault is not None:
        raise done.fault
    return done
