"""Which open models think before they reply, by their names.

Owns the names. Whoever runs such a model may call it as they like, so that a name tells what is likely: room for thought is
then allowed, which costs nothing where a model does not use it. Refuses nothing: `--thinking` says otherwise."""

from __future__ import annotations

from typing import Final

from lambda_rlm.late_pattern import late_pattern

_SAYS_SO: Final = late_pattern(r"(?<![a-z])(?:think|thinking|thinker|reasoner|reasoning)(?![a-z])")
"""Qwen3 and Kimi K2 Thinking, Olmo Think, Phi-4 Reasoning, Command A Reasoning, DeepSeek Reasoner, Apriel Thinker."""

_DENIES: Final = late_pattern(
    r"(?<![a-z])(?:non?[-_. ]?(?:think|reason)|nothink|embed|rerank|reward|guard|safety|ocr|tts|asr|retriever)"
)
_ANSWERS_AT_ONCE: Final = late_pattern(r"instruct|coder|(?<![a-z])base(?![a-z])|(?<![a-z])it(?![a-z])")
"""Members of these families that were made to answer at once."""

_FAMILIES: Final = late_pattern(
    "|".join(
        rf"(?<![a-z0-9]){family}"
        for family in (
            *(r"qwq", r"qwen-?3(?!\d)", r"deepseek-?(?:r\d|v[4-9])", r"r1(?=[-_:/.]|$)", r"gpt-?oss", r"magistral"),
            *(r"glm-?4\.[5-9]", r"glm-?[5-9]", r"glm-?z1", r"kimi-?k2\.[5-9]", r"kimi-?k[3-9]", r"minimax-?m[1-9]"),
            *(r"exaone-?deep", r"ernie-?x\d", r"ring-(?:mini|flash|lite|\dt?)", r"step-?3", r"mimo-?(?:7b|v\d)"),
            *(r"smollm3", r"intern-?s1", r"skywork-or?1", r"marco-o1", r"sky-t1", r"openthinker", r"acereason", r"sarvam-m"),
            *(r"hunyuan-?t1", r"hy[3-9](?!\d)", r"longcat-2"),
            r"(?:llama-?3[._]\d-?|nvidia-?|open-?)?nemotron(?!-?(?:mini|4-|51b|70b))",
        )
    )
)
_WHATEVER_THEY_ARE_CALLED: Final = late_pattern(
    r"hunyuan-?(?:a13b|0\.5b|1\.8b|4b|7b)-instruct|seed-oss|deepcoder|deepscaler|openreasoning"
)
"""They think though their names end as if they did not."""


def thinks_by_name(name: str) -> bool:
    """Whether a model of this name thinks before it replies unless it is told not to."""
    lower = name.lower()
    if _DENIES.search(lower):
        return False
    if _SAYS_SO.search(lower) or _WHATEVER_THEY_ARE_CALLED.search(lower):
        return True
    return _FAMILIES.search(lower) is not None and _ANSWERS_AT_ONCE.search(lower) is None
