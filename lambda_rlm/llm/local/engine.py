"""llama.cpp in this process, through xllamacpp: one server for each model file.

Owns the servers, their settings and their end. Promises that a request which is no longer wanted stops within one batch of
64 tokens (its callback says so; the engine is asked for progress while it reads the prompt, else it would be deaf until
then; small batches cost nothing on a processor), that the process ends cleanly (a server that still decodes when the
interpreter goes away is a segmentation fault), and that no number or text of the engine is invented here.

Refuses the outside: the engine listens on a loopback port, guarded by a random key; only token counts are asked there.
"""

from __future__ import annotations

import atexit
import http.client
import json
import os
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import field
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from lambda_rlm.data_class import dataclass
from lambda_rlm.llm.control_tokens import ControlTokens
from lambda_rlm.llm.failures import ENGINE_FAILED, NO_ENGINE, NO_WEIGHTS, PROMPT_TOO_LONG, failure
from lambda_rlm.llm.local.vocabulary import control_tokens
from lambda_rlm.private_file import open_regular

_BATCH: Final = 64
_LONGEST_END: Final = 20.0

MISSING_PACKAGE: Final = (
    "local models require the package xllamacpp: run `pip install 'lambda-rlm[local]'`, "
    "or use a provider's model, or an OpenAI-compatible server (--base-url)"
)


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """A model file and how it is run: `slots` requests at once, each with a window of `window` tokens."""

    path: Path
    window: int = 8192
    slots: int = 2
    threads: int = 1


@dataclass(slots=True)
class EngineReply:
    """What the engine said, as it came."""

    text: str = ""
    finish_reason: str | None = None
    usage: dict[str, Any] = field(default_factory=dict)
    error: dict[str, Any] | None = None


def threads_by_load(environ: Mapping[str, str] = os.environ) -> int:
    """`LAMBDA_RLM_THREADS`, else half of the cores, or up to four where they are idle.

    Threads that must share a core wait for each other at every layer: on two busy cores, two threads were five times
    slower than one.
    """
    asked = environ.get("LAMBDA_RLM_THREADS", "")
    if asked.isdecimal() and int(asked) > 0:
        return int(asked)
    cores = os.cpu_count() or 1
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else cores
    return max(1, cores // 2, min(cores - round(load), 4))


class Engine:
    """One model in memory; `control` are the texts that it takes for control tokens. `chat` and `count` may be called from any
    thread."""

    def __init__(self, settings: EngineSettings) -> None:
        self.settings = settings
        self._key = secrets.token_hex(16)
        self._idle = threading.Condition()
        self._busy = 0
        self._is_closing = False
        self._server = _serve(settings, self._key)
        self.control = _control(settings.path)
        self._address = str(self._server.listening_address).removeprefix("http://")

    def chat(self, body: Mapping[str, Any], is_unwanted: Callable[[], bool]) -> EngineReply:
        """A chat completion; blocks. Ends early, with what there is, once `is_unwanted` is true."""
        reply = EngineReply()
        pieces: list[str] = []

        def take(chunk: Any) -> bool:
            if isinstance(chunk, dict):
                _take(chunk, reply, pieces)
            return self._is_closing or is_unwanted()

        server = self._enter()
        try:
            streamed = {"stream": True, "stream_options": {"include_usage": True}, "return_progress": True}
            server.handle_chat_completions({**body, **streamed}, take)
        except Exception as error:
            raise failure(ENGINE_FAILED, f"the local model failed: {error}") from error
        finally:
            self._leave()
        if reply.error is not None:
            raise _failure(reply.error)
        reply.text = "".join(pieces)
        return reply

    def count(self, messages: list[dict[str, str]]) -> int:
        """The tokens of a prompt, chat template included, as the engine would count them."""
        connection = http.client.HTTPConnection(self._address, timeout=60)
        try:
            headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self._key}"}
            connection.request("POST", "/v1/chat/completions/input_tokens", json.dumps({"messages": messages}), headers)
            return int(json.loads(connection.getresponse().read())["input_tokens"])
        except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError) as error:
            raise failure(ENGINE_FAILED, f"the local model failed to count tokens: {error!r}") from error
        finally:
            connection.close()

    def close(self) -> None:
        """Stop what is running and free the model. Idempotent; later calls fail."""
        with self._idle:
            self._is_closing = True
            self._idle.wait_for(lambda: self._busy == 0, _LONGEST_END)
            self._server = None

    def _enter(self) -> Any:
        with self._idle:
            if self._is_closing:
                raise failure(ENGINE_FAILED, "the local model is closed")
            self._busy += 1
            return self._server

    def _leave(self) -> None:
        with self._idle:
            self._busy -= 1
            self._idle.notify_all()


