"""A planted slowdown: what was just built is measured only if a delay in it shows in the result.

The delay begins at nanoseconds and grows until the result notices. From there it is scaled to a
size that this machine can see clearly, and measured like a candidate.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from whet.judge.ratios import log_ratios
from whet.judge.summary import Centre, centre, median
from whet.model.trial import TrialOutcome
from whet.model.verdict import Effect
from whet.steps.doctor import edited
from whet.steps.doctor.control import seen
from whet.steps.doctor.delay import FEWEST, MOST, STEP, slowable, slowed
from whet.steps.doctor.edited import Part
from whet.steps.doctor.visit import Visit

SIZE = 0.05
"""The slowdown that is aimed at, where noise allows."""

_PAIRS = 3
_ATTEMPTS = 3
_NOTICED = 0.03
_CLEAR = 0.3
_ALONE = 3
_LARGEST = 700.0
_MUCH_LONGER = 5.0
_LONGER = 1.5
"""A run that takes so many times as long has met the delay, whatever it prints."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What a delay in some functions did.

    Attributes:
        kind: detected; silent: the run met the delay and the result did not move; deaf: the run
            did not meet it; broken: the delayed program did not build or run.
        parts: where the delay was.
        planted: the slowdown that was aimed at, as a fraction of time.
        effect: what was measured.
        longer: how much longer a run took, as a fraction.
        detail: why it is broken.
        commit: the slowed program.
    """

    kind: Literal["detected", "silent", "deaf", "broken"]
    parts: tuple[Part, ...]
    planted: float = 0.0
    effect: Effect | None = None
    longer: float = 0.0
    detail: str = ""
    commit: str = ""


async def respond(visit: Visit, parts: Sequence[Part], wall: float) -> Response | None:
    """Plant delays and see what the result does; None when no function can be given one.

    Args:
        visit: its noise is known.
        parts: the sources that may change.
        wall: seconds of an ordinary run.
    """
    delayed = tuple(
        Part(source=part.source, functions=slowable(part.functions))
        for part in parts
        if slowable(part.functions)
    )
    if not delayed:
        return None
    response = await _Search(visit, wall).run(delayed)
    if response.kind == "silent":
        # what prepares a run may be called so much more often that nothing else gets a delay
        for part in sorted(delayed, key=lambda part: -len(part.functions))[:_ALONE]:
            alone = await _Search(visit, wall).run((part,)) if len(delayed) > 1 else response
            if alone.kind == "detected":
                return alone
    return response


@dataclass(slots=True)
class _Search:
    visit: Visit
    wall: float
    tried: int = 0

    async def run(self, parts: tuple[Part, ...]) -> Response:
        """From the shortest delay on until the result, or at least the run, notices."""
        rounds, low, high = FEWEST, 0, 0
        while rounds <= MOST:
            parts, outcome = await self._compiled(parts, rounds)
            if _timed_out(outcome):
                high = rounds
            elif outcome.fault is not None:
                return _broken(parts, outcome.fault.detail)
            else:
                slow = self._slow(outcome)
                if slow > max(_NOTICED, 3 * self._noise):
                    found = await self._confirmed(parts, rounds, slow)
                    if found is not None:
                        return found
                if _longer(outcome).mean > math.log(_MUCH_LONGER):
                    found = await self._unnoticed(parts, rounds)
                    if found.kind != "deaf":
                        return found
                low = rounds
            if high and high <= 4 * max(low, 1):
                return _broken(parts, "a slowed run does not come to its end")
            rounds = math.isqrt(max(low, 1) * high) if high else rounds * STEP
        return await self._unnoticed(parts, low)

    @property
    def _noise(self) -> float:
        noise = self.visit.noise
        return max(noise.sd_pair, 0.5 * noise.sd_plain) if noise is not None else 0.0

    async def _confirmed(
        self, parts: tuple[Part, ...], rounds: int, slow: float
    ) -> Response | None:
        """Measure a delay that should be well visible, and a larger one where it is not.

        Returns:
            None when what was noticed was noise.
        """
        aim = max(SIZE, 3 * self._noise)
        if slow < max(_CLEAR, 6 * self._noise):
            # a slope through a point near the noise would tell the planted size wrongly
            rounds = math.ceil(rounds * max(_CLEAR, 6 * self._noise) / slow)
            outcome, _ = await self._measured(parts, rounds, _PAIRS)
            if outcome.fault is not None:
                return _broken(parts, outcome.fault.detail)
            slow = self._slow(outcome)
            if slow < aim:
                return None
        for _ in range(_ATTEMPTS):
            chosen = max(1, round(rounds * aim / slow))
            outcome, commit = await self._measured(parts, chosen, self._pairs)
            if outcome.fault is not None:
                return _broken(parts, outcome.fault.detail)
            effect = seen(self.visit, outcome.pairs)
            found = centre(self._ratios(outcome))
            if effect.high < 0 and found.mean < -3 * found.se:
                planted = slow * chosen / rounds
                return Response(
                    kind="detected", parts=parts, planted=planted, effect=effect, commit=commit
                )
            aim *= 3
        return None

    async def _unnoticed(self, parts: tuple[Part, ...], rounds: int) -> Response:
        outcome, commit = await self._measured(parts, rounds, self._pairs)
        if outcome.fault is not None:
            return _broken(parts, outcome.fault.detail)
        longer = _longer(outcome)
        met = longer.mean > max(math.log(_LONGER), 4 * longer.se)
        return Response(
            kind="silent" if met else "deaf",
            parts=parts,
            effect=seen(self.visit, outcome.pairs),
            longer=math.expm1(longer.mean),
            commit=commit,
        )

    @property
    def _pairs(self) -> int:
        return max(6, self.visit.config.measure.aa_pairs)

    async def _compiled(
        self, parts: tuple[Part, ...], rounds: int
    ) -> tuple[tuple[Part, ...], TrialOutcome]:
        """Leave out files that do not compile with a delay, as the compiler names them."""
        while True:
            outcome, _ = await self._measured(parts, rounds, _PAIRS)
            fault = outcome.fault
            if fault is None or fault.name != "build_b":
                return parts, outcome
            left = tuple(part for part in parts if not edited.blamed(fault.log, part.source.path))
            self.tried += 1
            if not left or len(left) == len(parts) or self.tried > _ATTEMPTS:
                return parts, outcome
            parts = left

    async def _measured(
        self, parts: tuple[Part, ...], rounds: int, pairs: int
    ) -> tuple[TrialOutcome, str]:
        visit, lab = self.visit, self.visit.lab
        files = {part.source.path: slowed(part.source, part.functions, rounds) for part in parts}
        commit = edited.commit(lab.store, lab.base, files)
        spec = visit.spec(f"slowed.{rounds}", commit=commit, pairs=pairs, seed=2)
        patience = min(spec.bench.timeout, max(10.0, 40 * self.wall))
        spec = replace(spec, bench=replace(spec.bench, timeout=patience), failures_max=1)
        return await visit.trial(spec, "a planted slowdown"), commit

    def _slow(self, outcome: TrialOutcome) -> float:
        """The slowdown of the goal as a fraction of time."""
        return math.expm1(min(_LARGEST, -median(self._ratios(outcome))))

    def _ratios(self, outcome: TrialOutcome) -> tuple[float, ...]:
        goal = self.visit.config.goal
        return log_ratios(outcome.pairs, goal.metric, goal.direction)


def _timed_out(outcome: TrialOutcome) -> bool:
    fault = outcome.fault
    return fault is not None and fault.fault == "timeout" and fault.name != "build_b"


def _broken(parts: tuple[Part, ...], detail: str) -> Response:
    return Response(kind="broken", parts=parts, detail=detail)


def _longer(outcome: TrialOutcome) -> Centre:
    """How much longer a run took, as a log ratio."""
    return centre([math.log(pair.b.wall / pair.a.wall) for pair in outcome.pairs])
