"""The cache across runs: what is kept, what is given again, and that no trouble with its file costs an answer."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
import threading
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

import anyio
import pytest

from lambda_rlm.completion import Completion, CompletionRequest, Message, Sampling, StopReason
from lambda_rlm.execution.run import Run
from lambda_rlm.llm.connect import connect
from lambda_rlm.llm.wrappers.cache import Cached, ReplyStore, identity
from lambda_rlm.types.type import TEXT
from tests.support.asking import FakeModel, completion
from tests.support.places import ROOT
from tests.support.running import run


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "replies.sqlite3"


def asked(model: FakeModel, path: Path, text: str = "llm_call(context)", context: str = "a long tale") -> Run:
    """A program run with a model behind a cache in a file, which is opened and closed as a run of its own would."""
    return asked_and_told(model, path, text, context)[0]


def asked_and_told(
    model: FakeModel, path: Path, text: str = "llm_call(context)", context: str = "a long tale"
) -> tuple[Run, list[str]]:
    """The same, and what was told of the cache."""
    troubles: list[str] = []
    cached = Cached(model, ReplyStore(path, on_trouble=troubles.append), owns_store=True)
    found = run(text, values={"context": context}, types={"context": TEXT}, model=cached)
    anyio.run(cached.aclose)
    return found, troubles


PROGRAMS = [
    "llm_call(context)",
    'llm_call[Int](f"how long is {context}")',
    'chunk(context, 4) |> map(fn(c) => llm_call(c)) |> join(" ")',
    'llm_samples(context, 3) |> join(" ")',
]


def answers(request: CompletionRequest) -> str:
    """Replies that differ by question and by sample."""
    prompt = request.messages[-1].content
    if "how long" in prompt:
        return "11"
    return f"reply {len(prompt)} {request.sampling.seed}"


@pytest.mark.parametrize("text", PROGRAMS)
def test_a_second_run_has_the_same_value_and_pays_nothing(path: Path, text: str) -> None:
    model = FakeModel(answers)
    plain = run(text, values={"context": "a long tale"}, types={"context": TEXT}, model=FakeModel(answers))
    first, paid = asked(model, path, text), len(model.requests)
    second = asked(model, path, text)

    assert plain.value == first.value == second.value
    assert first.usage.cached_calls == plain.usage.cached_calls and len(model.requests) == paid
    spent = second.usage
    assert (spent.attempts, spent.input_tokens, spent.output_tokens, spent.usd) == (0, 0, 0, 0.0)
    assert spent.calls == first.usage.calls and spent.cached_calls == first.usage.cached_calls + paid


def test_another_question_shape_reply_length_or_model_is_asked(path: Path) -> None:
    model = FakeModel("7")
    for text in ("llm_call(context)", "llm_call[Int](context)", "llm_call(context, out = 9)", 'llm_call(f"{context}!")'):
        asked(model, path, text)
    assert len(model.requests) == 4
    other = FakeModel("8", profile=type(model.profile)(**{**asdict(model.profile), "name": "other"}))
    assert asked(other, path).value == "8"


@pytest.mark.parametrize(
    "reply",
    [
        lambda request: completion("never a number", request),
        lambda request: completion("12", request, StopReason.LENGTH),
        lambda request: completion("12", request, StopReason.REFUSAL),
    ],
    ids=["no value", "cut", "refused"],
)
def test_a_reply_that_is_not_good_and_complete_is_not_kept(path: Path, reply: object) -> None:
    model = FakeModel(reply)  # type: ignore[arg-type]
    asked(model, path, "llm_call[Int](context)")
    before = len(model.requests)
    asked(model, path, "llm_call[Int](context)")
    assert len(model.requests) == 2 * before


def request(digest: str, sampling: Sampling | None = None) -> CompletionRequest:
    return CompletionRequest((Message("user", digest),), 10, sampling or Sampling(), digest=digest)


def complete(model: Cached, asked_for: CompletionRequest) -> Completion:
    found = anyio.run(model.complete, asked_for)
    if found.keep is not None:
        found.keep()
    return found


def test_a_random_draw_without_a_number_is_never_kept(path: Path) -> None:
    model = FakeModel("x")
    store = ReplyStore(path)
    cached = Cached(model, store)
    for sampling in (Sampling(0.7), Sampling(0.7), Sampling(0.7, seed=1), Sampling(0.7, seed=1)):
        complete(cached, request("same", sampling))
    complete(cached, request("", Sampling()))
    complete(cached, request("", Sampling()))
    store.close()
    assert len(model.requests) == 5


def test_the_file_is_private_and_holds_no_prompt_and_no_secret(path: Path) -> None:
    asked(FakeModel("the reply"), path, context="my own secret tale")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    content = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert b"the reply" in content and b"secret" not in content


def test_a_cache_key_has_the_server_but_no_credentials() -> None:
    assert identity("m", "https://me:pass@host:8000/v1/?key=abc") == identity("m", "https://host:8000/v1") != identity("m")


@pytest.mark.parametrize(
    "content", [b"not a database at all, but a letter to my aunt" * 9, None], ids=["a letter", "a database"]
)
def test_a_foreign_file_is_reported_and_left_alone(path: Path, content: bytes | None) -> None:
    path.parent.mkdir()
    if content is None:
        database = sqlite3.connect(path)
        database.execute("CREATE TABLE theirs (x)")
        database.commit()
        database.close()
        content = path.read_bytes()
    path.write_bytes(content)
    found, (trouble,) = asked_and_told(FakeModel("answer"), path)
    assert found.value == "answer"
    assert str(path) in trouble and "the file is unchanged" in trouble
    assert path.read_bytes() == content


def test_a_damaged_file_costs_no_answer(path: Path) -> None:
    asked(FakeModel("answer"), path)
    whole = bytearray(path.read_bytes())
    whole[100:] = b"\xff" * (len(whole) - 100)
    path.write_bytes(whole)
    found, troubles = asked_and_told(FakeModel("answer"), path)
    assert found.value == "answer" and len(troubles) == 1
    assert path.read_bytes() == bytes(whole)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE replies SET text = x'ff00'", "UPDATE replies SET text = x'6162'", "UPDATE replies SET text = CAST(x'fffe' AS TEXT)",
        "UPDATE replies SET model = x'6162'", "UPDATE replies SET model = CAST(x'ff' AS TEXT)",
    ],
)  # fmt: skip
def test_a_damaged_cell_is_no_answer_and_costs_none(path: Path, damage: str) -> None:
    asked(FakeModel("answer"), path)
    with closing(sqlite3.connect(path)) as database, database:
        assert database.execute(damage).rowcount
    model = FakeModel("answer")
    found, troubles = asked_and_told(model, path)
    assert found.value == "answer" and len(model.requests) == 1 and len(troubles) == 1


def test_a_view_in_the_place_of_replies_is_not_read(path: Path) -> None:
    asked(FakeModel("answer"), path)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("ALTER TABLE replies RENAME TO those")
        database.execute(
            "CREATE VIEW replies AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) "
            "SELECT those.* FROM those, c WHERE x < 0"
        )
    found, (trouble,) = asked_and_told(FakeModel("answer"), path)
    assert found.value == "answer" and "the file is damaged" in trouble


def test_models_that_cost_nothing_to_ask_again_are_not_cached(path: Path, tmp_path: Path) -> None:
    (tmp_path / "rules.jsonl").write_text("", encoding="utf-8")
    store = ReplyStore(path)
    assert not isinstance(connect(f"scripted:{tmp_path / 'rules.jsonl'}", cache=store), Cached)
    assert isinstance(connect("some-model", base_url="http://127.0.0.1:9/v1", cache=store), Cached)


def test_a_place_that_cannot_be_written_costs_no_answer(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    found, troubles = asked_and_told(FakeModel("answer"), tmp_path / "file" / "replies.sqlite3")
    assert found.value == "answer" and len(troubles) == 1


def test_a_cache_held_by_another_process_costs_no_answer(path: Path) -> None:
    store = ReplyStore(path)
    store.put("before", "text", "model")
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    store.put("during", "text", "model")
    assert store.trouble is None and store.get("during") == ("text", "model")
    holder.execute("ROLLBACK")
    holder.close()
    store.close()
    again = ReplyStore(path)
    assert again.get("before") == again.get("during") == ("text", "model")
    again.close()


def test_the_cache_stays_within_its_size_and_keeps_recent_use(path: Path) -> None:
    store = ReplyStore(path, most_bytes=400_000)
    store.put("dear", "x" * 1_000, "m")
    for number in range(1_000):
        store.put(str(number), "x" * 1_000, "m")
        assert store.get("dear") is not None
    store.close()
    assert path.stat().st_size < 600_000
    again = ReplyStore(path)
    assert again.get("dear") is not None and again.get("999") is not None and again.get("1") is None
    again.close()


def test_half_a_surrogate_pair_is_given_and_not_kept(path: Path) -> None:
    store = ReplyStore(path)
    found = complete(Cached(FakeModel("\ud800"), store), request("q"))
    assert found.text == "\ud800" and store.trouble is None and store.get("q") is None
    store.close()


WRITER = """
import sys
from lambda_rlm.llm.wrappers.cache import ReplyStore
store = ReplyStore(sys.argv[1])
for i in range(40):
    store.put(f"{sys.argv[2]} {i}", "text", "model")
