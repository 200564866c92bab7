"""`llm_map`: one reply for each of many texts, several to a prompt.

Owns numbering, packing, realignment and votes. Promises: replies are in the order of the items; at most `per_call` items to a
prompt, and never more than fit the window with their replies; items left out are asked for once more, in calls that are taken
from the run's pool, so that there are at most votes × (⌈n/per_call⌉ + ⌈2·sum/capacity⌉) calls and those, two in a row. Refuses
an item that alone cannot fit, before anything is paid. A reply that refuses or is no answer leaves out all items of its prompt.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from itertools import pairwise
from typing import Any, Final

from lambda_rlm.budget.meter import Meter
from lambda_rlm.completion import Message, Sampling, Vocabulary
from lambda_rlm.data_class import dataclass
from lambda_rlm.diagnostics.faults import ModelFailure
from lambda_rlm.diagnostics.source import Span
from lambda_rlm.eval import wording
from lambda_rlm.eval.asking.asker import Asker
from lambda_rlm.eval.asking.numbered_items.brackets import CODE_SIGNS, brackets, has_line_end
from lambda_rlm.eval.asking.numbered_items.entries import Replies, read_numbered
from lambda_rlm.eval.asking.prompt import prompt_of
from lambda_rlm.eval.asking.question import GREEDY, ModelQuery, exact_tokens, other_codes
from lambda_rlm.eval.asking.schema import keyed_schema, mentions, notation, schema_part
from lambda_rlm.eval.asking.shape import ReplyShape
from lambda_rlm.eval.place import gather
from lambda_rlm.eval.site import Site
from lambda_rlm.eval.tariff import HEADER, SLOT
from lambda_rlm.eval.value import Document, Rope, Text, Value, span_of
from lambda_rlm.limits import ITEMS, MARKER_TOKENS, MOST_LEAD, STANDING
from lambda_rlm.syntax.primitive import Primitive
from lambda_rlm.types.reply_tokens import item_out, texts_of
from lambda_rlm.types.type import QUOTE, Arrow, Con, Effect, Enum, Record, Type, as_written

_SMALLEST: Final = span_of(Document("", "x"), 0, 1)
"""An item that is data, as most are."""

_PAIRED: Final = HEADER + 3 * SLOT
"""Bytes of a record of an item and its reply in a list."""

_SURE: Final = (3, 4)
"""The part of the room, three quarters, up to which the tokens of parts are trusted to add up."""

_SHORT: Final = 60
"""A type shown in so many characters is shown for two items, a longer one for the first only."""

_KEY_SIGNS: Final = 6
"""Bytes around an item's number as a key of the schema: quotes, a colon, and what comes before the next."""

_LEAD_SIGNS: Final = len("\n\n[] ") + CODE_SIGNS
"""Bytes before an item beside its number: two line ends, brackets, and a code with its dash."""

_REFERENCE: Final = '{"$ref": "#/$defs/item"}'
_SOME: Final = ["1", "2", "3"]
_TRIED: Final = 64
"""Items of a prompt up to which the schema is counted for each number of them."""

_SEVERAL, _MANY = 3, 20
"""Labels and items from which on it is odd that all items get one label."""

_AGAIN: Final = "An earlier reply gave no valid entry for these items. Give one for every number."


def llm_map(site: Site, asker: Asker) -> Callable[..., Awaitable[Value]]:
    """`llm_map[T](items, instruction, per_call?, out?, votes?)`: a T for each text, none where the model gave none twice."""
    type_ = _inner(_inner(site.result))

    async def call(
        items: list[Text], instruction: Text, per_call: int | None = None, out: int | None = None, votes: int | None = None
    ) -> Value:
        return await _mapped(site, asker, type_, items, instruction, per_call, out, votes)

    return call


def llm_map_by(site: Site, asker: Asker) -> Callable[..., Awaitable[Value]]:
    """`llm_map_by[T](items, show, instruction, …)`: llm_map over what `show` gives, each reply beside its item."""
    record = _inner(site.result)
    assert isinstance(record, Record)
    reply = record.field("reply")
    assert reply is not None
    type_ = _inner(reply)
    shows = site.parameters[1]
    is_async = isinstance(shows, Arrow) and shows.effect is Effect.LLM

    async def call(
        items: list[Value],
        show: Callable[[Value], Any],
        instruction: Text,
        per_call: int | None = None,
        out: int | None = None,
        votes: int | None = None,
    ) -> Value:
        if is_async:
            shown = await gather([partial(show, item) for item in items])
        else:
            shown = [show(item) for item in items]
        replies = await _mapped(site, asker, type_, shown, instruction, per_call, out, votes)
        site.meter.allocate(_PAIRED * len(items))
        return [(item, reply) for item, reply in zip(items, replies, strict=True)]

    return call


