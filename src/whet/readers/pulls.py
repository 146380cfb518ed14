"""Open pull requests that touch what a change touches: https://docs.github.com/rest/pulls."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from whet.readers.answers import Unread
from whet.readers.door import Door
from whet.readers.paper import one_line

_JSON = "application/vnd.github+json"
_PAGE = 100
_MOST = 30
"""Pull requests whose files are asked for, those that moved last first: each is one request."""

_HUNK = re.compile(r"^@@ -\S+ \+\S+ @@ ?(.*)$", re.MULTILINE)
_NAMED = re.compile(r"([A-Za-z_~][\w:~.]*)\s*\(|\b(?:class|struct|impl|fn|func|def)\s+(\w+)")
_FILE = re.compile(r"^diff --git a/(?:.*) b/(.*)$", re.MULTILINE)

Touched = Mapping[str, frozenset[str]]
"""Paths, each with the functions that the heads of its hunks name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """An open pull request and what it has in common with a change."""

    number: int
    title: str
    url: str
    files: tuple[str, ...]
    functions: tuple[str, ...] = ()
    draft: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Others:
    """What is open in a repository. `problem` says why not all of it was looked at."""

    repository: str
    overlaps: tuple[Overlap, ...] = ()
    looked: int = 0
    """Pull requests whose files were read."""
    open: int = 0
    """Pull requests that were listed; a hundred means at least so many."""
    problem: str = ""


def touched(patch: str) -> Touched:
    """What a patch of git touches."""
    ends = [found.start() for found in _FILE.finditer(patch)]
    parts = [patch[a:b] for a, b in zip(ends, [*ends[1:], len(patch)], strict=True)]
    return {_FILE.match(part)[1]: _functions(part) for part in parts}  # type: ignore[index]


def others(door: Door, repository: str, ours: Touched) -> Others:
    """The open pull requests of a repository that touch files of a change.

    Args:
        door: the way to GitHub, or to what it has said before.
        repository: OWNER/NAME.
        ours: what the change touches.
    """
    wanted: dict[str, str | int] = {
        "state": "open", "sort": "updated", "direction": "desc", "per_page": _PAGE,
    }  # fmt: skip
    try:
        listed = tuple(_listed(door, f"/repos/{repository}/pulls", wanted))
    except Unread as problem:
        return Others(repository=repository, problem=str(problem))
    found, looked, trouble = [], 0, ""
    for one in listed[:_MOST]:
        try:
            theirs = _theirs(door, repository, one["number"])
        except Unread as problem:
            trouble = trouble or str(problem)
            continue
        looked += 1
        if overlap := _overlap(one, theirs, ours):
            found.append(overlap)
    return Others(
        repository=repository, overlaps=tuple(found), looked=looked, open=len(listed),
        problem=trouble,
    )  # fmt: skip


def _overlap(one: Mapping[str, Any], theirs: Touched, ours: Touched) -> Overlap | None:
    files = tuple(path for path in ours if path in theirs)
    if not files:
        return None
    functions = {name for path in files for name in ours[path] & theirs[path]}
    return Overlap(
        number=one["number"], title=one_line(one.get("title")), files=files,
        url=one_line(one.get("html_url")), functions=tuple(sorted(functions)),
        draft=one.get("draft") is True,
    )  # fmt: skip


def _theirs(door: Door, repository: str, number: int) -> Touched:
    path = f"/repos/{repository}/pulls/{number}/files"
    found: dict[str, frozenset[str]] = {}
    for item in _listed(door, path, {"per_page": _PAGE}, key="filename"):
        patch = item.get("patch")
        functions = _functions(patch) if isinstance(patch, str) else frozenset[str]()
        for name in (item.get("filename"), item.get("previous_filename")):
            if isinstance(name, str):
                found[name] = functions
    return found


def _listed(
    door: Door, path: str, wanted: Mapping[str, str | int], key: str = "number"
) -> Iterator[Mapping[str, Any]]:
    data = door.get("github", path, wanted, accept=_JSON).json()
    if not isinstance(data, list):
        raise Unread(f"GitHub sent no list for {path}")
    kind = int if key == "number" else str
    return (item for item in data if isinstance(item, dict) and isinstance(item.get(key), kind))


def _functions(patch: str) -> frozenset[str]:
    heads = (found[1] for found in _HUNK.finditer(patch))
    named = (_NAMED.search(head) for head in heads)
    return frozenset(found[1] or found[2] for found in named if found is not None)