store.close()
print(store.trouble)
"""


def test_several_processes_and_threads_write_at_once(path: Path) -> None:
    processes = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(path), name], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for name in ("a", "b")
    ]
    store = ReplyStore(path)

    def write(name: str) -> None:
        for i in range(40):
            store.put(f"{name} {i}", "text", "model")

    threads = [threading.Thread(target=write, args=(name,)) for name in "cdef"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [process.communicate()[0].strip() for process in processes] == ["None", "None"]
    found = [store.get(f"{name} {i}") for name in "abcdef" for i in range(40)]
    store.close()
    assert found == [("text", "model")] * 240


def test_two_files_of_one_name_are_two_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One reply was given for the other."""
    found = set()
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        monkeypatch.chdir(tmp_path / folder)
        Path("m.gguf").write_text(f"GGUF {folder}", encoding="utf-8")
        found.add(identity("local:m.gguf"))
    Path("m.gguf").write_text("GGUF another", encoding="utf-8")
    assert len(found | {identity("local:m.gguf")}) == 3


def test_a_provider_that_is_elsewhere_is_another_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    there = identity("openai/gpt-5-mini")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://me:pass@127.0.0.1:8000/v1")
    assert identity("openai/gpt-5-mini") != there and "pass" not in identity("openai/gpt-5-mini")
