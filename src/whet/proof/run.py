"""All campaigns of a proof, one after the other."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from whet import sandbox
from whet.errors import UserError
from whet.model.metric import Goal
from whet.proof.campaign import Setting, judge_alone, judge_stacked
from whet.proof.mix import Mix, truths
from whet.proof.result import OnMachine, Proof
from whet.proof.rules import TAKEN
from whet.proof.score import Campaigns, score
from whet.proof.target import METRIC, has_compiler
from whet.testing.noise import MACHINES
from whet.version import version

MIN_EFFECT = Goal(metric=METRIC).min_effect
"""What whet is told is worth keeping: its default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What is to be proved. With an `effect` all candidates have it, and `mix` says nothing."""

    machines: tuple[str, ...] = ("cloud",)
    candidates: int = 40
    seeds: tuple[int, ...] = (1,)
    mix: Mix = "mixed"
    effect: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Doing:
    """Where a proof is: `judged` of `of` candidates in one of its campaigns."""

    machine: str
    seed: int
    campaign: str
    """alone or stacked."""
    judged: int
    of: int
    number: int
    """Of the campaign, from 1."""
    campaigns: int


Told = Callable[[Doing], None]


def prove(options: Options, told: Told = lambda _: None) -> Proof:
    """Run every campaign and hold whet's verdicts against the truth and against other rules.

    A mixed proof takes two campaigns for each machine and seed: in one every candidate is judged
    alone against the base, which is what the rules are compared on; in the other whet stacks what
    it keeps, as users run it, and says at the end what it gained. Others need only the first.

    Raises:
        UserError: the options make no proof.
        NotReady: git or a shell is missing.
        Interrupted: a signal came; nothing is left behind.
    """
    _fit(options)
    started = time.monotonic()
    series = _Series(options, told)
    machines = tuple(series.on(machine) for machine in options.machines)
    return Proof(
        candidates=options.candidates,
        seeds=options.seeds,
        mix=options.mix,
        effect=options.effect,
        min_effect=MIN_EFFECT,
        machines=machines,
        sandbox=sandbox.detect(),
        version=version(),
        seconds=time.monotonic() - started,
    )


def _fit(options: Options) -> None:
    unknown = [name for name in options.machines if name not in MACHINES]
    if unknown or not options.machines:
        name = unknown[0] if unknown else ""
        raise UserError(f"no machine is called `{name}`; there is {', '.join(MACHINES)}",
                        hint="whet prove --machine cloud")  # fmt: skip
    if options.candidates < 1 or not options.seeds:
        raise UserError("a proof needs a candidate", hint="whet prove --candidates 40")
    if options.effect is not None and not 0 <= options.effect < 1:
        raise UserError("an effect is a share from 0% to 100%", hint="whet prove --effect 2%")


class _Series:
    """Campaigns in a row, counted for whoever watches."""

    def __init__(self, options: Options, told: Told) -> None:
        self._options = options
        self._told = told
        self._compiled = has_compiler()
        self._stacked = options.effect is None and options.mix == "mixed"
        self._number = 0

    def on(self, machine: str) -> OnMachine:
        found = [self._campaigns(machine, seed) for seed in self._options.seeds]
        effect = self._options.effect
        return score(machine, found, min(effect, MIN_EFFECT) if effect else MIN_EFFECT)

    def _campaigns(self, machine: str, seed: int) -> Campaigns:
        options = self._options
        setting = Setting(
            machine=machine,
            seed=seed,
            truths=tuple(truths(options.candidates, seed, options.mix, options.effect)),
            compiled=self._compiled,
        )
        alone = judge_alone(setting, pairs_min=TAKEN, judged=self._counter(setting, "alone"))
        stacked = (
            judge_stacked(setting, judged=self._counter(setting, "stacked"))
            if self._stacked
            else None
        )
        return Campaigns(seed=seed, truths=setting.truths, alone=alone, stacked=stacked)

    def _counter(self, setting: Setting, campaign: str) -> Callable[[], None]:
        self._number += 1
        number, judged = self._number, 0
        each = 2 if self._stacked else 1
        total = each * len(self._options.seeds) * len(self._options.machines)

        def tell() -> None:
            self._told(
                Doing(
                    machine=setting.machine, seed=setting.seed, campaign=campaign, judged=judged,
                    of=len(setting.truths), number=number, campaigns=total,
                )
            )  # fmt: skip

        def count() -> None:
            nonlocal judged
            judged += 1
            tell()

        tell()
        return count
