"""The one vendor door: every provider that litellm knows, and any OpenAI-compatible server.

Owns how a request becomes a vendor's and a reply ours. litellm is imported inside the first call, in a thread (it takes two
seconds), told to fetch nothing, to log nothing, to report to nobody and to retry nothing: retries are `retry.Retrying`'s.
Promises: every exception is mapped to a `ModelFailure`; usage is the provider's; an unknown price is None; an error, an
empty reply or a refusal is never a text; no redirect is followed, no reply is inflated or read far beyond what was asked for,
and no certificate goes unchecked (`vendor_exchange`). A model that declines (`refusal`, or finish reason `content_filter`) has
replied:
the completion says `StopReason.REFUSAL`; a request that the provider itself blocked is the failure E0510.

Refuses to guess: a server that turned a JSON Schema or a grammar down is not asked with one again (`constraints`).
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import os
from collections.abc import Coroutine, Mapping
from dataclasses import replace
from functools import cache
from math import inf
from pathlib import Path
from typing import Any, Final

import anyio
import anyio.to_thread

from lambda_rlm.completion import Completion, CompletionRequest, Message, ModelProfile, Usage
from lambda_rlm.diagnostics.blot import blotted, cut
from lambda_rlm.diagnostics.faults import ModelFailure
from lambda_rlm.llm.failures import (
    BAD_REQUEST,
    KEY_REFUSED,
    MALFORMED_BODY,
    SERVER_FAILED,
    TIMED_OUT,
    UNKNOWN_MODEL,
    UNREACHABLE,
    failure,
    may_be_billed,
)
from lambda_rlm.llm.profiles import provider_profile, with_dialect
from lambda_rlm.llm.providers.constraints import (
    MAX_COMPLETION_TOKENS,
    ReplyForm,
    error_in,
    known_of,
    manner,
    told_in,
)
from lambda_rlm.llm.providers.contact.keys import MISSING_LITELLM, refuse_for_litellm
from lambda_rlm.llm.providers.dialects import Dialect
from lambda_rlm.llm.providers.exchange import Garbled, NoAddress, Unsendable, most_bytes, refuse_unsendable, without_user
from lambda_rlm.llm.providers.forms.openai_form import (
    Said,
    Unwrap,
    completion_in,
    judged,
    said_in,
    served_as,
    usage_of,
    with_thought,
)
from lambda_rlm.llm.providers.thinking import asked_thought
from lambda_rlm.llm.providers.trust import bundle
from lambda_rlm.llm.providers.vendor_errors import mapped, redirected
from lambda_rlm.llm.providers.vendor_exchange import Exchange
from lambda_rlm.llm.tokens import count, vocabulary
from lambda_rlm.llm.wrappers.model_options import UNSAID, ModelOptions, sampled

_NO_KEY_NEEDED: Final = "none"
_ANSWERED: Final = 200
_REJECTED: Final = 400
"""As which status a request counts that litellm itself rejected."""

_LONGEST: Final = 300
_GLANCE: Final = 0.01
"""Seconds between two looks at a thread that ends soon."""


class LitellmModel:
    """A `Model` by its litellm name. `timeout` is for one attempt, in seconds; `options` have temperature, headers and key."""

    def __init__(
        self,
        name: str,
        *,
        base_url: str | None = None,
        api_key: str | None = None,
        timeout: float = 120.0,
        profile: ModelProfile | None = None,
        dialect: Dialect | None = None,
        thinking: int | None = None,
        options: ModelOptions = UNSAID,
    ) -> None:
        self._name, self._options = name, options
        self._headers = options.sent_headers()
        self._thinking = thinking
        self._base_url = base_url
        self._api_key = api_key
        self._timeout = timeout
        self._profile = known = with_dialect(profile or provider_profile(name, base_url=base_url), dialect)
        self._constraints = known_of(name, base_url, dialect, options.headers or (), at="vendor")
        own = provider_profile(name)
        self._has_own_prices = (known.input_price, known.output_price) == (own.input_price, own.output_price)
        self._litellm: Any = None

    @property
    def profile(self) -> ModelProfile:
        return self._profile

    def count_tokens(self, messages: tuple[Message, ...]) -> int:
        return count(messages, self._profile, None if self._base_url else vocabulary(self._name))

    async def complete(self, request: CompletionRequest) -> Completion:
        self._refuse_unsendable()
        litellm = self._litellm = await anyio.to_thread.run_sync(_litellm, abandon_on_cancel=True)
        self._check_name(litellm)
        _OPEN.add(self)
        form = self._constraints.form(request)
        reply = await self._ask(request, form)
        try:
            completion = self._completion(reply, form.unwrap)
        except ModelFailure as failed:
            if isinstance(reply, bytes) and (told := error_in(reply)):
                raise self._constraints.judged(
                    failed, _ANSWERED, told, form, self._arguments(request), self._options.chosen
                ) from None
            raise
        return replace(completion, unconstrained=form.unconstrained) if form.unconstrained else completion

    async def aclose(self) -> None:
        """Closes litellm's connections when no other model of this kind may be using them. Idempotent."""
        _OPEN.discard(self)
        if self._litellm is not None and not _OPEN:
            litellm, self._litellm = self._litellm, None
            await litellm.close_litellm_async_clients()
            litellm.in_memory_llm_clients_cache.flush_cache()

    def _refuse_unsendable(self) -> None:
        refuse_for_litellm(self._name, self._headers, self._options.ca_bundle)
        try:
            refuse_unsendable(self._base_url, self._key())
        except Garbled as error:
            raise failure(UNREACHABLE, f"{self._name}: request not sent: {error}", is_final=True) from None
        except NoAddress as error:
            said = f"request not sent to {without_user(self._base_url or '')}: {error}"
            raise failure(UNREACHABLE, f"{self._name}: {said}", is_final=True) from None
        except Unsendable as error:
            raise failure(KEY_REFUSED, f"{self._name}: request not sent: {error}") from None

    def _check_name(self, litellm: Any) -> None:
        try:
            _, provider, key, _ = litellm.get_llm_provider(self._name, api_base=self._base_url, api_key=self._own_key())
        except Exception:  # noqa: BLE001 - what litellm raises for a name that it does not know differs between its versions
            raise failure(
                UNKNOWN_MODEL,
                f"unknown provider for the model {self._name!r}: write provider/model, e.g. openai/gpt-5-mini, or local/NAME",
            ) from None
        if self._own_key() is None and key is None and self._base_url is None:
            missing = litellm.validate_environment(self._name).get("missing_keys") or []
            if missing:
                raise failure(
                    KEY_REFUSED, f"{self._name} needs an API key: set {' and '.join(missing)}, or use local/NAME ({provider})"
                )

    async def _ask(self, request: CompletionRequest, form: ReplyForm) -> Any:
        """The server's reply, as bytes where litellm cannot read it; its error is a `ModelFailure`, a `ConstraintRefused` where
        the form may be the reason."""
        fields = {"extra_body": form.fields} if form.kind == "grammar" else form.fields
        arguments = self._arguments(request)
        exchange = Exchange(most_bytes(request.max_tokens + self._profile.thought(request.max_tokens)))
        try:
            with exchange, anyio.fail_after(self._timeout):
                reply = await _unhurried(_litellm().acompletion(**arguments, **fields))
        except TimeoutError:
            raise failure(TIMED_OUT, f"{self._name}: no reply within {self._timeout:g} seconds") from None
        except Exception as error:  # noqa: BLE001 - providers' errors have no common base; each becomes a `ModelFailure`
            if exchange.is_repeated and exchange.status is not None:
                raise self._rejected(exchange, form, arguments) from None
            refused = self._refused(exchange)
            if refused is None and exchange.status == _ANSWERED and exchange.body:
                return exchange.body
            failed = refused or mapped(error, self._name, self._base_url, self._key(), exchange.status)
            if failed.code == SERVER_FAILED and exchange.status == _ANSWERED:  # litellm failed, on what was answered
                failed = failure(MALFORMED_BODY, f"{self._name}: malformed response: not a chat completion")
            raise self._judged(failed, exchange, str(error), form, arguments) from None
        if reply is None and exchange.status is not None:
            raise self._rejected(exchange, form, arguments)
        return reply

    def _rejected(self, exchange: Exchange, form: ReplyForm, arguments: Mapping[str, Any]) -> ModelFailure:
        """The failure of a request on which litellm returned nothing, or which it would have sent again: status 422."""
        status, told = exchange.status or 0, told_in(exchange.said)
        shown = cut(blotted(" ".join(told.split()), self._key()), _LONGEST) or f"status {status}"
        message = f"{self._name}: the provider rejected the request ({shown})"
        failed = failure(BAD_REQUEST, message, is_billable=may_be_billed(status))
        return self._judged(failed, exchange, "", form, arguments)

    def _judged(
        self, failed: ModelFailure, exchange: Exchange, error: str, form: ReplyForm, arguments: Mapping[str, Any]
    ) -> ModelFailure:
        """The failure, as one of the form where that may be the reason. What the server said counts, else the words of litellm,
        which refuses some parameters by itself."""
        told, status = told_in(exchange.said) or told_in(error.encode()), exchange.status
        if status is None and failed.code != BAD_REQUEST:
            return failed
        return self._constraints.judged(failed, status or _REJECTED, told, form, arguments, self._options.chosen)

    def _refused(self, exchange: Exchange) -> ModelFailure | None:
        """The failure of an answer that was not followed or not read."""
        if exchange.redirected is not None:
            return redirected(self._name, exchange.redirected)
        if exchange.unreadable is not None:
            return failure(MALFORMED_BODY, f"{self._name}: malformed response: {exchange.unreadable}")
        return None

    def _arguments(self, request: CompletionRequest) -> dict[str, Any]:
        thought = self._profile.thought(request.max_tokens)
        arguments: dict[str, Any] = {
            "model": self._name,
            "messages": [{"role": message.role, "content": message.content} for message in request.messages],
            **self._parameters(request, thought),
            "timeout": self._timeout,
            "num_retries": 0,
            "max_retries": 0,
            "drop_params": True,
        }
        if self._base_url is not None:
            arguments["base_url"] = self._base_url
        if self._own_key() is not None or self._base_url is not None:
            arguments["api_key"] = self._key() or _NO_KEY_NEEDED
        if self._headers:
            arguments["extra_headers"] = dict(self._headers)
        return arguments

    def _parameters(self, request: CompletionRequest, thought: int) -> dict[str, Any]:
        """How the reply is drawn, how long it may be and how much thought comes before it, as the provider takes it. What
        litellm might leave out without a word is named to it, where that matters."""
        sampling = sampled(request.sampling, self._options.temperature)
        wanted = manner(request.max_tokens + thought, sampling)
        if self._profile.reasoning_tokens or self._thinking is not None:
            wanted.update(asked_thought(self._name, thought))
        chosen = ("temperature",) if sampling is not request.sampling else ()
        parameters = self._constraints.parameters(wanted, chosen)
        kept = [name for name in (*chosen, MAX_COMPLETION_TOKENS) if name in parameters]
        return {**parameters, "allowed_openai_params": kept} if kept else parameters

    def _completion(self, reply: Any, unwrap: Unwrap) -> Completion:
        if isinstance(reply, bytes):
            return completion_in(reply, self._name, self._profile, unwrap, self._key())
        try:
            said = _said_in(reply.choices[0])
        except (AttributeError, IndexError, TypeError, ValueError):
            raise failure(MALFORMED_BODY, f"{self._name}: malformed response: not a chat completion") from None
        served = served_as(getattr(reply, "model", None), getattr(reply, "system_fingerprint", None))
        usage = self._usage(reply, said.text or said.thinks)
        return replace(judged(self._name, said, usage, unwrap, self._key()), served=served)

    def _own_key(self) -> str | None:
        """The key that was given for this model."""
        return self._api_key or self._options.key(self._name)

    def _key(self) -> str | None:
        """The key that is sent, where it is known here; litellm takes others from the environment, which is secret too."""
        return self._own_key() or (os.environ.get("OPENAI_API_KEY") if self._base_url is not None else None)

    def _usage(self, reply: Any, content: object) -> Usage:
        counts = getattr(reply, "usage", None)
        details = getattr(counts, "prompt_tokens_details", None)
        sent, received = (getattr(counts, f"{name}_tokens", None) for name in ("prompt", "completion"))
        received = with_thought(sent, received, getattr(counts, "total_tokens", None))
        usage = usage_of(self._profile, sent, received, getattr(details, "cached_tokens", None), content)
        return usage if usage.is_estimated else replace(usage, cost=self._cost(usage))

    def _cost(self, usage: Usage) -> float | None:
        """What litellm's table says of these counts, with the discount for what was cached, and of nothing else in the reply: a
        server may name a cheaper model or tier than was asked for. Never more than at the profile's prices; at these alone
        where they are not the table's."""
        if usage.cost is None or not self._has_own_prices:
            return usage.cost
        counts = {"prompt_tokens": usage.input_tokens, "completion_tokens": usage.output_tokens}
        details = {"cached_tokens": usage.cached_tokens}
        try:
            counted = _litellm().Usage(**counts, total_tokens=sum(counts.values()), prompt_tokens_details=details)
            reply = _litellm().ModelResponse(model=self._name, usage=counted)
            cost = float(_litellm().completion_cost(reply, model=self._name))
        except Exception:  # noqa: BLE001 - it raises whatever its tables of prices lead to
            return usage.cost
        return min(cost, usage.cost) if 0 <= cost < inf else usage.cost


