"""`inputs`: what would be read, without reading it."""

from __future__ import annotations

import json as json_text
from collections.abc import Mapping, Sequence
from typing import Any, Final

from lambda_rlm.cli import exits
from lambda_rlm.cli.display import figures, screen
from lambda_rlm.cli.settings import settings
from lambda_rlm.inputs import Listing, listings
from lambda_rlm.inputs.formats.registry import rows_at
from lambda_rlm.inputs.listing import ListedFile
from lambda_rlm.inputs.reading import Reading, amount, plain

_SHOWN: Final = 20


def inputs(arguments: Sequence[str], options: Mapping[str, Any], json: bool) -> int:
    """The exit code of `inputs`."""
    reading = settings(options).reading()
    found = listings(arguments, reading)
    total = sum(listing.size for listing in found.values())
    if json:
        data = {
            "ok": True,
            "inputs": [_json(name, listing, reading) for name, listing in found.items()],
            "bytes": total,
            "is_within_limit": total <= reading.most_bytes,
            "notes": [note for listing in found.values() for note in listing.notes],
        }
        screen.answer(json_text.dumps(data, ensure_ascii=False))
        return exits.ANSWERED
    for name, listing in found.items():
        for note in listing.notes:
            screen.say(f"note: {note}", "dim")
        screen.report(*_shown(name, listing, reading))
    if total > reading.most_bytes:
        screen.say(f"warning: the inputs exceed the maximum of {amount(reading.most_bytes)} (see --max-input)", "warning")
    return exits.ANSWERED


def _kind(listing: Listing, reading: Reading) -> str:
    if listing.is_list:
        return "documents"
    rows = rows_at(listing.entries[0].path, reading)
    return "text" if rows is None else rows.kind


def _shown(name: str, listing: Listing, reading: Reading) -> list[str]:
    """A line for the input and one for each of its files, the largest first."""
    files = f"{len(listing.entries):,} file{'s' if len(listing.entries) > 1 else ''}"
    named = name if listing.called is None else f"{listing.called} ({name} in programs)"
    lines = [f"{named}: {_kind(listing, reading)}, {files}, {amount(listing.size)}"]
    largest = sorted(listing.entries, key=lambda entry: -(entry.size or 0))[:_SHOWN]
    lines += figures.aligned([(plain(entry.name), _size(entry)) for entry in largest])
    more = len(listing.entries) - len(largest)
    return [*lines, *([f"  and {more:,} smaller"] if more else [])]


def _size(entry: ListedFile) -> str:
    return "size unknown" if entry.size is None else amount(entry.size)


def _json(name: str, listing: Listing, reading: Reading) -> dict[str, Any]:
    files = [{"name": plain(entry.name), "bytes": entry.size} for entry in listing.entries]
    return {
        "name": name,
        "called": listing.called or name,
        "kind": _kind(listing, reading),
        "bytes": listing.size,
        "files": files,
    }
