"""Asking a server what costs nothing: whether it is there, takes the key, knows the model, and what it serves.

Owns `inquire`, for servers in the OpenAI form, and `inquire_model`, for providers that tell of one model. Promises that no
model is asked, so that nothing is billed; that a server which is silent, slow, or knows no such question is no error; and that
what is an error is certain and says what to do: nobody listens, the key is refused, the address is that of no API, the model is
not served. Follows no redirect. Whatever else goes wrong is left to the first call, which tells it better.
"""

from __future__ import annotations

import asyncio
import difflib
import json
from collections.abc import Mapping
from dataclasses import field, replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from lambda_rlm.data_class import dataclass
from lambda_rlm.diagnostics.blot import blotted, cut
from lambda_rlm.diagnostics.faults import ModelFailure
from lambda_rlm.llm.failures import KEY_REFUSED, UNKNOWN_MODEL, UNREACHABLE, failure
from lambda_rlm.llm.providers.contact.served import (
    Served,
    loaded_in_lm_studio,
    models_in,
    parsed,
    running_in_ollama,
    shown,
    shown_by_ollama,
    window_in_props,
)
from lambda_rlm.llm.providers.exchange import (
    Answer,
    Garbled,
    Lost,
    NoScheme,
    NotConnected,
    Unreachable,
    UnreadableResponse,
    Unsendable,
    Untrusted,
    destination,
    without_user,
)
from lambda_rlm.llm.providers.servers import plain
from lambda_rlm.llm.providers.via_proxy import carrier

if TYPE_CHECKING:
    from lambda_rlm.llm.providers.contact.keys import Access

SECONDS: Final = 2.0
"""How long a server is waited for, all its answers together."""

NO_KEY: Final = "none"
_MOST_BYTES: Final = 8 * 1024**2
_COMPLETIONS: Final = "/chat/completions"
_VERSION: Final = "/v1"
_KEY_WORDS: Final = ("key", "token", "credential", "authenticat", "unauthor")
_NOT_ABOUT_THE_KEY: Final = ("scope", "permission", "not allowed", "forbidden for", "route")
"""What a server says that takes the key, but not for this question."""
_NO_TLS: Final = "WRONG_VERSION_NUMBER"
_INVALID_KEY: Final = "api key not valid"
_SAID: Final = 300


@dataclass(frozen=True, slots=True)
class Manner:
    """How a server is asked. `header` is the provider's own for its key (None: `Authorization`), `more` are headers of the
    user, `authorities` the file of those whose certificates are trusted, `keys` where to look when the key is refused."""

    header: str | None = None
    more: Mapping[str, str] = field(default_factory=dict, repr=False)
    authorities: str | None = None
    keys: str = ""


PLAIN: Final = Manner()


class Visit:
    """One server, asked a few questions in one event loop. `name` is the model, as messages have it, empty for none yet."""

    def __init__(self, base_url: str, key: str | None, name: str, manner: Manner = PLAIN) -> None:
        self.base_url = base_url.rstrip("/")
        self.name, self.key, self.manner = name, key, manner
        self.about = _about(name)
        to = destination(self.base_url, key or NO_KEY)
        self._opening, _, self._query = to.target.rpartition(_COMPLETIONS)
        keyed = to.keyed if manner.header is None else _keyed(manner.header, key or "")
        self._to = replace(to, keyed=keyed, more=manner.more, authorities=manner.authorities)

    async def ask(self, path: str, method: str = "GET", body: bytes = b"") -> Answer:
        """The answer at a path after the base URL; raises what `Carrier.post` does."""
        return await self._asked(f"{self._opening}{path}{self._query}", method, body)

    async def ask_root(self, path: str, method: str = "GET", body: bytes = b"") -> Any:
        """What a server says in JSON at an address of its own, outside of the OpenAI form; None for nothing that can be
        read."""
        try:
            answer = await self._asked(f"{self._opening.removesuffix(_VERSION)}{path}{self._query}", method, body)
        except (Unreachable, Lost, UnreadableResponse, TimeoutError):
            return None
        return parsed(answer.body) if answer.status == 200 else None

    def beside(self) -> str | None:
        """The base URL that was meant, perhaps: without the path of completions, or with `/v1`; None where this one has
        that."""
        base, mark, query = self.base_url.partition("?")
        if base.endswith(_COMPLETIONS):
            return f"{base.removesuffix(_COMPLETIONS)}{mark}{query}"
        return None if base.endswith(_VERSION) else f"{base}{_VERSION}{mark}{query}"

    def said(self, text: str) -> str:
        """A text of the server or the system, without keys, cut."""
        return cut(blotted(text, self.key), _SAID)

    async def _asked(self, target: str, method: str, body: bytes) -> Answer:
        to = replace(self._to, target=target, method=method)
        pool = carrier(to, SECONDS)
        try:
            return await pool.post(body, _MOST_BYTES)
        finally:
            await pool.aclose()


