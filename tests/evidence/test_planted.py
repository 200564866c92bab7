"""Evidence for answers about planted facts: right, short, at its place; none for answers that nothing supports."""

from __future__ import annotations

from pathlib import Path

import pytest

from lambda_rlm.evidence.record import LONGEST
from tests.support.planted import Asked, asked, figures, invented, posed, write
from tests.support.planted_facts import LISTED, ROWS, TEXTS
from tests.support.planted_hard import HARD, UNSUPPORTED

pytestmark = pytest.mark.slow

LEAST = 0.9


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Asked]:
    folder = tmp_path_factory.mktemp("planted")
    write(folder)
    return [*asked(folder), *invented(folder)]


def test_sixty_facts_are_in_forty_files() -> None:
    facts = [*TEXTS.values(), *(facts for _, facts in ROWS.values()), *LISTED.values()]
    assert (len(facts), sum(map(len, facts))) == (40, 60)


def test_precision_and_recall_are_high(runs: list[Asked]) -> None:
    precision, recall = figures(runs)
    assert precision >= LEAST and recall >= LEAST, (precision, recall)


def test_precision_and_recall_are_high_where_it_is_hard() -> None:
    """Answers that nothing supports count for the precision."""
    precision, recall = figures([*posed(HARD), *posed(UNSUPPORTED)])
    assert precision >= 0.95 and recall >= LEAST, (precision, recall)


def test_words_are_those_of_the_input_and_short(runs: list[Asked]) -> None:
    """Offsets are those of the text that the input has."""
    for one in runs:
        for found in one.run.evidence:
            assert found.words and len(found.words) <= LONGEST
            assert found.end - found.start == len(found.words)


def test_lines_are_those_of_the_file(runs: list[Asked], tmp_path: Path) -> None:
    """Whatever was joined or cut on the way."""
    write(tmp_path)
    looked_at = 0
    for one in runs:
        for found in one.run.evidence:
            if found.line is not None:
                lines = (tmp_path / one.file).read_text(encoding="utf-8").split("\n")
                assert found.words.split("\n")[0] in lines[found.line - 1]
                looked_at += 1
    assert looked_at > 30


def test_pages_are_those_of_the_file(runs: list[Asked], tmp_path: Path) -> None:
    from pypdf import PdfReader

    write(tmp_path)
    found = [(one.file, place) for one in runs for place in one.run.evidence if place.page is not None]
    assert len(found) >= sum(len(facts) for name, facts in TEXTS.items() if name.endswith(".pdf"))
    for file, place in found:
        assert place.page is not None
        page = PdfReader(tmp_path / file).pages[place.page - 1].extract_text()
        assert place.words.split(".")[0] in page


def test_rows_and_columns_are_those_of_the_file(runs: list[Asked]) -> None:
    rows = [place for one in runs if one.file in ROWS for place in one.run.evidence]
    assert rows and all(place.row is not None and place.heading == ROWS[str(Path(place.file or "").name)][0] for place in rows)