async def _mapped(
    site: Site,
    asker: Asker,
    type_: Type,
    items: list[Text],
    instruction: Text,
    per_call: int | None,
    out: int | None,
    votes: int | None,
) -> list[Value]:
    if not items:
        return []
    votes = max(1, votes or 1)
    asker.refuse_more_than_budget(votes)
    mapping = _Mapping(site, asker, type_, items, instruction, per_call, out)
    every = list(range(len(items)))
    batches = mapping.pack(every)
    settings = asker.settings
    seeds = range(settings.seed, settings.seed + votes)
    samplings = [GREEDY] if votes == 1 else [Sampling(temperature=settings.temperature, seed=seed) for seed in seeds]
    ballots = await gather([partial(mapping.vote, batches, sampling) for sampling in samplings])
    replies = [_majority([ballot[index] for ballot in ballots if index in ballot]) for index in every]
    unanswered = sum(reply is None for reply in replies)
    asker.counts.mapped += len(items)
    if unanswered:
        asker.degrade(items=unanswered)
    if isinstance(type_, Enum) and len(type_.labels) >= _SEVERAL:
        labels = [reply[0].s for reply in replies if reply is not None]
        if len(labels) >= _MANY and len(set(labels)) == 1:
            asker.counts.alike = max(asker.counts.alike, len(labels))
    return replies


