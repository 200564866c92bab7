"""Small documents made for tests, sound and hostile."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence

import pytest

from tests.support.extras import WITHOUT_DOCUMENTS

Document = pytest.importorskip("docx", reason=WITHOUT_DOCUMENTS).Document


def pdf(pages: Sequence[str], contents: bytes | None = None) -> bytes:
    """A PDF with a line of text on each page; with `contents`, these operators on every page."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b"", b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    kids = []
    for text in pages:
        stream = contents if contents is not None else f"BT /F1 12 Tf 20 700 Td ({text}) Tj ET".encode("latin-1")
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
        font = b"<< /Font << /F1 3 0 R >> >>"
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Resources %s /Contents %d 0 R >>" % (font, len(objects))
        )
        kids.append(b"%d 0 R" % len(objects))
    objects[1] = b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(kids), b" ".join(kids))
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)


def docx(body: str, parts: dict[str, str] | None = None) -> bytes:
    """A Word document with this XML as its body, and further parts of the package."""
    made = io.BytesIO()
    Document().save(made)
    words = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    other = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    out = io.BytesIO()
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for item in old.infolist():
            data = old.read(item)
            if item.filename == "word/document.xml":
                data = f"<w:document {words} {other}><w:body>{body}</w:body></w:document>".encode()
            if item.filename == "[Content_Types].xml" and parts:
                data = data.replace(b"</Types>", _types(parts) + b"</Types>")
            if item.filename == "word/_rels/document.xml.rels" and parts:
                data = data.replace(b"</Relationships>", _relations(parts) + b"</Relationships>")
            new.writestr(item.filename, data)
        for name, text in (parts or {}).items():
            new.writestr(f"word/{name}.xml", f"<w:{name} {words}>{text}</w:{name}>")
    return out.getvalue()


def _types(parts: dict[str, str]) -> bytes:
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml."
    return "".join(f'<Override PartName="/word/{n}.xml" ContentType="{kind}{n}+xml"/>' for n in parts).encode()


def _relations(parts: dict[str, str]) -> bytes:
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
    return "".join(f'<Relationship Id="extra{n}" Type="{kind}{n}" Target="{n}.xml"/>' for n in parts).encode()
