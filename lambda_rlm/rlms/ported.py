"""`RLM` with the interface of `rlms`: a prompt in, an answer with its usage out.

Owns the class. Promises that no argument is dropped without a word: one warning names those that mean nothing here. No Python
code of a model is run, whatever the environment is called.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from time import localtime, monotonic, strftime
from types import TracebackType
from typing import Any, Self

from lambda_rlm.api.rlm import RLM
from lambda_rlm.api.rlms_compat import question_in
from lambda_rlm.completion import Model
from lambda_rlm.diagnostics.diagnostic import Rejected
from lambda_rlm.diagnostics.faults import Fault
from lambda_rlm.execution.blocking import blocking_anywhere, closing
from lambda_rlm.execution.run import Run
from lambda_rlm.llm.connect import connect
from lambda_rlm.llm.wrappers.limiter import Limiters
from lambda_rlm.llm.wrappers.model_options import ModelOptions
from lambda_rlm.rlms.arguments import meaning
from lambda_rlm.rlms.backends import Reached, reached
from lambda_rlm.rlms.completion_record import RLMChatCompletion, UsageSummary
from lambda_rlm.rlms.exceeded import as_in_rlms, refused_as_in_rlms
from lambda_rlm.rlms.logger import RLMLogger
from lambda_rlm.rlms.trajectory import Callbacks, CompletionTrajectory
from lambda_rlm.trace.summary import summary


class PortedRLM:
    """Answers prompts of any length, as `rlm.RLM` does; import it as `from lambda_rlm.rlms import RLM`.

    `backend` and `backend_kwargs` name the root model, which writes programs; `other_backends` (one) with
    `other_backend_kwargs` the model that these call (None: the same). `max_depth` 0 asks the model directly, 1 allows calls of
    models, more allows sub-questions that get programs of their own. `max_iterations` is the number of programs in turn,
    `max_errors` how often a rejected one goes back. `max_budget` is in US dollars, `max_timeout` in seconds, `max_tokens`
    counts input and output; these hold before anything is spent. `custom_tools` are functions with annotations, results of
    `lambda_rlm.primitive`, or data. With `persistent` each prompt follows the one before. `verbose` prints programs and figures
    to standard error. Raises `ValueError` and `TypeError` for what cannot be; warns of arguments that mean nothing here.
    """

    def __init__(
        self,
        backend: str = "openai",
        backend_kwargs: Mapping[str, Any] | None = None,
        environment: str | None = None,
        environment_kwargs: Mapping[str, Any] | None = None,
        depth: int = 0,
        max_depth: int | None = None,
        max_iterations: int | None = None,
        max_budget: float | None = None,
        max_timeout: float | None = None,
        max_tokens: int | None = None,
        max_errors: int | None = None,
        custom_system_prompt: str | None = None,
        other_backends: Sequence[str] | None = None,
        other_backend_kwargs: Sequence[Mapping[str, Any]] | None = None,
        logger: RLMLogger | None = None,
        verbose: bool = False,
        persistent: bool = False,
        custom_tools: Mapping[str, Any] | None = None,
        custom_sub_tools: Mapping[str, Any] | None = None,
        compaction: bool = False,
        compaction_threshold_pct: float = 0.85,
        max_concurrent_subcalls: int | None = None,
        on_subcall_start: Callable[[int, str, str], object] | None = None,
        on_subcall_complete: Callable[[int, str, float, str | None], object] | None = None,
        on_iteration_start: Callable[[int, int], object] | None = None,
        on_iteration_complete: Callable[[int, int, float], object] | None = None,
        sampling_args: Mapping[str, Any] | None = None,
        sub_sampling_args: Mapping[str, Any] | None = None,
        orchestrator: bool = True,
        user_prologue: str | None = None,
    ) -> None:
        self._root, self._leaf = _models(
            (backend, backend_kwargs, sampling_args), other_backends, other_backend_kwargs, sub_sampling_args
        )
        self._means = meaning(
            max_depth=max_depth, max_iterations=max_iterations, max_budget=max_budget, max_timeout=max_timeout,
            max_tokens=max_tokens, max_errors=max_errors, max_concurrent_subcalls=max_concurrent_subcalls,
            custom_tools=custom_tools, environment=environment, environment_kwargs=environment_kwargs, depth=depth,
            custom_system_prompt=custom_system_prompt, custom_sub_tools=custom_sub_tools, compaction=compaction,
            compaction_threshold_pct=compaction_threshold_pct, orchestrator=orchestrator, user_prologue=user_prologue,
        )  # fmt: skip
        self._callbacks = Callbacks(on_subcall_start, on_subcall_complete, on_iteration_start, on_iteration_complete)
        self.backend, self.max_depth, self.max_iterations = backend, max_depth, max_iterations
        self.logger, self.verbose, self.persistent = logger, verbose, persistent
        self._limiters = Limiters(self._means.budget.concurrency)
        self._last: Run | None = None
        self._inputs: list[Any] = []
        _warn(self._means.without_meaning, {*self._root.unused, *self._leaf.unused})

    def __repr__(self) -> str:
        """Models by name and limits; neither addresses nor keys."""
        names = dict.fromkeys((self._root.name, self._leaf.name))
        return f"<RLM of rlms: {', '.join(names)}, {self._means.budget}>"

    def completion(self, prompt: Any, root_prompt: str | None = None) -> RLMChatCompletion:
        """Answer a prompt: a text, messages or data; `root_prompt` is the question (None: it is in the prompt). Raises `Fault`
        (`BudgetExceededError`, `TimeoutExceededError` and `TokenLimitExceededError` are some) and `Rejected`."""
        return blocking_anywhere(lambda: self.acompletion(prompt, root_prompt))

    async def acompletion(self, prompt: Any, root_prompt: str | None = None) -> RLMChatCompletion:
        """Asynchronous version of `completion`."""
        posed = question_in(prompt, root_prompt)
        inputs = {**self._means.data, **({} if posed.context is None else {"context": posed.context})}
        trajectory, since = CompletionTrajectory(self._callbacks), monotonic()
        async with AsyncExitStack() as stack:
            rlm = self._opened(stack)
            usual = (
                "synth" if self._means.primitives and posed.context is None else posed.strategy
            )  # only a program can call them
            strategy = self._means.strategy or usual
            try:
                if self.persistent and self._last is not None:
                    inputs |= {f"context_{i}": before for i, before in enumerate(self._inputs)}
                    run = await rlm.afollow_up(self._last, posed.question, strategy=strategy, on_event=trajectory, **inputs)
                else:
                    run = await rlm.aask(posed.question, strategy=strategy, on_event=trajectory, **inputs)
            except Fault as fault:
                known = as_in_rlms(fault, monotonic() - since, self._means.budget)
                if known is fault:
                    raise
                raise known from fault
            except Rejected as rejected:
                refused = refused_as_in_rlms(rejected, self._means.budget)
                if refused is rejected:
                    raise
                raise refused from rejected
        if self.persistent:
            self._last = run
            self._inputs += [] if posed.context is None else [posed.context]
        return self._record(prompt, run, trajectory, monotonic() - since)

    def close(self) -> None:
        """Forget what `persistent` keeps. Nothing else is held between completions."""
        self._last, self._inputs = None, []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _opened(self, stack: AsyncExitStack) -> RLM:
        """What answers: models by name where their keys are found by name, else connected here and closed with the stack."""
        root, leaf, means = self._root, self._leaf, self._means
        is_named = root.api_key is None and leaf.api_key is None and root.base_url == leaf.base_url
        models: list[str | Model] = [leaf.name, root.name] if is_named else [self._connected(m, stack) for m in (leaf, root)]
        options = {one.name: one.options for one in (root, leaf) if is_named and one.options}
        return RLM(
            models[0],
            root_model=None if root == leaf else models[1],
            base_url=leaf.base_url if is_named else None,
            model_options=options or None,
            budget=means.budget,
            writing=means.writing,
            primitives=means.primitives,
        )

    def _connected(self, one: Reached, stack: AsyncExitStack) -> Model:
        described = {one.name: ModelOptions.of(one.options)}
        model = connect(one.name, base_url=one.base_url, api_key=one.api_key, limiters=self._limiters, described=described)
        stack.callback(self._limiters.join())
        stack.push_async_callback(closing, model)
        return model

    def _record(self, prompt: Any, run: Run, trajectory: CompletionTrajectory, seconds: float) -> RLMChatCompletion:
        names = {one.name: one.called for one in (self._root, self._leaf)}
        usage = UsageSummary({names.get(m, m): one for m, one in trajectory.usage().model_usage_summaries.items()})
        metadata = None
        if self.logger is not None:
            self.logger.record({**self._metadata(), "run": run.id}, trajectory.iterations)
            metadata = self.logger.get_trajectory()
        if self.verbose:
            once = {"shared": run.usage.shared_calls, "cached": run.usage.cached_calls}
            figures = summary(run.route, run.usage.calls, run.usage.tokens, seconds, run.bound, run.likely, **once)
            sys.stderr.write(f"{run.program}\n{figures}\n")
        return RLMChatCompletion(self._root.called, prompt, run.answer, usage, seconds, metadata, run=run)

    def _metadata(self) -> dict[str, Any]:
        return {
            "timestamp": strftime("%Y-%m-%dT%H:%M:%S", localtime()),
            "root_model": self._root.called,
            "max_depth": self.max_depth,
            "max_iterations": self.max_iterations,
            "backend": self.backend,
            "backend_kwargs": {"model_name": self._root.called},
            "environment_type": "lambda_rlm",
            "environment_kwargs": {},
            "other_backends": None if self._root == self._leaf else [self._leaf.called],
        }


def _models(
    root: tuple[str, Mapping[str, Any] | None, Mapping[str, Any] | None],
    others: Sequence[str] | None,
    others_kwargs: Sequence[Mapping[str, Any]] | None,
    sub_sampling: Mapping[str, Any] | None,
) -> tuple[Reached, Reached]:
    """The root model, and the model that programs call."""
    backend, kwargs, sampling = root
    writer = reached(backend, _sampled(kwargs, sampling))
    if others is None:
        if others_kwargs is not None:
            raise ValueError("other_backend_kwargs needs other_backends")
        if sub_sampling is None:
            return writer, writer
        others, others_kwargs = [backend], [dict(kwargs or {})]
    if len(others) != 1 or len(others_kwargs or ()) != 1:
        raise ValueError("other_backends and other_backend_kwargs must have one element each: the model that programs call")
    leaf = reached(others[0], _sampled((others_kwargs or ({},))[0], sub_sampling))
    if leaf.name == writer.name and leaf != writer:
        raise ValueError(f"the root model and the model that programs call are both {leaf.called}, with other arguments each")
    return writer, leaf


def _sampled(kwargs: Mapping[str, Any] | None, sampling: Mapping[str, Any] | None) -> dict[str, Any]:
    before = dict(kwargs or {})
    return before if sampling is None else {**before, "sampling_args": {**(before.get("sampling_args") or {}), **sampling}}


def _warn(arguments: Sequence[str], of_models: set[str]) -> None:
    named = [*arguments, *(f"backend_kwargs[{name!r}]" for name in sorted(of_models))]
    if named:
        note = "no Python code of a model is run" if "environment" in arguments else "see docs/howto/from-rlms.md"
        warnings.warn(f"λ-RLM has no use for {', '.join(named)} ({note})", UserWarning, stacklevel=3)
