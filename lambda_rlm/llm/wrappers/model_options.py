"""What a user says of a model that is reached by name: what it is, how it is asked, and with which key its server.

Owns `ModelOptions` and the profile that they make of one that is known or assumed; `Described` is a model with such a profile.
Promises that bounds, budgets, approval and requests all see what was said: what a model is, is in the profile. Refuses what no
model has, by the names of the options; no error shows a key.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import fields, replace
from math import inf
from pathlib import Path
from typing import Any, Final, Self

from lambda_rlm.budget.paying import priced
from lambda_rlm.completion import Completion, CompletionRequest, Model, ModelProfile, Sampling, Usage
from lambda_rlm.data_class import dataclass
from lambda_rlm.diagnostics.blot import hide
from lambda_rlm.diagnostics.faults import ModelFailure
from lambda_rlm.late_pattern import late_pattern
from lambda_rlm.llm.failures import KEY_REFUSED, UNKNOWN_MODEL, failure
from lambda_rlm.llm.providers.thinking import allowance
from lambda_rlm.llm.wrappers.model_headers import AUTHORIZATION, headers_of, names_only, sent
from lambda_rlm.llm.wrappers.wrapper import Wrapper

TIMEOUT: Final = 120.0
"""Seconds that one request may take where nobody says otherwise."""

_PER_TOKEN: Final = 1e-6
_MOST: Final = 1 << 53
_VARIABLE: Final = late_pattern(r"[A-Za-z_][A-Za-z0-9_]{0,199}")

OF_SERVER: Final = ("headers", "api_key_env", "ca_bundle")
"""The options that say with which key and trust a server is asked: never taken from a journal, which may be a stranger's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelOptions:
    """What is said of one model, None where nothing is. `window` and `max_output` are tokens, prices US dollars per million
    tokens, `timeout` the seconds that one request may take, `thinking` the tokens that the model may think before each reply
    (0: as few as its provider allows). `temperature` is that of requests which ask for no other. `headers` are sent with each
    request, as `NAME: VALUE`, where any list of such texts or a mapping may be given; `api_key_env` names the variable of the
    environment that holds the key, `ca_bundle` the PEM file of the authorities whose certificates are trusted. Raises
    `ValueError` for what no model has, naming the option."""

    window: int | None = None
    max_output: int | None = None
    price_in: float | None = None
    price_out: float | None = None
    timeout: float | None = None
    thinking: int | None = None
    temperature: float | None = None
    headers: tuple[str, ...] | None = None
    api_key_env: str | None = None
    ca_bundle: str | None = None

    def __post_init__(self) -> None:
        self._check_numbers()
        if self.headers is not None:
            object.__setattr__(self, "headers", headers_of(self.headers) or None)
        if self.api_key_env is not None and not (isinstance(self.api_key_env, str) and _VARIABLE.fullmatch(self.api_key_env)):
            raise ValueError("api_key_env must be the name of an environment variable, not a key")
        if self.api_key_env is not None and AUTHORIZATION in map(str.lower, names_only(self.headers)):
            raise ValueError("api_key_env and a header Authorization cannot be set together: both are the key")
        if self.ca_bundle is not None:
            if not isinstance(self.ca_bundle, str | Path) or not str(self.ca_bundle).strip():
                raise ValueError(f"ca_bundle must be the path of a file, not {self.ca_bundle!r:.80}")
            object.__setattr__(self, "ca_bundle", os.path.abspath(os.path.expanduser(self.ca_bundle)))

    def _check_numbers(self) -> None:
        for name, least in (("window", 1), ("max_output", 1), ("thinking", 0)):
            number = getattr(self, name)
            if number is not None and not (type(number) is int and least <= number <= _MOST):
                raise ValueError(f"{name} must be a whole number of at least {least}, not {number!r:.80}")
        for name in ("price_in", "price_out", "timeout", "temperature"):
            number = getattr(self, name)
            is_real = isinstance(number, int | float) and not isinstance(number, bool) and 0 <= number < inf
            if number is not None and not (is_real and (number or name != "timeout")):
                raise ValueError(
                    f"{name} must be a number {'above 0' if name == 'timeout' else 'of at least 0'}, not {number!r:.80}"
                )
        if self.window is not None and self.max_output is not None and self.max_output > self.window:
            raise ValueError(f"max_output ({self.max_output:,}) must not be more than window ({self.window:,})")
        if self.window is not None and self.thinking is not None and self.thinking >= self.window:
            raise ValueError(f"thinking ({self.thinking:,}) must leave room in the window ({self.window:,})")

    @classmethod
    def of(cls, table: Mapping[str, Any]) -> Self:
        """The options that a mapping names; raises `ValueError`, also for an unknown name."""
        if not isinstance(table, Mapping):
            raise ValueError(f"the options of a model must be a mapping, not a {type(table).__name__}")
        unknown = [name for name in table if name not in NAMES]
        if unknown:
            raise ValueError(f"unknown model option {unknown[0]!r:.80}; the options are {', '.join(NAMES)}")
        return cls(**table)

    @property
    def said(self) -> dict[str, Any]:
        """What is said, by the names of the options."""
        return {name: value for name in NAMES if (value := getattr(self, name)) is not None}

    @property
    def chosen(self) -> tuple[str, ...]:
        """The parameters of requests that are said here; a door never leaves one of these out."""
        return () if self.temperature is None else ("temperature",)

    @property
    def kept(self) -> dict[str, Any]:
        """What is said, as a journal keeps it and a person is shown it: of headers the names alone."""
        return {name: names_only(value) if name == "headers" else value for name, value in self.said.items()}

    def lacks(self, kept: Mapping[str, Any]) -> list[str]:
        """What a journal says of the server's key and trust (`OF_SERVER`) that is not said here."""
        names = [each.lower() for each in names_only(self.headers)]
        missing = [f"headers {name}" for name in names_only(kept.get("headers")) if name.lower() not in names]
        return missing + [name for name in OF_SERVER if name != "headers" and kept.get(name) and getattr(self, name) is None]

    def sent_headers(self) -> dict[str, str]:
        """The headers that are sent with each request, by name; their values are hidden from now on."""
        return sent(self.headers or ())

    def key(self, name: str, environ: Mapping[str, str] = os.environ) -> str | None:
        """The key of the model of this name, None where no variable is said to hold it. Raises `ModelFailure` for a variable
        that is not set."""
        if self.api_key_env is None:
            return None
        key = environ.get(self.api_key_env, "").strip()
        if not key:
            raise failure(
                KEY_REFUSED, f"{name} needs an API key: set the environment variable {self.api_key_env} (api_key_env)"
            )
        hide(key)
        return key

    def profile(self, known: ModelProfile) -> ModelProfile:
        """The profile of a model, with what is said here. Raises `ModelFailure` where one price is said, the other unknown."""
        window = known.window if self.window is None else self.window
        prices = [
            price if told is None else told * _PER_TOKEN
            for told, price in ((self.price_in, known.input_price), (self.price_out, known.output_price))
        ]
        if None in prices and prices != [None, None]:
            missing = "price_in" if prices[0] is None else "price_out"
            raise failure(UNKNOWN_MODEL, f"{known.name}: {missing} is unknown; set price_in and price_out together")
        described = replace(
            known,
            window=window,
            max_output=min(known.max_output if self.max_output is None else self.max_output, window),
            input_price=prices[0],
            output_price=prices[1],
        )
        if self.thinking is None:
            return described
        thought = allowance(known, self.thinking)
        return replace(described, reasoning_tokens=thought, thinks_less=False)


