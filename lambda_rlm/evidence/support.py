"""The evidence for the answer of a run, looked for when it is first asked for.

Owns `Support`. Promises that it is looked for once, that the inputs are let go then, and that a copy in another process has
what was found and not the inputs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from lambda_rlm.data_class import dataclass
from lambda_rlm.evidence.answer import Basis
from lambda_rlm.evidence.record import EvidenceSet
from lambda_rlm.inputs.formats.extracted import FilePlaces


@dataclass(slots=True, eq=False)
class Support:
    """What an answer rests on, and the evidence once it was found. `places` say where texts of inputs are in files."""

    basis: Basis | None = field(repr=False)
    places: Mapping[str, FilePlaces] = field(default_factory=dict, repr=False)
    _found: EvidenceSet | None = None

    @property
    def found(self) -> EvidenceSet:
        """The evidence; looked for the first time."""
        if self._found is None:
            self._found = EvidenceSet() if self.basis is None else _searched(self.basis, self.places)
            self.basis, self.places = None, {}
        return self._found

    def located(self, places: Mapping[str, FilePlaces]) -> Support:
        """The same, of inputs that were read from these files."""
        return self if self._found is not None else Support(self.basis, places)

    def __copy__(self) -> Support:
        return self

    def __deepcopy__(self, memo: Any) -> Support:
        """Itself: nothing in it is changed but that something is found."""
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return _found_before, (self.found,)


def _found_before(found: EvidenceSet) -> Support:
    return Support(None, {}, found)


def _searched(basis: Basis, places: Mapping[str, FilePlaces]) -> EvidenceSet:
    """The evidence. A mistake of this program in looking for it costs no answer that was paid for: a note says so."""
    from lambda_rlm.evidence.looking import EvidenceSearch  # which compiles large patterns: nobody may ever look

    try:
        return EvidenceSearch(basis, places).found()
    except Exception as error:  # noqa: BLE001 - whatever the mistake is
        return EvidenceSet(notes=(f"evidence could not be looked for: {type(error).__name__}",))
