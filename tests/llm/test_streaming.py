"""A reply that is streamed is the reply that comes at once, told in pieces; however the bytes were parted, whatever goes wrong."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Any

import anyio
import pytest

from lambda_rlm.completion import Completion, CompletionRequest, Message, Model, ModelProfile, StopReason
from lambda_rlm.diagnostics.faults import ModelFailure
from lambda_rlm.llm.providers.forms.anthropic import ANTHROPIC
from lambda_rlm.llm.providers.forms.wire import CHAT, Wire
from lambda_rlm.llm.providers.via_http import HttpModel
from lambda_rlm.llm.wrappers.fallback import ConstraintFallback
from lambda_rlm.llm.wrappers.hedge import Hedged
from lambda_rlm.llm.wrappers.retry import RetryingModel, RetryPolicy
from tests.support.raw_server import RawServer, completion, raw_server, said

PRICED = ModelProfile("m", 8_192, 1_024, input_price=1e-6, output_price=1e-6)
KEY = "sk-secret-1234567"
STREAM = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n"
USAGE = {"prompt_tokens": 9, "completion_tokens": 3}


def chunk(delta: Any = None, finish: str | None = None, **more: Any) -> dict[str, Any]:
    return {"id": "c1", "model": "m-1", "choices": [{"index": 0, "delta": delta or {}, "finish_reason": finish}], **more}


def words(*pieces: str, usage: Any = USAGE, finish: str | None = "stop") -> list[Any]:
    """The events of a reply: its role, its pieces, its end, its counts."""
    counts = [] if usage is None else [{"id": "c1", "model": "m-1", "choices": [], "usage": usage}]
    return [
        chunk({"role": "assistant", "content": ""}),
        *(chunk({"content": piece}) for piece in pieces),
        chunk(None, finish),
        *counts,
    ]


def lines(events: Sequence[Any], end: str = "\n", done: bool = True) -> bytes:
    """Events as they are on the wire; a text is a line of its own."""
    written = [event if isinstance(event, str) else f"data: {json.dumps(event, ensure_ascii=False)}{end}" for event in events]
    return (end.join(written) + end + (f"data: [DONE]{end}{end}" if done else "")).encode()


def in_parts(*parts: bytes, then: Callable[[asyncio.StreamWriter], Any] | None = None, whole: bool = True) -> Any:
    """An answer that comes in these parts."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(STREAM.encode())
        for part in parts:
            if part:
                writer.write(b"%x\r\n%b\r\n" % (len(part), part))
                await writer.drain()
                await asyncio.sleep(0)
        if whole:
            writer.write(b"0\r\n\r\n")
        elif then is None:
            writer.write_eof()
            raise ConnectionError

    return answer


def attempts(pieces: list[str]) -> list[str]:
    """What came in each attempt; how the network and what is hidden part it is nobody's promise."""
    begun, *texts = "".join(piece or "\0" for piece in pieces).split("\0")
    assert not begun, "an attempt begins with an empty piece"
    return texts


def streamed(*answers: Any, wire: Wire = CHAT, wrapped: Callable[[Model], Model] = lambda model: model) -> Any:
    """What came in pieces, the completion, and the server."""
    pieces: list[str] = []

    async def ask() -> tuple[list[str], Completion, RawServer]:
        async with raw_server(*answers) as server:
            model = wrapped(HttpModel("openai/m", server.url, api_key=KEY, profile=PRICED, wire=wire, timeout=20))
            try:
                request = CompletionRequest((Message("user", "hello"),), 64, on_text=pieces.append)
                return pieces, await model.complete(request), server
            finally:
                await model.aclose()

    return anyio.run(ask)


def failed(*answers: Any, wire: Wire = CHAT) -> ModelFailure:
    with pytest.raises(ModelFailure) as raised:
        streamed(*answers, wire=wire)
    return raised.value


def test_pieces_are_told_and_the_whole_is_the_same() -> None:
    pieces, found, server = streamed(in_parts(*(lines([event], done=False) for event in words("Hel", "lo ", "wörld"))))
    body = json.loads(server.requests[0][1])
    assert (body["stream"], body["stream_options"]) == (True, {"include_usage": True})
    assert attempts(pieces) == ["Hello wörld"]
    assert (found.text, found.stop_reason, found.served) == ("Hello wörld", StopReason.STOP, "m-1")
    assert (found.usage.input_tokens, found.usage.output_tokens, found.usage.cost) == (9, 3, pytest.approx(12e-6))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("size", [1, 2, 3, 7, 64])
