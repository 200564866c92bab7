"""The commands about programs, the settings, and the command line as a process of its own."""

from __future__ import annotations

import errno
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from lambda_rlm.cli.app import run_command
from lambda_rlm.cli.commands import app
from tests.support.places import ROOT
from tests.support.shell import Shell, script, wrote

pytestmark = pytest.mark.usefixtures("alone")


# ── check, fmt, explain, models ──


def test_check_json_has_the_promised_keys(shell: Shell) -> None:
    assert shell("check", wrote("p.lam", "llm_call(take(context, 9))"), "--json") == 0
    found = shell.json
    assert (found["ok"], found["type"], found["effect"], found["diagnostics"]) == (True, "Text", "llm", [])
    assert found["inputs"] == {"context": "Text", "query": "Text"}
    assert found["bound"] is None


def test_inputs_may_be_declared_without_data(shell: Shell) -> None:
    wrote("p.lam", "length(rows) + sum(map(rows, fn(r) => r.id))")
    assert shell("check", "p.lam") == 1
    assert shell("check", "p.lam", "--declare", "rows: List[{ id: Int }]") == 0
    assert shell.out == "ok: Int ! pure\n"


def test_check_shows_how_keys_were_renamed(shell: Shell) -> None:
    wrote("rows.jsonl", '{"user id": 1}\n')
    wrote("p.lam", "sum(map(context, fn(r) => r.user_id))")
    assert shell("check", "p.lam", "rows.jsonl") == 0
    assert "'user id' is user_id" in shell.err
    assert shell("check", "p.lam", "rows.jsonl", "--json") == 0
    assert "'user id' is user_id" in shell.json["notes"][0]
    assert shell("run", "p.lam", "rows.jsonl", "--json") == 0
    assert "'user id' is user_id" in shell.json["notes"][0]


def test_the_stages_of_a_program_are_printed(shell: Shell) -> None:
    wrote("p.lam", "let n = length(context);\nn+1")
    seen = {}
    for stage in ("tokens", "tree", "term", "types"):
        assert shell("check", "p.lam", "--emit", stage) == 0
        seen[stage] = shell.out
    assert "1:5 NAME n" in seen["tokens"]
    assert "    value: App 1:9" in seen["tree"]
    assert seen["term"] == "let n = length(context);\n\nn + 1\n" or "n + 1" in seen["term"]
    assert seen["types"] == "n: Int\n(the answer): Int ! pure\n"


def test_fmt_rewrites_in_place_and_check_only_says(shell: Shell) -> None:
    wrote("p.lam", "1+1")
    os.chmod("p.lam", 0o640)
    assert shell("fmt", "--check", "p.lam") == 1
    assert Path("p.lam").read_text() == "1+1"
    assert shell("fmt", "p.lam") == 0
    assert Path("p.lam").read_text() == "1 + 1\n"
    assert Path("p.lam").stat().st_mode & 0o777 == 0o640
    assert shell("fmt", "--check", "p.lam") == 0
    assert os.listdir() == ["p.lam"]


def test_fmt_leaves_a_program_that_does_not_parse_as_it_is(shell: Shell) -> None:
    wrote("bad.lam", "1 +")
    wrote("good.lam", "1+1")
    assert shell("fmt", "bad.lam", "good.lam") == 1
    assert Path("bad.lam").read_text() == "1 +"
    assert Path("good.lam").read_text() == "1 + 1\n"


def test_explain_shows_a_bad_and_a_fixed_program(shell: Shell) -> None:
    from lambda_rlm.diagnostics.codes import CODES

    code = next(iter(CODES))
    assert shell("explain", code.lower()) == 0
    assert CODES[code].title in shell.out
    assert "Wrong:" in shell.out
    assert shell("explain") == 0
    assert shell.out.count("\n") == len(CODES)


def test_models_tells_what_is_missing(shell: Shell) -> None:
    assert shell("models") == 0
    assert "models get qwen2.5-coder-0.5b" in shell.out
    assert shell("models", "--json") == 0
    assert shell.json["default"] == "local/qwen2.5-coder-0.5b"


def test_models_shows_cached_and_batch_prices_and_their_date(shell: Shell) -> None:
    assert shell("models") == 0
    cached_and_batch = "$0.25/M in (cached $0.025/M), $2.00/M out (in a batch $0.125/M in, $1.00/M out)"
    assert cached_and_batch in shell.out
    assert re.search(r"^Prices of 20\d\d-\d\d-\d\d, in US dollars per million tokens\.$", shell.out, re.MULTILINE)
    assert shell("models", "--json") == 0
    rows = {row["name"]: row for row in shell.json["models"]}
    row = rows["openai/gpt-5-mini"]
    assert (row["cached_input_price"], row["batch_input_price"], row["batch_output_price"]) == (2.5e-8, 1.25e-7, 1e-6)
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", row["prices_as_of"])
    assert rows["local/smollm2-135m"]["prices_as_of"] is None


