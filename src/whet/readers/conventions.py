"""What a project asks of those who change it: rules, owners, and what it says about AI."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from whet.git.store import Store
from whet.model.idea import Evidence
from whet.model.research import Effort, Errand, Findings
from whet.ports import Inquiry
from whet.readers.tools import Tools
from whet.report.handover.policy import policy_files, read_policy

_RULES = 14
_OWNERS = 4
_OWNER_FILES = ("CODEOWNERS", ".github/CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS")
_ASKS = re.compile(
    r"(?i)\b(?:must|should|never|always|please|required?|do not|don't|make sure|avoid|ensure)\b"
)
_TOPICS = re.compile(
    r"(?i)\b(?:tests?|format\w*|lint\w*|clang-format|clang-tidy|style|commits?|squash|benchmark\w*"
    r"|performance|sign-?off|signed-off-by|changelog|warnings?|copyright|licen[cs]e|dependenc\w+"
    r"|portab\w+|c\+\+\d\d|standard|indent\w*|naming|review\w*)\b"
)


def reader(tools: Tools) -> "Conventions":
    """The reader of conventions."""
    return Conventions(store=tools.store)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conventions:
    """Reads the base commit; nothing is run and nothing is asked of a network."""

    store: Store
    name: str = "conventions"

    def plan(self, inquiry: Inquiry) -> tuple[Errand, ...]:
        """One errand, whatever there is to read."""
        del inquiry
        what = "CONTRIBUTING, code owners, what is said about AI"
        return (Errand(what=what, effort=Effort(seconds=0.5)),)

    def read(self, inquiry: Inquiry, errand: Errand) -> Findings:
        """Each rule as evidence; `whet.plan.card` makes one card of them."""
        del errand
        paths = frozenset(self.store.files(inquiry.base))
        texts = {path: self._text(inquiry.base, path) for path in policy_files(paths)}
        found = [
            *_policy(texts),
            *_rules(texts),
            *(
                _Rule("owner", path, number, line)
                for path in _OWNER_FILES
                if path in paths
                for number, line in _owners(self._text(inquiry.base, path))
            ),
        ]
        texts |= {path: self._text(inquiry.base, path) for path in _OWNER_FILES if path in paths}
        evidence = [_evidence(rule, texts[rule.path], inquiry) for rule in found]
        return Findings(evidence=tuple(one for one in evidence if one is not None))

    def _text(self, commit: str, path: str) -> str:
        return (self.store.show(commit, path) or b"").decode(errors="replace")


@dataclass(frozen=True, slots=True)
class _Rule:
    kind: str
    path: str
    line: int
    text: str


def _policy(texts: dict[str, str]) -> Iterator[_Rule]:
    policy = read_policy(texts)
    if policy.path:
        line = texts[policy.path].splitlines()[policy.line - 1 : policy.line]
        quote = policy.quote if policy.quote in texts[policy.path] else "".join(line).strip()
        yield _Rule(f"ai-{policy.kind}", policy.path, policy.line, quote)


def _rules(texts: dict[str, str]) -> Iterator[_Rule]:
    """Lines that ask for something a patch can do or leave, the shortest paths first."""
    count = 0
    for path, text in texts.items():
        for number, line in enumerate(text.splitlines(), start=1):
            said = line.strip().lstrip("-*>0123456789.) ").strip()
            fits = 12 < len(said) <= 300 and _ASKS.search(said) and _TOPICS.search(said)
            if fits and count < _RULES:
                count += 1
                yield _Rule("rule", path, number, said)


def _owners(text: str) -> Iterator[tuple[int, str]]:
    lines = enumerate(text.splitlines(), start=1)
    found = [(n, line.strip()) for n, line in lines if line.strip() and not line.startswith("#")]
    yield from found[:_OWNERS]


def _evidence(rule: _Rule, text: str, inquiry: Inquiry) -> Evidence | None:
    data = text.encode()
    quote = rule.text.encode()
    lines = data.splitlines(keepends=True)
    place = data.find(quote, sum(map(len, lines[: rule.line - 1])))
    if place < 0 or not quote:
        return None
    return Evidence(
        key=f"convention:{inquiry.base[:12]}:{rule.path}:{rule.line}",
        reader="conventions", kind="convention", locator=f"{rule.path}:{rule.line}",
        quote=rule.text, title=rule.kind, digest=inquiry.shelf.put(data),
        span=(place, place + len(quote)), commit=inquiry.base, status=rule.kind, copy_ok="yes",
    )  # fmt: skip
