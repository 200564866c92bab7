"""What the exported grammars look like, and which grammars are refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

import pytest

from lambda_rlm.resources import grammar_text
from lambda_rlm.syntax.export.factor import factored
from lambda_rlm.syntax.export.forms import FORMS, export, short_programs
from lambda_rlm.syntax.export.regex import expression
from lambda_rlm.syntax.export.rules import rules_over_characters
from lambda_rlm.syntax.export.write import gbnf
from lambda_rlm.syntax.grammar.table import assemble
from lambda_rlm.syntax.grammar.tabulate import tabulate
from lambda_rlm.syntax.keywords import INFIX_WORDS
from tests.support.extras import WITHOUT_LOCAL
from tests.support.gbnf import Gbnf, read
from tests.support.shell import Shell

LARK_FORMS: Final[dict[str, Callable[[], str]]] = {"openai": lambda: export("openai"), "short": short_programs}
"""Made in the tests: to write them takes longer than to collect all tests."""

SMALL = """
program: item* expr
item: "let" NAME "=" expr ";"
?expr: "if" expr "then" expr "else" expr | name
name: NAME | TEMPLATE
hole: expr
NAME: /[a-z][a-z0-9]*/
TEMPLATE: /f"[^"{}]*((\\{[^"{}#\\n]+\\})[^"{}]*)*"/
WHITE_SPACE: /[ \\n]+/
COMMENT: /#[^\\n]*/
%ignore WHITE_SPACE
%ignore COMMENT
"""


def exported(grammar: str) -> dict[str, Any]:
    return factored(rules_over_characters(assemble(tabulate(grammar))))


def test_the_form_lark_is_the_grammar_itself() -> None:
    assert export("lark") == grammar_text()
    assert export("llguidance") == "%llguidance {}\n" + export("openai")


@pytest.mark.parametrize("form", LARK_FORMS)
def test_a_decoder_takes_each_lark_form(form: str) -> None:
    """A bad one is ignored by some engines without a word."""
    llguidance = pytest.importorskip("llguidance", reason=WITHOUT_LOCAL)
    grammar = llguidance.LLMatcher.grammar_from_lark(LARK_FORMS[form]())
    assert llguidance.LLMatcher.validate_grammar(grammar) == ""


@pytest.mark.parametrize("write", [*LARK_FORMS.values(), lambda: export("gbnf")], ids=[*LARK_FORMS, "gbnf"])
def test_no_form_holds_raw_control_characters(write: Callable[[], str]) -> None:
    """A NUL ends the text for an engine in C."""
    text = write()
    assert text.isascii()
    assert all(character.isprintable() or character == "\n" for character in text)


@pytest.mark.parametrize("form", LARK_FORMS)
def test_no_lark_form_holds_what_decoders_do_not_share(form: str) -> None:
    """Lookaround, lazy repeats, priorities, imports, white space that is ignored."""
    assert not re.search(r"\(\?[=!<]|[*+?}]\?|^%|^\w+\.\d", LARK_FORMS[form]().replace("\\?\\?", ""), re.MULTILINE)


def test_gbnf_ends_a_number_where_no_digit_follows() -> None:
    """One reader ends a number after two digits, another where no digit follows: `\\x5Fa` is a letter or a sign."""
    assert "\\x1F" in export("gbnf")
    assert not re.search(r"\\x[0-9A-F]{2}[0-9A-Fa-f]", export("gbnf"))


def test_a_name_has_no_limit_on_its_length() -> None:
    """A limit makes a lexer's state of each length, and a mask over two hundred thousand tokens ten times as dear."""
    name = next(line for line in export("openai").splitlines() if line.startswith("NAME:"))
    assert "{" not in name


def test_no_rule_of_short_programs_holds_itself() -> None:
    """So there are finitely many of them."""
    lines = dict(line.split(":", 1) for line in re.sub(r"\[max_tokens=\d+\]", "", short_programs()).splitlines())
    below = {
        rule: {word for word in re.findall(r"[a-z_0-9]+", body) if word in lines}
        for rule, body in lines.items()
        if rule.islower()
    }
    while leaves := [rule for rule, inner in below.items() if not inner & below.keys()]:
        for rule in leaves:
            del below[rule]
    assert not below


def test_gbnf_has_no_left_recursion() -> None:
    """llama.cpp refuses it, or never ends."""
    grammar = read(export("gbnf"))
    for rule in grammar.begins:
        assert rule not in first_calls(grammar, rule), rule


def first_calls(grammar: Gbnf, rule: str) -> set[str]:
    """The rules that can begin a rule before any character; no rule of these grammars is empty but by white space."""
    found: set[str] = set()
    todo, seen = [grammar.begins[rule]], set[int]()
    while todo:
        node = todo.pop()
        if node in seen:
            continue
        seen.add(node)
        todo += grammar.jumps[node]
        for called, after in grammar.calls[node]:
            found.add(called)
            todo.append(grammar.begins[called])
            if "space" in called:
                todo.append(after)
    return found


def test_a_small_grammar_is_exported_in_full() -> None:
    """White space before each token and nowhere else, more where words meet; holes are expressions on one line."""
    rules = exported(SMALL)
    grammar = read(gbnf(rules))
    for text, is_taken in {
        "if a then b else c": True, "ifa then b else c": False, "if a thenb else c": False, 'if f"x"then b else c': False,
        "let x = y; x": True, "letx = y; x": False, "if": False, "iff": True, 'f"{ if a then b else c }"': True, 'f"{a;}"': False,
        'f"{a\nb}"': False, " a # end": True, "a#": True, "": False, 'if f"{a}" then b else c': True,
    }.items():  # fmt: skip
        assert grammar.accepts(text) is is_taken, text


def test_words_after_white_space_are_those_of_the_grammar() -> None:
    """Elsewhere a word follows a sign, or a word: that can be told. A grammar with another such word is refused."""
    with pytest.raises(ValueError, match="WHILE"):
        exported(SMALL.replace('"then" expr "else"', '"while" expr "else"'))
    assert set(INFIX_WORDS) == {"and", "or", "then", "else"}


@pytest.mark.parametrize(
    "pattern", ["a(?=b)", "a*?", "a.b", r"\d", r"a\b", "^a", "a$", "a{2,}", "(a", "[a", "(?i:a)", "a)", "a++"]
)
def test_a_construct_that_decoders_do_not_share_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="do not share"):
        expression(pattern)


@pytest.mark.parametrize("form", FORMS)
def test_the_command_prints_a_form(shell: Shell, form: str) -> None:
    assert shell("grammar", "--format", form) == 0
    assert shell.out == export(form).rstrip("\n") + "\n"
    assert shell("grammar", "--format", form, "--json") == 0
    assert shell.json["grammar"] == export(form)


def test_an_unknown_form_is_a_mistake_of_usage(shell: Shell) -> None:
    assert shell("grammar", "--format", "gbn") == 64
    assert "did you mean 'gbnf'?" in shell.err or "did you mean gbnf?" in shell.err
