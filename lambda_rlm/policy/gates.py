"""The gates: what both doors pass on their way to a model, a budget, an input or a run, each of which the policy may close.

Owns how each rule is held. Promises that nothing is sent, read or spent before its gate was passed. Raises `PolicyViolation`,
which names the rule and its file.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Final

from lambda_rlm.budget.budget import Budget
from lambda_rlm.late_pattern import late_pattern
from lambda_rlm.policy.read import policy
from lambda_rlm.policy.rules import REQUIREMENTS, PolicyViolation, Rules

LIMITS: Final = {"max_calls": "calls", "max_tokens": "tokens", "max_cost": "usd", "max_seconds": "seconds"}
"""The limits of a run by their rules."""

PROVED: Final = "proved"
"""The requirement that no run begins as likely."""

NO_LAYOUT: Final = "no-layout"
"""The requirement that the root model is shown no layout of inputs."""

_USUAL: Final = Budget()
_HOST: Final = late_pattern(r"[\w.-]+(:\d+)?|\[[0-9a-fA-F:.]+\](:\d+)?")


def allow_model(name: str, host: str | None, provider: str | None) -> None:
    """A model by its name, and where its requests go: a host, else a provider; neither for a model in this process."""
    for rules in policy():
        if rules.models is not None and not _matches(name, rules.models):
            raise PolicyViolation(rules.file, "models", f"it does not allow the model {name}; allowed: {_listed(rules.models)}")
        if host is not None or provider is not None:
            _allow_destination(rules, name, host, provider or "")


def allow_server(host: str) -> None:
    """A server that is asked what it serves, before a model is named."""
    for rules in policy():
        _allow_destination(rules, "that this server serves", host, "")


def allow_object(name: str, is_in_process: bool) -> None:
    """A model object of a host program: where its requests go is not known here."""
    for rules in policy():
        if rules.models is not None and not _matches(name, rules.models):
            raise PolicyViolation(rules.file, "models", f"it does not allow the model {name}; allowed: {_listed(rules.models)}")
        for rule in ("offline", "servers", "providers", "regions"):
            if not is_in_process and getattr(rules, rule) not in (None, False):
                raise PolicyViolation(rules.file, rule, f"the server of the model object {name} is not known; name the model")


def allow_download(what: str) -> None:
    """Something fetched from the network."""
    for rules in policy():
        if rules.offline:
            raise PolicyViolation(rules.file, "offline", f"{what} would be fetched from the network")


def narrowed(budget: Budget) -> Budget:
    """The budget of a run within the policy: a limit that is not set, or has its default, becomes the policy's; one that was
    set to more is refused."""
    least: dict[str, Any] = {}
    for rules in policy():
        for rule, name in LIMITS.items():
            most, value = getattr(rules, rule), getattr(budget, name)
            if most is None or (value is not None and value <= most):
                continue
            if value not in (None, getattr(_USUAL, name)):
                raise PolicyViolation(rules.file, rule, f"a run may have at most {most:,}, not {value:,}")
            least[name] = min(most, least.get(name, most))
        if PROVED in rules.require:
            require(PROVED, budget.admit != "likely", "see --admit")
            least["admit"] = PROVED
    return replace(budget, **least)


def allows_layout() -> bool:
    """Whether a root model may be shown the masked layout of inputs: where it may not, none is shown, whatever was set."""
    return not any(NO_LAYOUT in rules.require for rules in policy())


def limits() -> dict[str, tuple[Any, str]]:
    """The least limit of a run that the policy sets, by rule, with the file that sets it; and the layout, where it may not be
    shown."""
    found: dict[str, tuple[Any, str]] = {}
    for rules in policy():
        for rule in LIMITS:
            most = getattr(rules, rule)
            if most is not None and (rule not in found or most < found[rule][0]):
                found[rule] = most, rules.file
        if NO_LAYOUT in rules.require:
            found.setdefault("layout", ("none", rules.file))
    return found


def within(budget: Budget) -> None:
    """The budget that a program is about to run on: no limit may be more than the policy's."""
    for rules in policy():
        for rule, name in LIMITS.items():
            most, value = getattr(rules, rule), getattr(budget, name)
            if most is not None and (value is None or value > most):
                shown = "no limit" if value is None else f"{value:,}"
                raise PolicyViolation(
                    rules.file, rule, f"a run may have at most {most:,}; the program was admitted with {shown}"
                )
    require(PROVED, budget.admit != "likely", "see --admit")


