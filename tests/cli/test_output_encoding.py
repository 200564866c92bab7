"""Standard streams that are not UTF-8, or none: what was paid for is not lost, and a person reads what was replaced."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_rlm.cli import streams
from tests.support.places import ROOT
from tests.support.shell import script, wrote

SIGNS = "“Größe” – 答案 😀"
ENCODINGS = ("ascii", "cp1252", "cp437", "koi8-r", "shift_jis", "utf-8")


def stream(encoding: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding=encoding)


def left(command: str, encoding: str = "utf-8", redirection: str = "") -> subprocess.CompletedProcess[bytes]:
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "0", "PYTHONIOENCODING": encoding}
    line = f"exec {sys.executable} -m lambda_rlm {command} {redirection}"
    done = subprocess.run(["bash", "-c", line], capture_output=True, env=environment, check=False)
    assert b"Traceback" not in done.stderr and b"Exception ignored" not in done.stderr, done.stderr
    return done


@given(st.dictionaries(st.text(), st.text() | st.lists(st.text())), st.sampled_from(ENCODINGS))
def test_json_means_the_same_in_every_encoding(data: dict[str, object], encoding: str) -> None:
    text, replaced = streams.writable(json.dumps(data, ensure_ascii=False), stream(encoding))
    assert json.loads(text.encode(encoding).decode(encoding)) == data and replaced == ""


@given(st.text(), st.sampled_from(ENCODINGS))
def test_a_text_is_written_whole_in_every_encoding(text: str, encoding: str) -> None:
    """What is replaced is named; all else is as it is."""
    fitted, replaced = streams.writable(text, stream(encoding))
    fitted.encode(encoding)
    assert fitted == text if not replaced else set(replaced) <= set(text)
    assert streams.writable("".join(sign for sign in text if sign not in replaced), stream(encoding))[1] == ""


def test_signs_have_stand_ins_and_letters_escapes() -> None:
    assert streams.writable(SIGNS, stream("ascii"))[0] == '"Gr\\u00f6\\u00dfe" - \\u7b54\\u6848 \\ud83d\\ude00'
    assert streams.writable(SIGNS, stream("cp1252")) == ("“Größe” – \\u7b54\\u6848 \\ud83d\\ude00", "答案😀")
    assert streams.writable(SIGNS, stream("utf-8")) == (SIGNS, "")


def test_half_a_pair_is_written_as_its_escape() -> None:
    """Names of files that are not UTF-8 have such halves."""
    assert streams.writable("caf\udce9.txt", stream("utf-8")) == ("caf\\udce9.txt", "\udce9")
    assert streams.writable('{"file": "caf\udce9.txt"}', stream("utf-8")) == ('{"file": "caf\\udce9.txt"}', "")


@pytest.mark.slow
@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_an_answer_is_readable_on_every_output(encoding: str) -> None:
    # pallets/click #3778, code42/code42cli #338, xinjli/allosaurus #73, Aider-AI/aider #4582: a redirected output of Windows ends the program
    wrote("p.lam", 'llm_call("x")')
    model = script({"match": "", "reply": SIGNS})
    told = left(f"run p.lam --model {model} --json --no-journal", encoding)
    assert json.loads(told.stdout.decode(encoding))["answer"] == SIGNS
    plain = left(f"run p.lam --model {model} --no-journal", encoding)
    assert plain.returncode == 0
    assert plain.stdout.decode(encoding).rstrip("\n") == streams.writable(SIGNS, stream(encoding))[0]
    err = plain.stderr.decode(encoding)
    assert err.count(f"cannot be written in {encoding}, the encoding of standard output") == (encoding != "utf-8")


@pytest.mark.slow
@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize(
    "command", ["--help", "ask --help", "explain", "grammar --format lark", "run wrong.lam", "inspect a.txt"]
)
def test_every_page_can_be_written_in_an_old_encoding(command: str) -> None:
    # pallets/click #3778: a page of help ends in an error where a redirected output cannot encode a sign of it
    wrote("a.txt", "é ≤ 答")
    wrote("wrong.lam", '"é" + 1  # ≤ 答')
    for encoding in ("koi8-r", "cp437"):
        done = left(command, encoding)
        assert done.returncode != 70, done.stderr
        assert not {"\ufffd", "…"} & set((done.stdout + done.stderr).decode(encoding))


@pytest.mark.slow
@pytest.mark.usefixtures("alone")
def test_a_name_of_a_file_that_is_no_utf8_is_read_and_shown() -> None:
    Path(os.fsdecode(b"caf\xe9.txt")).write_text("bees", "utf-8")
    wrote("p.lam", 'llm_call("x")')
    model = script({"match": "", "reply": "r"})
    for extra in ("", "--json"):
        done = left(f"run p.lam . --model {model} --no-journal {extra}")
        assert done.returncode == 0, done.stderr


@pytest.mark.slow
@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize("missing", ["stdout", "stderr", "stdin"])
def test_a_stream_that_is_none_brings_no_traceback(missing: str) -> None:
    # pallets/click #2415, Textualize/rich #2400, mar10/wsgidav #141: under pythonw the standard streams are None
    wrote("p.lam", "1 + 1")
    program = f"import sys; sys.{missing} = None; from lambda_rlm.cli import main; main(['run', 'p.lam', '--no-journal'])"
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, env=environment, check=False)
    assert b"Traceback" not in done.stderr, done.stderr
    if missing == "stdout":
        assert done.returncode == 64 and b"cannot be written to standard output" in done.stderr
    else:
        assert (done.returncode, done.stdout) == (0, b"2\n")
