"""Pieces of HTML: texts escaped, sections, tables.

Owns what every part of a page is made of. Promises that no text of a run is read as markup, that hidden characters are
pictures, and that what is cut says how much is missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any, Final

from lambda_rlm.diagnostics.visible import visible
from lambda_rlm.graphemes import begun

MOST_ROWS: Final = 200
"""Rows of one table."""


def text(value: Any) -> str:
    """A text of a run, escaped for a page, in an attribute too."""
    return escape(visible(str(value)), quote=True)


def cut(value: str, most: int) -> str:
    """At most that many characters of a text, and how many more there are, escaped for a page."""
    shown = begun(value, most)
    more = len(value) - len(shown)
    return text(shown) if not more else f'{text(shown)}<span class="soft"> … {more:,} more characters</span>'


def section(title: str, body: str, name: str = "") -> str:
    """A part of the page under its title; `name` is what links lead to."""
    mark = f' id="{name}"' if name else ""
    return f"<h2{mark}>{title}</h2>\n{body}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Rows under their titles; what begins with a digit or a dollar is a number."""
    every = list(rows)
    body = "".join(
        "<tr>" + "".join(f"<td{_class(cell)}>{text(cell)}</td>" for cell in row) + "</tr>\n" for row in every[:MOST_ROWS]
    )
    if len(every) > MOST_ROWS:
        body += f'<tr><td class="soft" colspan="{len(head)}">… {len(every) - MOST_ROWS:,} more</td></tr>\n'
    titles = "".join(f"<th>{text(name)}</th>" for name in head)
    return f'<div class="wide" tabindex="0"><table><tr>{titles}</tr>\n{body}</table></div>'


def _class(cell: str) -> str:
    return ' class="n"' if cell[:1].isdigit() or cell[:1] == "$" else ""
