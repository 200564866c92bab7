"""Bytes to text.

Owns the encodings. A byte order mark decides; else UTF-16 shows by its zero bytes; else ISO-2022 by its escapes; else what is
valid UTF-8 is UTF-8; else the letters of the words are judged (`letters`), and where they are of no language that is known
there charset-normalizer is asked. Promises that anything but UTF-8 is said, that every decoding is strict unless a person asked
otherwise, and that what remains in doubt is refused with the way to name it.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from typing import Final

from lambda_rlm.data_class import dataclass
from lambda_rlm.inputs.letters import LetterJudgment, is_of_known_language, judged
from lambda_rlm.inputs.problem import InputProblem
from lambda_rlm.inputs.reading import Reading
from lambda_rlm.late_pattern import late_pattern

LOOKED_AT: Final = 8192
"""Bytes at the start of a file that show its kind."""

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # begins with the mark of UTF-16
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

_KINDS: Final = (
    (b"PK\x03\x04", "a zip archive or an office document", "unpack it, or save it as plain text"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old office document", "save it as .docx or plain text"),
    (b"\x1f\x8b", "compressed (gzip)", "unpack it first: `gunzip -c FILE > NEW`"),
    (b"BZh", "compressed (bzip2)", "unpack it first: `bunzip2 -c FILE > NEW`"),
    (b"\xfd7zXZ", "compressed (xz)", "unpack it first: `xz -dc FILE > NEW`"),
    (b"\x28\xb5\x2f\xfd", "compressed (zstd)", "unpack it first: `zstd -dc FILE > NEW`"),
    (b"\x89PNG", "an image", "only text files are supported"),
    (b"\xff\xd8\xff", "an image", "only text files are supported"),
    (b"GIF8", "an image", "only text files are supported"),
    (b"\x7fELF", "an executable", "only text files are supported"),
)

_AT_ONCE: Final = 4 << 20
"""Bytes of a long text that are decoded at a time."""
_LEAST_WIDE: Final = 16
_MOSTLY: Final = 0.98
_NOT_MOSTLY: Final = 0.9
_USUAL_SIGNS: Final = (
    *((" ", "~"), ("\u00a0", "\u024f"), ("\u0370", "\u06ff"), ("\u0900", "\u0e7f"), ("\u1e00", "\u206f"), ("\u20a0", "\u20bf")),
    *(("\u3000", "\u30ff"), ("\u4e00", "\u9fff"), ("\uac00", "\ud7a3"), ("\uff00", "\uffef")),
)
_STEERING: Final = late_pattern("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_MUCH_STEERING: Final = 20
"""A text has less than one sign that steers in so many: letters of two bytes look so, where no byte is zero."""
_SAMPLE: Final = 256_000
_NOT_ASCII: Final = late_pattern(rb"[^\n]{0,100}[\x80-\xff][^\n]{0,100}")
_PLENTY: Final = 12
"""The minimum number of non-ASCII bytes from which an encoding is inferred."""
_COHERENT: Final = 0.2
_CHAOTIC: Final = 0.1
_USUAL: Final = "cp1252"
"""What is taken where the letters speak for it as for others: of what is not UTF-8 most is this."""
_KNOWN: Final = (
    *("cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258", "cp874"),
    *("iso8859_2", "iso8859_5", "iso8859_7", "iso8859_15", "koi8_r", "koi8_u", "cp437", "cp850", "cp866"),
    *("cp932", "euc_jp", "gb18030", "big5", "cp949", "utf_16_le", "utf_16_be"),
)
"""Encodings that files are met in; among all that there are, a wrong one is found more often."""
_LIKELY: Final = 0.95
"""How likely the best text must be for it to be taken; beneath that, one of four is another."""
_ESCAPES: Final = (
    (b"\x1b$)C", "iso2022_kr"),
    *((escape, "iso2022_jp_ext") for escape in (b"\x1b$B", b"\x1b$@", b"\x1b(J", b"\x1b(I", b"\x1b$(D")),
)
_WHOLE_UTF8: Final = late_pattern(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text, and what a person should know of how it was read."""

    text: str
    note: str | None = None


