"""Everything that decides what a run does and where, as one record: what a person approves, and its hash.

Owns `WhatRuns`. Promises that the hash differs when any term does, and that each term has words: nothing is hashed unseen. What
this room cannot see, such as servers and limits, the door brings as terms of its own. Asks no model.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from functools import cached_property
from typing import Any, Final

from lambda_rlm.budget.price import per_million
from lambda_rlm.completion import ModelProfile
from lambda_rlm.data_class import dataclass
from lambda_rlm.inputs.gather import written
from lambda_rlm.llm.providers.thinking import told_thought
from lambda_rlm.syntax.printing.pretty import pretty
from lambda_rlm.types.called import called_in, names_said
from lambda_rlm.types.show import show
from lambda_rlm.types.type import Type
from lambda_rlm.types.typed import Typed

_HASH_LENGTH: Final = 32
"""Hexadecimal digits: as many as nobody finds two programs for that have the same."""

_SHOWN_DIGEST: Final = 16
_ASCII: Final = json.JSONEncoder(ensure_ascii=True, sort_keys=True)
PROGRAM: Final = "program"
QUERY: Final = "query"
"""The input that is shown whole: it is an instruction."""


@dataclass(frozen=True, slots=True)
class Term:
    """One thing that decides what a run does: a value in plain data, which is hashed, and how a person reads it. Terms of one
    group are read together."""

    group: str
    name: str
    value: Any
    words: str


@dataclass(frozen=True)
class WhatRuns:
    """The terms of a run; the first is its program as it is shown."""

    terms: tuple[Term, ...]

    @property
    def program(self) -> str:
        """The program in its canonical form, comments included."""
        return str(self.terms[0].value)

    @cached_property
    def hash(self) -> str:
        """Stands for all terms."""
        data = json.dumps([[term.group, term.name, term.value] for term in self.terms], sort_keys=True)
        return hashlib.sha256(data.encode()).hexdigest()[:_HASH_LENGTH]

    def words(self) -> Mapping[str, Sequence[str]]:
        """Each group with what its terms say, in order."""
        groups: dict[str, list[str]] = {}
        for term in self.terms:
            groups.setdefault(term.group, []).append(term.words)
        return groups


def what_runs(
    typed: Typed, inputs: Mapping[str, Any], profile: ModelProfile, autos: Sequence[int], door: Sequence[Term]
) -> WhatRuns:
    """The record of a run: its program, what it is given and asks, what the planner chose for each `auto`, in order, and the
    terms of the door. Goes through all inputs."""
    program = pretty(typed.program).rstrip("\n")
    terms = [
        Term(PROGRAM, "text", program, f"{program.count(chr(10)) + 1:,} lines, {len(program):,} characters, all of it above")
    ]
    terms += [Term(PROGRAM, "auto", list(autos), f"auto: {', '.join(f'{number:,}' for number in autos)}")] if autos else []
    terms += [_input(name, type_, inputs[name]) for name, type_ in sorted(typed.inputs.items())]
    for function in sorted(typed.functions.values(), key=lambda one: one.name):
        cost = asdict(function.cost)
        declared = ", ".join(f"{name} {number:,}" for name, number in cost.items() if number)
        terms.append(
            Term("functions of the host", function.name, [function.signature, cost], f"{function.signature} ({declared})")
        )
    return WhatRuns((*terms, profile_term("model", profile), *door))


def profile_term(group: str, profile: ModelProfile) -> Term:
    """A model by all that is known of it: a field that is added to the profile is in the term. What was measured of it is not:
    it changes with each run, and nothing that a run does."""
    value = {one.name: getattr(profile, one.name) for one in fields(profile) if one.name != "bytes_per_token"}
    value["details"] = dict(profile.details)
    value["vocabulary"] = None if profile.vocabulary is None else profile.vocabulary.name
    prices = "price unknown"
    if profile.input_price is not None and profile.output_price is not None:
        prices = f"{per_million(profile.input_price)} in and {per_million(profile.output_price)} out per million tokens"
        prices = "free" if profile.input_price == profile.output_price == 0 else prices
    sent = (1 + profile.resends) * (1 + profile.retries)
    words = [
        f"{profile.name}: context window {profile.window:,} tokens",
        f"replies of at most {profile.max_output:,}{told_thought(profile)}",
        prices,
        f"{sent - 1:,} {'retry' if sent == 2 else 'retries'} of a request",
        *("replies held to a schema" for _ in range(profile.is_constrained)),
        *("programs held to the grammar" for _ in range(profile.takes_grammar)),
    ]
    return Term(group, group, value, ", ".join(words))


def _input(name: str, type_: Type, value: Any) -> Term:
    state = hashlib.sha256()
    for piece in written(value, _ASCII):
        state.update(piece.encode())
    if called := called_in({name: type_}):
        state.update(json.dumps(called, sort_keys=True).encode())
    digest, said = state.hexdigest(), names_said(type_)
    size = len(value) if isinstance(value, str) else sum(map(len, written(value)))
    words = f"{name}: {show(type_)}, {size:,} characters, sha256 {digest[:_SHOWN_DIGEST]}…"
    words += f", in the data {said}" if said else ""
    if name == QUERY:
        words = f"{name}: {json.dumps(value, ensure_ascii=False)}"
    return Term("inputs", name, [show(type_), digest], words)
