"""What GitHub tells of a repository: https://docs.github.com/rest. Shapes are checked here."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from whet.readers.answers import Unread
from whet.readers.door import Door
from whet.readers.paper import one_line

RESULTS = 30

_REMOTE = re.compile(
    r"^(?:https?://(?:[^/@]+@)?|ssh://(?:[^/@]+@)?|git@)[^/:]+(?::\d+)?[/:]"
    r"([\w.-]+)/([\w.-]+?)(?:\.git)?/?$"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """An issue or a pull request."""

    repository: str
    number: int
    title: str
    body: str
    url: str
    created: str
    state: str
    """open or closed, or for a pull request also merged."""
    pull: bool
    merged: str = ""
    """ISO time."""
    closed: str = ""
    labels: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """As that of evidence."""
        return f"{'pr' if self.pull else 'issue'}:{self.repository}#{self.number}"

    @property
    def text(self) -> str:
        """What can be quoted."""
        return f"{self.title}\n\n{self.body}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """What somebody said in a thread."""

    text: str
    url: str
    at: str
    kind: str
    """comment or review."""
    verdict: str = ""
    """Of a review: APPROVED, CHANGES_REQUESTED, COMMENTED."""
    weight: int = 0
    """2 for members and owners, 1 for those whose work was taken before."""


def owned(text: str) -> str:
    """OWNER/NAME of such a text or of the address of a repository; empty for anything else."""
    if re.fullmatch(r"[\w-][\w.-]*/[\w.-]+", text):
        return text
    found = _REMOTE.match(text)
    return f"{found[1]}/{found[2]}" if found else ""


def find(door: Door, repository: str, query: str) -> tuple[Thread, ...]:
    """Issues and pull requests of a repository that a query finds.

    Raises:
        Unread: there is no answer, or not one of its documented shape.
    """
    wanted: dict[str, str | int] = {"q": f"repo:{repository} {query}", "per_page": RESULTS}
    data = door.get("github", "/search/issues", wanted, accept=_JSON).json()
    items = data.get("items") if isinstance(data, dict) else None
    if not isinstance(items, list):
        raise Unread("GitHub sent no list of issues")
    found = (_thread(repository, item) for item in items if isinstance(item, dict))
    return tuple(thread for thread in found if thread is not None)


def remarks(door: Door, thread: Thread) -> Iterator[Remark]:
    """Reviews and comments of a thread, oldest first of each.

    Raises:
        Unread: there is no answer, or not one of its documented shape.
    """
    home = f"/repos/{thread.repository}"
    paths = [(f"{home}/issues/{thread.number}/comments", "comment")]
    if thread.pull:
        paths.insert(0, (f"{home}/pulls/{thread.number}/reviews", "review"))
    for path, kind in paths:
        data = door.get("github", path, {"per_page": RESULTS}, accept=_JSON).json()
        if not isinstance(data, list):
            raise Unread(f"GitHub sent no list of {kind}s")
        yield from (_remark(item, kind) for item in data if isinstance(item, dict))


def licence(door: Door, repository: str) -> str:
    """SPDX id of a repository's licence today, as GitHub sees it; empty when it sees none.

    Raises:
        Unread: there is no answer.
    """
    data = door.get("github", f"/repos/{repository}", accept=_JSON).json()
    found = data.get("license") if isinstance(data, dict) else None
    spdx = one_line(found.get("spdx_id")) if isinstance(found, dict) else ""
    return "" if spdx == "NOASSERTION" else spdx


def read_me(door: Door, repository: str) -> str:
    """The README of a repository.

    Raises:
        Unread: there is none.
    """
    path = f"/repos/{repository}/readme"
    return door.get("github", path, accept="application/vnd.github.raw+json").text


def releases(door: Door, repository: str) -> tuple[Remark, ...]:
    """Notes of the newest releases.

    Raises:
        Unread: there is no answer, or not one of its documented shape.
    """
    path = f"/repos/{repository}/releases"
    data = door.get("github", path, {"per_page": RESULTS}, accept=_JSON).json()
    if not isinstance(data, list):
        raise Unread("GitHub sent no list of releases")
    return tuple(
        Remark(
            text=f"{one_line(item.get('name') or item.get('tag_name'))}\n\n{_text(item, 'body')}",
            url=one_line(item.get("html_url")),
            at=one_line(item.get("published_at")),
            kind="release",
        )
        for item in data
        if isinstance(item, dict)
    )


_JSON = "application/vnd.github+json"
_WEIGHTS = {"OWNER": 2, "MEMBER": 2, "COLLABORATOR": 2, "CONTRIBUTOR": 1}


def _thread(repository: str, item: Mapping[str, Any]) -> Thread | None:
    number, title = item.get("number"), one_line(item.get("title"))
    if not isinstance(number, int) or not title:
        return None
    pull = item.get("pull_request")
    merged = one_line(pull.get("merged_at")) if isinstance(pull, dict) else ""
    labels = item.get("labels")
    return Thread(
        repository=repository,
        number=number,
        title=title,
        body=_text(item, "body"),
        url=one_line(item.get("html_url")),
        created=one_line(item.get("created_at")),
        state="merged" if merged else one_line(item.get("state")),
        pull=isinstance(pull, dict),
        merged=merged,
        closed=one_line(item.get("closed_at")),
        labels=tuple(
            one_line(label.get("name"))
            for label in (labels if isinstance(labels, list) else [])
            if isinstance(label, dict)
        ),
    )


def _remark(item: Mapping[str, Any], kind: str) -> Remark:
    return Remark(
        text=_text(item, "body"),
        url=one_line(item.get("html_url")),
        at=one_line(item.get("submitted_at") or item.get("created_at")),
        kind=kind,
        verdict=one_line(item.get("state")) if kind == "review" else "",
        weight=_WEIGHTS.get(one_line(item.get("author_association")), 0),
    )


def _text(item: Mapping[str, Any], name: str) -> str:
    found = item.get(name)
    return found.replace("\r\n", "\n") if isinstance(found, str) else ""
