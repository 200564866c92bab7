"""The program in a root model's reply: lenient around it, strict inside.

Owns `programs`. Promises candidates in the order they are to be tried, the likeliest first, none of them longer than
`LONGEST`; the text of a candidate is never changed. Refuses to invent a program where there is no text.
"""

from __future__ import annotations

import json
import re
from typing import Final

from lambda_rlm.late_pattern import late_pattern
from lambda_rlm.thought_marks import MARK, SIDES

LONGEST: Final = 60_000
"""Characters; a program of two thousand nodes has fewer."""

_MOST_FENCES: Final = 4
_FINAL: Final = late_pattern(
    r"\s*(?=<\|start\|>|<\|channel\|>).*?<\|channel\|>\s*final\b(?:[^<]|<\|constrain\|>)*<\|message\|>", re.DOTALL
)
"""What comes before the answer of a model that writes in channels."""
_FENCE: Final = late_pattern(r"^[ \t]*+(`{3,}+|~{3,}+)[^\n]*+\n(.*?)(^[ \t]*\1[ \t]*$|\Z)", re.DOTALL | re.MULTILINE)
"""What opens it is taken whole or not at all: a reply of nothing but such signs is looked at once, not once for each."""
_WRAPPED: Final = late_pattern(
    r"(`{1,3})(?P<ticked>[^`]+)\1|<(program|code|answer)>(?P<element>.+)</\3>", re.DOTALL | re.IGNORECASE
)
_BEGINS: Final = late_pattern(
    r"^(?:#|let\b|def\b|type\b|fix\b|if\b|match\b|[{\[(\"]|[fr]\"|[a-z_]\w*\s*(?:\(|\[|\|>|$))", re.MULTILINE
)


def programs(reply: str, *, is_cut: bool = False) -> list[str]:
    """What in a reply may be the program: fenced blocks, the last one first, then all of it, then what follows the prose; of
    JSON the program that it holds. In a reply that was cut, only a block whose fence is closed is whole. A reply that begins as
    a program does comes first as it is: marks of thoughts may be in its texts."""
    whole = reply.strip()
    text = _without_thoughts(reply).strip()
    blocks = [match for match in _FENCE.finditer(text) if match.group(3) or not is_cut]
    fenced = [match.group(2).strip() for match in blocks][-_MOST_FENCES:][::-1]
    if not fenced and text and not is_cut:
        begins = _BEGINS.search(text)
        fenced = [text] if begins is None or begins.start() == 0 else [text, text[begins.start() :]]
        fenced += [without for part in fenced[-1:] if (without := _without_last_paragraph(part)) != part]
    if text != whole and _BEGINS.match(whole) and not is_cut:
        fenced.insert(0, whole)
    return [part[:LONGEST] for one in fenced for part in (_in_json(one), one, _unwrapped(one)) if part]


def _unwrapped(text: str) -> str:
    """What is in backticks, or between the marks of an element; nothing where there are none around all of it."""
    match = _WRAPPED.fullmatch(text[: 2 * LONGEST])
    return "" if match is None else (match["ticked"] or match["element"]).strip()


def _in_json(text: str) -> str:
    """The program that JSON holds, as its only text; nothing where there is none that calls anything: then the text is the
    program."""
    if text[:1] not in ("{", '"') or len(text) > LONGEST:
        return ""
    try:
        held = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    if isinstance(held, dict) and len(held) == 1:
        (held,) = held.values()
    return held if isinstance(held, str) and "(" in held else ""


def _without_thoughts(reply: str) -> str:
    """What is outside of thoughts; before an end without a beginning all is thought. Looks at each mark once: a reply of
    nothing but beginnings takes no longer than another."""
    text = reply[: 4 * LONGEST]
    if (final := _FINAL.match(text)) is not None:
        return text[final.end() :].replace("<|return|>", "").replace("<|end|>", "")
    kept: list[str] = []
    begins: int | None = 0
    for mark in MARK.finditer(text):
        if SIDES[mark[0].lower()][1]:
            if begins is not None:
                kept.append(text[begins : mark.start()])
            begins = None
            continue
        if begins is not None:
            kept.clear()
        begins = mark.end()
    return "".join(kept) if begins is None else "".join(kept) + text[begins:]


def _without_last_paragraph(text: str) -> str:
    """Without a last paragraph of prose."""
    head, _, tail = text.rpartition("\n\n")
    return head if head and _BEGINS.match(tail) is None else text
