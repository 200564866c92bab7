"""Inputs that are not read: their types and sizes by the file system alone.

Owns what can be said of them. A text has as many characters as its file has bytes, at most, in every encoding; it has as many
bytes where it is UTF-8, which is assumed. Refuses rows of data, which have no type until they are read.
"""

from __future__ import annotations

from collections.abc import Mapping

from lambda_rlm.bounds.declared import Size
from lambda_rlm.inputs.formats.registry import is_packed, row_format
from lambda_rlm.inputs.gather import DOCUMENTS, Inputs
from lambda_rlm.inputs.listing import Listing
from lambda_rlm.inputs.problem import InputProblem
from lambda_rlm.inputs.reading import Reading, amount, plain
from lambda_rlm.types.type import TEXT, Type


def unread(found: Mapping[str, Listing], reading: Reading) -> tuple[Inputs, dict[str, Size]]:
    """Types without values, notes, and sizes; raises `InputProblem`."""
    types: dict[str, Type] = {}
    sizes: dict[str, Size] = {}
    notes: list[str] = []
    for name, listing in found.items():
        types[name], sizes[name] = _size(listing, reading)
        notes += listing.notes
        notes.append(f"{name} was not read: {amount(listing.size)} according to the file system, assumed to be UTF-8")
        packed = sum(is_packed(entry.name, reading) for entry in listing.entries)
        if packed:
            notes.append(f"{name}: the text length of {packed:,} documents is unknown until they are read")
    return Inputs({}, types, tuple(notes)), sizes


def _size(listing: Listing, reading: Reading) -> tuple[Type, Size]:
    unknown = next((entry for entry in listing.entries if entry.size is None), None)
    if unknown is not None:
        raise InputProblem(f"the size of {plain(unknown.name)} is unknown until it is read", "set --size NAME=SIZE")
    if listing.is_list:
        largest = max(entry.size or 0 for entry in listing.entries)
        return DOCUMENTS, Size(largest, largest, len(listing.entries), listing.size)
    (entry,) = listing.entries
    if row_format(entry.name, reading) is not None:
        raise InputProblem(
            f"the row type of {plain(entry.name)} is unknown until the file is read",
            "use --declare and --size instead of the file, or read it as plain text: --raw",
        )
    return TEXT, Size(listing.size, listing.size)
