"""Options: made, tested and unwrapped; and where a quote is."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from lambda_rlm.diagnostics.faults import InternalError
from lambda_rlm.eval.provenance.derived import derived
from lambda_rlm.eval.site import Site
from lambda_rlm.eval.tariff import TARIFF
from lambda_rlm.eval.value import Derived, Document, Origin, Rope, Stretch, Text, Value, origin_of, pieces_of

Function = Callable[..., Value]


def some(site: Site) -> Function:
    meter, price = site.meter, TARIFF[site.primitive]

    def present(value: Value) -> tuple[Value]:
        meter.spend(price.call)
        meter.allocate(price.storage_call)
        return (value,)

    return present


def unwrap_or(site: Site) -> Function:
    meter, call = site.meter, TARIFF[site.primitive].call

    def unwrapped(option: Value, default: Value) -> Value:
        meter.spend(call)
        return default if option is None else option[0]

    return unwrapped


def is_some(site: Site) -> Function:
    meter, call = site.meter, TARIFF[site.primitive].call

    def is_present(option: Value) -> bool:
        meter.spend(call)
        return option is not None

    return is_present


def values(site: Site) -> Function:
    meter, price = site.meter, TARIFF[site.primitive]

    def present_values(options: list[Value]) -> list[Value]:
        most = len(options)
        meter.spend(price.steps(elements=most, made=most))
        meter.allocate(price.storage(made=most))
        return [option[0] for option in options if option is not None]

    return present_values


def where(site: Site) -> Function:
    meter, price = site.meter, TARIFF[site.primitive]

    def place(quote: Text) -> tuple[int, Text, int]:
        """A record { end, input, start }."""
        meter.spend(price.call)
        meter.allocate(price.storage_call)
        sources = list(_stretches(origin_of(quote), site))
        if not sources:
            raise InternalError("locating a quote", "a Quote comes from no input")
        document = sources[0].document
        end = max(stretch.end for stretch in sources if stretch.document is document)
        return end, derived(document.name, meter, quote), sources[0].start

    return place


def _stretches(origin: Origin | None, site: Site) -> Iterator[Stretch]:
    """The stretches of inputs that a text comes from, in its order."""
    stack = [origin]
    while stack:
        node = stack.pop()
        site.meter.spend(1)
        match node:
            case Stretch():
                yield node
            case Document():
                yield Stretch(node, 0, len(node.text))
            case Rope():
                stack.extend(origin_of(piece) for piece in reversed(pieces_of(node)))
            case Derived(parents=parents):
                stack.extend(reversed(parents))
            case _:
                pass
