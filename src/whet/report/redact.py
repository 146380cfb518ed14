"""What must not leave the machine with a report: home paths, host names, secrets."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_HOME = "~"

_START = r"(?:(?<![\w.~/-])|(?<=-[BFIL]))"
"""Where a path may begin: not inside a longer one, but right after a compiler's flag."""

_USER_HOME = re.compile(
    _START + r"(?:/home|/Users|/var/home|[A-Za-z]:(?:\\{1,2}|/)Users)[/\\]{1,2}"
    r"[^/\\\s\"'`<>|:;,]+"
)
"""Homes of whoever it may be, as Linux, macOS and Windows write them."""

_TELLING = re.compile(r"[0-9.-]")
"""What a host name has that a word has not."""

_EVERYWHERE = frozenset({"", "localhost", "localhost.localdomain", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that looks like a secret; `shown` is its harmless beginning."""

    kind: str
    line: int
    shown: str

    def __str__(self) -> str:
        """One phrase that does not give the secret away."""
        return f"{self.kind} in line {self.line} ({self.shown}…)"


def redact(text: str, hosts: Sequence[str] = (), homes: Sequence[str] = ()) -> str:
    """The text with `~` for homes and `host1`, `host2` … for host names.

    A host whose name is a mere word ("bench") is replaced only where it stands as a host: in an
    address, or as the value of a field called host. Elsewhere the word means something else.
    """
    for home in sorted({home.rstrip("/\\") for home in homes} - {""}, key=len, reverse=True):
        start = "" if home.count("/") > 1 else _START
        text = re.sub(rf"{start}{re.escape(home)}(?![\w.-])", _HOME, text)
    text = _USER_HOME.sub(_HOME, text)
    named = [host for host in dict.fromkeys(hosts) if host.lower() not in _EVERYWHERE]
    for number, host in enumerate(named, 1):
        for name in _names(host):
            text = _without_host(text, name, f"host{number}")
    return text


def secrets(text: str) -> tuple[Finding, ...]:
    """Everything that looks like a key, a token or a password, in the order of the lines.

    Commit ids and digests do not count, nor do names of variables and other placeholders.
    """
    return tuple(
        finding
        for number, line in enumerate(text.split("\n"), 1)
        for finding in _in_line(line, number)
    )


def _names(host: str) -> tuple[str, ...]:
    """The whole name first, then its first label where that alone tells the host."""
    short = host.partition(".")[0]
    return (host, short) if short != host and not short.isdigit() else (host,)


def _without_host(text: str, name: str, stand_in: str) -> str:
    escaped = re.escape(name)
    if _TELLING.search(name):
        return re.sub(rf"(?i)(?<![\w.-]){escaped}(?![\w-])", stand_in, text)
    standing = rf"(?i)(?:(?<=@)|(?<=://)|(?<=\"host\": \")|(?<=\"host\":\")){escaped}(?![\w-])"
    return re.sub(standing, stand_in, text)


_KNOWN = (
    ("a private key", re.compile(r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----")),
    ("an AWS access key", re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b")),
    ("a GitHub token", re.compile(r"\b(?:gh[oprsu]_[A-Za-z0-9]{36,}|github_pat_\w{22,})")),
    ("a GitLab token", re.compile(r"\bglpat-[\w-]{20,}")),
    ("a Google API key", re.compile(r"\bAIza[\w-]{35}")),
    ("a Slack token", re.compile(r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}")),
    ("a Stripe key", re.compile(r"\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,}")),
    ("a Hugging Face token", re.compile(r"\bhf_[A-Za-z0-9]{30,}")),
    ("an npm token", re.compile(r"\bnpm_[A-Za-z0-9]{36}")),
    ("a PyPI token", re.compile(r"\bpypi-[\w-]{50,}")),
    ("a JSON web token", re.compile(r"\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}")),
)

_GIVEN = (
    ("an API key", re.compile(r"\bsk-([A-Za-z0-9_-]{20,200})")),
    (
        "a password in an address",
        re.compile(r"\b[a-z][a-z0-9+.-]{0,20}://[^/\s:@\"']{1,200}:([^/\s@\"']{3,200})@"),
    ),
    (
        "an authorization header",
        re.compile(
            r"(?i)\bauthorization[\"']?\s*[:=]\s*[\"']?(?:basic|bearer|token)\s+([\w.~+/=-]{12,})"
        ),
    ),
    (
        "a password or key",
        re.compile(
            r"(?i)(?<![a-z])(?:api[_-]?key|access[_-]?key|secret(?:[_-]key)?|(?:auth[_-]?)?token"
            r"|passw(?:or)?d|pwd)\\?[\"']?\s*[:=]\s*\\?[\"']?([^\s\"'\\,;]{10,})"
        ),
    ),
)
"""The first group is the secret, if it is one."""

_PLACEHOLDER = re.compile(r"[$<>{}*]|\.\.\.|…|(?i:example|redacted|changeme|placeholder|xxxx)")


def _in_line(line: str, number: int) -> Iterator[Finding]:
    taken: list[tuple[int, int]] = []
    for kind, pattern in _KNOWN:
        for match in pattern.finditer(line):
            taken.append(match.span())
            yield Finding(kind=kind, line=number, shown=match.group()[:4])
    for kind, pattern in _GIVEN:
        for match in pattern.finditer(line):
            known = any(start <= match.start(1) < end for start, end in taken)
            if not known and _random(match.group(1)):
                taken.append(match.span(1))
                yield Finding(kind=kind, line=number, shown=match.group(1)[:2])


def _random(text: str) -> bool:
    """Whether a value could be a secret: letters and digits mixed, and no placeholder."""
    if _PLACEHOLDER.search(text):
        return False
    mixed = any(c.isdigit() for c in text) and any(c.isalpha() for c in text)
    return mixed and len(set(text)) >= 3
