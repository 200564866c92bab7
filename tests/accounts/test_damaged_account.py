"""What is no account, or is damaged, lends nothing: it is refused, named, and left as it is."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from lambda_rlm import RLM, Account, AccountUsedUp
from tests.support.accounted import Priced


def altered(*statements: str) -> Callable[[Path], None]:
    def alter(path: Path) -> None:
        with closing(sqlite3.connect(path)) as database:
            for statement in statements:
                database.execute(statement)
            database.commit()

    return alter


def replaced(make: Callable[[Path], object]) -> Callable[[Path], None]:
    def alter(path: Path) -> None:
        path.unlink()
        make(path)

    return alter


def other_database(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE t (x)")
    path.chmod(0o600)


def linked(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to(path.with_name("elsewhere"))


def half(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


DAMAGES = {
    "empty": lambda path: os.truncate(path, 0),
    "half": half,
    "text": lambda path: path.write_bytes(b"x" * 5_000),
    "another program's": replaced(other_database),
    "a folder": replaced(Path.mkdir),
    "a fifo": replaced(os.mkfifo) if hasattr(os, "mkfifo") else replaced(Path.mkdir),
    "a link": linked,
    "open to others": lambda path: path.chmod(0o644),
    "read-only": lambda path: path.chmod(0o400),
    "newer": altered("PRAGMA user_version = 2"),
    "no table": altered("DROP TABLE spent"),
    "other columns": altered("ALTER TABLE spent ADD COLUMN more INTEGER"),
    "a view": altered("ALTER TABLE spent RENAME TO s", "CREATE VIEW spent AS SELECT * FROM s"),
    "a trigger": altered("CREATE TRIGGER t AFTER INSERT ON lent BEGIN DELETE FROM lent; END"),
    "negative": altered("UPDATE spent SET money = -5"),
    "a text": altered("UPDATE spent SET money = 'much'"),
    "a float": altered("UPDATE spent SET calls = 0.5"),
    "huge": altered(f"UPDATE spent SET tokens = {2**63 - 1}"),
    "lent to nobody": altered("INSERT INTO lent (hour, owner, calls, tokens, money) VALUES (9999999, '', -1, 0, 0)"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_account_sends_nothing(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "a"
    first = Account(path=path, usd=1.0)
    asyncio.run(first.borrow(1, 1, 0.5)).settle(1, 1, 0.5)
    assert first.spent.usd == 0.5
    DAMAGES[damage](path)
    before = path.lstat()
    model = Priced()
    with pytest.raises(AccountUsedUp, match="cannot be used") as refused:
        RLM(model, account=Account(path=path, usd=1.0), strategy="direct").ask("Why?", context="text")
    assert (refused.value.code, model.asked) == ("E0406", 0)
    assert str(path) in refused.value.message
    assert (path.lstat().st_size, path.lstat().st_mode, path.lstat().st_ino) == (before.st_size, before.st_mode, before.st_ino)


@pytest.mark.parametrize("change", ["removed", "replaced"])
def test_an_account_that_goes_while_it_is_used_is_no_new_one(tmp_path: Path, change: str) -> None:
    path = tmp_path / "a"
    account = Account(path=path, usd=1.0)
    asyncio.run(account.borrow(1, 1, 0.5)).settle(1, 1, 0.5)
    assert account.spent.usd == 0.5
    if change == "removed":
        path.unlink()
    else:
        other = Account(path=tmp_path / "b", usd=1.0)
        assert other.spent.usd == 0.0
        (tmp_path / "b").replace(path)
    with pytest.raises(AccountUsedUp, match="removed or replaced while it was in use"):
        asyncio.run(account.borrow(1, 1, 0.5))


def test_a_busy_file_is_refused_in_the_end(tmp_path: Path) -> None:
    path = tmp_path / "a"
    account = Account(path=path, usd=1.0)
    assert account.spent.usd == 0.0
    with pytest.MonkeyPatch.context() as patched, closing(sqlite3.connect(path, isolation_level=None)) as other:
        patched.setattr("lambda_rlm.accounts.book._PATIENCE", 0.0)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(AccountUsedUp, match="database is locked"):
            asyncio.run(account.borrow(1, 1, 0.5))
    assert account.spent.usd == 0.0


@pytest.mark.skipif(os.name != "posix", reason="modes of files are those of POSIX")
def test_the_file_is_private(tmp_path: Path) -> None:
    account = Account(path=tmp_path / "folder" / "a", usd=1.0)
    assert account.spent.usd == 0.0
    assert (tmp_path / "folder" / "a").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "folder").stat().st_mode & 0o777 == 0o700
    assert [file.name for file in (tmp_path / "folder").iterdir()] == ["a"]
