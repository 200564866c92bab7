"""A run on record: whatever came of its calls, their figures add up to the usage of the run, each call counted once."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambda_rlm import RLM, Budget
from lambda_rlm.completion import Completion, CompletionRequest
from lambda_rlm.diagnostics.faults import Fault, ModelFailure
from lambda_rlm.journal.journal import Journal
from lambda_rlm.journal.report.run_report import RunReport, report
from lambda_rlm.journal.report.tree import lines
from lambda_rlm.llm.wrappers.cache import Cached, ReplyStore
from lambda_rlm.llm.wrappers.retry import RetryingModel, RetryPolicy
from tests.support.sleeping import at_once
from tests.support.spending import PROFILE, Greedy

pytestmark = pytest.mark.slow

PROGRAMS: Final = (
    "ws |> map(fn(w) => llm_call[Int](w))",
    'ws |> map(fn(w) => llm_call[Int](w) + llm_call[Int](f"again: {w}"))',
    'llm_map[Int](ws, "How many?", per_call=1)',
    "ws |> map(fn(w) => llm_call[Int](w, or_else=0))",
    'ws |> map(fn(w) => llm_call(w)) |> join(" ")',
    'rlm_call("Who?", join(ws, " "), 4)',
)
WORDS = st.lists(
    st.sampled_from([f"{letter} {need}" for letter in "abc" for need in ("fine", "fine", "repaired", "hopeless", "failing")]),
    min_size=1,
    max_size=6,
)


class Moody(Greedy):
    """Writes programs; gives good replies, ones to repair and hopeless ones, and fails for some words while it is `bad`."""

    bad = True

    async def complete(self, request: CompletionRequest) -> Completion:
        if self.bad and "failing" in request.messages[-1].content:
            raise ModelFailure("E0506", "the key was refused", is_fatal=True)
        return await super().complete(request)


def reply(request: CompletionRequest) -> str:
    text = request.messages[-1].content
    if "Write the program" in text:
        return 'llm_call(f"Read: {context}") ++ llm_call(f"Read: {context}")'
    good = '{"1": 7}' if '"1"' in text else "7"
    is_first = "An earlier reply" not in text
    return "none" if "hopeless" in text or ("repaired" in text and is_first) else good


def made(path: Path, program: str, words: list[str], failures: int, is_cached: bool, concurrency: int, resumes: int) -> str:
    """The id of a run that was resumed that many times, the last time with a model that does not fail any more."""
    model = Moody(reply, PROFILE, failures=failures)
    whole: Any = model if not failures else RetryingModel(model, RetryPolicy(retries=failures), sleep=at_once)
    if is_cached:
        whole = Cached(whole, ReplyStore(path / "replies.sqlite3"), owns_store=False)
        with suppress(Fault):
            RLM(whole, pool=1_000).run(program, {"ws": words[:2]})
    rlm = RLM(whole, budget=Budget(concurrency=concurrency), journal=path / "j.sqlite3", pool=1_000)
    try:
        return rlm.run(program, {"ws": words}).id
    except Fault as fault:
        run = str(fault.run)
    for turn in range(resumes):
        model.bad = turn < resumes - 1
        try:
            return rlm.resume(run, {"ws": words}).id
        except Fault:
            pass
    return run


def of(path: Path, run: str) -> RunReport:
    with Journal(path / "j.sqlite3", is_new=False) as journal:
        return report(journal.run(run), journal.calls(run), journal.programs(run), journal.reply_rows(run))


@settings(deadline=None, max_examples=25)
@given(st.sampled_from(PROGRAMS), WORDS, st.integers(0, 1), st.booleans(), st.sampled_from([1, 2, 16]), st.integers(0, 2))
def test_the_figures_of_the_calls_are_the_usage_of_the_run(
    program: str, words: list[str], failures: int, is_cached: bool, concurrency: int, resumes: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        details = of(Path(folder), made(Path(folder), program, words, failures, is_cached, concurrency, resumes))
        outcome = details.run.outcome
    assert outcome is not None
    usage, written = outcome["usage"], (outcome.get("synthesis") or {}).get("usage") or {}
    found = details.tree.figures
    assert found.calls == usage["calls"] + written.get("calls", 0)
    assert (found.shared, found.cached, found.failed) == tuple(
        usage[f"{name}_calls"] for name in ("shared", "cached", "failed")
    )
    for name in ("input_tokens", "output_tokens"):
        assert getattr(found, name) == usage[name] + written.get(name, 0)
    assert found.usd == pytest.approx(usage["usd"] + written.get("usd", 0.0), abs=1e-9)
    assert next(lines(details.tree)) == found.shown
