"""Texts of many scripts and kinds, ordinary ones and such as tokenizers cut in unexpected places."""

from __future__ import annotations

import base64
import random
import sys
from functools import cache
from typing import Final

from hypothesis import strategies as st

_WORDS: Final = [
    "the",
    "of",
    "versammlung",
    "rearguard",
    "swiftness",
    "don't",
    "we'LL",
    "they'rE",
    "I'Ve",
    "it's",
    "HTTPServer",
    "camelCase",
    "naïve",
    "être",
    "Ölöf",
]

FRAGMENTS: Final = (
    *"AELVRaelvrs'/!=<>#~`.,;: \t\n\r71é漢ก\u0301\x1c\x85\u3000\u1c89\ud83d\ude00😀ǅʰ½١ſ\u200d\u0345\U00010400\U0001f1e9\U0001fae8",
    *(
        "'s",
        "'re",
        "'LL",
        "'vE",
        "we'rE",
        "aB",
        "\r\n",
        "\n\n\n",
        "   ",
        "====",
        "hello",
        " world",
        "123456",
        "漢A",
        "*`${",
        "://",
    ),
    *("versammlung", " rearguard", "swiftness", "e\u0301", "สวัสดี", "<|im_end|>", "\\u00e9", "http://a.b/c?d=1"),
)
"""What the texts of the properties are put together of."""

fragment_texts: Final = st.lists(st.sampled_from(FRAGMENTS), max_size=14).map("".join)
"""Short texts that the patterns of vocabularies find hard."""


def _drawn(dice: random.Random, pool: str, count: int) -> str:
    return "".join(dice.choices(pool, k=count))


@cache
def hard_texts() -> dict[str, str]:
    """Two thousand characters or so of each kind, the same in every run."""
    dice = random.Random(14)
    words = " ".join(dice.choices(_WORDS, k=320))
    data = dice.randbytes(1500)
    return {
        "prose": "It is a truth universally acknowledged, that a man in want of tokens counts them twice. “Why?” — he's paid.\n\n"
        * 18,
        "words": words,
        "nospace": words.replace(" ", ""),
        "german": "Die Versammlungsteilnehmer überprüften größere Straßenbahnhaltestellen; schön, dass es „Ärger“ gab!\n" * 20,
        "thai": "สวัสดีครับ วันนี้อากาศดีมาก ผมไปตลาดซื้อผลไม้ ๒๕ บาท\n" * 35,
        "chinese": "今天天气很好，我们去公园散步。价格是25元，打八折！\n" * 70,
        "unbroken": _drawn(dice, "漢字文本編碼計算", 1500),
        "arabic": "مرحبا بالعالم، السعر ١٢٣٫٤٥ دينار و \u200fنص\n" * 45,
        "hindi": "नमस्ते दुनिया, यह एक परीक्षण है। कीमत ५० रुपये\n" * 40,
        "code": "def readHTTP(self, url: str) -> dict[str, int]:\n    if not url:\n        raise ValueError(f'{url!r}')  # don't\n\n"
        * 17,
        "log": "".join(
            f"2026-11-{i % 30 + 1:02d}T10:{i % 60:02d}:07.{i * 37 % 1000:03d}Z INFO [w-{i}] GET /a/b/{i * 7919}?x=%20&y=1 200 {i * 13}ms\n"
            for i in range(28)
        ),
        "csv": "".join(f'{i},"O\'Neil, {i}",{i * 1.37:.2f},true,,\r\n' for i in range(70)),
        "json": '{"id": 17, "name": "M\\u00fcller", "tags": ["a/b", "c\\n"], "nested": {"x": null}}\n' * 25,
        "base64": base64.b64encode(data).decode(),
        "hex": data.hex()[:2000],
        "digits": _drawn(dice, "0123456789", 1800),
        "mixed digits": _drawn(dice, "019١٩५９½²", 1000),
        "white": _drawn(dice, " \t\n\r\u3000\x85\x0b\u2028", 1500),
        "punctuation": _drawn(dice, "!?.,;:'/-=*`~$%&()[]{}", 1800),
        "runs": "".join(dice.choice("=-#* \n") * dice.randint(1, 90) for _ in range(45)),
        "contractions": "'s" * 400 + "".join(dice.choices(("'re", "'rE", "'Ll", "'VE", "'ſ", "we", "I"), k=400)),
        "case": _drawn(dice, "漢AaʰǅLlEe\u0301'", 1500),
        "emoji": "".join(dice.choices(("👩‍👩‍👧", "🇩🇪", "1️⃣", "😀", "👍🏽", " ok ", "\n"), k=400)),
        "marks": "".join(c + "\u0301" * dice.randint(0, 3) for c in _drawn(dice, "aeiou nA1!", 700)),
        "controls": _drawn(dice, "\x00\x07\x1c\x1d\x7f\x9f a1\n", 1200),
        "noise": "".join(chr(dice.randrange(sys.maxunicode + 1)) for _ in range(700)),
        "surrogates": _drawn(dice, "\ud83d\ude00a '\n", 1000),
    }
