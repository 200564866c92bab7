r"""A model that follows a script: for tests, examples and demonstrations without a network.

Owns the rules and their file form, one JSON object a line:

    {"match": "capital of (\\w+)", "reply": "I know \\1.", "times": 2, "delay": 0.1}
    {"match": "Translate", "failure": "E0502"}
    {"profile": {"window": 4096, "input_price": 0.000001}}

Promises: rules are tried in order against the whole prompt (all messages joined by line ends, RE2 syntax, anywhere in it),
the first that matches wins, a rule with `times` is spent after that number of uses. A reply longer than `max_tokens` is cut, as
a real model's would be. Refuses to invent: a prompt with no rule is a failure that shows the start of the prompt.

Tokens are counted by rule: one for every four characters begun, and four for each message. A profile may name a vocabulary,
`{"profile": {"vocabulary": "o200k_base"}}`, which counts them instead. A rule's `usage` overrides either.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, fields, replace
from pathlib import Path
from typing import Any, Self

from lambda_rlm.completion import Completion, CompletionRequest, Message, ModelProfile, StopReason, Usage
from lambda_rlm.data_class import dataclass
from lambda_rlm.graphemes import begun
from lambda_rlm.llm.failures import BAD_SCRIPT, FATES, NO_RULE, failure
from lambda_rlm.llm.tokens import cut
from lambda_rlm.llm.vocabulary.byte_pair import vocabulary_named
from lambda_rlm.private_file import MOST_BYTES, read_regular

_CHARACTERS_PER_TOKEN = 4
_TOKENS_PER_MESSAGE = 4
_SHOWN = 300
_RULE_KEYS = {"match", "reply", "times", "delay", "usage", "failure", "message", "retry_after"}
_USAGE_KEYS = {"input_tokens", "output_tokens", "cached_tokens", "cost", "attempts"}

DEFAULT_PROFILE = ModelProfile(name="scripted", window=32_768, max_output=8_192, input_price=0.0, output_price=0.0)


@dataclass(frozen=True, slots=True)
class Rule:
    r"""When the prompt matches, give this reply or this failure.

    `reply` may hold `\1` … `\9` for the groups of `match`; when the pattern has no groups it is taken as it stands.
    `times` is how often the rule may be used (None: always), `delay` the seconds before it answers.
    """

    match: str
    reply: str = ""
    times: int | None = None
    delay: float = 0.0
    usage: Usage | None = None
    failure: str | None = None
    message: str = "as the script says"
    retry_after: float | None = None
    pattern: Any = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        import re2

        try:
            object.__setattr__(self, "pattern", re2.compile(self.match, _quiet(re2)))
        except re2.error as error:
            reason = error.args[0].decode(errors="replace") if isinstance(error.args[0], bytes) else error
            raise ValueError(f"invalid regular expression {self.match!r}: {reason}") from None
        if self.failure is not None and self.failure not in FATES:
            raise ValueError(f"unknown failure code {self.failure!r}")
        if self.times is not None and self.times < 1:
            raise ValueError(f"times must be at least 1, not {self.times!r}")
        if self.delay < 0:
            raise ValueError(f"delay must not be negative, not {self.delay!r}")

    def text(self, match: Any) -> str:
        """The reply with the groups of a match put in."""
        text = self.reply
        groups = match.groups()
        for number in range(min(len(groups), 9), 0, -1):
            text = text.replace(f"\\{number}", groups[number - 1] or "")
        return text


class ScriptedModel:
    """A `Model` that answers by rules. `prompts` keeps every prompt it was asked, in the order of asking."""

    def __init__(self, rules: Iterable[Rule], profile: ModelProfile = DEFAULT_PROFILE) -> None:
        self._rules = tuple(rules)
        self._uses = [0] * len(self._rules)
        self._profile = profile
        self.prompts: list[str] = []

    @classmethod
    def from_rules(cls, rules: Iterable[tuple[str, str] | Mapping[str, Any]], profile: ModelProfile = DEFAULT_PROFILE) -> Self:
        """From pairs `(match, reply)` or rules as in a file; raises `ValueError` or `TypeError` for a bad one."""
        return cls((Rule(*rule) if isinstance(rule, tuple) else _rule(rule) for rule in rules), profile)

    @classmethod
    def from_file(cls, path: str | Path) -> Self:
        """From a file of rules; a file that cannot be read or a bad line is a `ModelFailure` that names it."""
        try:
            text = read_regular(path, MOST_BYTES).decode("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise failure(BAD_SCRIPT, f"cannot read the script {path}: {reason}") from None
        rules: list[Rule] = []
        profile = replace(DEFAULT_PROFILE, name=f"scripted:{path}")
        for number, line in enumerate(text.split("\n"), start=1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
                if isinstance(row, dict) and row.keys() == {"profile"}:
                    profile = _profile(row["profile"], profile)
                else:
                    rules.append(_rule(row))
            except (ValueError, TypeError, RecursionError) as error:
                raise failure(BAD_SCRIPT, f"invalid rule on line {number} of the script {path}: {error}") from None
        return cls(rules, profile)

    @property
    def profile(self) -> ModelProfile:
        return self._profile

    def count_tokens(self, messages: tuple[Message, ...]) -> int:
        return sum(self._tokens(message.content) + _TOKENS_PER_MESSAGE for message in messages)

    async def complete(self, request: CompletionRequest) -> Completion:
        prompt = "\n".join(message.content for message in request.messages)
        self.prompts.append(prompt)
        rule, match = self._first_match(prompt)
        if rule.delay:
            from anyio import sleep

            await sleep(rule.delay)
        if rule.failure is not None:
            raise failure(rule.failure, f"{self._profile.name}: {rule.message}", retry_after=rule.retry_after)
        completion = self._completion(request, rule, rule.text(match))
        if request.on_text is not None:  # in one piece, which begins anew
            request.on_text("")
            request.on_text(completion.text)
        return completion

    async def aclose(self) -> None:
        """Nothing to close."""

    def _first_match(self, prompt: str) -> tuple[Rule, Any]:
        for index, rule in enumerate(self._rules):
            if rule.times is not None and self._uses[index] >= rule.times:
                continue
            match = rule.pattern.search(prompt)
            if match is not None:
                self._uses[index] += 1
                return rule, match
        raise failure(NO_RULE, f"no rule of {self._profile.name} matches the prompt that starts with {_start(prompt)}")

    def _completion(self, request: CompletionRequest, rule: Rule, text: str) -> Completion:
        limit = min(request.max_tokens, self._profile.max_output)
        stop = StopReason.STOP
        if self._tokens(text) > limit:
            known = self._profile.vocabulary
            text = text[: limit * _CHARACTERS_PER_TOKEN] if known is None else cut(text, limit, known)[0]
            stop = StopReason.LENGTH
        usage = rule.usage or self._usage(self.count_tokens(request.messages), self._tokens(text))
        return Completion(text, usage, stop, self._profile.name)

    def _tokens(self, text: str) -> int:
        known = self._profile.vocabulary
        return -(-len(text) // _CHARACTERS_PER_TOKEN) if known is None else known.exact(text)

    def _usage(self, input_tokens: int, output_tokens: int) -> Usage:
        prices = (self._profile.input_price, self._profile.output_price)
        cost = None if prices[0] is None or prices[1] is None else input_tokens * prices[0] + output_tokens * prices[1]
        return Usage(input_tokens, output_tokens, cost=cost)


def _quiet(re2: Any) -> Any:
    options = re2.Options()
    options.log_errors = False
    return options


def _start(prompt: str) -> str:
    return repr(prompt if len(prompt) <= _SHOWN else begun(prompt, _SHOWN) + "…")


def _rule(row: object) -> Rule:
    if not isinstance(row, Mapping):
        raise TypeError("a rule must be a JSON object")
    _only(row, _RULE_KEYS)
    if not isinstance(row.get("match"), str):
        raise TypeError("a rule requires `match` (a regular expression)")
    if isinstance(row.get("reply"), str) == isinstance(row.get("failure"), str):
        raise ValueError("a rule requires either `reply` (a text) or `failure` (a code)")
    _numbers(row, {"times": int, "delay": float, "retry_after": float})
    usage = row.get("usage")
    if usage is not None:
        if not isinstance(usage, Mapping):
            raise TypeError("`usage` must be a JSON object")
        _only(usage, _USAGE_KEYS)
        usage = Usage(**usage)
    return Rule(**{**row, "usage": usage})


def _profile(row: object, default: ModelProfile) -> ModelProfile:
    if not isinstance(row, Mapping):
        raise TypeError("`profile` must be a JSON object")
    _only(row, {field.name for field in fields(ModelProfile)} - {"details"})
    _numbers(row, {"bytes_per_token": float, "window": int, "max_output": int, "template_tokens": int})
    name = row.get("vocabulary")
    return replace(default, **{**row, "vocabulary": None if name is None else vocabulary_named(name)})


def _only(row: Mapping[str, Any], known: set[str]) -> None:
    unknown = sorted(row.keys() - known)
    if unknown:
        raise ValueError(f"unknown key {unknown[0]!r}; choose from {', '.join(sorted(known))}")


def _numbers(row: Mapping[str, Any], kinds: Mapping[str, type]) -> None:
    for key, kind in kinds.items():
        value = row.get(key)
        allowed: Sequence[type] = (int,) if kind is int else (int, float)
        if value is not None and (isinstance(value, bool) or not isinstance(value, tuple(allowed))):
            raise ValueError(f"`{key}` must be a number, not {value!r}")