def test_check_shows_the_date_of_the_prices_it_uses(shell: Shell) -> None:
    program = wrote("p.lam", 'llm_call("hello")')
    sized = ("check", program, "--size", "context=9", "--model", "openai/gpt-5-mini")
    assert shell(*sized) == 0
    assert re.search(r"per million tokens \(prices of 20\d\d-\d\d-\d\d\)", shell.out)
    assert shell(*sized, "--json") == 0
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", shell.json["model"]["prices_as_of"])
    assert shell("check", program, "--size", "context=9", "--model", "sim:?price_in=1&price_out=1", "--json") == 0
    assert shell.json["model"]["prices_as_of"] is None


def test_every_command_has_help_with_an_example(shell: Shell) -> None:
    names = [c.name or c.callback.__name__ for c in app.registered_commands if c.callback]
    assert {"ask", "check", "explain", "fmt", "prompt", "run"} <= set(names)
    for arguments in [[n] for n in names] + [["models"], ["models", "get"]]:
        assert shell(*arguments, "--help") == 0
        assert "Example: lambda-rlm " in shell.out


def test_no_command_is_wrong_usage_that_lists_the_commands(shell: Shell) -> None:
    assert shell() == 64
    assert shell.out == ""
    assert "explain" in shell.err
    assert shell("--version") == 0
    assert shell.out.startswith("lambda-rlm ")


# ── settings ──


