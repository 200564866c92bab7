"""Where the data files are: the grammar and the standard library.

Owns the answer to one question, "where is `grammar/…` or `stdlib/…`", for a wheel (they lie in `lambda_rlm/_data`) and for
a checkout (they lie beside the package). Refuses anything that is not one of the two folders.
"""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

FOLDERS = ("grammar", "stdlib")


def folder(name: str) -> Traversable:
    """The folder `grammar` or `stdlib`; raises `ValueError` for another name, `FileNotFoundError` when it is not there."""
    if name not in FOLDERS:
        raise ValueError(f"no data folder is named {name!r}; there are {', '.join(FOLDERS)}")
    packaged = files("lambda_rlm") / "_data" / name
    if packaged.is_dir():
        return packaged
    beside = Path(__file__).parent.parent / name
    if beside.is_dir():
        return beside
    raise FileNotFoundError(f"the data folder {name!r} is neither in the package nor beside it")


def grammar_text() -> str:
    """The text of the one grammar."""
    return (folder("grammar") / "lambda_rlm.lark").read_text(encoding="utf-8")


def grammar_table() -> str | None:
    """The grammar's stored table, if there is one."""
    stored = folder("grammar") / "lambda_rlm.table.json"
    return stored.read_text(encoding="utf-8") if stored.is_file() else None
