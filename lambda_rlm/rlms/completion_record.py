"""What a completion gives back, in the shape that it has in `rlms`.

Owns `RLMChatCompletion` and the usage by model. A cost that is not known is None, never 0, for a model and for the sum.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import Any, Self

from lambda_rlm.completion import Usage
from lambda_rlm.data_class import dataclass
from lambda_rlm.execution.run import Run


@dataclass(frozen=True, slots=True)
class ModelUsageSummary:
    """What one model was asked: `total_calls`, tokens, and `total_cost` in US dollars (None: the price is not known)."""

    total_calls: int
    total_input_tokens: int
    total_output_tokens: int
    total_cost: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """As JSON data; a cost that is not known is left out."""
        plain: dict[str, Any] = {
            "total_calls": self.total_calls,
            "total_input_tokens": self.total_input_tokens,
            "total_output_tokens": self.total_output_tokens,
        }
        return plain if self.total_cost is None else {**plain, "total_cost": self.total_cost}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The reverse of `to_dict`."""
        return cls(data["total_calls"], data["total_input_tokens"], data["total_output_tokens"], data.get("total_cost"))


@dataclass(frozen=True, slots=True)
class UsageSummary:
    """What a completion used, by the name of each model that it asked."""

    model_usage_summaries: dict[str, ModelUsageSummary]

    @classmethod
    def of(cls, calls: Iterable[tuple[str, Usage]]) -> Self:
        """The sum of these calls, each with its model."""
        sums: dict[str, tuple[int, Usage]] = {}
        for model, usage in calls:
            number, before = sums.get(model, (0, Usage(0, 0, cost=0.0)))
            sums[model] = number + 1, before + usage
        return cls({m: ModelUsageSummary(n, u.input_tokens, u.output_tokens, u.cost) for m, (n, u) in sums.items()})

    @property
    def total_cost(self) -> float | None:
        """US dollars of all models; None where the cost of one is not known."""
        costs = [one.total_cost for one in self.model_usage_summaries.values()]
        return None if None in costs else sum(cost for cost in costs if cost is not None)

    @property
    def total_input_tokens(self) -> int:
        return sum(one.total_input_tokens for one in self.model_usage_summaries.values())

    @property
    def total_output_tokens(self) -> int:
        return sum(one.total_output_tokens for one in self.model_usage_summaries.values())

    def to_dict(self) -> dict[str, Any]:
        """As JSON data; a cost that is not known is left out."""
        plain: dict[str, Any] = {"model_usage_summaries": {m: one.to_dict() for m, one in self.model_usage_summaries.items()}}
        return plain if self.total_cost is None else {**plain, "total_cost": self.total_cost}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The reverse of `to_dict`."""
        return cls({m: ModelUsageSummary.from_dict(one) for m, one in data["model_usage_summaries"].items()})


@dataclass(frozen=True, slots=True)
class RLMChatCompletion:
    """The answer to a prompt. `execution_time` is in seconds; `metadata` is the trajectory, None without a logger; `run` is the
    `lambda_rlm.Run`, with its bound, coverage and citations."""

    root_model: str
    prompt: Any
    response: str
    usage_summary: UsageSummary
    execution_time: float
    metadata: dict[str, Any] | None = None
    error: str | None = None
    run: Run | None = field(default=None, repr=False, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """As JSON data, without `run`."""
        plain: dict[str, Any] = {
            "root_model": self.root_model,
            "prompt": self.prompt,
            "response": self.response,
            "usage_summary": self.usage_summary.to_dict(),
            "execution_time": self.execution_time,
        }
        more = {"metadata": self.metadata, "error": self.error}
        return plain | {name: value for name, value in more.items() if value is not None}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The reverse of `to_dict`."""
        return cls(**{**data, "usage_summary": UsageSummary.from_dict(data["usage_summary"])})
