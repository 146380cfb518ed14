"""What was tried before: requests that were not merged, what was taken back, other campaigns.

The first two are read by git: a request's commits are refs of the repository, so no API is asked.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from time import process_time

from whet.errors import InfraError, NotReady, UserError
from whet.git.address import Address, address
from whet.git.call import GitError, git
from whet.git.history import Commit, FilePatch, commits, patches
from whet.git.joint import join
from whet.git.mirror import REQUESTS, mirror
from whet.model.idea import Evidence, Idea, Ruling
from whet.model.research import Effort, Errand, Findings, RuledOut
from whet.places import mirrors
from whet.ports import Inquiry
from whet.readers import campaigns
from whet.readers.forks.features import Features, features, place
from whet.readers.forks.lines import added
from whet.readers.forks.mine import in_tree
from whet.readers.forks.reader import end_of, origin
from whet.readers.tools import Tools
from whet.report.escape import cut, visible
from whet.report.figures import plural

_MOST = 40
"""Requests, and reverts, that become evidence."""
_COMMITS = 20_000
_LEAST = 4
"""Points from which on a change looks like one about speed."""
_THERE = 0.6
"""The share of a request's lines that has to be in the target for it to be merged."""
_QUOTE = 600

_NUMBER = re.compile(r"refs/(?:pull|merge-requests)/(\d+)/head")
_MERGED = re.compile(
    r"\(#(\d+)\)\s*$|^Merge pull request #(\d+)\b|See merge request \S*!(\d+)", re.MULTILINE
)
_REVERTS = re.compile(r"This reverts commit ([0-9a-f]{7,64})")
_QUOTED = re.compile(r'Revert "(.+)"$')


