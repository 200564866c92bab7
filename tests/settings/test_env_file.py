"""Keys from a file that a person names: what counts, what does not, and that no value is told."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_rlm import RLM, ScriptedModel
from lambda_rlm.diagnostics.blot import blotted, without_keys
from lambda_rlm.settings.env_file import KeysRead, _variables, is_key, load_keys
from lambda_rlm.settings.problem import SettingProblem
from tests.support.counting_server import CountingServer
from tests.support.shell import Shell, script, wrote

SECRET = "canary-0123456789"


def env(path: Path, text: str, mode: int = 0o600) -> Path:
    file = path / "keys.env"
    file.write_text(text, encoding="utf-8")
    file.chmod(mode)
    return file


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test loads is gone after it."""
    for name in ("OPENAI_API_KEY", "SOME_ACCESS_KEY_ID", "ANTHROPIC_API_KEY"):
        monkeypatch.setenv(name, "x")
        monkeypatch.delenv(name)


def test_keys_count_and_nothing_else(tmp_path: Path) -> None:
    file = env(
        tmp_path, "OPENAI_API_KEY=a\nOPENAI_BASE_URL=http://x\nHTTPS_PROXY=p\nLAMBDA_RLM_MAX_COST=9\nPATH=/x\nA_TOKEN=\n"
    )
    environ: dict[str, str] = {}
    other = ("OPENAI_BASE_URL", "HTTPS_PROXY", "LAMBDA_RLM_MAX_COST", "PATH")
    assert load_keys(file, environ) == KeysRead(("OPENAI_API_KEY",), (), other)
    assert environ == {"OPENAI_API_KEY": "a"}


def test_what_is_set_stays(tmp_path: Path) -> None:
    environ = {"OPENAI_API_KEY": "mine"}
    assert load_keys(env(tmp_path, "OPENAI_API_KEY=a\nB_SECRET=b"), environ) == KeysRead(("B_SECRET",), ("OPENAI_API_KEY",))
    assert environ == {"OPENAI_API_KEY": "mine", "B_SECRET": "b"}


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("K_KEY=abc", "abc"),
        ("  export K_KEY = abc  ", "abc"),
        ("K_KEY=a=b#c", "a=b#c"),
        ("K_KEY=abc # mine", "abc"),
        ("K_KEY='a # ${b}'", "a # ${b}"),
        ('K_KEY="a\\n\\"b\\" \\\\" # mine', 'a\n"b" \\'),
        ("K_KEY=", ""),
        ("K_KEY=$ab", "$ab"),
        ("\ufeffK_KEY=abc\r", "abc"),
    ],
)
def test_a_line_is_read(line: str, value: str) -> None:
    assert _variables(f"{line}\n# K_KEY=no\n\n".encode(), "f") == {"K_KEY": value}


@pytest.mark.parametrize(
    "line",
    [
        "K_KEY",
        f"K_KEY='{SECRET}",
        f'K_KEY="{SECRET}',
        f"K_KEY={SECRET}${{HOME}}",
        f"1K={SECRET}",
        f"K-KEY={SECRET}",
        "K_KEY='a'b",
    ],
)
def test_a_line_that_cannot_be_read_is_named_by_number(line: str, tmp_path: Path) -> None:
    with pytest.raises(SettingProblem, match="line 2") as caught:
        load_keys(env(tmp_path, f"A_KEY=a\n{line}\n"), {})
    assert SECRET not in str(caught.value)


NAMES = st.sampled_from(["A_KEY", "export B_TOKEN", "C"])
VALUES = st.text(st.sampled_from("ab $#'\"\\=n{}\t"), max_size=8)


@given(st.lists(st.tuples(NAMES, st.sampled_from(["=", " = "]), VALUES), max_size=4))
def test_what_is_read_is_what_python_dotenv_reads(rows: list[tuple[str, str, str]]) -> None:
    """A file that this reader takes means the same to the usual one."""
    dotenv = pytest.importorskip("dotenv", reason="comes with litellm")
    import io

    text = "".join(f"{name}{equals}{value}\n" for name, equals, value in rows)
    try:
        found = _variables(text.encode(), "f")
    except SettingProblem:
        return
    assert found == dotenv.dotenv_values(stream=io.StringIO(text), interpolate=False)


