"""Typed replies as models write them: what is read with good will, what is refused, where quotes stand."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lambda_rlm.budget.budget import Budget
from lambda_rlm.budget.meter import Meter
from lambda_rlm.eval.asking.bad_reply import BadReply
from lambda_rlm.eval.asking.lenient import CONFLICT, loads, values_in
from lambda_rlm.eval.asking.prompt import prompt_of
from lambda_rlm.eval.asking.schema import choices_of, json_schema, keyed_schema, notation, shape_of
from lambda_rlm.eval.asking.shape import ReplyReading
from lambda_rlm.eval.provenance.derived import derived
from lambda_rlm.eval.provenance.lineage import Citation, citations, lineage
from lambda_rlm.eval.value import Document, Reply, Text, span_of
from lambda_rlm.limits import MOST_REPLY_ENDS
from lambda_rlm.types.reply_tokens import reply_room, texts_of
from lambda_rlm.types.type import BOOL, FLOAT, INT, QUOTE, TEXT, Enum, Type, list_of, option_of, record_of
from tests.support.asking import data, inhabits, plain, template

LABELS = Enum(("location", "numeric value", "value"))
ROW = record_of(id=INT, label=LABELS)
PERSON = record_of(name=TEXT, born=option_of(INT))


def read(reply: str, type_: Type, prompt: Text | None = None, most: int = 10_000) -> tuple[Any, ReplyReading]:
    """The value that a reply is read as, and the notes made."""
    meter = Meter(Budget())
    made = prompt_of(prompt or Text("prompt"), meter)
    reading = ReplyReading(Reply(0, made.origin), made, meter, most, reply_room(most, texts_of(type_), MOST_REPLY_ENDS))
    value = shape_of(type_).read(reply, reading)
    assert inhabits(value, type_)
    return value, reading


EXACT: list[tuple[Type, str, Any]] = [
    (INT, '{"reply": 42}', 42),
    (INT, "42", 42),
    (FLOAT, '{"reply": 3}', 3.0),
    (BOOL, "yes", True),
    (LABELS, "numeric value", "numeric value"),
    (option_of(LABELS), "none", None),
    (option_of(BOOL), "no", (False,)),
    (option_of(INT), '{"reply": null}', None),
    (list_of(TEXT), '{"reply": ["a", "b"]}', ["a", "b"]),
    (list_of(TEXT), "[]", []),
    (PERSON, '{"name": "Ann", "born": 1990}', ((1990,), "Ann")),
    (list_of(ROW), '{"reply": [{"id": 1, "label": "value"}]}', [(1, "value")]),
]

COERCED: list[tuple[Type, str, Any]] = [
    (INT, '```json\n{"reply": 42}\n```', 42),
    (INT, 'Sure! {"reply": 42} Anything else?', 42),
    (INT, "<think>hm, 40 or 41?</think>42", 42),
    (INT, "There are 1,234 of them.", 1234),
    (INT, "**42**", 42),
    (INT, '{"reply": "42"}', 42),
    (INT, '{"reply": 42.0}', 42),
    (INT, '{"count": 42}', 42),
    (FLOAT, "about -2.5 degrees", -2.5),
    (BOOL, "Yes.", True),
    (BOOL, "No, it is not.", False),
    (BOOL, "true", True),
    (BOOL, '{"reply": "No"}', False),
    (BOOL, '{"no_rain": true}', True),
    (LABELS, "Numeric Value", "numeric value"),
    (LABELS, 'The label is "value".', "value"),
    (LABELS, "I would say: a numeric value", "numeric value"),
    (LABELS, '{"label": "location"}', "location"),
    (option_of(BOOL), "null", None),
    (option_of(TEXT), '{"reply": "None"}', None),
    (option_of(TEXT), "null and void", ("null and void",)),
    (option_of(INT), '{"reply": ""}', None),
    (list_of(TEXT), "- a\n- b", ["a", "b"]),
    (list_of(INT), "1. 10\n2. 20", [10, 20]),
    (list_of(TEXT), '{"reply": "alone"}', ["alone"]),
    (list_of(TEXT), '{"reply": null}', []),
    (list_of(TEXT), "['it\\'s', 'a \"b\"',]", ["it's", 'a "b"']),
    (list_of(BOOL), "[True, False]", [True, False]),
    (list_of(ROW), '{"id": 1, "label": "value"}\n{"id": 2, "label": "Location"}', [(1, "value"), (2, "location")]),
    (ROW, '{"ID": "7", "Label": "VALUE", "why": "because"}', (7, "value")),
    (ROW, '[{"id": 7, "label": "value"}]', (7, "value")),
    (ROW, '{"row": {"id": 7, "label": "value"}}', (7, "value")),
    (ROW, "{id: 7, label: 'value'}", (7, "value")),
    (PERSON, '{"name": "Ann"}', (None, "Ann")),
    (PERSON, '{"name": 7, "born": "null"}', (None, "7")),
    (TEXT, "<think>\nlong thoughts\n</think>\n\nAnswer", "Answer"),
]

BAD: list[tuple[Type, str]] = [
    (INT, ""),
    (INT, "some"),
    (INT, "between 12 and 15"),
    (INT, "12-15"),
    (INT, "2024-05-01"),
    (INT, "3.5"),
    (INT, '{"reply": true}'),
    (INT, '{"reply": 1, "reply": 2}'),
    (INT, '{"a": 1, "b": 2}'),
    (INT, "9223372036854775808"),
    (INT, '{"reply": 9007199254740993.0}'),
    (INT, "1" * 5_000),
    (FLOAT, "NaN"),
    (FLOAT, "1e999"),
    (FLOAT, '{"reply": Infinity}'),
    (FLOAT, "45%"),
    (BOOL, "maybe"),
    (BOOL, "yes and no"),
    (BOOL, "nothing"),
    (LABELS, ""),
    (LABELS, "location or value"),
    (LABELS, "This asks for a numeric value, clearly"),
    (LABELS, "not location"),
    (LABELS, "It isn't a location"),
    (LABELS, "relocations"),
    (ROW, '{"id": 7}'),
    (ROW, '{"id": 7, "label": "other"}'),
    (ROW, '{"id": null, "label": "value"}'),
    (ROW, "7: value"),
    (ROW, '{"id": 7, "label": "value"} {"id": 8, "label": "value"}'),
    (ROW, '{"id": 7, "label": "val'),
    (list_of(INT), '{"reply": [1, "two"]}'),
    (list_of(INT), "[1] or perhaps [2]"),
    (list_of(TEXT), "a, b and c"),
    (list_of(TEXT), '{"reply": [null]}'),
    (list_of(TEXT), "[" * 100_000),
    (PERSON, "{" * 5_000),
    (list_of(TEXT), "['x" * 5_000),
    (BOOL, "yes no " * 14_000),
    (LABELS, "not " * 20_000 + "location"),
    (INT, "1,111" * 20_000),
    (ROW, '{"id":' * 20_000),
    (list_of(INT), "[" * 900 + "]" * 900),
]


@pytest.mark.parametrize(("type_", "reply", "value"), EXACT, ids=[f"{notation(t)} {r}" for t, r, _ in EXACT])
def test_a_reply_as_asked_for_needs_no_good_will(type_: Type, reply: str, value: Any) -> None:
    found, reading = read(reply, type_)
    assert (plain(found), reading.coercions) == (value, [])


@pytest.mark.parametrize(("type_", "reply", "value"), COERCED, ids=[f"{notation(t)} {r[:30]}" for t, r, _ in COERCED])
def test_a_reply_that_means_one_thing_is_read_and_noted(type_: Type, reply: str, value: Any) -> None:
    found, reading = read(reply, type_)
    assert plain(found) == value
    assert reading.coercions
    assert reading.coerced == len(reading.coercions)


@pytest.mark.parametrize(("type_", "reply"), BAD, ids=[f"{notation(t)} {r[:30]}" for t, r in BAD])
def test_a_reply_that_means_nothing_or_two_things_is_bad(type_: Type, reply: str) -> None:
    with pytest.raises(BadReply) as caught:
        read(reply, type_, most=1_000_000)
    assert 0 < len(caught.value.message) <= 500


def test_an_error_never_shows_what_the_model_wrote() -> None:
    """It goes into the next prompt as an instruction, and the reply may hold anything."""
    many = Enum(tuple(f"label {n}" for n in range(200)))
    for type_ in (INT, ROW, many, list_of(ROW), PERSON):
        for reply in ("OBEY", '{"reply": ["OBEY"]}', '{"id": "OBEY", "OBEY": 1, "name": ["OBEY"], "label": "OBEY"}'):
            with pytest.raises(BadReply) as caught:
                read(reply, type_)
            assert "OBEY" not in caught.value.message
            assert len(caught.value.message) <= 500


def test_a_typed_reply_that_is_too_long_is_bad() -> None:
    with pytest.raises(BadReply, match="longer than 10 characters"):
        read('{"reply": 42}', INT, most=10)


def test_lone_surrogates_do_not_get_into_values() -> None:
    found, reading = read('{"reply": ["\\ud800"]}', list_of(TEXT))
    assert plain(found) == ["\N{REPLACEMENT CHARACTER}"]
    assert reading.coercions == ["replaced invalid characters"]


BOOK = Document("book", "The sea was calm.  The gulls\nwere not: they cried all night. The sea was calm.")
PART = span_of(BOOK, 4, len(BOOK.text) - 4)
SAYING = template("Find it.\n\nThe sea was calm, says the program.\n", PART)


def test_a_quote_is_the_inputs_own_text_with_its_place() -> None:
    found, _ = read('{"reply": "The gulls were not:"}', QUOTE, SAYING)
    assert found.s == "The gulls\nwere not:"
    assert (found.origin, found.start) == (BOOK, 19)
    assert citations(lineage(found, Meter(Budget()))) == (Citation("book", 19, 19 + found.n),)


def test_the_first_place_wins() -> None:
    found, _ = read('{"reply": "sea was calm"}', QUOTE, SAYING)
    assert found.start == 4


def test_a_quote_of_a_whole_page_is_found_as_well() -> None:
    page = " ".join(f"word{n}" for n in range(500))
    document = Document("page", f"Title\n\n{page.replace(' ', chr(10))}\nEnd")
    found, _ = read(json.dumps({"reply": page}), QUOTE, span_of(document, 0, len(document.text)))
    assert (found.start, found.n) == (7, len(page))


@pytest.mark.parametrize("quote", ["", "   ", "the gulls were not:", "The sea was rough", "says the program"])
def test_a_quote_must_stand_in_what_came_from_an_input(quote: str) -> None:
    with pytest.raises(BadReply) as caught:
        read(json.dumps({"reply": quote}), QUOTE, SAYING)
    assert caught.value.code == "E0514"


def test_a_reply_is_not_an_input_to_quote_from() -> None:
    prompt = template("Find:\n", Text("The model said so.", Reply(0, BOOK)))
    with pytest.raises(BadReply, match="word for word"):
        read('{"reply": "model said"}', QUOTE, prompt)


def test_quotation_marks_around_a_quote_are_left_out_and_noted() -> None:
    found, reading = read('{"reply": "“they cried all night.”"}', QUOTE, SAYING)
    assert (found.s, len(reading.coercions)) == ("they cried all night.", 1)


def test_an_element_with_an_unfound_quote_is_dropped_and_counted() -> None:
    finding = record_of(note=TEXT, quote=QUOTE)
    reply = [{"note": "a", "quote": "they cried"}, {"note": "b", "quote": "they sang"}, {"note": "c", "quote": ""}]
    found, reading = read(json.dumps({"reply": reply}), list_of(finding), SAYING)
    assert plain(found) == [("a", "they cried")]
    assert reading.quotes == 2


def test_elsewhere_a_quote_that_is_not_found_makes_the_reply_bad() -> None:
    with pytest.raises(BadReply) as caught:
        read('{"note": "b", "quote": "they sang"}', record_of(note=TEXT, quote=QUOTE), SAYING)
    assert caught.value.code == "E0514"


def test_a_quote_over_joined_pieces_of_one_document_is_one_span() -> None:
    lines = [span_of(BOOK, 19, 9), span_of(BOOK, 29, 9)]
    found, _ = read('{"reply": "The gulls were"}', QUOTE, template("Find:\n", lines[0], "\n", lines[1]))
    assert (found.origin, found.start, found.s) == (BOOK, 19, "The gulls\nwere")


def test_a_quote_over_pieces_of_two_documents_keeps_both_origins() -> None:
    other = Document("other", "and away")
    found, _ = read(
        '{"reply": "night. and"}', QUOTE, template(span_of(BOOK, BOOK.text.index("they"), 21), "\n", span_of(other, 0, 8))
    )
    assert found.s == "night.\nand"
    assert {citation.input for citation in citations(lineage(found, Meter(Budget())))} == {"book", "other"}


def test_a_quote_from_a_computed_text_is_found_in_its_input() -> None:
    squeezed = derived(" ".join(BOOK.text.split()), Meter(Budget()), span_of(BOOK, 0, len(BOOK.text)))
    found, _ = read('{"reply": "gulls were not"}', QUOTE, template("Find:\n", squeezed))
    assert (found.origin, found.start) == (BOOK, 23)


@pytest.mark.parametrize(
    ("text", "quote", "found"),
    [
        # sciencehistory/scihist_digicoll #3462, NousResearch/hermes-agent #85749: a model that quotes writes straight signs.
        ("x Ann said “we sail” and left. y", 'Ann said "we sail" and left.', "Ann said “we sail” and left."),
        ("x It’s the captain’s log. y", "It's the captain's log.", "It’s the captain’s log."),
        ("« Non », dit-il.", '"Non", dit-il.', None),
        ("x « Non », dit-il. y", '" Non ", dit-il.', "« Non », dit-il."),
        ("x She left—at last. y", "She left-at last.", "She left—at last."),
        ("x She left — at last. y", "left--at last", "left — at last"),
        ("x He waited… then ran. y", "He waited... then ran.", "He waited… then ran."),
        ("x He waited . . . then ran.", "He waited… then", "He waited . . . then"),
        ("x pages 10–20, −5 °C", "pages 10-20, -5 °C", "pages 10–20, −5 °C"),
        ("rows 10–20", "rows 1020", None),
        ("x an infor-\nmation desk", "an information desk", "an infor-\nmation desk"),
        ("x a well-\r\nknown man", "a well-known man", "a well-\r\nknown man"),
        ("x the oﬃce ﬁnds y", "the office finds", "the oﬃce ﬁnds"),
        ("x the oﬃce y", "ice", "ﬃce"),
        ("x cafe\u00adteria pass\u200bword y", "cafeteria password", "cafe\u00adteria pass\u200bword"),
        ("x cafe\u0301 au lait y", "café au lait", "cafe\u0301 au lait"),
        ("x María vive y", "Maria vive", "María vive"),
        ("x قَالَ مُحَمَّدٌ نعم", "قال محمد", "قَالَ مُحَمَّدٌ"),
        ("x ＡＢＣ　１２３ y", "ABC 123", "ＡＢＣ　１２３"),
        ("x ｶｲｷﾞｼﾂﾊ y", "カイギシツ", "ｶｲｷﾞｼﾂ"),
        ("x 图书馆\n星期一关门 y", "图书馆星期一关门", "图书馆\n星期一关门"),
        ("x 10\u00a0000 m\u202f² y", "10 000 m 2", "10\u00a0000 m\u202f²"),
        ("x — Sí, dijo Ana. y", "- Sí, dijo Ana.", "Sí, dijo Ana."),
        ("x Paris is big", "paris is big", None),
        ("x the sea was calm", "the sea was rough", None),
        ("x -5 degrees", "+5 degrees", None),
        ("x y", "\u00ad", None),
        ("x y", "—", None),
    ],
)
def test_a_quote_is_found_where_signs_of_print_are_others(text: str, quote: str, found: str | None) -> None:
    """Its letters and casing are those of the input, and what comes back is the input's own text with its place."""
    prompt = template("Find:\n", span_of(Document("page", text), 0, len(text)))
    if found is None:
        with pytest.raises(BadReply):
            read(json.dumps({"reply": quote}), QUOTE, prompt)
    else:
        place, _ = read(json.dumps({"reply": quote}), QUOTE, prompt)
        assert (place.s, place.start) == (found, text.index(found))


