"""The same task for this project and for its peers rlms and droste, each by its own main path, side by side.

`python benchmarks/peers.py [--quick] [--peer-python PATH]` asks a question about 1 MB of text in leaves of 20,000 characters, 16
at once, of a server of its own (`server.py`) that answers every request after 200 ms. A program is written by a scripted root
model; what it does is the same for all. Each contestant has a process of its own. Printed for each, the
best of its turns:

- start to first request: from the start of the process until the first request is at the server, in wall time, and in the
  processor time of all its threads. A bare `python -c pass` is taken off both, and nothing else.
- makespan / ideal: from the first request to the last answer, as the server sees it. Ideal are as many latencies as the
  written program and ⌈50 / 16⌉ rounds take, without the program for `run`, which is given one.
- processor time before the leaves: that of the process between its first request and the first of a leaf, in which a written
  program is read. What was not loaded before the first request, but has to be for the leaves, is in here.
- processor time a call: that of the process from there on, for each of the 50 leaves.
- PSS at the end, the share of memory that is the process's own.

The figures of this project are held to limits that hold on two busy cores; where it is behind a peer, memory left
out, that is said. PATH is a Python that has the peers; what
is not installed there is skipped. Linux alone tells processor time and PSS of a process.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).resolve().parent.parent
LATENCY: Final = 0.2
LEAF: Final = 20_000
LEAVES: Final = 50
IN_FLIGHT: Final = 16
_EQUAL: Final = 1.05
"""Figures that are no further apart are equal."""
PROGRAM: Final = f'chunk(context, {LEAF}) |> map(fn(c) => llm_call(f"How long is it?\\n{{c}}", out=16)) |> join(" ") |> length'
_LEAVES_OF = f"[text[i:i + {LEAF}] for i in range(0, len(text), {LEAF})]"

_ASK: Final = """
from pathlib import Path
from lambda_rlm import RLM, Budget
rlm = RLM("m", root_model="root", base_url=sys.argv[1], strategy="synth", budget=Budget(concurrency=16))
answer = rlm.ask("How long is the text?", context=Path(sys.argv[2]).read_text()).value
"""
_RUN: Final = f"""
import asyncio
from pathlib import Path
from lambda_rlm import Budget, check, run
admitted = check({PROGRAM!r}, {{"context": "Text"}}).admit(Budget(concurrency=16))
answer = asyncio.run(run(admitted, {{"context": Path(sys.argv[2]).read_text()}}, "m", base_url=sys.argv[1])).value
"""
_RLMS: Final = """
from pathlib import Path
from rlm import RLM
there = {"base_url": sys.argv[1], "api_key": "none"}
rlm = RLM(
    backend="openai", backend_kwargs={"model_name": "root", **there},
    other_backends=["openai"], other_backend_kwargs=[{"model_name": "m", **there}],
)
answer = rlm.completion(Path(sys.argv[2]).read_text(), root_prompt="How long is the text?").response
"""
_RLMS_PROGRAM: Final = f"""```repl
text = context
replies = llm_query_batched(["How long is it?\\n" + c for c in {_LEAVES_OF}])
answer["content"] = str(len(" ".join(replies)))
answer["ready"] = True
```"""
_DROSTE: Final = """
from droste_cli.main import main
answer = main(
    ["How long is the text?", sys.argv[2], "--quiet", "--model", "root", "--subcall-model", "m", "--base-url", sys.argv[1]]
    + ["--budget-tokens", "100000000", "--budget-subcalls", "100"]
    + ["--api-key", "none", "--rollout-config", '{"concurrency": 16, "subcall_model": "m"}']
)
"""
_DROSTE_PROGRAM: Final = f"""```python
text = context["files"][0]["text"]
replies = llm_batch(["How long is it?\\n" + c for c in {_LEAVES_OF}])
answer["content"] = str(len(" ".join(replies)))
answer["ready"] = True
```"""
_TOLD: Final = """
import json, time
lines = open("/proc/self/smaps_rollup").read().splitlines()
pss = next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
print()
print(json.dumps({"cpu": time.process_time(), "pss": pss / 1024, "answer": answer}))
"""


class Contestant(NamedTuple):
    """Who does the task: its program for a process, what the root model says to it, the package that it needs, and
    how many latencies it has to wait for at least."""

    name: str
    program: str
    said: str = ""
    package: str | None = None
    rounds: int = 1 + -(-LEAVES // IN_FLIGHT)


class Measured(NamedTuple):
    wall: float
    cpu: float
    makespan: float
    before: float
    call: float
    pss: float


ROWS: Final = (
    "start to first request, s",
    "its processor time, s",
    "makespan / ideal",
    "before the leaves, s",
    "processor time a call, ms",
    "PSS, MB",
)
LIMITS: Final = {
    "RLM.ask": Measured(wall=0.6, cpu=0.32, makespan=1.2, before=0.2, call=2.0, pss=45.0),
    "run": Measured(wall=0.7, cpu=0.45, makespan=1.1, before=0.0, call=2.0, pss=45.0),
}
OURS: Final = (
    Contestant("RLM.ask", _ASK, f"```\n{PROGRAM}\n```"),
    Contestant("run", _RUN, rounds=-(-LEAVES // IN_FLIGHT)),
)
PEERS: Final = (
    Contestant("rlms", _RLMS, _RLMS_PROGRAM, "rlms"),
    Contestant("droste", _DROSTE, _DROSTE_PROGRAM, "droste"),
)
BARE: Final = "import sys"


@contextmanager
def server() -> Iterator[str]:
    command = [sys.executable, str(ROOT / "benchmarks" / "server.py"), str(LATENCY)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stdin is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.stdin.close()
            process.wait()


def asked(url: str, body: object = None) -> dict[str, float]:
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data=data)) as answer:
        found: dict[str, float] = json.loads(answer.read())
        return found


def text(characters: int) -> str:
    """Words without a line end, so that every piece is as long as it may be and differs from the others."""
    return "".join(f"{n:07d} " for n in range(characters // 8 + 1))[:characters]


def started(program: str, python: str, folder: Path, url: str) -> subprocess.Popen[str]:
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    environment |= {"PYTHONPATH": str(ROOT), "LAMBDA_RLM_HOME": str(folder / "home"), "HOME": str(folder)}
    command = [python, "-c", program, f"{url}/v1", str(folder / "text.txt")]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, cwd=folder)


def bare(python: str, folder: Path) -> tuple[float, float]:
    """Wall and processor time of a Python that does nothing."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.time()
    started("pass", python, folder, "").communicate()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.time() - start, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measured(one: Contestant, python: str, folder: Path) -> Measured:
    with server() as url:
        asked(f"{url}/script", {"root": one.said})
        start = time.time()
        process = started(f"{BARE}\n{one.program}{_TOLD}", python, folder, url)
        asked(f"{url}/watch/{process.pid}")
        out, err = process.communicate()
        if process.returncode:
            sys.exit(f"{one.name} failed\n{out}\n{err}")
        told, stats = json.loads(out.splitlines()[-1]), asked(f"{url}/stats")
    if "549" not in out:
        sys.exit(f"{one.name} did not do the task\n{out}\n{err}")
    makespan = stats["span"] / (one.rounds * LATENCY)
    before = stats["leaf_cpu"] - stats["first_cpu"]
    call = (told["cpu"] - stats["leaf_cpu"]) / LEAVES * 1000
    return Measured(stats["first_at"] - start, stats["first_cpu"], makespan, before, call, told["pss"])


