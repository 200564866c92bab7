"""Data with very many different places, and ignore files with very many rules: little memory, and the deadline is heard."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from typing import Any

from lambda_rlm.inputs import Reading, from_arguments
from lambda_rlm.inputs.shape import shaped
from lambda_rlm.types.type import INT, TEXT, Record, list_of, record_of
from tests.support.input_files import written


def tree(levels: int, keys: int) -> Any:
    return 1 if not levels else {f"k{number}": tree(levels - 1, keys) for number in range(keys)}


def test_places_of_data_are_not_all_kept_in_mind() -> None:
    """A million places of 7 MB would take ten times the memory of the data; the type could not name them in any case."""
    data = {"x": tree(3, 60)}
    tracemalloc.start()
    made = shaped(data, "context")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert isinstance(made.type, Record)
    inner = made.type.field("x")
    assert isinstance(inner, Record) and len(inner.fields) == 60 and inner.field("k0") == TEXT
    assert json.loads(made.value["x"]["k59"])["k59"] == {f"k{number}": 1 for number in range(60)}
    assert peak < 40_000_000
    wide = [{"in": {f"w{number}": tree(2, 3) for number in range(120)}, "a": 1} for _ in range(300)]
    assert shaped(wide, "context").type == list_of(record_of(**{"in": TEXT, "a": INT}))


def test_the_watch_looks_while_nested_data_is_gone_through() -> None:
    looks = 0

    def watch() -> None:
        nonlocal looks
        looks += 1

    shaped({"x": tree(3, 30)}, "context", watch=watch)
    assert looks >= 27


def test_an_ignore_file_of_many_rules_is_watched_and_holds(tmp_path: Path) -> None:
    """More rules than one matcher holds: none of them is lost, bad lines are told once, and the deadline is heard."""
    rules = [f"x{number}/**/y*z" for number in range(5_000)] + ["[z-a]"] * 30 + ["hidden.txt"]
    written(tmp_path, ".gitignore", "\n".join(rules))
    written(tmp_path, "hidden.txt", "secret")
    written(tmp_path, "a.txt", "x")
    looks = 0

    def watch() -> None:
        nonlocal looks
        looks += 1

    found = from_arguments([str(tmp_path)], Reading(watch=watch))
    assert [one["name"] for one in found.values["context"]] == ["a.txt"]
    assert looks > 5_000 // 1_000
    assert sum("is not a valid pattern" in note for note in found.notes) <= 10
