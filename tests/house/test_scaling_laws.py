"""The example of the scaling laws measures what its README shows."""

from __future__ import annotations

import re

import pytest

from lambda_rlm.cli.app import run_command
from tests.support.places import ROOT

pytestmark = pytest.mark.slow

FOLDER = ROOT / "examples" / "scaling-laws"
ROW = re.compile(r"^([\d,]+) +(plan|direct) +([\d.]+) +([\d.]+) +([\d.]+)$", re.MULTILINE)


@pytest.fixture(scope="module")
def printed() -> str:
    """What the script prints with fewer trials."""
    import contextlib
    import io
    import sys

    sys.path.insert(0, str(FOLDER))
    try:
        import laws  # type: ignore[import-not-found]
    finally:
        sys.path.remove(str(FOLDER))
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        laws.main(["--trials", "16"])
    return out.getvalue()


def test_accuracy_follows_the_law_at_every_point(printed: str) -> None:
    """A₀·ρ^(n/K) for a leaf and about A₀ for a level, against depth, parts and window. The draws are fixed by seeds."""
    rows = ROW.findall(printed)
    assert len(rows) == 19
    gaps = [float(law) - float(measured) for _, _, law, measured, _ in rows]
    assert max(map(abs, gaps)) < 0.35
    assert abs(sum(gaps)) / len(gaps) < 0.1


def test_the_readme_shows_what_the_script_prints(printed: str) -> None:
    """Laws and calls do not depend on how often one tries."""
    shown = ROW.findall((FOLDER / "README.md").read_text(encoding="utf-8"))
    assert [row[:3] for row in shown] == [row[:3] for row in ROW.findall(printed)]
    assert [float(row[4]) for row in shown] == pytest.approx([float(row[4]) for row in ROW.findall(printed)], abs=1.0)


def test_more_parts_read_better_and_a_longer_window_needs_none(printed: str) -> None:
    rows = ROW.findall(printed)
    direct = [float(measured) for _, way, _, measured, _ in rows if way == "direct"]
    plan = [float(measured) for _, way, _, measured, _ in rows[-5:]]
    assert direct[0] < 0.5 < 0.7 < direct[-1]
    assert plan[0] > direct[0] + 0.2


def test_the_program_is_in_canonical_form() -> None:
    assert run_command(["fmt", "--check", str(FOLDER / "solve.lam")]) == 0
