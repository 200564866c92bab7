"""The one table of transfers: what each library function does to sizes and what applying it costs.

Owns `TRANSFERS`, made of the tables of the families. The analysis applies library functions through it and through nothing
else.
"""

from __future__ import annotations

from typing import Final

from lambda_rlm.bounds.analysis import Transfer
from lambda_rlm.bounds.transfer.as_json import written
from lambda_rlm.bounds.transfer.asking import ASKING, asking
from lambda_rlm.bounds.transfer.callbacks import BY_ELEMENT, CALLBACKS, by_element
from lambda_rlm.bounds.transfer.forms import of_sizes, with_callbacks
from lambda_rlm.bounds.transfer.lists import LIST
from lambda_rlm.bounds.transfer.loops import LOOPS
from lambda_rlm.bounds.transfer.numbers import NUMBER
from lambda_rlm.bounds.transfer.parsing import parse
from lambda_rlm.bounds.transfer.sequences import SEQUENCE, slice_
from lambda_rlm.bounds.transfer.texts import TEXT
from lambda_rlm.syntax.primitive import Primitive

TRANSFERS: Final[dict[Primitive, Transfer]] = {
    **{primitive: of_sizes(row) for table in (SEQUENCE, TEXT, LIST, NUMBER) for primitive, row in table.items()},
    **{primitive: with_callbacks(row) for table in (CALLBACKS, LOOPS) for primitive, row in table.items()},
    **{primitive: by_element(with_callbacks(row)) for primitive, row in BY_ELEMENT.items()},
    **{primitive: asking(row) for primitive, row in ASKING.items()},
    Primitive.SLICE: slice_,
    Primitive.PARSE: parse,
    Primitive.TO_JSON: written,
}
