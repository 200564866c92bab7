"""What a written program needs, loaded while the root model writes it.

Owns what a question needs after its first request, and `loading`, which has a thread import that once the request is sent.
Promises that the thread has ended when the reply that it began with is read, and that nothing depends on it: what it did not
load is loaded when it is needed. Loads nothing where a request fails, or a model replies, at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Lock, Thread
from typing import Final

UNDER_WAY: Final = 0.02
"""Seconds after which a request has been sent. Before, the thread would take turns with what sends it."""
_ONE: Final = Lock()
_LOADED: Final = Event()


@contextmanager
def loading(wait: float = UNDER_WAY) -> Iterator[None]:
    """Load what comes next while the body waits for a reply. One thread at a time does so, once in a process."""
    if _LOADED.is_set() or not _ONE.acquire(blocking=False):
        yield
        return
    is_enough = Event()
    thread = Thread(target=_load, args=(is_enough, wait), name="loading", daemon=True)
    try:
        with suppress(RuntimeError):  # where no more threads may start, it is loaded when it is needed
            thread.start()
        yield
    finally:
        is_enough.set()
        if thread.ident is not None:
            thread.join()
        _ONE.release()


def _load(is_enough: Event, wait: float) -> None:
    if is_enough.wait(wait):
        return
    with suppress(Exception):  # it is met again where it is needed, by somebody who can report it
        for _ in _what_comes_next():
            if is_enough.is_set():
                return
        _LOADED.set()


def _what_comes_next() -> Iterator[None]:
    """Import the rooms that read, check, bound, evaluate and judge a program, a few milliseconds at a time."""
    yield from _what_finds_its_bound()
    yield from _what_runs_it()


def _what_finds_its_bound() -> Iterator[None]:
    from lambda_rlm.types import infer

    yield
    from lambda_rlm.syntax.grammar.table import table

    table()
    yield
    from lambda_rlm.synth.proposing import extract, wanted
    from lambda_rlm.types import parse_type, spelled

    yield
    from lambda_rlm.bounds.transfer import table as transfers

    yield
    from lambda_rlm.bounds import admit

    yield
    from lambda_rlm.synth.proposing import repair

    yield


def _what_runs_it() -> Iterator[None]:
    from lambda_rlm.eval.provenance import lineage

    yield
    from lambda_rlm.eval.library import regex

    yield
    from lambda_rlm.eval import library

    yield
    from lambda_rlm.eval.asking import asker

    yield
    from lambda_rlm.eval.compile.closures import loops

    yield
    from lambda_rlm.eval.compile import assembly

    yield
    from lambda_rlm.eval.staging import stage

    yield
    from lambda_rlm.execution import prepare

    yield
    from lambda_rlm.execution import execute, host_functions, sub_models

    yield
    from lambda_rlm.answering.rounds import findings
