"""The two ways to a server at a URL: through litellm, and over HTTP of our own."""

from __future__ import annotations

from typing import Final

import pytest

from lambda_rlm.llm.providers.via_http import HttpModel
from lambda_rlm.llm.providers.via_litellm import LitellmModel

Door = type[LitellmModel] | type[HttpModel]
THROUGH_LITELLM: Final = pytest.param(LitellmModel, marks=pytest.mark.litellm)
DOORS: Final = (THROUGH_LITELLM, HttpModel)
