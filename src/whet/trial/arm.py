"""One candidate of a block while it is tried: everything that will be its outcome."""

from dataclasses import dataclass, field

from whet.model.sampling import Examined
from whet.model.trial import (
    Fault,
    Fingerprint,
    Invocation,
    Pair,
    Side,
    Stage,
    StageName,
    TrialOutcome,
    TrialSpec,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Blame:
    """A side failed too often to be measured."""

    side: Side
    fault: Fault
    detail: str
    log: str = ""
    hint: str = ""


@dataclass(slots=True, kw_only=True)
class Arm:
    """A candidate in its block.

    `seconds` are those of its own invocations and of its share of the incumbent's.
    """

    spec: TrialSpec
    stages: list[Stage] = field(default_factory=list)
    pairs: list[Pair] = field(default_factory=list)
    fresh: list[Pair] = field(default_factory=list)
    warmups: list[Invocation] = field(default_factory=list)
    failures: dict[Side, int] = field(default_factory=lambda: {"a": 0, "b": 0})
    shared: int = 0
    layouts: int = 1
    identical: bool = False
    screened: bool = False
    accepted: bool = False
    blame: Blame | None = None
    seconds: float = 0.0
    invocations: tuple[Invocation, ...] = ()
    examined: Examined | None = None

    @property
    def over(self) -> bool:
        """Whether a stage has ended badly, or there is nothing to measure."""
        pointless = self.identical and self.spec.mode != "fixed"
        return pointless or self.screened or not all(stage.ok for stage in self.stages)

    @property
    def alive(self) -> bool:
        """Whether its trial goes on."""
        return not self.over and self.blame is None

    def charge(self, pair: Pair, *, sharing: int, own: bool) -> None:
        """Count a pair's time.

        Args:
            pair: the pair.
            sharing: how many candidates the incumbent's invocation is in a pair with.
            own: whether that is counted as this candidate's.
        """
        self.shared += not own
        self.seconds += pair.b.wall + pair.a.wall / sharing

    def ended(self, name: StageName, seconds: float) -> Stage:
        """The stage in which the side to blame gave up, or which came to its end."""
        blame = self.blame
        if blame is None:
            return Stage(name=name, ok=True, seconds=seconds)
        fault: Fault = "incumbent" if blame.side == "a" else blame.fault
        return Stage(
            name=name, ok=False, seconds=seconds, fault=fault, detail=blame.detail, log=blame.log,
            hint=blame.hint,
        )  # fmt: skip

    def outcome(
        self, fingerprint: Fingerprint, *, seconds: float, overhead: float = 0.0
    ) -> TrialOutcome:
        """What was seen of it. `seconds` and `overhead` are its part of the block's."""
        return TrialOutcome(
            id=self.spec.id,
            fingerprint=fingerprint,
            stages=tuple(self.stages),
            pairs=tuple(self.pairs),
            fresh=tuple(self.fresh),
            warmups=tuple(self.warmups),
            identical=self.identical,
            screened=self.screened,
            failures=dict(self.failures),
            shared=self.shared,
            layouts=self.layouts,
            seconds=seconds,
            overhead=overhead,
            invocations=self.invocations,
            examined=self.examined,
        )
