"""What the rooms below say, in the terms of the library.

Owns how a setting is written in Python. Everything below this room names settings by their options (`--max-calls`), as the
command line shows them; here, at the door of the library, each becomes the argument that sets it (`Budget(calls=…)`), or the
variable where no argument does. Promises that what is left of a message stays as it was.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final, TypeVar

from lambda_rlm.diagnostics.diagnostic import Diagnostic, Diagnostics, Rejected
from lambda_rlm.diagnostics.error import LambdaRLMError
from lambda_rlm.late_pattern import late_pattern
from lambda_rlm.settings.keys import DESCRIBING, PREFIX, SETTINGS, Setting

E = TypeVar("E", bound=LambdaRLMError)

_ARGUMENTS: Final[Mapping[str, str]] = {
    **{f"max_{name}": f"Budget({name}={{}})" for name in ("calls", "tokens", "seconds", "depth")},
    **{name: f"Budget({name}={{}})" for name in ("concurrency", "fuel", "memory")},
    "max_cost": "Budget(usd={})",
    **{name: f"Writing({name}={{}})" for name in ("rounds", "candidates", "peek")},
    **{name: f"Routing({name}={{}})" for name in ("direct_share", "strength")},
    "escalate": "Routing(escalates=True)",
    **{name: f"{name}={{}}" for name in ("task", "strategy")},
    **{name: f"RLM({name}={{}})" for name in ("model", "root_model", "base_url", "constrain", "layout", "admit")},
    **{name: f"RLM({name}={{}})" for name in ("rpm", "tpm", "hedge", "pool", "seed", "journal")},
    **{name: f"RLM({name}=True)" for name in ("strict", "cache")},
    **{name: f'RLM(model_options={{{{"NAME": {{{{"{name}": {{}}}}}}}}}})' for name in DESCRIBING},
    "account": "Account(path={})",
    "account_cost": "Account(usd={})",
    **{f"account_{name}": f"Account({name}={{}})" for name in ("calls", "tokens", "per")},
    "keeps_journal": "RLM(journal=True)",
}
"""How the value of a setting is given in Python, by its key; the others have their variable alone."""

_OFF: Final[Mapping[str, str]] = {"--no-journal": "RLM(journal=False)", "--no-cache": "RLM(cache=False)"}

_ONLY_THERE: Final[Mapping[str, str]] = {
    "--declare": "a type in `inputs` of `check`",
    "--size": "a Size in `inputs` of `check`",
}
"""Options of the command line that are no settings."""

_NUMBER: Final = r"\d(?:[\d_.,]*\d)?%?"
_WORD: Final = r"[A-Z]{3,}|[\w./:-]*[\d=/:](?:[\w./:=%-]*[\w%])?"
_COMMAND: Final = late_pattern(r"lambda-rlm resume ([\w-]+)( NAME=PATH)?")
_LIST: Final = late_pattern(r"lambda-rlm runs(?! --)")


def in_own_terms(text: str) -> str:
    """The text, with arguments of the library in the place of options."""
    if "--" in text:
        text = _OPTION.sub(_argument, text)
    text = _LIST.sub("RLM(journal=…).runs()", text)
    return _COMMAND.sub(lambda hit: f'RLM(journal=…).resume("{hit[1]}"{", NAME=…" if hit[2] else ""})', text)


def argument_for(key: str) -> str | None:
    """What sets a setting in Python, or the variable that does; None for what is no setting."""
    if key not in SETTINGS:
        return None
    return _ARGUMENTS.get(key, f"the variable {PREFIX}{key.upper()}").format("…")


def diagnostic_in_own_terms(diagnostic: Diagnostic) -> Diagnostic:
    """The diagnostic with its message and hint in terms of the library."""
    hint = None if diagnostic.hint is None else in_own_terms(diagnostic.hint)
    return replace(diagnostic, message=in_own_terms(diagnostic.message), hint=hint)


@contextmanager
def speaking() -> Iterator[None]:
    """What leaves this block as an error of the package leaves it in terms of the library."""
    try:
        yield
    except LambdaRLMError as error:
        own = reworded(error)
        if own is error:
            raise
        raise own from error.__cause__


def reworded(error: E) -> E:
    """The error itself where it names no option, else a copy that names arguments."""
    texts = {name: value for name in ("message", "hint") if isinstance(value := getattr(error, name, None), str)}
    arguments = tuple(in_own_terms(one) if isinstance(one, str) else one for one in error.args)
    said: dict[str, Any] = {name: in_own_terms(text) for name, text in texts.items()}
    known: dict[str, Any] = dict(texts)
    if isinstance(error, Rejected):
        known["diagnostics"] = error.diagnostics
        said["diagnostics"] = Diagnostics(error.source, map(diagnostic_in_own_terms, error.diagnostics))
    if said == known and arguments == error.args:
        return error
    own = copy.copy(error)
    own.args = arguments
    vars(own).update(said)
    return own.with_traceback(error.__traceback__)


def _values(setting: Setting) -> str:
    """The pattern of a value as it follows the option of a setting in a text."""
    if setting.kind is bool:
        return ""
    if setting.kind in (int, float):
        return rf"(?: (?P<{setting.key}>{setting.about.metavar}\b|{_NUMBER}))?"
    choices = "|".join(re.escape(choice) for choice in setting.about.choices)
    return rf"(?: (?P<{setting.key}>(?:{choices or _WORD})(?![\w-])))?"


def _options() -> Iterator[tuple[str, str, str, str]]:
    """Each option: its flag, the pattern of what follows it, the argument, and the name of the value in the pattern."""
    for setting in SETTINGS.values():
        on, _, off = setting.flag.partition("/")
        variable = f"{PREFIX}{setting.key.upper()}="
        yield (
            on,
            _values(setting),
            _ARGUMENTS.get(setting.key, variable + ("true" if setting.kind is bool else "{}")),
            setting.key,
        )
        if off:
            yield off, "", _OFF.get(off, f"{variable}false"), setting.key
    for flag, argument in _ONLY_THERE.items():
        yield flag, "(?: NAME=(?:SIZE|TYPE))?", argument, ""


_ARGUMENT_OF: Final = {flag: (argument, key) for flag, _, argument, key in _options()}
_OPTION: Final = late_pattern(
    r"(?<![\w-])(?:" + "|".join(rf"{flag}(?![\w-]){values}" for flag, values, _, _ in _options()) + ")"
)


def _argument(hit: re.Match[str]) -> str:
    flag = hit[0].partition(" ")[0]
    argument, key = _ARGUMENT_OF[flag]
    value = hit.groupdict().get(key)
    if value is None:
        return argument.removesuffix("={}") if argument.startswith(PREFIX) else argument.format("…")
    is_text = key in SETTINGS and SETTINGS[key].kind is str and not value.isupper()
    return argument.format(f'"{value}"' if is_text and not argument.startswith(PREFIX) else value)