def test_it_does_not_matter_where_the_bytes_are_parted(size: int, end: str) -> None:
    data = lines(words("Grüße ", "aus 東京", " 🎉"), end)
    pieces, found, _ = streamed(in_parts(*(data[i : i + size] for i in range(0, len(data), size))))
    assert "".join(pieces) == found.text == "Grüße aus 東京 🎉"
    assert not found.usage.is_estimated


def test_comments_and_names_and_marks_of_order_are_no_text() -> None:
    events = [": keep-alive\n\n", "event: message\nid: 7\nretry: 3\n", *words("Hi."), ": PROCESSING\n"]
    pieces, found, _ = streamed(in_parts(b"\xef\xbb\xbf" + lines(events)))
    assert (attempts(pieces), found.text) == (["Hi."], "Hi.")


def test_a_stream_needs_no_mark_of_its_end_and_no_empty_lines() -> None:
    data = b"".join(b"data:" + json.dumps(event).encode() + b"\n" for event in words("a", "b"))
    assert streamed(in_parts(data))[1].text == "ab"
    assert streamed(in_parts(data.rstrip(b"\n")))[1].text == "ab"


def test_an_event_may_have_several_lines_of_data() -> None:
    written = "".join(f"data: {line}\n" for line in json.dumps(chunk({"content": "long"}, "stop"), indent=1).split("\n"))
    assert streamed(in_parts(written.encode() + b"\n"))[1].text == "long"


def test_a_server_that_does_not_stream_is_read_as_ever() -> None:
    pieces, found, _ = streamed(said(completion("at once")))
    assert (pieces, found.text) == ([], "at once")


def test_a_stream_by_another_name_is_read_as_one() -> None:
    pieces, found, _ = streamed(said(lines(words("a", "b")), "Content-Type: text/plain"))
    assert (attempts(pieces), found.text) == (["ab"], "ab")


def test_a_stream_may_end_with_its_connection() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: TEXT/Event-Stream\r\nConnection: close\r\n\r\n"

    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(head + lines(words("a", "b")))
        await writer.drain()
        writer.write_eof()
        raise ConnectionError

    assert streamed(answer)[1].text == "ab"


def test_without_counts_a_reply_is_uncounted() -> None:
    assert streamed(in_parts(lines(words("a", usage=None))))[1].usage.is_estimated


def test_the_last_counts_hold() -> None:
    early = chunk({"content": "x"}, usage={"prompt_tokens": 9, "completion_tokens": 1})
    found = streamed(in_parts(lines([early, *words("y")])))[1]
    assert (found.text, found.usage.output_tokens) == ("xy", 3)


def test_thoughts_beside_the_text_are_not_told() -> None:
    events = [chunk({"reasoning_content": "Hm. "}), chunk({"reasoning": "So."}), *words("Yes.")]
    pieces, found, _ = streamed(in_parts(lines(events)))
    assert (attempts(pieces), found.text) == (["Yes."], "Yes.")


def test_only_the_first_choice_counts() -> None:
    other = {"choices": [{"index": 1, "delta": {"content": "no"}, "finish_reason": "stop"}]}
    assert streamed(in_parts(lines([other, *words("yes")])))[1].text == "yes"


def test_through_a_proxy_pieces_come_too(monkeypatch: pytest.MonkeyPatch) -> None:
    pieces: list[str] = []

    async def ask() -> Completion:
        async with raw_server(in_parts(*(lines([event], done=False) for event in words("a", "b")))) as server:
            monkeypatch.setenv("http_proxy", server.url.removesuffix("/v1"))
            monkeypatch.delenv("no_proxy", raising=False)
            model = HttpModel("openai/m", "http://far.invalid/v1", api_key=KEY, profile=PRICED)
            try:
                return await model.complete(CompletionRequest((Message("user", "x"),), 64, on_text=pieces.append))
            finally:
                await model.aclose()

    assert anyio.run(ask).text == "ab"
    assert attempts(pieces) == ["ab"]


def test_a_reply_that_met_its_limit_says_so() -> None:
    assert streamed(in_parts(lines(words("a", finish="length"))))[1].stop_reason is StopReason.LENGTH


@pytest.mark.parametrize("done", [True, False])
def test_a_stream_without_a_finish_reason_is_lost(done: bool) -> None:
    found = failed(in_parts(lines(words("half", finish=None), done=done)))
    assert (found.code, found.is_retryable, found.is_billable) == ("E0504", True, True)


