"""The library as one line of plain Python each, over plain values; sizes and costs are of no interest here.

Left out, because an independent definition would be as long as the implementation: the functions of `NOT_HERE`, which the
conformance cases pin one by one.
"""

from __future__ import annotations

import itertools
import json
import math
import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from lambda_rlm.folding import marked, unmarked
from lambda_rlm.syntax.primitive import Primitive as P
from lambda_rlm.types.rows import row_of
from lambda_rlm.types.type import Con, Enum, Record, Type
from tests.differential.reference_numbers import format_number, number_in, percentile

PARAMETERS = {primitive: tuple(p.name for p in row_of(primitive).parameters) for primitive in P}

NOT_HERE = {
    P.CHUNK, P.WINDOWS, P.PACK, P.SECTIONS, P.MATCHES, P.SEARCH, P.REPLACE_REGEX, P.ESCAPE_REGEX, P.PARSE_DATE, P.PARSE_DURATION,
    P.DAYS_BETWEEN, P.ADD_DAYS, P.WEEKDAY, P.MONTH, P.READ_NUMBERS, P.READ_DATES, P.LABEL_IN,
    P.RANK, P.LLM_MAP, P.LLM_MAP_BY, P.LLM_CHOOSE, P.RLM_CALL, P.WHERE,
}  # fmt: skip
IN_THE_EVALUATOR = {P.LLM_CALL, P.LLM_SAMPLES}


