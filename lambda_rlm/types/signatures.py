"""The library's signatures: one row per function, in the language's own notation, with its line of documentation.

A row reads `(name: Type, optional?: Type) -> Result where v: Constraint`, with ` ! llm` when applying it asks a model.
Lower-case names are type variables. All callbacks of a row share one effect variable, which is the row's effect too.
A parameter written Text takes Text, Quote and enumerations (inside List and Option, and as a callback's result, too).
Constraints: Num, Ord, Eq, Show, Seq, Data (no functions inside). `[T]` before the parameters: T may be given as a type
argument and is Text when it is not.
"""

from __future__ import annotations

from typing import Final

from lambda_rlm.data_class import dataclass
from lambda_rlm.syntax.primitive import Primitive as P


@dataclass(frozen=True, slots=True)
class Signature:
    """A row: the signature as written, and one line that says what the function takes and gives at the edges."""

    text: str
    doc: str


_S: Final = Signature

SIGNATURES: Final[dict[P, Signature]] = {
    P.LENGTH: _S("(value: s) -> Int where s: Seq", "characters (code points) of a text, elements of a list"),
    P.IS_EMPTY: _S("(value: s) -> Bool where s: Seq", "length is 0"),
    P.TAKE: _S("(value: s, n: Int) -> s where s: Seq", "the first n; all when there are fewer; n below 0 is 0"),
    P.DROP: _S("(value: s, n: Int) -> s where s: Seq", "all but the first n"),
    P.TAKE_LAST: _S("(value: s, n: Int) -> s where s: Seq", "the last n"),
    P.SLICE: _S("(value: s, start: Int, end: Int) -> s where s: Seq", "from start up to, not including, end; both are clamped"),
    P.REVERSE: _S("(value: s) -> s where s: Seq", "back to front"),
    P.TRIM: _S("(text: Text) -> Text", "without white space at both ends"),
    P.LOWER: _S("(text: Text) -> Text", "in lower case"),
    P.UPPER: _S("(text: Text) -> Text", "in upper case"),
    P.CONTAINS: _S("(text: Text, part: Text) -> Bool", "part occurs literally; the empty part always does"),
    P.STARTS_WITH: _S("(text: Text, part: Text) -> Bool", "begins with part, literally"),
    P.ENDS_WITH: _S("(text: Text, part: Text) -> Bool", "ends with part, literally"),
    P.FIND: _S("(text: Text, part: Text) -> Option[Int]", "position of the first literal occurrence"),
    P.FIND_ALL: _S("(text: Text, part: Text) -> List[Int]", "positions of all literal occurrences, not overlapping; an empty part has none"),
    P.REPLACE: _S("(text: Text, old: Text, new: Text) -> Text", "every literal occurrence of old replaced; an empty old changes nothing"),
    P.REPEAT: _S("(text: Text, n: Int) -> Text", "n times in a row; n below 1 gives the empty text"),
    P.AROUND: _S("(text: Text, position: Int, radius: Int) -> Text", "from radius characters before position to radius after, clamped"),
    P.LINES: _S("(text: Text) -> List[Text]", "lines without their ends (\\n, \\r\\n, \\r, U+0085, U+2028, U+2029); a final line end adds no empty line"),
    P.WORDS: _S("(text: Text) -> List[Text]", "split at white space, no empty words"),
    P.PARAGRAPHS: _S("(text: Text) -> List[Text]", "split at blank lines and at U+2029, trimmed of line ends, none empty"),
    P.SPLIT_ON: _S("(text: Text, sep: Text) -> List[Text]", "split at each literal sep, in which \\n stands for \\r\\n too; an empty sep gives the text alone"),
    P.JOIN: _S("(list: List[Text], sep: Text) -> Text", "the texts with sep between them"),
    P.CHUNK: _S("(text: Text, max: Int) -> List[Text]", "lossless pieces of at most max characters, cut at paragraph, line, sentence or word ends, else between graphemes"),
    P.WINDOWS: _S("(text: Text, max: Int, overlap: Int) -> List[Text]", "as chunk, each piece starting overlap characters before the end of the one before, or fewer where a grapheme would be cut"),
    P.SPLIT: _S("(text: Text, k: Int) -> List[Text]", "min(k, length) pieces of equal length, give or take one character, cut hard"),
    P.PACK: _S("(texts: List[Text], max: Int, sep: Text) -> List[Text]", "joins neighbours with sep into as few texts of at most max as fit; longer ones are chunked first"),
    P.SECTIONS: _S("(text: Text, regex: Text) -> List[{ head: Text, body: Text, start: Int, end: Int }]", "a section starts at each line that matches; text before the first has head \"\""),
    P.MATCHES: _S("(text: Text, regex: Text) -> Bool", "the pattern occurs anywhere (RE2 syntax; classes and edges of words know every script)"),
    P.SEARCH: _S("(text: Text, regex: Text) -> List[{ text: Text, start: Int, end: Int, groups: List[Text] }]", "all matches, not overlapping; groups without the whole match, \"\" where one took no part"),
    P.REPLACE_REGEX: _S("(text: Text, regex: Text, new: Text) -> Text", "every match replaced; \\1 in new is group 1"),
    P.ESCAPE_REGEX: _S("(text: Text) -> Text", "the pattern that matches text literally"),
    P.PARSE: _S("[T](text: Text) -> Option[T]", "JSON of type T, or a scalar or label of that type; none when it is not one"),
    P.TO_TEXT: _S("(x: a) -> Text where a: Show", "as a template shows it"),
    P.TO_JSON: _S("(x: a) -> Text where a: Data", "as compact JSON, fields in the order of their names"),
    P.PARSE_DATE: _S("(text: Text) -> Option[Text]", "the date as YYYY-MM-DD, so that dates compare as texts"),
    P.PARSE_DURATION: _S("(text: Text) -> Option[Int]", "the duration in seconds"),
    P.DAYS_BETWEEN: _S("(a: Text, b: Text) -> Option[Int]", "days from date a to date b, below 0 where b is earlier; dates are read as parse_date reads them; none where one is no date"),
    P.ADD_DAYS: _S("(date: Text, n: Int) -> Option[Text]", "the date n days later, earlier for n below 0, as YYYY-MM-DD; none for no date, and outside the years 1 to 9999"),
    P.WEEKDAY: _S("(date: Text) -> Option[Int]", "1 for Monday to 7 for Sunday; none for no date"),
    P.MONTH: _S("(date: Text) -> Option[Int]", "1 to 12; none for no date"),
    P.READ_NUMBERS: _S("(list: List[Text]) -> List[Option[{ number: Text, unit: Text }]]", "a column of numbers with units, read by the signs that all its cells show: plain digits, for parse; none for a cell that is none, or could be two"),
    P.READ_DATES: _S("(list: List[Text]) -> List[Option[Text]]", "a column of dates as YYYY-MM-DD, day and month in the order that all its cells settle; none for a cell that is none, or could be two"),
    P.LABEL_IN: _S("(text: Text, labels: List[Text]) -> Option[Text]", "the one label that a text names, read as replies are; none for none, and for several"),
    P.SIMILARITY: _S("(a: Text, b: Text) -> Float", "1 - edit distance / longer length, both folded; 1.0 for two empty texts"),
    P.MAP: _S("(list: List[a], f: (a) -> b) -> List[b]", "f of each element, in order; model calls run at once"),
    P.FILTER: _S("(list: List[a], f: (a) -> Bool) -> List[a]", "the elements for which f holds"),
    P.FLAT_MAP: _S("(list: List[a], f: (a) -> List[b]) -> List[b]", "the lists that f gives, one after the other"),
    P.PARTITION: _S("(list: List[a], f: (a) -> Bool) -> { yes: List[a], no: List[a] }", "those for which f holds, and the others"),
    P.ANY: _S("(list: List[a], f: (a) -> Bool) -> Bool", "f holds for at least one; false for []"),
    P.ALL: _S("(list: List[a], f: (a) -> Bool) -> Bool", "f holds for each; true for []"),
    P.COUNT: _S("(list: List[a], f: (a) -> Bool) -> Int", "for how many f holds"),
    P.FIND_FIRST: _S("(list: List[a], f: (a) -> Bool) -> Option[a]", "the first for which f holds"),
    P.FOLD: _S("(list: List[a], init: b, f: (b, a) -> b) -> b where b: Data", "f(… f(f(init, x0), x1) …); in order, one after the other"),
    P.REDUCE: _S("(list: List[a], f: (a, a) -> a) -> Option[a] where a: Data", "fold that starts with the first element; none for []"),
    P.TREE_FOLD: _S("(list: List[a], group: Int, f: (List[a]) -> a) -> Option[a] where a: Data", "joins `group` neighbours at a time, level by level; a lone one rises without f; none for []"),
    P.ITERATE: _S("(init: a, max: Int, step: (a) -> a, until: (a) -> Bool) -> a where a: Data", "step until `until` holds, tested before each step, at most max times; max is a literal"),
    P.SCAN: _S("(list: List[a], init: b, f: (b, a) -> b) -> List[b] where b: Data", "fold that keeps every state after init"),
    P.ZIP: _S("(a: List[a], b: List[b]) -> List[{ first: a, second: b }]", "side by side, to the shorter"),
    P.CROSS: _S("(a: List[a], b: List[b]) -> List[{ first: a, second: b }]", "each of a with each of b"),
    P.PAIRS: _S("(list: List[a]) -> List[{ first: a, second: a }]", "each with each later one"),
    P.JOIN_BY: _S("(a: List[a], b: List[b], key_a: (a) -> k, key_b: (b) -> k) -> List[{ first: a, second: b }] where k: Eq", "pairs with equal keys, in the order of a, then b"),
    P.ENUMERATE: _S("(list: List[a]) -> List[{ index: Int, value: a }]", "each with its index, from 0"),
    P.RANGE: _S("(start: Int, end: Int) -> List[Int]", "start up to, not including, end: range(0, n) has n numbers"),
    P.GET: _S("(list: List[a], i: Int) -> Option[a]", "the element at index i; none outside, also below 0"),
    P.FIRST: _S("(list: List[a]) -> Option[a]", "none for []"),
    P.LAST: _S("(list: List[a]) -> Option[a]", "none for []"),
    P.MAX_BY: _S("(list: List[a], key: (a) -> k) -> Option[a] where k: Ord", "the first with the largest key"),
    P.MIN_BY: _S("(list: List[a], key: (a) -> k) -> Option[a] where k: Ord", "the first with the smallest key"),
    P.SORT_BY: _S("(list: List[a], key: (a) -> k) -> List[a] where k: Ord", "by rising key; equal keys keep their order"),
    P.SORT_DESC: _S("(list: List[a], key: (a) -> k) -> List[a] where k: Ord", "by falling key; equal keys keep their order"),
    P.TOP: _S("(list: List[a], n: Int, key: (a) -> k) -> List[a] where k: Ord", "the first n of sort_desc"),
    P.UNIQUE: _S("(list: List[a]) -> List[a] where a: Eq", "without repetitions, first ones kept"),
    P.UNIQUE_BY: _S("(list: List[a], key: (a) -> k) -> List[a] where k: Eq", "the first of each key"),
    P.GROUP_BY: _S("(list: List[a], key: (a) -> k) -> List[{ key: k, items: List[a] }] where k: Eq", "groups in the order their keys are first seen"),
    P.SUM_BY: _S("(list: List[a], key: (a) -> k, value: (a) -> n) -> List[{ key: k, sum: n }] where k: Eq, n: Num", "the sum of the values of each group of group_by"),
    P.MEAN_BY: _S("(list: List[a], key: (a) -> k, value: (a) -> n) -> List[{ key: k, mean: Float }] where k: Eq, n: Num", "the mean of the values of each group of group_by"),
    P.TALLY: _S("(list: List[a]) -> List[{ key: a, count: Int }] where a: Eq", "how often each occurs, most frequent first, ties as first seen"),
    P.RANK: _S("(texts: List[Text], query: Text, n: Int) -> List[{ index: Int, text: Text, score: Float }]", "the n best by BM25, best first; those that share no word are left out"),
    P.SAMPLE: _S("(list: List[a], n: Int) -> List[a]", "n elements evenly spaced, in order; all when there are fewer"),
    P.BATCH: _S("(list: List[a], n: Int) -> List[List[a]]", "neighbours in lists of n, the last may be shorter"),
    P.CONCAT: _S("(lists: List[List[a]]) -> List[a]", "one after the other"),
    P.MEMBER: _S("(list: List[a], x: a) -> Bool where a: Eq", "x is among them"),
    P.UNION: _S("(a: List[a], b: List[a]) -> List[a] where a: Eq", "those in a or b, without repetitions"),
    P.INTERSECT: _S("(a: List[a], b: List[a]) -> List[a] where a: Eq", "those in a that are in b, without repetitions"),
    P.DIFFERENCE: _S("(a: List[a], b: List[a]) -> List[a] where a: Eq", "those in a that are not in b, without repetitions"),
    P.SUM: _S("(list: List[n]) -> n where n: Num", "0 for []"),
    P.MEAN: _S("(list: List[n]) -> Option[Float] where n: Num", "none for []"),
    P.MEDIAN: _S("(list: List[n]) -> Option[Float] where n: Num", "the middle one in order, or the mean of the two in the middle; none for []"),
    P.PERCENTILE: _S("(list: List[n], p: m) -> Option[Float] where n: Num, m: Num", "p from 0 to 100, by linear interpolation between neighbors in order: 50 is the median; none for [] and for other p"),
    P.SOME: _S("(value: a) -> Option[a]", "the value, present"),
    P.UNWRAP_OR: _S("(option: Option[a], default: a) -> a", "the value, or default; `option ?? default` does not compute a default it does not need"),
    P.IS_SOME: _S("(option: Option[a]) -> Bool", "a value is present"),
    P.MAP_OPTION: _S("(option: Option[a], f: (a) -> b) -> Option[b]", "f of the value, when present"),
    P.AND_THEN: _S("(option: Option[a], f: (a) -> Option[b]) -> Option[b]", "what f gives for the value, when present"),
    P.VALUES: _S("(list: List[Option[a]]) -> List[a]", "the values that are present"),
    P.ABS: _S("(x: n) -> n where n: Num", "without its sign"),
    P.MIN: _S("(a: n, b: n) -> n where n: Num", "the smaller"),
    P.MAX: _S("(a: n, b: n) -> n where n: Num", "the larger"),
    P.ROUND: _S("(x: n, digits?: Int) -> Int where n: Num", "to the nearest, halves to even; with digits a Float that has at most as many decimals"),
    P.FLOOR: _S("(x: n) -> Int where n: Num", "toward minus infinity"),
    P.CEIL: _S("(x: n) -> Int where n: Num", "toward plus infinity"),
    P.DIV: _S("(a: Int, b: Int) -> Int", "the quotient toward minus infinity; a fault for b = 0"),
    P.TO_FLOAT: _S("(x: n) -> Float where n: Num", "as a Float"),
    P.TO_INT: _S("(x: n) -> Int where n: Num", "toward zero"),
    P.CLAMP: _S("(x: n, low: n, high: n) -> n where n: Num", "at least low and at most high; low wins"),
    P.FORMAT_NUMBER: _S("(x: n, digits?: Int) -> Text where n: Num", "with commas between thousands: 1,234,567.5; with digits, from 0 to 20, rounded to that many decimals"),
    P.LLM_CALL: _S("[T](prompt: Text, out?: Int, or_else?: T) -> T ! llm", "one question; out bounds the reply in tokens; or_else is the value when the call fails for good"),
    P.LLM_SAMPLES: _S("[T](prompt: Text, n: Int, out?: Int) -> List[T] ! llm", "n independent replies to one question"),
    P.LLM_MAP: _S("[T](items: List[Text], instruction: Text, per_call?: Int, out?: Int, votes?: Int) -> List[Option[T]] ! llm", "one T for each text, packed at most per_call to a prompt and realigned; out is per item; none where the model left one out twice"),
    P.LLM_MAP_BY: _S("[T](items: List[a], show: (a) -> Text, instruction: Text, per_call?: Int, out?: Int, votes?: Int) -> List[{ item: a, reply: Option[T] }] ! llm", "llm_map over anything that can be shown"),
    P.LLM_CHOOSE: _S("(prompt: Text, options: List[Text]) -> Option[Text] ! llm", "the reply is one of the options; none for no options or no valid reply"),
    P.RLM_CALL: _S("(query: Text, text: Text, calls: Int) -> Text ! llm", "a sub-model writes and runs its own checked program over text, with at most `calls` model calls"),
    P.VOTE: _S("(list: List[a]) -> Option[a] where a: Eq", "the most frequent, the first seen wins ties; none for []"),
    P.WHERE: _S("(quote: Quote) -> { input: Text, start: Int, end: Int }", "where the quote stands in the input"),
}  # fmt: skip
