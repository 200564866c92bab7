"""The ledger of a day, as several runs of one process use it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lambda_rlm.policy.ledger import _ledger

OTHER = """
import sqlite3, sys
try:
    sqlite3.connect(sys.argv[1], timeout=0, isolation_level=None).execute("BEGIN IMMEDIATE")
except sqlite3.OperationalError as error:
    print(error)
"""


@pytest.mark.skipif(os.name != "posix", reason="locks of a process are those of POSIX")
def test_a_second_run_leaves_the_lock_of_the_first(tmp_path: Path) -> None:
    path = tmp_path / "spent.sqlite3"
    with _ledger(path):
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr("lambda_rlm.policy.ledger._BUSY_SECONDS", 0.0)
            with pytest.raises(Exception, match="locked"), _ledger(path):
                pass
        other = subprocess.run([sys.executable, "-c", OTHER, str(path)], capture_output=True, text=True, check=True)
    assert "locked" in other.stdout
