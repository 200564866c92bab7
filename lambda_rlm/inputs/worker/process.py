"""The worker process as its user sees it: started at the first document that needs it, reused, ended with this process.

Owns the one process, its environment, and the waiting for it. Promises that a document ends at the deadline of the run, at its
own, at its memory limit or with a crash of the parser, each as a problem of that document alone, and that the next one is read.
A plain `subprocess`: it works from threads, daemonic processes, notebooks and after a fork. No variable of the environment but
those that Python needs is passed on, so that a parser which is taken over finds no key.
"""

from __future__ import annotations

import atexit
import os
import selectors
import sys
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from lambda_rlm.inputs.allowance import TOO_MUCH
from lambda_rlm.inputs.formats.extracted import ExtractedText, Rows, unsound
from lambda_rlm.inputs.problem import InputProblem
from lambda_rlm.inputs.reading import Reading, amount
from lambda_rlm.inputs.worker.frames import LENGTHS, head_of, lengths_of
from lambda_rlm.inputs.worker.rows import unpacked

if TYPE_CHECKING:
    from subprocess import Popen

MOST_MEMORY: Final = 500_000_000
"""Bytes for one document, beside twice its size."""
MOST_OF_ROWS: Final = 1_500_000_000
"""The same for a file of rows, whose reader counts what it makes: its library alone takes much of the other limit."""
_PROGRAM: Final = """
import sys
sys.path[:] = sys.argv[1:]
from lambda_rlm.inputs.worker.serve import serve
serve()
"""
"""Takes the places of modules once Python has begun: where they come before its own modules, no module of a caller's folder
takes the place of one that Python begins with."""
_GLANCE: Final = 0.05
_PIECE: Final = 1 << 20
_PASSED_ON: Final = (
    *("PYTHONHOME", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH"),
    *("LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "VIRTUAL_ENV", "PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX"),
)


class _Ended(Exception):
    """The worker closed its end."""


class _TooSlow(Exception):
    """A document took longer than one may."""


class Worker:
    """At most one process at a time; documents of several threads are read one after the other."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._process: Popen[bytes] | None = None

    def read(
        self, kind: str, data: bytes, name: str, reading: Reading, seconds: float, most: int = MOST_MEMORY
    ) -> ExtractedText | Rows:
        """What a document is by the format of that kind, read with `most` bytes of memory beside twice its size; raises
        `InputProblem`, and what `reading.glance` raises."""
        while not self._lock.acquire(timeout=_GLANCE):
            reading.glance()
        try:
            return self._read(kind, data, name, reading, seconds, most)
        finally:
            self._lock.release()

    def _read(self, kind: str, data: bytes, name: str, reading: Reading, seconds: float, most: int) -> ExtractedText | Rows:
        memory = most + 2 * len(data)
        request = {"kind": kind, "name": name, "encoding": reading.encoding, "memory": memory, "most": reading.most_bytes}
        end = monotonic() + seconds
        try:
            process = self._started(reading, end)
            reply, body = _exchange(process, request, data, reading, end)
        except BaseException as error:
            code = self.stop()
            if isinstance(error, _TooSlow):
                raise unsound(kind, name, f"time limit of {seconds:,.0f} seconds reached") from None
            if isinstance(error, _Ended):
                raise unsound(kind, name, f"its parser ended with code {code}") from None
            raise
        if reply.get("is_last"):
            self.stop()
        return _understood(reply, body, kind, name, memory)

    def _started(self, reading: Reading, end: float) -> Popen[bytes]:
        process = self._process
        if process is not None and process.poll() is None:
            return process
        self.stop()
        process = self._process = _start()
        try:
            _exchange(process, None, b"", reading, end)
        except _Ended:
            raise InputProblem(
                f"cannot start the process that reads documents ({sys.executable})", "read them as plain text: --raw"
            ) from None
        return process

    def stop(self) -> int | None:
        """End the process; its exit code, None where there was none."""
        process, self._process = self._process, None
        if process is None:
            return None
        code = process.poll()
        process.kill()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
        process.wait()
        return code if code is not None else process.returncode

    def forget(self) -> None:
        """In a forked child: the process is its parent's. Its pipes are closed, so that it ends with the parent."""
        process, self._process, self._lock = self._process, None, Lock()
        if process is not None:
            process.returncode = 0  # not to be waited for here
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()


WORKER: Final = Worker()
atexit.register(WORKER.stop)
os.register_at_fork(after_in_child=WORKER.forget)


def _start() -> Popen[bytes]:
    from subprocess import DEVNULL, PIPE, Popen

    if not sys.executable or getattr(sys, "frozen", False):  # a frozen application would start itself
        raise InputProblem("documents cannot be read in a frozen application: no Python to start", "pass their text")
    places = dict.fromkeys(os.path.abspath(place) for place in sys.path if place)
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    environment |= {"MALLOC_ARENA_MAX": "1", "ARROW_DEFAULT_MEMORY_POOL": "system"}
    try:
        # -P: what lies in the current folder is not imported.
        process = Popen(
            [sys.executable, "-P", "-c", _PROGRAM, *places],
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            cwd=os.sep,
            env=environment,
            bufsize=0,
            start_new_session=True,  # Ctrl-C at a terminal is for this process
        )
    except OSError as error:
        raise InputProblem(
            f"cannot start the process that reads documents: {error.strerror}", "read them as plain text: --raw"
        ) from None
    for pipe in (process.stdin, process.stdout):
        assert pipe is not None
        os.set_blocking(pipe.fileno(), False)
    return process


def _exchange(
    process: Popen[bytes], request: dict[str, Any] | None, data: bytes, reading: Reading, end: float
) -> tuple[dict[str, Any], bytearray]:
    """Send a request, if there is one, and wait for the next message."""
    assert process.stdin is not None and process.stdout is not None
    to, back = process.stdin.fileno(), process.stdout.fileno()
    unsent = [] if request is None else [memoryview(head_of(request, len(data))), memoryview(data)]
    got = bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(back, selectors.EVENT_READ)
        if unsent:
            selector.register(to, selectors.EVENT_WRITE)
        while True:
            reading.glance()
            if monotonic() > end:
                raise _TooSlow
            ready = {key.fd for key, _ in selector.select(_GLANCE)}
            if to in ready and unsent and not _sent(to, unsent):
                selector.unregister(to)
            if back in ready and (message := _received(back, got, reading)) is not None:
                return message


def _sent(to: int, unsent: list[memoryview]) -> bool:
    """Write what the pipe takes; whether something is left."""
    try:
        written = os.write(to, unsent[0][:_PIECE])
    except BrokenPipeError:
        raise _Ended from None
    except BlockingIOError:
        return True
    unsent[0] = unsent[0][written:]
    while unsent and not unsent[0]:
        del unsent[0]
    return bool(unsent)


def _received(back: int, got: bytearray, reading: Reading) -> tuple[dict[str, Any], bytearray] | None:
    """Read what there is; the message, when it is whole."""
    import json

    try:
        piece = os.read(back, _PIECE)
    except BlockingIOError:
        return None
    if not piece:
        raise _Ended
    got += piece
    if len(got) < LENGTHS:
        return None
    header, body = lengths_of(got)
    start = LENGTHS + header
    if header > _PIECE or body > reading.most_bytes:
        raise InputProblem(f"the text of a document exceeds {amount(reading.most_bytes)}", "raise the limit: --max-input BYTES")
    if len(got) < start + body:
        return None
    return json.loads(got[LENGTHS:start]), got[start:]


def _understood(reply: dict[str, Any], body: bytearray, kind: str, name: str, memory: int) -> ExtractedText | Rows:
    if reply.get("is_memory_used_up"):
        raise InputProblem(
            f"{name} would need more than {amount(memory)} of memory to be read as {kind}",
            "split it, or save it as plain text",
            TOO_MUCH,
        )
    if (problem := reply.get("problem")) is not None:
        message, hint, why = problem
        raise InputProblem(str(message), None if hint is None else str(hint), str(why))
    if "rows" in reply:
        try:
            return unpacked(reply, body)
        except (ValueError, KeyError, TypeError, OSError) as error:  # pyarrow's are among them
            raise unsound(kind, name, type(error).__name__) from None
    pages = tuple((int(at), int(number)) for at, number in reply["pages"])
    headings = tuple((int(at), str(words)) for at, words in reply["headings"])
    return ExtractedText(body.decode("utf-8", "surrogatepass"), tuple(map(str, reply["notes"])), pages, headings)
