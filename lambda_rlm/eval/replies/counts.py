"""What a run's calls came to, beside what its meter knows.

Owns `Counts`. Promises that whatever is missing from an answer is counted here, so that the run says it is degraded.
"""

from __future__ import annotations

from lambda_rlm.data_class import dataclass
from lambda_rlm.eval.replies.cut_prompts import CutPrompt


@dataclass(slots=True)
class Counts:
    """What a run's calls came to, beside what the meter knows."""

    shared: int = 0
    """Calls not asked again because an equal one had been."""
    cached: int = 0
    """Calls answered from a cache across runs: nothing of them was paid."""
    failed: int = 0
    estimated: int = 0
    """Replies whose tokens the model did not count."""
    max_in_flight: int = 0
    span: int = 0
    """The longest chain of calls that waited for each other."""
    quotes: int = 0
    """Elements of lists left out because their Quote was not found."""
    items: int = 0
    """Items of `llm_map` and choices of `llm_choose` without a valid reply."""
    or_else: int = 0
    cuts: int = 0
    prompts: int = 0
    """Prompts that the server cut before the model read them."""
    cut_prompt: CutPrompt | None = None
    """The one of them that lost most."""
    coercions: int = 0
    """Things read with good will; the trace tells which."""
    mapped: int = 0
    """Items that `llm_map` was given."""
    alike: int = 0
    """The most items of one `llm_map`, if many, that all got the same label."""

    @property
    def is_degraded(self) -> bool:
        """Something is missing from the answer that a better reply would have given."""
        return bool(self.quotes or self.items or self.or_else or self.cuts or self.prompts)

    def note_cut(self, cut: CutPrompt) -> None:
        """Remember a prompt that was cut, if it lost more than others."""
        if self.cut_prompt is None or cut.least - cut.counted > self.cut_prompt.least - self.cut_prompt.counted:
            self.cut_prompt = cut

    def cut_notes(self, model: str) -> tuple[str, ...]:
        """What a person should know of prompts that the server of a model cut."""
        return () if self.cut_prompt is None else (self.cut_prompt.note(model),)
