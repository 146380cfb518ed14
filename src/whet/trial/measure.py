"""Pairs: one invocation of each side, adjacent in time, in random order, until decided."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, Protocol

from whet.judge.sequential import Decision, decide
from whet.model.trial import Fault, Invocation, Pair, Side, TrialSpec
from whet.trial.bench import InvocationFailed

Count = Callable[[int], None]


class Invoke(Protocol):
    """One execution of the benchmark on one side; see `whet.trial.bench.Sides`.

    Raises:
        InvocationFailed: there is no number to be had from it.
    """

    def __call__(self, side: Side, *, pad: int = 0, seed: int | None = None) -> Invocation: ...


class Blamed(Exception):
    """A side failed too often to be measured."""

    def __init__(self, side: Side, failure: InvocationFailed) -> None:
        super().__init__(failure.detail)
        self.side = side
        self.fault: Fault = failure.fault
        self.detail = failure.detail
        self.log = failure.log
        self.hint = failure.hint


@dataclass(slots=True, kw_only=True)
class Measurer:
    """Takes pairs; what an invocation is, it does not know."""

    spec: TrialSpec
    invoke: Invoke
    pairs: list[Pair] = field(default_factory=list)
    failures: dict[Side, int] = field(default_factory=lambda: {"a": 0, "b": 0})
    _chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.spec.seed)  # noqa: S311 (an order, not a secret)

    def warm_up(self, side: Side) -> Invocation:
        """Uncounted invocations; a crash is tried once more, a time-out is not.

        Raises:
            Blamed: no number came of it.
        """
        last: Invocation | None = None
        for _ in range(max(1, self.spec.bench.warmup)):
            try:
                last = self.invoke(side)
            except InvocationFailed as failure:
                if failure.fault != "crash":
                    raise Blamed(side, failure) from None
                self.failures[side] += 1
                try:
                    last = self.invoke(side)
                except InvocationFailed as again:
                    raise Blamed(side, again) from None
        assert last is not None
        return last

    def until_decided(self, count: Count) -> Decision:
        """Take pairs until the design decides; the spec must have one."""
        design = self.spec.design
        assert design is not None
        orders = self._orders()
        while True:
            self.pairs.append(self._pair(next(orders)))
            count(len(self.pairs))
            try:
                decision = decide(design, self.pairs)
            except ValueError as error:
                raise self._without_ratio(str(error)) from None
            if decision.action != "continue" and len(self.pairs) >= self.spec.pairs:
                return decision

    def fixed(self, number: int, count: Count) -> None:
        """Take a fixed number of pairs."""
        orders = self._orders()
        while len(self.pairs) < number:
            self.pairs.append(self._pair(next(orders)))
            count(len(self.pairs))

    def fresh(self, number: int) -> tuple[Pair, ...]:
        """Pairs on inputs that no candidate can have seen."""
        orders = self._orders()
        return tuple(
            self._pair(next(orders), seed=self._chance.randrange(1, 2**31)) for _ in range(number)
        )

    def _without_ratio(self, why: str) -> Blamed:
        """A value of zero or below has no ratio; the side that printed it is blamed."""
        fine = all(value > 0 for value in self.pairs[-1].a.values.values())
        return Blamed("b" if fine else "a", InvocationFailed("no_metric", why))

    def _orders(self) -> "Orders":
        return Orders(self._chance)

    def _pair(self, first: Side, seed: int | None = None) -> Pair:
        """One pair; a pair with a failed side is repeated in the same order."""
        while True:
            pad = self._chance.randrange(0, 4096, 16)
            second: Side = "b" if first == "a" else "a"
            got: dict[Side, Invocation] = {}
            for side in (first, second):
                try:
                    got[side] = self.invoke(side, pad=pad, seed=seed)
                except InvocationFailed as failure:
                    self._blame(side, failure)
                    break
            if len(got) == 2:
                return Pair(first=first, a=got["a"], b=got["b"])

    def _blame(self, side: Side, failure: InvocationFailed) -> None:
        self.failures[side] += 1
        other: Side = "b" if side == "a" else "a"
        lead = self.failures[side] - self.failures[other]
        hopeless = failure.fault not in ("crash", "timeout")
        limit = self.spec.failures_max
        if hopeless or lead >= limit or self.failures[side] >= 2 * limit:
            raise Blamed(side, failure) from None


class Orders:
    """Which side goes first: AB BA or BA AB in random blocks, so that drift favours nobody."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._block: list[Literal["a", "b"]] = []

    def __next__(self) -> Side:
        if not self._block:
            self._block = ["a", "b"]
            self._chance.shuffle(self._block)
        return self._block.pop()
