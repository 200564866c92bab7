"""What a value read from a reply is for another question that equals the one it was asked by.

Owns `retold` and the digest of a value. Promises that a value which is shared goes back to the prompt of whoever uses it, that
nothing is charged for that, and that a digest tells values apart by what they say and not by where they came from.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from lambda_rlm.eval.provenance.told import ToldFloat, ToldInt, told
from lambda_rlm.eval.value import Document, Reply, Text, Value


def retold(value: Value, origin: Reply) -> tuple[Value] | None:
    """The value as a reply to another prompt; None where the reply has to be read again for it."""
    if value is None or isinstance(value, bool):
        return (value,)
    if isinstance(value, ToldInt | ToldFloat):
        return (told(value, origin),)
    if isinstance(value, Text) and isinstance(value.origin, Reply):
        return (Text(value.s, origin),)
    return None


def value_digest(value: Value) -> str:
    """The SHA-256 of what a value says, as JSON."""
    return hashlib.sha256(json.dumps(_said(value), ensure_ascii=True).encode()).hexdigest()


def _said(value: Value) -> Any:
    """A value as JSON data. A span is read in its document: reading it as a text would charge the run."""
    if isinstance(value, Text):
        if value.start >= 0:
            document = value.origin
            assert isinstance(document, Document)
            return document.text[value.start : value.start + value.n]
        return value.s
    if isinstance(value, dict):
        return {str(key): _said(part) for key, part in value.items()}
    return [_said(part) for part in value] if isinstance(value, list | tuple) else value
