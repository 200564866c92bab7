"""The first contact of a host: what cannot work is raised before inputs are read, and one question is asked for all threads."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from lambda_rlm import RLM, Budget, Fault, Run, check, run
from lambda_rlm.testing import ScriptedModel
from tests.support.listing_server import ListingServer, listed

pytestmark = pytest.mark.usefixtures("alone")


def test_a_missing_key_is_raised_before_inputs_are_read() -> None:
    with pytest.raises(Fault, match="OPENAI_API_KEY") as raised:
        RLM("openai/gpt-5-mini").ask("Who?", context=Path("missing.txt"))
    assert raised.value.code == "E0506" and raised.value.span is None


def test_an_unknown_provider_is_raised_with_the_nearest() -> None:
    with pytest.raises(Fault, match=r"did you mean openai/gpt-5-mini\?"):
        RLM("opanai/gpt-5-mini").ask("Who?", context="x")


def test_the_model_of_a_server_is_found_and_told() -> None:
    with ListingServer({"GET /v1/models": listed("only", max_model_len=20_000)}) as server:
        done = RLM(base_url=server.url).ask("Who did Anna meet?", context="Anna met Bob.")
    assert done.answer == "Bob" and f"{server.url} serves only, which answers" in done.notes


def test_many_questions_at_once_ask_a_server_once() -> None:
    async def many(rlm: RLM) -> None:
        await asyncio.gather(*(rlm.aask("Who did Anna meet?", context=f"Anna met Bob {n}.") for n in range(12)))

    with ListingServer({"GET /v1/models": listed("m", max_model_len=20_000)}) as server:
        asyncio.run(many(RLM("m", base_url=server.url, strategy="direct")))
        assert (server.asked.count("GET /v1/models"), server.completions) == (1, 12)


def test_each_of_many_questions_raises_what_one_was_told() -> None:
    async def many(rlm: RLM) -> list[object]:
        asked = (rlm.aask("Who?", context="x") for _ in range(6))
        return list(await asyncio.gather(*asked, return_exceptions=True))

    with ListingServer({}, key="sk-right-0123456789") as server:
        found = asyncio.run(many(RLM("m", base_url=server.url, strategy="direct")))
    assert [getattr(one, "code", None) for one in found] == ["E0506"] * 6
    assert len({id(one) for one in found}) == 6


def test_a_model_object_and_a_pure_program_have_no_contact() -> None:
    assert RLM(ScriptedModel.from_rules([("", "Bob")])).ask("Who?", context="x").answer == "Bob"
    admitted = check("length(context)", {"context": "Text"}).admit(Budget())
    assert asyncio.run(run(admitted, {"context": "abc"})).value == 3
    asking = check('llm_call("x", out=5)', {}).admit(Budget())
    with pytest.raises(Fault, match="OPENAI_API_KEY"):
        asyncio.run(run(asking, {}, "openai/gpt-5-mini"))


def told(found: Run) -> int:
    return sum(note.startswith("the context window of m is unknown: assuming 8,192 tokens") for note in found.notes)


def test_a_program_s_run_keeps_what_the_contact_told() -> None:
    source, inputs = 'llm_call("Who? " ++ context, out=20)', {"context": "Anna met Bob."}
    with ListingServer({"*": (501, b"no")}) as server:
        assert told(RLM("m", base_url=server.url).run(source, inputs)) == 1
        admitted = check(source, {"context": "Text"}).admit(Budget())
        assert told(asyncio.run(run(admitted, inputs, "m", base_url=server.url))) == 1
        assert told(RLM("m", base_url=server.url).ask("Who?", context="Anna met Bob.")) == 1


def test_a_pure_program_s_text_needs_no_key() -> None:
    assert RLM("openai/gpt-5-mini").run("length(context)", {"context": "abc"}).value == 3
