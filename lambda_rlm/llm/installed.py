"""Models that other installed packages add, by entry point.

Owns the group `lambda_rlm.models`. A name `acme:anything` leads to the entry point `acme` of an installed package: a function
that is called with `anything` and returns a `Model`. Promises that installed packages are looked through only for such a name,
never at import, and that whatever their code raises leaves as a `ModelFailure` (`GivenModel`). Refuses to choose between two
packages that claim one prefix.

Loading an entry point imports code of an installed package, which is trusted like every import (`docs/threat-model.md`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from lambda_rlm.completion import Model, ModelProfile
from lambda_rlm.diagnostics.faults import ModelFailure
from lambda_rlm.diagnostics.raised import raised
from lambda_rlm.late_pattern import late_pattern
from lambda_rlm.llm.failures import UNKNOWN_MODEL, failure
from lambda_rlm.llm.wrappers.given import GivenModel

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP: Final = "lambda_rlm.models"
_NAME: Final = late_pattern(r"([a-z][a-z0-9_-]*):(.*)\Z", re.DOTALL)


def installed_model(name: str) -> Model | None:
    """The model that an installed package makes for a name; None where none claims its prefix. Raises `ModelFailure`."""
    hit = _NAME.match(name)
    if hit is None:
        return None
    from importlib.metadata import entry_points

    found = tuple(entry_points(group=GROUP, name=hit[1]))
    if not found:
        return None
    if len({one.value for one in found}) > 1:
        packages = " and ".join(sorted(_package(one) for one in found))
        raise failure(UNKNOWN_MODEL, f"several installed packages provide models with the prefix {hit[1]!r}: {packages}")
    return _made(found[0], name, hit[2])


def _made(entry: EntryPoint, name: str, rest: str) -> Model:
    package = _package(entry)
    try:
        model = entry.load()(rest)
        is_model = isinstance(model, Model)
        profile: object = model.profile if is_model else None
    except ModelFailure:
        raise
    except (Exception, SystemExit) as error:  # whatever the code of another package raises
        message = f"package {package} failed to create the model {name!r}: {raised(error)}"
        raise failure(UNKNOWN_MODEL, message) from error
    if not is_model:
        message = f"package {package} returned {type(model).__name__} for the model {name!r}, which does not implement `Model`"
        raise failure(UNKNOWN_MODEL, message)
    if not isinstance(profile, ModelProfile):
        raise failure(UNKNOWN_MODEL, f"package {package} returned a model {name!r} whose profile is not a ModelProfile")
    return GivenModel(model)


def _package(entry: EntryPoint) -> str:
    """The name of the package that an entry point belongs to, or else what it points at."""
    return entry.dist.name if entry.dist is not None else entry.value
