"""A real model in this process: no key, no network, no price.

Owns the `Model` over the engine. Promises that no content of a message is read as a control token, exact usage and token
counts, constrained replies (the text of a choice is just the choice), at most one request a slot, and that a cancelled call
lets go at once. Loads the weights at the first call, not before; what is missing is a failure that says every way out."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread

from lambda_rlm.completion import Completion, CompletionRequest, Message, ModelProfile, StopReason
from lambda_rlm.llm.control_tokens import as_it_was
from lambda_rlm.llm.failures import EMPTY_REPLY, ENGINE_FAILED, NO_ENGINE, NO_WEIGHTS, UNKNOWN_MODEL, failure
from lambda_rlm.llm.local.constraint import constraint
from lambda_rlm.llm.local.engine import MISSING_PACKAGE, Engine, EngineReply, EngineSettings, engine, is_there, threads_by_load
from lambda_rlm.llm.local.weights import TABLE, installed, path
from lambda_rlm.llm.providers.forms.openai_form import usage_of
from lambda_rlm.llm.tokens import utf8_bound

_STOP = {"stop": StopReason.STOP, "length": StopReason.LENGTH}
_BYTES_PER_TOKEN = 32
_LARGE = 3_000_000_000
"""Bytes of a model that needs no help to write programs: some five billion parameters."""

_TEMPLATE_TOKENS = 64


class LocalModel:
    """A `Model` over a GGUF file. Loading takes about a second for half a billion parameters and happens once a process."""

    def __init__(self, name: str, settings: EngineSettings, *, takes_grammar: bool = True) -> None:
        self._settings = settings
        self._is_small = not settings.path.is_file() or settings.path.stat().st_size < _LARGE
        self._limiter: anyio.CapacityLimiter | None = None
        self._profile = ModelProfile(
            name=name,
            window=settings.window,
            max_output=settings.window // 2,
            input_price=0.0,
            output_price=0.0,
            template_tokens=_TEMPLATE_TOKENS,
            is_constrained=True,
            takes_grammar=takes_grammar,
            thinks_first=takes_grammar and not self._is_small,
            is_small=self._is_small,
            details={"file": str(settings.path), "slots": str(settings.slots), "threads": str(settings.threads)},
        )

    @classmethod
    def named(
        cls, name: str, *, window: int | None = None, slots: int = 2, threads: int | None = None, takes_grammar: bool = True
    ) -> LocalModel:
        """The model of this name in the table of weights; a `ModelFailure` when its file is not here."""
        weights = TABLE.get(name)
        if weights is None:
            raise failure(UNKNOWN_MODEL, f"unknown local model {name!r}; choose one of {', '.join(TABLE)}, or local:PATH.gguf")
        if not is_there():
            raise failure(NO_ENGINE, MISSING_PACKAGE)
        if not installed(name):
            raise failure(
                NO_WEIGHTS,
                f"local/{name} is not installed: run `lambda-rlm models get {name}` ({weights.size // 1_000_000} MB), "
                "or use a provider's model, or an OpenAI-compatible server (--base-url)",
            )
        settings = EngineSettings(
            path(name), min(window or weights.window, weights.window), slots, threads or threads_by_load()
        )
        return cls(f"local/{name}", settings, takes_grammar=takes_grammar)

    @classmethod
    def from_file(
        cls, file: Path, *, window: int = 8192, slots: int = 2, threads: int | None = None, takes_grammar: bool = True
    ) -> LocalModel:
        """Any other GGUF file."""
        return cls(
            f"local:{file}", EngineSettings(file, window, slots, threads or threads_by_load()), takes_grammar=takes_grammar
        )

    @property
    def profile(self) -> ModelProfile:
        return self._profile

    def count_tokens(self, messages: tuple[Message, ...]) -> int:
        """Exact; loads the model. Of a text that cannot fit by far, the bytes: never less than the truth."""
        bound = utf8_bound(messages, self._profile)
        if bound > _BYTES_PER_TOKEN * self._settings.window:
            return bound
        running = engine(self._settings)
        return running.count(_rows(running.control.harmless_messages(messages)[0]))

    async def complete(self, request: CompletionRequest) -> Completion:
        held = constraint(request, is_small=self._is_small)
        body: dict[str, Any] = {
            "max_tokens": min(request.max_tokens, self._profile.max_output),
            "temperature": request.sampling.temperature,
            "top_p": request.sampling.top_p,
            "cache_prompt": True,
            **held.fields,
        }
        if request.sampling.seed is not None:
            body["seed"] = request.sampling.seed % 2**32
        reply, changed = await self._chat(request.messages, body)
        return self._completion(reply, as_it_was(held.reply(reply.text), changed))

    async def aclose(self) -> None:
        """Nothing: the engine is shared by the process and ends with it."""

    async def _chat(self, messages: tuple[Message, ...], body: dict[str, Any]) -> tuple[EngineReply, dict[str, str]]:
        """The reply, and which texts were changed in the prompt lest they are taken for control tokens."""
        if self._limiter is None:
            self._limiter = anyio.CapacityLimiter(self._settings.slots)
        unwanted = threading.Event()

        def ask() -> tuple[EngineReply, dict[str, str]]:
            running: Engine = engine(self._settings)
            sent, changed = running.control.harmless_messages(messages)
            return running.chat({"messages": _rows(sent), **body}, unwanted.is_set), changed

        try:
            return await anyio.to_thread.run_sync(ask, abandon_on_cancel=True, limiter=self._limiter)
        finally:
            unwanted.set()

    def _completion(self, reply: EngineReply, text: str) -> Completion:
        stop = _STOP.get(reply.finish_reason or "")
        if stop is None:
            raise failure(ENGINE_FAILED, f"{self._profile.name} stopped without a reply (finish reason {reply.finish_reason})")
        details = reply.usage.get("prompt_tokens_details") or {}
        sent, received = (reply.usage.get(f"{name}_tokens") for name in ("prompt", "completion"))
        usage = usage_of(self._profile, sent, received, details.get("cached_tokens"), reply.text)
        if not text and stop is StopReason.STOP:
            failed = failure(EMPTY_REPLY, f"{self._profile.name} returned an empty reply")
            failed.usage = usage
            raise failed
        return Completion(text, usage, stop, self._profile.name)


def _rows(messages: tuple[Message, ...]) -> list[dict[str, str]]:
    return [{"role": message.role, "content": message.content} for message in messages]