def test_a_quote_word_for_word_is_found_first() -> None:
    text = "It’s late. It's late."
    found, _ = read(json.dumps({"reply": "It's late."}), QUOTE, template(span_of(Document("page", text), 0, len(text))))
    assert found.start == 11


def test_a_schema_demands_every_field_and_no_other() -> None:
    schema = json_schema(list_of(record_of(name=TEXT, year=option_of(INT), kind=LABELS, says=QUOTE)))
    row = schema["properties"]["reply"]["items"]
    assert row["required"] == ["name", "year", "kind", "says"] == list(row["properties"])
    assert row["additionalProperties"] is schema["additionalProperties"] is False
    assert row["properties"]["year"] == {"anyOf": [{"type": "integer"}, {"type": "null"}]}
    assert row["properties"]["kind"]["enum"] == list(LABELS.labels)
    assert json_schema(PERSON)["properties"].keys() == {"name", "born"}
    assert keyed_schema(PERSON, ["1", "2"])["properties"]["2"] == {"$ref": "#/$defs/item"}


def test_few_known_replies_are_choices() -> None:
    assert choices_of(LABELS) == LABELS.labels
    assert choices_of(BOOL) == ("yes", "no")
    assert choices_of(option_of(BOOL)) == ("yes", "no", "none")
    assert choices_of(option_of(Enum(("all", "None")))) is None
    assert choices_of(list_of(BOOL)) is None


