"""A value that a setting cannot have is refused when an `RLM` or a `Budget` is made, and the message says what it may be."""

from __future__ import annotations

from math import inf, nan
from pathlib import Path
from typing import Any

import pytest

from lambda_rlm import RLM, Budget, Routing, Writing
from lambda_rlm.llm.scripted import ScriptedModel
from lambda_rlm.settings.keys import SETTINGS

MODEL = ScriptedModel.from_rules([])


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"admit": "maybe"}, r"unknown admit 'maybe' \(choose from proved, likely\)"),
        ({"admit": "Likely"}, r"did you mean likely\? Choose from proved, likely"),
        ({"strategy": "fast"}, r"unknown strategy 'fast' \(choose from auto, direct, plan, synth\)"),
        ({"constrain": "tgi"}, r"choose from auto, none, openai, vllm, sglang, llamacpp"),
        ({"task": "serach"}, r"did you mean search\? Choose from search"),
        ({"hedge": 0}, r"RLM\(hedge=…\): hedge must be more than 0, not 0"),
        ({"hedge": nan}, r"hedge must be more than 0, not nan"),
        ({"hedge": "soon"}, r"hedge must be a number, not 'soon'"),
        ({"rpm": 0}, r"rpm must be more than 0"),
        ({"rpm": "6"}, r"rpm must be a whole number, not '6'"),
        ({"tpm": -3}, r"tpm must be more than 0"),
        ({"tpm": True}, r"tpm must be a whole number, not True"),
        ({"seed": "x"}, r"seed must be a whole number"),
        ({"strict": "yes"}, r"strict must be true or false, not 'yes'"),
        ({"pool": "many"}, r"a whole number or a share of the calls such as 10%, not 'many'"),
        ({"model_options": {"m": {"timeout": inf}}, "model": "m"}, r"timeout must be a number above 0, not inf"),
        ({"model_options": {"m": {"timeout": nan}}, "model": "m"}, r"timeout must be a number above 0, not nan"),
        ({"model_options": {"m": {"timeout": 0}}, "model": "m"}, r"timeout must be a number above 0, not 0"),
    ],
)
def test_a_wrong_value_is_refused_when_an_rlm_is_made(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        RLM(**{"model": MODEL, **wrong})


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"model": 3}, "model must be the name of a model, or an object with the methods of `Model`, not 3"),
        ({"root_model": object}, "root_model must be the name of a model"),
        ({"budget": {"usd": 1}}, "budget must be a Budget, not {'usd': 1}"),
        ({"routing": "auto"}, "routing must be a Routing"),
        ({"writing": 2}, "writing must be a Writing"),
        ({"task": 3}, "task must be a str or a Path"),
        ({"cache": 3}, "cache must be True, False or a path"),
        ({"journal": 3}, "journal must be True, False or a path"),
        ({"primitives": [len]}, "primitives must be functions made by lambda_rlm.primitive"),
        ({"formats": ["csv"]}, "formats must be Format objects"),
        ({"base_url": 3}, "base_url must be a str"),
        ({"account": "file"}, "account must be an Account"),
    ],
)
def test_another_kind_is_refused_when_an_rlm_is_made(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(TypeError, match=said):
        RLM(**{"model": MODEL, **wrong})


def test_what_may_be_said_is_taken() -> None:
    for key, setting in SETTINGS.items():
        if key in ("admit", "strategy", "constrain", "task"):
            for choice in setting.about.choices:
                said: dict[str, Any] = {key: choice}
                RLM(MODEL, **said)
    RLM(
        MODEL,
        root_model="openai/gpt-5-mini",
        budget=Budget(usd=1),
        routing=Routing(),
        writing=Writing(),
        task=Path("mine.lam"),
        hedge=inf,
        rpm=6,
        tpm=10_000,
        seed=0,
        strict=False,
        pool=3,
        cache=False,
        journal=False,
    )
    RLM(MODEL, task="./mine.lam", hedge=2, pool="10%")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"usd": "x"}, "budget usd must be at least 0 or None, not 'x'"),
        ({"usd": True}, "budget usd"),
        ({"usd": nan}, "budget usd"),
        ({"seconds": "3"}, "budget seconds must be at least 0 or None, not '3'"),
        ({"concurrency": True}, "budget concurrency must be an integer of at least 1"),
        ({"admit": "maybe"}, "'proved', 'likely' or None"),
    ],
)
def test_a_budget_of_another_kind_is_refused_by_name(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Budget(**wrong)