_OPEN: Final[set[LitellmModel]] = set()
"""The models that have asked and are not closed: litellm's connections are theirs together."""


def _said_in(choice: Any) -> Said:
    """What a choice says. litellm makes "stop" of a finish reason that it does not know, and keeps it beside."""
    beside = getattr(choice, "provider_specific_fields", None) or {}
    message = choice.message.model_dump()
    refusal = message.get("refusal") or (choice.message.provider_specific_fields or {}).get("refusal")
    finish = beside.get("native_finish_reason") or choice.finish_reason
    return said_in({**message, "refusal": refusal}, finish, getattr(choice, "native_finish_reason", None))


async def _unhurried(call: Coroutine[Any, Any, Any]) -> Any:
    """Await a call of litellm. It makes the coroutine that asks in a thread: who is cancelled in that moment waits until the
    coroutine is there, so that it is closed with the call and not dropped with a warning on standard error."""
    task = asyncio.ensure_future(call)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        with anyio.CancelScope(shield=True):
            while _is_in_a_thread(task):
                await asyncio.wait((task,), timeout=_GLANCE)
            task.cancel()
            await asyncio.wait((task,))
        if not task.cancelled():
            task.exception()  # nobody asks for it any more
        raise


def _is_in_a_thread(task: asyncio.Task[Any]) -> bool:
    """The innermost coroutine is `litellm.acompletion` itself, which waits for a thread and for nothing of its own."""
    inner: Any = task.get_coro()
    while inspect.iscoroutine(below := inner.cr_await):
        inner = below
    code = inner.cr_code
    return inner.cr_await is not None and code.co_name == "acompletion" and Path(code.co_filename).name == "main.py"


@cache
def _litellm() -> Any:
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    os.environ["LITELLM_MODE"] = "PRODUCTION"  # any other mode loads a `.env`, which may be that of a stranger's folder
    logging.getLogger("LiteLLM").setLevel(logging.CRITICAL)
    if (authorities := bundle()) is not None:  # litellm heeds this variable alone
        os.environ["SSL_CERT_FILE"] = authorities
    try:
        import litellm
    except ModuleNotFoundError as error:
        if error.name != "litellm":
            raise
        raise failure(UNKNOWN_MODEL, f"this model {MISSING_LITELLM}") from None

    litellm.telemetry = False
    litellm.suppress_debug_info = True
    litellm.set_verbose = False
    litellm.turn_off_message_logging = True
    litellm.disable_aiohttp_transport = True
    litellm.drop_params = True
    litellm.callbacks, litellm.input_callback, litellm.service_callback = [], [], []
    litellm.success_callback, litellm.failure_callback = [], []
    return litellm
