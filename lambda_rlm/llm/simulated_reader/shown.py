"""A request as a reader sees it: the instruction, the data, the items that are numbered, and the form of the reply.

Owns the way back from rendered messages to these parts. Text between data markers is data, the rest is instruction; a
prompt without markers is both at once. Promises an identity that does not depend on the markers' codes, which differ between
installations.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

from lambda_rlm.completion import CompletionRequest
from lambda_rlm.data_class import dataclass
from lambda_rlm.limits import ITEMS

_BLOCK: Final = re.compile(r"<data ([0-9a-f]{6,})>\n?(.*?)\n?</data \1>", re.DOTALL)
_TAG: Final = re.compile(r"</?data [0-9a-f]{6,}>\n?")
_LEAD: Final = re.compile(r"(\[+|\[[0-9a-f]{8}-)1(\]+) ")


@dataclass(frozen=True, slots=True)
class Shown:
    """`items` is empty where none are numbered, `head` what comes before them; `schema` and `choices` are as in the
    request."""

    instruction: str
    head: str
    data: str
    items: tuple[str, ...]
    schema: dict[str, Any] | None
    choices: tuple[str, ...] | None
    identity: str


def shown(request: CompletionRequest) -> Shown:
    """What a request shows."""
    system = "\n".join(message.content for message in request.messages if message.role == "system")
    body = "\n".join(message.content for message in request.messages if message.role != "system")
    blocks = [hit[2] for hit in _BLOCK.finditer(body)]
    outside = _BLOCK.sub(" ", body)
    schema = None if request.schema is None else dict(request.schema)
    numbers = [name for name in (schema or {}).get("properties", {}) if name.isdecimal()]
    items = _items(body, len(numbers)) if numbers else ()
    identity = json.dumps([system, _TAG.sub("", body), schema, request.choices, request.sampling.seed], ensure_ascii=False)
    head = _TAG.sub("", body.rpartition(ITEMS)[0]) if items else ""
    return Shown(
        f"{outside}\n{system}", head, "\n\n".join(blocks) if blocks else body, items, schema, request.choices, identity
    )


def _items(body: str, count: int) -> tuple[str, ...]:
    """The texts behind the numbers 1 to `count`; empty where they are not numbered so."""
    text = _TAG.sub("", body.rpartition(ITEMS)[2])
    lead = _LEAD.match(text)
    if lead is None:
        return ()
    starts, at = [(0, lead.end())], lead.end()
    for number in range(2, count + 1):
        mark = f"\n{lead[1]}{number}{lead[2]} "
        mark_at = text.find(mark, at - 1)
        if mark_at < 0:
            return ()
        at = mark_at + len(mark)
        starts.append((mark_at, at))
    ends = [start for start, _ in starts[1:]] + [len(text)]
    return tuple(text[begin:end].strip("\n") for (_, begin), end in zip(starts, ends, strict=True))
