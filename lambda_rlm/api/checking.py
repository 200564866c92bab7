"""`check` of the package: from the text of a program to what the checker found, in terms of the library.

Promises to load nothing that runs programs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from lambda_rlm.api.own_terms import diagnostic_in_own_terms, speaking
from lambda_rlm.bounds.declared import Size
from lambda_rlm.diagnostics.diagnostic import Diagnostics
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.execution import check as checking
from lambda_rlm.execution.check import Checked
from lambda_rlm.inputs.reading import Format
from lambda_rlm.types.hosted import HostFunction


def check(
    source: str | SourceFile,
    inputs: Mapping[str, Any] | None = None,
    sizes: Mapping[str, Size] | None = None,
    *,
    primitives: Iterable[HostFunction] = (),
    formats: Iterable[Format] = (),
) -> Checked:
    """Parse and type a program over inputs, each given as data (as `RLM.ask` has it), as a type or as a `Size`.

    A `Size` alone means a Text, and with a count what a folder is, a list of documents; where the program uses the input
    otherwise, what it uses: a list of texts, rows with the fields that it names. To say the type, give it as input and its
    size in `sizes`. `query: Text` is always bound; with no inputs given, `context: Text` is. `primitives` are functions of the
    host that the program may use beside the library, `formats` input formats of the host, for inputs that are a `Path`.
    Raises only for inputs that cannot be read, and names that two have.
    """
    with speaking():
        found = checking.check(source, inputs, sizes, primitives=primitives, formats=formats)
    worded = Diagnostics(found.source, map(diagnostic_in_own_terms, found.diagnostics))
    return replace(found, diagnostics=worded, door=diagnostic_in_own_terms)