def reader(tools: Tools) -> "History":
    """The reader of history."""
    return History(tools=tools)


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Reads the target's own past."""

    tools: Tools
    name: str = "history"

    def plan(self, inquiry: Inquiry) -> tuple[Errand, ...]:
        """What was taken back or tried, which is here; requests, which are where it is from."""
        own = Errand(what="changes for speed that were taken back", subject="reverts",
                     effort=Effort(seconds=20.0))  # fmt: skip
        here = tuple(
            Errand(what=f"what {plural(len(names), 'other campaign')} here tried",
                   subject="campaigns", effort=Effort(seconds=2.0))
            for names in [campaigns.others(inquiry)] if names
        )  # fmt: skip
        where = self._where(inquiry)
        if where is None:
            return own, *here, Errand(
                what="pull requests", problem="nobody says where this project is",
                hint="whet config set research.repository OWNER/NAME",
            )  # fmt: skip
        asked = 0 if inquiry.offline or where.local else 2
        most = float(inquiry.config.research.max_megabytes) if asked else 0.0
        return own, *here, Errand(
            what=f"pull requests of {where.name} that were not merged", subject="requests",
            effort=Effort(requests=asked, seconds=60.0, megabytes=most),
        )  # fmt: skip

    def read(self, inquiry: Inquiry, errand: Errand) -> Findings:
        """Do one of them."""
        began = process_time()
        if errand.subject == "campaigns":
            evidence, problems = campaigns.read(inquiry)
            spent = Effort(seconds=process_time() - began)
            return Findings(evidence=evidence, problems=problems, effort=spent)
        if errand.subject == "reverts":
            evidence, out = self._reverts(inquiry)
            spent = Effort(seconds=process_time() - began)
            return Findings(evidence=evidence, ruled_out=out, effort=spent)
        try:
            evidence, ideas = self._requests(inquiry)
        except (InfraError, NotReady, UserError) as error:
            return Findings(problems=(f"pull requests: {error.message}",))
        spent = Effort(seconds=process_time() - began)
        return Findings(evidence=evidence, ideas=ideas, effort=spent)

    def _where(self, inquiry: Inquiry) -> Address | None:
        text = inquiry.config.research.repository
        try:
            if not text:
                out = git("config", "--get", "remote.origin.url", git_dir=self.tools.repo.common)
                text = out.decode(errors="replace").strip()
            return address(text, inquiry.root)
        except (GitError, UserError):
            return None

    def _reverts(self, inquiry: Inquiry) -> tuple[tuple[Evidence, ...], tuple[RuledOut, ...]]:
        source = self.tools.store.path
        until = end_of(inquiry.as_of)
        log = [one for one in commits(source, inquiry.base, most=_COMMITS)
               if not until or max(one.authored, one.committed) <= until]  # fmt: skip
        undone = _undone(log)
        read = dict(patches(source, [one.id for one, _ in undone]))
        evidence, out = [], []
        for one, by in undone:
            seen = features(one.subject, one.body, read.get(one.id, []))
            key = _commit_key(self._where(inquiry), by)
            if seen.points < _LEAST or _excluded(inquiry, key, by.id, one.id):
                continue
            found = _evidence(inquiry, key, by, read.get(one.id, []), seen, kind="revert")
            evidence.append(found)
            idea = _idea(one.subject, found, seen)
            ruling = Ruling(
                code="undone-upstream", reason=f"it was done and taken back in {by.id[:12]}",
                reopen_if="what it was taken back for is no more", evidence=key,
            )  # fmt: skip
            out.append(RuledOut(idea=idea, ruling=ruling))
        return tuple(evidence[:_MOST]), tuple(out[:_MOST])

    def _requests(self, inquiry: Inquiry) -> tuple[tuple[Evidence, ...], tuple[Idea, ...]]:
        where = self._where(inquiry)
        if where is None:
            raise NotReady("nobody says where this project is", hint="git remote -v")
        found = mirror(where, mirrors(), now=self.tools.clock.now(), wanted=REQUESTS,
                       offline=inquiry.offline)  # fmt: skip
        folder = self.tools.cache / "joint" / f"requests-{found.path.name}"
        source = join(folder, (found.path, self.tools.store.path))
        heads = {int(match[1]): commit for name, commit in found.refs().items()
                 if (match := _NUMBER.fullmatch(name))}  # fmt: skip
        rows = _open(source, inquiry, heads)
        made = [_request(inquiry, where, *row) for row in rows]
        kept = [(seen, one) for seen, one in made if not _excluded(inquiry, one.key, one.locator)]
        kept.sort(key=lambda pair: (-pair[1].score, pair[1].key))
        return (
            tuple(one for _, one in kept[:_MOST]),
            tuple(_idea(one.title, one, seen) for seen, one in kept[:_MOST]),
        )


_Row = tuple[int, Commit, Commit, list[FilePatch], Features]
"""Number, first and last commit, all changes, and what they look like."""


def _open(source: Path, inquiry: Inquiry, heads: Mapping[int, str]) -> Iterable[_Row]:
    """The requests that look like speed and are not in the base."""
    until = end_of(inquiry.as_of)
    own = {one.id: one for one in commits(source, *heads.values(), "--not", inquiry.base)}
    merged = _merged(source, inquiry.base)
    chains = {
        number: chain
        for number, head in heads.items()
        if number not in merged and (chain := _chain(own, head))
        and (not until or max(chain[-1].authored, chain[-1].committed) <= until)
    }  # fmt: skip
    read = dict(patches(source, list({one.id for chain in chains.values() for one in chain})))
    files = {number: [each for one in chain for each in read.get(one.id, [])]
             for number, chain in chains.items()}  # fmt: skip
    marks = {number: added(_code(found)) for number, found in files.items()}
    here = in_tree(source, inquiry.base, frozenset().union(*marks.values()))
    for number, chain in sorted(chains.items()):
        text = "\n".join(one.message for one in chain)
        seen = features(chain[0].subject, text, files[number])
        there = len(marks[number] & here) / max(1, len(marks[number]))
        if seen.points >= _LEAST and there < _THERE:
            yield number, chain[0], chain[-1], files[number], seen


