"""The tariff: what each library function costs, in steps of fuel and bytes of new storage.

Owns the one price table, `TARIFF`. Evaluation charges the meter by it while a program runs. The bound analysis does not read
it: steps and bytes have no bound before the run, and the meter alone holds a run to them. Prices are monotone in every size.
Refuses to know about values: sizes come in as plain numbers.

A step takes a tenth of a microsecond where a function works as it does on most data, and at most half a microsecond on
arguments chosen against it; a byte charged covers at most three that are held. `benchmarks/charged.py` measures both, and holds
them to that. The sizes of an application are

| size | what it counts |
|---|---|
| elements | the lengths of all list parameters, added up (the inner lists' too for `concat`) |
| made | the elements of the result list, or the pieces and matches it stands for |
| characters | the characters of all text parameters, added up, those in a list of texts included |
| weight | the tree weight of what is compared, hashed or written out: 1 for each value plus one for each 64 characters |
| written | the characters of newly made text (spans of an input and pieces of a rope are none) |
| cells | pairs of characters, for `similarity` |

A regular expression costs more than its row says where it is a large program, or has groups: 16 steps for each instruction
(512 at most) and 1,024 characters; compiling costs a step for each instruction. Sorting costs the weight of the keys for each
doubling of the list.

Opening a rope, to read or to cut it, costs `PIECE_STEPS` a piece and `PIECE_STORAGE` bytes, once a rope; pieces are never
empty, so there are at most as many as characters. Reading a rope or a span that nobody has read yet copies it: `CHARACTER`
bytes each, once, and cutting a text that is neither copies the cut.

A callback's own steps come on top; so do `weight` steps for its keys where the function groups by keys.
"""

from __future__ import annotations

from typing import Final

from lambda_rlm.data_class import dataclass
from lambda_rlm.syntax.primitive import Primitive as P

HEADER: Final = 64
"""Bytes for a value of any shape, on top of its contents."""

SHIFT: Final = 6
"""A text weighs one more for each 2**SHIFT characters."""

CHARACTER: Final = 4
"""Bytes for a character of newly made text: the widest there is, so that the charge does not depend on the letters."""

SLOT: Final = 8
"""Bytes for a place in a list or record."""

PAIR: Final = 2 * HEADER
"""Bytes for a record with two fields."""

PIECE: Final = 2 * HEADER
"""Bytes for a piece that a text is cut into, beside its characters: the piece, where it begins and how long it is."""

OPTION: Final = 16
"""Bytes for an Option that a function makes of another one."""

NUMBER: Final = 32
"""Bytes for a number that a list holds."""

TOLD_NUMBER: Final = 2 * HEADER
"""Bytes for a number of a reply, which knows where it came from."""

TOLD_STEPS: Final = 10
"""Fuel for a number of a reply."""

ENTRY: Final = 2 * HEADER
"""Bytes for an element that a function compares with others by its key."""

FUNCTION_VALUE: Final = 6 * HEADER
"""Bytes for a function value, beside the slots of the frame that it keeps."""

KEY_STEPS: Final = 4
"""Fuel for each element of the two lists of `join_by`, beside its key."""

READ_STEPS: Final = 2
"""Fuel for each character of a reply that is read as a value of a type."""

PIECE_STEPS: Final = 2
"""Fuel for each piece of a rope that is opened."""

