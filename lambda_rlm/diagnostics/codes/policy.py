"""Codes of policy."""

from __future__ import annotations

from lambda_rlm.diagnostics.codes.code import Code

_ASK = 'llm_call(f"Summarise:\\n{context}")'
_NO_MODEL = "take(context, 300)"

TABLE: tuple[Code, ...] = (
    Code(
        "E0601",
        "The policy of the organization does not allow this",
        "The message names the rule and the file that it is in. `lambda-rlm policy show` lists all rules. No option, file or "
        "argument widens them: choose another model or server, a smaller budget, or other inputs, or ask whoever keeps the "
        "policy. `or_else` does not cover this.",
        bad=_ASK,
        fixed=_NO_MODEL,
    ),
    Code(
        "E0602",
        "The policy cannot be used",
        "`/etc/lambda-rlm/policy.toml`, or the file that `LAMBDA_RLM_POLICY` names, cannot be read, has a rule that does not "
        "exist, or may be changed by its users. Until that is mended nothing is read, sent or run: a rule that was meant to "
        "hold must not be lost by a slip.",
        bad=_ASK,
        fixed=_NO_MODEL,
    ),
)
