"""Rounds: one invocation of the incumbent and of every candidate, until all are decided.

With one candidate a round is a pair. With several they share the incumbent's invocation, each has
a pair of its own with it, and whoever is decided leaves: the test of each is the one it would have
had alone, on pairs that are a little further apart. Where more candidates are in a block than may
be in a round, the next one joins when one has left, so the incumbent's invocations are shared by
as many as possible until the last.
"""

import contextlib
import random
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from whet.judge.around import RECENT, around
from whet.judge.ratios import log_ratios
from whet.judge.sequential import decide
from whet.model.trial import Invocation, Pair, Side
from whet.trial.arm import Arm, Blame
from whet.trial.bench import InvocationFailed

Count = Callable[[Arm], None]
"""Told the candidate that has one more pair."""

INCUMBENT = 0
"""The member of a round that every candidate is paired with; candidates count from 1."""


class Invoke(Protocol):
    """One execution of the benchmark on one member; see `whet.trial.bench.Members`.

    Raises:
        InvocationFailed: there is no number to be had from it.
    """

    def __call__(
        self, member: int, *, pad: int = 0, seed: int | None = None, turn: int = 0
    ) -> Invocation: ...


@dataclass(slots=True, kw_only=True)
class Measurer:
    """Takes rounds; what an invocation is, it does not know."""

    arms: Sequence[Arm]
    invoke: Invoke
    layouts: int = 1
    """Builds that each member has; rounds take turns with them."""
    _turn: int = -1
    _chance: random.Random = field(init=False)
    _open: set[int] = field(init=False, default_factory=set)
    """Candidates that the rounds go on for."""
    _waiting: list[int] = field(init=False, default_factory=list)
    """Candidates whose rounds have not begun."""
    _recent: deque[Mapping[int, float]] = field(
        init=False, default_factory=lambda: deque(maxlen=RECENT)
    )
    """The log ratios of the last rounds, by candidate."""

    def __post_init__(self) -> None:
        self._chance = random.Random(self.arms[0].spec.seed)  # noqa: S311 (an order, no secret)

    def warm_up(self) -> None:
        """Uncounted invocations; a crash is tried once more, a time-out is not.

        The incumbent always has them: were its first run cold and counted, all would look faster.
        """
        self._open = self._alive()
        failure = self._warm_up(INCUMBENT)
        if failure is not None:
            self._blame_incumbent(failure)
        if not self.arms[0].spec.warm:
            return
        for number in sorted(self._open):
            failure = self._warm_up(number)
            if failure is not None:
                self._blame(number, failure)

    def until_decided(self, count: Count) -> None:
        """Take rounds until the design of every candidate has decided; each must have one."""

        def done(arm: Arm) -> bool:
            count(arm)
            return self._decided(arm)

        self._rounds(self._alive(), done)

    def fixed(self, number: int, count: Count) -> None:
        """Take a fixed number of pairs of every candidate."""

        def done(arm: Arm) -> bool:
            count(arm)
            return len(arm.pairs) >= number

        self._rounds(self._alive(), done)

    def fresh(self, number: int) -> None:
        """Pairs of every accepted candidate on inputs that none can have seen."""
        accepted = {n for n in self._alive() if self.arms[n - 1].accepted}
        self._rounds(accepted, lambda arm: len(arm.fresh) >= number, fresh=True)

    def _alive(self) -> set[int]:
        return {number for number, arm in enumerate(self.arms, start=1) if arm.alive}

    def _rounds(
        self, wanted: set[int], done: Callable[[Arm], bool], *, fresh: bool = False
    ) -> None:
        """Rounds until all are done or to blame; one without a pair is repeated in its order."""
        self._open, self._waiting = set(), sorted(wanted)
        orders = Orders(self._chance)
        while self._admitted():
            order = orders.take(self._open)
            self._turn = (self._turn + 1) % self.layouts
            seeded = fresh or self.arms[0].spec.bench.new_seeds
            seed = self._chance.randrange(1, 2**31) if seeded else None
            gave = False
            while self._open and not gave:
                members = [n for n in order if n == INCUMBENT or n in self._open]
                gave = self._take(members, self._round(members, seed), done, fresh=fresh)

    def _admitted(self) -> bool:
        """Let candidates join while there is room; whether anybody is left to measure."""
        most = self.arms[0].spec.together or len(self.arms)
        room = max(0, most - len(self._open))
        self._open.update(self._waiting[:room])
        del self._waiting[:room]
        return bool(self._open)

    def _take(
        self,
        members: Sequence[int],
        got: dict[int, Invocation],
        done: Callable[[Arm], bool],
        *,
        fresh: bool,
    ) -> bool:
        """The pairs of a round, to their candidates; whether there was one."""
        pairs = [number for number in sorted(self._open) if {number, INCUMBENT} <= got.keys()]
        if not fresh:
            self._recent.append(self._ratios(got, pairs))
        for number in pairs:
            arm = self.arms[number - 1]
            first: Side = "a" if members.index(INCUMBENT) < members.index(number) else "b"
            pair = Pair(
                first=first, a=got[INCUMBENT], b=got[number], layout=self._turn,
                around=None if fresh else self._around(number),
            )  # fmt: skip
            arm.charge(pair, sharing=len(pairs), own=number == pairs[0])
            (arm.fresh if fresh else arm.pairs).append(pair)
            if done(arm):
                self._open.discard(number)
        return bool(pairs)

    def _ratios(self, got: Mapping[int, Invocation], pairs: Sequence[int]) -> Mapping[int, float]:
        """The goal's log ratio of each pair of a round, where it has one."""
        found: dict[int, float] = {}
        for number in pairs:
            design = self.arms[number - 1].spec.design
            if design is not None and design.around_t:
                pair = Pair(first="a", a=got[INCUMBENT], b=got[number])
                # what printed a value without a logarithm is blamed where it is decided
                with contextlib.suppress(ValueError):
                    (found[number],) = log_ratios([pair], design.metric, design.direction)
        return found

    def _around(self, number: int) -> float | None:
        """What the candidates beside this one spread by in the last rounds."""
        others = {other for ratios in self._recent for other in ratios} - {number}
        return around(
            [ratios[other] for ratios in self._recent if other in ratios]
            for other in sorted(others)
        )

    def _round(self, members: Sequence[int], seed: int | None) -> dict[int, Invocation]:
        """One invocation of each member that gave a number; it ends where none can be paired."""
        pad = self._chance.randrange(0, 4096, 16)
        got: dict[int, Invocation] = {}
        left = len(members) - 1
        for member in members:
            try:
                got[member] = self.invoke(member, pad=pad, seed=seed, turn=self._turn)
            except InvocationFailed as failure:
                if member == INCUMBENT:
                    self._incumbent_failed(failure)
                    break
                self._failed(member, failure)
                left -= 1
                if not left:
                    break
        return got

    def _warm_up(self, member: int) -> InvocationFailed | None:
        arms = self.arms if member == INCUMBENT else [self.arms[member - 1]]
        for number in range(max(1, self.arms[0].spec.bench.warmup)):
            try:
                ran = self.invoke(member)
            except InvocationFailed as failure:
                if failure.fault != "crash":
                    return failure
                for arm in arms:
                    arm.failures["a" if member == INCUMBENT else "b"] += 1
                try:
                    ran = self.invoke(member)
                except InvocationFailed as again:
                    return again
            if number == 0 and self.arms[0].spec.same_code:
                self.arms[0].warmups.append(ran)
        return None

    def _decided(self, arm: Arm) -> bool:
        design = arm.spec.design
        assert design is not None
        try:
            decision = decide(design, arm.pairs)
        except ValueError as error:
            # a value of zero or below has no ratio; the side that printed it is blamed
            failure = InvocationFailed("no_metric", str(error))
            if all(value > 0 for value in arm.pairs[-1].a.values.values()):
                arm.blame = _blamed("b", failure)
            else:
                self._blame_incumbent(failure)
            return True
        if decision.action == "continue" or len(arm.pairs) < arm.spec.pairs:
            return False
        arm.accepted = decision.action == "accept"
        return True

    def _failed(self, number: int, failure: InvocationFailed) -> None:
        arm = self.arms[number - 1]
        arm.failures["b"] += 1
        lead = arm.failures["b"] - arm.failures["a"]
        if _hopeless(arm, failure, lead, arm.failures["b"]):
            self._blame(number, failure)

    def _incumbent_failed(self, failure: InvocationFailed) -> None:
        """A machine that fails at everything is not the incumbent's fault, so the worst counts."""
        arms = [self.arms[number - 1] for number in self._open]
        for arm in arms:
            arm.failures["a"] += 1
        most = max(arm.failures["a"] for arm in arms)
        lead = most - max(arm.failures["b"] for arm in arms)
        if _hopeless(arms[0], failure, lead, most):
            self._blame_incumbent(failure)

    def _blame(self, number: int, failure: InvocationFailed) -> None:
        self.arms[number - 1].blame = _blamed("b", failure)
        self._open.discard(number)

    def _blame_incumbent(self, failure: InvocationFailed) -> None:
        """Nothing can be said of those that are not decided."""
        for number in (*self._open, *self._waiting):
            self.arms[number - 1].blame = _blamed("a", failure)
        self._open, self._waiting = set(), []