PIECE_STORAGE: Final = 2 * SLOT + 32
"""Bytes for each piece of a rope that is opened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """Linear in the sizes of an application; `kilo` is per 1,024 characters read, `cells` per 64 pairs of characters.

    `ahead` is per 1,024 bytes read past a match; it depends on the text, so no size bounds it and `steps` leaves it out.
    """

    call: int = 1
    element: int = 0
    made: int = 0
    kilo: int = 0
    ahead: int = 0
    weight: int = 0
    sort: int = 0
    cells: int = 0
    storage_call: int = 0
    storage_made: int = 0
    storage_written: int = 0

    def steps(self, *, elements: int = 0, made: int = 0, characters: int = 0, weight: int = 0, cells: int = 0) -> int:
        """Fuel for one application; sorting adds `sort` steps per element and doubling of the length."""
        total = self.call + self.element * elements + self.made * made + (self.kilo * characters + 1023 >> 10)
        return total + self.weight * weight + self.sort * elements * elements.bit_length() + (self.cells * cells + 63 >> 6)

    def storage(self, *, made: int = 0, written: int = 0) -> int:
        """Bytes of new storage for one application."""
        return self.storage_call + self.storage_made * made + self.storage_written * written


_SLOTS: Final = {"storage_call": HEADER, "storage_made": SLOT}
_RECORDS: Final = {"storage_call": HEADER, "storage_made": SLOT + PAIR}
_TEXT: Final = {"storage_call": HEADER, "storage_written": CHARACTER}
_PIECES: Final = {"storage_call": HEADER, "storage_made": SLOT + PIECE, "storage_written": CHARACTER}

_SCALAR: Final = Price(call=1)
_OPTION: Final = Price(call=1, storage_call=HEADER)
_SLICE: Final = Price(call=2, made=1, storage_call=HEADER, storage_made=SLOT, storage_written=CHARACTER)
_CUT: Final = Price(call=2, made=1, storage_call=HEADER + 4 * SLOT, storage_made=SLOT, storage_written=CHARACTER)
"""As a slice; four numbers are kept of it, to tell what was cut away before a prompt."""
_SEARCH: Final = Price(call=2, kilo=10, storage_call=HEADER)
_EACH: Final = Price(call=3, element=2, made=1, **_SLOTS)
_TEST: Final = Price(call=3, element=2)
_KEYED: Final = Price(call=3, element=4, made=1, weight=1, storage_call=HEADER, storage_made=ENTRY)
_SORTED: Final = Price(call=3, element=4, made=1, sort=1, weight=1, **_SLOTS)
_GROUPED: Final = Price(call=3, element=4, made=4, weight=1, storage_call=HEADER, storage_made=4 * HEADER + 4 * SLOT)
_QUANTILE: Final = Price(call=120, element=4, sort=1, storage_call=HEADER)
_SETS: Final = Price(call=3, element=2, made=1, weight=2, storage_call=HEADER, storage_made=ENTRY)
_REGEX: Final = Price(
    call=4, made=12, kilo=120, ahead=960, storage_call=HEADER, storage_made=SLOT + 4 * HEADER, storage_written=CHARACTER
)
_MODEL: Final = Price(
    call=100,
    element=20,
    made=20,
    kilo=40,
    weight=2,
    storage_call=16 * HEADER,
    storage_made=4 * HEADER,
    storage_written=CHARACTER,
)

TARIFF: dict[P, Price] = {
    P.LENGTH: _SCALAR,
    P.IS_EMPTY: _SCALAR,
    P.TAKE: _CUT,
    P.DROP: _SLICE,
    P.TAKE_LAST: _CUT,
    P.SLICE: _CUT,
    P.REVERSE: Price(call=2, made=1, kilo=40, storage_call=HEADER, storage_made=SLOT, storage_written=CHARACTER),
    P.TRIM: Price(call=2, kilo=10, **_TEXT),
    P.LOWER: Price(call=2, kilo=40, **_TEXT),
    P.UPPER: Price(call=2, kilo=40, **_TEXT),
    P.CONTAINS: _SEARCH,
    P.STARTS_WITH: _SEARCH,
    P.ENDS_WITH: _SEARCH,
    P.FIND: _SEARCH,
    P.FIND_ALL: Price(call=2, made=2, kilo=10, storage_call=HEADER, storage_made=SLOT + 32),
    P.REPLACE: Price(call=2, kilo=40, **_TEXT),
    P.REPEAT: Price(call=2, kilo=8, **_TEXT),
    P.AROUND: _SLICE,
    P.LINES: Price(call=2, made=3, kilo=20, **_PIECES),
    P.WORDS: Price(call=2, made=3, kilo=80, **_PIECES),
    P.PARAGRAPHS: Price(call=2, made=6, kilo=30, **_PIECES),
    P.SPLIT_ON: Price(call=2, made=3, kilo=20, **_PIECES),
    P.JOIN: Price(call=2, element=1, storage_call=HEADER, storage_made=2 * SLOT),
    P.CHUNK: Price(call=2, made=10, kilo=10, **_PIECES),
    P.WINDOWS: Price(call=2, made=10, kilo=10, **_PIECES),
    P.SPLIT: Price(call=2, made=3, **_PIECES),
    P.PACK: Price(
        call=2, element=4, made=10, kilo=10, storage_call=HEADER, storage_made=2 * HEADER + SLOT, storage_written=CHARACTER
    ),
    P.SECTIONS: _REGEX,
    P.MATCHES: Price(call=6, kilo=120),
    P.SEARCH: _REGEX,
    P.REPLACE_REGEX: Price(call=4, made=16, kilo=160, ahead=960, storage_made=2 * SLOT, **_TEXT),
    P.ESCAPE_REGEX: Price(call=2, kilo=80, **_TEXT),
    P.PARSE: Price(call=8, kilo=400, storage_call=2 * HEADER, storage_written=4 * SLOT),
    P.TO_TEXT: Price(call=3, kilo=0, storage_call=2 * HEADER),
    P.TO_JSON: Price(call=4, weight=4, storage_call=HEADER, storage_written=CHARACTER + SLOT),
    P.PARSE_DATE: Price(call=250, storage_call=2 * HEADER),
    P.PARSE_DURATION: Price(call=40, storage_call=HEADER),
    P.DAYS_BETWEEN: Price(call=500, storage_call=HEADER),
    P.ADD_DAYS: Price(call=260, storage_call=2 * HEADER),
    P.WEEKDAY: Price(call=250, storage_call=HEADER),
    P.MONTH: Price(call=250, storage_call=HEADER),
    P.READ_NUMBERS: Price(
        call=60, element=160, kilo=1200, storage_call=HEADER, storage_made=SLOT + 6 * HEADER, storage_written=3 * CHARACTER
    ),
    P.READ_DATES: Price(
        call=60, element=320, kilo=1200, storage_call=HEADER, storage_made=SLOT + 4 * HEADER, storage_written=3 * CHARACTER
    ),
    P.LABEL_IN: Price(
        call=600,
        element=80,
        kilo=16_000,
        cells=16,
        storage_call=4 * HEADER,
        storage_made=4 * HEADER,
        storage_written=4 * CHARACTER,
    ),
    P.SIMILARITY: Price(call=20, kilo=16_000, cells=2),
    P.MAP: _EACH,
    P.FILTER: _EACH,
    P.FLAT_MAP: _EACH,
    P.PARTITION: Price(call=3, element=2, made=1, storage_call=4 * HEADER, storage_made=SLOT),
    P.ANY: _TEST,
    P.ALL: _TEST,
    P.COUNT: _TEST,
    P.FIND_FIRST: Price(call=3, element=2, storage_call=HEADER),
    P.FOLD: _TEST,
    P.REDUCE: Price(call=3, element=2, **_SLOTS),
    P.TREE_FOLD: Price(call=3, element=4, made=2, storage_call=HEADER, storage_made=HEADER + 2 * SLOT),
    P.ITERATE: Price(call=3, made=5),
    P.SCAN: _EACH,
    P.ZIP: Price(call=3, made=2, **_RECORDS),
    P.CROSS: Price(call=3, made=2, **_RECORDS),
    P.PAIRS: Price(call=3, made=2, **_RECORDS),
    P.JOIN_BY: Price(call=3, element=4, made=2, weight=1, **_RECORDS),
    P.ENUMERATE: Price(call=3, made=2, **_RECORDS),
    P.RANGE: Price(call=2, made=1, storage_call=HEADER, storage_made=SLOT + 32),
    P.GET: _OPTION,
    P.FIRST: _OPTION,
    P.LAST: _OPTION,
    P.MAX_BY: Price(call=3, element=2, weight=1, **_SLOTS),
    P.MIN_BY: Price(call=3, element=2, weight=1, **_SLOTS),
    P.SORT_BY: _SORTED,
    P.SORT_DESC: _SORTED,
    P.TOP: _SORTED,
    P.UNIQUE: _SETS,
    P.UNIQUE_BY: _KEYED,
    P.GROUP_BY: _GROUPED,
    P.SUM_BY: _GROUPED,
    P.MEAN_BY: _GROUPED,
    P.TALLY: Price(call=3, element=2, made=4, sort=1, weight=2, storage_call=HEADER, storage_made=ENTRY + PAIR),
    P.RANK: Price(
        call=10,
        element=20,
        made=4,
        kilo=1500,
        sort=1,
        storage_call=HEADER,
        storage_made=SLOT + 3 * HEADER,
        storage_written=CHARACTER,
    ),
    P.SAMPLE: Price(call=2, made=2, **_SLOTS),
    P.BATCH: Price(call=2, element=1, made=2, storage_call=HEADER, storage_made=HEADER + 2 * SLOT),
    P.CONCAT: Price(call=2, element=1, made=1, **_SLOTS),
    P.MEMBER: Price(call=2, element=1, weight=1),
    P.UNION: _SETS,
    P.INTERSECT: _SETS,
    P.DIFFERENCE: _SETS,
    P.SUM: Price(call=2, element=1),
    P.MEAN: Price(call=2, element=1, storage_call=HEADER),
    P.MEDIAN: _QUANTILE,
    P.PERCENTILE: _QUANTILE,
    P.SOME: _OPTION,
    P.UNWRAP_OR: _SCALAR,
    P.IS_SOME: _SCALAR,
    P.MAP_OPTION: _OPTION,
    P.AND_THEN: _SCALAR,
    P.VALUES: Price(call=2, element=1, made=1, **_SLOTS),
    P.ABS: _SCALAR,
    P.MIN: _SCALAR,
    P.MAX: _SCALAR,
    P.ROUND: Price(call=1, made=20),
    P.FLOOR: _SCALAR,
    P.CEIL: _SCALAR,
    P.DIV: _SCALAR,
    P.TO_FLOAT: _SCALAR,
    P.TO_INT: _SCALAR,
    P.CLAMP: _SCALAR,
    P.FORMAT_NUMBER: Price(call=20, **_TEXT),
    P.LLM_CALL: _MODEL,
    P.LLM_SAMPLES: _MODEL,
    P.LLM_MAP: _MODEL,
    P.LLM_MAP_BY: _MODEL,
    P.LLM_CHOOSE: _MODEL,
    P.RLM_CALL: _MODEL,
    P.VOTE: Price(call=3, element=2, weight=1, storage_call=HEADER, storage_made=ENTRY),
    P.WHERE: Price(call=3, storage_call=4 * HEADER),
}