def test_a_connection_that_is_lost_in_a_stream_is_a_failure() -> None:
    assert failed(in_parts(lines(words("half"), done=False), whole=False)).code == "E0504"


@pytest.mark.parametrize(
    ("event", "code", "said"),
    [
        ({"error": {"message": "The server is overloaded", "type": "overloaded_error"}}, "E0501", "overloaded"),
        ({"error": {"message": "Slow down", "code": 429}}, "E0502", "Slow down"),
        ({"error": {"message": "Slow down", "code": "429", "type": "x"}}, "E0502", "Slow down"),
        ({"object": "error", "message": "boom", "type": "BadRequestError", "code": 400}, "E0508", "boom"),
        ({"error": "out of memory"}, "E0501", "out of memory"),
        ('event: error\ndata: {"message": "gone"}\n', "E0501", "gone"),
        ({"error": {"message": f"bad key {KEY}", "type": "authentication_error"}}, "E0506", "bad key …"),
    ],
)
def test_an_error_in_a_stream_has_its_class(event: Any, code: str, said: str) -> None:
    found = failed(in_parts(lines([*words("half", finish=None)[:2], event], done=False)))
    assert (found.code, found.is_billable) == (code, True)
    assert said in found.message


@pytest.mark.parametrize(
    "data", [b"data: {not json}\n\n", b'data: {"choices": 3}\n\n', b"data: [1]\n\n", b'data: {"choices": ["x"]}\n\n']
)
def test_what_is_no_event_is_malformed(data: bytes) -> None:
    assert failed(in_parts(data)).code == "E0512"


def test_no_more_is_read_of_a_stream_than_may_come() -> None:
    piece = b": " + b"x" * 65_536 + b"\n"
    assert "larger than" in failed(in_parts(*[piece] * 40)).message


def test_a_key_is_told_to_nobody_wherever_it_is_parted() -> None:
    for at in range(1, len(KEY)):
        pieces, found, _ = streamed(in_parts(lines(words("It is ", KEY[:at], KEY[at:], "."))))
        assert "".join(pieces) == found.text == "It is …."
    pieces, found, _ = streamed(in_parts(lines(words("sk-sec", "ret", " is none"))))
    assert "".join(pieces) == found.text == "sk-secret is none"


def test_a_request_that_is_made_again_begins_anew() -> None:
    def again(model: Model) -> Model:
        async def no_time(seconds: float) -> None: ...

        return RetryingModel(model, RetryPolicy(retries=1), sleep=no_time)

    half, whole = in_parts(lines(words("ha", "lf", finish=None))), in_parts(lines(words("whole")))
    pieces, found, _ = streamed(half, whole, wrapped=again)
    assert (attempts(pieces), found.text, found.usage.attempts) == (["half", "whole"], "whole", 2)


@pytest.mark.parametrize(
    "why", ["stream_options is not supported", "Streaming is not supported", "Unknown field: include_usage"]
)
def test_a_server_that_refuses_streams_is_asked_without_and_once(why: str) -> None:
    refused = said(json.dumps({"error": {"message": why}}).encode(), status="400 Bad Request")

    async def ask() -> tuple[list[Completion], list[bool]]:
        async with raw_server(refused, said(completion("first")), said(completion("second"))) as server:
            model = ConstraintFallback(HttpModel("openai/m", server.url, api_key=KEY, profile=PRICED))
            request = CompletionRequest((Message("user", "hello"),), 64, on_text=lambda piece: None)
            found = [await model.complete(request), await model.complete(request)]
            await model.aclose()
            return found, [b'"stream"' in body for _, body in server.requests]

    found, streams = anyio.run(ask)
    assert streams == [True, False, False]
    assert [(one.text, one.usage.attempts) for one in found] == [("first", 2), ("second", 1)]


def test_a_reply_in_a_form_is_not_streamed() -> None:
    async def ask() -> bytes:
        async with raw_server(said(completion('{"reply": "a"}'))) as server:
            model = HttpModel("openai/m", server.url, api_key=KEY, profile=PRICED)
            request = CompletionRequest((Message("user", "x"),), 64, choices=("a", "b"), on_text=lambda piece: None)
            await model.complete(request)
            await model.aclose()
            return server.requests[0][1]

    assert b'"stream"' not in anyio.run(ask)


