"""One run of doctor: where trials are started and findings are told."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from whet.git.repo import Repo
from whet.model.config import Config
from whet.model.design import Noise
from whet.model.diagnosis import Diagnosis, Finding, Level, Section
from whet.model.trial import TrialOutcome, TrialSpec
from whet.ports import Progress
from whet.steps import trials
from whet.steps.trials import Lab

Watch = Callable[[Finding], None]
Moved = Callable[[str, Progress], None]
"""Told what is being tried, and where its trial is."""


@dataclass(slots=True, kw_only=True)
class Visit:
    """What every section needs. Trials see the base commit only, never the user's checkout."""

    lab: Lab
    repo: Repo
    ref: str = ""
    quick: bool
    layouts: bool = False
    """Build in several layouts and tell how far they differ."""
    watch: Watch = lambda _: None
    moved: Moved = lambda _, __: None
    noise: Noise | None = None
    findings: list[Finding] = field(default_factory=list)

    @property
    def config(self) -> Config:
        return self.lab.config

    @property
    def diagnosis(self) -> Diagnosis:
        """What has been found so far."""
        ready = all(finding.level != "error" for finding in self.findings)
        return Diagnosis(findings=tuple(self.findings), noise=self.noise, ready=ready)

    def tell(
        self,
        section: Section,
        level: Level,
        text: str,
        *,
        hint: str = "",
        detail: tuple[str, ...] = (),
    ) -> None:
        """Add a finding and show it."""
        finding = Finding(section=section, level=level, text=text, hint=hint, detail=detail)
        self.findings.append(finding)
        self.watch(finding)

    def spec(self, name: str, *, commit: str = "", pairs: int = 0, seed: int = 0) -> TrialSpec:
        """A trial of a commit (the base itself when none is given) against the base.

        It takes a fixed number of pairs and runs no checks; `replace` makes another trial of it.
        """
        spec = trials.spec(
            self.lab,
            name,
            a=self.lab.base,
            b=commit or self.lab.base,
            mode="fixed",
            pairs=pairs,
            seed=self.config.measure.seed + seed,
        )
        return replace(spec, run_checks=False)

    async def trial(self, spec: TrialSpec, what: str) -> TrialOutcome:
        """Run a trial; `what` is a few words for whoever waits.

        Raises:
            InfraError: the worker failed.
        """
        return await trials.run(self.lab, spec, what, lambda progress: self.moved(what, progress))