def _keyed(header: str, key: str) -> dict[str, str]:
    """The headers of a key where a provider has one of its own for it."""
    return {header: key, **({"anthropic-version": "2023-06-01"} if header == "x-api-key" else {})}


async def inquire(base_url: str, key: str | None, name: str, wanted: str | None, manner: Manner = PLAIN) -> Served | None:
    """What a server in the OpenAI form serves, None where it does not say. `name` is the model in messages, `wanted` its name
    at the server (None: none is named yet). Raises `ModelFailure` for what is certain to fail."""
    visit = _visit(base_url, key, name, manner)
    answer = await _greeted(visit, "/models")
    if answer is None:
        return None
    _refuse_key(visit, answer)
    reply = parsed(answer.body)
    if answer.status == 404 or (answer.status == 200 and reply is None):
        await _refuse_address(visit, answer)
        return None
    served = models_in(reply) if answer.status == 200 else None
    if served is None:
        return None
    served = await _looked_closer(visit, served, wanted)
    if wanted is not None and served.refuses(wanted):
        raise failure(
            UNKNOWN_MODEL, f"{_about(name)}{without_user(plain(base_url))} does not serve this model{near(wanted, served)}"
        )
    return served


async def inquire_model(access: Access, key: str | None, name: str, bare: str, manner: Manner = PLAIN) -> None:
    """Ask a provider about one of its models, or for the list of them where it tells of none. Raises `ModelFailure` for a key
    that is refused, a model that the provider does not know, and a provider that cannot be reached."""
    assert access.base is not None
    keys = manner.keys or " or ".join(access.variables[:2])
    visit = _visit(access.base, key, name, replace(manner, header=access.header, keys=keys))
    tells = access.greeting == "model"
    answer = await _greeted(visit, f"/models/{quote(bare, safe=':')}" if tells else "/models")
    if answer is None:
        return
    _refuse_key(visit, answer)
    if tells and answer.status == 404 and isinstance(parsed(answer.body), dict):
        raise failure(
            UNKNOWN_MODEL, f"{name}: unknown model ({visit.said(_words(answer))}); check its name and that your key may use it"
        )


async def inquire_presence(base_url: str, key: str | None, name: str, manner: Manner = PLAIN) -> None:
    """Whether anybody is at the address of a server that may know no question but its own. Raises `ModelFailure` where nobody
    is."""
    await _greeted(_visit(base_url, key, name, manner), "/models")


def _about(name: str) -> str:
    """How a message about a model begins."""
    return f"{name}: " if name else ""


def near(wanted: str, served: Served) -> str:
    """What a server serves instead, as the end of a message: the nearest name and the first ones."""
    close = difflib.get_close_matches(wanted, [model.name for model in served.models], n=1)
    hint = f"; did you mean {close[0]}?" if close else ""
    return f"{hint} (it serves {shown(served)})" if served.models else "; it serves none"


def _visit(base_url: str, key: str | None, name: str, manner: Manner) -> Visit:
    try:
        return Visit(base_url, key, name, manner)
    except Unsendable as error:
        raise failure(KEY_REFUSED, f"{_about(name)}request not sent: {error}") from None
    except Garbled as error:
        raise failure(UNREACHABLE, f"{_about(name)}request not sent: {error}", is_final=True) from None
    except NoScheme:
        hint = "" if "://" in base_url else f", e.g. http://{without_user('//' + base_url)[2:]}"
        message = f"{_about(name)}the base URL must begin with http:// or https://{hint}"
        raise failure(UNREACHABLE, message, is_final=True) from None
    except Unreachable as error:
        raise _nobody(name, without_user(base_url), str(error)) from None


async def _greeted(visit: Visit, path: str) -> Answer | None:
    """The first answer of a server; None where there is none that tells anything. Raises `ModelFailure` where nobody is
    there."""
    from lambda_rlm.llm.providers.vendor_errors import untrusted

    try:
        return await visit.ask(path)
    except Untrusted as error:
        raise untrusted(visit.name, visit.base_url, visit.said(str(error))) from None
    except Unreachable as error:
        if _NO_TLS in str(error):
            plainly = without_user(visit.base_url).replace("https://", "http://", 1)
            message = f"{visit.about}what answers at {without_user(visit.base_url)} does not speak TLS; did you mean {plainly}?"
            raise failure(UNREACHABLE, message, is_final=True) from None
        raise _nobody(visit.name, without_user(visit.base_url), visit.said(str(error))) from None
    except UnreadableResponse as error:
        if str(error) != "not HTTP/1.1":
            return None
        where = without_user(visit.base_url)
        message = f"{visit.about}what answers at {where} does not speak HTTP; check the port, and http or https"
        raise failure(UNREACHABLE, message, is_final=True) from None
    except (NotConnected, TimeoutError, Lost):
        return None


