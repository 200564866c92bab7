"""From the arguments of a call to its exit code.

Owns what each exception means for the exit code. Every command returns its code; nothing else leaves the process.
"""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from typing import Any, Final

import typer

from lambda_rlm.cli import exits
from lambda_rlm.cli.exits import OutputLost, UsageProblem
from lambda_rlm.cli.start_up import loaded
from lambda_rlm.cli.suggestions import did_you_mean

NAME: Final = "lambda-rlm"
_COMPLETION: Final = "_LAMBDA_RLM_COMPLETE"

_OUTPUT: Final = (errno.ENOSPC, errno.EBADF, errno.EIO, errno.EFBIG, errno.EDQUOT)
"""How writing to standard output fails, beside a reader who is gone."""

_ANSWERS: Final = ("ask", "run")
"""The commands that begin soonest: nothing of the others is loaded for them."""


def run_command(arguments: list[str]) -> int:
    """The exit code of a command; every failure is reported by then."""
    wants_json = "--json" in arguments
    command = typer.main.get_command(_table(arguments))
    try:
        if _COMPLETION in os.environ:  # a shell asks for its script, or for completions
            command.main(arguments, prog_name=NAME)
        # Not `command.main`, which ends an interruption by itself.
        with command.make_context(NAME, arguments) as context:
            command.invoke(context)
        return exits.ANSWERED
    except SystemExit as left:  # of the options about completion
        return left.code if isinstance(left.code, int) else exits.ANSWERED
    except typer.Exit as left:
        return left.exit_code
    except (KeyboardInterrupt, typer.Abort):
        return exits.interrupted(wants_json)
    except BrokenPipeError:
        with suppress(OSError):
            sys.stdout.close()
        return exits.ANSWERED
    except Exception as error:  # noqa: BLE001 - the last resort of every command: an exit code and a message, no traceback
        return _reported(error, wants_json)


def _reported(error: Exception, wants_json: bool) -> int:
    """Report a failure; on standard error where standard output is what failed."""
    if isinstance(error, OSError) and error.filename is None and error.errno in _OUTPUT:
        error = OutputLost(error.strerror or str(error))
    try:
        return _failed(error, wants_json and not isinstance(error, OutputLost))
    except BrokenPipeError:
        return _code(error)
    except OutputLost as lost:
        from lambda_rlm.cli.display import screen

        screen.complain(lost.message)
        return _code(error)


def _code(error: Exception) -> int:
    """The exit code of a failure that could not be reported in JSON."""
    from lambda_rlm.diagnostics.diagnostic import Rejected
    from lambda_rlm.diagnostics.faults import Fault

    return exits.REJECTED if isinstance(error, Rejected) else exits.FAULTED if isinstance(error, Fault) else exits.USAGE


def _table(arguments: list[str]) -> typer.Typer:
    """The table with every command, or with those of `ask` and `run` alone where it is plain that one of them is called."""
    if arguments and arguments[0] in _ANSWERS:
        from lambda_rlm.cli.commands.ask_and_run import app
    else:
        from lambda_rlm.cli.commands import app

        loaded()
    return app


def _failed(error: Exception, wants_json: bool) -> int:
    from lambda_rlm.diagnostics.diagnostic import Rejected
    from lambda_rlm.diagnostics.faults import Fault, InternalError
    from lambda_rlm.inputs import InputProblem
    from lambda_rlm.settings.problem import SettingProblem

    if isinstance(error, (UsageProblem, InputProblem, SettingProblem)):
        return _told(exits.USAGE, error.message, error.hint, wants_json)
    if isinstance(error, Rejected):
        from lambda_rlm.cli.actions.ask_run import rejected

        return rejected(error.diagnostics, error.source, wants_json)
    if isinstance(error, Fault):
        return _told(exits.FAULTED, error.message, None, wants_json, error.code)
    if hasattr(error, "format_message"):  # what the option parser refuses
        return _told(exits.USAGE, *_refused(error), wants_json)
    if isinstance(error, InternalError):
        return _told(exits.BUG, str(error), None, wants_json)
    return _told(
        exits.BUG, f"internal error: {_place(error)}. Please report it with the command that you ran.", None, wants_json
    )


def _refused(error: Any) -> tuple[str, str]:
    """What the option parser says, in the style of all errors: a message, and a hint of the nearest name and the page."""
    context = getattr(error, "ctx", None)
    page = f"{NAME if context is None else context.command_path} --help"
    said = str(error.format_message()).rstrip(".?")
    message, _, near = said.partition(" Did you mean ") if " Did you mean " in said else said.partition(" (Possible options: ")
    message = (message[:1].lower() + message[1:]).rstrip(".")
    near = did_you_mean(message.split()[-1].strip("'"), near.rstrip(")").replace("'", "").split(", "))
    return message, f"{near}{'S' if near else 's'}ee {page}"


def _told(code: int, message: str, hint: str | None, wants_json: bool, fault: str | None = None) -> int:
    from lambda_rlm.cli.display import screen

    if wants_json:
        from json import dumps

        error = {"message": message, "hint": hint}
        shown = {"code": fault, "message": message, "span": None} if fault else None
        screen.answer(
            dumps({"ok": False, "answer": None, "error": error, "fault": shown, "diagnostics": []}, ensure_ascii=False)
        )
    else:
        screen.complain(message, hint, fault)
    return code


def _place(error: Exception) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f" at {trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace is not None else ""
    return f"{type(error).__name__}: {error}{where}"