def _hopeless(arm: Arm, failure: InvocationFailed, lead: int, failures: int) -> bool:
    limit = arm.spec.failures_max
    other = failure.fault not in ("crash", "timeout")
    return other or lead >= limit or failures >= 2 * limit


def _blamed(side: Side, failure: InvocationFailed) -> Blame:
    return Blame(
        side=side, fault=failure.fault, detail=failure.detail, log=failure.log, hint=failure.hint
    )


class Orders:
    """Who goes when: a random order, then the same backwards, so that drift favours nobody.

    The incumbent goes in the middle, where it is as near as can be to all it is paired with.
    """

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._forth: list[int] | None = None
        self._later = False

    def take(self, candidates: Collection[int]) -> list[int]:
        """The members of the next round; who joins between forth and back gets a random place."""
        order = sorted(candidates)
        if self._forth is None:
            self._chance.shuffle(order)
            self._later = self._chance.random() < 0.5
            self._forth = order
        else:
            order = [number for number in reversed(self._forth) if number in candidates]
            for number in sorted(set(candidates) - set(order)):
                order.insert(self._chance.randrange(len(order) + 1), number)
            self._later = not self._later
            self._forth = None
        middle = (len(order) + self._later) // 2
        return [*order[:middle], INCUMBENT, *order[middle:]]
