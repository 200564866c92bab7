"""Vendors' exceptions and error replies, turned into model failures: the customs of the vendor doors.

Owns the map from what litellm, openai and httpx raise to the codes of this room. Promises that no key appears in a message:
the given one, every environment variable that looks like one, and whatever has the form of one are blotted out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from lambda_rlm.data_class import dataclass
from lambda_rlm.diagnostics.blot import blotted, cut
from lambda_rlm.diagnostics.faults import ModelFailure
from lambda_rlm.diagnostics.visible import visible_line
from lambda_rlm.late_pattern import late_pattern
from lambda_rlm.llm import failures
from lambda_rlm.llm.providers.exchange import without_user
from lambda_rlm.llm.providers.servers import plain
from lambda_rlm.llm.providers.trust import ADVICE

_BY_NAME: Final = {
    "AuthenticationError": failures.KEY_REFUSED,
    "PermissionDeniedError": failures.KEY_REFUSED,
    "PaymentRequiredError": failures.KEY_REFUSED,
    "NotFoundError": failures.UNKNOWN_MODEL,
    "LiteLLMUnknownProvider": failures.UNKNOWN_MODEL,
    "ContextWindowExceededError": failures.PROMPT_TOO_LONG,
    "ContentPolicyViolationError": failures.REFUSED,
    "RejectedRequestError": failures.REFUSED,
    "RateLimitError": failures.RATE_LIMITED,
    "Timeout": failures.TIMED_OUT,
    "APITimeoutError": failures.TIMED_OUT,
    "APIResponseValidationError": failures.MALFORMED_BODY,
    "JSONDecodeError": failures.MALFORMED_BODY,
    "UnsupportedParamsError": failures.BAD_REQUEST,
}
_BY_STATUS: Final = {
    400: failures.BAD_REQUEST,
    401: failures.KEY_REFUSED,
    402: failures.KEY_REFUSED,
    403: failures.KEY_REFUSED,
    404: failures.UNKNOWN_MODEL,
    408: failures.TIMED_OUT,
    409: failures.SERVER_FAILED,
    413: failures.PROMPT_TOO_LONG,
    422: failures.BAD_REQUEST,
    429: failures.RATE_LIMITED,
}
_BY_WORDS: Final = (
    ("maximum context length", failures.PROMPT_TOO_LONG),
    ("context_length_exceeded", failures.PROMPT_TOO_LONG),
    ("exceed_context_size", failures.PROMPT_TOO_LONG),
    ("available context size", failures.PROMPT_TOO_LONG),
    ("context size has been exceeded", failures.PROMPT_TOO_LONG),
    ("greater than the context length", failures.PROMPT_TOO_LONG),
    ("longer than the model's context length", failures.PROMPT_TOO_LONG),
    ("maximum prompt length", failures.PROMPT_TOO_LONG),
    ("maximum allowed input length", failures.PROMPT_TOO_LONG),
    ("reduce the length of the messages", failures.PROMPT_TOO_LONG),
    ("exceeds the context window", failures.PROMPT_TOO_LONG),
    ("context window exceeds limit", failures.PROMPT_TOO_LONG),
    ("prompt is too long", failures.PROMPT_TOO_LONG),
    ("input is too long", failures.PROMPT_TOO_LONG),
    ("`inputs` tokens + `max_new_tokens` must be", failures.PROMPT_TOO_LONG),
    ("`inputs` must have less than", failures.PROMPT_TOO_LONG),
    ("exceed context limit", failures.PROMPT_TOO_LONG),
    ("exceeds the maximum number of tokens", failures.PROMPT_TOO_LONG),
    ("api key not valid", failures.KEY_REFUSED),
    ("api_key_invalid", failures.KEY_REFUSED),
    ("content management policy", failures.REFUSED),
    ("content policy", failures.REFUSED),
    ("content_policy_violation", failures.REFUSED),
    ("empty or invalid response from llm endpoint", failures.MALFORMED_BODY),
    ("provider returned 'choices'", failures.MALFORMED_BODY),
    ("invalid response object", failures.MALFORMED_BODY),
)
"""What litellm or a provider says where the exception's class does not tell: OpenAI, llama.cpp, LM Studio, SGLang, Together,
xAI, Groq, MiniMax, Anthropic, Bedrock, TGI."""
_BY_TYPE: Final = (
    ("rate_limit", failures.RATE_LIMITED),
    ("rate limit", failures.RATE_LIMITED),
    ("too_many_requests", failures.RATE_LIMITED),
    ("too many requests", failures.RATE_LIMITED),
    ("resource_exhausted", failures.RATE_LIMITED),
    ("throttling", failures.RATE_LIMITED),
    ("authentication", failures.KEY_REFUSED),
    ("unauthenticated", failures.KEY_REFUSED),
    ("permission", failures.KEY_REFUSED),
    ("invalid_api_key", failures.KEY_REFUSED),
    ("invalidapikey", failures.KEY_REFUSED),
    ("model_not_found", failures.UNKNOWN_MODEL),
    ("modelnotfound", failures.UNKNOWN_MODEL),
    ("content_filter", failures.REFUSED),
    ("timeout", failures.TIMED_OUT),
    ("timed out", failures.TIMED_OUT),
    ("deadline_exceeded", failures.TIMED_OUT),
    ("overloaded", failures.SERVER_FAILED),
    ("unavailable", failures.SERVER_FAILED),
    ("not_found", failures.UNKNOWN_MODEL),
    ("invalid_request", failures.BAD_REQUEST),
    ("invalid_argument", failures.BAD_REQUEST),
    ("badrequest", failures.BAD_REQUEST),
    ("validation", failures.BAD_REQUEST),
)
"""Types of errors where there is no status: of OpenAI, Anthropic, Gemini, DashScope, vLLM and TGI."""
_SPENT: Final = (
    *("insufficient_quota", "insufficient credit", "insufficient balance", "insufficient_balance", "insufficient funds"),
    *(
        "out of credit",
        "not enough credit",
        "requires more credits",
        "credit balance is too low",
        "exceeded_current_quota_error",
    ),
    *("billing_hard_limit", "billing_not_active", "payment required", "payment_required", "arrearage", "余额不足", "欠费"),
)
"""The account has nothing left: whoever asks again is told so again."""
_NO_CREDIT: Final = "the account has no credit or quota left"
_PAYMENT_REQUIRED: Final = 402
_TOO_LARGE: Final = 413
_STATUSES: Final = range(400, 600)
_WHERE_STATUS: Final = ("code", "status", "status_code", "statusCode", "http_code", "error_code", "http_status")
_WHERE_WORDS: Final = ("message", "msg", "error_msg", "error_message", "status_msg", "detail", "raw", "error")
_WHERE_MORE: Final = ("metadata", "base_resp", "error")
_IN_TIME: Final = late_pattern(
    r"(?:try again|retry)(?:ing)? (?:in|after) (?:(\d{1,6})m)?(\d{1,6}(?:\.\d{1,6})?)s", re.IGNORECASE
)
"""When OpenAI, Groq and Gemini want to be asked again, in words."""
_NOBODY_THERE: Final = (
    "ConnectError",
    "ConnectTimeout",
    "gaierror",
    "ConnectionRefusedError",
    "UnsupportedProtocol",
    "InvalidURL",
)
_LOST_ON_THE_WAY: Final = ("ReadError", "WriteError", "RemoteProtocolError", "ConnectionResetError", "BrokenPipeError")
_SAID: Final = {
    failures.KEY_REFUSED: "the API key is missing or was rejected",
    failures.UNKNOWN_MODEL: "unknown model",
    failures.PROMPT_TOO_LONG: "the prompt exceeds the context window",
    failures.REFUSED: "the provider refused to answer (content policy)",
    failures.RATE_LIMITED: "rate limit or quota exceeded",
    failures.TIMED_OUT: "request timed out",
    failures.MALFORMED_BODY: "malformed response",
    failures.BAD_REQUEST: "the provider rejected the request",
    failures.SERVER_FAILED: "server error at the provider",
    failures.CONNECTION_LOST: "the connection was lost",
}
_LONGEST: Final = 300
_UNTRUSTED: Final = "CERTIFICATE_VERIFY_FAILED"
_TRACEBACK: Final = "Traceback (most recent call last)"
_LONGEST_BODY: Final = 20_000
_STREAM: Final = late_pattern(r"\bstream(?:ing|ed|s|_options)?\b|include_usage", re.IGNORECASE)
_DELAY: Final = late_pattern(rb'"retryDelay"\s*:\s*"(\d{1,6}(?:\.\d{1,9})?)s"')
_PREFIXES: Final = late_pattern(r"^(?:(?:litellm\.)?\w*(?:Error|Timeout|Exception)\s*[:-]\s*)+")


def mapped(
    error: Exception, model: str, base_url: str | None, api_key: str | None = None, status: int | None = None
) -> ModelFailure:
    """The failure that a vendor's exception stands for; `status` is that of the answer, None where there was none."""
    code = failures.PROMPT_TOO_LONG if status == _TOO_LARGE else _code(error)
    untrustworthy = next((link for link in reversed(tuple(_chain(error))) if _UNTRUSTED in str(link)), None)
    if untrustworthy is not None:
        return untrusted(
            model, base_url, blotted(str(getattr(untrustworthy, "verify_message", None) or untrustworthy), api_key)
        )
    if code == failures.UNREACHABLE:
        where = without_user(base_url) if base_url else "its provider"
        message = f"{model}: cannot connect to {where}; check the URL and that the server is running"
    else:
        what = _NO_CREDIT if _has_spent(error) else _SAID[code]
        message = f"{model}: {what} ({cut(blotted(_words(error), api_key), _LONGEST)})"
    is_billable = None if status is None else failures.may_be_billed(status)
    return failures.failure(code, message, retry_after=_retry_after(error), is_billable=is_billable)


