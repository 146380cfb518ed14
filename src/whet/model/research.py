"""What reading costs and what it brings."""

from dataclasses import dataclass

from whet.model.idea import Evidence, Idea, Ruling


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """What reading takes, or took: network requests, seconds, megabytes moved or written."""

    requests: int = 0
    seconds: float = 0.0
    megabytes: float = 0.0

    def __add__(self, other: "Effort") -> "Effort":
        return Effort(
            requests=self.requests + other.requests,
            seconds=self.seconds + other.seconds,
            megabytes=self.megabytes + other.megabytes,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """One thing a reader would do, said before it does it."""

    what: str
    """For a person: "pull requests of ggml-org/llama.cpp that speak of speed"."""
    subject: str = ""
    """For the reader: a query, a folder, a fork."""
    effort: Effort = Effort()
    """At most."""
    problem: str = ""
    """Why it will not be done; empty for what will."""
    hint: str = ""
    """What can be typed about that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """Something that was read, for `whet search`; not all of it becomes evidence."""

    key: str
    """As that of evidence."""
    reader: str
    kind: str
    title: str
    locator: str
    text: str
    published: str = ""
    names: tuple[str, ...] = ()
    """Functions and files it speaks of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuledOut:
    """An idea that a reader already knows not to be worth a try."""

    idea: Idea
    ruling: Ruling


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What an errand brought. Evidence and ideas have no ids yet, and ideas cite keys."""

    evidence: tuple[Evidence, ...] = ()
    ideas: tuple[Idea, ...] = ()
    ruled_out: tuple[RuledOut, ...] = ()
    documents: tuple[Document, ...] = ()
    problems: tuple[str, ...] = ()
    """What could not be read, each a sentence; the rest counts all the same."""
    effort: Effort = Effort()
    """What it took."""
