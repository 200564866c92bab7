"""Words for true and false, in the main languages.

Owns `TRUTHS`: what each word means, as the label it is asked for by. Promises that no word means both: words
that judge (`wrong`, `错误`) are in no list.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

YES: Final = "yes"
NO: Final = "no"
"""The labels that a Bool is asked for by."""

_YES: Final = (
    "yes|true|ja|jawohl|oui|sí|sì|sim|да|так|evet|是|是的|对|對|はい|ええ|네|예|نعم|بله|כן|हाँ|हां|जी हाँ|ใช่|có|ya|tak|ano|áno|igen|"
    "kyllä|ναι|wahr|vrai|verdadero|verdadeiro|vero|истина|правда|doğru|真|참|จริง|đúng|prawda|waar|सत्य|ndiyo"
)
_NO: Final = (
    "no|false|nein|non|não|нет|ні|не|hayır|否|不是|不|不对|不對|いいえ|いえ|아니요|아니오|아니|لا|خیر|לא|नहीं|जी नहीं|ไม่ใช่|ไม่|không|"
    "tidak|nie|ne|nem|ei|όχι|nee|nej|falsch|faux|falso|ложь|неправда|yanlış|假|거짓|เท็จ|sai|fałsz|onwaar|falskt|असत्य|hapana|bukan"
)
_SUBJECTS: Final = ("it", "they", "he", "she", "this", "that", "there", "i", "we")
_VERBS: Final = ("is", "are", "does", "do", "did", "has", "have", "was", "were", "can", "will", "should", "would")


def _echoes() -> dict[str, str]:
    """Short answers that say the same twice: "Yes, it is", "No, it is not"."""
    echoes = {
        "はい、そうです": YES,
        "そうです": YES,
        "いいえ、違います": NO,
        "いいえ、そうではありません": NO,
        "네, 맞습니다": YES,
    }
    for subject in _SUBJECTS:
        for verb in _VERBS:
            echoes[f"yes, {subject} {verb}"] = YES
            short = {"can": "can't", "will": "won't", "do": "don't"}.get(verb, f"{verb}n't")
            for denied in (f"{verb} not", short, short.replace("'", "’"), *(("cannot",) if verb == "can" else ())):
                echoes[f"no, {subject} {denied}"] = NO
    return echoes


TRUTHS: Final[Mapping[str, str]] = MappingProxyType(
    {**dict.fromkeys(_YES.split("|"), YES), **dict.fromkeys(_NO.split("|"), NO), **_echoes()}
)
"""What each word means."""