def require(requirement: str, holds: bool, advice: str) -> None:
    """Something that the policy may require (see `REQUIREMENTS`)."""
    for rules in policy():
        if requirement in rules.require and not holds:
            raise PolicyViolation(rules.file, "require", f"{requirement}: {REQUIREMENTS[requirement]} ({advice})")


def allow_uncounted(what: str) -> None:
    """Runs that neither a journal nor the ledger of a day sees."""
    for rules in policy():
        for rule in ("max_calls_per_day", "max_cost_per_day"):
            if getattr(rules, rule) is not None:
                raise PolicyViolation(rules.file, rule, f"{what} is not counted by the day")


def allow_input(path: Path | None) -> None:
    """A file that is about to be read as an input, None for standard input."""
    for rules in policy():
        if rules.folders is not None and (path is None or not _is_within(path, rules.folders)):
            shown = "standard input" if path is None else str(path)
            raise PolicyViolation(rules.file, "folders", f"{shown!r} is not in {_listed(rules.folders)}")
        ending = "" if path is None else path.suffix.removeprefix(".").lower()
        if rules.formats is not None and path is not None and ending not in {one.lower() for one in rules.formats}:
            raise PolicyViolation(rules.file, "formats", f"{str(path)!r} is not of a format of {_listed(rules.formats)}")


def allow_source(paths: Sequence[str]) -> None:
    """The files and folders that an earlier answer was made from, which is about to be an input; `-` is standard input."""
    for rules in policy():
        for path in paths if rules.folders is not None else ():
            if path == "-" or not _is_within(Path(path), rules.folders or ()):
                shown = "standard input" if path == "-" else repr(path)
                raise PolicyViolation(
                    rules.file, "folders", f"the earlier answer was made from {shown}, not in {_listed(rules.folders or ())}"
                )


def _allow_destination(rules: Rules, name: str, host: str | None, provider: str) -> None:
    where = provider if host is None else host
    if rules.offline:
        raise PolicyViolation(rules.file, "offline", f"the model {name} is asked over the network, at {where}")
    if rules.servers is not None or rules.providers is not None:
        if host is not None:
            rule, is_allowed = "servers", _is_host(host, rules.servers or ())
        else:
            rule, is_allowed = "providers", _matches(provider, rules.providers or ())
        if not is_allowed:
            raise PolicyViolation(
                rules.file, rule, f"it does not allow {where}; allowed: {_listed(getattr(rules, rule) or ())}"
            )
    if rules.regions is not None:
        region = _region(rules, (*_names(host or provider), name))
        if region not in rules.regions:
            raise PolicyViolation(rules.file, "regions", f"the region of {where} is {region or 'not in region_of'}")


def _region(rules: Rules, names: Sequence[str]) -> str | None:
    """The region of the first pattern that fits one of the names."""
    return next((region for pattern, region in rules.region_of.items() for one in names if _matches(one, (pattern,))), None)


def _names(host: str) -> tuple[str, str]:
    """A host with and without its port."""
    return host.lower(), re.sub(r":\d+\Z", "", host.lower()).rstrip(".")


def _is_host(host: str, patterns: Sequence[str]) -> bool:
    return _HOST.fullmatch(host) is not None and any(_matches(one, patterns) for one in _names(host))


def _matches(name: str, patterns: Sequence[str]) -> bool:
    return any(_pattern(pattern.lower()).fullmatch(name.lower()) for pattern in patterns)


@cache
def _pattern(pattern: str) -> re.Pattern[str]:
    """`*` stands for any characters; every other character, a bracket of an address too, for itself."""
    return re.compile("(?s:.*)".join(map(re.escape, re.sub(r"\*+", "*", pattern).split("*"))))


def _is_within(path: Path, folders: Sequence[str]) -> bool:
    real = Path(os.path.realpath(path))
    return any(real.is_relative_to(os.path.realpath(folder)) for folder in folders)


def _listed(items: Sequence[Any]) -> str:
    return ", ".join(map(str, items)) or "any allowed"
