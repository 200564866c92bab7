"""Why a test is skipped where an extra of the package is not installed."""

from __future__ import annotations

from typing import Final

WITHOUT_LOCAL: Final = "the extra `local` is not installed"
WITHOUT_DOCUMENTS: Final = "the extra `documents` is not installed"
WITHOUT_LITELLM: Final = "the extra `litellm` is not installed"
