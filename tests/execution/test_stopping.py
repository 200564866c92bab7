"""A deadline and a Ctrl-C reach work that awaits nothing: pure loops, one call of native code after the other, a reply checked."""

from __future__ import annotations

import json
import os
import signal
from functools import partial
from typing import Any

import anyio
import pytest

from lambda_rlm.bounds.admit import defer
from lambda_rlm.budget.budget import Budget
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.execution.blocking import blocking, blocking_anywhere
from lambda_rlm.execution.execute import Options, execute
from lambda_rlm.execution.run import Run
from lambda_rlm.syntax.parse import parse
from lambda_rlm.types.infer import infer
from lambda_rlm.types.type import TEXT
from tests.support.adversarial import PROFILE
from tests.support.asking import FakeModel

LOOKS = 20
"""Looks at the clock after which the time is over, or the keys are pressed."""
MORE = 5
"""Looks that may follow."""

PAIRS = "count(cross(range(0, 30000), range(0, 30000)), fn(p) => p.first == p.second) > 0"
TEXT_OF = "ab" * 3_000_000
QUOTES = json.dumps([f"word{i} word{i + 1}" for i in range(3_000)])
WORDS = " ".join(f"word{i}" for i in range(3_000))


class Clock:
    """Stands still until it has been looked at some times; then calls `then`, and tells an hour later."""

    def __init__(self, then: Any = None) -> None:
        self.looks = 0
        self.then = then

    def __call__(self) -> float:
        self.looks += 1
        if self.looks == LOOKS and self.then is not None:
            self.then()
        return 3_600.0 if self.looks > LOOKS and self.then is None else 0.0


def job(program: str, clock: Clock, context: str, reply: str = "") -> Any:
    """A run of a program that asks a model with one reply."""
    model = FakeModel(reply, PROFILE)
    budget = Budget(seconds=60.0, fuel=10**12, memory=10**12, tokens=10**12)
    admitted = defer(infer(parse(SourceFile("test", program)), {"query": TEXT, "context": TEXT}), budget, PROFILE)
    values = {"query": "", "context": context}
    return partial(execute, admitted, values, model, options=Options(clock=clock, key=b"key"))


WORK = [
    pytest.param(PAIRS, "", "", id="a loop"),
    pytest.param(r'matches(context, r"(?:a|b)*a(?:a|b){40}\nc")', TEXT_OF.replace("abab", "aba\t"), "", id="a search"),
    pytest.param('length(replace(context, "ab", "c")) > 0', TEXT_OF, "", id="a replacement"),
    pytest.param('length(find_all(context, "ab")) > 0', TEXT_OF, "", id="occurrences"),
    pytest.param('length(rank([context], "ab", 1)) > 0', "中文" * 1_000_000, "", id="a ranking"),
    pytest.param("similarity(take(context, 30000), take_last(context, 30001)) > 0.0", TEXT_OF, "", id="a distance"),
    pytest.param("length(sort_by(find_all(context, \"b\"), fn(n) => 0 - n)) > 0", TEXT_OF, "", id="a sort"),
    pytest.param("length(chunk(context, 9)) > 0", TEXT_OF, "", id="pieces"),
    pytest.param("length(windows(context, 2, 1)) > 0", TEXT_OF, "", id="windows"),
    pytest.param("length(split(context, 900000)) > 0", TEXT_OF, "", id="a split"),
    pytest.param('length(pack([context], 9, "")) > 0', TEXT_OF, "", id="packing"),
    pytest.param('length(escape_regex(repeat(".", 9000000))) > 0', "", "", id="escapes"),
    pytest.param("range(0, 900000)", "", "", id="an answer"),
    pytest.param("length(llm_call[List[Quote]](context, out=100000)) > 0", WORDS, QUOTES, id="a reply"),
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("program", "context", "reply"), WORK)
def test_the_deadline_is_heard_in_work(program: str, context: str, reply: str) -> None:
    clock = Clock()
    ran: Run = anyio.run(job(program, clock, context, reply))
    assert ran.fault is not None
    assert ran.fault.code == "E0407"
    assert clock.looks <= LOOKS + MORE


@pytest.mark.slow
@pytest.mark.parametrize(("program", "context", "reply"), WORK)
def test_a_ctrl_c_is_heard_in_work(program: str, context: str, reply: str) -> None:
    clock = Clock(lambda: os.kill(os.getpid(), signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        blocking(job(program, clock, context, reply))
    assert clock.looks <= LOOKS + MORE


def test_a_ctrl_c_is_heard_by_work_on_a_loop_of_its_own() -> None:
    """As in a notebook: the caller's loop waits, and the other one is busy."""
    clock = Clock(lambda: os.kill(os.getpid(), signal.SIGINT))

    async def notebook() -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        with pytest.raises(KeyboardInterrupt):
            blocking_anywhere(job(PAIRS, clock, ""))

    anyio.run(notebook)
    assert clock.looks < 50_000