def untrusted(model: str, base_url: str | None, why: str) -> ModelFailure:
    """The failure where a server's certificate is not trusted: nothing was sent to it, and nothing will be."""
    where = without_user(base_url) if base_url else "its provider"
    message = f"{model}: the TLS certificate of {where} is not trusted ({cut(why, _LONGEST)}); {ADVICE}"
    return failures.failure(failures.UNREACHABLE, message, is_final=True)


def turned_down(status: int, body: bytes, headers: Mapping[str, str], model: str, api_key: str | None = None) -> ModelFailure:
    """What a server's error reply stands for."""
    if 300 <= status < 400:
        return redirected(model, status, headers.get("location", ""))
    delay = headers.get("retry-after") or _delay_in(body)
    return _turned_down(_Told.in_body(status, body), {} if delay is None else {"retry-after": delay}, model, api_key)


def failure_in(reply: object, headers: Mapping[str, str], model: str, api_key: str | None = None) -> ModelFailure | None:
    """The failure that a reply of status 200 tells instead of a completion, or beside a broken one; None where it tells none.
    OpenRouter, gateways and local servers send their errors so."""
    told = error_of(reply)
    return None if told is None else _turned_down(_Told.of(told), headers, model, api_key)


@dataclass(frozen=True, slots=True)
class _Told:
    """What a server tells of an error: its status, None where there is none, its words, and all that its kind can be known by,
    in lower case."""

    status: int | None
    words: str
    kinds: str

    @classmethod
    def of(cls, error: object) -> _Told:
        """An error that is part of a reply."""
        if not isinstance(error, Mapping):
            words = " ".join(str(error).split())
            return cls(None, words, words.lower())
        parts = [error, *(part for name in _WHERE_MORE if isinstance(part := error.get(name), Mapping))]
        if isinstance(several := error.get("errors"), list) and several and isinstance(several[0], Mapping):
            parts.append(several[0])
        codes = [part.get(name) for part in parts for name in _WHERE_STATUS]
        status = next((number for code in codes if (number := _status(code)) is not None), None)
        said = [part[name] for part in parts for name in _WHERE_WORDS if isinstance(part.get(name), str)]
        words = " ".join(str(said[0] if said else error).split())
        types = [part.get("type") for part in parts]
        return cls(status, words, " ".join(str(one) for one in (*said, *codes, *types) if one is not None).lower())

    @classmethod
    def in_body(cls, status: int, body: bytes) -> _Told:
        """An error that is a reply of its own, with its status."""
        text = body[:_LONGEST_BODY].decode("utf-8", "replace")
        try:
            reply = json.loads(text)
        except (ValueError, RecursionError):
            words = text.split()
            whole = words[:-1] if len(body) > _LONGEST_BODY else words  # half of a word may be half of a key
            return replace(cls.of(" ".join(whole)), status=status)
        if isinstance(reply, list) and len(reply) == 1:  # as Google wraps it
            reply = reply[0]
        return replace(cls.of(reply.get("error", reply) if isinstance(reply, dict) else reply), status=status)


