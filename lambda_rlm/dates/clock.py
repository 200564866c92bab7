"""Times of day and time zones beside a date, taken away so that the date alone remains.

Owns `without_clock`. Promises that only a time that a clock can show is taken: 24:00 and a leap second are, 25:00 is not.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from lambda_rlm.dates.names import folded

_ZONES: Final = (
    "utc|gmt|ut|est|edt|cst|cdt|mst|mdt|pst|pdt|akst|akdt|hst|hdt|ast|adt|nst|ndt|bst|ist|cet|cest|eet|eest|wet|west|met|mest|msk|msd|"
    "sast|eat|cat|wat|trt|gst|pkt|npt|ict|wib|wita|wit|hkt|sgt|myt|pht|awst|acst|acdt|aest|aedt|nzst|nzdt|jst|kst|brt|brst|art|clt|"
    "clst|cot|pet|vet|irst|idt|mez|mesz|мск"
)
_REGIONS: Final = "africa|america|antarctica|arctic|asia|atlantic|australia|europe|indian|pacific|etc|us|canada"
_OFFSET: Final = r"[+-](?:0?\d|1[0-4])(?:[:']?[0-5]\d'?)?(?!\d)"
_ZONE: Final = rf"(?:z(?![a-z])|(?:{_ZONES})(?![a-z])(?:\s?{_OFFSET})?|{_OFFSET}|(?:{_REGIONS})/[a-z_]+(?:/[a-z_]+)?)"
_IN_BRACKETS: Final = rf"(?:[(\[](?:{_ZONE}|[a-z ]{{1,40}} (?:standard|daylight|summer|winter|universal) time)[)\]]|(?<=[+-]\d{{4}}\s)[(][^()\d]{{1,50}}[)]$)"
"""In brackets are zones alone, and after an offset what browsers write there, in the language of the person."""
_AT: Final = "at um a as las la alle ore om kl kl. klo kello o godz. godzinie v ve в о luc pukul saat στις الساعة t"
_HALF: Final = r"(?:\s?[ap]\.?\s?m\b\.?|\s?uhr\b|\s?h\b|\s?hrs\b|\s?o'clock)"
_EASTERN: Final = "上午|下午|午前|午後|晚上|早上|中午|凌晨|오전|오후"
_CLOCKS: Final = (
    (":", rf"(?:(?:{_EASTERN})\s?)?(?<!\d)(\d{{1,2}}):(\d\d)(?::(\d\d)(?:[.,]\d{{1,9}})?)?(?![\d:]){_HALF}?"),
    ("h", r"(?<!\d)(\d{1,2})\s?h\s?(\d\d)()(?:\s?m(?:in)?\b)?(?!\d)"),
    ("mhrk", rf"(?<![\d.])(\d{{1,2}})(?:[.](\d\d))?(){_HALF}(?!\w)"),
    ("t", r"(?<=\dt)(\d\d)()()(?=z|[+-]|$)"),
    (
        "時时点點시",
        rf"(?:(?:{_EASTERN})\s?)?(?<!\d)(\d{{1,2}})[時时点點시]\s?(?:(\d{{1,2}})[分분]?\s?(?:(\d{{1,2}})[秒초])?|半)?",
    ),
    ("kmuaoσ", r"(?<![\d.])(\d{1,2})[.](\d\d)(?:[.](\d\d))?(?![\d.])"),
)
"""Each with signs, one of which must be there, and the last with points: these are a time only after a word for "at"."""


@cache
def _at() -> frozenset[str]:
    return frozenset(map(folded, _AT.split()))


@cache
def _compiled() -> tuple[tuple[tuple[str, re.Pattern[str]], ...], re.Pattern[str]]:
    # Compiled when a date is first read: importing the library stays cheap.
    zone = re.compile(rf"\s?{_ZONE}(?:\s?{_IN_BRACKETS})?|\s?{_IN_BRACKETS}")
    return tuple((signs, re.compile(clock)) for signs, clock in _CLOCKS), zone


def without_clock(text: str) -> tuple[str, bool]:
    """A folded text without its time of day and zone, and whether it had a time."""
    clocks, zone = _compiled()
    for signs, clock in clocks:
        if not any(sign in text for sign in signs):
            continue
        for match in clock.finditer(text):
            before = _before(text[: match.start()], match, needs_word=clock is clocks[-1][1])
            if before is not None and _is_shown(*match.groups()):
                beside = zone.match(text, match.end())
                after = text[match.end() if beside is None else beside.end() :].lstrip(" ,-")
                return _without_zone(f"{before.rstrip(' ,-')} {after}".strip(), has_clock=True), True
    return _without_zone(text, has_clock=False), False


def _without_zone(text: str, *, has_clock: bool) -> str:
    """Without a zone at the end; a bare offset is one only beside a time."""
    start = max(text.rfind("(" if text.endswith(")") else "[" if text.endswith("]") else " "), text.find("z", len(text) - 1))
    named = None if start <= 0 else _compiled()[1].fullmatch(text, start)
    if named is None or (not has_clock and text[start:].strip()[0] in "+-"):
        return text
    return text[:start].rstrip(" ,")


def _before(head: str, match: re.Match[str], *, needs_word: bool) -> str | None:
    """What is before a time, without words for "at"; None where no time begins after it."""
    words = head.split()
    if head.endswith(" ") or not head:
        kept = len(words)
        while kept and words[kept - 1] in _at():
            kept -= 1
        return None if needs_word and kept == len(words) else " ".join(words[:kept])
    last, follows_digit = head[-1], head[-2:-1].isdigit()
    is_joined = (
        last in "日일,)."
        or (last in "t_" and follows_digit)
        or (last == "-" and follows_digit and len(match[1]) == 2)
        or (last == ":" and follows_digit and len(match[1]) == 2 and bool(match[3]))
    )
    return head[:-1] if is_joined and last in "t_-:," else head if is_joined else None


def _is_shown(hour: str, minute: str | None, second: str | None) -> bool:
    parts = int(hour), int(minute or 0), int(second or 0)
    return (parts[0] <= 23 and parts[1] <= 59 and parts[2] <= 60) or parts == (24, 0, 0)
