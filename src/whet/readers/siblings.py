"""Siblings in one tree: parts that do the same in several ways, and what each of them fuses. Pure.

Learnt from the tree alone: which folders are siblings, which list of operations they share (an
enum outside of them that most of them use), and which operations each names together in one list,
call or run of assignments. What many name together and one does not is a gap.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

SOURCES = frozenset({
    ".c", ".h", ".cc", ".cpp", ".cxx", ".hpp", ".hh", ".cu", ".cuh", ".m", ".mm", ".metal", ".rs",
    ".go", ".zig", ".py", ".java", ".kt", ".swift", ".cl", ".hip",
})  # fmt: skip
_PARENTS = frozenset({"arch", "backend", "backends", "platform", "platforms", "targets", "kernels"})
_ASIDE = frozenset({"test", "tests", "testing", "doc", "docs", "example", "examples", "vendor",
                    "third_party", "thirdparty"})  # fmt: skip
_LEAST_OPERATIONS = 4
_LONGEST = 5
"""Operations in one list: longer ones are tables of everything."""
_NEAR = 160
"""Characters between two operations of one list."""

_ENUM = re.compile(r"\benum\s+(class\s+|struct\s+)?(\w+)?[^{};()]*\{([^{}]*)\}")
_MEMBER = re.compile(r"^\s*(?:#\[[^\]]*\]\s*)*([A-Za-z_]\w*)\s*(?:=[^,]*|\([^)]*\))?\s*$")
_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_ASKS = re.compile(r"\b(?:if|while|return|match)\b|=")
_GUARD_LINES = 4
_BETWEEN = re.compile(r"\s*,\s*|\s*;\s*\w+\[\d+\]\s*=\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Siblings by name, each with its files."""

    folder: str
    members: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """Operations that siblings share: the enum, and for each operation the word code says."""

    enum: str
    words: Mapping[str, str]
    """From a word in the code, such as `GGML_OP_MUL`, to the operation, such as `MUL`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a sibling names operations together; `start` and `end` are characters of its file."""

    path: str
    line: int
    start: int
    end: int


@dataclass(slots=True, kw_only=True)
class Gap:
    """Operations that siblings take together and one member does not."""

    operations: tuple[str, ...]
    who: dict[str, list[Place]] = field(default_factory=dict)


def families(paths: Sequence[str]) -> tuple[Family, ...]:
    """Folders whose children look like siblings: a common prefix, or a parent that says so."""
    children: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for path in paths:
        place = PurePosixPath(path)
        if place.suffix not in SOURCES or _ASIDE & set(place.parts):
            continue
        for depth in range(len(place.parts) - 1):
            children["/".join(place.parts[:depth])][place.parts[depth]].append(path)
        parent = place.parent
        if parent.name in _PARENTS:
            children[str(parent)][place.stem].append(path)
    found = (
        Family(folder=folder, members=members)
        for folder, entries in children.items()
        for members in _alike(folder, entries)
    )
    return tuple(sorted(found, key=lambda one: (-len(one.members), one.folder)))


def _alike(
    folder: str, entries: Mapping[str, Sequence[str]]
) -> Iterator[Mapping[str, tuple[str, ...]]]:
    if PurePosixPath(folder).name in _PARENTS and len(entries) > 1:
        yield {name: tuple(files) for name, files in entries.items()}
        return
    prefixes: dict[str, list[str]] = defaultdict(list)
    for name in entries:
        head = re.match(r"^([A-Za-z0-9]+)[-_](?=\w)", name)
        if head:
            prefixes[head[0]].append(name)
    for prefix, names in prefixes.items():
        if len(names) > 2:
            yield {name.removeprefix(prefix): tuple(entries[name]) for name in names}


def vocabularies(text: str) -> Iterator[Vocabulary]:
    """Every enum of a text that has enough members to be a list of operations."""
    for match in _ENUM.finditer(_COMMENT.sub(" ", text)):
        scoped, name, body = bool(match[1]), match[2] or "", match[3]
        members = [m[1] for part in body.split(",") if (m := _MEMBER.match(part))]
        if len(members) < _LEAST_OPERATIONS:
            continue
        prefix = _prefix(members)
        words = {member: member.removeprefix(prefix) for member in members}
        if name and (scoped or not prefix):
            words = {f"{name}::{member}": short for member, short in words.items()}
        yield Vocabulary(enum=name or prefix.rstrip("_"), words=words)


