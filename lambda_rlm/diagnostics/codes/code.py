"""The shape of a row of the code table."""

from __future__ import annotations

from dataclasses import field

from lambda_rlm.data_class import dataclass


@dataclass(frozen=True, slots=True)
class Code:
    """An error code with its explanation.

    `bad` is a program that yields exactly this code and `fixed` one that yields none; both are read with the inputs
    `context: Text`, `query: Text` and those named in `inputs` (name to shown type). For E04xx and E05xx the programs are
    run with `values` as extra input values and a scripted model whose rules are first `failures` (pattern and code), then
    `replies` (pattern and reply), in order; `is_strict` runs them strictly, `budget` holds limits other than the usual ones.
    `functions` are those that a host adds, by name and signature, each a table from its only argument to what it gives.
    """

    code: str
    title: str
    text: str
    bad: str
    fixed: str
    inputs: dict[str, str] = field(default_factory=dict)
    values: dict[str, object] = field(default_factory=dict)
    replies: tuple[tuple[str, str], ...] = ()
    failures: tuple[tuple[str, str], ...] = ()
    is_strict: bool = False
    budget: dict[str, float] = field(default_factory=dict)
    functions: dict[str, tuple[str, dict[str, object]]] = field(default_factory=dict)
