"""The worker process itself: reads one document after the other until its input ends.

Owns the limit of memory within the process. Promises that it ends when its parent does, whatever the parent died of, while it
works too. Nothing but replies is written where its parent reads. Started by `process`.
"""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread
from typing import Any, BinaryIO, Final

from lambda_rlm.inputs.formats.extracted import Rows, unsound
from lambda_rlm.inputs.formats.registry import reader_of
from lambda_rlm.inputs.problem import InputProblem
from lambda_rlm.inputs.reading import Reading
from lambda_rlm.inputs.worker.frames import head_of, received
from lambda_rlm.inputs.worker.rows import packed

_LARGE: Final = 200_000_000
"""Bytes in use from which on a process is not kept for the next document."""

Request = tuple[dict[str, Any], bytes]


def serve() -> None:
    """Read what is asked for, one at a time; never returns while the parent lives."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):  # what a library prints or reads
        os.dup2(nowhere, number)
    asked: SimpleQueue[Request] = SimpleQueue()
    Thread(target=_listen, args=(requests, asked), daemon=True).start()
    _send(replies, {}, b"")
    while True:
        header, data = asked.get()
        reply, body = _reply(header, data)
        del data
        _send(replies, reply | {"is_last": _in_use() > _LARGE}, body)


def _listen(requests: BinaryIO, asked: SimpleQueue[Request]) -> None:
    """Take requests; the end of them is the end of the parent."""
    with suppress(Exception):
        while (request := received(requests)) is not None:
            asked.put(request)
    os._exit(0)


def _send(replies: BinaryIO, header: dict[str, Any], body: bytes) -> None:
    replies.write(head_of(header, len(body)))
    replies.write(body)
    replies.flush()


def _reply(header: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
    kind, name = header["kind"], header["name"]
    _limit_memory(header["memory"])
    try:
        found = reader_of(kind)(data, name, Reading(encoding=header["encoding"], most_bytes=header["most"]))
        if isinstance(found, Rows):
            return packed(found)
        about = {"notes": found.notes, "pages": found.pages, "headings": found.headings}
        return about, found.text.encode("utf-8", "surrogatepass")
    except InputProblem as problem:
        return {"problem": [problem.message, problem.hint, problem.kind]}, b""
    except MemoryError:
        return {"is_memory_used_up": True}, b""
    except Exception as error:  # noqa: BLE001 - a damaged file makes parsers raise whatever its damage leads to
        damage = unsound(kind, name, type(error).__name__)
        return {"problem": [damage.message, damage.hint, damage.kind]}, b""
    finally:
        _limit_memory(None)


def _limit_memory(more: int | None) -> None:
    """Limit what is taken from now on to `more` bytes; None: no limit. Does nothing where the platform has none."""
    with suppress(ImportError, OSError, ValueError):
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        limit = hard if more is None else _in_use(0) + more
        resource.setrlimit(resource.RLIMIT_AS, (limit, hard))


def _in_use(column: int = 1) -> int:
    """Bytes of this process: its address space (0) or what of it is in memory (1); 0 where the platform does not say."""
    with suppress(OSError), open("/proc/self/statm", "rb") as file:
        return int(file.read().split()[column]) * os.sysconf("SC_PAGE_SIZE")
    return 0
