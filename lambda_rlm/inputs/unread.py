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
        notes.append(f"{name} is not read: {amount(listing.size)} by the file system, taken for UTF-8")
        packed = sum(is_packed(entry.name, reading) for entry in listing.entries)
        if packed:
            notes.append(f"{name}: how long the texts of {packed:,} documents are is known only when they are read")
    return Inputs({}, types, tuple(notes)), sizes


def _size(listing: Listing, reading: Reading) -> tuple[Type, Size]:
    unknown = next((entry for entry in listing.entries if entry.size is None), None)
    if unknown is not None:
        raise InputProblem(f"the size of {plain(unknown.name)} is known only when it is read", "--size NAME=SIZE says it")
    if listing.is_list:
        largest = max(entry.size or 0 for entry in listing.entries)
        return DOCUMENTS, Size(largest, largest, len(listing.entries), listing.size)
    (entry,) = listing.entries
    if row_format(entry.name, reading) is not None:
        raise InputProblem(
            f"the rows of {plain(entry.name)} have no type until they are read",
            "--declare and --size in place of the file say it, or --raw",
        )
    return TEXT, Size(listing.size, listing.size)
