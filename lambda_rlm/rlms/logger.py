"""`RLMLogger` as in `rlms`: the trajectory of each completion, in memory and, where a folder is named, in a file.

Owns the file, JSON Lines, private to its user: a line of metadata, and a line for each program that ran.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import localtime, strftime
from typing import Any

from lambda_rlm.private_file import append, private_folder


class RLMLogger:
    """Pass one as `RLM(logger=RLMLogger())`, and a completion has its trajectory as `metadata`; with `log_dir` it is in a file
    there too, at `log_file_path`. The trajectory has prompts and replies in it. Raises `OSError`."""

    def __init__(self, log_dir: str | os.PathLike[str] | None = None, file_name: str = "rlm") -> None:
        self.log_dir = None if log_dir is None else os.fspath(log_dir)
        self.log_file_path: str | None = None
        if self.log_dir is not None:
            private_folder(Path(self.log_dir))
            name = f"{file_name}_{strftime('%Y-%m-%d_%H-%M-%S', localtime())}_{os.urandom(4).hex()}.jsonl"
            self.log_file_path = str(Path(self.log_dir) / name)
        self._metadata: dict[str, Any] | None = None
        self._iterations: list[dict[str, Any]] = []

    @property
    def iteration_count(self) -> int:
        """How many programs ran in the last completion."""
        return len(self._iterations)

    def get_trajectory(self) -> dict[str, Any] | None:
        """What happened in the last completion: `run_metadata` and `iterations`; None before the first."""
        if self._metadata is None:
            return None
        return {"run_metadata": self._metadata, "iterations": list(self._iterations)}

    def record(self, metadata: Mapping[str, Any], iterations: Sequence[Mapping[str, Any]]) -> None:
        """Keep the trajectory of a completion, in place of that of the one before; in the file it comes after it."""
        rows = [dict(one) for one in iterations]
        if self._metadata is None:
            self._write([{"type": "metadata", **metadata}])
        self._write(rows)
        self._metadata, self._iterations = dict(metadata), rows

    def _write(self, rows: Sequence[Mapping[str, Any]]) -> None:
        if self.log_file_path is not None:
            lines = "".join(json.dumps(row, ensure_ascii=False, default=str) + "\n" for row in rows)
            append(self.log_file_path, lines.encode("utf-8", "backslashreplace"), lambda head: True)
