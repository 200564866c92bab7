"""The options that commands share, each declared once, and how a command takes them.

Owns the groups of settings that are options together, `takes`, which gives a command the options of such groups, and the
options that are no settings. A command function has one parameter `options` for all its settings: it receives those that were
given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import update_wrapper
from inspect import Parameter, Signature, signature
from typing import Annotated, Any, Final

import typer

from lambda_rlm.settings.keys import ACCOUNT as ACCOUNT
from lambda_rlm.settings.keys import DESCRIBING, SETTINGS, Setting
from lambda_rlm.settings.keys import READING as READING

_INPUTS: Final = (
    "Files, folders, patterns, `-` (standard input) or NAME=PATH. JSON, JSON Lines, CSV and Parquet become typed rows; PDF, Word "
    "and HTML files become text."
)

Inputs = Annotated[list[str] | None, typer.Argument(metavar="INPUT…", help=_INPUTS, show_default=False)]
Run = Annotated[
    str, typer.Argument(metavar="RUN", help="A run id, its first or last characters, or `last`.", show_default=False)
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output and nothing else.")]
Approved = Annotated[
    str | None,
    typer.Option(
        "--approved", metavar="HASH", help="Run only if `check` printed this hash for the program.", rich_help_panel="Runs"
    ),
]
Trace = Annotated[
    str | None,
    typer.Option(
        "--trace", metavar="FILE.jsonl", help="Write each event to this file, one JSON object per line.", rich_help_panel="Runs"
    ),
]
Continued = Annotated[
    str | None,
    typer.Option(
        "--continue",
        metavar="RUN",
        help="Ask a further question: the question, program and answer of this run (an id, its first or last characters, or `last`) "
        "are known, and its inputs are used unless others are named.",
        show_default=False,
        rich_help_panel="Runs",
    ),
]
Query = Annotated[str | None, typer.Option("-q", "--query", metavar="TEXT", help="The value of `query` in the program.")]

Chosen = Mapping[str, Any]
"""The settings that were given as options of a command, by their keys."""

MODEL: Final = ("model", "base_url", *DESCRIBING, "env_file")
ROUTE: Final = ("strategy", "task", "direct_share", "direct_shares", "strength", "split")
WRITING: Final = ("root_model", "rounds", "candidates", "layout", "peek", "constrain")
BUDGET: Final = ("max_calls", "max_cost", "max_tokens")
BOUNDS: Final = (*BUDGET, "admit", "max_seconds", "max_depth")
RATES: Final = ("concurrency", "rpm", "tpm")
WORK: Final = ("fuel", "memory")
ANSWER: Final = ("strict", "evidence", "seed", "approve")
JOURNAL: Final = ("cache", "journal", "keeps_journal")
FOUND: Final = ("include", "exclude")


class Command:
    """A command function whose parameter `options` is spread out into an option for each of its settings, as Typer reads it."""

    def __init__(self, function: Callable[..., None], keys: Sequence[str]) -> None:
        update_wrapper(self, function)
        self.name = function.__name__
        self.keys = keys = [key for key in keys if SETTINGS[key].kind is not dict]  # tables are of files and variables
        """The settings that the command has an option for."""
        self.__signature__ = _spread(signature(function, eval_str=True), keys)
        self.__annotations__ = {name: each.annotation for name, each in self.__signature__.parameters.items()}
        self._function = function

    def __call__(self, **given: Any) -> None:
        """Run the command. An option that may be given more than once is an empty list where it was not given."""
        values = {key: given.pop(key) for key in self.keys}
        self._function(**given, options={key: value for key, value in values.items() if value is not None and value != []})


def takes(*keys: str) -> Callable[[Callable[..., None]], Command]:
    """Give a command an option for each of these settings, in this order, where its parameter `options` is."""
    return lambda function: Command(function, keys)


def _spread(declared: Signature, keys: Sequence[str]) -> Signature:
    parameters: list[Parameter] = []
    for parameter in declared.parameters.values():
        if parameter.name == "options":
            parameters += [_parameter(SETTINGS[key]) for key in keys]
        else:
            parameters.append(parameter.replace(kind=Parameter.KEYWORD_ONLY))
    return declared.replace(parameters=parameters)


def _parameter(setting: Setting) -> Parameter:
    option = typer.Option(
        None,
        *filter(None, (setting.about.short, setting.flag)),
        metavar=setting.metavar,
        help=setting.about.help,
        show_default=False,
        rich_help_panel=setting.group,
        autocompletion=_completing(setting.about.choices) if setting.about.choices else None,
    )
    kind = list[str] if setting.kind is tuple else setting.kind
    return Parameter(setting.key, Parameter.KEYWORD_ONLY, default=option, annotation=kind | None)


def _completing(choices: Sequence[str]) -> Callable[[str], list[str]]:
    """What a shell is offered for a value that has begun so."""

    def offered(incomplete: str) -> list[str]:
        return [choice for choice in choices if choice.startswith(incomplete)]

    return offered
