"""Whether an address that evidence has still leads to something: only whoever keeps it is asked.

Commits, pull requests and issues are asked of GitHub (https://docs.github.com/rest), papers of
arXiv. Whether any other address is alive would take a door to everywhere, and there is none.
"""

import re
from typing import Literal

from whet.readers.answers import Unread
from whet.readers.door import Door

_PLACES = (
    (re.compile(r"https://github\.com/([\w.-]+)/([\w.-]+)/commit/([0-9a-f]{7,40})\b"),
     "github", "/repos/{0}/{1}/commits/{2}", "application/vnd.github+json"),
    (re.compile(r"https://github\.com/([\w.-]+)/([\w.-]+)/(?:pull|issues)/(\d+)\b"),
     "github", "/repos/{0}/{1}/issues/{2}", "application/vnd.github+json"),
    (re.compile(r"https://github\.com/([\w.-]+)/([\w.-]+)/releases/tag/([\w.+-]+)$"),
     "github", "/repos/{0}/{1}/releases/tags/{2}", "application/vnd.github+json"),
    (re.compile(r"https?://arxiv\.org/abs/([\w.-]+(?:/\d+)?)$"),
     "arxiv", "/abs/{0}", "text/html"),
)  # fmt: skip

_GONE = (404, 410)

Seen = Literal["there", "gone", "unknown"]


def look(door: Door, locator: str) -> tuple[Seen, str]:
    """Ask whoever keeps an address whether there is something, and what was said where not.

    A service that is away, refuses or is not asked (`offline`) says nothing about the address.
    """
    for pattern, service, path, accept in _PLACES:
        if found := pattern.match(locator):
            return _asked(door, service, path.format(*found.groups()), accept)
    return "unknown", ""


def _asked(door: Door, service: str, path: str, accept: str) -> tuple[Seen, str]:
    try:
        door.get(service, path, accept=accept)
    except Unread as problem:
        last = door.journal[-1] if door.journal else None
        gone = last is not None and not last.failed and last.status in _GONE
        return ("gone" if gone else "unknown"), str(problem)
    return "there", ""