NAMES: Final = tuple(one.name for one in fields(ModelOptions))
"""The options of a model, as settings and tables name them."""

UNSAID: Final = ModelOptions()


def sampled(sampling: Sampling, temperature: float | None) -> Sampling:
    """How a reply is drawn where a user may have said a temperature: it takes the place of the usual one."""
    return replace(sampling, temperature=temperature) if temperature is not None and sampling == Sampling() else sampling


class Described(Wrapper):
    """A `Model` with the profile that options make of its own, at whose prices it is paid, and their temperature. With
    `allows_thought` its requests have the room for thought that the options add."""

    def __init__(self, model: Model, profile: ModelProfile, *, allows_thought: bool, temperature: float | None = None) -> None:
        super().__init__(model)
        self._temperature = temperature
        self._profile, inner = profile, model.profile
        self._allows_thought = allows_thought
        self._is_repriced = (profile.input_price, profile.output_price) != (inner.input_price, inner.output_price)

    @property
    def profile(self) -> ModelProfile:
        return self._profile

    async def complete(self, request: CompletionRequest) -> Completion:
        request = replace(request, sampling=sampled(request.sampling, self._temperature))
        if self._allows_thought:
            request = replace(request, max_tokens=self._most(request.max_tokens))
        try:
            completion = await self._model.complete(request)
        except ModelFailure as failed:
            failed.usage = None if failed.usage is None else self._priced(failed.usage)
            raise
        return replace(completion, usage=self._priced(completion.usage))

    def _most(self, out: int) -> int:
        """The limit for the model's own door, which adds what the model's own profile allows for it: with that, no more than
        the options allow."""
        whole, inner = out + self._profile.thought(out), self._model.profile.thought
        if whole == out + inner(out):
            return out
        return max(1, whole - inner(whole))

    def _priced(self, usage: Usage) -> Usage:
        """The usage at the prices of the profile, where the model has others and counted something."""
        is_counted = usage.input_tokens or usage.output_tokens
        return priced(self._profile, replace(usage, cost=None)) if self._is_repriced and is_counted else usage


def as_described(model: Model, options: ModelOptions, *, allows_thought: bool) -> Model:
    """The model itself where nothing is said that it does not say."""
    profile = options.profile(model.profile)
    if profile == model.profile and options.temperature is None:
        return model
    return Described(model, profile, allows_thought=allows_thought, temperature=options.temperature)
