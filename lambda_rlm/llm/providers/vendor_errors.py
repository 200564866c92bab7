"""Vendors' exceptions and error replies, turned into model failures: the customs of the vendor doors.

Owns the map from what litellm, openai and httpx raise to the codes of this room. Promises that no key appears in a message:
the given one, every environment variable that looks like one, and whatever has the form of one are blotted out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from lambda_rlm.diagnostics.blot import blotted, cut
from lambda_rlm.diagnostics.faults import ModelFailure
from lambda_rlm.llm import failures
from lambda_rlm.llm.providers.exchange import without_user
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
    ("prompt is too long", failures.PROMPT_TOO_LONG),
    ("exceed context limit", failures.PROMPT_TOO_LONG),
    ("exceeds the maximum number of tokens", failures.PROMPT_TOO_LONG),
    ("api key not valid", failures.KEY_REFUSED),
    ("api_key_invalid", failures.KEY_REFUSED),
    ("credit balance is too low", failures.KEY_REFUSED),
    ("content management policy", failures.REFUSED),
    ("content policy", failures.REFUSED),
    ("content_policy_violation", failures.REFUSED),
    ("empty or invalid response from llm endpoint", failures.MALFORMED_BODY),
    ("provider returned 'choices'", failures.MALFORMED_BODY),
    ("invalid response object", failures.MALFORMED_BODY),
)
"""What litellm or a provider says where the exception's class does not tell."""
_BY_KIND: Final = (
    ("overloaded", 529),
    ("rate_limit", 429),
    ("resource_exhausted", 429),
    ("authentication", 401),
    ("permission", 403),
    ("not_found", 404),
    ("too_large", 413),
    ("timeout", 408),
    ("invalid", 400),
    ("badrequest", 400),
)
"""The status of an error by what its type has in it."""
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
_CONSTRAINTS: Final = ("response_format", "json_schema", "schema", "output_config", "output_format")
_LONGEST: Final = 300
_UNTRUSTED: Final = "CERTIFICATE_VERIFY_FAILED"
_TRACEBACK: Final = "Traceback (most recent call last)"
_LONGEST_BODY: Final = 20_000
_STREAM: Final = re.compile(r"\bstream(?:ing|ed|s|_options)?\b|include_usage", re.IGNORECASE)
_DELAY: Final = re.compile(rb'"retryDelay"\s*:\s*"(\d{1,6}(?:\.\d{1,9})?)s"')
_PREFIXES: Final = re.compile(r"^(?:(?:litellm\.)?\w*(?:Error|Timeout|Exception)\s*[:-]\s*)+")


def mapped(
    error: Exception, model: str, base_url: str | None, api_key: str | None = None, status: int | None = None
) -> ModelFailure:
    """The failure that a vendor's exception stands for; `status` is that of the answer, None where there was none."""
    code = _code(error)
    untrustworthy = next((link for link in reversed(tuple(_chain(error))) if _UNTRUSTED in str(link)), None)
    if untrustworthy is not None:
        return untrusted(
            model, base_url, blotted(str(getattr(untrustworthy, "verify_message", None) or untrustworthy), api_key)
        )
    if code == failures.UNREACHABLE:
        where = without_user(base_url) if base_url else "its provider"
        message = f"{model}: cannot connect to {where}; check the URL and that the server is running"
    else:
        message = f"{model}: {_SAID[code]} ({cut(blotted(_words(error), api_key), _LONGEST)})"
    is_billable = None if status is None else failures.may_be_billed(status)
    return failures.failure(code, message, retry_after=_retry_after(error), is_billable=is_billable)


def untrusted(model: str, base_url: str | None, why: str) -> ModelFailure:
    """The failure where a server's certificate is not trusted: nothing was sent to it, and nothing will be."""
    where = without_user(base_url) if base_url else "its provider"
    message = f"{model}: the TLS certificate of {where} is not trusted ({cut(why, _LONGEST)}); {ADVICE}"
    return failures.failure(failures.UNREACHABLE, message, is_final=True)


@dataclass(frozen=True, slots=True)
class TurnedDown:
    """A request that a server answered with an error; `is_about_schema` says that it does not take a JSON Schema."""

    failure: ModelFailure
    is_about_schema: bool


def turned_down(status: int, body: bytes, headers: Mapping[str, str], model: str, api_key: str | None = None) -> TurnedDown:
    """What a server's error reply stands for."""
    said = _said(body)
    lower = said.lower()
    code = next((code for words, code in _BY_WORDS if words in lower), None) or _BY_STATUS.get(status, failures.SERVER_FAILED)
    if 300 <= status < 400:
        return TurnedDown(redirected(model, status), is_about_schema=False)
    shown = cut(blotted(said, api_key), _LONGEST) or f"status {status}"
    failed = failures.failure(
        code,
        f"{model}: {_SAID[code]} ({shown})",
        retry_after=_seconds(headers.get("retry-after") or _delay_in(body)),
        is_billable=failures.may_be_billed(status),
    )
    return TurnedDown(failed, code == failures.BAD_REQUEST and any(word in lower for word in _CONSTRAINTS))


def refuses_stream(status: int, body: bytes) -> bool:
    """Whether a server turned a request down because it was to be streamed, or counted in the stream."""
    return status in (400, 404, 405, 415, 422, 501) and _STREAM.search(_said(body)) is not None


def broken_off(error: object, model: str, api_key: str | None = None) -> ModelFailure:
    """The failure where a stream ended with an error. What was written until then may be billed."""
    code = _status_of(error)
    body = json.dumps({"error": error}).encode()
    failed = turned_down(code, body, {}, model, api_key).failure
    return failures.failure(failed.code, failed.message, retry_after=failed.retry_after, is_billable=True)


def _status_of(error: object) -> int:
    """The status that an error would have had before the stream began."""
    if not isinstance(error, Mapping):
        return 500
    said = [error.get(name) for name in ("code", "status", "status_code", "type")]
    for told in said:
        if isinstance(told, int | str) and str(told).isdigit() and 400 <= int(told) < 600:
            return int(told)
    return next((status for told in said if isinstance(told, str) for kind, status in _BY_KIND if kind in told.lower()), 500)


def redirected(model: str, status: int) -> ModelFailure:
    """The failure where a server leads elsewhere: neither key nor prompt go there."""
    said = f"{_SAID[failures.BAD_REQUEST]} (unexpected redirect to another URL, status {status})"
    return failures.failure(failures.BAD_REQUEST, f"{model}: {said}")


def _said(body: bytes) -> str:
    """What a server says in an error reply, in one line; of a longer one, its beginning without half a word, which could be
    half a key."""
    text = body[:_LONGEST_BODY].decode("utf-8", "replace")
    try:
        told = json.loads(text)
        if isinstance(told, list) and len(told) == 1:  # as Google wraps it
            told = told[0]
        error = told.get("error", told) if isinstance(told, dict) else told
        text = str(error.get("message", error) if isinstance(error, dict) else error)
    except (ValueError, RecursionError):
        pass
    words = text.split()
    return " ".join(words[:-1] if len(body) > _LONGEST_BODY else words)


def mentions_constraint(error: Exception) -> bool:
    """Whether a refused request was refused because it asked for a JSON Schema."""
    text = str(error).lower()
    return _code(error) == failures.BAD_REQUEST and any(word in text for word in _CONSTRAINTS)


def _code(error: Exception) -> str:
    chain = tuple(_chain(error))
    names = [kind.__name__ for link in chain for kind in type(link).__mro__]
    if any(name in names for name in _NOBODY_THERE):
        return failures.UNREACHABLE
    own = [kind.__name__ for kind in type(error).__mro__]
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
