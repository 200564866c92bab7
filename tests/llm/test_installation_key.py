"""The key for the codes of data markers: made once, private, and never an error."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from lambda_rlm.llm import installation_key as module
from lambda_rlm.llm.installation_key import FILE, SIZE, installation_key, key_in


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    key_in.cache_clear()
    monkeypatch.setenv("LAMBDA_RLM_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def in_a_new_process() -> bytes:
    key_in.cache_clear()
    return installation_key()


def test_the_key_is_made_once_and_outlives_the_process(home: Path) -> None:
    key = installation_key()
    assert len(key) == SIZE
    assert in_a_new_process() == key
    assert [file.name for file in home.iterdir()] == [FILE]


def test_only_its_owner_may_read_the_key(home: Path) -> None:
    installation_key()
    assert stat.S_IMODE((home / FILE).stat().st_mode) == 0o600


def test_a_key_that_others_can_read_is_replaced(home: Path) -> None:
    key = installation_key()
    (home / FILE).chmod(0o644)
    other = in_a_new_process()
    assert other != key
    assert (stat.S_IMODE((home / FILE).stat().st_mode), (home / FILE).read_bytes()) == (0o600, other)


@pytest.mark.parametrize("content", [b"", b"short", b"x" * (SIZE + 1)], ids=["empty", "short", "long"])
def test_a_damaged_key_is_replaced(home: Path, content: bytes) -> None:
    home.mkdir()
    (home / FILE).write_bytes(content)
    (home / FILE).chmod(0o600)
    key = installation_key()
    assert len(key) == SIZE
    assert in_a_new_process() == key


def test_a_link_is_replaced_and_not_followed(home: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(b"k" * SIZE)
    elsewhere.chmod(0o600)
    home.mkdir()
    (home / FILE).symlink_to(elsewhere)
    assert installation_key() != b"k" * SIZE
    assert elsewhere.read_bytes() == b"k" * SIZE


def test_an_unwritable_folder_gives_a_key_for_the_process(home: Path) -> None:
    home.write_text("a file where the folder would be")
    key = installation_key()
    assert len(key) == SIZE
    assert installation_key() == key
    assert in_a_new_process() != key


def test_a_user_without_a_home_gets_a_key_for_the_process(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere() -> Path:
        raise RuntimeError("no home")

    monkeypatch.setattr(module, "cache_folder", nowhere)
    assert installation_key() == installation_key()
    assert not home.exists()