def kind_of(head: bytes, name: str) -> InputProblem | None:
    """What speaks against a file by its first bytes."""
    for magic, kind, hint in _KINDS:
        if head.startswith(magic):
            return InputProblem(f"{name} is {kind}, not text", hint, kind)
    if _mark(head) is None and b"\0" in head[:LOOKED_AT] and _wide(head) is None:
        hint = "only text files are supported; if it is text, set its encoding: --encoding utf-8 or utf-16-le"
        return InputProblem(f"{name} is binary data, not text", hint, "binary data")
    return None


def decode(data: bytes, name: str, reading: Reading | None = None) -> Decoded:
    """The text that bytes mean; raises `InputProblem` that says where they mean none."""
    if reading is not None and reading.codec is not None:
        return _as_told(data, name, reading)
    problem = kind_of(data[:LOOKED_AT], name)
    if problem is not None:
        raise problem
    mark = _mark(data)
    if mark is not None and mark[1] != "utf-8":
        return Decoded(_strict(data, mark[1], name, len(mark[0])), f"{name}: decoded as {mark[1].upper()} (byte order mark)")
    wide = _wide(data[:LOOKED_AT])
    if wide is not None:
        return Decoded(
            _strict(data, wide, name), f"{name}: decoded as {wide.upper()} (inferred from zero bytes; no byte order mark)"
        )
    escaped = _escaped(data)
    if escaped is not None:
        return Decoded(_strict(data, escaped, name), f"{name}: decoded as {escaped} (inferred from its escapes)")
    try:
        text = _text(data, "utf-8", 0 if mark is None else len(mark[0]))
    except UnicodeDecodeError as error:
        return _not_utf8(data, name, error)
    return Decoded(text, _noted(text, name))


def beginning(parts: Sequence[bytes]) -> bytes:
    """The first bytes of all parts together, by which their kind is known."""
    return b"".join([part[:LOOKED_AT] for part in parts])[:LOOKED_AT]


def decode_parts(parts: list[bytes], name: str, reading: Reading | None = None) -> Decoded:
    """As `decode` of the bytes in all parts together. Takes the parts out of the list while it decodes them, so that a long
    text in UTF-8 and its bytes are not held at once."""
    if len(parts) < 2 or not _are_utf8(parts, name, reading):
        return decode(b"".join(parts), name, reading)
    text, decoder = "", codecs.getincrementaldecoder("utf-8-sig")()
    while parts:
        part = memoryview(parts.pop(0))
        for at in range(0, len(part), _AT_ONCE):
            text += decoder.decode(part[at : at + _AT_ONCE])  # the interpreter makes it longer where it is
    text += decoder.decode(b"", True)
    return Decoded(text, _noted(text, name))


def _are_utf8(parts: Sequence[bytes], name: str, reading: Reading | None) -> bool:
    """Whether `decode` would read them as UTF-8, without holding their text."""
    head = beginning(parts)
    if (reading is not None and reading.codec is not None) or kind_of(head, name) is not None or _wide(head) is not None:
        return False
    if (_mark(head) or _MARKS[0])[1] != "utf-8":
        return False
    if all(map(bytes.isascii, parts)):
        return not any(b"\x1b" in part for part in parts)
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for part in parts:
            for at in range(0, len(part), _AT_ONCE):
                decoder.decode(memoryview(part)[at : at + _AT_ONCE])
        decoder.decode(b"", True)
    except UnicodeDecodeError:
        return False
    return True


def _noted(text: str, name: str) -> str | None:
    """What a person should know of a text in UTF-8."""
    if zeros := text.count("\0"):
        return f"{name} has {zeros:,} NUL characters"
    return f"{name} has many control characters; if it is UTF-16, say so: --encoding utf-16-le" if _steers(text) else None


def strict_utf8(data: bytes, name: str) -> str:
    """The text of bytes that must be UTF-8."""
    problem = kind_of(data[:LOOKED_AT], name)
    if problem is not None:
        raise problem
    return _strict(data, "utf-8-sig", name)


