"""Lists: laying side by side, taking apart, counting, sets, sums, medians.

Promises: whatever multiplies (`cross`, `pairs`, `range`) is charged before a single element is made; elements compared or
hashed are charged by their tree weight first.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from fractions import Fraction
from itertools import chain, combinations, product

from lambda_rlm.budget.meter import Meter
from lambda_rlm.eval import wording
from lambda_rlm.eval.library.keys import keys_of
from lambda_rlm.eval.library.numbers import is_float, whole
from lambda_rlm.eval.library.order import sequence_of
from lambda_rlm.eval.library.structure import element_of, equality, is_scalar, weight
from lambda_rlm.eval.site import Site
from lambda_rlm.eval.tariff import SLOT, TARIFF
from lambda_rlm.eval.value import Value
from lambda_rlm.types.type import Type

Function = Callable[..., Value]
Counted = Callable[..., int]
"""From the arguments, how many elements the result will have."""


def _made(count: Counted, make: Function) -> Callable[[Site], Function]:
    """A list of a length known from the arguments, charged before it is made."""

    def build(site: Site) -> Function:
        meter, price = site.meter, TARIFF[site.primitive]

        def made_list(*arguments: Value) -> Value:
            length = count(*arguments)
            elements = sum([len(argument) for argument in arguments if isinstance(argument, list)])
            meter.spend(price.steps(elements=elements, made=length))
            meter.allocate(price.storage(made=length))
            return make(*arguments)

        return made_list

    return build


def _sampled(items: list[Value], n: int) -> list[Value]:
    size = len(items)
    return items if n >= size else [items[i * size // n] for i in range(n)]


def _batches(items: list[Value], n: int) -> list[list[Value]]:
    n = max(1, n)
    return [items[i : i + n] for i in range(0, len(items), n)]


def _concatenated(lists: list[list[Value]]) -> list[Value]:
    return list(chain.from_iterable(lists))


zip_lists = _made(lambda a, b: min(len(a), len(b)), lambda a, b: list(zip(a, b, strict=False)))
cross = _made(lambda a, b: len(a) * len(b), lambda a, b: list(product(a, b)))
pairs = _made(lambda items: len(items) * (len(items) - 1) // 2, lambda items: list(combinations(items, 2)))
enumerated = _made(len, lambda items: list(enumerate(items)))
range_of = _made(lambda start, end: max(0, end - start), lambda start, end: list(range(start, end)))
sample = _made(lambda items, n: min(len(items), max(0, n)), _sampled)
batch = _made(lambda items, n: -(-len(items) // max(1, n)), _batches)
concat = _made(lambda lists: sum(map(len, lists)), _concatenated)


def get(site: Site) -> Function:
    charge = _charged_once(site)

    def at(items: list[Value], position: int) -> Value:
        charge()
        return (items[position],) if 0 <= position < len(items) else None

    return at


def first(site: Site) -> Function:
    charge = _charged_once(site)

    def first_of(items: list[Value]) -> Value:
        charge()
        return (items[0],) if items else None

    return first_of


def last(site: Site) -> Function:
    charge = _charged_once(site)

    def last_of(items: list[Value]) -> Value:
        charge()
        return (items[-1],) if items else None

    return last_of


def _charged_once(site: Site) -> Callable[[], None]:
    """Charges a call of a function that makes one value, in one go."""
    meter, price = site.meter, TARIFF[site.primitive]
    call, storage = price.call, price.storage_call

    def charge() -> None:
        meter.fuel -= call
        if meter.fuel < 0:
            meter.out_of_fuel()
        meter.memory -= storage
        if meter.memory < 0:
            meter.out_of_memory()

    return charge


def _keyed(site: Site) -> Callable[..., list[Value]]:
    """The keys of the elements of some lists, charged by weight; one list of keys for each."""
    meter, price = site.meter, TARIFF[site.primitive]
    keys_in, weigh = keys_of(element_of(site.parameters[0])), weight(site.parameters[0])

    def keys(*lists: list[Value]) -> list[Value]:
        elements = sum([len(items) for items in lists])
        meter.spend(price.steps(elements=elements, made=elements, weight=sum([weigh(items) for items in lists])))
        meter.allocate(price.storage(made=elements))
        meter.glance()
        return keys_in(*lists)

    return keys


def unique(site: Site) -> Function:
    keyed, meter = _keyed(site), site.meter

    def without_repetitions(items: list[Value]) -> list[Value]:
        (keys,) = keyed(items)
        return _firsts(_entries(keys, items, meter))

    return without_repetitions


def _firsts(entries: Iterable[tuple[Value, Value]]) -> list[Value]:
    """The first item of each key, in order."""
    seen: dict[Value, Value] = {}
    for key, item in entries:
        seen.setdefault(key, item)
    return list(seen.values())


def _entries(keys: list[Value], items: list[Value], meter: Meter) -> Iterable[tuple[Value, Value]]:
    """Keys with their items, and looks at the clock."""
    return chain.from_iterable(map(zip, meter.stretches(keys), meter.stretches(items)))


def union(site: Site) -> Function:
    keyed, meter = _keyed(site), site.meter

    def in_either(a: list[Value], b: list[Value]) -> list[Value]:
        keys_a, keys_b = keyed(a, b)
        return _firsts(chain(_entries(keys_a, a, meter), _entries(keys_b, b, meter)))

    return in_either


def _sifted(is_wanted: bool) -> Callable[[Site], Function]:
    def build(site: Site) -> Function:
        keyed, meter = _keyed(site), site.meter

        def sifted(a: list[Value], b: list[Value]) -> list[Value]:
            keys_a, keys_b = keyed(a, b)
            there: set[Value] = set()
            for part in meter.stretches(keys_b):
                there.update(part)
            return _firsts(entry for entry in _entries(keys_a, a, meter) if (entry[0] in there) is is_wanted)

        return sifted

    return build


intersect = _sifted(True)
difference = _sifted(False)


def _counts(keys: list[Value], items: list[Value], meter: Meter) -> list[list[Value]]:
    """How often each occurs and its first occurrence, in the order of first occurrences."""
    counts: dict[Value, list[Value]] = {}
    for key, item in _entries(keys, items, meter):
        row = counts.get(key)
        if row is None:
            counts[key] = [1, item]
        else:
            row[0] += 1
    return list(counts.values())


def tally(site: Site) -> Function:
    keyed, meter = _keyed(site), site.meter

    def occurrences(items: list[Value]) -> list[tuple[int, Value]]:
        """Records { count, key }."""
        (keys,) = keyed(items)
        rows = _counts(keys, items, meter)
        return [(rows[at][0], rows[at][1]) for at in sequence_of([row[0] for row in rows], True, meter)]

    return occurrences


def vote(site: Site) -> Function:
    keyed, meter = _keyed(site), site.meter

    def most_frequent(items: list[Value]) -> Value:
        (keys,) = keyed(items)
        return (max(_counts(keys, items, meter), key=lambda entry: entry[0])[1],) if items else None

    return most_frequent


def member(site: Site) -> Function:
    meter, price = site.meter, TARIFF[site.primitive]
    equal, weigh = equality(element_of(site.parameters[0])), weight(site.parameters[0])
    is_plain = is_scalar(element_of(site.parameters[0]))

    def is_member(items: list[Value], x: Value) -> bool:
        meter.spend(price.steps(elements=len(items), weight=weigh(items)))
        if is_plain:
            return any(x in part for part in meter.stretches(items))
        return any(equal(item, x) for part in meter.stretches(items) for item in part)

    return is_member


def total(site: Site) -> Function:
    meter, price = site.meter, TARIFF[site.primitive]
    add = added(element_of(site.parameters[0]), site)

    def all_added(items: list[Value]) -> Value:
        meter.spend(price.steps(elements=len(items)))
        return add(items)

    return all_added


def added(number: Type, site: Site) -> Function:
    """The exact sum of numbers of a type, rounded once where they are Floats; a fault where it has no room."""
    return (lambda items: _real_sum(items, site)) if is_float(number) else (lambda items: whole(sum(items), site))


def _real_sum(items: list[float], site: Site) -> float:
    try:
        return math.fsum(items)
    except OverflowError:
        raise wording.float_range(site.span, "sum") from None


def mean(site: Site) -> Function:
    meter, price = site.meter, TARIFF[site.primitive]
    average = averaged(element_of(site.parameters[0]))

    def mean_of(items: list[Value]) -> Value:
        meter.spend(price.steps(elements=len(items)))
        meter.allocate(price.storage_call)
        return (average(items),) if items else None

    return mean_of


def averaged(number: Type) -> Function:
    """The mean of numbers of a type, of which there is at least one."""
    return _real_mean if is_float(number) else (lambda items: sum(items) / len(items))


def _real_mean(items: list[float]) -> float:
    try:
        return math.fsum(items) / len(items)
    except OverflowError:
        return math.fsum([item / len(items) for item in items])


def median(site: Site) -> Function:
    quantile = percentile(site)
    return lambda items: quantile(items, 50)


def percentile(site: Site) -> Function:
    meter, price = site.meter, TARIFF[site.primitive]

    def quantile(items: list[Value], p: float) -> Value:
        meter.spend(price.steps(elements=len(items)))
        # The places in order, while they are sorted.
        meter.allocate(price.storage_call + 2 * SLOT * len(items))
        if not items or not 0 <= p <= 100:
            return None
        return (_between(items, sequence_of(items, False, meter), Fraction(p) / 100),)

    return quantile


def _between(items: list[float], order: list[int], share: Fraction) -> float:
    """The value at a share of the way from the first to the last in order: of its two neighbors so much each. Exact until the
    end, so that nothing is lost or too large in between."""
    place, part = divmod(share * (len(order) - 1), 1)
    low = Fraction(items[order[place]])
    high = Fraction(items[order[min(place + 1, len(order) - 1)]])
    return float(low + (high - low) * part)
