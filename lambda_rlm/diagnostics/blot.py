"""Keys left out of texts that leave the process: replies, errors, traces, journals, pages, exports.

Owns what counts as a key: values of environment variables whose names say so, what was said to be one (`hide`), keys that a
model was given, users and passwords in URLs, and, in errors, whatever has the form of a key. Promises that a text is blotted
before it is cut. In replies only values that cannot be ordinary words are replaced: a reply about `postgres` stays as it is
where a password is that.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any, Final

from lambda_rlm.graphemes import begun
from lambda_rlm.late_pattern import late_pattern

PICTURE: Final = "…"
"""What stands for a key."""

_NAMES: Final = ("KEY", "TOKEN", "SECRET", "PASSWORD")
"""How names of the environment end whose values are secret."""

_SHORTEST: Final = 8
_LONG: Final = 16
"""A value of this length is no ordinary word."""

_KEY_FORM: Final = late_pattern(
    r"\b(?:sk|pk|rk|key|gsk|xai|AIza)[-_][A-Za-z0-9_*.\-]{4,}|\b(?:Bearer|Basic)\s+[^\s;,\"']+|(?<=://)[^/@\s]{1,500}@"
)

_hidden: set[str] = set()
"""What was said to be secret in this process."""

_last: tuple[Mapping[Any, Any] | None, int, list[str]] = (None, 0, [])
"""The variables of this process as they were when they were last read, how many values were hidden before, and the secrets."""


def hide(value: str) -> None:
    """A value is secret from now on, whatever its name: one of a header, or of a variable that holds a key."""
    if len(value) >= _SHORTEST:
        _hidden.add(value)


def secrets_of(environ: Mapping[str, str]) -> list[str]:
    """The values of variables whose names say that they are secret, and what is hidden, the longest first."""
    global _last
    # Every reply asks, and reading all variables of a process takes as long as the rest of a call: they are compared undecoded.
    raw = getattr(environ, "_data", None)
    before, hidden, found = _last
    if raw is None or raw != before or hidden != len(_hidden):
        hidden = len(_hidden)  # counted first: what another thread hides meanwhile is looked for the next time
        before = None if raw is None else dict(raw)
        names = [name for name in environ if name.upper().endswith(_NAMES)]
        values = {value for name in names if len(value := environ.get(name, "")) >= _SHORTEST}
        found = sorted(values.union(tuple(_hidden)), key=len, reverse=True)
        if before is not None:
            _last = before, hidden, found
    return found


def blotted(text: str, *keys: str | None, environ: Mapping[str, str] = os.environ) -> str:
    """An error text without anything that is or looks like a key; `keys` are those that are known beside the environment's."""
    return _KEY_FORM.sub(PICTURE, without(text, (*(key for key in keys if key), *secrets_of(environ))))


def without_keys(reply: str, *keys: str | None, environ: Mapping[str, str] = os.environ) -> str:
    """A reply without the keys of this process. What merely looks like one stays: a document may have it."""
    given = (key for key in keys if key and len(key) >= _SHORTEST)
    return without(reply, (*given, *filter(is_no_word, secrets_of(environ))))


class Blotter:
    """Keys left out of a reply that comes in pieces, as `without_keys` leaves them out of a whole one: the end of what came so
    far is held back while it may be the beginning of a key."""

    def __init__(self, *keys: str | None, environ: Mapping[str, str] = os.environ) -> None:
        given = {key for key in keys if key and len(key) >= _SHORTEST}
        self._secrets = sorted({*given, *filter(is_no_word, secrets_of(environ))}, key=len, reverse=True)
        self._held = ""

    def piece(self, text: str) -> str:
        """What may be shown when this piece has come."""
        self._held += text
        end = self._settled()
        shown, self._held = self._held[:end], self._held[end:]
        return without(shown, self._secrets)

    def rest(self) -> str:
        """What was held back, when nothing comes any more."""
        held, self._held = self._held, ""
        return without(held, self._secrets)

    def _settled(self) -> int:
        """How much of what is held is known to be part of no longer key, nor to be the beginning of one."""
        text = self._held
        end = len(text)
        for secret in self._secrets:
            tail = next((n for n in range(min(len(secret) - 1, len(text)), 0, -1) if text.endswith(secret[:n])), 0)
            end = min(end, len(text) - tail)
        is_within = True
        while is_within:  # a key that is whole is not parted
            is_within = False
            for secret in self._secrets:
                place = text.find(secret)
                while place >= 0 and place < end:
                    if end < place + len(secret):
                        end, is_within = place, True
                    place = text.find(secret, place + 1)
        return end


def cut(text: str, longest: int) -> str:
    """The beginning of a text that is blotted already."""
    return text if len(text) <= longest else begun(text, longest) + PICTURE


def is_no_word(value: str) -> bool:
    """Whether a value cannot be an ordinary word."""
    return len(value) >= _LONG or (any(c.isdigit() for c in value) and any(c.isalpha() for c in value))


def without(text: str, secrets: Iterable[str]) -> str:
    """A text with a picture for each of these, the longest first."""
    for secret in sorted(secrets, key=len, reverse=True):
        if secret in text:
            text = text.replace(secret, PICTURE)
    return text
