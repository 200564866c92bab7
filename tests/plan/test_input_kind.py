"""The kind of an input is told from the shapes of its lines, from a few stretches of it."""

from __future__ import annotations

from typing import Any

import pytest

from lambda_rlm.plan import input_kind
from lambda_rlm.plan.input_kind import InputKind, kind_of
from tests.support.places import ROOT

PROSE = (
    "It was late in the year when Ann, who had kept bees for forty years, gave up the hives by the river.\n"
    "She sold the honey; nobody asked why.\n\n“Will you come back?” he asked. “Perhaps,” she said: “in spring.”\n"
    "Chapter 2\nThe mill had been empty since 1890, and the town, or what was left of it, had forgotten the miller.\n"
    "They talked of bees, of honey, and of nothing else.\n"
)
TEXTS: dict[str, tuple[InputKind, str]] = {
    "prose": ("prose", PROSE * 4),
    "wrapped prose": ("prose", "\n".join(PROSE[i : i + 70] for i in range(0, len(PROSE), 70))),
    "verse": ("prose", "Shall I compare thee to a summer's day?\nThou art more lovely and more temperate:\n" * 6),
    "german": ("prose", "Er ging, weil es spät war, nach Hause.\nDort wartete niemand; das Haus war leer.\n" * 5),
    "chinese": ("prose", "那年冬天，祖母死了，父亲的差使也交卸了。\n我从北京到徐州，打算跟着父亲奔丧回家。\n" * 5),
    "one line": ("prose", "Ann keeps bees. " * 500),
    "empty": ("prose", ""),
    "markdown": ("prose", f"# Bees\n\n{PROSE}\n## Honey\n\n- sweet and heavy, and sold by the jar\n- never cheap\n\n{PROSE}"),
    "iso log": ("lines", "".join(f"2026-03-04T10:{i:02}:02Z ERROR worker-{i} timed out\n" for i in range(40))),
    "level log": ("lines", "".join(f"{('INFO', 'WARN')[i % 2]} disk {i} is nearly full\n" for i in range(30))),
    "syslog": ("lines", "".join(f"Mar  4 10:{i:02}:02 host sshd[{100 + i}]: session closed\n" for i in range(30))),
    "bracket log": ("lines", "".join(f"[{i}] starting job number {i}\n" for i in range(30))),
    "log with a trace": ("lines", "".join(f"10:0{i % 10} main: call\n" for i in range(30)) + "  at com.acme.Main\n" * 8),
    "labelled lines": ("lines", "".join(f"Date: Jun {i}, 2022 || User: {i} || Instance: Where?\n" for i in range(1, 30))),
    "chat": ("lines", "Ann: are you there\nBob: yes\n" * 8),
    "chinese chat": ("lines", "张三：你好\n李四：在吗\n" * 8),
    "csv": ("lines", "name,age,city\nAnn,31,Oslo\nBob,7,Lima\nCem,74,Turin\n"),
    "tabs": ("lines", "name\tcity\nAnn\tOslo\nBob\tLima\n"),
    "json lines": ("lines", '{"name": "Ann", "age": 31}\n' * 6),
    "python": ("code", (ROOT / "lambda_rlm" / "plan" / "router.py").read_text()),
    "javascript": ("code", "function add(a, b) {\n  const sum = a + b;\n  return sum;\n}\n\nmodule.exports = { add };\n" * 3),
}


@pytest.mark.parametrize("name", TEXTS)
def test_the_kind_of_a_text_is_told_from_its_lines(name: str) -> None:
    kind, text = TEXTS[name]
    assert kind_of({"context": text, "query": "ERROR 1\nERROR 2\nERROR 3\n"}) == kind


DOCUMENTS = [{"name": f"{i}.txt", "text": PROSE} for i in range(12)]
DATA: list[tuple[InputKind, dict[str, Any]]] = [
    ("rows", {"rows": [{"id": 1, "name": "Ann"}]}),
    ("rows", {"rows": []}),
    ("rows", {"config": {"port": 80}}),
    ("rows", {"numbers": [1, 2, 3]}),
    ("rows", {"contract": PROSE * 50, "prices": [{"part": "a", "price": 3}]}),
    ("lines", {"comments": ["good", "bad"]}),
    ("documents", {"letters": [PROSE * 20, PROSE * 30]}),
    ("documents", {"folder": DOCUMENTS}),
    ("code", {"folder": [{"name": f"src/{i}.go", "text": "x"} for i in range(3)]}),
    ("lines", {"logs": [{"name": f"{i}.log", "text": TEXTS["iso log"][1]} for i in range(3)]}),
    ("prose", {"book": PROSE * 50, "log": TEXTS["iso log"][1]}),
    ("lines", {"note": "short", "log": TEXTS["iso log"][1]}),
    ("prose", {}),
]


@pytest.mark.parametrize("number", range(len(DATA)))
def test_data_with_fields_is_rows_whatever_lies_beside_it(number: int) -> None:
    kind, inputs = DATA[number]
    assert kind_of({**inputs, "query": "?"}) == kind


def test_a_long_text_is_looked_at_in_stretches(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []
    head = input_kind._head

    def watched(line: str) -> str:
        looked.append(line)
        return head(line)

    monkeypatch.setattr(input_kind, "_head", watched)
    text = TEXTS["iso log"][1] * 5_000
    assert kind_of({"log": text}) == "lines"
    assert 0 < sum(map(len, looked)) < len(text) / 50