def error_of(reply: object) -> object:
    """The error that a reply of status 200 tells, None where it tells none. Some servers send an empty one with every reply."""
    if not isinstance(reply, Mapping):
        return None
    error, choices = reply.get("error"), reply.get("choices")
    if _is_error(error):
        return error
    if isinstance(choices, list) and choices:
        error = choices[0].get("error") if isinstance(choices[0], Mapping) else None
        return error if _is_error(error) else None
    is_error = "error" in (reply.get("object"), reply.get("type"), reply.get("status"))
    has_words = any(reply.get(name) for name in ("detail", "errors", "error_msg", "error_message", "msg", "message"))
    failed = reply.get("base_resp")
    has_failed = isinstance(failed, Mapping) and bool(failed.get("status_code"))
    return reply if is_error or has_words or has_failed else None


def _is_error(error: object) -> bool:
    return any(error.values()) if isinstance(error, Mapping) else bool(error)


def _status(code: object) -> int | None:
    number = int(code) if isinstance(code, str) and code.isascii() and code.isdigit() and len(code) == len("500") else code
    return number if type(number) is int and number in _STATUSES else None


def _turned_down(told: _Told, headers: Mapping[str, str], model: str, api_key: str | None) -> ModelFailure:
    wait = _seconds(headers.get("retry-after"))
    wait = _wait_in(told.kinds) if wait is None else wait
    code, is_spent = _kind(told)
    shown = cut(blotted(told.words, api_key), _LONGEST) or f"status {told.status}"
    return failures.failure(
        code,
        f"{model}: {_NO_CREDIT if is_spent else _SAID[code]} ({shown})",
        retry_after=wait,
        is_billable=None if told.status is None else failures.may_be_billed(told.status),
    )