def _prefix(members: Sequence[str]) -> str:
    """The words that all members begin with, up to an underscore."""
    low, high = min(members), max(members)
    same = 0
    while same < min(len(low), len(high)) and low[same] == high[same]:
        same += 1
    return low[: low.rfind("_", 0, same) + 1]


def shared(family: Family, texts: Mapping[str, str], known: Sequence[Vocabulary]) -> Vocabulary:
    """The list of operations that most members use; one without words where there is none."""
    used: dict[str, set[str]] = {
        name: {word for path in files for word in re.findall(r"\b\w+(?:::\w+)?", texts[path])}
        for name, files in family.members.items()
    }
    best, most = Vocabulary(enum="", words={}), 0
    for one in known:
        counts = sorted((len(one.words.keys() & words) for words in used.values()), reverse=True)
        half = counts[(len(counts) - 1) // 2]
        if half > 1 and sum(counts) > most:
            best, most = one, sum(counts)
    return best


def together(text: str, path: str, words: Mapping[str, str]) -> Iterator[tuple[str, Place]]:
    """Operations that a text names together, as `A+B`, and where."""
    pattern = re.compile(r"(?<![\w:])(?:" + "|".join(map(re.escape, words)) + r")(?!\w)")
    run: list[re.Match[str]] = []
    for match in pattern.finditer(text):
        gap = text[run[-1].end() : match.start()] if run else ""
        if run and (len(gap) > _NEAR or not _BETWEEN.fullmatch(_COMMENT.sub(" ", gap))):
            yield from _named(run, text, path, words)
            run = []
        run.append(match)
    yield from _named(run, text, path, words)


def _named(
    run: Sequence[re.Match[str]], text: str, path: str, words: Mapping[str, str]
) -> Iterator[tuple[str, Place]]:
    operations = [words[match.group()] for match in run]
    if 2 <= len(operations) <= _LONGEST and len(set(operations)) > 1:
        start, end = run[0].start(), run[-1].end()
        line = text.count("\n", 0, start) + 1
        yield "+".join(operations), Place(path=path, line=line, start=start, end=end)


def gaps(
    family: Family, texts: Mapping[str, str], vocabulary: Vocabulary, target: str
) -> tuple[Gap, ...]:
    """What siblings take together and the target does not; what most have comes first.

    With many siblings one alone is not enough: its lists may be about anything.
    """
    if not vocabulary.words:
        return ()
    found: dict[str, Gap] = {}
    for name, files in family.members.items():
        for path in files:
            for key, place in together(texts[path], path, vocabulary.words):
                gap = found.setdefault(key, Gap(operations=tuple(key.split("+"))))
                gap.who.setdefault(name, []).append(place)
    least = 2 if len(family.members) > 3 else 1
    missing = [gap for gap in found.values() if target not in gap.who and len(gap.who) >= least]
    known = Counter(op for gap in missing for op in gap.operations)
    return tuple(
        sorted(missing, key=lambda g: (-len(g.who), len(g.operations), -known[g.operations[0]],
                                       g.operations))
    )  # fmt: skip


def guard(text: str, place: Place) -> tuple[int, int]:
    """The lines of the condition, or of the list, that a place is in: first and last character.

    It is what a sibling asks before it does it, so whoever does it too must ask as well.
    """
    start = text.rfind("\n", 0, place.start) + 1
    for _ in range(2):
        if start == 0 or _ASKS.search(text[start : place.start]):
            break
        start = text.rfind("\n", 0, start - 1) + 1
    end = place.end
    for _ in range(_GUARD_LINES):
        end = text.find("\n", end + 1)
        if end < 0:
            return start, len(text)
        if text.count("(", start, end) <= text.count(")", start, end):
            break
    return start, end
