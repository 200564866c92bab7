"""The interface of the package `rlms`: its `RLM`, with the import changed and nothing else.

Owns the names that programs written for `rlms` import. The work is that of `lambda_rlm.RLM`.
"""

from __future__ import annotations

from lambda_rlm.rlms.completion_record import ModelUsageSummary, RLMChatCompletion, UsageSummary
from lambda_rlm.rlms.exceeded import BudgetExceededError, TimeoutExceededError, TokenLimitExceededError
from lambda_rlm.rlms.logger import RLMLogger
from lambda_rlm.rlms.ported import PortedRLM as RLM

__all__ = [
    "RLM",
    "BudgetExceededError",
    "ModelUsageSummary",
    "RLMChatCompletion",
    "RLMLogger",
    "TimeoutExceededError",
    "TokenLimitExceededError",
    "UsageSummary",
]
