"""Compiled terms: closures over a frame, with what they cost.

A *frame* is a list of slots. The slots of a whole program are numbered once, so every variable, loop variable and intermediate
value has a slot of its own. A function called directly by its name, and a lambda given to a library function, run in the
frame of their caller; a function that is a value keeps a copy of the frame it was made in and runs each call in a copy of that.
So nothing is captured by reference, and no slot is used twice at the same time.

`steps` and `bytes` are what one run of a code costs whatever its values are. They are charged by whoever runs the code, for
all runs of a loop at once; a code that charges more by itself while it runs is not `is_static`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, NoReturn

from lambda_rlm.budget.meter import Meter
from lambda_rlm.data_class import dataclass
from lambda_rlm.diagnostics.faults import Fault
from lambda_rlm.eval.compile.batches.batch import Batch
from lambda_rlm.eval.rows import TableValue
from lambda_rlm.eval.value import Text, Value

Frame = list[Any]
Run = Callable[[Frame], Any]


@dataclass(slots=True, kw_only=True)
class Compiled:
    """A compiled term. `run` is a coroutine function when `is_async`.

    `need` counts the interpreter frames that a run takes. `slot`, `field` and `constant` tell what a simple term is, so that
    the term around it can read the value in place: slot i, field `field` of the record in slot i, or a constant (in a 1-tuple).
    `pairs`, for a list of records with two fields, gives a `closures.pairs.PairList` of them, without making the list.
    `batch` is the term over many elements at a time, where it has one of its own (`batches.terms.batch_of` has those of simple
    terms). `addends`, of a sum of two Ints, are its parts. `columns` gives the value as columns where that is possible, at the
    same charges, else as `run` does; `is_grouped` says that they are groups. `many` is a slot, and what gives the values for a
    whole list of what that slot may hold, in order, at the same charges.
    """

    run: Run
    is_async: bool = False
    steps: int = 1
    bytes: int = 0
    need: int = 1
    is_static: bool = True
    slot: int = -1
    field: int = -1
    constant: tuple[Value] | None = None
    pairs: Callable[[Frame], Any] | None = None
    batch: Batch | None = None
    addends: tuple[Compiled, Compiled] | None = None
    many: tuple[int, Callable[[list[Value]], list[Value]]] | None = None
    columns: Callable[[Frame], Any] | None = None
    is_grouped: bool = False

    @property
    def shape(self) -> str:
        """`K` constant, `S` slot, `F` field of the record in a slot, `N` anything else."""
        if self.constant is not None:
            return "K"
        if self.slot < 0:
            return "N"
        return "S" if self.field < 0 else "F"

    @property
    def is_simple(self) -> bool:
        """Reading it costs nothing and cannot fail."""
        return self.constant is not None or self.slot >= 0


def constant(value: Value) -> Compiled:
    """The code that always gives `value`; of rows of an input the records, made when it first runs."""
    if type(value) is TableValue:
        return Compiled(run=lambda e: value.made(), constant=(value,), steps=0)
    return Compiled(run=lambda e: value, constant=(value,), steps=0)


def in_slot(slot: int) -> Compiled:
    """The code that reads a slot."""
    return Compiled(run=lambda e: e[slot], slot=slot, steps=0)


def in_field(slot: int, field: int) -> Compiled:
    """The code that reads a field of the record in a slot."""
    return Compiled(run=lambda e: e[slot][field], slot=slot, field=field, steps=0)


def made_of(
    run: Run, parts: Iterable[Compiled], *, steps: int = 1, bytes: int = 0, is_static: bool = True, need: int = 1
) -> Compiled:
    """A code that runs each of its parts once, in order."""
    parts = list(parts)
    return Compiled(
        run=run,
        steps=steps + sum(p.steps for p in parts),
        bytes=bytes + sum(p.bytes for p in parts),
        need=need + max((p.need for p in parts), default=0),
        is_static=is_static and all(p.is_static for p in parts),
    )


@dataclass(slots=True, kw_only=True)
class Callback:
    """A function argument of a library function: put the arguments in `slots`, then run `body` in the same frame."""

    slots: tuple[int, ...]
    body: Compiled


def charge(meter: Meter, steps: int, size: int) -> None:
    """Charge fuel and storage before the work is done."""
    meter.fuel -= steps
    if meter.fuel < 0:
        meter.out_of_fuel()
    meter.memory -= size
    if meter.memory < 0:
        meter.out_of_memory()


def charged(code: Compiled, meter: Meter, extra: int = 0) -> Compiled:
    """The same code, charging its static cost itself when it runs, and `extra` steps."""
    steps, size, inner = code.steps + extra, code.bytes, code.run
    if not steps and not size:
        return code

    def run(e: Frame) -> Value:
        charge(meter, steps, size)
        return inner(e)

    return Compiled(run=run, is_async=code.is_async, steps=0, bytes=0, need=code.need + 1, is_static=False)


_FREE_DIFFERENCE: Final = 16
_FREE_BYTES: Final = 256


def is_small(branch: Compiled) -> bool:
    """Whether a branch is charged beforehand, taken or not."""
    return branch.steps <= _FREE_DIFFERENCE and branch.bytes <= _FREE_BYTES


def balanced(branches: Sequence[Compiled], meter: Meter) -> tuple[list[Compiled], int, int]:
    """Branches of which one at most runs, and the steps and bytes to charge for them beforehand.

    Small branches are charged as the dearest of them; a large one charges itself when it is taken.
    """
    out = [b if is_small(b) else charged(b, meter) for b in branches]
    return out, max((b.steps for b in out), default=0), max((b.bytes for b in out), default=0)


def lifted(code: Compiled) -> Run:
    """The code as a coroutine function, whatever it is."""
    if code.is_async:
        return code.run
    inner = code.run

    async def run(e: Frame) -> Value:
        return inner(e)

    return run


def raising(fault: Callable[[], Fault]) -> Callable[[], NoReturn]:
    """A function that raises the fault, for the cold side of a hot closure."""

    def fail() -> NoReturn:
        raise fault()

    return fail


def literal_of(code: Compiled) -> object:
    """The value that is known when the program is compiled, else None; a part of a long text is not read for that, which would
    copy it."""
    if code.constant is None:
        return None
    value = code.constant[0]
    if isinstance(value, Text):
        return value.s if type(value) is Text else None
    return value
