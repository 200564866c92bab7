"""The pages about settings and commands are written from the code: every key, every command and every option, once."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
import typer

from lambda_rlm.cli.commands import app, commands_with
from lambda_rlm.cli.commands.help_page import COMMAND_GROUPS, place
from lambda_rlm.settings.keys import GROUPS, SETTINGS, Setting
from lambda_rlm.settings.settings import DEFAULTS
from lambda_rlm.settings.variables import OTHERS
from tests.support.places import ROOT

IS_REWRITING = os.environ.get("UPDATE_GOLDEN") == "1" and not os.environ.get("CI")
TYPES = {str: "text", int: "whole number", float: "number", bool: "true or false", tuple: "list of texts", dict: "tables"}

SETTINGS_HEAD = """# Settings

This page is generated from the code (`make golden`).

A setting has one name everywhere. For each setting, the first of these places that has it counts:

1. an option of the command line, e.g. `--max-calls 200`;
2. an environment variable, e.g. `LAMBDA_RLM_MAX_CALLS=200`; a list is separated by commas, `LAMBDA_RLM_HEADERS` has one header per line;
3. a file of the project: `lambda-rlm.toml`, or the table `[tool.lambda-rlm]` of `pyproject.toml`, in the current folder, then in each
   folder above it, e.g. `max_calls = 200`;
4. your own file, `lambda-rlm/config.toml` in `$XDG_CONFIG_HOME` or `~/.config` (with `LAMBDA_RLM_HOME`: `config.toml` in that folder).

`lambda-rlm config show` prints each value and where it comes from. An unknown key, an unknown variable `LAMBDA_RLM_…` and a value of the
wrong type are errors. The options of each command are described in [cli.md](cli.md). The library reads the same variables where an
argument is not given; it reads no file.

## Files of projects

A file of a project may be a stranger's, so not all of it counts until you trust it. The column "where it counts" of the tables says
what counts without that:

- *any project file*: the setting changes how a question is answered, and nothing about where data, keys and files go;
- *any project file, to make it stricter*: a smaller number, `true`, or patterns where there are none; anything else needs trust;
- *trusted sources only*: an option, a variable, your own file, or a project file that you trust.

What does not count is reported on standard error, never dropped silently. `lambda-rlm trust PATH` shows the settings of a file and
trusts it as it is: when the file changes, a command reports it, and you must trust it again. `trust --list` and `trust --revoke` show and undo it. A
file that belongs to another user (but root), or that others may write to, does not count at all.

## What a model is

An unknown model, such as one behind `base_url`, is assumed to have a context window of 8,192 tokens and no known price. `window`,
`max_output`, `price_in`, `price_out`, `timeout` and `thinking` describe it, and count in bounds, budgets, requests and approval.
Prices are US dollars per million tokens, as providers print them; `price_in` and `price_out` are set together where neither is known. As
options and variables, and at the top of a file, they describe the model that answers. A table describes any model by its name, as it is
written after `--model` or `--root-model`:

```toml
[models."openai/llama-3.1-8b-instruct"]
window = 131072
max_output = 8192
price_in = 0.10
price_out = 0.40
timeout = 300
```

For the model that answers an option counts first, then a variable, its table, and the top of a file. Tables of several files are joined
key by key. The variable `LAMBDA_RLM_MODELS` has tables as JSON: `{"openai/llama-3.1-8b-instruct": {"window": 131072}}`. A run in the journal
keeps these settings, so `resume` and `replay` find the same model.

`timeout` is how long one request may take, until its whole reply is there. A request that ends so may have been billed.

