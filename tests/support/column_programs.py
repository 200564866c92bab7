"""Programs over a table, drawn: pipelines of library functions whose callbacks are expressions of a row, of every type.

A drawn `map` to records keeps the names and types of the fields, so that anything may follow anything.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

Choose = Callable[[Sequence[Any]], Any]

TYPE: Final = (
    'List[{ id: Text, city: Text, day: Text, note: Option[Text], kind: "a" | "b", quantity: Int, price: Float, '
    "discount: Option[Float], open: Bool }]"
)
_FIELDS: Final = {
    "Text": ["id", "city", "city", "day"],
    "Int": ["quantity"],
    "Float": ["price"],
    "Bool": ["open"],
}
_NUMBERS: Final = ["0", "1", "3", "7", "-2", "255", "9223372036854775807", "4611686018427387904"]
_REALS: Final = ["0.0", "0.5", "1.25", "-3.0", "1e300", "1e-300", "-0.0"]
_TEXTS: Final = ['"oslo"', '"Oslo"', '""', '"a"', '" "', '"Ærø ✈"', '"2024-01-05"', "word", "few"]


class Programs:
    """Draws programs. `choose` picks one of several."""

    def __init__(self, choose: Choose) -> None:
        self.choose = choose

    def program(self) -> str:
        """A whole program."""
        lines = [
            "def shape(t: Text) -> Text = lower(trim(t));",
            'let word = "os" ++ "lo";',
            "let few = take(query, 4);",
            "let five = length(few) + 1;",
            "let half = to_float(five) / 10.0;",
        ]
        lets = ["context"]
        for number in range(self.choose([0, 1, 1, 2])):
            lines.append(f"let rows{number} = {self.table(self.choose(lets))};")
            lets.append(f"rows{number}")
        results = [self.result(self.choose(lets)) for _ in range(self.choose([1, 1, 2, 3]))]
        lines.append("{ " + ", ".join(f"r{number}: {result}" for number, result in enumerate(results)) + " }")
        return "\n".join(lines)

    def table(self, source: str) -> str:
        """A table of the same type as the source."""
        for _ in range(self.choose([0, 1, 1, 2, 3])):
            source = f"{source} |> {self.step()}"
        return source

    def step(self) -> str:
        choose = self.choose
        match choose(["filter", "filter", "filter", "sort", "top", "take", "drop", "slice", "last", "unique", "map", "join"]):
            case "filter":
                return f"filter(fn(o) => {self.truth(2)})"
            case "sort":
                return f"{choose(['sort_by', 'sort_desc'])}(fn(o) => {self.ordered(2)})"
            case "top":
                return f"top({choose(['1', '70', '-1', '1000'])}, fn(o) => {self.ordered(1)})"
            case "take":
                return f"take({choose(['0', '5', '80', '200', '-3'])})"
            case "drop":
                return f"drop({choose(['0', '5', '80', '-3'])})"
            case "last":
                return f"take_last({choose(['0', '5', '80'])})"
            case "slice":
                return f"slice({choose(['0', '3', '-1'])}, {choose(['70', '500', '2'])})"
            case "join":
                side, one = choose(["first", "second"]), choose([self.text, self.whole, self.real])
                key = choose([one(1), "o.city"]) if one == self.text else one(1)
                other = f"(context |> take({choose([3, 66, 90])}))"
                swap = one(1) if choose([True, False]) else key
                joined = f"join_by({other}, fn(o) => {key}, fn(o) => {swap})"
                rest = choose(
                    [f"filter(fn(p) => p.{side}.quantity < 5 and trim(p.first.city) != p.second.day) |> ", "", "take(70) |> "]
                )
                return f"{joined} |> {rest}map(fn(p) => p.{side}) |> take(150)"
            case "unique":
                return f"unique_by(fn(o) => {self.key(1)})"
        return f"map(fn(o) => {self.record()})"

    def record(self) -> str:
        """A record with the fields of the table, some computed."""
        choose = self.choose

        def one(name: str, made: Callable[[int], str]) -> str:
            return f"{name}: " + (made(1) if choose([True, False]) else f"o.{name}")

        fields = [one("id", self.text), one("city", self.text), one("day", self.text), one("quantity", self.whole)]
        fields += [one("price", self.real), one("open", self.truth), "note: o.note", "kind: o.kind", "discount: o.discount"]
        if choose([True, True, False]):
            fields[5:] = ["open: o.open", "note: none", 'kind: "a"', "discount: some(0.5)"]
        return "{ " + ", ".join(fields) + " }"

    def result(self, source: str) -> str:
        """What is answered about a table."""
        choose = self.choose
        table = self.table(source)
        match choose(
            [
                "joined",
                "plain",
                "plain",
                "rows",
                "groups",
                "groups",
                "groups",
                "number",
                "number",
                "texts",
                "texts",
                "count",
                "extreme",
                "pairs",
                "numbers",
            ]
        ):
            case "rows":
                return f"({table} |> take(9))"
            case "groups":
                return self.groups(table)
            case "number":
                return f"({table} |> map(fn(o) => {choose([self.whole, self.real])(2)}) |> {choose(['sum', 'mean', 'length', 'unique', 'tally'])})"
            case "numbers":
                return f"({table} |> map(fn(o) => {choose([self.whole, self.real, self.truth])(2)}))"
            case "texts":
                rest = choose(
                    [
                        "tally",
                        "unique",
                        "unique |> length",
                        "take(70)",
                        'filter(fn(x) => contains(x, "o"))',
                        'count(fn(x) => x == "oslo")',
                        "sort_by(fn(x) => x)",
                        "tally |> top(2, fn(t) => t.count)",
                        "map(fn(x) => upper(x)) |> tally",
                    ]
                )
                return f"({table} |> map(fn(o) => {self.text(2)}) |> {rest})"
            case "joined":
                return self.joined(table)
            case "plain":
                return self.plain(table)
            case "count":
                return f"({table} |> {choose(['count', 'any', 'all'])}(fn(o) => {self.truth(2)}))"
            case "extreme":
                return f"({table} |> {choose(['max_by', 'min_by'])}(fn(o) => {self.ordered(1)}))"
        return (
            f"{choose(['sum_by', 'mean_by'])}({table}, fn(o) => {self.key(1)}, fn(o) => {choose([self.whole, self.real])(1)})"
        )

    def plain(self, table: str) -> str:
        """What runs by the reference code alone, and leaves rows made and cells read."""
        choose = self.choose
        return str(
            choose([
                f"({table} |> find_first(fn(o) => {self.truth(1)}))",
                f"({table} |> fold(0, fn(n, o) => n + length(lower(o.city))))",
                f"({table} |> count(fn(o) => matches(o.day, \"^2024-0\")))",
                f"({table} |> take(20) |> map(fn(o) => to_json(o)) |> length)",
                f"({table} |> map(fn(o) => {self.text(1)}) |> count(fn(x) => matches(x, \"o\")))",
                f"({table} |> map(fn(o) => {self.text(1)}) |> first)",
                f"(get({table}, 3) |> map_option(fn(o) => upper(o.city)))",
            ])
        )  # fmt: skip

    def joined(self, table: str) -> str:
        """What is answered about pairs of rows."""
        choose = self.choose
        keys = ["o.city", "o.quantity", "lower(o.city)", "o.note", "o.price"]
        pairs = f"({table} |> take(100) |> join_by(context |> take(80), fn(o) => {choose(keys)}, fn(o) => {choose(keys)}))"
        group = "{ k: g.key, n: length(g.items), s: sum(map(g.items, fn(p) => p.second.price)) }"
        kind = choose(["groups", "texts", "count", "pairs"])
        if kind == "groups":
            return f"(group_by({pairs}, fn(p) => p.first.city) |> map(fn(g) => {group}))"
        if kind == "texts":
            return f"({pairs} |> map(fn(p) => upper(p.second.city)) |> tally)"
        return f"({pairs} |> count(fn(p) => p.first.city == p.second.city))" if kind == "count" else f"({pairs} |> take(5))"

    def groups(self, table: str) -> str:
        """A group of a table, and something of each group."""
        choose = self.choose
        inner = choose([
            "length(g.items)",
            f"sum(map(g.items, fn(o) => {choose([self.whole, self.real])(2)}))",
            f"mean(g.items |> map(fn(o) => {self.real(1)}))",
            f"count(g.items, fn(o) => {self.truth(1)})",
            f"(g.items |> filter(fn(o) => {self.truth(1)}) |> sort_desc(fn(o) => {self.ordered(1)}) |> take(2))",
            f"(g.items |> map(fn(o) => {self.text(1)}) |> tally |> take(3))",
            f"max_by(g.items, fn(o) => {self.ordered(1)})",
            f"(group_by(g.items, fn(o) => {self.key(1)}) |> map(fn(h) => {{ k: h.key, n: length(h.items) }}))",
            "any(g.items, fn(o) => o.quantity > length(to_json(g.key)))",
            f"(g.items |> map(fn(o) => {self.uniform()}) |> sort_by(fn(x) => x) |> take(3))",
            f"sum(map(g.items, fn(o) => {self.uniform()}))",
            f"count(g.items, fn(o) => {self.uniform()} > 2)",
        ])  # fmt: skip
        grouped = f"(group_by({table}, fn(o) => {self.key(2)})"
        match choose(["map", "map", "map", "map", "filter", "length", "flat"]):
            case "map":
                return f"{grouped} |> map(fn(g) => {{ k: g.key, v: {inner} }}))"
            case "flat":
                return f"{grouped} |> flat_map(fn(g) => g.items |> map(fn(o) => {self.uniform()}) |> take(5)))"
            case "filter":
                return f"{grouped} |> filter(fn(g) => length(g.items) > 3) |> map(fn(g) => g.key))"
        return f"{grouped} |> length)"

    def uniform(self) -> str:
        choose = self.choose
        first, second = choose(["o.quantity", "1", "five"]), choose(["o.quantity", "2", "4611686018427387904"])
        return f"({first} {choose('+-*')} {second})"

    def key(self, depth: int) -> str:
        choose = self.choose
        simple = choose([self.text, self.text, self.whole, self.truth, self.real])(depth)
        return str(choose([simple, simple, simple, "o.note", "o.kind", f"{{ a: {simple}, b: o.open }}", f"[{self.text(1)}]"]))

    def ordered(self, depth: int) -> str:
        return str(self.choose([self.text, self.whole, self.real])(depth))

    def text(self, depth: int) -> str:
        choose = self.choose
        if not depth or choose([True, False, False]):
            return f"o.{choose(_FIELDS['Text'])}"
        less = depth - 1
        match choose(range(15)):
            case 0 | 1:
                return f"trim({self.text(less)})"
            case 2:
                return f"lower({self.text(less)})"
            case 3:
                return f"upper({self.text(less)})"
            case 4:
                return f"take({self.text(less)}, {choose(['2', '5', '0', 'five'])})"
            case 5:
                return f"slice({self.text(less)}, 1, 4)"
            case 6:
                return f'replace({self.text(less)}, "o", {choose(_TEXTS)})'
            case 7:
                return f"({self.text(less)} ++ {choose([*_TEXTS, self.text(less)])})"
            case 8:
                return f'f"{{{self.text(less)}}}-{{{self.whole(less)}}}"'.replace('"oslo"', "word")
            case 9:
                return f"(if {self.truth(less)} then {self.text(less)} else {self.text(less)})"
            case 10:
                return f"(o.note ?? {self.text(less)})"
            case 11:
                return f"to_text({choose([self.whole, self.real, self.truth])(less)})"
            case 12:
                return f'unwrap_or(parse_date({self.text(less)}), "none")'
            case 13:
                return f"shape({self.text(less)})"
        return str(choose(_TEXTS))

    def whole(self, depth: int) -> str:
        choose = self.choose
        if not depth or choose([True, False]):
            return str(choose(["o.quantity", "o.quantity", "five", *_NUMBERS]))
        less = depth - 1
        match choose(range(10)):
            case 9:
                return f"unwrap_or(parse[Int](slice({self.text(less)}, 5, 7)), {self.whole(less)})"
            case 0 | 1 | 2:
                return f"({self.whole(less)} {choose('+-*')} {self.whole(less)})"
            case 3:
                return f"-({self.whole(less)})"
            case 4:
                return f"length({self.text(less)})"
            case 5:
                return f"({self.whole(less)} % {self.whole(less)})"
            case 6:
                return f"div({self.whole(less)}, {self.whole(less)})"
            case 7:
                return f"(if {self.truth(less)} then {self.whole(less)} else {self.whole(less)})"
        return f"(month({self.text(less)}) ?? {self.whole(less)})"

    def real(self, depth: int) -> str:
        choose = self.choose
        if not depth or choose([True, False]):
            return str(choose(["o.price", "o.price", "half", *_REALS]))
        less = depth - 1
        match choose(range(8)):
            case 0 | 1 | 2:
                return f"({self.real(less)} {choose('+-*/')} {self.real(less)})"
            case 3:
                return f"to_float({self.whole(less)})"
            case 4:
                return f"({self.whole(less)} / {self.whole(less)})"
            case 5:
                return f"(o.discount ?? {self.real(less)})"
            case 6:
                return f"-({self.real(less)})"
        return f"(if {self.truth(less)} then {self.real(less)} else if {self.truth(less)} then {self.real(less)} else o.price)"

    def truth(self, depth: int) -> str:
        choose = self.choose
        if not depth or choose([True, False, False, False]):
            return str(
                choose(
                    [
                        "o.open",
                        "o.quantity > 3",
                        "o.price < 50.0",
                        'o.city == "Oslo"',
                        "is_some(o.note)",
                        'o.kind == "a"',
                        "true",
                    ]
                )
            )
        less = depth - 1
        compare = choose(["==", "!=", "<", "<=", ">", ">="])
        match choose(range(9)):
            case 0:
                return f"({self.whole(less)} {compare} {self.whole(less)})"
            case 1:
                return f"({self.real(less)} {compare} {self.real(less)})"
            case 2 | 3:
                return f"({self.text(less)} {compare} {choose([*_TEXTS, self.text(less)])})"
            case 4:
                return f"({self.truth(less)} and {self.truth(less)})"
            case 5:
                return f"({self.truth(less)} or {self.truth(less)})"
            case 6:
                return f"not {choose(['o.open', f'({self.truth(less)})'])}"
            case 7:
                return f"{choose(['contains', 'starts_with', 'ends_with'])}({self.text(less)}, {choose(_TEXTS)})"
        return f"(if {self.truth(less)} then {self.truth(less)} else {self.truth(less)})"
