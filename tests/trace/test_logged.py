"""A run as records of `logging`: what they say, and that nothing of a person's data or keys is in them."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lambda_rlm import RLM, Fault, LambdaRLMError, ScriptedModel
from lambda_rlm.events import Hedging, Retrying
from lambda_rlm.trace.logged import RunLog
from tests.support.counting_server import CountingServer
from tests.support.places import ROOT

KEY, USER, QUERY, INPUT, ASKED, REPLY = (
    "sk-canary-key-0123456789", "canaryuser77", "canaryquery77", "canaryinput77", "canaryasked77", "canaryreply77"
)  # fmt: skip
CANARIES = (KEY, USER, QUERY, INPUT, ASKED, REPLY, "canary")


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [f"{r.name} {r.levelname} {r.getMessage()}" for r in caplog.records if r.name.startswith("lambda_rlm")]


def clean(caplog: pytest.LogCaptureFixture) -> None:
    """No record has a canary in its text, its arguments or its attributes."""
    for record in caplog.records:
        text = " ".join((record.getMessage(), repr(record.__dict__), record.exc_text or ""))
        assert [canary for canary in CANARIES if canary in text] == []


def test_a_run_is_logged_from_its_beginning_to_its_end(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "lambda_rlm")
    run = RLM(ScriptedModel.from_rules([("", "bees")])).ask("What?", context="Ann keeps bees.")
    names = [line.split(" ")[0] for line in told(caplog)]
    assert names == ["lambda_rlm.answering", "lambda_rlm.answering", "lambda_rlm.execution", "lambda_rlm.answering"]
    begun, routed, program, finished = (record.getMessage() for record in caplog.records)
    assert begun.startswith(f"run {run.id} begun: model ") and "route direct" in routed
    assert "calls at most 1" in program and f"{run.usage.input_tokens:,} + {run.usage.output_tokens:,} tokens" in finished
    assert {record.__dict__["run_id"] for record in caplog.records} == {run.id}


def test_each_call_is_logged_for_who_debugs(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "lambda_rlm.llm")
    with CountingServer(reply="bees") as server:
        RLM("openai/m", base_url=server.url, strategy="direct").ask("What?", context="Ann keeps bees.")
    (line,) = [line for line in told(caplog) if " DEBUG " in line]
    assert "call " in line and "to openai/m replied: 10 + 2 tokens, 1 attempt," in line


def test_a_fault_and_a_degraded_answer_are_warnings(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "lambda_rlm")
    with pytest.raises(Fault):
        RLM(ScriptedModel.from_rules([{"match": "", "failure": "E0510"}]), strategy="direct").ask("What?", context="c")
    (line,) = told(caplog)
    assert line.startswith("lambda_rlm.answering WARNING") and "failed with E0510 " in line


def test_retries_and_second_requests_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "lambda_rlm")
    log = RunLog("R")
    log(Retrying("E0506", f"the server said {KEY} {INPUT}", 2, 1.5))
    log(Hedging(3.0))
    assert "attempt 2 failed (E0506 " in told(caplog)[0] and "again in 1.5 s" in told(caplog)[0]
    assert "no reply after 3.0 s" in told(caplog)[1]
    clean(caplog)


@pytest.mark.parametrize("strategy", ["direct", "plan", "synth", "auto"])
def test_no_secret_and_no_content_is_in_any_record(
    strategy: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At every level, of every logger of the process, on every route, whether it answers or not."""
    caplog.set_level(1)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with CountingServer(reply=f'llm_call(f"{ASKED} {REPLY} {{context}}")') as server:
        url = server.url.replace("http://", f"http://{USER}:{KEY}@") + f"?token={QUERY}"
        for address in (server.url, url):
            rlm = RLM("openai/m", base_url=address, strategy=strategy, task="search")  # type: ignore[arg-type]
            with suppress(LambdaRLMError):
                rlm.ask(f"Who is {ASKED}?", context=f"{INPUT} keeps bees. " * 40)
    assert any(line.startswith("lambda_rlm.answering") for line in told(caplog))
    clean(caplog)


@pytest.mark.parametrize("failure", ["E0501", "E0506", "E0510", "E0513"])
def test_a_message_of_a_fault_is_in_no_record(failure: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(1)
    is_bad_reply = failure == "E0513"
    rule = {"match": "", **({"reply": REPLY} if is_bad_reply else {"failure": failure})}
    with pytest.raises(Fault):
        RLM(ScriptedModel.from_rules([rule])).ask(ASKED, context=INPUT, returns="Int" if is_bad_reply else None)
    assert told(caplog)
    clean(caplog)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(user=st.text("ab:/%@", max_size=8), path=st.sampled_from(["/v1", "/canary/v1", "?canary", "#canary", "/v1?k=canary"]))
def test_of_a_url_only_the_host_is_logged(user: str, path: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(1)
    caplog.clear()
    authority = user.replace("/", "")
    RunLog("R").begun("m", "m", f"http://canary{authority}@host.test:8000{path}")
    (line,) = told(caplog)
    assert line.endswith("server host.test:8000")
    clean(caplog)


def test_nothing_is_written_where_nobody_configured_logging(tmp_path: Path) -> None:
    """Not even warnings: the library has a NullHandler."""
    program = (
        "from lambda_rlm import RLM, Fault, ScriptedModel\n"
        "try: RLM(ScriptedModel.from_rules([{'match': '', 'failure': 'E0510'}])).ask('q', context='c')\n"
        "except Fault: print('fault')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "LAMBDA_RLM_HOME": str(tmp_path)},
    )
    assert (done.stdout, done.stderr) == ("fault\n", "")


def test_records_are_fit_for_json(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "lambda_rlm")
    RLM(ScriptedModel.from_rules([("", "bees")])).ask("What?", context="Ann keeps bees.")
    json.dumps([[record.name, record.levelname, record.getMessage(), record.__dict__["run_id"]] for record in caplog.records])


def test_a_handler_that_fails_takes_no_answer_away() -> None:
    class Broken(logging.Handler):
        def handle(self, record: logging.LogRecord) -> bool:
            raise RuntimeError

    logger, broken = logging.getLogger("lambda_rlm"), Broken(logging.DEBUG)
    logger.addHandler(broken)
    logger.setLevel(logging.DEBUG)
    try:
        assert RLM(ScriptedModel.from_rules([("", "bees")])).ask("What?", context="c").answer == "bees"
    finally:
        logger.removeHandler(broken)
        logger.setLevel(logging.NOTSET)
