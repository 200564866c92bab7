"""What servers said of themselves, kept for a day.

Owns one small private file in the cache folder, and the same in this process. For each server, by a hash of its address: when
it was asked, the names and windows of what it serves, and which keys it welcomed, by a hash that only this installation can
make. Promises that no trouble with the file is an error, and that it stays small. What is older than a day is asked anew by
runs; until then, and for commands that ask nobody, the last answer counts. Refuses numbers and names that no server could have
said (`served`).
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from pathlib import Path
from time import time
from typing import Any, Final

from lambda_rlm.llm.cache_folder import cache_folder
from lambda_rlm.llm.installation_key import installation_key
from lambda_rlm.llm.providers.contact.served import Served, ServedModel, models_in
from lambda_rlm.private_file import private_folder, private_json, replace

FILE: Final = "servers.json"
DAY: Final = 86_400.0
_MOST_SERVERS: Final = 64
_MOST_KEYS: Final = 8
_MOST_BYTES: Final = 4_000_000
_MOST_KEPT: Final = 400
"""Models of one server that are kept: a gateway may list thousands."""

_OPENING: Final = b"{"

_here: dict[str, dict[str, Any]] = {}
"""What this process knows, by file and server: so that the file is read once, and for where none can be written."""


def served_by(base_url: str) -> Served | None:
    """What a server serves, as far as it was asked at any time; None where it was not, or did not say."""
    row = _row(base_url)
    served = models_in(row.get("models"))
    if served is None:
        return None
    loaded = row.get("loaded")
    names = tuple(name for name in loaded if isinstance(name, str)) if isinstance(loaded, list) else ()
    return Served(served.models, names)


def is_met(base_url: str, key: str | None, names: tuple[str, ...], now: float | None = None) -> bool:
    """Whether a server was asked in the last day with this key and for these models."""
    now, row, wanted = time() if now is None else now, _row(base_url), [_mark(base_url, key, name) for name in names]
    met = row.get("met")
    ages = [now - at for mark in wanted if isinstance(met, dict) and isinstance(at := met.get(mark), int | float)]
    return len(ages) == len(wanted) and all(0 <= age < DAY for age in ages)


def meet(base_url: str, key: str | None, names: tuple[str, ...], served: Served | None, now: float | None = None) -> None:
    """Keep what a server said when it was asked with a key, for these models; `served` is None where it did not say what it
    serves."""
    now, row = time() if now is None else now, dict(_row(base_url))
    before = row.get("met")
    met = {mark: at for mark, at in before.items() if isinstance(at, int | float)} if isinstance(before, dict) else {}
    met |= {_mark(base_url, key, name): now for name in names}
    row["met"] = dict(sorted(met.items(), key=lambda one: one[1])[-_MOST_KEYS:])
    if served is not None:
        first = {model.name: model for name in names if (model := served.find(name)) is not None}
        kept = [*first.values(), *(model for model in served.models if model.name not in first)][:_MOST_KEPT]
        row |= {"models": [_written(model) for model in kept], "loaded": list(served.loaded)}
    _keep(base_url, row)


def _written(model: ServedModel) -> dict[str, Any]:
    """A model in the form in which servers list them, so that one reader reads both."""
    made_for = {} if model.most is None else {"meta": {"n_ctx_train": model.most}}
    window = {} if model.window is None else {"max_model_len": model.window}
    return {"id": model.name, "owned_by": model.maker, **window, **made_for}


def _row(base_url: str) -> dict[str, Any]:
    place = _place(base_url)
    if place not in _here:
        row = _read().get(_name(base_url))
        if not isinstance(row, dict):
            return {}
        _here[place] = row
    return _here[place]


def _keep(base_url: str, row: dict[str, Any]) -> None:
    name, rows = _name(base_url), _read()
    rows.pop(name, None)
    rows[name] = _here[_place(base_url)] = row
    kept = dict(list(rows.items())[-_MOST_SERVERS:])
    with suppress(OSError, RuntimeError):
        path = _path()
        private_folder(path.parent)
        replace(path, json.dumps(kept).encode(), lambda head: head.startswith(_OPENING))


def _read() -> dict[str, Any]:
    try:
        rows = private_json(_path(), _MOST_BYTES)
    except RuntimeError:
        return {}
    return rows if isinstance(rows, dict) else {}


def _path() -> Path:
    """The file. Raises `RuntimeError` where the user has no home."""
    return cache_folder() / FILE


def _place(base_url: str) -> str:
    """A server as this process knows it, under the file of now."""
    try:
        return f"{_path()} {_name(base_url)}"
    except RuntimeError:
        return _name(base_url)


def _name(base_url: str) -> str:
    return hashlib.sha256(base_url.rstrip("/").encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _mark(base_url: str, key: str | None, name: str) -> str:
    """A key and a model at a server, by a hash that tells nothing of the key to who has only the file."""
    told = "\n".join((base_url.rstrip("/"), key or "", name)).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(told, key=installation_key(), digest_size=16).hexdigest()