`thinking` is the limit for a model that reasons before it replies. It is sent with each request, as a part of its limit of tokens, and
as an effort or a budget where the provider has one: see [how thought is bounded](bounds.md#replies-and-thought).

## How its server is asked

`temperature` replaces the 0 of requests that ask for no other: samples (`llm_samples`, votes) keep their own. Replies are cached for each
temperature separately.

`headers` are sent with each request to the server of the model: `--header 'X-Team: search'`, `headers = ["X-Team: search"]` or
`headers = { X-Team = "search" }`. A value counts as a key: it is not printed, not in the journal, and blotted out of errors and replies;
approval, `config show` and the journal have its name. On a command line other users of the machine may see it, so prefer your own file. Headers that
every request has already (`Host`, `Content-Length`, `Content-Type`, `Accept`, `User-Agent`, …) are refused; `Authorization` replaces the key.

`api_key_env` names the environment variable that holds the key, so that several models have several keys. `ca_bundle` is a PEM file: only
certificates by its authorities are trusted for that server. A path in a file starts at the folder of that file. Both are for servers at
`base_url`; `api_key_env` and `headers` also work for other providers, except `Authorization`.

`resume` uses these three as they are set now, never as the journal has them, and refuses to go on where one is missing.
[How to use a server of your own](howto/own-server.md) has examples, proxies and certificates.

## Variables that are no settings

{others}
"""

CLI_HEAD = """# Command line

This page is generated from the code (`make golden`).

Exit codes: 0 answered · 1 program rejected · 2 fault during a run · 64 wrong usage or input · 70 internal error · 130 interrupted.
The answer goes to standard output and everything else to standard error. Hidden characters, such as those that steer a terminal, are
shown as pictures (`␛`, `\\u202e`); an answer that goes to a file or another program stays as it is. With `--json` a command prints one
JSON object on standard output. What an output in another encoding than UTF-8 cannot hold is escaped in JSON, has a stand-in or an
escape in a text, and is reported. Options can also be set in files and environment variables: see [settings.md](settings.md). Shell
completion: `lambda-rlm --install-completion`.
"""


def cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *(tuple(map(cell, row)) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def default(key: str) -> str:
    value = getattr(DEFAULTS, key)
    if value in (None, "", ()):
        return "none"
    return f"`{value:_}`" if type(value) is int else f"`{str(value).lower() if isinstance(value, bool) else value}`"


def where(setting: Setting) -> str:
    """The commands that have an option for it; a setting without one counts wherever its work is done."""
    commands = commands_with(setting.key)
    return (
        f"`{setting.flag.split('/')[0]}` of {', '.join(f'`{name}`' for name in commands)}"
        if commands
        else "files and variables only"
    )


def settings_page() -> str:
    others = "\n".join(f"- `{name}`: {meaning}" for name, meaning in OTHERS.items())
    parts = [SETTINGS_HEAD.replace("{others}", others)]
    for title, keys in GROUPS.items():
        rows = [
            (f"`{key}`", TYPES[one.kind], default(key), about(one), where(one), one.counts.value)
            for key, one in ((key, SETTINGS[key]) for key in keys)
        ]
        head = ("key", "type", "default", "meaning", "option", "where it counts")
        parts.append(f"## {'The settings that matter first' if title == 'Options' else title}\n\n{table(head, rows)}")
    return "\n".join(parts)


def about(setting: Setting) -> str:
    choices = setting.about.choices if setting.about.metavar is None else ()
    return setting.about.help + (f" One of {', '.join(f'`{choice}`' for choice in choices)}." if choices else "")


def pages_of(name: str, command: Any, parent: Any) -> Iterator[str]:
    """The section of a command, then those of its subcommands."""
    context = typer.Context(command, info_name=name, parent=parent)
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    parts = [f"### `{context.command_path}`\n", f"{command.help}\n", f"    {usage}\n"]
    records = [
        (param.param_type_name, *param.get_help_record(context)) for param in sorted(command.get_params(context), key=place)
    ]
    for kind in ("argument", "option"):
        rows = [(f"`{names}`", text) for of, names, text in records if of == kind]
        parts += [table((kind, "meaning"), rows)] if rows else []
    parts += [f"{command.epilog.replace('Example: ', 'Example: `')}`\n"] if command.epilog else []
    yield "\n".join(parts)
    for below, subcommand in getattr(command, "commands", {}).items():
        yield from pages_of(below, subcommand, context)


def cli_page() -> str:
    root: Any = typer.main.get_command(app)
    context = typer.Context(root, info_name="lambda-rlm")
    parts = [CLI_HEAD]
    for title, names in COMMAND_GROUPS.items():
        parts.append(f"## {title}\n")
        parts += [page for name in names for page in pages_of(name, root.commands[name], context)]
    return "\n".join(parts)


@pytest.mark.parametrize(("name", "page"), [("settings.md", settings_page), ("cli.md", cli_page)])
def test_a_reference_page_is_what_the_code_says(name: str, page: Any) -> None:
    path = ROOT / "docs" / name
    if IS_REWRITING:
        path.write_text(page(), encoding="utf-8")
    assert path.read_text(encoding="utf-8") == page(), "`make golden` rewrites the page"


def test_every_setting_is_in_one_group() -> None:
    assert sorted(key for keys in GROUPS.values() for key in keys) == sorted(SETTINGS)


def test_every_command_is_in_one_group() -> None:
    root: Any = typer.main.get_command(app)
    assert sorted(name for names in COMMAND_GROUPS.values() for name in names) == sorted(root.commands)