def _chain(own: Mapping[str, Commit], head: str) -> list[Commit]:
    """A request's commits, oldest first, without merges."""
    found: list[Commit] = []
    at = own.get(head)
    while at is not None and len(found) < 200:
        if len(at.parents) < 2:
            found.append(at)
        at = own.get(at.parents[0]) if at.parents else None
    return found[::-1]


def _merged(source: Path, base: str) -> frozenset[int]:
    """Numbers of the requests that the base's messages say it has."""
    numbers: set[int] = set()
    for one in commits(source, base, most=_COMMITS):
        numbers |= {int(a or b or c) for a, b, c in _MERGED.findall(one.message)}
    return frozenset(numbers)


def _code(files: Iterable[FilePatch]) -> list[FilePatch]:
    return [one for one in files if place(one.path) in ("code", "build", "vendored")]


def _undone(log: Sequence[Commit]) -> list[tuple[Commit, Commit]]:
    """Changes that were taken back, each with the commit that did; not those done again."""
    by_id = {one.id: one for one in log}
    by_subject = {one.subject: one for one in reversed(log)}
    found: dict[str, Commit] = {}
    for one in log:
        named, quoted = _REVERTS.search(one.message), _QUOTED.match(one.subject)
        target = None
        if named is not None:
            target = by_id.get(named[1]) or next(
                (other for other in log if other.id.startswith(named[1])), None
            )
        elif quoted is not None:
            target = by_subject.get(quoted[1])
        if target is not None and one.id not in found:
            found.setdefault(target.id, one)
    again = {one.subject: one.authored for one in reversed(log)}
    return [(by_id[name], by) for name, by in found.items()
            if again[by_id[name].subject] <= by.authored]  # fmt: skip


def _request(
    inquiry: Inquiry, where: Address, number: int, first: Commit, last: Commit,
    files: Sequence[FilePatch], seen: Features,
) -> tuple[Features, Evidence]:  # fmt: skip
    owner = where.name.partition("/")[2]
    key = f"pr:{owner}#{number}"
    found = _evidence(inquiry, key, first, files, seen, kind="pull-request")
    host = "https://" + where.name if "/" in where.name and not where.local else where.name
    middle = "-/merge_requests" if where.name.startswith("gitlab") else "pull"
    said = replace(found, locator=f"{host}/{middle}/{number}",
                   same_as=(_commit_key(where, last), origin(last)))  # fmt: skip
    return seen, said


def _evidence(
    inquiry: Inquiry, key: str, one: Commit, files: Sequence[FilePatch], seen: Features, *,
    kind: str,
) -> Evidence:  # fmt: skip
    message = one.message.encode()
    quote = message[:_QUOTE].decode(errors="ignore")
    return Evidence(
        key=key, reader="history", kind=kind, locator=f"commit {one.id}", quote=quote,
        title=cut(one.subject, 100), digest=inquiry.shelf.put(message),
        span=(0, len(quote.encode())), author=visible(one.author),
        published=datetime.fromtimestamp(min(one.authored, 4102444800), UTC).date().isoformat(),
        commit=inquiry.base, files=tuple(dict.fromkeys(each.path for each in _code(files)))[:20],
        techniques=seen.techniques, claims=seen.claims, score=round(seen.score, 4), why=seen.why,
        status="reverted" if kind == "revert" else "",
    )  # fmt: skip


def _idea(title: str, found: Evidence, seen: Features) -> Idea:
    return Idea(
        id="", title=cut(title, 100), evidence=(found.key,), source="history",
        mechanism=f"Tried before in this project: {', '.join(seen.why[:4])}",
        key=f"again:{found.key}", technique=seen.techniques[0] if seen.techniques else "",
        files=found.files, claims=seen.claims,
    )  # fmt: skip


def _commit_key(where: Address | None, one: Commit) -> str:
    return f"git:{where.name if where is not None else 'local'}@{one.id[:12]}"


def _excluded(inquiry: Inquiry, *names: str) -> bool:
    return any(
        name == gone or (re.fullmatch("[0-9a-f]{7,64}", gone) and name.startswith(gone))
        for name in names for gone in inquiry.exclude
    )  # fmt: skip