@pytest.mark.parametrize(
    "name", ["OPENAI_API_KEY", "AWS_ACCESS_KEY_ID", "HF_TOKEN", "MYAPIKEY", "DB_PASSWORD", "AWS_SECRET_ACCESS_KEY"]
)
def test_names_of_keys(name: str) -> None:
    assert is_key(name) and not is_key("LAMBDA_RLM_KEY") and not is_key("MONKEYS") and not is_key("MAX_TOKENS")


@pytest.mark.skipif(sys.platform == "win32", reason="modes of files are those of POSIX")
def test_a_file_that_others_may_write_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingProblem, match="other users"):
        load_keys(env(tmp_path, "A_KEY=a", 0o666), {})
    with pytest.raises(SettingProblem, match="cannot read"):
        load_keys(tmp_path / "absent", {})
    with pytest.raises(SettingProblem, match="UTF-8"):
        (tmp_path / "b").write_bytes(b"A_KEY=\xff")
        load_keys(tmp_path / "b", {})


def test_values_are_left_out_of_texts(tmp_path: Path) -> None:
    """Also where the name of the variable does not end as names of keys do, and where the environment has another value."""
    load_keys(env(tmp_path, f"SOME_ACCESS_KEY_ID={SECRET}"), {"SOME_ACCESS_KEY_ID": "other"})
    assert SECRET not in blotted(f"denied: {SECRET}") and SECRET not in without_keys(f"the key {SECRET}")


def test_no_file_is_read_that_nobody_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text(f"OPENAI_API_KEY={SECRET}\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    RLM(ScriptedModel.from_rules([("", "bees")])).ask("What?", context="c")
    assert "OPENAI_API_KEY" not in os.environ


def test_a_host_names_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = env(tmp_path, f"OPENAI_API_KEY={SECRET}\n")
    with CountingServer(reply=f"the key is {SECRET}") as server:
        run = RLM("openai/m", base_url=server.url, env_file=file, strategy="direct").ask("What?", context="c")
    assert os.environ["OPENAI_API_KEY"] == SECRET and SECRET not in run.answer
    monkeypatch.delenv("OPENAI_API_KEY")
    monkeypatch.setenv("LAMBDA_RLM_ENV_FILE", str(file))
    RLM(ScriptedModel.from_rules([("", "bees")]))
    assert os.environ["OPENAI_API_KEY"] == SECRET
    monkeypatch.setenv("LAMBDA_RLM_ENV_FILE", "keys.env")
    with pytest.raises(SettingProblem, match="absolute"):
        RLM(ScriptedModel.from_rules([("", "bees")]))


@pytest.mark.usefixtures("alone")
def test_a_command_names_a_file(shell: Shell) -> None:
    env(Path(), f"ANTHROPIC_API_KEY={SECRET}\nDATABASE_URL=postgres://{SECRET}\n")
    model = script({"match": "", "reply": "bees"})
    assert shell("ask", "What?", wrote("a.txt", "c"), "--model", model, "--env-file", "keys.env") == 0
    assert "not keys, so not used from keys.env: DATABASE_URL" in shell.err and SECRET not in shell.err + shell.out
    assert os.environ["ANTHROPIC_API_KEY"] == SECRET
    assert shell("ask", "What?", "a.txt", "--model", model, "--env-file", "absent") == 64


@pytest.mark.usefixtures("alone")
def test_a_file_of_a_project_names_none(shell: Shell) -> None:
    env(Path(), f"ANTHROPIC_API_KEY={SECRET}\n")
    wrote("lambda-rlm.toml", f'env_file = "{Path("keys.env").absolute()}"\n')
    model = script({"match": "", "reply": "bees"})
    assert shell("ask", "What?", wrote("a.txt", "c"), "--model", model) == 0
    assert "ANTHROPIC_API_KEY" not in os.environ and "env_file" in shell.err
