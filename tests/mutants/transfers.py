"""Transfers that are too small: for each library function and each size that its transfer gives, a tenth less, at least one.

`python -m tests.mutants.transfers` changes one row of `TRANSFERS` after the other in this process and holds the theorem of
`tests/properties/test_transfers.py` against it, on cases drawn from fixed seeds whose inputs are measured (declared sizes allow
lists of lists more elements than any case has); `NAME …` looks at these functions only. A size that
nothing notices is printed as a survivor and fails the run, but for those in `UNSEEN`, each with its reason.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from math import ceil, inf
from random import Random
from typing import Any, Final

from lambda_rlm.bounds.analysis import Analysis, Application
from lambda_rlm.bounds.cost import Cost
from lambda_rlm.bounds.domain.abstract import (
    Abstract,
    AbstractBool,
    AbstractList,
    AbstractNumber,
    AbstractOption,
    AbstractRecord,
    AbstractResult,
    AbstractText,
    seen,
)
from lambda_rlm.bounds.domain.size import Number, SizeBound, depends, peak, size_of
from lambda_rlm.bounds.domain.totals import symbol, total
from lambda_rlm.bounds.transfer.table import TRANSFERS
from lambda_rlm.syntax.primitive import Primitive
from lambda_rlm.types.rows import row_of
from lambda_rlm.types.show import show
from lambda_rlm.types.type import Type
from tests.support.allowed import disallowed
from tests.support.bounding import Trial
from tests.support.transfer_cases import TransferCase, case
from tests.support.transfer_trials import SIZED, adversary, answers, applied, broken
from tests.support.transfer_values import TYPES

MOST_CASES: Final = 1_000
"""Cases that one function is tried on, where a mutant lives so long."""

COSTS: Final = ("calls", "sends", "input_tokens", "output_tokens", "prompt", "depth")

_NAMES: Final = "names of inputs have at most 4,096 characters, and those of the cases a few"
_STRICT: Final = "parse reads JSON strictly: an element of these lists takes three characters, where the transfer counts two"

UNSEEN: Final[dict[tuple[Primitive, str], str]] = {
    (Primitive.SECTIONS, "value[].end low"): "no section is empty, so none ends at 0",
    (
        Primitive.LLM_CALL,
        "[List[List[Text]]] value[] length, sum",
    ): "beside an or_else, all inner lists are as long as the longest",
    (Primitive.IS_SOME, "value false"): "an input that is measured is surely none or surely present",
    (Primitive.WHERE, "value.end low"): "no quote is empty, so none ends at 0",
    **{(Primitive.WHERE, f"value.input {size}"): _NAMES for size in ("chars", "bytes", "width", "wide")},
    (Primitive.PARSE, "[List[Text]] value? length"): _STRICT,
    (Primitive.PARSE, "[List[List[Text]]] value? length"): _STRICT,
    (Primitive.PARSE, "[List[List[Text]]] value?[] length"): _STRICT,
}
"""Sizes that may be a tenth too small without anybody noticing, and why."""


class Shrinking:
    """Walks over what a transfer gives. Notes the name of every size, and makes the one named `target` a tenth smaller; of a limit
    from below, a tenth larger. A size of 0, no limit at all, and "at least 0 characters or elements" promise nothing to break."""

    def __init__(self, target: str | None = None) -> None:
        self.target = target
        self.names: list[str] = []

    def result(self, result: AbstractResult, cost: Cost) -> tuple[AbstractResult, Cost]:
        value = self.value(seen(result.value), "value", ())
        changed: dict[str, Any] = {name: self.size(getattr(cost, name), name, ()) for name in COSTS}
        return AbstractResult(value, self.size(result.chain, "chain", ())), replace(cost, **changed)

    def value(self, value: Abstract, name: str, lists: tuple[AbstractList, ...]) -> Abstract:
        match value:
            case AbstractNumber(low, high, is_int):
                return AbstractNumber(self.low(low, f"{name} low"), self.size(high, f"{name} high", lists), is_int)
            case AbstractText(chars, bytes_, width, low):
                return AbstractText(
                    self.size(chars, f"{name} chars", lists),
                    self.size(bytes_, f"{name} bytes", lists),
                    width - self.is_target(f"{name} width", width > 1),
                    self.low(low, f"{name} low") if low else 0,
                    self.size(value.wide, f"{name} wide", lists),
                    value.made,
                )
            case AbstractOption(inner):
                if self.is_target(f"{name} present", inner is not None):
                    return AbstractOption(None)
                return value if inner is None else AbstractOption(self.value(inner, f"{name}?", lists))
            case AbstractRecord(fields):
                return AbstractRecord(tuple((field, self.value(part, f"{name}.{field}", lists)) for field, part in fields))
            case AbstractBool(None):
                for truth in (True, False):
                    if self.is_target(f"{name} {not truth}".lower()):
                        return AbstractBool(truth)
                return value
            case AbstractList(length, element, owner, low):
                inner = None if element is None else self.value(element, f"{name}[]", (*lists, value))
                low = self.low(low, f"{name} low") if low else 0
                return AbstractList(self.size(length, f"{name} length", lists), inner, owner, low)
            case _:
                return value

    def size(self, size: SizeBound, name: str, lists: tuple[AbstractList, ...]) -> SizeBound:
        """A size, as it is or smaller. One that varies over a list has two: the largest of an element, and the sum."""
        varying = [list_ for list_ in lists if depends(size, list_.owner)]
        if size.value in (0, inf):
            return size
        if not varying:
            return size_of(_less(size.value)) if self.is_target(name) else size
        list_ = varying[-1]
        highest, sum_ = peak(size, list_.owner), total(size, list_.length, list_.owner)
        if self.is_target(f"{name}, largest"):
            return symbol(_smaller(highest, varying[:-1]), sum_, list_.owner)
        if sum_.value != inf and self.is_target(f"{name}, sum"):
            return symbol(highest, _smaller(sum_, varying[:-1]), list_.owner)
        return size

    def low(self, low: Number, name: str) -> Number:
        return low + max(1, ceil(abs(low) / 10)) if low not in (inf, -inf) and self.is_target(name) else low

    def is_target(self, name: str, is_there: bool = True) -> bool:
        if is_there:
            self.names.append(name)
        return is_there and name == self.target


def _less(number: Number) -> Number:
    return max(0, number - max(1, ceil(number / 10)))


def _smaller(size: SizeBound, lists: list[AbstractList]) -> SizeBound:
    """A tenth less of a size that may vary over the lists around."""
    if not lists:
        return size_of(_less(size.value))
    owner = lists[-1].owner
    sum_ = total(size, lists[-1].length, owner)
    return symbol(_smaller(peak(size, owner), lists[:-1]), _smaller(sum_, lists[:-1]), owner)


@contextmanager
def changed(case: TransferCase, shrinking: Shrinking) -> Iterator[None]:
    """While the transfer of a case's function gives, where the case applies it, what `shrinking` makes of it."""
    right = TRANSFERS[case.primitive]

    def transfer(analysis: Analysis, application: Application) -> AbstractResult:
        if application.name.span.start != case.at:
            return right(analysis, application)
        result, cost = shrinking.result(*analysis.measured(lambda: right(analysis, application)))
        analysis.charge(cost)
        return result

    TRANSFERS[case.primitive] = transfer
    try:
        yield
    finally:
        TRANSFERS[case.primitive] = right