@dataclass(slots=True)
class _Mapping:
    """One use of llm_map. Items go by their index."""

    site: Site
    asker: Asker
    type: Type
    items: Sequence[Text]
    instruction: Text
    per_call: int | None
    out: int | None

    async def vote(self, batches: list[list[int]], sampling: Sampling) -> Replies:
        """One reply for each item of the batches, asked for twice at most."""
        replies = await self._round(batches, sampling, "")
        missing = [index for batch in batches for index in batch if index not in replies]
        if missing:
            replies |= await self._round(self.pack(missing), sampling, _AGAIN)
        return replies

    async def _round(self, batches: list[list[int]], sampling: Sampling, note: str) -> Replies:
        answers = await gather([partial(self._ask, batch, sampling, note) for batch in batches])
        return {index: value for answer in answers for index, value in answer.items()}

    async def _ask(self, batch: list[int], sampling: Sampling, note: str) -> Replies:
        try:
            replies = await self.asker.ask(self._question(batch, sampling, note), self.site.span)
        except ModelFailure as failure:
            if failure.code in wording.NOT_AN_ANSWER:
                return {}
            raise
        return {batch[number - 1]: value for number, value in replies.items()}

    def pack(self, indices: list[int]) -> list[list[int]]:
        """Neighbours together, as many as fit and are allowed; raises when an item alone does not fit.

        The capacity is what items and their replies may have: what is left beside a prompt with an item of one character.
        Tokens of parts need not quite add up to those of the whole: what needs more than three quarters of the room is counted
        exactly, and packed again into three quarters where it does not fit after all; what needs no more is taken to fit.
        """
        smallest = self._asked([_SMALLEST], GREEDY, _AGAIN)
        surely_fit = self._by_bytes(indices, smallest)
        if surely_fit is not None:
            return surely_fit
        capacity = self.asker.model.profile.room - self._tokens(smallest)
        surely = capacity * _SURE[0] // _SURE[1]
        needs = {index: self._need(index) for index in indices}
        packed: list[list[int]] = []
        for batch in self._neighbours(indices, needs, capacity):
            if len(batch) > 1 and sum(needs[index] for index in batch) > surely and not self._fits(batch):
                packed += self._neighbours(batch, needs, surely)
            else:
                packed.append(batch)
        for batch in packed:
            if len(batch) == 1 and needs[batch[0]] > surely and not self._fits(batch):
                raise self._too_long(batch[0])
        return packed

    def _by_bytes(self, indices: list[int], smallest: ModelQuery) -> list[list[int]] | None:
        """As many together as are allowed, where their bytes fit: then their tokens do, which nobody need count. None where
        they may not, and where they are counted anyway."""
        profile = self.asker.model.profile
        if profile.vocabulary is None or self.asker.is_counted:
            return None
        most, beside = self._most_items(), profile.template_tokens + MARKER_TOKENS + self._item_out()
        surely = (profile.room - self.asker.prepared(smallest).tokens) * _SURE[0] // _SURE[1]
        batches = [indices[at : at + most] for at in range(0, len(indices), most)]
        needs = (
            sum(len(self.items[index].s.encode("utf-8", "surrogatepass")) + beside for index in batch) for batch in batches
        )
        return batches if all(need <= surely for need in needs) else None

    def _neighbours(self, indices: list[int], needs: Mapping[int, int], capacity: int) -> list[list[int]]:
        """Each with those before it while they need no more than the capacity; one that needs more is alone."""
        most = self._most_items()
        batches: list[list[int]] = []
        used = 0
        for index in indices:
            if not batches or len(batches[-1]) >= most or used + needs[index] > capacity:
                batches.append([])
                used = 0
            batches[-1].append(index)
            used += needs[index]
        return batches

    def _fits(self, batch: list[int]) -> bool:
        question = self._question(batch, GREEDY, _AGAIN)
        return self._tokens(question) + question.out <= self.asker.model.profile.room

    def _tokens(self, question: ModelQuery) -> int:
        """The tokens of a prompt, whatever the run was bounded by: what is put into one prompt may not depend on that."""
        is_known = self.asker.model.profile.vocabulary is not None
        prepared = self.asker.prepared(question)
        return exact_tokens(self.asker.model, prepared.request.messages) if is_known else prepared.tokens

    def _too_long(self, index: int) -> ModelFailure:
        question = self._question([index], GREEDY, _AGAIN)
        profile = self.asker.model.profile
        return wording.item_too_long(
            self.site.span,
            index,
            characters=self.items[index].n,
            tokens=self.asker.tokens(question),
            out=question.out,
            model=profile.name,
            window=profile.room,
        )

    def _item_out(self) -> int:
        return self.asker.out(self.out, item_out(self.type, self.asker.settings.item_out))

    def _most_items(self) -> int:
        per_call = self.asker.settings.per_call if self.per_call is None else self.per_call
        return max(1, min(per_call, self.asker.model.profile.max_output // self._item_out()))

    def _need(self, index: int) -> int:
        tokens = exact_tokens(self.asker.model, (Message("user", self.items[index].s),))
        return tokens + MARKER_TOKENS + self._item_out()

    def _question(self, batch: list[int], sampling: Sampling, note: str) -> ModelQuery:
        return self._asked([self.items[index] for index in batch], sampling, note)

    def _asked(self, items: list[Text], sampling: Sampling, note: str) -> ModelQuery:
        prompt = prompt_of(_numbered(self.instruction, items, self.site.meter), self.site.meter)
        out = min(self._item_out() * len(items), self.asker.model.profile.max_output)
        return ModelQuery(prompt, self._shape(items), out, sampling, note=note, is_extra=bool(note), items=items)

    def _shape(self, items: list[Text]) -> ReplyShape:
        numbers = [str(number) for number in range(1, len(items) + 1)]
        key = f"map {as_written(self.type)} {[item.n for item in items]}"
        out = self._item_out()
        room = self.asker.room(out, texts_of(self.type))
        read = read_numbered(self.type, items, self.asker.most_characters(out), room)
        schema, has_quotes = keyed_schema(self.type, numbers), mentions(self.type, QUOTE)
        return ReplyShape(key, read, _instruction(self.type, numbers), schema=schema, has_quotes=has_quotes)


def _instruction(type_: Type, numbers: list[str]) -> str:
    """The lines that ask for an entry for each number."""
    shown = notation(type_)
    some = numbers[: 2 if len(shown) <= _SHORT else 1]
    listed = ", ".join([f'"{number}": {shown}' for number in some] + ["…"] * (len(numbers) > len(some)))
    lines = [f"Reply with JSON of this shape and nothing else, one entry for each numbered item: {{{listed}}}"]
    if mentions(type_, QUOTE):
        lines.append("A quote is copied word for word from its item.")
    return "\n".join(lines)


def mapping_bytes(type_: Type, most: int) -> tuple[int, int]:
    """The most bytes that one prompt of at most so many items has beside instruction and items, and that each item has beside
    its text; the schema, which some providers count as part of the prompt, included."""
    frame = _instruction(type_, _SOME) + ITEMS + "\n\n" + _AGAIN + json.dumps(keyed_schema(type_, []))
    part = max(len(json.dumps(schema_part(type_))), len(_REFERENCE))
    return len(frame.encode("utf-8", "surrogatepass")) + part, part + 2 * (_KEY_SIGNS + _digits(most)) + _lead(most)


def mapping_tokens(vocabulary: Vocabulary, type_: Type, most: int) -> tuple[int, int]:
    """The same in the tokens of a vocabulary, the sentence about data included."""
    system = max(
        vocabulary.size(f"{STANDING}\n{_instruction(type_, _SOME[:count])}").tokens for count in range(1, len(_SOME) + 1)
    )
    around = vocabulary.size(ITEMS).tokens + vocabulary.size(f"\n\n{_AGAIN}").tokens
    if most > _TRIED:
        item = mapping_bytes(type_, most)[1]
        return system + around + len(json.dumps(keyed_schema(type_, []))) + item, item
    numbers = [str(number) for number in range(1, most + 1)]
    schemas = [_shape_tokens(vocabulary, type_, numbers[:count]) for count in range(most + 1)]
    slope = max(after - before for before, after in pairwise(schemas))
    return system + around + schemas[0], slope + _lead(most)


def _shape_tokens(vocabulary: Vocabulary, type_: Type, numbers: list[str]) -> int:
    return vocabulary.size(json.dumps(keyed_schema(type_, numbers), ensure_ascii=False)).tokens


def _digits(number: int) -> int:
    return len(str(number))


def _lead(most: int) -> int:
    """The most bytes before an item: line ends, and its number beside a code, or in brackets."""
    return min(MOST_LEAD, _LEAD_SIGNS + _digits(most))


def tokens_of_prompts(
    asker: Asker, items: list[Text], instruction: Text, type_: Type, per_call: int | None, out: int | None
) -> list[int] | None:
    """The tokens of the prompts of one vote's first round, each with its schema; None where an item cannot fit. Sends
    nothing."""
    site = Site(Primitive.LLM_MAP, (), type_, Span(0, 0), asker.meter)
    mapping = _Mapping(site, asker, type_, items, instruction, per_call, out)
    try:
        batches = mapping.pack(list(range(len(items))))
    except ModelFailure:
        return None
    return [_at_most(asker, mapping._question(batch, GREEDY, "")) for batch in batches]


def _at_most(asker: Asker, question: ModelQuery) -> int:
    """The tokens of a prompt and its schema, whatever the codes in it are."""
    prepared, vocabulary = asker.prepared(question), asker.model.profile.vocabulary
    codes = 0 if vocabulary is None else other_codes(vocabulary, question.prompt, asker.settings.key)
    return prepared.tokens + prepared.schema_tokens + codes


def _numbered(instruction: Text, items: list[Text], meter: Meter) -> Text:
    """The instruction and, under it, the items, each after its number in brackets that no line of an item begins with."""
    opening, closing = brackets([item.s for item in items])
    gap = "\n\n" if any(has_line_end(item.s) for item in items) else "\n"
    pieces = [instruction, Text(ITEMS)]
    for number, item in enumerate(items, 1):
        lead = f"{opening}{number}{closing} "
        pieces += [Text(lead if number == 1 else gap + lead), item]
    return Rope(pieces, sum(piece.n for piece in pieces), meter)


def _majority(values: list[Value]) -> Value:
    """The most frequent value as an Option, the first seen at ties; None for no values."""
    counts: dict[object, list[Any]] = {}
    for value in values:
        counts.setdefault(_identity(value), [0, value])[0] += 1
    return (max(counts.values(), key=lambda pair: pair[0])[1],) if counts else None


def _identity(value: Value) -> object:
    """What equal values of one type have in common, and unequal ones have not."""
    if isinstance(value, Text):
        return value.s
    if isinstance(value, list | tuple):
        return (len(value), *(_identity(part) for part in value))
    return value


def _inner(type_: Type) -> Type:
    """The T of List[T] or Option[T]."""
    assert isinstance(type_, Con)
    return type_.arguments[0]
