"""Planted bugs: small changes of meaning that a test suite should notice."""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from whet.steps.doctor.functions import Function
from whet.steps.doctor.language import Source

_LONGEST_LINE = 60
_CONTEXT = 22
_TABLE = 6
"""More numbers than this on a line are a table, and most of a table is seldom used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One planted bug: `old` at `offset` of a file becomes `new`."""

    source: Source
    function: Function
    offset: int
    old: str
    new: str

    @property
    def where(self) -> str:
        """File and line."""
        return f"{self.source.path}:{self.source.line(self.offset)}"

    @property
    def data(self) -> bytes:
        """The whole file with the bug in it."""
        text, end = self.source.text, self.offset + len(self.old)
        return (text[: self.offset] + self.new + text[end:]).encode("latin-1")

    @property
    def what(self) -> str:
        """What became what, as source text."""
        line, column = self._line()
        if self.old.strip() == line.strip():
            return f"`{_cut(line, 0, len(line))}` removed"
        changed = line[:column] + self.new + line[column + len(self.old) :]
        return (
            f"`{_cut(line, column, len(self.old))}` became `{_cut(changed, column, len(self.new))}`"
        )

    def _line(self) -> tuple[str, int]:
        text = self.source.text
        start = text.rfind("\n", 0, self.offset) + 1
        return text[start:].split("\n", 1)[0], self.offset - start


_VALUE_BEFORE = r"(?<=[\w)\]])(?<![\d.][eE])"
_COMPARISON = re.compile(rf"{_VALUE_BEFORE}(\s*)(<=|>=|<|>)(\s*)(?=[\w(*&!~$.-])")
_SUM = re.compile(rf"{_VALUE_BEFORE}(\s*)([+-])(\s*)(?=[\w(])")
_EQUALITY = re.compile(r"(?<=\s)(==|!=)(?=\s)")
_CONSTANT = re.compile(r"(?<![\w.])(?<![eE][-+])(\d+)(\.\d+)?(?=[^\w.]|[fFuUlL]+\b|\.?$)")
_STATEMENT = re.compile(
    r"^([ \t]+)"
    r"(?:\*?[\w$][\w$.\[\]>() +*-]*?[\w\])]\s*[-+*/|&^]?=(?!=)\s*[^;={}\n]+"  # an assignment
    r"|[\w$.>:-]+\([^;{}\n]*\))"  # or a call
    r"(?<!,)(;?)[ \t]*$",
    re.MULTILINE,
)
_DECLARES = re.compile(
    r"(?:[\w:<>,]+[ *&]+)+[\w$]+\s*(?:\[[^\]]*\])*\s*=|(?:let|const|var|return)\b"
)
_SEMICOLONS = frozenset({"c", "c++", "rust"})
_DULL = re.compile(
    r"assert|\blog|print|perror|free|close|debug|trace|warn|error|destroy|dispose|exit|abort",
    re.IGNORECASE,
)
_LOOP = re.compile(r"\b(?:for|while|loop)\b")
_TURNED = {"+": "-", "-": "+", "==": "!=", "!=": "=="}
_OFF_BY_ONE = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}
_REVERSED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


def mutants(pairs: Sequence[tuple[Source, Function]], seed: int) -> Iterator[Mutant]:
    """Planted bugs in an order that the seed decides.

    Functions with loops come first, since that is where time is spent and where an agent will
    work. The functions take turns, so that a large one does not get all the bugs.
    """
    chance = random.Random(f"{seed}:mutants")  # noqa: S311 (a choice, not a secret)
    queues = []
    for source, function in pairs:
        found = list(_of(source, function))
        chance.shuffle(found)
        loops = _LOOP.search(source.blank, function.start, function.end) is not None
        if found:
            queues.append((not loops, chance.random(), found))
    queues.sort(key=lambda queue: queue[:2])
    while queues:
        for queue in queues:
            yield queue[2].pop()
        queues = [queue for queue in queues if queue[2]]


def _of(source: Source, function: Function) -> Iterator[Mutant]:
    for offset, old, new in _edits(source, function):
        if not _DULL.search(source.around(offset)):
            yield Mutant(source=source, function=function, offset=offset, old=old, new=new)


def _edits(source: Source, function: Function) -> Iterator[tuple[int, str, str]]:
    """Offset, old and new text of every small change of meaning in a function."""
    where = (source.blank, function.start, function.end)
    for found in _COMPARISON.finditer(*where):
        # in a loop one round too many; a limit elsewhere is often as good as the next value
        loop = _LOOP.search(source.around(found.start(2))) is not None
        if _even(found) and (found[1] or source.language == "c"):  # `vector<int>` compares nothing
            yield found.start(2), found[2], (_OFF_BY_ONE if loop else _REVERSED)[found[2]]
    for found in _SUM.finditer(*where):
        if _even(found):
            yield found.start(2), found[2], _TURNED[found[2]]
    for found in _EQUALITY.finditer(*where):
        yield found.start(), found[0], _TURNED[found[0]]
    for found in _CONSTANT.finditer(*where):
        if len(_CONSTANT.findall(source.around(found.start()))) <= _TABLE:
            yield found.start(1), found[1], str(int(found[1]) + 1)
    yield from _removals(source, where)


def _removals(source: Source, where: tuple[str, int, int]) -> Iterator[tuple[int, str, str]]:
    nothing = "pass" if source.language == "python" else ";"
    for found in _STATEMENT.finditer(*where):
        at = found.end(1)
        whole = bool(found[2]) or source.language not in _SEMICOLONS
        if whole and not _DECLARES.match(source.blank, at):
            yield at, source.text[at : found.end()].rstrip(), nothing


def _even(found: re.Match[str]) -> bool:
    """Whether there is space on both sides of an operator, or on none."""
    return bool(found[1]) == bool(found[3])


def _cut(line: str, column: int, width: int) -> str:
    """A line, or what is around the place where it changes when it is long."""
    if len(line.strip()) <= _LONGEST_LINE:
        return line.strip()
    left, right = (
        max(0, column - _CONTEXT),
        min(len(line), column + min(width, 2 * _CONTEXT) + _CONTEXT),
    )
    middle = line[left:right].strip()
    return ("…" if line[:left].strip() else "") + middle + ("…" if line[right:].strip() else "")
