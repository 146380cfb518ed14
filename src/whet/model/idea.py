"""Why a change is tried: evidence, the idea it supports, and the candidate made for it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One located, quoted fact; `id` is like S07."""

    id: str
    reader: str
    """Where it was found: profile, forks, backends, papers, issues, documents …"""
    locator: str
    """A path with lines, a commit, a URL."""
    quote: str
    title: str = ""
    digest: str = ""
    """SHA-256 of the document the quote is a part of."""
    licence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Idea:
    """A falsifiable claim; `id` is like I07. `predicted` is a range of gains as fractions."""

    id: str
    title: str
    mechanism: str = ""
    evidence: tuple[str, ...] = ()
    predicted: tuple[float, float] | None = None
    refuted_by: str = ""
    theme: str = ""
    """What the ideas of one wave have in common, when somebody has grouped them."""
    source: str = "user"
    """Who formed it: user, agent, a reader's name, or `try` for a change that existed already."""


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

    @property
    def added(self) -> int:
        """Lines added."""
        return sum(change.added for change in self.changes)

    @property
    def removed(self) -> int:
        """Lines removed."""
        return sum(change.removed for change in self.changes)
