"""The worker process: one document may end it, by crash, time or memory; the next is read, and nothing is left behind."""

from __future__ import annotations

import io
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from lambda_rlm.inputs import InputProblem, Reading, from_arguments, from_values
from lambda_rlm.inputs.allowance import TOO_MUCH
from lambda_rlm.inputs.formats.extracted import ExtractedText
from lambda_rlm.inputs.worker import process as process_module
from lambda_rlm.inputs.worker.frames import head_of, received
from lambda_rlm.inputs.worker.process import WORKER, Worker
from lambda_rlm.inputs.worker.serve import _reply
from tests.support import document_files
from tests.support.input_files import problem, written
from tests.support.places import ROOT

PAGE = b"<p>On a page.</p>"


@pytest.fixture
def worker() -> Iterator[Worker]:
    one = Worker()
    yield one
    one.stop()


def text(worker: Worker, data: bytes = PAGE, reading: Reading | None = None, seconds: float = 60.0) -> str:
    found = worker.read("a web page", data, "page.html", reading or Reading(), seconds)
    assert isinstance(found, ExtractedText)
    return found.text


def pid_of(worker: Worker) -> int:
    assert worker._process is not None
    return worker._process.pid


def is_running(pid: int) -> bool:
    """A process that ended and was not waited for does not run."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in ("Z", "X")
    except OSError:
        return False


needs_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc to look at processes")


def test_one_process_reads_one_document_after_the_other(worker: Worker) -> None:
    assert text(worker) == "On a page."
    first = pid_of(worker)
    assert [text(worker, f"<p>{i}".encode()) for i in range(5)] == ["0", "1", "2", "3", "4"]
    assert pid_of(worker) == first


def test_no_process_is_started_for_plain_files(tmp_path: Path) -> None:
    WORKER.stop()
    for name, content in (("a.txt", "x"), ("a.json", "[1]"), ("a.csv", "a,b\n1,2\n"), ("a.jsonl", "1\n")):
        from_arguments([written(tmp_path, name, content)])
    assert WORKER._process is None


def test_every_document_format_goes_through_the_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise InputProblem("no process")

    WORKER.stop()
    monkeypatch.setattr(process_module, "_start", refused)
    contents = {"a.pdf": document_files.pdf(["One."]), "a.docx": document_files.docx(""), "a.html": PAGE}
    for name, content in contents.items():
        assert problem(written(tmp_path, name, content)).message == "no process"


def test_text_notes_and_problems_come_back_as_they_were() -> None:
    """Half a surrogate pair as well, which has no UTF-8."""
    request = {"kind": "a web page", "name": "n", "encoding": "cp1252", "memory": 10**9, "most": 10**9}
    header, body = _reply(request, "<p>é € 😀".encode("cp1252", "replace"))
    assert (header, body.decode()) == ({"notes": (), "pages": (), "headings": ()}, "é € ?")
    refused, _ = _reply({**request, "kind": "a PDF"}, b"%PDF-1.4 nothing")
    message, hint, kind = refused["problem"]
    assert "cannot read n as a PDF" in message and hint and kind == "damaged: a PDF"
    stream = io.BytesIO(head_of({"a": "\udcff"}, 3) + b"xyz" + b"\0\0")
    assert received(stream) == ({"a": "\udcff"}, b"xyz")
    assert received(stream) is None


def test_a_process_that_dies_is_the_problem_of_one_document_only(worker: Worker) -> None:
    text(worker)
    victim = pid_of(worker)

    def killed() -> None:
        os.kill(victim, signal.SIGKILL)

    with pytest.raises(InputProblem, match=r"cannot read page.html as a web page: its parser ended") as caught:
        text(worker, PAGE * 200_000, Reading(watch=_Once(killed)))
    assert caught.value.hint and caught.value.kind == "damaged: a web page"
    assert text(worker) == "On a page."
    assert pid_of(worker) != victim


class _Once:
    """Does something at the second look: by then the request is on its way."""

    def __init__(self, job: Any) -> None:
        self.job = job
        self.looks = 0

    def __call__(self) -> None:
        self.looks += 1
        if self.looks == 2:
            self.job()


def test_a_process_that_ended_meanwhile_is_started_again(worker: Worker) -> None:
    text(worker)
    os.kill(pid_of(worker), signal.SIGKILL)
    assert worker._process is not None
    worker._process.wait()
    assert text(worker) == "On a page."


@needs_proc
@pytest.mark.parametrize("error", [KeyboardInterrupt, TimeoutError])
def test_what_a_look_raises_ends_the_document_and_the_process(worker: Worker, error: type[BaseException]) -> None:
    """So a deadline and Ctrl-C are heard while a parser is at work."""
    text(worker)
    pid = pid_of(worker)

    def over() -> None:
        raise error

    with pytest.raises(error):
        text(worker, PAGE * 200_000, Reading(watch=_Once(over)))
    assert worker._process is None and not is_running(pid)
    assert text(worker) == "On a page."


def test_a_document_has_its_own_time(worker: Worker) -> None:
    text(worker)
    with pytest.raises(InputProblem, match="time limit of 0 seconds") as caught:
        text(worker, seconds=0.0)
    assert caught.value.hint
    assert text(worker) == "On a page."


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the limit of address space is that of Linux")
def test_a_small_document_that_makes_much_is_refused_by_memory(tmp_path: Path) -> None:
    """70 kB that are a tree of more than a gigabyte."""
    packed = document_files.docx("<w:p/>" * 8_000_000)
    assert len(packed) < 200_000
    found = problem(written(tmp_path, "bomb.docx", packed))
    assert "bomb.docx would need more than" in found.message and found.kind == TOO_MUCH and found.hint
    page = problem(written(tmp_path, "bomb.html", "<p>a" * 2_500_000))
    assert "bomb.html would need more than" in page.message and page.kind == TOO_MUCH
    assert from_arguments([written(tmp_path, "a.html", PAGE)]).values == {"context": "On a page."}


def test_entities_that_grow_without_end_are_a_problem(tmp_path: Path) -> None:
    entities = '<!ENTITY a0 "aaaaaaaaaa">' + "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 12))
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(document_files.docx("<w:p/>"))) as old, zipfile.ZipFile(out, "w") as new:
        for item in old.infolist():
            data = old.read(item)
            if item.filename == "word/document.xml":
                data = f"<!DOCTYPE x [{entities}]>".encode() + data.replace(
                    b"<w:p/>", b"<w:p><w:r><w:t>&a11;</w:t></w:r></w:p>"
                )
            new.writestr(item.filename, data)
    try:
        assert from_arguments([written(tmp_path, "a.docx", out.getvalue())]).values["context"] == ""
    except InputProblem as refused:
        assert refused.hint


@pytest.mark.parametrize(
    "page",
    [
        "<p {}>x</p>",
        '<p z=">" {}>x</p>',
        "<p z='>' {}>x</p>",
        '<p " {}>x</p>',
        "<p/ {}>x</p>",
        "<!-- <p> --><b {}>x",
        "<script>a<b</script><i\n{}",
    ],
)
@pytest.mark.parametrize("attribute", ["a{}=1", "a{}", 'a{}="x y"', "a{} = 'x'", "a{}="])
def test_an_element_with_too_many_attributes_is_refused(tmp_path: Path, page: str, attribute: str) -> None:
    """The parser compares each with all before it: 200,000 take minutes."""
    many = page.format(" ".join(attribute.format(i) for i in range(5_000)))
    assert "attributes" in problem(written(tmp_path, "a.html", many)).message
    few = page.format(" ".join(attribute.format(i) for i in range(500)))
    assert isinstance(from_arguments([written(tmp_path, "b.html", few)]).values["context"], str)


def test_code_in_a_page_is_not_taken_for_attributes(tmp_path: Path) -> None:
    code = "for (i=0;i<n;i++) " + "x = 1; " * 5_000
    page = f"<script>{code}</script><style>a<b {code}</style><!-- <a {code} --><p>Seen."
    assert from_arguments([written(tmp_path, "a.html", page)]).values["context"] == "Seen."


# ── its surroundings ──


@needs_proc
def test_the_process_has_no_keys(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-of-mine")
    monkeypatch.setenv("MY_PRIVATE_THING", "also-private")
    text(worker)
    found = Path(f"/proc/{pid_of(worker)}/environ").read_bytes()
    assert b"secret-of-mine" not in found and b"also-private" not in found and b"MALLOC_ARENA_MAX=" in found


@pytest.mark.parametrize("module", ["encodings", "sitecustomize", "usercustomize"])
def test_a_script_may_lie_beside_a_module_of_a_name_of_python(
    module: str, worker: Worker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its folder is the first of the places of modules, but Python has begun by then."""
    (tmp_path / f"{module}.py").write_text("raise SystemExit('not the one of Python')\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    assert text(worker).strip() == "On a page."


def test_nothing_of_the_current_folder_is_imported(tmp_path: Path) -> None:
    for name in ("lxml", "json", "docx", "lambda_rlm", "encodings", "signal"):
        written(tmp_path, f"{name}.py", "open('ran', 'w')")
    page = written(tmp_path / "pages", "a.html", PAGE)
    program = (
        f"import sys; sys.path[:1] = [{str(ROOT)!r}]\n"
        f"from lambda_rlm.inputs import from_arguments; print(from_arguments([{page!r}]).values['context'])"
    )
    done = subprocess.run([sys.executable, "-P", "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "On a page.\n"
    assert not (tmp_path / "ran").exists()


_READ: str = (
    f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
    + """
from lambda_rlm.inputs.worker.process import WORKER
from lambda_rlm.inputs import Reading
found = WORKER.read("a web page", b"<p>x", "a", Reading(), 60.0).text
print(found, WORKER._process.pid, flush=True)
"""
)


@needs_proc
@pytest.mark.parametrize("end", ["sys.exit()", "import os; os._exit(1)", "import os; os.kill(os.getpid(), 9)"])
def test_the_process_ends_with_its_parent(end: str) -> None:
    """Whatever the parent dies of."""
    done = subprocess.run([sys.executable, "-c", _READ + end], capture_output=True, text=True, check=False)
    found, pid = done.stdout.split()
    assert found == "x"
    assert ended(int(pid))


@needs_proc
def test_the_process_ends_with_its_parent_while_it_works() -> None:
    program = _READ + (
        "def dying():\n"
        "    import os\n"
        "    dying.looks = getattr(dying, 'looks', 0) + 1\n"
        "    if dying.looks > 3: os.kill(os.getpid(), 9)\n"
        "WORKER.read('a web page', b'<p>a' * 3_000_000, 'a', Reading(watch=dying), 60.0)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL
    assert ended(int(done.stdout.split()[1]))


def ended(pid: int) -> bool:
    """Waits for the end of a process that is no child of this one."""
    try:
        handle = os.pidfd_open(pid)
    except (OSError, AttributeError):
        return not is_running(pid)
    try:
        import select

        return bool(select.select([handle], [], [], 10.0)[0])
    finally:
        os.close(handle)


def test_threads_share_the_process(worker: Worker) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda i: text(worker, f"<p>{i}".encode()), range(40)))
    assert found == [str(i) for i in range(40)]


def test_who_waits_for_another_thread_looks_at_the_deadline(worker: Worker) -> None:
    def late() -> None:
        raise TimeoutError

    with worker._lock, pytest.raises(TimeoutError):
        text(worker, reading=Reading(watch=late))


def _in_pool(number: int) -> str:
    return str(from_values({"context": Path(os.environ["PAGE_OF_TEST"])}).values["context"]) + str(number)


@pytest.mark.slow
@pytest.mark.parametrize("method", ["fork", "spawn"])
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_daemonic_pools_read_documents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    """After a fork too: the child leaves the process of its parent alone."""
    monkeypatch.setenv("PAGE_OF_TEST", written(tmp_path, "a.html", PAGE))
    assert text(WORKER) == "On a page."
    before = pid_of(WORKER)
    with multiprocessing.get_context(method).Pool(2) as pool:
        assert pool.map(_in_pool, range(4)) == [f"On a page.{i}" for i in range(4)]
    assert text(WORKER) == "On a page." and pid_of(WORKER) == before


def test_a_signal_at_the_terminal_is_not_for_the_process(worker: Worker) -> None:
    text(worker)
    assert os.getpgid(pid_of(worker)) != os.getpgid(0)


def test_a_process_that_cannot_be_started_is_a_problem(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    with pytest.raises(InputProblem, match="cannot start the process that reads documents") as caught:
        text(worker)
    assert "--raw" in (caught.value.hint or "")
    monkeypatch.setattr(sys, "executable", "/bin/true")
    with pytest.raises(InputProblem, match="cannot start the process that reads documents"):
        text(worker)


def test_a_frozen_application_does_not_start_itself(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    with pytest.raises(InputProblem, match="frozen"):
        text(worker)


def test_a_reply_without_end_is_not_taken(worker: Worker) -> None:
    """What the process sends is no more trusted than a document."""
    with pytest.raises(InputProblem, match="exceeds 10 bytes"):
        text(worker, b"<p>" + b"x" * 100, Reading(most_bytes=10))


def test_documents_of_a_folder_that_end_the_process_are_left_out(tmp_path: Path) -> None:
    written(tmp_path, "a.html", PAGE)
    written(tmp_path, "b.html", "<p " + " ".join(f"a{i}" for i in range(2_000)) + ">")
    written(tmp_path, "c.html", PAGE)
    inputs = from_arguments([str(tmp_path)])
    assert [row["name"] for row in inputs.values["context"]] == ["a.html", "c.html"]
    assert any("(damaged: a web page): b.html" in note for note in inputs.notes)


def test_it_works_outside_the_main_thread() -> None:
    found: list[str] = []
    thread = threading.Thread(target=lambda: found.append(text(WORKER)))
    thread.start()
    thread.join()
    assert found == ["On a page."]
