"""How the library functions that take a text or a list change sizes.

Owns `SEQUENCE`, a table of `SizeTransfer`s, and `slice_`, which looks at how its ends are written as well.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from lambda_rlm.bounds.analysis import Analysis, Application
from lambda_rlm.bounds.domain.abstract import (
    EITHER,
    Abstract,
    AbstractBool,
    AbstractList,
    AbstractNumber,
    AbstractResult,
    AbstractText,
    integer,
)
from lambda_rlm.bounds.domain.guards import with_length
from lambda_rlm.bounds.domain.makeup import changed
from lambda_rlm.bounds.domain.offsets import distance
from lambda_rlm.bounds.domain.size import UNLIMITED, size_of
from lambda_rlm.bounds.transfer.forms import SizeTransfer
from lambda_rlm.bounds.transfer.lists import drop_elements, slice_elements, take_elements
from lambda_rlm.bounds.transfer.texts import drop_characters, slice_characters, take_characters
from lambda_rlm.syntax.primitive import Primitive as P


def _length(value: Abstract | None) -> AbstractNumber:
    match value:
        case AbstractText(chars=size, low=low) | AbstractList(length=size, low=low):
            return integer(size, low)
        case _:
            return integer(UNLIMITED)


def _is_empty(value: Abstract | None) -> AbstractBool:
    length = _length(value)
    if length.low > 0:
        return AbstractBool(False)
    return AbstractBool(True) if length.high.value == 0 else EITHER


def _either(of_text: SizeTransfer, of_list: SizeTransfer) -> SizeTransfer:
    """One transfer for texts, another for lists."""

    def change(value: Abstract, *numbers: AbstractNumber) -> Abstract:
        return of_text(value, *numbers) if isinstance(value, AbstractText) else of_list(value, *numbers)

    return change


_slice: Final = _either(slice_characters, slice_elements)


def slice_(analysis: Analysis, application: Application) -> AbstractResult:
    """A slice is as long as its ends are apart, wherever it is."""
    cut = _slice(*application.sized())
    terms = application.terms
    apart = distance(terms[1], terms[2], analysis.typed.primitive_of) if terms else None
    return AbstractResult(cut if apart is None else with_length(cut, None, size_of(apart)))


SEQUENCE: Final[dict[P, SizeTransfer]] = {
    P.LENGTH: _length,
    P.IS_EMPTY: _is_empty,
    P.TAKE: _either(take_characters, take_elements),
    P.TAKE_LAST: _either(take_characters, take_elements),
    P.DROP: _either(drop_characters, drop_elements),
    P.REVERSE: _either(lambda text: replace(text, made=changed(text)), lambda list_: list_),
}