def version(package: str, python: str) -> str | None:
    """The version of a package, None where it is not installed."""
    code = f"from importlib.metadata import version; print(version({package!r}))"
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else None


def best(turns: list[Measured]) -> Measured:
    return Measured(*(min(figures) for figures in zip(*turns, strict=True)))


def shown(figures: dict[str, Measured]) -> None:
    print(f"{'':28}" + "".join(f"{name:>16}" for name in figures))
    for row, name in enumerate(ROWS):
        print(f"{name:28}" + "".join(f"{found[row]:16.2f}" for found in figures.values()))


def over(figures: dict[str, Measured]) -> list[str]:
    """What of this project is over its limit."""
    return [
        f"{name}: {ROWS[row]} over {limit}"
        for name, limits in LIMITS.items()
        for row, limit in enumerate(limits)
        if figures[name][row] > limit
    ]


def behind(figures: dict[str, Measured]) -> list[str]:
    """Where `RLM.ask` is behind a peer."""
    return [
        f"RLM.ask: {ROWS[row]} behind {name}"
        for row in range(len(ROWS) - 1)
        for name, peer in figures.items()
        if name not in LIMITS and figures["RLM.ask"][row] > peer[row] * _EQUAL
    ]


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--quick", action="store_true", help="two turns instead of five")
    options.add_argument("--peer-python", default=sys.executable, help="a Python that has rlms and droste")
    chosen = options.parse_args()
    pythons = dict.fromkeys(OURS, sys.executable)
    for one in PEERS:
        assert one.package is not None
        if (known := version(one.package, chosen.peer_python)) is None:
            print(f"{one.name} is not installed for {chosen.peer_python}: skipped")
        else:
            pythons[one._replace(name=f"{one.name} {known}")] = chosen.peer_python
    turns: dict[str, list[Measured]] = {one.name: [] for one in pythons}
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "text.txt").write_text(text(LEAF * LEAVES))
        empty: dict[str, list[tuple[float, float]]] = {python: [] for python in pythons.values()}
        for turn in range(1 + (2 if chosen.quick else 5)):
            for one, python in pythons.items():
                found = measured(one, python, folder)
                empty[python].append(bare(python, folder))
                turns[one.name] += [found] if turn else []  # the first one writes what is missing of the bytecode
        figures = {}
        for one, python in pythons.items():
            found = best(turns[one.name])
            wall, cpu = (min(figure) for figure in zip(*empty[python], strict=True))
            figures[one.name] = found._replace(wall=found.wall - wall, cpu=found.cpu - cpu)
    shown(figures)
    print("\n".join(behind(figures)))
    if failed := over(figures):
        sys.exit("\n".join(failed))


if __name__ == "__main__":
    main()
