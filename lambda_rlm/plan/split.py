"""Which inputs go another way than the router's own, so that ways can be compared.

Owns the drawing. Promises that equal inputs go one way however often and wherever they are asked about, and that of many inputs
each way is given about its share: the place of an input between 0 and 1 is its SHA-256.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from lambda_rlm.events import Way
from lambda_rlm.plan.routing_settings import WAYS
from lambda_rlm.table import as_lists

_BYTES: Final = 8


def arm(split: Mapping[str, float], inputs: Mapping[str, Any]) -> Way | None:
    """The way that a split gives these inputs, None for the router's own. Questions about the same inputs go together; a
    question about nothing is its own input."""
    keyed = {name: as_lists(value) for name, value in inputs.items() if name != "query"} or dict(inputs)
    digest = hashlib.sha256(json.dumps(keyed, ensure_ascii=True, sort_keys=True).encode()).digest()
    place = int.from_bytes(digest[:_BYTES]) / 256**_BYTES
    end = 0.0
    for way in WAYS:
        end += split.get(way, 0.0)
        if place < end:
            return way
    return None
