"""What the arguments of `transfer_cases` are drawn from: types for type variables, and values with edge cases among them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Protocol, TypeVar

from lambda_rlm.syntax.primitive import Primitive as P
from lambda_rlm.types.show import show
from lambda_rlm.types.type import BOOL, FLOAT, INT, TEXT, Con, Enum, Record, Type, list_of, option_of, record_of

_Drawn = TypeVar("_Drawn")


class Pick(Protocol):
    """Draws one of several."""

    def __call__(self, options: Sequence[_Drawn], /) -> _Drawn: ...


"""Draws one of a sequence."""

YES_NO: Final = Enum(("no", "yes"))
WIDE: Final = Enum(("no", "𝄞𝄞𝄞𝄞"))
ROW: Final = record_of(n=INT, t=TEXT)
MOST_INT: Final = 2**63 - 1

TYPES: Final[dict[str, tuple[Type, ...]]] = {
    "s": (TEXT, list_of(TEXT)),
    "n": (INT, FLOAT),
    "k": (INT, TEXT),
    "T": (
        TEXT,
        INT,
        list_of(TEXT),
        record_of(a=TEXT, b=list_of(INT)),
        option_of(TEXT),
        WIDE,
        BOOL,
        FLOAT,
        list_of(list_of(TEXT)),
    ),
    "a": (TEXT, INT, ROW, list_of(TEXT), option_of(TEXT)),
    "b": (TEXT, INT, list_of(TEXT), ROW),
}
SHOWN: Final[tuple[Type, ...]] = (TEXT, INT, FLOAT, YES_NO, BOOL)

TEXTS: Final = (
    "a", "", "ab", "\x00" * 12, "Ⱥ" * 9, "a b c d e f g", "abcdefghijklmnopqrstuvwxyz", "€€€€€€€", "ﬃﬃﬃﬃﬃ", "ΐΐΐΐΐΐ", "𝄞𝄞𝄞aaaaaaaa", "a€a€a€a€",
    "€€€aaaaaaaaaaaaaaaaaa", "a\n\nb\n\nc\n\nd", "x,y,,z,", "\n\n\n\n\n\n", "\x01" * 12, "a" * 60, "aaaaaaaaaaaaaaaa aaa", "one two\nthree\r\nfour",
    "𝄞" * 21, "aaaaaaaaaa€", " aaaa ", "b" * 33 + "€€", "İİİİİİİİ",
    "€" * 40, "𝄞aaaaaaa", "€aaaaaaaaaaaa", "ﬃ" * 20, "a" * 30 + " " + "a" * 29, "\x01" * 40, "a " * 20,
)  # fmt: skip
"""Empty, narrow, wide, mixed, and such as grow when they are changed."""

LISTS: Final = (
    ("a", "bb", "ccc"), (), ("",), ("a" * 40, "b", "c"), ("€€€", "𝄞", "é", "a"), tuple("abcdefghijkl"), ("x", "x", "x", "y"),
    ("a" * 9, "b" * 9, "c" * 9, "d" * 9), ("€€aaaa", "€€bbbb", "€€cccc"), ("a b", "b c", "c d", "d a"), ("", "", "a" * 20),
    tuple(f"{i:02}" for i in range(24)), ("ab\ncd\nef",), ("𝄞" * 12, "𝄞" * 11), ("€aaaaaa", "€bbbbb", "€cccc"), ("€" * 30,), ("€aaa", "bbb"), ("x" * 30, "y" * 30),
)  # fmt: skip
INTS: Final = (0, 1, 2, 3, 5, 8, 20, 12, 40, -1, -20, 100)
FLOATS: Final = (0.0, 0.5, 2.0, 7.0, -3.0, 20.0, -0.25, 40.0)
INT_LISTS: Final = (
    (1, 2, 3),
    (),
    (0,),
    (20, 1, 1),
    (7, 7, 7, 7),
    (-5, 5),
    (12, 30),
    (-20, -1),
    tuple(range(12)),
    (40,),
    (33,),
    (30, 30),
)

BY_NAME: Final[dict[str, tuple[Any, ...]]] = {
    "regex": ("a", ".", "", "^", "(a)(b)?", "[a-z]+", "(?s)(.+)", "()", "(?s).+", "(.)(.)?", "(€+)", "^.", "\\n"),
    "part": ("a", "", "€", "ab", ",", "g", "z"),
    "old": ("a", "", "€", "ab", ","),
    "new": ("", "b", "€€", "xyz", "\\1\\1", "\\0", "𝄞"),
    "sep": ("", ",", "€", "ab", "\n", "--"),
    "overlap": (0, 1, 2, 5, 30, -1),
    "max": (1, 2, 3, 5, 7, 8, 9, 20, 16, 50, 0),
    "per_call": (1, 2, 3, 20, 0),
    "votes": (1, 2, 3, 0),
    "out": (40, 1, 3, 10, 40, 0),
    "calls": (1, 2, 3, 0, 5),
    "instruction": ("Say", "€" * 5, ""),
}
BY_PARAMETER: Final[dict[tuple[P, str], tuple[Any, ...]]] = {
    (P.PARSE_DATE, "text"): ("2024-01-31", "31 January 2024", "x", "", "9999-12-31"),
    **{
        (primitive, name): ("2024-01-31", "x", "0001-01-01", "9999-12-31", "2024-12-29", "")
        for primitive in (P.DAYS_BETWEEN, P.ADD_DAYS, P.WEEKDAY, P.MONTH)
        for name in ("a", "b", "date")
    },
    (P.READ_NUMBERS, "list"): (("1.234,50 €", "1,5 kg", "-3"), ("12 km", "x", "", "(500)"), ("1e9", ".5"), ()),
    (P.READ_DATES, "list"): (("13/02/2023", "1/3/2023", "x"), ("2024-01-31", ""), ()),
    (P.LABEL_IN, "text"): ("yes", "**No**.", "Label: maybe", "", "yes or no"),
    (P.LABEL_IN, "labels"): (("yes", "no"), ("maybe", "yes", "€€"), ()),
    (P.ADD_DAYS, "n"): (0, 1, -1, 366, -40),
    (P.PERCENTILE, "p"): (0, 25, 50, 90, 100, -1, 101),
    (P.ROUND, "digits"): (0, 1, -1, -2, 3),
    (P.FORMAT_NUMBER, "digits"): (20, 0, 1, 40, -1),
    (P.FORMAT_NUMBER, "x"): (0, 1, -(2**63), 12_345),
    (P.PARSE_DURATION, "text"): ("1:00:20", "20s", "x", "40 s", "1h", "0s"),
    (P.RANK, "query"): ("a", "a b c d l", "zz", ""),
    (P.RANK, "texts"): (("a a a a a a", "b", "€ c"), ("€ €€ €€€ a", "b", "€€ c"), tuple("abcdefghijkl"), ()),
    (P.REDUCE, "list"): (tuple("abcdefghijkl"), tuple(f"{i:02}" for i in range(24)), ("€", "a"), (), ("a" * 9,)),
    **{
        (primitive, "text"): ("a", "\n" * 30, "aaa\n" * 4, "€a" * 12, "", "a" * 40, "𝄞aaaa\n€a", "abababab")
        for primitive in (P.SECTIONS, P.SEARCH, P.REPLACE_REGEX)
    },
    **{
        (primitive, "text"): (
            "a",
            "a\nb\nc",
            "",
            "\n" * 30,
            "a b c d e f g h i j k l",
            "a\n\nb\n\nc\n\nd",
            "€€ 𝄞 a",
            "€a\n€b\n€c",
            "a" * 40,
            "€" * 40,
        )
        for primitive in (P.LINES, P.WORDS, P.PARAGRAPHS)
    },
    **{(primitive, "items"): (("x" * 30_000,), ("a", "bb", "ccc"), ("a", "b"), ()) for primitive in (P.LLM_MAP, P.LLM_MAP_BY)},
    (P.LLM_CHOOSE, "prompt"): ("x" * 30_000, "a", ""),
    (P.GET, "i"): (0, 1, 2, 13, -1, 100),
    (P.FIND, "text"): ("aaaaaaaaaaaaaaaaaaaaaaaaaaag", "ab", "€" * 9),
    (P.FIND_ALL, "text"): ("a" * 40, "aaaaaaaaaaaaaaaaaaaaaaaaaaag", "ab", "€" * 9),
    (P.FIND, "part"): ("g", "a", ""),
    (P.FIND_ALL, "part"): ("g", "a", "ab", "€"),
    (P.SPLIT_ON, "text"): ("," * 30, "a,b", "", "€,a", "€" * 40, "a" * 30),
    (P.SPLIT_ON, "sep"): (",", "", "€", "a"),
    (P.LLM_SAMPLES, "n"): (0, 1, 2, 5, 11, -1),
    (P.REPEAT, "n"): (0, 1, 2, 5, 11, -1),
}
ROOM: Final = 161
"""Characters of what `parse` is given, where it is as large as may be."""


def written(type_: Type, room: int) -> list[str]:
    """Texts of at most `room` characters that are read as a type, leniently, each as large in one way as may be."""
    many = ",".join(["0"] * ((room - 1) // 2))
    fewer = ",".join(["2"] * ((room - 14) // 2))
    match type_:
        case Con("Text"):
            return ["a" * room, "𝄞" * room, "€" + "a" * (room - 1)]
        case Con("Int"):
            return ["7", str(MOST_INT)[:room], str(-MOST_INT - 1)[:room], "-40"]
        case Con("Float"):
            return ["7.0", "-3.5", "1e300"]
        case Con("Bool"):
            return ["true", "false"]
        case Enum(labels):
            return list(labels)
        case Con("Option"):
            return ["null", "a" * room, "𝄞" * room, '"' + "𝄞" * (room - 2) + '"', '"' + "a" * (room - 2) + '"']
        case Con("List", (Con("Text"),)):
            return [f"[{many}]", '["' + "𝄞" * (room - 4) + '"]', '["' + "a" * (room - 4) + '"]', "[]"]
        case Con("List", (Con("List"),)):
            return [f"[{many}]", f"[[{many[2:]}]]", '[["' + "𝄞" * (room - 6) + '"]]', "[[],[]]"]
        case Record():
            extremes = f'{{"a":"","b":[{MOST_INT},{-MOST_INT - 1}]}}'
            return [
                f'{{"a":"{"𝄞" * (room - 15)}","b":[]}}',
                f'{{"a":"","b":[{fewer}]}}',
                extremes if len(extremes) <= room else "{}",
            ]
    raise AssertionError(f"no text is drawn that is read as {show(type_)}")


def value(type_: Type, pool: Sequence[Any], pick: Pick) -> Any:
    if pool:
        drawn = pick(pool)
        return list(drawn) if isinstance(drawn, tuple) else drawn
    match type_:
        case Con("Int"):
            return pick(INTS)
        case Con("Float"):
            return pick(FLOATS)
        case Con("Bool"):
            return pick((False, True))
        case Con("Text"):
            return pick(TEXTS)
        case Enum(labels):
            return pick(labels)
        case Con("List", (inner,)):
            return pick((_list, _list, _heavy_first, _heavy_last, _alike))(inner, pick)
        case Con("Option", (inner,)):
            return value(inner, (), pick) if pick((True, True, False)) else None
        case Record(fields):
            return {name: value(inner, (), pick) for name, inner in fields}
    raise AssertionError(f"no values are drawn for {show(type_)}")


def _list(inner: Type, pick: Pick) -> list[Any]:
    if inner == TEXT:
        return list(pick(LISTS))
    if inner in (INT, FLOAT):
        return [number if inner == INT else float(number) for number in pick(INT_LISTS)]
    return [value(inner, (), pick) for _ in range(pick((2, 0, 1, 3, 7)))]


def _heavy_first(inner: Type, pick: Pick) -> list[Any]:
    """A list whose sizes are those of its first element."""
    return [extreme(inner, 1), *[extreme(inner, 0)] * 13]


def _heavy_last(inner: Type, pick: Pick) -> list[Any]:
    return _heavy_first(inner, pick)[::-1]


def _alike(inner: Type, pick: Pick) -> list[Any]:
    return [extreme(inner, 1)] * 3


def extreme(type_: Type, size: int) -> Any:
    """A value that has everything, for a size of 1, or nothing, for 0."""
    match type_:
        case Con("Int"):
            return 20 * size
        case Con("Float"):
            return 20.0 * size
        case Con("Bool"):
            return bool(size)
        case Con("Text"):
            return "€" * 40 * size
        case Enum(labels):
            return labels[size]
        case Con("List", (inner,)):
            return [extreme(inner, 1)] * 30 * size
        case Con("Option", (inner,)):
            return extreme(inner, size)
        case Record(fields):
            return {name: extreme(inner, size) for name, inner in fields}
    raise AssertionError(f"no values are drawn for {show(type_)}")
