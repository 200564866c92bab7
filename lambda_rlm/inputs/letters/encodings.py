"""The encodings that an input may have: those of web pages and of files of old systems.

Owns the list. Python has codecs that are no encodings of texts, run decompressors or read escapes (`zip`, `punycode`,
`unicode_escape`), and finds others by importing a module of that name: none of these can be named by a page or an option.
"""

from __future__ import annotations

from encodings import normalize_encoding
from encodings.aliases import aliases
from typing import Final

from lambda_rlm.types.nearest import nearest

_NAMES: Final = (
    "ascii utf_8 utf_8_sig utf_16 utf_16_le utf_16_be utf_32 utf_32_le utf_32_be latin_1 iso8859_1 "
    "big5 big5hkscs gb2312 gbk gb18030 hz euc_jp euc_jis_2004 euc_jisx0213 shift_jis shift_jis_2004 shift_jisx0213 "
    "euc_kr johab iso2022_jp iso2022_jp_1 iso2022_jp_2 iso2022_jp_2004 iso2022_jp_3 iso2022_jp_ext iso2022_kr "
    "koi8_r koi8_t koi8_u kz1048 ptcp154 tis_620 hp_roman8 "
    "mac_arabic mac_croatian mac_cyrillic mac_farsi mac_greek mac_iceland mac_latin2 mac_roman mac_romanian mac_turkish"
)
_CODECS: Final = frozenset(
    _NAMES.split()
    + [f"iso8859_{number}" for number in (*range(2, 12), *range(13, 17))]
    + [f"cp{number}" for number in (*range(1250, 1259), 437, 720, 737, 775, 850, 852, 855, 856, 857, 858, *range(860, 867))]
    + [f"cp{number}" for number in (869, 874, 932, 949, 950, 1006, 1125)]
    + [f"cp{number:03}" for number in (37, 273, 424, 500, 875, 1026, 1140)]
)
"""By the names of Python's modules."""

_OF_PAGES: Final = {
    "dos_874": "cp874",
    "iso_8859_8_e": "iso8859_8",
    "iso_8859_8_i": "iso8859_8",
    "logical": "iso8859_8",
    "macintosh": "mac_roman",
    "ms932": "cp932",
    "unicode_1_1_utf_8": "utf_8",
    "visual": "iso8859_8",
    "windows_31j": "cp932",
    "windows_874": "cp874",
    "windows_949": "cp949",
    "x_euc_jp": "euc_jp",
    "x_gbk": "gbk",
    "x_mac_cyrillic": "mac_cyrillic",
    "x_mac_roman": "mac_roman",
    "x_mac_ukrainian": "mac_cyrillic",
    "x_sjis": "cp932",
    "x_x_big5": "big5",
} | {f"x_cp{number}": f"cp{number}" for number in range(1250, 1259)}
"""Labels of the Encoding Standard that Python does not know."""

_AS_BROWSERS: Final = {
    "ascii": "cp1252",
    "euc_kr": "cp949",
    "gb2312": "gbk",
    "iso8859_1": "cp1252",
    "iso8859_9": "cp1254",
    "iso8859_11": "cp874",
    "latin_1": "cp1252",
    "shift_jis": "cp932",
    "tis_620": "cp874",
    # A page whose declaration could be read is not in UTF-16.
    "utf_16": "utf_8",
    "utf_16_be": "utf_8",
    "utf_16_le": "utf_8",
}
"""What browsers read a page as that declares the left-hand encoding."""

_STANDARD: Final = (
    "ascii utf_8 utf_16 utf_16_le utf_16_be latin_1 big5 gb2312 gbk gb18030 euc_jp shift_jis euc_kr iso2022_jp koi8_r koi8_u "
    "tis_620 mac_roman mac_cyrillic cp866 cp874 cp932 cp949"
)
_NOT_OF_PAGES: Final = _CODECS.difference(
    _STANDARD.split(),
    (f"iso8859_{number}" for number in (*range(1, 12), *range(13, 17))),
    (f"cp{number}" for number in range(1250, 1259)),
)
"""Those that the Encoding Standard does not know: a browser reads a page that declares one as if it declared none. EBCDIC would
show a reader other words than a model."""

_EXAMPLE: Final = "e.g. utf-8, utf-16, cp1252, shift_jis or gb18030"


def codec_of(label: str) -> str | None:
    """The name of Python's codec for an encoding; None where it is not one of those of texts."""
    module = _module(label)
    return None if module is None else module.replace("_", "-")


def declared_codec(label: str) -> str | None:
    """The codec for the encoding that a page declares, as browsers understand it."""
    module = _module(label)
    if module is None or module in _NOT_OF_PAGES:
        return None
    return _AS_BROWSERS.get(module, module).replace("_", "-")


def _module(label: str) -> str | None:
    if not label.isascii() or len(label) > 40:
        return None
    name = normalize_encoding(label.strip().lower()).replace(".", "_")
    name = _OF_PAGES.get(name, aliases.get(name, name))
    return name if name in _CODECS else None


def suggestion(label: str) -> str:
    """The nearest name to one that is no encoding, and examples."""
    near = nearest(label.lower().replace("_", "-"), {name.replace("_", "-") for name in _CODECS})
    return _EXAMPLE if near is None else f"did you mean {near}? {_EXAMPLE}"
