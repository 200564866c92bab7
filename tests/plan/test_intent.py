"""What a question asks for is told by classes of words, in five languages, and by the kind of the inputs."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_rlm.plan.input_kind import InputKind
from lambda_rlm.plan.intent import asks
from tests.support.places import ROOT

CALCULATED = (
    "What was the total revenue in May?",
    "average delivery time per carrier",
    "Median age of the members",
    "Rank the shops by profit",
    "How many invoices are still unpaid?",
    "which sensor reported the highest value",
    "Wie viele Bestellungen gingen nach Peru?",
    "durchschnittliche Verspätung pro Linie",
    "Summe aller Rechnungen im März",
    "Welches Produkt wurde am häufigsten zurückgegeben?",
    "Combien de commandes ont été annulées ?",
    "la moyenne des notes par élève",
    "Quel client a dépensé le plus ?",
    "¿Cuántos pedidos llegaron tarde?",
    "promedio de ventas por mes",
    "¿Qué tienda tuvo las ventas más altas?",
    "每个月的平均销售额是多少？",
    "一共有几个客户退货",
    "哪个地区的销量最高",
)
UNDERSTOOD = (
    "Summarise this table for my manager.",
    "Explain what the columns mean.",
    "What does row 5 say?",
    "Translate the comments into German.",
    "Why did the import fail?",
    "Fasse die Tabelle kurz zusammen.",
    "Erkläre mir diese Liste.",
    "Was steht in Zeile 12?",
    "Résume ce journal.",
    "Explique-moi ces lignes.",
    "Que dit la ligne 3 ?",
    "Resume esta tabla en una frase.",
    "Explícame este registro.",
    "¿Qué dice la fila 7?",
    "总结一下这张表",
    "解释这些日志",
    "第5行说了什么",
)


@pytest.mark.parametrize("kind", ["rows", "lines"])
@pytest.mark.parametrize("is_short", [True, False])
def test_calculations_over_rows_are_told_from_reading(kind: InputKind, is_short: bool) -> None:
    found = {query: asks(query, kind, is_short=is_short) for query in (*CALCULATED, *UNDERSTOOD)}
    assert found == {**dict.fromkeys(CALCULATED, "computes"), **dict.fromkeys(UNDERSTOOD, "reads")}


@pytest.mark.parametrize(
    "query",
    [
        "Explain which region has the highest revenue.",
        "Summarise the total sales by month.",
        "Fasse zusammen, wie viele Tickets offen sind.",
        "Explique combien de clients sont partis.",
        "Resume cuántos pedidos hubo por mes.",
        "总结每个月的销售总额",
        "Which customers wrote that they want it explained again?",
        "Summarise the expenses by category.",
        "Overview of the orders per customer",
        "Fass die Buchungen nach Monaten zusammen.",
        "Erkläre die Entwicklung der Ausgaben.",
        "Résume les dépenses par service.",
        "Resume los gastos por proyecto.",
        "总结各部门的支出",
        "概述每个客户的订单",
    ],
)
def test_over_rows_a_calculation_outweighs_a_word_of_reading(query: str) -> None:
    assert asks(query, "rows", is_short=True) != "reads"


@pytest.mark.parametrize(
    "query",
    [
        "Why does the number of the beast matter to him?",
        "What does she think of the average salary?",
        "How many days' notice does the tenant have to give?",
        "Was hält sie von den höchsten Preisen?",
        "Combien coûte la chambre ?",
        "¿Por qué dice que los años cuentan doble?",
        "他最喜欢的城市是哪个？",
        "What percentage does the agent get?",
        "What is the total rent per month?",
        "Wie oft muss man die Pflanze gießen?",
        "Quel est le prix moyen qu'il donne ?",
        "¿Qué porcentaje cobra el agente?",
        "房租总共是多少？",
    ],
)
def test_an_amount_in_a_short_text_is_read(query: str) -> None:
    assert asks(query, "prose", is_short=True) != "computes"


@pytest.mark.parametrize(
    "query",
    [
        "How many times does the word whale occur?",
        "Count the paragraphs.",
        "Wie oft kommt das Wort Wal vor?",
        "Combien de fois dit-il non ?",
        "¿Cuántas veces aparece la ballena?",
        "鲸鱼这个词出现了多少次",
        "How often does he write 'variation'?",
        "How many functions have no docstring?",
    ],
)
def test_counting_in_a_short_text_is_a_calculation(query: str) -> None:
    assert asks(query, "prose", is_short=True) == "computes"


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ("Summarise it in at most three sentences.", "rows"),
        ("Describe the table in 50 words", "rows"),
        ("Bitte in höchstens fünf Sätzen zusammenfassen", "lines"),
        ("Résume en trois phrases au plus", "rows"),
        ("Resume en dos frases como mucho", "lines"),
    ],
)
def test_the_length_of_an_answer_is_no_amount(query: str, kind: InputKind) -> None:
    assert asks(query, kind, is_short=True) == "reads"


def test_what_says_neither_is_open() -> None:
    for query in ("", "Kenya?", "the orders of 14 March", "Wer ist der Chef von Frau Okafor", "发票 20417 是哪家供应商的"):
        assert asks(query, "rows", is_short=True) == "open"
        assert asks(query, "prose", is_short=True) == "open"


@given(
    st.sampled_from([*CALCULATED, *UNDERSTOOD]), st.sampled_from(["rows", "lines", "prose", "documents", "code"]), st.booleans()
)
def test_case_accents_and_spaces_make_no_difference(query: str, kind: InputKind, is_short: bool) -> None:
    stripped = "".join(c for c in unicodedata.normalize("NFD", query) if not unicodedata.combining(c))
    told = {asks(text, kind, is_short=is_short) for text in (query, query.upper(), f"  {query} \n", stripped)}
    assert len(told) == 1


@given(st.text(max_size=400), st.sampled_from(["rows", "prose"]), st.booleans())
def test_any_text_is_a_question(query: str, kind: InputKind, is_short: bool) -> None:
    assert asks(query, kind, is_short=is_short) in ("computes", "reads", "open")


@pytest.mark.parametrize("piece", ["how many ", "fass ", "what does ", "halt ", "比", "2 ", "in "])
def test_a_question_of_a_megabyte_is_told_from_its_ends(piece: str) -> None:
    """Whoever pastes a document into the question asks before or after it."""
    pasted = piece * (1_000_000 // len(piece))
    assert asks(f"Median age? {pasted}", "prose", is_short=False) == "computes"
    assert asks(f"{'bees and honey ' * 70_000} Median age?", "prose", is_short=False) == "computes"


def test_no_calculation_of_the_questions_is_taken_for_reading() -> None:
    kinds: dict[str, InputKind] = {"table": "rows", "log": "lines"}
    path = ROOT / "benchmarks" / "routing" / "questions.jsonl"
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row["input"]["kind"] in kinds and row["asks"] == "compute":
            assert asks(row["question"], kinds[row["input"]["kind"]], is_short=True) != "reads", row["question"]
