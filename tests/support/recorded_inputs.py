"""Inputs for programs on record: made up, of the kinds that people ask about, the same every time.

Running text is from the pool of generated benchmarks; what is not English was written for this file.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping
from random import Random
from typing import Any, Final

from lambda_rlm.bench.words import prose as sentences

GERMAN: Final = (
    "Der Ausschuss hat den Antrag nach kurzer Aussprache einstimmig angenommen.",
    "Bis zum Ende des Jahres müssen die Unterlagen vollständig eingereicht werden.",
    "Die Fähre fährt nur bei ruhiger See, was im Winter selten vorkommt.",
    "Niemand hatte damit gerechnet, dass die Brücke so bald wieder geöffnet würde.",
    "Der Lieferant haftet nicht für Schäden, die durch höhere Gewalt entstehen.",
    "Im dritten Absatz wird auf die Überschwemmung von 1953 verwiesen.",
    "Wer den Vertrag kündigen will, muss dies schriftlich und mit einer Frist von drei Monaten tun.",
    "Die Straßenbahn hielt quietschend vor dem alten Rathaus, und zwei Männer stiegen aus.",
)
CHINESE: Final = (
    "供应商应当在合同生效之日起三十日内交付第一批设备。",
    "委员会经过简短讨论后一致通过了这项提案。",
    "如因不可抗力造成延误,双方均不承担违约责任。",
    "桥梁在暴风雨之后关闭了两个星期,直到四月才重新开放。",
    "第十二条规定,任何一方解除合同须提前三个月书面通知对方。",
    "他在日记里写道,船长的判断力一年不如一年。",
    "实验结果表明,温度每升高一度,产量大约下降百分之三。",
    "图书馆的屋顶在去年冬天漏水,许多旧书因此受损。",
)
THAI: Final = (
    "คณะกรรมการมีมติเป็นเอกฉันท์ให้รับข้อเสนอนี้หลังการอภิปรายสั้นๆ",
    "ผู้ขายต้องส่งมอบสินค้าชุดแรกภายในสามสิบวันนับจากวันที่สัญญามีผลบังคับใช้",
    "สะพานปิดสองสัปดาห์หลังพายุและเปิดอีกครั้งในเดือนเมษายน",
    "เรือข้ามฟากออกเฉพาะเมื่อทะเลสงบซึ่งไม่ค่อยเกิดขึ้นในฤดูหนาว",
    "ผลการทดลองแสดงว่าเมื่ออุณหภูมิสูงขึ้นหนึ่งองศาผลผลิตจะลดลงประมาณร้อยละสาม",
    "หลังคาห้องสมุดรั่วเมื่อฤดูหนาวที่แล้ว หนังสือเก่าจำนวนมากจึงเสียหาย",
    "ฝ่ายใดฝ่ายหนึ่งจะเลิกสัญญาต้องแจ้งเป็นลายลักษณ์อักษรล่วงหน้าสามเดือน",
)

_NAMES: Final = ("Ana Ruiz", "Bo Lindqvist", "Chidi Eze", "Dana Levi", "Emre Kaya", "Fay Wong")
_CITIES: Final = ("Berlin", "Porto", "Gdansk", "Lund", "Cork", "Riga")
_ERRORS: Final = (
    "upstream timed out after 30s",
    "connection reset by peer",
    "disk quota exceeded on /var/spool",
    "bad checksum",
)
_VERBS: Final = ("load", "parse", "merge", "send", "check", "close")
_THINGS: Final = ("orders", "session", "index", "report", "invoice", "cache")
_COMPLAINTS: Final = (
    "The invoice of {} charges me twice for the same delivery, and nobody answers the telephone.",
    "My parcel was left in the rain although I had asked for a neighbour in {}; the box fell apart.",
    "The pump that I bought in {} hums at night. Is that normal, or should I send it back?",
    "Good sound, but the battery is empty after two hours. I paid for ten, as the shop in {} promised.",
)


def prose(characters: int, draw: Random) -> str:
    """Paragraphs of English."""
    lines = [" ".join(part) for part in zip(*[iter(sentences(characters + 2_000, draw))] * 3, strict=False)]
    return "\n\n".join(lines)[:characters]


def script(lines: tuple[str, ...], characters: int, draw: Random, between: str = " ") -> str:
    """Paragraphs of such sentences."""
    made: list[str] = []
    size = 0
    while size < characters:
        made.append(f"{draw.choice(lines)}{between if draw.random() < 0.8 else chr(10)}")
        size += len(made[-1])
    return "".join(made)[:characters]


def log(characters: int, draw: Random) -> str:
    """One event a line."""
    lines: list[str] = []
    while sum(map(len, lines)) + len(lines) < characters:
        at = f"2026-03-{draw.randrange(1, 29):02}T{draw.randrange(24):02}:{draw.randrange(60):02}:02Z"
        level = draw.choices(("INFO", "WARN", "ERROR"), (90, 6, 4))[0]
        said = draw.choice(_ERRORS) if level == "ERROR" else f"served /{draw.choice(_THINGS)} in {draw.randrange(900)} ms"
        lines.append(f"{at} {level} worker-{draw.randrange(12)} req={draw.randrange(1 << 16):04x} {said}")
    return "\n".join(lines)


def contract(characters: int, draw: Random) -> str:
    """Numbered clauses."""
    clauses: list[str] = []
    while sum(map(len, clauses)) < characters:
        number = f"{len(clauses) // 4 + 1}.{len(clauses) % 4 + 1}"
        duty = f"The Supplier shall {draw.choice(_VERBS)} the {draw.choice(_THINGS)} within {draw.randrange(5, 90)} days."
        clauses.append(f"{number} {duty} {prose(350, draw)}")
    return "\n\n".join(clauses)


def transcript(characters: int, draw: Random) -> str:
    """Lines of people who talk."""
    lines: list[str] = []
    while sum(map(len, lines)) < characters:
        lines.append(f"{draw.choice(_NAMES)}: {draw.choice(sentences(300, draw))}")
    return "\n".join(lines)


def chapters(characters: int, draw: Random) -> str:
    """A book of twelve chapters."""
    return "\n\n".join(f"Chapter {number}\n\n{prose(characters // 12, draw)}" for number in range(1, 13))


def module(characters: int, draw: Random) -> str:
    """Functions in Python."""
    parts = ["import json\nimport subprocess\n"]
    while sum(map(len, parts)) < characters:
        name = f"{draw.choice(_VERBS)}_{draw.choice(_THINGS)}_{len(parts)}"
        parts.append(
            f'def {name}(path, limit={draw.randrange(9)}):\n    """{draw.choice(_VERBS).title()} what is needed."""\n'
            f"    # later: handle {draw.choice(_THINGS)} that are too long\n"
            f"    with open(path) as source:\n        rows = [json.loads(line) for line in source if line.strip()]\n"
            f"    return subprocess.run(['{draw.choice(_THINGS)}', str(limit)], check=True, input=str(rows))\n"
        )
    return "\n\n".join(parts)


def code(characters: int, draw: Random) -> str:
    return module(characters, draw)[:characters]


def base64(characters: int, draw: Random) -> str:
    """Bytes as text, in lines of 76 characters."""
    packed = b64encode(draw.randbytes(characters)).decode()
    return "\n".join(packed[at : at + 76] for at in range(0, len(packed), 76))[:characters]


def _complaint(draw: Random) -> str:
    said = draw.sample(_COMPLAINTS, draw.randrange(1, 4))
    return " ".join([one.format(draw.choice(_CITIES)) for one in said])


def _ticket(number: int, draw: Random) -> dict[str, Any]:
    opened = f"2026-0{draw.randrange(1, 6)}-{draw.randrange(1, 29):02}"
    return {"id": number, "opened": opened, "body": f"{_complaint(draw)} Order {draw.randrange(10**6)}."}


def _order(number: int, draw: Random) -> dict[str, Any]:
    day = f"2026-{draw.randrange(1, 7):02}-{draw.randrange(1, 29):02}"
    kept = draw.choice(["kept", "returned"])
    return {"id": number, "day": day, "city": draw.choice(_CITIES), "amount": round(draw.uniform(5, 400), 2), "state": kept}


def _sighting(number: int, draw: Random) -> dict[str, Any]:
    remark = draw.choice(["", "only seen flying away", "photographed, identified by two people", "a neighbour told me"])
    said = f"{remark} near {draw.choice(_CITIES)}, {draw.randrange(2, 30)} m" if remark else ""
    return {"id": number, "species": draw.choice(["Vanessa atalanta", "Aglais io", "Pieris rapae"]), "remark": said}


def _question(number: int, draw: Random) -> dict[str, Any]:
    thing, verb, city = draw.choice(_THINGS), draw.choice(_VERBS), draw.choice(_CITIES)
    asked = (
        f"How do I {verb} the {thing} in {city}?",
        f"How many people live in {city}?",
        f"Who founded the {thing} of {city}?",
    )
    return {"id": number, "question": draw.choice(asked)}


def _review(number: int, draw: Random) -> dict[str, Any]:
    return {"stars": draw.randrange(1, 6), "text": f"{_complaint(draw)} ({number})", "verified": draw.random() < 0.5}


def _document(kind: Callable[[int, Random], str], name: str) -> Callable[[int, Random], dict[str, Any]]:
    return lambda number, draw: {"name": name.format(number), "text": kind(draw.randrange(2_000, 7_000), draw)}


def _many(one: Callable[[int, Random], Any]) -> Callable[[int, Random], list[Any]]:
    return lambda count, draw: [one(number, draw) for number in range(1, count + 1)]


Make = Callable[[int, Random], Any]

INPUTS: Final[Mapping[str, tuple[str, Make]]] = {
    "prose": ("Text", prose),
    "german": ("Text", lambda size, draw: script(GERMAN, size, draw)),
    "chinese": ("Text", lambda size, draw: script(CHINESE, size, draw, "")),
    "thai": ("Text", lambda size, draw: script(THAI, size, draw)),
    "code": ("Text", code),
    "base64": ("Text", base64),
    "log": ("Text", log),
    "contract": ("Text", contract),
    "transcript": ("Text", transcript),
    "chapters": ("Text", chapters),
    "documents": ("List[{ name: Text, text: Text }]", _many(_document(prose, "notes/{}.txt"))),
    "modules": ("List[{ name: Text, text: Text }]", _many(_document(module, "src/mod_{}.py"))),
    "tickets": ("List[{ id: Int, opened: Text, body: Text }]", _many(_ticket)),
    "orders": ("List[{ id: Int, day: Text, city: Text, amount: Float, state: Text }]", _many(_order)),
    "sightings": ("List[{ id: Int, species: Text, remark: Text }]", _many(_sighting)),
    "questions": ("List[{ id: Int, question: Text }]", _many(_question)),
    "reviews": ("List[{ stars: Int, text: Text, verified: Bool }]", _many(_review)),
}
"""Kinds of inputs: their type, and what makes one of a size in characters, or in elements where it is a list."""


def made(kind: str, size: int, seed: int = 1) -> Any:
    """An input of a kind."""
    return INPUTS[kind][1](size, Random(f"{kind} {size} {seed}"))
