"""What a run has spent, and the refusal to spend more.

Pure work is charged before it is done (`steps`, `allocate`), model calls are reserved before they are awaited and settled
after. Charges are cumulative and never refunded, so the same program on the same inputs is charged the same to the unit,
whatever the schedule. Hot loops may charge inline: `meter.fuel -= n` followed by `if meter.fuel < 0: meter.out_of_fuel()`.

Allocated bytes are counted and not limited: what a run may hold at a time is, by `storage`.

Meters form a tree. A child draws on its parent: what it sets aside is set aside in all its ancestors first, what it uses is
used there too, and what it does not use goes back. So at every moment, in every meter, used and set aside together are within
the budget, as long as no model uses more than was set aside for it. `hold` sets the whole bound of a run aside at once; its
calls are then taken out of that, so that none of them can be refused because another one came first. What is billed beyond one
attempt for each call is taken from the run's `pool`, one by one, before it is sent (`take_attempt`).

The meter knows no clock. A caller with a clock may `watch` the run: fuel is then handed out in slices, and the callback runs
before each, so that pure work can be stopped without a price for every step.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any, Final, NoReturn

from lambda_rlm.budget import price
from lambda_rlm.budget.amount import NOTHING, Amount, dollars, money_of, money_within
from lambda_rlm.budget.budget import FREE_CHARACTERS, MOST_ALLOWANCE, Budget
from lambda_rlm.budget.pool import used_up
from lambda_rlm.budget.storage import MOST_BYTES, Storage
from lambda_rlm.completion import NO_USAGE, Usage
from lambda_rlm.diagnostics.faults import LimitExceeded

OUT_OF_FUEL: Final = "E0401"
TOO_DEEP: Final = "E0403"
OUT_OF_CALLS: Final = "E0404"
OUT_OF_TOKENS: Final = "E0405"
OUT_OF_MONEY: Final = "E0406"
OUT_OF_ATTEMPTS: Final = "E0408"
"""The codes of what is used up, as `diagnostics.codes.evaluation` explains them."""

_CALL: Final = Amount(calls=1)

NO_PRICE = "a limit in US dollars is set, but the price of the model is unknown"


SLICE: Final = 1 << 18
"""Steps between two calls of the callback that watches a run: a few hundredths of a second, at worst a tenth."""


STRETCH: Final = 8_192
"""Elements of a list between two looks of a loop over all of them."""

LARGE: Final = 1 << 18
"""Bytes from which on an allocation is refused before it is made, where it does not fit."""


class Meter:
    """One account. `fuel` and `memory` count down (`fuel` the slice at hand, the rest is set aside; `memory` from
    `MOST_BYTES`); `used` counts up, `reserved` is under way, `held` a limit set aside. `storage` is what is held in memory.
    `extra` attempts of at most `pool` were taken; None: as many as the accounts above allow, and without limit where there is
    none. An account that is `apart` takes none of theirs.

    `is_limited_in_usd` says that this budget or one that it draws on has a limit in US dollars; `is_unpriced` that more was
    used here than was set aside for it, at an unknown cost.

    A child is closed by `close`, or by leaving it as a context manager: then what it did not use is its parent's again.
    """

    __slots__ = (
        "_aside", "_look", "_passed_on", "apart", "budget", "deepest", "extra", "fuel", "fuel_limit", "held",
        "is_limited_in_usd", "is_unpriced", "memory", "parent", "pool", "reserved", "storage", "usage", "used",
    )  # fmt: skip

    def __init__(self, budget: Budget, parent: Meter | None = None) -> None:
        self.budget = budget
        self.parent = parent
        self.is_limited_in_usd: bool = self._usd_limit is not None or (parent is not None and parent.is_limited_in_usd)
        self.is_unpriced = False
        self.fuel = self.fuel_limit = self._aside = 0
        self._look: Callable[[], None] | None = None if parent is None else parent._look
        self.memory = MOST_BYTES
        self.storage: Storage = Storage(budget.memory, None if parent is None else parent.storage)
        self._passed_on = 0
        self._grow(budget.fuel)
        self.deepest = 0
        self.usage: Usage = NO_USAGE
        self.used = NOTHING
        self.reserved = NOTHING
        self.held = NOTHING
        self.pool: int | None = None
        self.extra = 0
        self.apart = False

    def child(self, budget: Budget) -> Meter:
        """A meter with limits of its own that draws on this one. Its fuel is taken out of this one's at once."""
        return Meter(budget, self)

    def __enter__(self) -> Meter:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give back what was not used. Idempotent."""
        self.release()
        if self.parent is not None:
            self.parent._set_aside(max(0, self._fuel_left))
            self.parent.memory -= self.bytes - self._passed_on
            self._passed_on = self.bytes
            self.parent.deepest = max(self.parent.deepest, self.deepest)
        self.fuel_limit -= self._fuel_left
        self.fuel = self._aside = 0

    @property
    def is_used_up(self) -> bool:
        """Whether no steps are left, or storage was refused."""
        return self._fuel_left <= 0 or self.storage.is_full

    def succeed(self, other: Meter) -> bool:
        """Once closed, take the place of a meter on which no work was done yet: what was worked out here is charged there, and
        all that was made here is charged on to it. False, and nothing is done, where that has not enough left. `other` is not
        to be used any more."""
        steps, deepest = self.steps, self.deepest
        if steps > other._fuel_left or self.storage.peak > other.storage.limit:
            return False
        self.budget, self.parent, self._look = other.budget, other.parent, other._look
        self.is_limited_in_usd, self.is_unpriced = other.is_limited_in_usd, other.is_unpriced
        self.fuel, self._aside, self.fuel_limit = other.fuel, other._aside, other.fuel_limit
        self.memory += other.memory - MOST_BYTES
        self._passed_on = 0
        self.storage.follow(other.storage)
        self.usage, self.used, self.reserved, self.held = other.usage, other.used, other.reserved, other.held
        self.pool, self.extra, self.apart = other.pool, other.extra, other.apart
        self.deepest = max(deepest, other.deepest)
        self._take_fuel(steps)
        return True

    @property
    def calls(self) -> int:
        """Model calls made."""
        return self.used.calls

    @property
    def steps(self) -> int:
        """Fuel used."""
        return self.fuel_limit - self._fuel_left

    @property
    def bytes(self) -> int:
        """Storage allocated, cumulative."""
        return MOST_BYTES - self.memory

    @property
    def live(self) -> int:
        """The most storage that was held at a time."""
        return self.storage.peak

    def left(self) -> Budget:
        """The budget without what is used or set aside."""
        open_, limit = self._committed, self._usd_limit
        return replace(
            self.budget,
            calls=max(0, self.budget.calls - open_.calls),
            tokens=max(0, self.budget.tokens - open_.tokens),
            usd=self.budget.usd if limit is None else dollars(max(0, limit - open_.money)),
            fuel=max(0, self._fuel_left),
            memory=max(0, self.storage.limit - self.storage.live),
        )

    def watch(self, look: Callable[[], None]) -> None:
        """Call `look` whenever another `SLICE` of steps is used up; it may raise, and so stop the run."""
        self._look = look
        left, self.fuel, self._aside = self._fuel_left, 0, 0
        self._set_aside(left)

    def glance(self) -> None:
        """Run the watching callback now: more time may have passed than the steps suggest."""
        if self._look is not None:
            self._look()

    def stretches(self, items: list[Any]) -> Iterable[list[Any]]:
        """A list in parts that a loop gets through in a moment, `glance` between them; a list of few elements is one."""
        return (items,) if len(items) <= STRETCH else self._stretches(items)

    def _stretches(self, items: list[Any]) -> Iterator[list[Any]]:
        for at in range(0, len(items), STRETCH):
            self.glance()
            yield items[at : at + STRETCH]

    def spend(self, steps: int) -> None:
        """Charge evaluator steps, before doing them."""
        self.fuel -= steps
        if self.fuel < 0:
            self.out_of_fuel()

    def allocate(self, size: int, held: int | None = None) -> None:
        """Charge bytes of new storage, before making them. `held` says how many will really be held, where they are fewer."""
        self.memory -= size
        if size > LARGE:
            self.storage.make_room(size if held is None else held)
        if self.memory < 0:
            self.out_of_memory()

    def admit_inputs(self, characters: int, held: int = 0) -> None:
        """Add to fuel and memory what the budget gives for inputs of this size; a child is given what its parent has. They
        take `held` bytes themselves, for which there is always room."""
        beyond = max(0, characters - FREE_CHARACTERS)
        self._grow(beyond * self.budget.fuel_per_character)
        allowance = min(beyond * self.budget.memory_per_character, MOST_ALLOWANCE * self.budget.memory)
        self.storage.admit(held, allowance)

    def out_of_fuel(self) -> None:
        """The slice is used up: go on with the next, or refuse the last charge and all that come after."""
        fuel, self.fuel = self.fuel, 0
        if self._look is not None:
            self._look()
            more = min(self._aside, SLICE - fuel)
            self._aside -= more
            if fuel + more >= 0:
                self.fuel = fuel + more
                return
        raise LimitExceeded(OUT_OF_FUEL, f"the program exceeded its limit of {self.fuel_limit:,} steps")

    def out_of_memory(self) -> NoReturn:
        """Refuse an allocation that no machine could make."""
        self.memory = 0
        self.storage.refuse()

    def enter(self, depth: int) -> None:
        """A `fix` activation at this depth begins (1 is the outermost)."""
        if depth > self.budget.depth:
            raise LimitExceeded(TOO_DEEP, f"`fix` exceeded its recursion limit of {self.budget.depth}")
        self.deepest = max(self.deepest, depth)

    def reserve_call(self) -> None:
        """Take one logical model call from the budget, before it is made."""
        self._take(_CALL, "the next call")
        self._give(_CALL, _CALL, NO_USAGE)

    def take_attempt(self, attempts: int = 1) -> None:
        """Take an attempt from the pool, before what may be billed beyond the first attempt of a call is sent. Raises
        `LimitExceeded` where there is none, and takes none then."""
        accounts = [self]
        while (parent := accounts[-1].parent) is not None and not accounts[-1].apart:
            accounts.append(parent)
        for account in accounts:
            if account.pool is not None and account.extra + attempts > account.pool:
                raise LimitExceeded(OUT_OF_ATTEMPTS, used_up(account.pool))
        for account in accounts:
            account.extra += attempts

    def return_attempt(self) -> None:
        """Give an attempt back to the pool that was taken, and is not sent after all."""
        self.take_attempt(-1)

    def reserve(self, tokens: int, usd: float | None) -> None:
        """Set aside the worst case of one attempt, what is hidden behind it included, before it is made."""
        self._refuse_unpriced()
        self._take(Amount(0, tokens, self._priced(usd)), "the next call")

    def settle(self, tokens: int, usd: float | None, usage: Usage, attempts: int = 1) -> None:
        """Give back what `reserve` set aside for each of a request's attempts and book what they used.

        A request whose cost is unknown is booked with all the money that was set aside for it. Where it used more tokens than
        that covers, nobody knows how much money is left: from then on a limit in US dollars refuses every request.
        """
        aside, used = Amount(0, tokens, self._priced(usd)).times(attempts), usage.input_tokens + usage.output_tokens
        if usage.cost is None:
            self.is_unpriced = self.is_unpriced or used > aside.tokens
            money = aside.money
        else:
            money = money_of(usage.cost)
        self._give(aside, Amount(0, used, money), usage)

    def hold(self, calls: int, tokens: int, usd: float | None, pool: int = 0) -> None:
        """Set aside all that a run may still need; what is reserved from now on is taken out of it first. `pool` is how many
        attempts in it are beyond one for each call."""
        amount = Amount(calls, tokens, self._priced(usd))
        target = self._committed.plus(amount)
        self._refuse_beyond_budget(target, amount, "the run")
        if self.parent is not None:
            self.parent._take(amount, "the run")
        self.held = target
        self.pool = self.extra + pool

    def release(self) -> None:
        """Give back what was held and not used."""
        before, self.held = self._open, NOTHING
        if self.parent is not None:
            self.parent._give(before.minus(self._open), NOTHING, NO_USAGE)

    @property
    def _committed(self) -> Amount:
        """What is used or set aside."""
        return self.held.largest(self.used.plus(self.reserved))

    @property
    def _open(self) -> Amount:
        """What is set aside and not used."""
        return self.held.minus(self.used).largest(self.reserved)

    def _priced(self, usd: float | None) -> int:
        """The money of an amount that is to be set aside or given back; an unknown price is refused where dollars are
        limited."""
        if usd is not None:
            return money_of(usd)
        if self.is_limited_in_usd:
            raise LimitExceeded(OUT_OF_MONEY, NO_PRICE)
        return 0

    def _refuse_unpriced(self) -> None:
        account: Meter | None = self
        while account is not None and self.is_limited_in_usd:
            if account.is_unpriced:
                raise LimitExceeded(OUT_OF_MONEY, NO_PRICE)
            account = account.parent

    @property
    def _usd_limit(self) -> int | None:
        usd = self.budget.usd
        return None if usd is None or usd == math.inf else money_within(usd)

    def _take(self, amount: Amount, who: str) -> None:
        """Set an amount aside here and in all ancestors, or nowhere. What is held is set aside already."""
        wanted = self.used.plus(self.reserved).plus(amount)
        if not wanted.is_within(self.held):
            committed = self._committed
            target = committed.largest(wanted)
            self._refuse_beyond_budget(target, amount, who)
            if self.parent is not None:
                self.parent._take(target.minus(committed), who)
        self.reserved = self.reserved.plus(amount)

    def _give(self, amount: Amount, used: Amount, usage: Usage) -> None:
        """Give back an amount that was set aside and book what was used of it, here and in all ancestors."""
        before = NOTHING if self.parent is None else self._open
        self.reserved = self.reserved.minus(amount)
        self.used = self.used.plus(used)
        if usage is not NO_USAGE:
            total = self.usage + usage
            self.usage = total if total.cost is None else replace(total, cost=dollars(self.used.money))
        if self.parent is not None:
            self.parent._give(before.minus(self._open), used, usage)

    def _refuse_beyond_budget(self, target: Amount, amount: Amount, who: str) -> None:
        budget, spent = self.budget, self.used.plus(self.reserved)
        if amount.calls and target.calls > budget.calls:
            left = max(0, budget.calls - spent.calls)
            message = f"the run reached its limit of {budget.calls:,} model calls"
            if amount.calls > 1:
                message = f"{who} may need {amount.calls:,} model calls; {left:,} of {budget.calls:,} remain"
            raise LimitExceeded(OUT_OF_CALLS, message)
        if amount.tokens and target.tokens > budget.tokens:
            left = max(0, budget.tokens - spent.tokens)
            raise LimitExceeded(OUT_OF_TOKENS, f"{who} may need {amount.tokens:,} tokens; {left:,} of {budget.tokens:,} remain")
        limit = self._usd_limit
        if amount.money and limit is not None and target.money > limit:
            left_usd, whole = dollars(max(0, limit - spent.money)), dollars(limit)
            cost = price.amount(dollars(amount.money))
            message = f"{who} may cost {cost}; {price.amount(left_usd)} of {price.amount(whole)} remain"
            raise LimitExceeded(OUT_OF_MONEY, message)

    def _grow(self, fuel: int) -> None:
        """More fuel: out of the parent's, as much as it has, where there is one."""
        if self.parent is not None:
            fuel = min(fuel, max(0, self.parent._fuel_left))
            self.parent._take_fuel(fuel)
        self._set_aside(fuel)
        self.fuel_limit += fuel

    @property
    def _fuel_left(self) -> int:
        return self.fuel + self._aside

    def _set_aside(self, fuel: int) -> None:
        """More fuel, handed out in slices when somebody watches."""
        if self._look is None:
            self.fuel += fuel
        else:
            self._aside += fuel

    def _take_fuel(self, fuel: int) -> None:
        """Fuel that is left, for a child: first what is aside."""
        from_aside = min(fuel, self._aside)
        self._aside -= from_aside
        self.fuel -= fuel - from_aside
