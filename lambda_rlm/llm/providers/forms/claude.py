"""What the name of a Claude tells: its version, and when it thinks.

Owns the habits of thought, as the vendor's pages tell them (build-with-claude/thinking, and "what's new" of each model):
versions before 5 think when asked, those since then unless it is switched off, some always. A model that is not listed is
taken to always think: that asks for nothing that it could refuse.
"""

from __future__ import annotations

from typing import Final, Literal

from lambda_rlm.late_pattern import late_pattern

Habit = Literal["asked", "disabled", "between_tools", "always"]
"""When asked; unless told not to, in these words; always."""

_NAME: Final = late_pattern(r"claude-([a-z]+)-(\d{1,2})(?:[-.](\d{1,2}))?(?!\d)|claude-(\d)(?:[-.](\d))?-")
_FIRST_TO_THINK: Final = (5, 0)
_CAN_STOP: Final[dict[tuple[str, int, int], Habit]] = {
    ("opus", 5, 0): "disabled",
    ("sonnet", 5, 0): "disabled",
    ("sonnet", 5, 5): "between_tools",
    ("haiku", 5, 5): "disabled",
}
_ALWAYS: Final = late_pattern("claude-(?:fable|mythos)")


def claude_version(name: str) -> tuple[int, int] | None:
    """Major and minor version in the name of a Claude; None where the name has none."""
    found = _found(name)
    return None if found is None else found[1:]


def claude_thinks(name: str) -> Habit:
    """When the Claude of this name thinks; "asked" for what is no Claude."""
    if _ALWAYS.search(name) is not None:
        return "always"
    found = _found(name)
    if found is None or found[1:] < _FIRST_TO_THINK:
        return "asked"
    return _CAN_STOP.get(found, "always")


def _found(name: str) -> tuple[str, int, int] | None:
    hit = _NAME.search(name)
    if hit is None:
        return None
    family, major, minor, old, old_minor = hit.groups()
    return (family or "", int(major or old), int(minor or old_minor or 0))
