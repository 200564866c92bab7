"""The command line `lambda-rlm`.

Owns `main`. Promises the exit codes 0 answered, 1 rejected, 2 faulted, 64 wrong usage or input, 70 a bug of ours, 130
interrupted; the answer on standard output and everything else on standard error; with `--json` one JSON object on standard
output.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress

from lambda_rlm.cli import exits, start_up, streams


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and leave the process with its exit code."""
    try:
        # While an event loop runs, a Ctrl-C cancels the run instead, which ends its calls one by one and leaves nothing behind; long
        # pure work looks for that between slices of its fuel. The second one raises wherever the program is. So it does also where
        # whoever started this process ignores it.
        exits.heed_interruptions()
        streams.whole()
        start_up.loading()
        from lambda_rlm.cli.app import run_command

        code = run_command(sys.argv[1:] if arguments is None else list(arguments))
    except KeyboardInterrupt:
        code = exits.interrupted("--json" in (sys.argv if arguments is None else arguments))
    _leave(code)


def _leave(code: int) -> None:
    """End the process, without waiting for calls that nobody waits for any more."""
    exits.no_more_interruptions()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:  # noqa: BLE001 - it was said; the interpreter would try again, and say it in its own words
            with suppress(Exception):
                stream.close()
    others = [t for t in threading.enumerate() if t is not threading.main_thread() and not t.daemon]
    # The interpreter would report a Ctrl-C that passed through generated code as a death by signal.
    if others or code == exits.INTERRUPTED:
        os._exit(code)
    sys.exit(code)
