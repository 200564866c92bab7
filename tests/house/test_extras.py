"""The tests of what an extra brings are skipped where it is not installed; all others run."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support.places import ROOT

COLLECT_WITHOUT_EXTRAS = """
import sys
import pytest

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {absent}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Absent())
sys.exit(pytest.main(["--collect-only", "-qq", "-p", "no:cacheprovider", "tests"]))
"""


@pytest.mark.integration
@pytest.mark.slow
def test_the_tests_are_collected_without_the_extras() -> None:
    """Who has not installed an extra runs all tests but its own."""
    program = COLLECT_WITHOUT_EXTRAS.format(
        absent={"llguidance", "xllamacpp", "litellm", "httpx", "openai", "pypdf", "docx", "matplotlib", "pyarrow"}
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3_000:]