def _kind(told: _Told) -> tuple[str, bool]:
    """The code of an error, and whether the account has nothing left."""
    if told.status == _PAYMENT_REQUIRED or _is_spent(told.kinds):
        return failures.KEY_REFUSED, True
    by_words = next((code for words, code in _BY_WORDS if words in told.kinds), None)
    if by_words is None and told.status is not None:
        return _BY_STATUS.get(told.status, failures.SERVER_FAILED), False
    by_type = by_words or next((code for words, code in _BY_TYPE if words in told.kinds), None)
    return by_type or failures.SERVER_FAILED, False


def _is_spent(lower: str) -> bool:
    return any(words in lower for words in _SPENT)


def _wait_in(lower: str) -> float | None:
    """The seconds that an error asks for in words."""
    found = _IN_TIME.search(lower)
    return None if found is None else 60.0 * int(found[1] or 0) + float(found[2])


def refuses_stream(status: int, body: bytes) -> bool:
    """Whether a server turned a request down because it was to be streamed, or counted in the stream."""
    return status in (400, 404, 405, 415, 422, 501) and _STREAM.search(_Told.in_body(status, body).words) is not None


def broken_off(error: object, model: str, api_key: str | None = None) -> ModelFailure:
    """The failure where a stream ended with an error. What was written until then may be billed."""
    failed = _turned_down(_Told.of(error), {}, model, api_key)
    return failures.failure(failed.code, failed.message, retry_after=failed.retry_after, is_billable=True)


def redirected(model: str, status: int, to: str = "") -> ModelFailure:
    """The failure where a server leads elsewhere: neither key nor prompt go there."""
    where = cut(visible_line(plain(to)), _LONGEST) if to else "another URL"
    said = f"{_SAID[failures.BAD_REQUEST]} (unexpected redirect to {where}, status {status})"
    return failures.failure(failures.BAD_REQUEST, f"{model}: {said}; set the base URL to the address that answers")


def _code(error: Exception) -> str:
    chain = tuple(_chain(error))
    names = [kind.__name__ for link in chain for kind in type(link).__mro__]
    if any(name in names for name in _NOBODY_THERE):
        return failures.UNREACHABLE
    own = [kind.__name__ for kind in type(error).__mro__]
    if _has_spent(error):
        return failures.KEY_REFUSED
    if (found := next((_BY_NAME[name] for name in own if name in _BY_NAME), None)) is not None:
        return found
    if any(name in names for name in _LOST_ON_THE_WAY):
        return failures.CONNECTION_LOST
    if "JSONDecodeError" in names:
        return failures.MALFORMED_BODY
    said = str(error).lower()
    if (told := next((code for words, code in _BY_WORDS if words in said), None)) is not None:
        return told
    status = getattr(error, "status_code", None)
    return _BY_STATUS.get(status if isinstance(status, int) else 500, failures.SERVER_FAILED)


def _has_spent(error: Exception) -> bool:
    told = (f"{link} {getattr(link, 'body', '')}".lower() for link in _chain(error))
    return getattr(error, "status_code", None) == _PAYMENT_REQUIRED or any(map(_is_spent, told))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _words(error: Exception) -> str:
    """What the vendor said, in one line and without litellm's prefixes."""
    line = " ".join(str(getattr(error, "message", None) or error).split())
    return _PREFIXES.sub("", line.partition(_TRACEBACK)[0].rstrip())


def _retry_after(error: Exception) -> float | None:
    for link in _chain(error):
        headers = getattr(getattr(link, "response", None), "headers", None) or getattr(link, "litellm_response_headers", None)
        seconds = _seconds(headers.get("retry-after")) if headers is not None else None
        if seconds is not None:
            return seconds
    return None


def _delay_in(body: bytes) -> str | None:
    """The seconds after which Google says that it may be asked again, which it says in the error alone."""
    hit = _DELAY.search(body[:_LONGEST_BODY])
    return None if hit is None else hit[1].decode()


def _seconds(value: str | None) -> float | None:
    """The seconds that a Retry-After header asks for; None where it has none, or a date."""
    try:
        seconds = float(value) if value is not None else -1.0
    except ValueError:
        return None
    return seconds if 0 <= seconds < float("inf") else None
