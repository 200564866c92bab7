"""Help pages: options and commands in groups, plain text.

Owns the layout of `--help`. Loads no screen library: a page is as fast as the command line itself. The group of an option is
its `rich_help_panel`; options without one come first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from typer.core import TyperCommand, TyperGroup

from lambda_rlm.settings.keys import FIRST, GROUPS, SETTINGS

COMMAND_GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "Questions": ("ask", "run", "route", "inputs"),
    "Programs": ("check", "fmt", "explain", "prompt", "grammar"),
    "Finished and interrupted runs": ("runs", "show", "resume", "replay", "export"),
    "Models": ("models", "bench", "audit"),
    "Settings": ("config", "trust", "policy"),
}
"""Every command under the title of its group, in the order of `lambda-rlm --help`."""

_ORDER: Final = {key: place for place, key in enumerate(key for keys in GROUPS.values() for key in keys)}
_LAST: Final = "help"
_WIDEST_NAME: Final = 34
"""Columns for names of options; longer ones have their description on the next line."""


class CommandPage(TyperCommand):
    """A command whose help lists its options in groups."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """The parts of the usage line: `[OPTIONS] QUERY [INPUT…]`."""
        return [piece[1:-1] if piece.startswith("{") else piece for piece in super().collect_usage_pieces(ctx)]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write arguments, then each group of options under its title."""
        groups: dict[str, list[tuple[str, str]]] = {"Arguments": [], **{title: [] for title in GROUPS}}
        for param in sorted(self.get_params(ctx), key=place):
            record = param.get_help_record(ctx)
            if record is not None:
                is_option = param.param_type_name == "option"
                group = (getattr(param, "rich_help_panel", None) or FIRST) if is_option else "Arguments"
                groups[group].append((record[0], record[1] + default_of(param.name)))
        for title, rows in groups.items():
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows, col_max=_WIDEST_NAME)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Write the example, in one piece that can be copied."""
        if self.epilog:
            formatter.write_paragraph()
            formatter.write(f"{self.epilog}\n")


class CommandsPage(TyperGroup):
    """The table of commands, whose help lists them in groups."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write each group of commands under its title."""
        for title, names in COMMAND_GROUPS.items():
            found = [(name, self.get_command(ctx, name)) for name in names]
            rows = [(name, command.get_short_help_str(formatter.width)) for name, command in found if command is not None]
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)


def default_of(name: str | None) -> str:
    """The default of a setting, as it ends a line of help; empty where there is none, or the line says it."""
    if name is None or name not in SETTINGS:
        return ""
    from lambda_rlm.settings.settings import DEFAULTS  # loads the rooms that the settings are for

    value = getattr(DEFAULTS, name)
    if value in (None, "", ()) or "default" in SETTINGS[name].about.help or value == "auto":
        return ""
    return (
        f"  [default: {('no', 'yes')[value] if isinstance(value, bool) else value if isinstance(value, str) else f'{value:_}'}]"
    )


def place(param: Any) -> int:
    """Settings in the order of their groups, then the options that are no settings, `--help` last of all."""
    return len(_ORDER) + (param.name == _LAST) if param.name not in _ORDER else _ORDER[param.name]
