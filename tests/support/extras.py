"""What happens to a test where an extra of the package is not installed."""

from __future__ import annotations

import os
from typing import Final, NoReturn

import pytest

WITHOUT_LOCAL: Final = "the extra `local` is not installed"
WITHOUT_DOCUMENTS: Final = "the extra `documents` is not installed"
WITHOUT_LITELLM: Final = "the extra `litellm` is not installed"
WITHOUT_DOCS: Final = "the extra `docs` is not installed"


def absent(reason: str) -> NoReturn:
    """Skip a test, with the reason; where `.ci/run` has promised that everything is installed, it fails."""
    if os.environ.get("COMPLETE"):
        pytest.fail(f"{reason}, and `.ci/run` installs it", pytrace=False)
    pytest.skip(reason)