def test_a_stream_that_nobody_asked_for_is_read() -> None:
    async def ask() -> Completion:
        async with raw_server(in_parts(lines(words("a", "b")))) as server:
            model = HttpModel("openai/m", server.url, api_key=KEY, profile=PRICED)
            found = await model.complete(CompletionRequest((Message("user", "x"),), 64))
            await model.aclose()
            return found

    assert anyio.run(ask).text == "ab"


def test_of_two_requests_for_one_reply_only_the_first_is_told() -> None:
    held = anyio.Event()

    class Slow:
        profile = PRICED

        def __init__(self) -> None:
            self.asked: list[bool] = []

        def count_tokens(self, messages: tuple[Message, ...]) -> int:
            return 3

        async def aclose(self) -> None: ...

        async def complete(self, request: CompletionRequest) -> Completion:
            self.asked.append(request.on_text is not None)
            if len(self.asked) == 1:
                await held.wait()
            raise AssertionError if len(self.asked) > 2 else ModelFailure("E0501", "no", is_fatal=False, is_retryable=False)

    async def soon(seconds: float) -> None: ...

    async def ask() -> list[bool]:
        slow = Slow()
        request = CompletionRequest((Message("user", "x"),), 8, on_text=lambda piece: None)
        async with anyio.create_task_group() as group:

            async def run() -> None:
                with pytest.raises(ModelFailure):
                    await Hedged(slow, 1.0, sleep=soon).complete(request)

            group.start_soon(run)
            while len(slow.asked) < 2:
                await anyio.lowlevel.checkpoint()
            held.set()
        return slow.asked

    assert anyio.run(ask) == [True, False]


def claude_events(*pieces: str, stop: str | None = "end_turn") -> list[str]:
    """A message of Anthropic's: a thought, then these pieces."""
    start: dict[str, Any] = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-x",
        "content": [],
        "stop_reason": None,
    }
    events: list[dict[str, Any]] = [
        {
            "type": "message_start",
            "message": {**start, "usage": {"input_tokens": 20, "cache_read_input_tokens": 5, "output_tokens": 1}},
        },
        {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": ""}},
        {"type": "ping"},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "Hm"}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": "x"}},
        {"type": "content_block_stop", "index": 0},
        {"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": ""}},
        *({"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": piece}} for piece in pieces),
        {"type": "content_block_stop", "index": 1},
        {"type": "something_new", "index": 9},
    ]
    if stop is not None:
        events.append(
            {"type": "message_delta", "delta": {"stop_reason": stop, "stop_sequence": None}, "usage": {"output_tokens": 7}}
        )
        events.append({"type": "message_stop"})
    return [f"event: {event['type']}\ndata: {json.dumps(event)}\n" for event in events]


def test_a_message_of_anthropic_is_streamed() -> None:
    pieces, found, server = streamed(in_parts(lines(claude_events("Bon", "jour"), done=False)), wire=ANTHROPIC)
    assert '"stream_options"' not in server.requests[0][1].decode()
    assert (attempts(pieces), found.text, found.served) == (["Bonjour"], "Bonjour", "claude-x")
    assert (found.usage.input_tokens, found.usage.cached_tokens, found.usage.output_tokens) == (25, 5, 7)


def test_a_message_of_anthropic_ends_as_it_says() -> None:
    cut = streamed(in_parts(lines(claude_events("x", stop="max_tokens"), done=False)), wire=ANTHROPIC)[1]
    assert cut.stop_reason is StopReason.LENGTH
    assert failed(in_parts(lines(claude_events("x", stop=None), done=False)), wire=ANTHROPIC).code == "E0504"


def test_an_error_in_a_stream_of_anthropic_has_its_class() -> None:
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    events = [*claude_events("x", stop=None), f"event: error\ndata: {json.dumps(error)}\n"]
    found = failed(in_parts(lines(events, done=False)), wire=ANTHROPIC)
    assert (found.code, found.is_retryable, found.is_billable) == ("E0501", True, True)


@pytest.mark.parametrize("halves", [("a\ud83d", "\ude00b"), ("a", "\ud83d", "", "\ude00", "b"), ("a\ud83d\ude00b",)])
def test_half_a_character_waits_for_the_other(halves: tuple[str, ...]) -> None:
    """Some servers part texts in UTF-16. No piece may be what no screen can show."""
    data = "".join(f"data: {json.dumps(event)}\n\n" for event in words(*halves)).encode()
    pieces, found, _ = streamed(in_parts(data))
    assert "".join(pieces) == found.text == "a😀b"
    assert [piece for piece in pieces if piece.encode("utf-8", "replace").decode() != piece] == []
