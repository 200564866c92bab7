"""Which settings decide what a run does and where, and how a person reads them before they approve it.

Owns the classes of settings for approval: each setting decides (`DECIDING`, with its words), or does not (`NOT_DECIDING`, with
the reason). A setting that is added is in one of the two, or a test fails. `terms` makes of them what is hashed and shown.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any, Final

from lambda_rlm import __version__
from lambda_rlm.budget.price import dollars
from lambda_rlm.cli.settings import Settings
from lambda_rlm.completion import ModelProfile
from lambda_rlm.diagnostics.visible import visible
from lambda_rlm.execution.options import NOBODY
from lambda_rlm.execution.what_runs import Term, profile_term
from lambda_rlm.llm.connect import default_model
from lambda_rlm.llm.providers.servers import plain, route, server
from lambda_rlm.llm.wrappers.model_headers import without_values
from lambda_rlm.llm.wrappers.model_options import TIMEOUT

Words = Callable[[Any], str]
_LIMITS, _REPLIES, _PLANNER = "limits", "replies", "assumed by the planner"


def _most(what: str) -> Words:
    return lambda number: f"no limit in {what}" if number is None else f"{number:,} {what}"


def _is(what: str) -> Words:
    return lambda value: f"{what} {value:,}" if isinstance(value, int) else f"{what} {value}"


def _either(yes: str, no: str) -> Words:
    return lambda holds: yes if holds else no


def as_described(chosen: Settings) -> str:
    """How models are described, for a person; empty where none is."""
    return "; ".join(_table((name, options.kept)) for name, options in chosen.described().items() if options.said)


def _table(named: tuple[str, Mapping[str, Any]]) -> str:
    name, said = named
    return f"{visible(name)}: {', '.join(f'{key} {_figure(value)}' for key, value in said.items())}"


def _figure(value: Any) -> str:
    if isinstance(value, int | float):
        return f"{value:,}"
    return visible(value if isinstance(value, str) else " and ".join(map(str, value)))


_USUAL: Final = "the usual place"

DECIDING: Final[Mapping[str, tuple[str, Words]]] = {
    "base_url": ("server", lambda url: "no base URL" if url is None else f"base URL {plain(url)}"),
    "root_model": ("root model", lambda name: "the model that answers" if name is None else str(name)),
    "max_calls": (_LIMITS, _most("calls")),
    "max_tokens": (_LIMITS, _most("tokens")),
    "max_cost": (_LIMITS, lambda usd: "no limit in dollars" if usd is None else dollars(usd)),
    "admit": (_LIMITS, lambda admit: "admitted as proved" if admit is None else f"admitted as {admit}"),
    "max_seconds": (_LIMITS, _most("seconds")),
    "max_depth": (_LIMITS, _is("depth")),
    "fuel": (_LIMITS, _most("steps")),
    "memory": (_LIMITS, _most("bytes")),
    "concurrency": (_LIMITS, _most("calls at a time")),
    "out": (_REPLIES, lambda tokens: f"{tokens:,} tokens unless the program says otherwise"),
    "seed": (_REPLIES, _is("seed")),
    "strict": (_REPLIES, _either("a degraded answer is a fault", "a degraded answer is an answer")),
    "constrain": (_REPLIES, _is("grammars by")),
    "hedge": (_REPLIES, lambda s: "no second request" if s is None else f"a second request after {s:g} s"),
    "pool": (_LIMITS, lambda pool: "the usual pool of extra attempts" if pool is None else f"a pool of {pool} extra attempts"),
    "cache": (_REPLIES, _either("kept in the cache, and taken from it", "not from the cache")),
    "timeout": (_REPLIES, lambda s: f"a request may take {TIMEOUT if s is None else s:g} s"),
    "thinking": (_REPLIES, lambda n: "as much thought as usual" if n is None else f"at most {n:,} tokens of thought each"),
    "temperature": (_REPLIES, lambda t: "the usual temperature" if t is None else f"temperature {t:g}"),
    "headers": ("server", lambda names: f"sent the headers {visible(', '.join(names))}" if names else "no more headers"),
    "api_key_env": ("server", lambda name: f"the key is in {_USUAL if name is None else visible(name)}"),
    "ca_bundle": ("server", lambda file: f"certificates by {_USUAL if file is None else visible(file)}"),
    "models": ("models", lambda tables: "; ".join(map(_table, (tables or {}).items())) or "none is described in a table"),
    "peek": ("root model", lambda n: f"is shown {n:,} characters of each input"),
    "layout": ("root model", lambda shown: f"is shown {'the masked' if shown == 'masked' else 'no'} layout of the inputs"),
    "accuracy_short": (_PLANNER, _is("short")),
    "accuracy_decay": (_PLANNER, _is("decay")),
    "accuracy_compose": (_PLANNER, _is("compose")),
    "accuracy_floor": (_PLANNER, _is("floor")),
}
"""The settings that decide, with the group they are read in and their words."""

_PROGRAM: Final = "chooses the program, and the program is approved itself"
_INPUTS: Final = "chooses and reads the inputs, whose names, types and contents are approved themselves"
_RECORD: Final = "says where the run is recorded, which changes nothing of the run"

NOT_DECIDING: Final[Mapping[str, str]] = {
    "model": "is approved as the model that it leads to, by name, window, prices and server",
    **dict.fromkeys(("window", "max_output", "price_in", "price_out"), "is approved as what is known of the model"),
    **dict.fromkeys(("strategy", "task", "direct_share", "direct_shares", "strength", "split", "escalate"), _PROGRAM),
    **dict.fromkeys(("rounds", "candidates"), "with --approved there is one program; a sub-model writes one in any case"),
    **dict.fromkeys(("rpm", "tpm"), "slows requests down, and changes none"),
    **dict.fromkeys(
        ("account", "account_cost", "account_calls", "account_tokens", "account_per"),
        "says from which account the run is paid, and changes nothing of the run",
    ),
    "env_file": "sets keys as variables do, which change nothing of the run",
    "approve": "says whether a person is asked",
    "evidence": "says what is shown with the answer, and changes nothing of the run",
    **dict.fromkeys(("journal", "keeps_journal", "journal_days"), _RECORD),
    **dict.fromkeys(("include", "exclude", "encoding", "stdin_format", "raw", "ignore", "max_input"), _INPUTS),
}
"""The settings that do not decide, each with the reason."""


def terms(
    chosen: Settings, leaf: ModelProfile, root: ModelProfile | None, environ: Mapping[str, str] = os.environ
) -> tuple[Term, ...]:
    """What the command line knows of a run: servers, the root model where another one is named, settings, the version."""
    names = {"server": "nobody" if leaf is NOBODY.profile else chosen.model or default_model(environ)}
    if root is not None and chosen.root_model:
        names["server of the root model"] = chosen.root_model
    found = []
    for group, name in names.items():
        where = "nobody is asked" if name == "nobody" else server(name, chosen.base_url)
        variables = {} if name == "nobody" else route(name, chosen.base_url, environ)
        through = "".join(f", {variable} is {plain(value)}" for variable, value in variables.items())
        found.append(Term(group, group, [where, variables], where + through))
    if root is not None and chosen.root_model:
        found.append(profile_term("root model", root))
    for key, (group, words) in DECIDING.items():
        value = chosen.writing().layout if key == "layout" else without_values(key, getattr(chosen, key))
        found.append(Term(group, key, value, words(value)))
    return (*found, Term("version", "version", __version__, f"lambda-rlm {__version__}"))