class Fault(Exception):
    """The program stopped, with this code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def number(value: Any) -> Any:
    """A number of the language: integers of 64 bits, finite floats."""
    if isinstance(value, int):
        if not -(2**63) <= value < 2**63:
            raise Fault("E0411")
    elif not math.isfinite(value):
        raise Fault("E0412")
    return value


def show(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else repr(value)


def to_json(value: Any) -> str:
    return json.dumps(_plain(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return _plain(value[0])
    if isinstance(value, dict):
        return {name: _plain(field) for name, field in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def read_json(value: Any, wanted: Type) -> Any:
    """A JSON value as a value of a type; raises `ValueError` when it is not one."""
    match wanted:
        case Con("Option", (inner,)):
            return None if value is None else (read_json(value, inner),)
        case Con("List", (inner,)) if isinstance(value, list):
            return [read_json(item, inner) for item in value]
        case Record(fields) if isinstance(value, dict):
            return {name: read_json(value.get(name), field) for name, field in fields}
        case Enum(labels) if value in labels:
            return value
        case Con("Int") if type(value) is int:
            return value
        case Con("Float") if type(value) in (int, float):
            return float(value)
        case Con("Bool") if type(value) is bool:
            return value
        case Con("Text") if type(value) is str:
            return value
    raise ValueError(f"{value!r} is not of type {wanted}")


def parse(text: str, wanted: Type) -> Any:
    """What both sides must agree on: canonical JSON of the type, and numbers with decimal and grouping signs."""
    try:
        return (read_json(json.loads(text), wanted),)
    except ValueError:
        number = number_in(text) if isinstance(wanted, Con) and wanted.name in ("Int", "Float") else None
    if number is None or (wanted == Con("Int") and number[1]):
        return None
    return (float(number[0]),) if wanted == Con("Float") else (int(number[0]),)


def _key(value: Any) -> str:
    return to_json(value)


def _find(text: str, part: str) -> Any:
    at = text.find(part)
    return None if at < 0 else (at,)


def _find_all(text: str, part: str) -> list[int]:
    return [m.start() for m in re.finditer(re.escape(part), text)] if part else []


def _slice(value: Any, start: int, end: int) -> Any:
    return value[max(start, 0) : max(end, 0)]


def _take_last(value: Any, n: int) -> Any:
    return value[max(len(value) - max(n, 0), 0) :]


_LINE_ENDS = "\n\r\x85\u2028\u2029"
_LINE_END = r"\r\n|\r(?!\n)|[\n\x85\u2028\u2029]"


def _lines(text: str) -> list[str]:
    lines = re.split(_LINE_END, text)
    return lines[:-1] if lines[-1] == "" else lines


def _paragraphs(text: str) -> list[str]:
    found = re.split(rf"(?:{_LINE_END})(?:[^\S{_LINE_ENDS}]*(?:{_LINE_END}))+|\u2029", text)
    return [p for p in (piece.strip(_LINE_ENDS) for piece in found) if p.strip()]


def _split_on(text: str, sep: str) -> list[str]:
    line_feed = r"(?:\r\n|\n)" if "\r" not in sep else r"\n"
    return re.split(re.escape(sep).replace("\\\n", line_feed), text) if sep else [text]


def _split(text: str, k: int) -> list[str]:
    k = min(max(k, 1), len(text))
    return [text[i * len(text) // k : (i + 1) * len(text) // k] for i in range(k)]


def _similarity(a: str, b: str) -> float:
    a, b = unmarked(marked(a)), unmarked(marked(b))  # what folding does is held by tests/eval/test_folding.py
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        above, row = row, [i]
        for j, y in enumerate(b, 1):
            row.append(min(above[j] + 1, row[-1] + 1, above[j - 1] + (x != y)))
    return 1 - row[-1] / max(len(a), len(b)) if a or b else 1.0


def _partition(list: list[Any], f: Callable[[Any], bool]) -> Any:
    pairs = [(f(x), x) for x in list]
    return {"yes": [x for y, x in pairs if y], "no": [x for y, x in pairs if not y]}


def _fold(list: list[Any], init: Any, f: Callable[[Any, Any], Any]) -> Any:
    for x in list:
        init = f(init, x)
    return init


def _scan(list: list[Any], init: Any, f: Callable[[Any, Any], Any]) -> list[Any]:
    states = [init]
    for x in list:
        states.append(f(states[-1], x))
    return states[1:]


def _tree_fold(list: list[Any], group: int, f: Callable[[list[Any]], Any]) -> Any:
    group = max(group, 2)
    while len(list) > 1:
        groups = [list[i : i + group] for i in range(0, len(list), group)]
        list = [f(g) if len(g) > 1 else g[0] for g in groups]
    return (list[0],) if list else None


def _iterate(init: Any, max: int, step: Callable[[Any], Any], until: Callable[[Any], bool]) -> Any:
    for _ in range(max):
        if until(init):
            break
        init = step(init)
    return init


def _pair(a: Any, b: Any) -> Any:
    return {"first": a, "second": b}


def _join_by(a: list[Any], b: list[Any], key_a: Callable[[Any], Any], key_b: Callable[[Any], Any]) -> list[Any]:
    keys_a, keys_b = [_key(key_a(x)) for x in a], [_key(key_b(y)) for y in b]
    return [_pair(x, y) for x, k in zip(a, keys_a, strict=True) for y, other in zip(b, keys_b, strict=True) if k == other]


def _best(list: list[Any], key: Callable[[Any], Any], choose: Callable[..., Any]) -> Any:
    keyed = [(key(x), x) for x in list]
    return (choose(keyed, key=lambda pair: pair[0])[1],) if keyed else None


def _sorted(list: list[Any], key: Callable[[Any], Any], reverse: bool = False) -> list[Any]:
    return sorted(list, key=key, reverse=reverse)


def _unique_by(list: list[Any], key: Callable[[Any], Any]) -> list[Any]:
    return [group["items"][0] for group in _group_by(list, key)]


def _unique(list: list[Any]) -> list[Any]:
    return _unique_by(list, lambda x: x)


def _group_by(list: list[Any], key: Callable[[Any], Any]) -> list[Any]:
    groups: dict[str, Any] = {}
    for x in list:
        k = key(x)
        groups.setdefault(_key(k), {"key": k, "items": []})["items"].append(x)
    return [*groups.values()]


def _tally(list: list[Any]) -> list[Any]:
    counts = [{"key": g["key"], "count": len(g["items"])} for g in _group_by(list, lambda x: x)]
    return sorted(counts, key=lambda row: -row["count"])


def _member(list: list[Any], x: Any) -> bool:
    return _key(x) in map(_key, list)


def _sample(list: list[Any], n: int) -> list[Any]:
    n = min(max(n, 0), len(list))
    return [list[i * len(list) // n] for i in range(n)]


def _batch(list: list[Any], n: int) -> list[Any]:
    return [list[i : i + max(n, 1)] for i in range(0, len(list), max(n, 1))]


def _sum(list: list[Any]) -> Any:
    """The exact sum; of Floats it is rounded once."""
    return number(_rounded(list) if any(isinstance(x, float) for x in list) else sum(list))


def _rounded(list: list[Any]) -> float:
    try:
        return math.fsum(list)
    except OverflowError:
        return math.inf


def _mean(list: list[Any]) -> Any:
    if not list:
        return None
    if isinstance(list[0], int):
        return (sum(list) / len(list),)
    try:
        return (math.fsum(list) / len(list),)
    except OverflowError:
        return (math.fsum([x / len(list) for x in list]),)


def _by_group(list: list[Any], key: Callable[[Any], Any], value: Callable[[Any], Any]) -> dict[str, tuple[Any, list[Any]]]:
    keys = [key(x) for x in list]
    groups: dict[str, tuple[Any, Any]] = {}
    for k, v in zip(keys, [value(x) for x in list], strict=True):
        groups.setdefault(_key(k), (k, []))[1].append(v)
    return groups


def _sum_by(list: list[Any], key: Callable[[Any], Any], value: Callable[[Any], Any]) -> list[Any]:
    return [{"key": k, "sum": _sum(values)} for k, values in _by_group(list, key, value).values()]


def _mean_by(list: list[Any], key: Callable[[Any], Any], value: Callable[[Any], Any]) -> list[Any]:
    return [{"key": k, "mean": _mean(values)[0]} for k, values in _by_group(list, key, value).values()]


def _round(x: Any, digits: int | None = None) -> Any:
    """With digits by exact decimals."""
    if digits is None:
        return number(round(x))
    exact = Fraction(float(x)) * Fraction(10) ** max(-400, min(digits, 400))
    try:
        return float(Fraction(round(exact)) / Fraction(10) ** max(-400, min(digits, 400)))
    except OverflowError:
        raise Fault("E0412") from None


def _div(a: int, b: int) -> int:
    if b == 0:
        raise Fault("E0413")
    return int(number(a // b))


def _to_whole(rule: Callable[[float], int]) -> Callable[[Any], int]:
    return lambda x: number(rule(x))


LIBRARY: dict[P, Callable[..., Any]] = {
    P.LENGTH: lambda value: len(value),
    P.IS_EMPTY: lambda value: not value,
    P.TAKE: lambda value, n: value[: max(n, 0)],
    P.DROP: lambda value, n: value[max(n, 0) :],
    P.TAKE_LAST: _take_last,
    P.SLICE: _slice,
    P.REVERSE: lambda value: value[::-1],
    P.TRIM: lambda text: text.strip(),
    P.LOWER: lambda text: text.lower(),
    P.UPPER: lambda text: text.upper(),
    P.CONTAINS: lambda text, part: part in text,
    P.STARTS_WITH: lambda text, part: text.startswith(part),
    P.ENDS_WITH: lambda text, part: text.endswith(part),
    P.FIND: _find,
    P.FIND_ALL: _find_all,
    P.REPLACE: lambda text, old, new: text.replace(old, new) if old else text,
    P.REPEAT: lambda text, n: text * max(n, 0),
    P.AROUND: lambda text, position, radius: _slice(text, position - radius, position + radius),
    P.LINES: _lines,
    P.WORDS: lambda text: text.split(),
    P.PARAGRAPHS: _paragraphs,
    P.SPLIT_ON: _split_on,
    P.JOIN: lambda list, sep: sep.join(list),
    P.SPLIT: _split,
    P.PARSE: parse,
    P.TO_TEXT: lambda x: show(x),
    P.TO_JSON: lambda x: to_json(x),
    P.SIMILARITY: _similarity,
    P.MAP: lambda list, f: [f(x) for x in list],
    P.FILTER: lambda list, f: [x for x in list if f(x)],
    P.FLAT_MAP: lambda list, f: [y for x in list for y in f(x)],
    P.PARTITION: _partition,
    P.ANY: lambda list, f: any(f(x) for x in list),
    P.ALL: lambda list, f: all(f(x) for x in list),
    P.COUNT: lambda list, f: sum(1 for x in list if f(x)),
    P.FIND_FIRST: lambda list, f: next(((x,) for x in list if f(x)), None),
    P.FOLD: _fold,
    P.REDUCE: lambda list, f: (_fold(list[1:], list[0], f),) if list else None,
    P.TREE_FOLD: _tree_fold,
    P.ITERATE: _iterate,
    P.SCAN: _scan,
    P.ZIP: lambda a, b: [_pair(x, y) for x, y in zip(a, b, strict=False)],
    P.CROSS: lambda a, b: [_pair(x, y) for x in a for y in b],
    P.PAIRS: lambda list: [_pair(x, y) for x, y in itertools.combinations(list, 2)],
    P.JOIN_BY: _join_by,
    P.ENUMERATE: lambda list: [{"index": i, "value": x} for i, x in enumerate(list)],
    P.RANGE: lambda start, end: [*range(start, end)],
    P.GET: lambda list, i: (list[i],) if 0 <= i < len(list) else None,
    P.FIRST: lambda list: (list[0],) if list else None,
    P.LAST: lambda list: (list[-1],) if list else None,
    P.MAX_BY: lambda list, key: _best(list, key, max),
    P.MIN_BY: lambda list, key: _best(list, key, min),
    P.SORT_BY: _sorted,
    P.SORT_DESC: lambda list, key: _sorted(list, key, reverse=True),
    P.TOP: lambda list, n, key: _sorted(list, key, reverse=True)[: max(n, 0)],
    P.UNIQUE: _unique,
    P.UNIQUE_BY: _unique_by,
    P.GROUP_BY: _group_by,
    P.SUM_BY: _sum_by,
    P.MEAN_BY: _mean_by,
    P.TALLY: _tally,
    P.SAMPLE: _sample,
    P.BATCH: _batch,
    P.CONCAT: lambda lists: [x for inner in lists for x in inner],
    P.MEMBER: _member,
    P.UNION: lambda a, b: _unique(a + b),
    P.INTERSECT: lambda a, b: _unique([x for x in a if _member(b, x)]),
    P.DIFFERENCE: lambda a, b: _unique([x for x in a if not _member(b, x)]),
    P.SUM: _sum,
    P.MEAN: _mean,
    P.MEDIAN: lambda list: percentile(list, 50),
    P.PERCENTILE: percentile,
    P.SOME: lambda value: (value,),
    P.UNWRAP_OR: lambda option, default: default if option is None else option[0],
    P.IS_SOME: lambda option: option is not None,
    P.MAP_OPTION: lambda option, f: None if option is None else (f(option[0]),),
    P.AND_THEN: lambda option, f: None if option is None else f(option[0]),
    P.VALUES: lambda list: [x[0] for x in list if x is not None],
    P.ABS: lambda x: number(abs(x)),
    P.MIN: lambda a, b: min(a, b),
    P.MAX: lambda a, b: max(a, b),
    P.ROUND: _round,
    P.FLOOR: _to_whole(math.floor),
    P.CEIL: _to_whole(math.ceil),
    P.DIV: _div,
    P.TO_FLOAT: lambda x: float(x),
    P.TO_INT: _to_whole(int),
    P.CLAMP: lambda x, low, high: max(low, min(x, high)),
    P.FORMAT_NUMBER: format_number,
    P.VOTE: lambda list: (_tally(list)[0]["key"],) if list else None,
}  # fmt: skip
