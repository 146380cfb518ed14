"""The reader of forks: what others have done to the same code, ranked by where the time goes."""

import hashlib
from datetime import UTC, datetime
from time import process_time

from whet.errors import InfraError, NotReady, UserError
from whet.git.history import Commit
from whet.model.idea import Evidence, Idea, Ruling
from whet.model.research import Document, Effort, Errand, Findings, RuledOut
from whet.ports import Inquiry, Reader, Shelf
from whet.readers.forks.features import place
from whet.readers.forks.survey import Offer, Survey, Wish, survey, taken
from whet.readers.tools import Tools
from whet.report.escape import visible

MOST = 40
"""Commits of one fork that become evidence; more would not be read."""

_QUOTE = 600


def reader(tools: Tools) -> Reader:
    """The reader that `whet research --sources forks` asks."""
    return Forks(tools)


class Forks:
    """Reads forks by git alone."""

    name = "forks"

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    def plan(self, inquiry: Inquiry) -> tuple[Errand, ...]:
        """One errand for each fork in the configuration."""
        forks = inquiry.config.research.forks
        if not forks:
            return (
                Errand(
                    what="forks: none is named",
                    problem="no fork is named",
                    hint="whet config set research.forks 'OWNER/NAME'",
                ),
            )
        most = float(inquiry.config.research.max_megabytes)
        return tuple(
            Errand(what=f"commits of {fork} that the base lacks", subject=fork,
                   effort=Effort(requests=0 if inquiry.offline else 2, seconds=60.0,
                                 megabytes=0.0 if inquiry.offline else most))
            for fork in forks
        )  # fmt: skip

    def read(self, inquiry: Inquiry, errand: Errand) -> Findings:
        """Mine one fork. One that cannot be had is a problem, and the others are read."""
        began = process_time()
        try:
            found = survey(self._tools, errand.subject, wish(inquiry))
        except (InfraError, NotReady, UserError) as error:
            return Findings(problems=(f"{errand.subject}: {error.message}",))
        offers = taken(self._tools, found, found.offers[:MOST])
        evidence = tuple(evidence_of(one, inquiry.shelf, inquiry.base) for one in offers)
        open_, shut = [], []
        for one in offers:
            if one.refused:
                shut.append(RuledOut(idea=idea_of(one), ruling=ruling_of(one)))
            else:
                open_.append(idea_of(one))
        return Findings(
            evidence=evidence,
            ideas=tuple(open_),
            ruled_out=tuple(shut),
            documents=tuple(_document(one) for one in offers),
            problems=problems(found, errand.subject),
            effort=Effort(seconds=process_time() - began),
        )


def wish(inquiry: Inquiry) -> Wish:
    """What a fork is surveyed for, with what the profile knows."""
    hot = [one for one in inquiry.evidence if one.kind == "hot-function"]
    return Wish(
        base=inquiry.incumbent or inquiry.base,
        scope=inquiry.config.scope,
        offline=inquiry.offline,
        until=end_of(inquiry.as_of),
        exclude=inquiry.exclude,
        hot={name: one.value or 0.0 for one in hot for name in one.functions},
        hot_files=frozenset(path for one in hot for path in one.files),
    )


def end_of(date: str) -> int:
    """The last second of an ISO date, UTC; 0 for no date."""
    if not date:
        return 0
    return int(datetime.fromisoformat(f"{date[:10]}T23:59:59+00:00").timestamp())


def start_of(date: str) -> int:
    """The first second of an ISO date, UTC; 0 for no date."""
    return end_of(date) - 86399 if date else 0


def evidence_of(one: Offer, shelf: Shelf, base: str) -> Evidence:
    """The commit as evidence; where only the thought may be taken, its text is not shown."""
    commit = one.mined.commit
    message = commit.message.encode()
    quote = message[:_QUOTE].decode(errors="ignore")
    return Evidence(
        key=one.key,
        same_as=(origin(commit),),
        reader="forks",
        kind="commit",
        locator=one.fork.commit_url(commit.id),
        quote=quote,
        title=one.title,
        digest=shelf.put(message),
        span=(0, len(quote.encode())),
        licence=one.licence,
        copy_ok=one.copy_ok,
        published=datetime.fromtimestamp(min(commit.authored, 4102444800), UTC).date().isoformat(),
        author=visible(commit.author),
        commit=base,
        functions=one.mined.hot,
        files=tuple(row.path for row in one.mined.entries if place(row.path) == "code")[:20],
        techniques=one.mined.features.techniques,
        status=one.mined.status,
        claims=one.mined.features.claims,
        score=round(one.mined.score, 4),
        why=one.mined.features.why,
    )


def origin(commit: Commit) -> str:
    """What a commit is called wherever it was cherry-picked to: by author, time and subject."""
    text = "\0".join(map(str, commit.origin))
    return f"origin:{hashlib.sha256(text.encode(errors='surrogateescape')).hexdigest()[:12]}"


def idea_of(one: Offer) -> Idea:
    """To take the commit over, or where that may not be, to do the same in other words."""
    signs = ", ".join(one.mined.features.why[:4])
    features = one.mined.features
    return Idea(
        id="",
        title=one.title,
        mechanism=f"Take over a commit of {one.fork.name}: {signs}",
        evidence=(one.key,),
        source="forks",
        key=f"take:{one.key}",
        technique=features.techniques[0] if features.techniques else "",
        functions=one.mined.hot,
        files=tuple(row.path for row in one.taken)[:20],
        claims=features.claims,
        commit=one.commit,
        after=one.after,
    )


def ruling_of(one: Offer) -> Ruling:
    """Why a commit is not taken over."""
    if one.gate == "licence":
        return Ruling(
            code="licence",
            reason=one.refused,
            reopen_if="you may copy it: --allow-licence, or somebody writes it anew",
            evidence=one.key,
        )
    return Ruling(code="off-path", reason=one.refused, reopen_if="the scope changes",
                  evidence=one.key)  # fmt: skip


def problems(found: Survey, fork: str) -> tuple[str, ...]:
    """What of a fork was not read, each a sentence."""
    said = [f"{fork}: {text}" for text in found.mine.problems]
    if found.mine.absent:
        some = ", ".join(found.mine.absent[:3])
        said.append(f"{fork}: contents absent or huge, not read: {some}")
    if found.mine.lineage.cut:
        said.append(f"{fork}: the {found.mine.lineage.cut} oldest commits were not read")
    return tuple(said)


def _document(one: Offer) -> Document:
    commit = one.mined.commit
    return Document(
        key=one.key, reader="forks", kind="commit", title=one.title,
        locator=one.fork.commit_url(commit.id), text=commit.message,
        published=datetime.fromtimestamp(min(commit.authored, 4102444800), UTC).date().isoformat(),
        names=(*one.mined.hot, *(row.path for row in one.taken)),
    )  # fmt: skip
