"""What a model can be trusted with: writing programs that beat a fixed plan, and telling tasks apart.

Owns the judgement, and the order of what it rests on: what a person set, what a self-test of the model found, what was
measured, and last a guess by the name, or by price and window. Fixed plans win with weak models and free programs with strong
ones (2603.20105), so a model of which nothing is known is assumed to be a weak one."""

from __future__ import annotations

from typing import Final, Literal

from lambda_rlm.completion import ModelProfile
from lambda_rlm.data_class import dataclass
from lambda_rlm.late_pattern import late_pattern
from lambda_rlm.plan.measured_models import StrengthClass, measured
from lambda_rlm.plan.routing_settings import Strength
from lambda_rlm.plan.self_tests import SelfTest

Evidence = Literal["setting", "self-test", "measured", "guess"]

_SMALL: Final = late_pattern(
    r"(?:^|[-_.:/])(?:mini|nano|tiny|micro|small|lite|flash|haiku|instant|air|\d{1,2}(?:\.\d+)?b)(?:$|[-_.:@])"
)
"""Parts of names by which makers tell the small members of a family."""

_SMALLEST: Final = late_pattern(r"(?:^|[-_.:/])(?:nano|tiny|micro|lite|instant|air|\d{1,2}(?:\.\d+)?b)(?:$|[-_.:@])")
"""Those of the smallest members."""

_STRONG: Final = late_pattern(
    r"^(?:gpt-(?:4\.1|[5-9])|o[134](?:-pro)?(?:$|-\d)|claude-(?:opus|sonnet|3-[57]-sonnet|[4-9])|gemini-(?:2\.5|[3-9][\d.]*)-pro"
    r"|grok-[4-9]|deepseek-(?:chat|reasoner|v[3-9]|r[1-9])|qwen3-(?:max|coder)|kimi-k[2-9]|glm-[5-9]|glm-4\.[5-9]|mistral-large)"
)
"""How names of the families begin whose large members write programs well."""

_MEDIUM: Final = late_pattern(
    r"^(?:gpt-(?:4\.1|[5-9])|o[34]-mini|claude-(?:haiku-[4-9]|[4-9]\S*haiku)|gemini-(?:2\.5|[3-9][\d.]*)-flash|grok-[4-9]"
    r"|qwen3-coder)"
)
"""How names of the families begin whose smaller members write programs well where something is to be calculated."""

_PRICE: Final = 4.0 / 1_000_000
"""US dollars for a token of output."""

_WINDOW: Final = 100_000

_TINY: Final = late_pattern(r"(?:^|[^\d.])(?:0?\.\d+b|\d{2,3}m)(?:$|[^a-z\d])")
"""How names tell of less than a billion parameters."""


@dataclass(frozen=True, slots=True)
class Ability:
    """What a model is trusted with, and what that rests on; `why` says it in words."""

    strength: StrengthClass
    evidence: Evidence
    why: str
    tells_tasks_apart: bool = True

    @property
    def writes(self) -> bool:
        """Programs of this model may be better than a fixed plan."""
        return self.strength != "weak"


def ability(profile: ModelProfile, setting: Strength = "auto", tested: SelfTest | None = None) -> Ability:
    """What a model can be trusted with. `setting` is its strength as a person set it, "auto" for none; `tested` what a
    self-test found."""
    known = measured(profile.name)
    apart = _TINY.search(profile.name.lower()) is None
    if tested is not None:
        apart = tested.tells_tasks_apart
    elif known is not None and known.tells_tasks_apart is not None:
        apart = known.tells_tasks_apart
    if setting != "auto":
        return Ability(setting, "setting", "set", apart)
    if tested is not None:
        return Ability(tested.strength, "self-test", f"self-test of {tested.date}", apart)
    if known is not None and known.strength is not None:
        return Ability(known.strength, "measured", f"measured {known.date}", apart)
    strength, why = _guessed(profile)
    return Ability(strength, "guess", why, apart)


def _guessed(profile: ModelProfile) -> tuple[StrengthClass, str]:
    """The strength as far as the name, or else price and window, tell."""
    name = profile.name.lower().rpartition("/")[2].rpartition("anthropic.")[2]
    if profile.name.startswith(("local/", "local:")):
        return "weak", "guessed: a local model"
    if _SMALL.search(name):
        is_medium = _MEDIUM.match(name) and not _SMALLEST.search(name)
        return ("medium" if is_medium else "weak"), "guessed from its name"
    if _STRONG.match(name):
        return "strong", "guessed from its name"
    if profile.output_price is not None and profile.output_price >= _PRICE and profile.window >= _WINDOW:
        return "strong", "guessed from its price and context window"
    return "weak", "guessed: nothing is known of it"