def _nobody(name: str, where: str, why: str) -> ModelFailure:
    message = f"{_about(name)}cannot connect to {where}; check the URL and that the server is running ({why})"
    return failure(UNREACHABLE, message, is_final=True)


def _refuse_key(visit: Visit, answer: Answer) -> None:
    """Raises `ModelFailure` where an answer says that the key is refused; one that may be good for calls passes."""
    words = _words(answer)
    lower = words.lower()
    if answer.status == 400 and _INVALID_KEY in lower:
        is_refused = True
    elif answer.status == 403:  # else somebody may have closed this one address
        is_refused = parsed(answer.body) is not None and any(word in lower for word in _KEY_WORDS)
    else:
        is_refused = answer.status == 401
    if not is_refused or any(word in lower for word in _NOT_ABOUT_THE_KEY):
        return
    where = without_user(visit.base_url)
    told = f" ({visit.said(words)})" if words else ""
    if visit.key or visit.manner.keys:
        said = f"the API key was rejected at {where}{told}; check {visit.manner.keys or 'OPENAI_API_KEY'}"
    else:
        said = f"{where} needs an API key, and none is set{told}; set {visit.manner.keys or 'OPENAI_API_KEY'}"
    raise failure(KEY_REFUSED, f"{visit.about}{said}")


async def _refuse_address(visit: Visit, answer: Answer) -> None:
    """Raises `ModelFailure` where the address is that of no API: where the one beside it is one, or where completions are not
    to be had at it either. They are asked for without model and messages, so that nothing can be made."""
    where, beside = without_user(visit.base_url), visit.beside()
    if beside is not None and await _is_api(visit, beside):
        said = f"{visit.about}{where} is no API (status {answer.status} at /models); did you mean {without_user(beside)}?"
        raise failure(UNREACHABLE, said, is_final=True)
    if parsed(answer.body) is not None:
        return
    try:
        again = await visit.ask(_COMPLETIONS, "POST", b"{}")
    except (Unreachable, Lost, UnreadableResponse, TimeoutError):
        return
    if again.status in (200, 404, 405) and parsed(again.body) is None:
        kind = "a web page" if b"<" in again.body[:200] else "no API"
        hint = "" if beside is None else f"; did you mean {without_user(beside)}?"
        advice = hint or "; check the path of the base URL, which usually ends in /v1"
        said = f"{visit.about}{where} is {kind} (status {again.status} at {_COMPLETIONS}){advice}"
        raise failure(UNREACHABLE, said, is_final=True)


async def _is_api(visit: Visit, base_url: str) -> bool:
    """Whether a list of models is to be had below another base URL of the same server, or would be with a key."""
    try:
        answer = await Visit(base_url, visit.key, visit.name, visit.manner).ask("/models")
    except (Unreachable, Lost, UnreadableResponse, TimeoutError):
        return False
    return answer.status in (401, 403) or (answer.status == 200 and models_in(parsed(answer.body)) is not None)


async def _looked_closer(visit: Visit, served: Served, wanted: str | None) -> Served:
    """What is served, with the window of the model that is wanted, or of the only one, asked for where servers of its kind tell
    it."""
    if served.is_ollama:
        running = await visit.ask_root("/api/ps")
        served = replace(served, loaded=running_in_ollama(running))
        found = served.answering if wanted is None else served.find(wanted)
        if found is None:
            return served
        told = await visit.ask_root("/api/show", "POST", json.dumps({"model": found.name}).encode())
        return served.having(shown_by_ollama(told, running, found))
    found = served.answering if wanted is None else served.find(wanted)
    if found is not None and found.window is not None:
        return served
    props, listed = await asyncio.gather(visit.ask_root("/props"), visit.ask_root("/api/v0/models"))
    studio = loaded_in_lm_studio(listed)
    if studio is not None:
        return studio
    window = window_in_props(props)
    if window is None or len(served.models) != 1:
        return served
    return served.having(replace(served.models[0], window=window))


def _words(answer: Answer) -> str:
    """What an error reply says, in one line; nothing of a page."""
    reply = parsed(answer.body)
    error = reply.get("error", reply) if isinstance(reply, dict) else reply[0].get("error") if _is_rows(reply) else None
    told = error.get("message") or error.get("detail") if isinstance(error, dict) else error
    return " ".join(str(told).split()) if isinstance(told, str) else ""


def _is_rows(reply: Any) -> bool:
    return isinstance(reply, list) and bool(reply) and isinstance(reply[0], dict)
