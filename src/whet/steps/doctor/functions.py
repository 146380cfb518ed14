"""The functions of a source file, found by their braces (Python: by its own parser).

No compiler is asked, so the answer is a guess that a build then confirms: whatever is edited here
and does not compile is dropped. What looks like no function is left alone.
"""

import ast
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

from whet.steps.doctor.language import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A function: its text inside the braces is `blank[start:end]` of its source.

    `start` is where a statement may be put first. `inline` functions, and those that must be
    computable by the compiler, get no delay.
    """

    name: str
    start: int
    end: int
    inline: bool = False


_HEADER = re.compile(
    r"""(?P<name>[A-Za-z_$~][\w$]*(?:::~?\w+)*)\s*   # the name before
        (?:<[^;{}()]*>)?\s*                          # (type parameters)
        \((?P<arguments>[^;]*)\)                     # its arguments
        (?:(?![>,])[^{}();=]*(?:\([^{}();]*\)[^{}();=]*)*)$""",
    re.VERBOSE,
)
_ARROW = re.compile(
    r"(?P<name>[\w$]+)\s*[=:]\s*(?:async\s*)?(?:\([^;{}]*\)(?:\s*:[^=;{}]*)?|[\w$]+)\s*=>$"
)
_RUST = re.compile(r"\bfn\s+(?P<name>\w+)")
_GO = re.compile(r"(?:^|\n)\s*func\s*(?:\([^)]*\)\s*)?(?P<name>\w+)\s*[\[(]")
_KEYWORDS = {"rust": _RUST, "go": _GO}
_LONGEST_HEADER = 4000
_NOT_NAMES = frozenset({
    "if", "for", "while", "switch", "catch", "return", "sizeof", "else", "do", "defined", "match",
    "function", "foreach", "with", "alignas", "decltype", "__attribute__", "__declspec", "enum",
    "struct", "union", "class", "namespace", "requires", "noexcept", "throw", "new", "delete",
})  # fmt: skip
_EARLY = re.compile(
    r"\b(?:inline|constexpr|consteval|const\s+(?:unsafe\s+)?fn|__inline\w*|always_inline|naked"
    r"|__global__|__device__|FORCE_?INLINE)\b"
)


def functions(source: Source) -> tuple[Function, ...]:
    """The functions of a file, in order; those inside another one are left out."""
    if source.language == "python":
        return tuple(_python(source))
    return tuple(_braced(source))


def _braced(source: Source) -> Iterator[Function]:
    blank = source.blank
    at = blank.find("{")
    while at >= 0:
        found = _function(source, at)
        if found is not None:
            yield found
            at = found.end
        at = blank.find("{", at + 1)


def _function(source: Source, brace: int) -> Function | None:
    header = _header(source.blank, brace)
    name = _name(source, header.rstrip())
    end = _closing(source.blank, brace)
    if not name or end < 0:
        return None
    early = bool(_EARLY.search(header)) or source.path.endswith((".h", ".hh", ".hpp", ".inl"))
    return Function(name=name, start=brace + 1, end=end, inline=early)


def _header(blank: str, brace: int) -> str:
    """What stands before a brace, back to the end of what was before; empty inside brackets."""
    depth = 0
    for at in range(brace - 1, max(-1, brace - _LONGEST_HEADER), -1):
        mark = blank[at]
        depth += (mark == ")") - (mark == "(")
        if depth < 0:
            return ""  # a brace inside an argument list
        if depth == 0 and mark in ";{}":
            return blank[at + 1 : brace]
    return blank[max(0, brace - _LONGEST_HEADER) : brace]


def _name(source: Source, header: str) -> str:
    if source.language in ("rust", "go"):
        names = [found["name"] for found in _KEYWORDS[source.language].finditer(header)]
        return names[-1] if names else ""
    if source.language == "javascript" and (arrow := _ARROW.search(header)):
        return arrow["name"]
    for found in _HEADER.finditer(header):
        before = header[: found.start()]
        if found["name"] not in _NOT_NAMES and "=" not in before:
            return found["name"]
    return ""


def _closing(blank: str, brace: int) -> int:
    depth = 0
    for found in re.finditer(r"[{}]", blank[brace:]):
        depth += 1 if found[0] == "{" else -1
        if depth == 0:
            return brace + found.start()
    return -1


def _python(source: Source) -> Iterator[Function]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the target's style is not the question
            tree = ast.parse(source.text.encode("latin-1"))
    except (SyntaxError, ValueError):
        return
    starts = [0]
    for line in source.text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    pending: list[ast.AST] = [tree]
    while pending:
        node = pending.pop(0)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found = _python_function(node, starts)
            if found is not None:
                yield found
        else:
            pending[:0] = list(ast.iter_child_nodes(node))


def _python_function(
    node: ast.FunctionDef | ast.AsyncFunctionDef, starts: list[int]
) -> Function | None:
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    if not body or node.end_lineno is None or node.end_col_offset is None:
        return None
    decorators = getattr(body[0], "decorator_list", [])
    first = decorators[0] if decorators else body[0]
    return Function(
        name=node.name,
        start=starts[first.lineno - 1] + first.col_offset - (1 if decorators else 0),
        end=starts[node.end_lineno - 1] + node.end_col_offset,
    )
