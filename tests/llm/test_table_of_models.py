"""The package's own table of windows and prices, held against the public one that it is made from."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from dataclasses import replace
from datetime import date
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from benchmarks.model_tables import models, public_models, written
from lambda_rlm.llm.profiles import batch_prices, prices_as_of, provider_profile
from tests.support.places import ROOT

TEXT = (files("lambda_rlm.llm") / "table" / "models.json").read_text("utf-8")
TABLE: dict[str, Any] = json.loads(TEXT)


@pytest.mark.litellm
def test_the_table_is_the_one_that_the_script_makes() -> None:
    """Of the litellm that this package requires: whoever moves the one makes the other anew."""
    assert written(models(public_models(), TABLE["as_of"])) == TEXT


@pytest.mark.litellm
def test_the_table_has_a_date_a_source_and_a_license() -> None:
    assert date(2026, 1, 1) <= date.fromisoformat(TABLE["as_of"])
    requirements = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]["dev"]
    assert f"litellm=={version('litellm')}" in requirements
    assert TABLE["source"].startswith(f"litellm {version('litellm')} ")
    assert "MIT License" in (files("lambda_rlm.llm") / "table" / "LICENSE").read_text("utf-8")
    assert "OpenAI" in (files("lambda_rlm.llm.vocabulary") / "data" / "LICENSE").read_text("utf-8")


@pytest.mark.litellm
def test_every_model_that_replies_with_text_has_a_sound_profile() -> None:
    """What a token costs is never less than any price of the public table for it, batches and tiers that nobody asks for aside."""
    public = public_models()
    seen = 0
    for name, row in public.items():
        if row.get("mode") not in ("chat", "responses", "completion"):
            continue
        seen += 1
        profile = provider_profile(name)
        for ours, key in ((profile.input_price, "input_cost_per_token"), (profile.output_price, "output_cost_per_token")):
            if ours is None:
                continue
            steps = [row[one] for one in row if one == key or (one.startswith(f"{key}_above") and one.endswith("_tokens"))]
            assert ours == max(map(float, steps)) or (key[0] == "o" and ours == row["output_cost_per_reasoning_token"]), name
        assert profile.cached_input_price is None or profile.cached_input_price <= (profile.input_price or 0), name
        if isinstance(row.get("max_input_tokens"), int) and row["max_input_tokens"] > 0:
            assert profile.window == row["max_input_tokens"], name
    assert seen > 3000


def test_models_that_bill_more_than_tokens_have_no_price() -> None:
    """A fee for each request or each search is in no bound of tokens."""
    for name in ("perplexity/sonar", "perplexity/pplx-7b-online", "perplexity/sonar-deep-research"):
        profile = provider_profile(name)
        assert (profile.input_price, profile.output_price) == (None, None)
        assert profile.window > 8192 or "pplx" in name


@pytest.mark.litellm
def test_thought_that_is_dearer_than_a_reply_sets_the_price() -> None:
    dearer = [
        name
        for name, row in public_models().items()
        if row.get("mode") == "chat"
        and (row.get("output_cost_per_reasoning_token") or 0) > (row.get("output_cost_per_token") or 9)
    ]
    assert dearer
    for name in dearer:
        assert provider_profile(name).output_price == public_models()[name]["output_cost_per_reasoning_token"]


def test_only_prices_of_the_table_have_its_date() -> None:
    profile = provider_profile("openai/gpt-5-mini")
    assert prices_as_of(profile) == TABLE["as_of"]
    assert prices_as_of(replace(profile, input_price=1e-9)) is None
    assert prices_as_of(provider_profile("openai/my-own-model")) is None
    assert prices_as_of(provider_profile("openai/gpt-5-mini", base_url="http://127.0.0.1:9/v1")) is None
    assert prices_as_of(provider_profile("perplexity/sonar")) is None


def test_cached_and_batch_prices_are_known() -> None:
    assert provider_profile("openai/gpt-5-mini").cached_input_price == pytest.approx(2.5e-8)
    assert provider_profile("openai/gpt-5-mini", base_url="http://127.0.0.1:9/v1").cached_input_price is None
    assert batch_prices("openai/gpt-5-mini") == (1.25e-7, 1e-6)
    assert batch_prices("openai/my-own-model") == (None, None)


@pytest.mark.slow
def test_a_check_needs_neither_litellm_nor_a_network(tmp_path: Path) -> None:
    """The same figures where neither is to be had."""
    path = tmp_path / "p.lam"
    path.write_text('llm_call("Say hello.", out = 20)\n')
    program = (
        "import json, socket, sys\n"
        "class Missing:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name.partition('.')[0] == 'litellm' or name.startswith('tiktoken_ext.'): raise ImportError(name)\n"
        "def refuse(*_, **__): raise OSError('no network')\n"
        "if sys.argv[1] == 'bare':\n"
        "    sys.meta_path.insert(0, Missing())\n"
        "    socket.socket.connect = socket.getaddrinfo = refuse\n"
        "from lambda_rlm.cli import main\n"
        "sys.argv = ['lambda-rlm', 'check', sys.argv[2], '--size', 'context=1000', '--model', 'openai/gpt-5-mini', '--json']\n"
        "main()\n"
    )
    environment = {**os.environ, "TIKTOKEN_CACHE_DIR": ""}
    found = []
    for how in ("bare", "whole"):
        command = [sys.executable, "-c", program, how, str(path)]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
        found.append(json.loads(done.stdout))
    assert found[0] == found[1]
    assert found[0]["model"]["prices_as_of"] == TABLE["as_of"]
    assert found[0]["bound"]["usd"] > 0