def _mark(data: bytes) -> tuple[bytes, str] | None:
    return next(((mark, encoding) for mark, encoding in _MARKS if data.startswith(mark)), None)


def _wide(head: bytes) -> str | None:
    """UTF-16 without a mark: of text in most scripts every other byte is zero, or nearly; zeros are on one side only, and
    what is on the other steers nothing. Of other scripts only spaces and line ends have zeros, and many bytes seem to
    steer; read so, such a text has signs of scripts alone, and read the other way round it has not."""
    head = head[: len(head) // 2 * 2]
    first, second = head[0::2].count(0), head[1::2].count(0)
    if len(head) < _LEAST_WIDE or not (first or second or _steers(head.decode("latin-1"))):
        return None
    texts = {encoding: head.decode(encoding, "replace") for encoding in ("utf-16-le", "utf-16-be")}
    zeros = "utf-16-be" if first > second else "utf-16-le"
    if not min(first, second) and 4 * max(first, second) >= len(head) and not _STEERING.search(texts[zeros]):
        return zeros
    best, other = sorted(texts, key=lambda encoding: _share_usual(texts[encoding]), reverse=True)
    if _share_usual(texts[best]) < _MOSTLY or _share_usual(texts[other]) >= _NOT_MOSTLY:
        return None
    return best if first or second or is_of_known_language(texts[best]) else None


def _steers(text: str) -> bool:
    """Many signs of the beginning are control characters."""
    head = text[:LOOKED_AT]
    return _MUCH_STEERING * len(_STEERING.findall(head)) >= len(head) > 0


def _share_usual(text: str) -> float:
    return sum(map(_is_usual, text)) / max(1, len(text))


def _is_usual(sign: str) -> bool:
    """A sign of the scripts that most texts are in: letters, digits and their punctuation."""
    return sign.isspace() or any(low <= sign <= high for low, high in _USUAL_SIGNS)


def _as_told(data: bytes, name: str, reading: Reading) -> Decoded:
    """In the encoding that a person named."""
    encoding = reading.codec or "utf-8"
    mark = _mark(data)
    skipped = len(mark[0]) if mark is not None and codecs.lookup(encoding).name == mark[1] else 0
    if not reading.replaces:
        return Decoded(_strict(data, encoding, name, skipped))
    before = data.count("\ufffd".encode()) if codecs.lookup(encoding).name == "utf-8" else 0
    text = str(memoryview(data)[skipped:], encoding, "replace")
    replaced = max(0, text.count("\ufffd") - before)
    return Decoded(
        text, f"{name}: {replaced:,} byte sequences are not valid {encoding} and were replaced by U+FFFD" if replaced else None
    )


def _text(data: bytes, encoding: str, skipped: int) -> str:
    """The text of bytes behind a mark, which are not copied for it."""
    return str(memoryview(data)[skipped:], encoding)


def _strict(data: bytes, encoding: str, name: str, skipped: int = 0) -> str:
    try:
        return _text(data, encoding, skipped)
    except UnicodeDecodeError as error:
        # Marks are not part of what decoders count.
        marked = encoding == "utf-8-sig" and data.startswith(codecs.BOM_UTF8)
        shown = encoding.removesuffix("-sig").upper()
        raise _damaged(data, name, shown, error.start + (3 if marked else skipped)) from None
    except UnicodeError as error:
        raise InputProblem(f"{name} is not valid {encoding}: {error}", "set another encoding", "of another encoding") from None


def _damaged(data: bytes, name: str, encoding: str, offset: int, hint: str | None = None) -> InputProblem:
    line = data.count(b"\n", 0, offset) + 1
    return InputProblem(
        f"{name} is not valid {encoding}: byte 0x{data[offset]:02x} at offset {offset:,} (line {line:,})",
        hint or f"set its encoding (--encoding cp1252), or replace undecodable bytes: --encoding {encoding.lower()}:replace",
        "of an unknown encoding",
    )


def _not_utf8(data: bytes, name: str, error: UnicodeDecodeError) -> Decoded:
    offset = error.start + (3 if data.startswith(codecs.BOM_UTF8) else 0)
    if data.startswith(codecs.BOM_UTF8) or len(_WHOLE_UTF8.findall(data, 0, 10 * _SAMPLE)) > 2 * _wrong(data):
        raise _damaged(data, name, "UTF-8", offset)
    found = judged(data)
    if found is None:
        encoding, sure, rivals = _by_letters(data)
    else:
        encoding, sure, rivals = _chosen(data, found)
    if encoding is not None:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            rivals = f"{encoding} for most of it"
        else:
            nearly = f"; {rivals} is almost as likely" if rivals else ""
            note = f"{name}: not UTF-8; decoded as {encoding}, {sure:.0%} likely{nearly} (set --encoding to change this)"
            return Decoded(text, note)
    may = f" (it may be {rivals})" if rivals else ""
    hint = f"set its encoding, e.g. --encoding {rivals.split()[0] if rivals else _USUAL}{may}"
    raise _damaged(data, name, "UTF-8", offset, hint)


def _chosen(data: bytes, found: LetterJudgment) -> tuple[str | None, float, str]:
    """The encoding that was judged, how likely it is, and what is nearly as likely; no encoding where that is in doubt."""
    if not found.is_enough or found.likelihood < _LIKELY:
        return None, found.likelihood, " or ".join(filter(None, [found.encodings[0], found.rival]))
    whole = next((encoding for encoding in found.encodings if _decodes(data, encoding)), found.encodings[0])
    return whole, found.likelihood, ""


def _decodes(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _escaped(data: bytes) -> str | None:
    """ISO-2022, which is ASCII beside its escapes: only where all of it can be read so."""
    if not data.isascii() or b"\x1b" not in data:
        return None
    names = [name for escape, name in _ESCAPES if escape in data]
    return next((name for name in names if _decodes(data, name)), None)


def _wrong(data: bytes) -> int:
    """Places that are not UTF-8, as far as whole characters of it are counted."""
    return data[: 10 * _SAMPLE].decode("utf-8", "replace").count("\ufffd")


def _by_letters(data: bytes) -> tuple[str | None, float, str]:
    """The encoding that the letters speak for, how surely, and others that are nearly as likely."""
    from charset_normalizer import from_bytes

    if len(data) <= _SAMPLE:
        sample = data
    else:  # what is not ASCII, from the start and from the middle on: the rest tells nothing
        middle = len(data) // 2
        sample = b"\n".join(b"\n".join(hit[0] for hit in _first(data, start, _SAMPLE // 400)) for start in (0, middle))
    if sum(byte >= 0x80 for byte in sample) < _PLENTY:
        return None, 0.0, ""
    found = list(from_bytes(sample, cp_isolation=list(_KNOWN), enable_fallback=False))
    if not found:
        return None, 0.0, ""
    best = found[0]
    near = [m for m in found[1:] if m.chaos <= best.chaos + 0.05 and m.coherence >= 0.75 * best.coherence]
    as_well = [m for m in near if m.chaos <= best.chaos and m.coherence >= best.coherence]
    alike = {name for m in (best, *as_well) for name in (m.encoding, *m.could_be_from_charset)}
    chosen = _USUAL if _USUAL in alike else best.encoding
    others = [m.encoding for m in (best, *near) if m.encoding != chosen and chosen not in m.could_be_from_charset]
    rivals = " or ".join(others[:3])
    if best.coherence < _COHERENT or best.chaos > _CHAOTIC or (others and chosen != _USUAL):
        return None, 0.0, " or ".join([chosen, *others[:3]])
    return chosen, best.coherence * (1 - best.chaos), rivals


def _first(data: bytes, start: int, count: int) -> list[re.Match[bytes]]:
    hits = []
    for hit in _NOT_ASCII.finditer(data, start):
        hits.append(hit)
        if len(hits) == count:
            break
    return hits
