"""What a terminal shows, as a picture: the output of a command drawn as SVG."""

from __future__ import annotations

from html import escape
from typing import Final

_WIDTH_OF_A_CHARACTER: Final = 8.4
_HEIGHT_OF_A_LINE: Final = 19
_MARGIN: Final = 16
_MARKED: Final = "calls ≤"
"""The line that the picture is about."""


def drawn(command: str, output: str) -> str:
    """An SVG of a command and what it printed; the line of the closed form is marked."""
    lines = [f"$ {command}", *output.rstrip("\n").split("\n")]
    width = round(max(map(len, lines)) * _WIDTH_OF_A_CHARACTER) + 2 * _MARGIN
    height = len(lines) * _HEIGHT_OF_A_LINE + 2 * _MARGIN
    texts = [
        f'<text x="{_MARGIN}" y="{_MARGIN + (row + 1) * _HEIGHT_OF_A_LINE - 5}"{_style(line)}>{_kept(line)}</text>'
        for row, line in enumerate(lines)
    ]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">',
            f"<title>{escape(command, quote=False)}</title>",
            f'<rect width="{width}" height="{height}" rx="8" fill="#15181e"/>',
            '<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="14" fill="#d7dae0">',
            *texts,
            "</g>",
            "</svg>\n",
        ]
    )


def _kept(line: str) -> str:
    """The text of a line. Viewers of SVG join ordinary spaces to one, whatever `white-space` says; columns need them all."""
    return escape(line, quote=False).replace(" ", "\N{NO-BREAK SPACE}")


def _style(line: str) -> str:
    if line.startswith(_MARKED):
        return ' fill="#8bd450" font-weight="bold"'
    return ' fill="#7f8794"' if line.startswith("$ ") else ""
