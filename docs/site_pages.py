"""Lets the site have the paths of the repository, so that a link works in both.

MkDocs reads one folder. `on_files` gives it the pages outside that folder too (README, examples, the standard library), each at its path
in the repository, and the files that they link to.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT: Final = Path(__file__).parent.parent
PAGES: Final = (
    "*.md",
    "docs/**/*.md",
    "examples/*/README.md",
    "stdlib/README.md",
    "benchmarks/README.md",
    "tests/conformance/README.md",
)
_CODE: Final = re.compile(r"`[^`]*`")
_LINK: Final = re.compile(r"\]\((?!https?://|#)([^)#\s]+)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """The pages and what they link to, in place of what MkDocs found; files of the theme stay."""
    pages = sorted({path for pattern in PAGES for path in ROOT.glob(pattern)})
    linked = {
        (page.parent / to).resolve()
        for page in pages
        for to in _LINK.findall(page.read_text(encoding="utf-8"))
        if "*" not in to
    }
    found = sorted({*pages, *(path for path in linked if path.is_file())})
    own = [File.generated(config, str(path.relative_to(ROOT)), abs_src_path=str(path)) for path in found]
    return Files([*own, *(file for file in files if file.abs_src_path is None or not file.abs_src_path.startswith(str(ROOT)))])


def on_page_markdown(markdown: str, page: object, config: MkDocsConfig, files: Files) -> str:
    """In tables, `\\|` in code is a `|`: GitHub needs the backslash there, and Python-Markdown would show it."""
    lines = (
        _CODE.sub(lambda code: code[0].replace("\\|", "|"), line) if line.startswith("|") else line
        for line in markdown.split("\n")
    )
    return "\n".join(lines)
