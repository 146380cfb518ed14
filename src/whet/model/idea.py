"""Why a change is tried: evidence, the idea it supports, and the candidate made for it."""

from dataclasses import dataclass
from typing import Literal

from whet.model.roof import Roof

CopyOk = Literal["yes", "idea-only", "no"]
"""Whether text may be copied: with attribution; only the thought; not even shown to an agent."""

Cost = Literal["", "small", "medium", "large"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A gain that somebody else reports: never a measurement of ours."""

    gain: float
    """A fraction: 0.05 is 5 % faster."""
    metric: str = ""
    setting: str = ""
    """Hardware and workload it is claimed for, in their words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One located, quoted fact.

    Everything but `id` and `gone` is computed from what was read: the same bytes give the same
    evidence on every machine, whatever wrote the ideas that cite it.
    """

    id: str = ""
    """Its name in the campaign, like S07; empty until it is recorded."""
    key: str = ""
    """What it is, wherever it is met: `git:HOST/OWNER/REPO@SHA12`, `pr:OWNER/REPO#7`,
    `issue:OWNER/REPO#7`, `arxiv:2205.14135`, `doi:10.1/x`, `file:SHA12`, `web:SHA12`,
    `parity:TREE12:ENUM:A+B:TARGET`, `profile:COMMIT12:FUNCTION`, `roofline:COMMIT12:METRIC`."""
    same_as: tuple[str, ...] = ()
    """Other keys of the same thing: a pull request and its commits, a DOI and its preprint."""
    reader: str
    """Where it was found: profile, forks, backends, papers, issues, documents …"""
    kind: str = ""
    """What was found: commit, pull-request, issue, review, revert, paper, sibling, hot-function,
    ceiling, convention, document."""
    locator: str
    """A path with lines, a commit, a URL."""
    quote: str
    """Literally what stands there. Other people's words: shown in a fence, never obeyed."""
    title: str = ""
    digest: str = ""
    """SHA-256 of the document the quote is a part of, among the campaign's blobs."""
    span: tuple[int, int] | None = None
    """Where in that document the quote is: first byte and the one after the last."""
    licence: str = ""
    """SPDX id at that commit or of that text; empty when nobody says."""
    copy_ok: CopyOk = "idea-only"
    published: str = ""
    """ISO date, by the source."""
    author: str = ""
    """Who wrote it, by the source."""
    commit: str = ""
    """The commit of the target it was observed at, for what is measured or read there."""
    functions: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    techniques: tuple[str, ...] = ()
    """Words of `whet.plan.techniques.TECHNIQUES`."""
    value: float | None = None
    """The fraction it is about: a function's share of the time, a share of the ceiling."""
    status: str = ""
    """fork-only, ported, later-upstream, merged, open, closed, reverted; for a ceiling: bandwidth,
    cache, latency, compute or unknown."""
    claims: tuple[Claim, ...] = ()
    score: float = 0.0
    """How much the reader thinks of it, from 0 to 1; `why` says which terms that is made of."""
    why: tuple[str, ...] = ()
    roof: Roof | None = None
    """For a ceiling: where it is below the machine's roofs."""
    gone: str = ""
    """ISO date on which its address led nowhere; the document that was read is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Idea:
    """A falsifiable claim; `id` is like I07. `predicted` is a range of gains as fractions."""

    id: str
    title: str
    mechanism: str = ""
    evidence: tuple[str, ...] = ()
    """Ids of evidence; while a reader hands an idea over, their keys."""
    predicted: tuple[float, float] | None = None
    refuted_by: str = ""
    theme: str = ""
    """What the ideas of one wave have in common, when somebody has grouped them."""
    source: str = "user"
    """Who formed it: user, agent, a reader's name, or `try` for a change that existed already."""
    key: str = ""
    """What it is, however it is worded: computed from its technique and its targets."""
    technique: str = ""
    """A word of `whet.plan.techniques.TECHNIQUES`."""
    functions: tuple[str, ...] = ()
    """What it would change."""
    files: tuple[str, ...] = ()
    condition: str = ""
    """When it may be done at all: what others check before they do it."""
    bound: float | None = None
    """The largest gain it can have, as a fraction: Amdahl's law on the time it can take away."""
    bound_from: str = ""
    """The evidence, or the reason, of that bound."""
    claims: tuple[Claim, ...] = ()
    cost: Cost = ""
    risk: str = ""
    differs_from_failed: str = ""
    """What is different from an attempt that failed before, where there was one."""
    commit: str = ""
    """A commit in whet's store that does it already: its difference from its parent is taken over,
    and no agent is asked."""
    after: tuple[str, ...] = ()
    """Such commits that are taken over with it, oldest first, as many of the last as are needed for
    it to fit."""


Reason = Literal[
    "bandwidth-ceiling",
    "off-path",
    "below-noise",
    "already-upstream",
    "undone-upstream",
    "failed-here",
    "licence",
    "no-evidence",
    "other-metric",
    "other-workload",
    "duplicate",
    "merge",
    "analysis",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """Why an idea is not tried, and what would open it again."""

    code: Reason
    reason: str
    reopen_if: str
    evidence: str = ""
    """The evidence that says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a patch does to one file; modes are octal as git prints them."""

    path: str
    status: str
    """A, M, D or T, as git prints it."""
    old_mode: str
    new_mode: str
    added: int
    removed: int
    binary: bool = False
    link: str = ""
    """Where a symbolic link points."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One concrete change: a commit with a parent, made for an idea.

    `commit` is empty when the patch does not apply to its parent; then `problem` says why.
    """

    idea: str
    commit: str
    parent: str
    changes: tuple[Change, ...] = ()
    author: str = "user"
    problem: str = ""
    patch: str = ""
    """Digest of the patch among the campaign's blobs."""
    left_out: tuple[str, ...] = ()
    """Generated files of a change that was taken over: they conflict, and stayed as they were."""

    @property
    def added(self) -> int:
        """Lines added."""
        return sum(change.added for change in self.changes)

    @property
    def removed(self) -> int:
        """Lines removed."""
        return sum(change.removed for change in self.changes)