def test_the_nearest_setting_wins(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    wrote("p.lam", 'map(["a", "b", "c"], fn(x) => llm_call(x))')
    model = script({"match": "", "reply": "r"})
    wrote("pyproject.toml", f'[tool.lambda-rlm]\nmodel = "{model}"\nmax-calls = 3\n')
    assert shell("trust", "--yes") == 0
    assert shell("run", "p.lam") == 0
    wrote("lambda-rlm.toml", "max_calls = 2\n")
    assert shell("run", "p.lam") == 1
    monkeypatch.setenv("LAMBDA_RLM_MAX_CALLS", "3")
    assert shell("run", "p.lam") == 0
    assert shell("run", "p.lam", "--max-calls", "1") == 1


@pytest.mark.parametrize("name", ["out", "rpm", "tpm", "hedge"])
def test_a_setting_that_counts_is_more_than_nothing(shell: Shell, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(f"LAMBDA_RLM_{name.upper()}", "-3")
    assert shell("check", wrote("p.lam", "1")) == 64
    assert f"{name} must be more than 0" in shell.err


def test_a_pool_is_a_number_or_a_share(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    model = script({"profile": {"input_price": 1e-6, "output_price": 1e-6, "resends": 2}}, {"match": "", "reply": "x"})
    wrote("a.txt", "a b c d e f g h i j k")
    wrote("p.lam", "words(context) |> map(fn(w) => llm_call(w))")
    for pool, attempts in ((None, 2), ("0", 0), ("3", 3), ("50%", 6), ("1000%", 22)):
        given = () if pool is None else ("--pool", pool)
        assert shell("check", "p.lam", "a.txt", "--model", model, *given, "--json") == 0
        assert shell.json["bound"]["pool"] == attempts
    assert shell("check", "p.lam", "a.txt", "--pool", "half") == 64
    assert "a pool is a whole number or a share" in shell.err and "--pool 10%" in shell.err
    monkeypatch.setenv("LAMBDA_RLM_POOL", "4")
    assert shell("run", "p.lam", "a.txt", "--model", model, "--json") == 0
    assert (shell.json["bound"]["pool"], shell.json["usage"]["extra_attempts"]) == (4, 0)


@pytest.mark.parametrize("text", ["max_call = 1\n", 'max_calls = "1"\n', "strict = 1\n", "max_calls = \n", 'task = "sing"\n'])
def test_settings_that_mean_nothing_are_refused_with_their_file(shell: Shell, text: str) -> None:
    wrote("lambda-rlm.toml", text)
    assert shell("run", wrote("p.lam", "1")) == 64
    assert "lambda-rlm.toml" in shell.err


# ── as a process ──


def process(*arguments: str, **more: Any) -> subprocess.Popen[str]:
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "lambda_rlm", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, **more)


@pytest.mark.slow
def test_the_module_is_the_command() -> None:
    wrote("p.lam", "1 + 1")
    done = process("run", "p.lam")
    assert done.communicate(timeout=60)[0] == "2\n"
    assert done.returncode == 0


def interrupted(*arguments: str, calls: int = 1) -> tuple[int, str, str, float]:
    """A command that is stopped by Ctrl-C once its trace shows that so many calls have begun."""
    running = process(*arguments, "--trace", "t.jsonl")
    until = time.monotonic() + 60
    while not (Path("t.jsonl").exists() and Path("t.jsonl").read_text().count('"call_started"') == calls):
        assert time.monotonic() < until and running.poll() is None
        time.sleep(0.02)
    sent = time.monotonic()
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=30)
    return running.returncode, out, err, time.monotonic() - sent


@pytest.mark.slow
def test_ctrl_c_cancels_calls_in_flight_and_prints_the_usage() -> None:
    model = script({"match": "one", "reply": "1"}, {"match": "", "reply": "2", "delay": 300})
    wrote("p.lam", 'let a = llm_call("one"); llm_call(f"two {a}")')
    Path("t.jsonl").unlink(missing_ok=True)
    code, out, err, seconds = interrupted("run", "p.lam", "--model", model, calls=2)
    assert code == 130
    assert out == ""
    assert re.search(r"interrupted\nso far · \d calls? · \d+ \+ \d+ tokens · free", err)
    assert "Traceback" not in err
    assert seconds < 10
    events = [json.loads(line) for line in Path("t.jsonl").read_text().splitlines()]
    assert events[-1]["failure"] == "cancelled"


@pytest.mark.slow
def test_ctrl_c_with_json_is_one_object() -> None:
    model = script({"match": "", "reply": "2", "delay": 300})
    code, out, err, _ = interrupted("run", wrote("p.lam", 'llm_call("x")'), "--model", model, "--json")
    assert code == 130
    assert json.loads(out)["fault"]["message"] == "interrupted"
    assert json.loads(out)["usage"]["calls"] == 1
    assert err == ""


def working(program: str) -> subprocess.Popen[str]:
    """A process in the midst of pure work that takes minutes."""
    running = process("run", wrote("p.lam", program), "--trace", "t.jsonl", "--fuel", str(10**12), "--memory", str(10**12))
    until = time.monotonic() + 60
    while not Path("t.jsonl").exists():
        assert time.monotonic() < until
        time.sleep(0.02)
    time.sleep(0.2)
    return running


@pytest.mark.slow
def test_ctrl_c_stops_pure_work_at_once() -> None:
    running = working("fold(range(0, 1000000), 0, fn(acc, x) => acc + sum(map(range(0, 1000), fn(y) => x * y % 7)))")
    running.send_signal(signal.SIGINT)
    sent = time.monotonic()
    _, err = running.communicate(timeout=60)
    assert time.monotonic() - sent < 10
    assert running.returncode == 130, err
    assert err.startswith("interrupted\n") and "Traceback" not in err


@pytest.mark.parametrize("json_wanted", [True, False])
def test_ctrl_c_while_the_command_is_loaded_is_told_too(json_wanted: bool, capsys: pytest.CaptureFixture[str]) -> None:
    import lambda_rlm.cli as cli

    def interrupted(arguments: list[str]) -> int:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lambda_rlm.cli.app.run_command", interrupted)
        patch.setattr("os._exit", sys.exit)
        with pytest.raises(SystemExit) as left:
            cli.main(["run", "p.lam", *(["--json"] if json_wanted else [])])
    assert left.value.code == 130
    out, err = capsys.readouterr()
    if json_wanted:
        assert json.loads(out)["fault"]["message"] == "interrupted" and err == ""
    else:
        assert (out, err) == ("", "interrupted\n")


class Full(io.StringIO):
    """An output on a device that is full."""

    def flush(self) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_an_answer_that_cannot_be_written_is_said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    wrote("p.lam", "1 + 1")
    monkeypatch.setattr(sys, "stdout", Full())
    assert run_command(["run", "p.lam"]) == 64
    assert "error: the answer cannot be written to standard output: No space left on device" in capsys.readouterr().err


@pytest.mark.slow
def test_a_closed_pipe_is_no_error() -> None:
    wrote("p.lam", 'repeat("x", 5000000)')
    running = process("run", "p.lam")
    assert running.stdout is not None
    running.stdout.read(10)
    running.stdout.close()
    assert running.wait(60) == 0
    assert running.stderr is not None
    assert "Traceback" not in running.stderr.read()
    running.stderr.close()


@pytest.mark.slow
def test_standard_input_is_an_input_and_a_program() -> None:
    wrote("p.lam", "length(context)")
    assert process("run", "p.lam", "-", stdin=subprocess.PIPE).communicate("λλλ", timeout=60)[0] == "3\n"
    assert process("run", "-", stdin=subprocess.PIPE).communicate("1 + 2", timeout=60)[0] == "3\n"