def names_of(case: TransferCase, analyse: Callable[[], object]) -> list[str]:
    """The sizes that the transfer of a case's function gives while something is analysed, each once."""
    noting = Shrinking()
    with changed(case, noting):
        analyse()
    return list(dict.fromkeys(noting.names))


def survivors(primitive: Primitive, most_cases: int = MOST_CASES) -> tuple[list[str], int]:
    """The sizes of a function's result and cost that may be too small without a case noticing, and how many sizes there are."""
    asked = TYPES["T"] if row_of(primitive).has_type_argument else (None,)
    lived: list[str] = []
    count = 0
    for type_ in asked:
        trials = _Trials(primitive, type_)
        for seed in range(most_cases):
            trials.more(seed)
            if seed >= most_cases // 10 and {trials.named(name) for name in trials.alive} <= unseen(primitive):
                break
        lived += [trials.named(name) for name in trials.alive]
        count += len(trials.alive) + len(trials.dead)
    return lived, count


def unseen(primitive: Primitive) -> set[str]:
    """The names of a function's sizes that are not expected to be noticed."""
    return {name for known, name in UNSEEN if known is primitive}


class _Trials:
    """The sizes of one function that were noticed, and those that were not yet."""

    def __init__(self, primitive: Primitive, asked: Type | None) -> None:
        self.primitive = primitive
        self.asked = asked
        self.alive: dict[str, None] = {}
        self.dead: set[str] = set()

    def named(self, name: str) -> str:
        return name if self.asked is None else f"[{show(self.asked)}] {name}"

    def more(self, seed: int) -> None:
        """Try one more case on every size that it has and that nothing has noticed yet."""
        random = Random(seed)
        drawn = case(self.primitive, random.choice, self.asked)
        model, asking = adversary(drawn, random.choice)
        made, value = applied(drawn, model, asking)
        allowed = answers(made, SIZED[:1])
        names = names_of(drawn, lambda: answers(made, SIZED[:1]))
        for right in allowed if value is not None else ():
            assert not disallowed(right, value), drawn
        costs = [name for name in names if not name.startswith("value") and name not in self.dead]
        for name in names:
            if name in self.dead or name in costs:
                continue
            smaller = [Shrinking(name).value(seen(right), "value", ()) for right in allowed]
            self._note(name, value is not None and any(disallowed(one, value) for one in smaller))
        if costs:
            self._try_costs(drawn, made, costs)

    def _try_costs(self, drawn: TransferCase, made: Trial, names: list[str]) -> None:
        ran = made.run()
        assert not broken(drawn, made, ran, SIZED), drawn
        for name in names:
            with changed(drawn, Shrinking(name)):
                self._note(name, bool(broken(drawn, made, ran, SIZED)))

    def _note(self, name: str, is_noticed: bool) -> None:
        if is_noticed:
            self.dead.add(name)
            self.alive.pop(name, None)
        else:
            self.alive[name] = None


def main(names: list[str]) -> int:
    failures = sizes = 0
    for primitive in Primitive:
        if names and primitive.value not in names:
            continue
        lived, count = survivors(primitive)
        sizes += count
        for name in lived:
            reason = UNSEEN.get((primitive, name))
            failures += reason is None
            print(f"{'SURVIVED' if reason is None else 'unseen  '}  {primitive}: {name}" + (f" ({reason})" if reason else ""))
        for name in sorted(unseen(primitive) - set(lived)):
            failures += 1
            print(f"NOTICED   {primitive}: {name}, which UNSEEN says is not")
        sys.stdout.flush()
    print(f"{sizes} sizes of transfers, {failures} to look at")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
