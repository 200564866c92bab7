"""Keys appear in nothing that leaves the process: not in replies, errors, traces, journals, caches and pages."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest

from lambda_rlm.diagnostics.blot import blotted, cut, without_keys
from lambda_rlm.diagnostics.faults import ModelFailure
from lambda_rlm.llm.providers.vendor_errors import mapped, turned_down
from lambda_rlm.testing import request as asked
from tests.support.doors import DOORS, Door
from tests.support.raw_server import raw_server, said
from tests.support.shell import Shell, script, wrote

KEY = "sk-abcdef1234567890wxyz"

pytestmark = pytest.mark.usefixtures("alone")


def held() -> bytes:
    """Every byte of every file that commands have written here."""
    return b"".join(file.read_bytes() for file in Path().rglob("*") if file.is_file() and file.name != "replies.jsonl")


@pytest.mark.parametrize("reply", [f"the key is {KEY}", f'{{"key": "{KEY}"}}', KEY])
def test_a_key_in_a_reply_is_in_no_file_and_on_no_screen(reply: str, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_API_KEY", KEY)
    wrote("p.lam", 'llm_call("x")')
    model = script({"match": "", "reply": reply})
    shown = ""
    for arguments in (
        ("run", "p.lam", "--model", model, "--trace", "t.jsonl"),
        ("show", "last", "--html", "page.html"),
        ("show", "last", "--all"),
        ("show", "last", "--json"),
        ("run", "p.lam", "--model", model, "--json"),
        ("export", "all", "-o", "e.jsonl"),
    ):
        assert shell(*arguments) == 0, shell.err
        shown += shell.out + shell.err
    assert "…" in shown and KEY not in shown
    assert KEY.encode() not in held()


def completion(content: object, finish: str = "stop") -> bytes:
    body = {
        "id": "x", "object": "chat.completion", "created": 1, "model": "m",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": finish}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4},
    }  # fmt: skip
    return said(json.dumps(body).encode(), "Content-Type: application/json")


@pytest.mark.slow
@pytest.mark.parametrize("door", DOORS)
def test_a_given_key_is_in_no_reply_and_no_finish_reason(door: Door) -> None:
    """The server is sent it, and may say it again: in what it replies, and in why it stopped."""

    async def ask(answer: bytes) -> str:
        async with raw_server(answer) as server:
            model = door("openai/m", base_url=server.url, api_key=KEY)
            try:
                return (await model.complete(asked("x"))).text
            except ModelFailure as failed:
                return str(failed)
            finally:
                await model.aclose()

    assert anyio.run(ask, completion(f"it is {KEY}!")) == "it is …!"
    empty = anyio.run(ask, completion(None, f"x{KEY}"))
    assert "unknown finish reason" in empty and "abcdef" not in empty


@pytest.mark.parametrize("before", range(270, 320, 3))
def test_no_half_of_a_key_is_left_where_an_error_is_cut(before: int) -> None:
    said_ = "x" * before + " " + KEY + " and more"
    failures = [
        turned_down(500, json.dumps({"error": {"message": said_}}).encode(), {}, "m", KEY),
        turned_down(500, said_.encode(), {}, "m", KEY),
        mapped(ValueError(said_), "m", None, KEY),
    ]
    for failed in failures:
        assert "abcdef" not in failed.message


def test_no_half_of_a_key_is_left_where_a_long_error_page_is_cut() -> None:
    for before in range(19_970, 20_010):
        failed = turned_down(500, b" " * before + KEY.encode(), {}, "m", KEY)
        assert "abcdef" not in failed.message


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("proxy http://me:hunter2@proxy:80 failed", "proxy http://…proxy:80 failed"),
        ("Authorization: Basic bWU6aHVudGVyMg==", "Authorization: …"),
        ("Bearer abc.def, then", "…, then"),
        ("see https://host/a@b", "see https://host/a@b"),
    ],
)
def test_users_and_passwords_are_blotted(text: str, shown: str) -> None:
    assert blotted(text, environ={}) == shown


def test_a_password_that_is_a_word_changes_no_reply() -> None:
    environ = {"POSTGRES_PASSWORD": "postgres", "DB_PASSWORD": "hunter2hunter", "HOME": "/home/me1234567"}
    said_ = "postgres keeps hunter2hunter in /home/me1234567; sk-abcdefgh"
    assert without_keys(said_, environ=environ) == "postgres keeps … in /home/me1234567; sk-abcdefgh"
    assert blotted(said_, environ=environ) == "… keeps … in /home/me1234567; …"


def test_a_key_within_a_key_is_blotted_whole() -> None:
    environ = {"A_KEY": "abcdefgh1", "B_KEY": "abcdefgh1ijklmnop"}
    assert without_keys("x abcdefgh1ijklmnop y", environ=environ) == "x … y"


def test_what_is_short_is_not_cut() -> None:
    assert (cut("abc", 3), cut("abcd", 3)) == ("abc", "abc…")


@pytest.fixture(autouse=True)
def without_other_keys(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in [name for name in os.environ if name.upper().endswith(("KEY", "TOKEN", "SECRET", "PASSWORD"))]:
        monkeypatch.delenv(name)
    yield