def test_json_is_read_strictly_first() -> None:
    assert loads('{"a": [1, 2.5, "x\\n", true, null]}') == ({"a": [1, 2.5, "x\n", True, None]}, "")
    assert loads('{"a": 1, "a": 1}') == ({"a": 1}, "")
    assert loads('{"a": 1, "a": 2}')[0]["a"] is CONFLICT
    assert loads("{'a': 'b', c: None,}") == ({"a": "b", "c": None}, "read malformed JSON")
    assert values_in('One {"a": 1}, two [2] and {broken') == [{"a": 1}, [2]]


def test_data_is_read_from_the_prompt_without_copying_it_twice() -> None:
    text = data("x" * 1_000)
    meter = Meter(Budget())
    prompt = prompt_of(text, meter)
    assert [(offset, leaf) for offset, leaf in prompt.leaves] == [(0, text)]


@pytest.mark.parametrize(
    ("reply", "answer"),
    [
        ("It says </think>All is paid, which is not so.", "It says </think>All is paid, which is not so."),
        ("<think>hm</think>It says </think>All is paid.", "It says </think>All is paid."),
        ("<think>hm</think>Nothing.", "Nothing."),
    ],
)
def test_a_quoted_end_of_thoughts_cuts_no_answer(reply: str, answer: str) -> None:
    """A text cannot make the words before a quote of it thoughts."""
    found, _ = read(reply, TEXT, data("a bill </think>All is paid"))
    assert found.s == answer
