"""Sixty facts that are planted in forty files, each with a question and with the answer of a reader, often written otherwise.

A fact is a sentence with its value in `[[…]]`; `near` are sentences of the same text with the same value elsewhere, or with nearly
the same value. Of rows, the sentence is a cell.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_VALUE = re.compile(r"\[\[(.+?)\]\]")


@dataclass(frozen=True)
class Fact:
    """A planted fact; `way` is the strategy by which it is asked for."""

    query: str
    marked: str
    reply: str
    near: tuple[str, ...] = ()
    way: str = "direct"

    @property
    def sentence(self) -> str:
        """As it stands in the file."""
        return _VALUE.sub(r"\1", self.marked)

    @property
    def value(self) -> str:
        """The value as it stands in the file."""
        found = _VALUE.search(self.marked)
        assert found is not None
        return found[1]


TEXTS: dict[str, tuple[Fact, ...]] = {
    "annual-report.md": (
        Fact(
            "What was the net revenue in 2023?", "In 2023 net revenue reached [[3,012,000]] dollars.", "about 3 million dollars",
            ("In 2022 net revenue reached 2,912,000 dollars.", "Gross revenue in 2023 was 4,890,300 dollars.", "3,012 people wrote to us."),
        ),
        Fact(
            "How many employees did the company have?", "The company had [[1,204]] employees at the end of the year.", "1204",
            ("It paid 1,204 invoices in May.", "A year before it had 1,198 employees."),
        ),
    ),
    "minutes.txt": (
        Fact("When does the lease end?", "The lease ends on [[30 June 2027]].", "2027-06-30", ("The audit ends on 30 June 2026.",)),
        Fact(
            "Who signed the contract with Harbor Ltd?", "The contract with Harbor Ltd was signed by [[Maria Okafor]].", "Maria Okafor",
            ("Maria Okafor chaired the meeting.", "Peter Lund signed the contract with Quay Inc."), "search",
        ),
    ),
    "ship-log.txt": (
        Fact(
            "What was the depth at the reef?", "At the reef the depth was [[17.5]] fathoms.", "17.5 fathoms",
            ("At the harbor the depth was 17.2 fathoms.", "The mate bought 17.5 pounds of rope."), "search",
        ),
        Fact("How many casks of water were left?", "[[Twelve]] casks of water were left.", "12", ("They had 12 goats aboard.",)),
    ),
    "policy.md": (
        Fact(
            "How long is data of customers kept?", "Customer data is kept for [[seven years]] after the last order.",
            "Seven years after the last order.", ("Job applications are kept for seven months.",),
        ),
        Fact("Which form reports an incident?", "Incidents are reported with form [[INC-2041]].", "INC-2041", ("Form INC-2014 is for visitors.",)),
    ),
    "bericht-de.txt": (
        Fact("Wie hoch war der Umsatz in Köln?", "Der Umsatz in Köln betrug [[1.234,50 Euro]].", "1234.5", ("In Bonn waren es 1.243,50 Euro.",)),
        Fact("Wann wurde die Brücke eröffnet?", "Die Brücke wurde am [[3. Oktober 1998]] eröffnet.", "1998-10-03", ("Am 3. Oktober 1989 begann der Bau.",)),
    ),
    "rapport-fr.txt": (
        Fact("Quel est le prix du billet ?", "Le prix du billet est de [[12,80 euros]].", "12.80", ("Le parking coûte 12,60 euros.",)),
        Fact("Qui dirige le musée ?", "Le musée est dirigé par [[Hélène Vasseur]].", "Helene Vasseur", ("Hélène Vallet dirige le théâtre.",), "search"),
    ),
    "informe-es.txt": (
        Fact("¿Cuántos habitantes tiene Robledo?", "Robledo tiene [[4.781]] habitantes.", "4781", ("Olmeda tiene 4.718 habitantes.",)),
        Fact("¿Cuándo se fundó la escuela?", "La escuela se fundó el [[14 de marzo de 1921]].", "14 de marzo de 1921", ("El 14 de marzo de 1912 hubo una feria.",)),
    ),
    "relazione-it.txt": (
        Fact("Quanto è alta la torre?", "La torre è alta [[97,5 metri]].", "97.5", ("Il ponte è lungo 95,7 metri.",)),
    ),
    "relatorio-pt.md": (
        Fact("Qual foi a produção de café?", "A produção de café foi de [[52 mil]] sacas.", "52000 sacas", ("A de cacau foi de 25 mil sacas.",)),
    ),
    "verslag-nl.txt": (Fact("Hoeveel fietsen werden verhuurd?", "Er werden [[8.340]] fietsen verhuurd.", "8340", ("Er werden 8.430 kaarten verkocht.",)),),
    "raport-pl.txt": (Fact("Ile waży dzwon?", "Dzwon waży [[2350 kg]].", "2350 kg", ("Brama waży 2530 kg.",)),),
    "otchet-ru.txt": (
        Fact("Сколько стоил мост?", "Мост стоил [[4,6 млн]] рублей.", "4600000", ("Дорога стоила 6,4 млн рублей.",)),
        Fact("Кто построил мельницу?", "Мельницу построил [[Фёдор Лыков]].", "Федор Лыков", ("Фёдор Быков купил лодку.",), "search"),
    ),
    "baogao-zh.txt": (Fact("大桥有多长？", "大桥全长[[1280]]米。", "1280米", ("隧道全长1820米。",)), Fact("谁是馆长？", "图书馆的馆长是[[陈思远]]。", "陈思远", ("陈志远是教师。",))),
    "hokoku-ja.txt": (Fact("会議はいつですか。", "次の会議は[[2025年4月18日]]に開きます。", "2025-04-18", ("前の会議は2025年4月8日でした。",)),),
    "bogo-ko.txt": (Fact("탑의 높이는 얼마입니까?", "탑의 높이는 [[63미터]]입니다.", "63미터", ("다리의 길이는 36미터입니다.",)),),
    "taqrir-ar.txt": (Fact("كم عدد الكتب في المكتبة؟", "في المكتبة [[٧٤٥٠]] كتابا.", "7450", ("في المدرسة ٧٥٤٠ طالبا.",)),),
    "prativedan-hi.txt": (Fact("बाँध कब बना?", "बाँध [[1962]] में बना।", "1962", ("पुल 1926 में बना।",)),),
    "rapor-tr.txt": (Fact("Köprü kaç metre?", "Köprünün uzunluğu [[415 metre]].", "415 metre", ("Yolun uzunluğu 451 metre.",)),),
    "raport-sv.md": (Fact("Hur många båtar finns i hamnen?", "I hamnen finns [[233]] båtar.", "233 båtar", ("I sjön finns 322 båtar.",)),),
    "guide.html": (
        Fact("What is the maximum load of the crane?", "The maximum load of the crane is [[14.25 tons]].", "14.25 tons", ("The hoist lifts 12.45 tons.",)),
        Fact("Which port does the service use?", "The service listens on port [[8443]].", "port 8443", ("The old one used port 8434.",)),
    ),
    "history.html": (Fact("Who designed the station?", "The station was designed by [[Ingrid Halloran]].", "Ingrid Halloran", ("Ingrid Hallman ran the kiosk.",), "search"),),
    "prices.html": (Fact("What does the annual ticket cost?", "The annual ticket costs [[$349.90]].", "$349.90", ("The monthly one costs $34.99.",)),),
    "menu.html": (Fact("When does the kitchen close?", "The kitchen closes at [[22:15]].", "22:15", ("The bar closes at 22:51.",)),),
    "server.toml": (
        Fact("After how many seconds does a request time out?", "request_timeout = [[4500]]  # seconds", "4500", ("retry_after = 5400  # seconds",)),
        Fact("Which bucket holds the backups?", 'backup_bucket = "[[cold-store-eu-3]]"', "cold-store-eu-3", ('bucket = "cold-store-eu-2"',)),
    ),
    "contract.pdf": (
        Fact("What is the penalty for late delivery?", "The penalty for late delivery is [[2.75 percent]] per week.", "2.75%", ("The discount is 2.57 percent.",)),
        Fact("Who is the arbitrator?", "The arbitrator is [[Judge Elaine Porter]].", "Judge Elaine Porter", ("Elaine Potter is a witness.",), "search"),
    ),
    "manual.pdf": (
        Fact("At what pressure does the valve open?", "The valve opens at [[6.8 bar]].", "6.8 bar", ("The pump runs at 8.6 bar.",)),
        Fact("How often is the filter changed?", "The filter is changed every [[450 hours]].", "Every 450 hours.", ("The oil is changed every 540 hours.",)),
    ),
    "survey.pdf": (Fact("How many wells were drilled?", "[[37]] wells were drilled in the valley.", "37", ("73 wells were surveyed.",)),),
    "letter.pdf": (Fact("What sum was transferred?", "A sum of [[18,750 pounds]] was transferred.", "18750 pounds", ("The fee was 17,850 pounds.",)),),
    "memo.docx": (
        Fact("Which room hosts the workshop?", "The workshop takes place in room [[B-217]].", "B-217", ("Room B-271 is closed.",)),
        Fact("When is the deadline of the proposal?", "The proposal is due on [[11 November 2025]].", "November 11, 2025", ("The report is due on 1 November 2025.",)),
    ),
    "thesis.docx": (Fact("What was the yield of the reaction?", "The yield of the reaction was [[83.4 %]].", "83.4%", ("The purity was 84.3 %.",)),),
    "plan.docx": (Fact("What is the budget for training?", "The budget for training is [[46,200 euros]].", "€46,200", ("That for travel is 42,600 euros.",)),),
    "agreement.docx": (Fact("Who owns the patents?", "All patents are owned by [[Norvik Instruments]].", "Norvik Instruments", ("Norvik Foods sells fish.",), "search"),),
}  # fmt: skip
"""Facts in texts, by file."""

ROWS: dict[str, tuple[str, tuple[Fact, ...]]] = {
    "orders.csv": (
        "amount",
        (
            Fact("What was the amount of order A-17?", "[[4821]]", "4821"),
            Fact("What was the amount of order A-31?", "[[977]]", "977"),
        ),
    ),
    "people.csv": ("note", (Fact("Who asked for a refund?", "[[asked for a refund of the late fee]]", "asked for a refund of the late fee"),)),
    "stock.csv": ("place", (Fact("Where are the lanterns?", "[[shelf 44, lower hall]]", "shelf 44, lower hall"),)),
    "tickets.jsonl": (
        "text",
        (
            Fact("Which error does the ticket about printing name?", "Printing stops with error [[E-7719]] on page two.", "E-7719"),
            Fact("How long was the outage?", "The outage lasted [[95 minutes]] and hit two offices.", "95 minutes"),
        ),
    ),
    "readings.jsonl": ("value", (Fact("What is the value of sensor S-9?", "[[61.375]]", "61.375"),)),
    "visits.jsonl": ("comment", (Fact("What did the visitor from Oslo praise?", "praised the [[lemon garden]] and the tea", "the lemon garden"),)),
}  # fmt: skip
"""Facts in rows, by file: the column of its cells, and the facts."""

LISTED: dict[str, tuple[Fact, ...]] = {
    "voyages.txt": (
        Fact("Which ships arrived, and with which cargo?", "The brig [[Aurora]] arrived with 310 bales of cotton.", "Aurora | 310", (), "extract"),
        Fact("Which ships arrived, and with which cargo?", "The sloop [[Meridian]] arrived with 128 casks of oil.", "Meridian | 128", (), "extract"),
        Fact("Which ships arrived, and with which cargo?", "The barque [[Hesper]] arrived with 64 crates of tea.", "Hesper | 64", (), "extract"),
    ),
    "reviews.txt": (
        Fact("How many reviews are angry?", "Ben: The lamp [[broke at once]] and nobody answers.", "", (), "aggregate"),
        Fact("How many reviews are angry?", "Eva: [[Never again]], the box was empty.", "", (), "aggregate"),
        Fact("How many reviews are angry?", "Ian: I [[want my money back]] today.", "", (), "aggregate"),
    ),
}  # fmt: skip
"""Facts that one question asks for together, by file."""
