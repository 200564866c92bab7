"""Models that remember: record what a model said, and say it again without asking.

Owns the recording, one JSON object a line: a profile, completions and failures by the hash of their request, and token
counts by the hash of their messages, so that a replay takes the same way as the run. Promises that the hash is the SHA-256
of the canonical JSON of the request and of nothing else. Refuses a request that was not recorded.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from lambda_rlm.budget.paying import failed_usage
from lambda_rlm.completion import Completion, CompletionRequest, Message, Model, ModelProfile, StopReason, Usage
from lambda_rlm.diagnostics.faults import ModelFailure
from lambda_rlm.graphemes import begun
from lambda_rlm.llm.failures import BAD_SCRIPT, NOT_RECORDED, failure
from lambda_rlm.llm.tokens import utf8_bound
from lambda_rlm.llm.wrappers.absent import plain_profile, profile_of
from lambda_rlm.llm.wrappers.wrapper import Wrapper
from lambda_rlm.private_file import MOST_BYTES, append, read_regular

_SHOWN = 300


def request_hash(request: CompletionRequest) -> str:
    """SHA-256, in hexadecimal, of the request as JSON with sorted keys and no white space."""
    return _hash(_request(request))


def messages_hash(messages: tuple[Message, ...]) -> str:
    """The same of messages alone, under which a token count is kept."""
    return _hash([asdict(message) for message in messages])


class Recording(Wrapper):
    """A `Model` that asks another and appends what it said to a file. A failure of configuration is not recorded."""

    def __init__(self, model: Model, path: str | Path) -> None:
        super().__init__(model)
        self._path = Path(path)
        self._counted: set[str] = set()
        self._append({"profile": _plain_profile(model.profile)})

    def count_tokens(self, messages: tuple[Message, ...]) -> int:
        tokens = self._model.count_tokens(messages)
        key = messages_hash(messages)
        if key not in self._counted:
            self._counted.add(key)
            self._append({"messages": key, "tokens": tokens})
        return tokens

    async def complete(self, request: CompletionRequest) -> Completion:
        row: dict[str, Any] = {"hash": request_hash(request), "request": _request(request)}
        try:
            completion = await self._model.complete(request)
        except ModelFailure as failed:
            if not failed.is_fatal:
                usage = asdict(failed_usage(failed))
                self._append({**row, "failure": {"code": failed.code, "message": failed.message, "usage": usage}})
            raise
        self._append({**row, "completion": _plain_completion(completion)})
        return completion

    def _append(self, row: dict[str, Any]) -> None:
        try:
            line = json.dumps(row, ensure_ascii=False, sort_keys=True) + "\n"
            append(self._path, line.encode("utf-8", "backslashreplace"), is_recording)
        except OSError as error:
            raise failure(BAD_SCRIPT, f"cannot write the recording {self._path}: {error.strerror}") from None


def is_recording(head: bytes) -> bool:
    """Whether a file that begins so is a recording."""
    return head.startswith(b'{"profile": ')


class RecordedModel:
    """A `Model` that replays a recording; what was recorded last for a request counts."""

    def __init__(self, path: str | Path) -> None:
        self._path = Path(path)
        self._profile = ModelProfile(name=f"recorded:{path}", window=0, max_output=0)
        self._replies: dict[str, Completion | dict[str, Any]] = {}
        self._tokens: dict[str, int] = {}
        for number, row in self._rows():
            try:
                self._read(row)
            except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError) as error:
                raise failure(BAD_SCRIPT, f"invalid line {number} of the recording {path}: {error!r}") from None

    @property
    def profile(self) -> ModelProfile:
        return self._profile

    def count_tokens(self, messages: tuple[Message, ...]) -> int:
        return self._tokens.get(messages_hash(messages), utf8_bound(messages, self._profile))

    async def complete(self, request: CompletionRequest) -> Completion:
        reply = self._replies.get(request_hash(request))
        if reply is None:
            prompt = "\n".join(message.content for message in request.messages)
            shown = repr(prompt if len(prompt) <= _SHOWN else begun(prompt, _SHOWN) + "…")
            raise failure(NOT_RECORDED, f"the recording {self._path} has no reply for the prompt that starts {shown}")
        if isinstance(reply, Completion):
            return reply
        failed = failure(reply["code"], reply["message"])
        failed.usage = Usage(**reply["usage"])
        raise failed

    async def aclose(self) -> None:
        """Nothing to close."""

    def _rows(self) -> Iterator[tuple[int, Any]]:
        try:
            text = read_regular(self._path, MOST_BYTES).decode("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise failure(BAD_SCRIPT, f"cannot read the recording {self._path}: {reason}") from None
        for number, line in enumerate(text.split("\n"), start=1):
            if line.strip():
                try:
                    yield number, json.loads(line)
                except (ValueError, RecursionError) as error:
                    raise failure(BAD_SCRIPT, f"invalid JSON in line {number} of the recording {self._path}: {error}") from None

    def _read(self, row: dict[str, Any]) -> None:
        if "profile" in row:
            self._profile = profile_of(row["profile"])
        elif "tokens" in row:
            self._tokens[row["messages"]] = int(row["tokens"])
        elif "failure" in row:
            self._replies[row["hash"]] = row["failure"]
        else:
            kept = row["completion"]
            usage = Usage(**kept["usage"])
            self._replies[row["hash"]] = Completion(kept["text"], usage, StopReason(kept["stop_reason"]), kept["model"])


def _plain_completion(completion: Completion) -> dict[str, Any]:
    plain = {"text": completion.text, "usage": asdict(completion.usage), "stop_reason": completion.stop_reason}
    return {**plain, "model": completion.model}


def _plain_profile(profile: ModelProfile) -> dict[str, Any]:
    return {**plain_profile(profile), "details": dict(profile.details)}


def _request(request: CompletionRequest) -> dict[str, Any]:
    return {
        "messages": [asdict(message) for message in request.messages],
        "max_tokens": request.max_tokens,
        "sampling": asdict(request.sampling),
        "schema": request.schema,
        "choices": request.choices,
        **({} if request.grammar is None else {"grammar": request.grammar.name}),
    }


def _hash(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