_ENGINES: dict[EngineSettings, Engine] = {}
_LOADING = threading.Lock()


_FORKED = threading.Event()
"""Set in a process that was forked after an engine was loaded: the engine's threads stayed behind, and nobody would answer."""

_LEFT_BEHIND: list[Engine] = []


def engine(settings: EngineSettings) -> Engine:
    """The engine of these settings: loaded once in a process, and then shared. Raises `ModelFailure` in a fork of a process
    that had loaded one."""
    if _FORKED.is_set():
        raise failure(ENGINE_FAILED, "a local model was loaded before this process was forked; start processes by `spawn`")
    with _LOADING:
        running = _ENGINES.get(settings)
        if running is None:
            running = _ENGINES[settings] = Engine(settings)
        return running


def _forked() -> None:
    if _ENGINES or _LOADING.locked():
        _FORKED.set()
    _LEFT_BEHIND.extend(_ENGINES.values())  # not closed: they are the other process's
    _ENGINES.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)


@atexit.register
def _close_all() -> None:
    for running in tuple(_ENGINES.values()):
        running.close()
    _ENGINES.clear()


def is_there() -> bool:
    """Whether the package of the engine is installed."""
    return find_spec("xllamacpp") is not None


def _serve(settings: EngineSettings, key: str) -> Any:
    try:
        import xllamacpp
    except ImportError:
        raise failure(NO_ENGINE, MISSING_PACKAGE) from None
    if not settings.path.is_file():
        raise failure(NO_WEIGHTS, f"model file not found: {settings.path}")
    with open_regular(settings.path) as file:
        if file.read(4) != b"GGUF":
            raise failure(NO_WEIGHTS, f"{settings.path} is not a GGUF file")
    params = xllamacpp.CommonParams()
    params.model.path = str(settings.path)
    params.n_ctx = settings.window * settings.slots
    params.n_parallel = settings.slots
    params.n_batch = params.n_ubatch = _BATCH
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = settings.threads
    params.api_keys = [key]
    params.port = 0
    params.n_threads_http = 2
    params.verbosity = 0
    params.cache_ram_mib = 0
    params.warmup = params.ui = params.fit_params = False
    try:
        return xllamacpp.Server(params)
    except Exception as error:
        raise failure(ENGINE_FAILED, f"cannot load the local model {settings.path}: {error}") from error


def _control(path: Path) -> ControlTokens:
    try:
        return control_tokens(path)
    except (OSError, ValueError) as error:
        raise failure(NO_WEIGHTS, f"cannot read the vocabulary of {path}: {error}") from None


def _take(chunk: dict[str, Any], reply: EngineReply, pieces: list[str]) -> None:
    if isinstance(chunk.get("error"), dict):
        reply.error = chunk["error"]
    if isinstance(chunk.get("usage"), dict):
        reply.usage = chunk["usage"]
    for choice in chunk.get("choices", ()):
        pieces.append(choice.get("delta", {}).get("content") or "")
        reply.finish_reason = choice.get("finish_reason") or reply.finish_reason


def _failure(error: dict[str, Any]) -> Exception:
    message = str(error.get("message", "no reason given"))
    if error.get("type") == "exceed_context_size_error":
        return failure(PROMPT_TOO_LONG, f"the prompt exceeds the context window of the local model: {message}")
    return failure(ENGINE_FAILED, f"the local model failed: {message}")
