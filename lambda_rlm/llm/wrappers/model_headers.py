"""Headers that a user adds to the requests of a model, each written `NAME: VALUE`.

Owns how they are read and shown. Promises that a value is a key: it is blotted out of all that leaves the process (`blot`), and
`names_only` is all that is shown or kept. Refuses what could write lines of a head, a header twice, and one that would replace
a header of our own; `Authorization` takes the place of the key, which is then not sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from lambda_rlm.diagnostics.blot import hide, is_no_word
from lambda_rlm.late_pattern import late_pattern

AUTHORIZATION: Final = "authorization"
_OURS: Final = frozenset(
    [
        "accept",
        "accept-encoding",
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "expect",
        "host",
        "keep-alive",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "user-agent",
    ]
)
"""What each request has of our own, and what says how it is sent."""

_NAME: Final = late_pattern(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}")
_VALUE: Final = late_pattern(r"[\x21-\x7e](?:[\x20-\x7e\t]{0,8190}[\x21-\x7e])?")
_PART: Final = late_pattern(r"[^\s,;=\"]+")


def headers_of(told: object) -> tuple[str, ...]:
    """Headers as `NAME: VALUE`, from a list of such texts or a mapping; raises `ValueError`, which shows no value."""
    rows = [f"{name}: {value}" for name, value in told.items()] if isinstance(told, Mapping) else told
    if isinstance(rows, str) or not isinstance(rows, Iterable):
        raise ValueError('headers must be a list of texts "NAME: VALUE", or a mapping')
    found: dict[str, str] = {}
    for row in rows:
        name, colon, value = (part.strip(" ") for part in (row if isinstance(row, str) else "").partition(":"))
        if not (colon and _NAME.fullmatch(name)):
            raise ValueError('headers must be written "NAME: VALUE"')
        if not _VALUE.fullmatch(value):
            raise ValueError(f"the header {name} needs a value in one line of printable ASCII")
        if name.lower() in _OURS:
            raise ValueError(f"the header {name} cannot be set: each request has its own")
        if name.lower() in found:
            raise ValueError(f"the header {name} is set twice")
        found[name.lower()] = f"{name}: {value}"
    return tuple(found.values())


def sent(headers: Iterable[str]) -> dict[str, str]:
    """The values of headers by their names, to be sent: they are hidden from now on."""
    found = {name: value.strip() for name, _, value in (header.partition(":") for header in headers)}
    for value in found.values():
        for part in (value, *filter(is_no_word, _PART.findall(value))):
            hide(part)
    return found


def names_only(headers: object) -> list[str]:
    """The names of headers, without their values; of what is no header, nothing."""
    rows = headers if isinstance(headers, Mapping | list | tuple) else ()
    names = [row.partition(":")[0].strip() for row in rows if isinstance(row, str)]
    return [name for name in names if _NAME.fullmatch(name)]


def without_values(key: str, value: Any) -> Any:
    """A setting as it may be shown and kept: of headers the names alone, in tables of models too."""
    if key == "headers" and value is not None:
        return names_only(value)
    if key == "models" and isinstance(value, Mapping):
        return {
            name: {each: without_values(each, said) for each, said in table.items()} if isinstance(table, Mapping) else table
            for name, table in value.items()
        }
    return value
