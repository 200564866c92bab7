"""Processor time from `lambda-rlm ask` to a clear message, for what goes wrong on a first day, and of the first contact itself.

Each is a fresh process, measured with its start and with compiled bytecode on the disk, as an installed package has it; `start`
is one that refuses a name before anything else. Prints the median in seconds and the message; fails where one is over its
limit, points into a program, or loads litellm.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

ROUNDS: Final = 5
LIMIT_SECONDS: Final = 0.5
_ROOT: Final = Path(__file__).parent.parent
_NO_BYTECODE: Final = "PYTHONDONTWRITEBYTECODE"
_LIST: Final = b'{"object": "list", "data": [{"id": "served", "owned_by": "vllm", "max_model_len": 32768}]}'
_ASK: Final = "from lambda_rlm.cli import main; main()"


class _Server(BaseHTTPRequestHandler):
    """Serves a list of one model below `/v1`, to one key, and a page everywhere else."""

    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        is_known = self.headers.get("Authorization") == "Bearer sk-right"
        said = (200, _LIST) if is_known else (401, b'{"error": {"message": "Incorrect API key provided"}}')
        self._say(*(said if self.path == "/v1/models" else (200, b"<html>Welcome</html>")))

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._say(404, b"<html>Not here</html>")

    def _say(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def measured(arguments: list[str], environment: Mapping[str, str], folder: str) -> tuple[float, str]:
    """The processor time of a question in a fresh process, and the last line of its message."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-c", _ASK, "ask", "Who did Anna meet?", "book.txt", *arguments]
    done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    if done.returncode != 2 or "-->" in done.stderr or "Traceback" in done.stderr:
        sys.exit(f"not a clear message: {done.returncode}\n{done.stderr}")
    return seconds, done.stderr.strip().splitlines()[-1]


def main() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    root = f"http://127.0.0.1:{server.server_port}"
    ways = {
        "start": (["--model", "nothing"], ""),
        "no key": (["--model", "openai/gpt-5-mini"], ""),
        "unknown provider": (["--model", "openia/gpt-5-mini"], ""),
        "wrong key": (["--model", "served", "--base-url", f"{root}/v1"], "sk-wrong"),
        "unknown model": (["--model", "nothing", "--base-url", f"{root}/v1"], "sk-right"),
        "dead server": (["--model", "served", "--base-url", "http://127.0.0.1:9/v1"], ""),
        "base URL without /v1": (["--model", "served", "--base-url", root], "sk-right"),
        "base URL of a page": (["--model", "served", "--base-url", f"{root}/elsewhere/v1"], "sk-right"),
    }
    slow: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "book.txt").write_text("Anna met Bob in Paris.\n")
        kept = {name: value for name, value in os.environ.items() if not name.endswith("_API_KEY") and name != _NO_BYTECODE}
        for way, (arguments, key) in ways.items():
            environment = kept | {"LAMBDA_RLM_HOME": f"{folder}/home", "PYTHONPATH": str(_ROOT)}
            environment |= {"PYTHONPYCACHEPREFIX": f"{folder}/bytecode"} | ({"OPENAI_API_KEY": key} if key else {})
            measured(arguments, environment, folder)  # which writes what is missing of the bytecode
            found = [measured(arguments, environment, folder) for _ in range(ROUNDS)]
            seconds = statistics.median(time for time, _ in found)
            print(f"{way:22} {seconds:5.2f} s  {found[0][1].replace(root, 'URL')}")
            slow += [way] if seconds > LIMIT_SECONDS else []
    server.shutdown()
    if slow:
        sys.exit(f"over {LIMIT_SECONDS} s of processor time: {', '.join(slow)}")


if __name__ == "__main__":
    main()
