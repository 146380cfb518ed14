"""What changes are worth on top of the project as it is today, by the trial and the judge."""

import random
from dataclasses import dataclass, replace

from whet.errors import InfraError, NotReady
from whet.judge.designing import design, fixed_pairs
from whet.judge.fixed import fixed_effect
from whet.judge.verdict import verdict
from whet.model.event import BranchMeasured
from whet.model.trial import Mode, TrialOutcome, TrialSpec
from whet.model.verdict import Effect, Verdict
from whet.model.worker import measuring
from whet.plan.state import ExperimentState
from whet.ports import Progress
from whet.steps import trials
from whet.steps.ablate import is_dead_weight
from whet.steps.handover.rebase import Rebased
from whet.steps.stack import found as found_of_stack
from whet.steps.trials import Lab
from whet.steps.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Where changes are measured before they are handed over.

    `judges` is the commit whose benchmark, checks and protected files are used for both sides.
    """

    world: World
    upstream: str
    base: str
    judges: str
    sealed: tuple[str, ...] = ()
    """Patterns of files that judge as well, and that the configuration does not protect."""
    again: bool = False
    """Measure also what has been measured."""

    async def alone(self, rebased: Rebased, name: str) -> BranchMeasured:
        """A change against what it stands on, judged as in the campaign.

        Raises:
            NotReady: the project itself does not build or run.
        """
        needs = rebased.below(name)
        against = rebased.on(needs)
        commit = rebased.put(name, against)
        event = self._event("alone", name, against, commit, needs)
        if known := self._known(event):
            return known
        outcome = await self._trial(name, against, commit, "judge")
        given, seen = self._judged(outcome)
        holds = given.kind == "kept" or _person_kept(self.world.state.experiments[name], seen)
        return replace(
            event, at=self.world.clock.now(), holds=holds, detail=given.reason, effect=seen,
            guards=given.guards, outcome=outcome,
        )  # fmt: skip

    async def passes(self, rebased: Rebased, name: str, needs: tuple[str, ...]) -> bool:
        """Whether a change builds and passes the checks on top of some others."""
        against = rebased.on(needs)
        outcome = await self._trial(name, against, rebased.put(name, against), "checks")
        return outcome.fault is None

    async def sound(self) -> None:
        """See that the upstream passes its checks: else no failure says anything of a change.

        Raises:
            NotReady: it does not.
        """
        outcome = await self._trial("upstream", self.base, self.base, "checks")
        fault = outcome.fault
        if fault is not None:
            raise NotReady(
                f"{self.upstream} itself, nothing changed: {fault.detail}",
                hint="name a commit that passes: `whet branches --base COMMIT`",
                details=fault.log.splitlines()[-12:],
            )

    async def stack(self, rebased: Rebased, names: tuple[str, ...]) -> BranchMeasured:
        """All changes together against the upstream, on fresh pairs.

        Raises:
            NotReady: the project itself does not build or run.
        """
        event = self._event("stack", "", self.base, rebased.on(names), names)
        if known := self._known(event):
            return known
        outcome = await self._trial("stack", self.base, event.commit, "fixed")
        goal, guards, why = found_of_stack(self.world.config, outcome)
        return replace(
            event, at=self.world.clock.now(), holds=not why, detail=why, effect=goal,
            guards=guards, outcome=outcome,
        )  # fmt: skip

    async def without(
        self, rebased: Rebased, names: tuple[str, ...], name: str
    ) -> BranchMeasured:  # fmt: skip
        """All changes against all but one: what that one is worth among the others.

        Raises:
            NotReady: the others do not build or run without it.
        """
        rest = tuple(other for other in names if other != name)
        event = self._event("without", name, rebased.on(rest), rebased.on(names), rest)
        if known := self._known(event):
            return known
        outcome = await self._trial(name, event.against, event.commit, "fixed", blame=False)
        at = self.world.clock.now()
        if outcome.fault is not None:
            why = f"the others without it: {outcome.fault.detail}"
            return replace(event, at=at, holds=True, detail=why, outcome=outcome)
        seen = self._goal(outcome)
        dead = is_dead_weight(seen, self.world.config.goal.min_effect)
        why = "worth nothing among the others" if dead else ""
        return replace(event, at=at, holds=not dead, detail=why, effect=seen, outcome=outcome)

    def _event(
        self, role: str, name: str, against: str, commit: str, needs: tuple[str, ...]
    ) -> BranchMeasured:
        return BranchMeasured(
            at=0.0, role=role, experiment=name, upstream=self.upstream, base=self.base,  # type: ignore[arg-type]
            against=against, commit=commit, needs=needs, holds=False, detail="", effect=None,
            guards=(), outcome=None,
        )  # fmt: skip

    def _known(self, event: BranchMeasured) -> BranchMeasured | None:
        """The same question, if it was answered before."""
        known = self.world.state.on_branch.get((event.role, event.experiment))
        same = known is not None and (known.base, known.against, known.commit) == (
            event.base, event.against, event.commit,
        )  # fmt: skip
        return known if same and not self.again else None

    async def _trial(
        self, what: str, a: str, b: str, mode: Mode, *, blame: bool = True
    ) -> TrialOutcome:
        world, config = self.world, self.world.config
        protect = (*config.scope.protect, *self.sealed)
        judged = replace(config, scope=replace(config.scope, protect=protect))
        lab = Lab(config=judged, store=world.store, base=self.judges, executor=world.executor,
                  label=world.label)  # fmt: skip
        plan = None
        if mode == "judge":
            calibration = world.state.calibrations.get(self._worker)
            noise = calibration.noise if calibration is not None else None
            plan = design(config, noise, config.judge.alpha)
        seed = random.Random(f"{config.measure.seed}:{a}:{b}:{mode}").randrange(1, 2**31)  # noqa: S311
        spec = trials.spec(
            lab, f"branch.{what}.{mode}", a=a, b=b, mode=mode, design=plan,
            pairs=fixed_pairs(config, config.measure.stack_pairs), seed=seed,
            worker=self._worker,
        )  # fmt: skip
        # equal code is checked too where the question is whether it passes
        spec = replace(spec, distinct=a == b)
        outcome = await self._attempts(lab, spec, what)
        if blame:
            trials.blame_target(outcome, f"{self.upstream} itself failed")
        return outcome

    async def _attempts(self, lab: Lab, spec: TrialSpec, what: str) -> TrialOutcome:
        def watch(progress: Progress) -> None:
            self.world.moving(what, progress)

        for _ in range(trials.ATTEMPTS - 1):
            try:
                return await trials.run(lab, spec, what, watch, self._worker)
            except InfraError:
                continue
        return await trials.run(lab, spec, what, watch, self._worker)

    def _judged(self, outcome: TrialOutcome) -> tuple[Verdict, Effect | None]:
        """The judge's verdict, and the effect over all pairs, those after the decision as well."""
        config = self.world.config
        calibration = self.world.state.calibrations.get(self._worker)
        noise = calibration.noise if calibration is not None else None
        given = verdict(config, design(config, noise, config.judge.alpha), outcome)
        enough = outcome.fault is None and len(outcome.pairs) > 1 and not outcome.identical
        return given, self._goal(outcome) if enough else None

    @property
    def _worker(self) -> str:
        return measuring(self.world.config.workers)[0].name

    def _goal(self, outcome: TrialOutcome) -> Effect:
        goal, confidence = self.world.config.goal, self.world.config.judge.final_confidence
        return fixed_effect(outcome.pairs, goal.metric, goal.direction, confidence)


def _person_kept(experiment: ExperimentState, seen: Effect | None) -> bool:
    """What a person has kept is asked for a gain only, not for being plausible."""
    person = experiment.person
    return person is not None and person.decision == "keep" and seen is not None and seen.low > 0
