"""`sim:…`, a model that reads the benchmarks' prompts perfectly and errs at a set rate: for research and tests without a key.

Owns the name's form, a query string after `sim:`, as in `sim:?a0=1&rho=0.9&k=8000&latency=0.2`:

    a0 rho k            an answer is right with probability a0·rho^(n/k), n the tokens of the prompt's data; 1, 1 and 8000
                        if not said
    latency jitter      seconds before a reply, and how much more it may be, drawn evenly
    price_in price_out  US dollars for a million tokens
    window max_output   tokens; 32768 and 8192 if not said
    seed                draws other errors
    key                 a file with an answer key beside the shipped one, one JSON object a line: `text` and `label`, or
                        `question` and `evidence`; may be given several times; `&`, `+` and `%` in its
                        path are written as in URLs

Promises that a reply depends on the prompt, the number of the sample and the seed alone, and that tokens are those of the
vocabulary o200k_base. Refuses prompts that no benchmark has.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import fields
from functools import reduce
from operator import or_
from random import Random
from typing import Final
from urllib.parse import parse_qsl

from lambda_rlm.completion import Completion, CompletionRequest, Message, ModelProfile, StopReason, Usage
from lambda_rlm.data_class import dataclass
from lambda_rlm.llm.failures import BAD_SIMULATION, NOT_SIMULATED, failure
from lambda_rlm.llm.simulated_reader.key import AnswerKey, read_key, shipped_key
from lambda_rlm.llm.simulated_reader.reply import UnreadablePrompt, reply
from lambda_rlm.llm.simulated_reader.shown import shown
from lambda_rlm.llm.simulated_reader.slips import Slips, accuracy
from lambda_rlm.llm.tokens import count, cut
from lambda_rlm.llm.vocabulary.byte_pair import vocabulary_named

PREFIX: Final = "sim:"
_MILLION: Final = 1_000_000
_VOCABULARY: Final = "o200k_base"
_LEAST_WINDOW: Final = 512


@dataclass(frozen=True, slots=True)
class Parameters:
    """What a name says. Raises `ValueError` for what cannot be."""

    a0: float = 1.0
    rho: float = 1.0
    k: int = 8_000
    latency: float = 0.0
    jitter: float = 0.0
    price_in: float = 0.0
    price_out: float = 0.0
    window: int = 32_768
    max_output: int = 8_192
    seed: int = 0
    key: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("a0", "rho"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} must be a probability (0 to 1)")
        for name in ("latency", "jitter", "price_in", "price_out"):
            if not 0 <= getattr(self, name) < _MILLION:
                raise ValueError(f"{name} must be at least 0")
        if self.k < 1 or self.max_output < 1:
            raise ValueError("k and max_output must be at least 1")
        if self.window < _LEAST_WINDOW:
            raise ValueError(f"window must be at least {_LEAST_WINDOW}")


def parameters(name: str) -> Parameters:
    """The parameters that a model's name says; raises `ValueError`."""
    values: dict[str, object] = {}
    kinds: dict[str, Callable[[str], object]] = {
        field.name: int if isinstance(field.default, int) else float for field in fields(Parameters) if field.name != "key"
    }
    keys: list[str] = []
    for key, value in parse_qsl(name.removeprefix(PREFIX).removeprefix("?"), keep_blank_values=True, strict_parsing=False):
        if key == "key":
            keys.append(value)
        elif key not in kinds:
            raise ValueError(f"unknown parameter {key!r}; choose from {', '.join([*kinds, 'key'])}")
        elif key in values:
            raise ValueError(f"duplicate parameter {key}")
        else:
            values[key] = _number(key, value, kinds[key])
    return Parameters(**values, key=tuple(keys))  # type: ignore[arg-type]


def _number(key: str, value: str, kind: Callable[[str], object]) -> object:
    try:
        return kind(value)
    except ValueError:
        raise ValueError(f"{key} must be {'an integer' if kind is int else 'a number'}, not {value!r}") from None


class SimulatedModel:
    """A `Model` that reads as a perfect reader with an answer key would, and errs as its parameters say."""

    def __init__(self, parameters: Parameters, key: AnswerKey | None = None, name: str = "sim:") -> None:
        self.parameters = parameters
        self._key = key if key is not None else shipped_key()
        self._vocabulary = vocabulary_named(_VOCABULARY)
        self._profile = ModelProfile(
            name=name,
            window=parameters.window,
            max_output=min(parameters.max_output, parameters.window // 2),
            input_price=parameters.price_in / _MILLION,
            output_price=parameters.price_out / _MILLION,
            vocabulary=self._vocabulary,
        )

    @classmethod
    def named(cls, name: str) -> SimulatedModel:
        """The model of a name; one that says what cannot be, or a key that cannot be read, is a `ModelFailure`."""
        try:
            said = parameters(name)
            key = reduce(or_, map(read_key, said.key), shipped_key())
            return cls(said, key, name)
        except OSError as error:
            raise failure(BAD_SIMULATION, f"cannot read the answer key {error.filename}: {error.strerror}") from None
        except (ValueError, TypeError, KeyError) as error:
            raise failure(BAD_SIMULATION, f"invalid simulated model {name!r}: {error}") from None

    @property
    def profile(self) -> ModelProfile:
        return self._profile

    def count_tokens(self, messages: tuple[Message, ...]) -> int:
        return count(messages, self._profile, _VOCABULARY)

    async def complete(self, request: CompletionRequest) -> Completion:
        seen = shown(request)
        said = self.parameters
        tokens = count((Message("user", seen.data),), self._profile, _VOCABULARY) if said.rho < 1 else 0
        slips = Slips(accuracy(said.a0, said.rho, tokens, said.k), seen.identity, said.seed)
        wait = said.latency + said.jitter * share(seen.identity, said.seed)
        if wait:
            from anyio import sleep

            await sleep(wait)
        try:
            text = reply(seen, self._key, slips)
        except UnreadablePrompt as unreadable:
            raise failure(
                NOT_SIMULATED, f"the simulated model does not understand the prompt that starts {unreadable}"
            ) from None
        limit = min(request.max_tokens, self._profile.max_output)
        text, output, is_whole = cut(text, limit, self._vocabulary)
        stop = StopReason.STOP if is_whole else StopReason.LENGTH
        return Completion(text, self._usage(self.count_tokens(request.messages), output), stop, self._profile.name)

    async def aclose(self) -> None:
        """Nothing to close."""

    def _usage(self, input_tokens: int, output_tokens: int) -> Usage:
        paid = input_tokens * self.parameters.price_in + output_tokens * self.parameters.price_out
        return Usage(input_tokens, output_tokens, cost=paid / _MILLION)


def share(identity: str, seed: int) -> float:
    """A number from 0 to 1 that the prompt and the seed alone decide."""
    return Random(hashlib.sha256(f"{seed} wait {identity}".encode("utf-8", "surrogatepass")).digest()).random()
